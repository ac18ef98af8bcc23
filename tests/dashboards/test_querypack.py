"""The queries of the query pack answer what the workbook's answer, without a workbook around them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from dashboards.builder import querypack
from dashboards.builder.querypack import TITLES
from foundry_telemetry.kql import compose, files
from foundry_telemetry.kql.parameters import UNFILTERED, TimeRange, references, substitute
from foundry_telemetry.local.engine.query import Query
from foundry_telemetry.local.store.store import Store
from tests.dashboards.rows import END, Row, posted
from tests.dashboards.test_queries import ledger
from tests.support.telemetry import fill

TIME = TimeRange(END - timedelta(days=1), END, timedelta(minutes=30))


@pytest.fixture(scope="module")
def store() -> Iterator[Query]:
    """What answers queries on the rows of the first seed."""
    with Store(clock=lambda: END) as store:
        fill(store, map(posted, ledger(0)[0]))
        yield Query(store)


def reported(query: Query, text: str) -> tuple[Any, Any]:
    """Columns and rows of an answer."""
    table = query.run(text, now=END)
    return table.columns, table.rows


def wanted() -> Row:
    """An attempt to look for."""
    return next(row for row in ledger(0)[0] if row.attempt_number == 2 and row.apim_request_id)


@pytest.mark.slow
@pytest.mark.parametrize("name", TITLES)
def test_a_saved_query_answers_what_the_workbook_answers(name: str, store: Query) -> None:
    """With nothing changed it is the workbook's query for the last day and everything."""
    row = wanted()
    ids = {"Id": f"see {row.apim_request_id}", "CallId": row.call_id, "Portal": "https://portal.example"}
    ids |= {"Target": "99.5"}
    fixed = {reference[1:-1]: value for reference, value in querypack.FIXED.items()}
    fixed |= {parameter: known[0] for parameter, (_, known) in querypack.OPTIONS.items()}
    values = {"TimeRange": TIME, **UNFILTERED, **fixed, **ids}
    text = querypack.standalone(name)
    for parameter, (variable, first) in querypack._TEXTS.items():
        text = text.replace(f"let {variable} = {first};", f"let {variable} = '{ids[parameter]}';")
    (columns, rows), expected = (
        reported(store, text),
        reported(store, substitute(compose.whole(name), values)),
    )
    assert columns == expected[0]
    assert rows == [
        tuple(pytest.approx(one, nan_ok=True) if isinstance(one, float) else one for one in row)
        for row in expected[1]
    ]


@pytest.mark.slow
@pytest.mark.parametrize("name", TITLES)
def test_a_saved_query_has_no_parameter(name: str, store: Query) -> None:
    """It runs as it is, begins with its question, and has what may be changed at its top."""
    text = querypack.standalone(name)
    assert {reference.name for reference in references(text)} <= {querypack.PORTAL[1:-1]}
    assert reported(store, text)
    first, second, *_ = text.splitlines()
    assert first == f"// {compose.question(name)}"
    assert second.startswith("let ")
    assert second != "let foundry_attempts = AppEvents"


def test_a_choice_at_the_top_reaches_the_answer(store: Query) -> None:
    """Who names a deployment at the top sees that deployment alone."""
    text = querypack.standalone("by_deployment")
    everything = reported(store, text)[1]
    own = text.replace("let deployments = dynamic(['*'])", "let deployments = dynamic(['support-chat-prod'])")
    assert len(everything) > 1
    assert [row[0] for row in reported(store, own)[1]] == ["support-chat-prod"]


@pytest.mark.parametrize(("order", "column"), [("dearest", "cost_usd"), ("slowest", "call_ms")])
def test_an_order_at_the_top_reaches_the_answer(order: str, column: str, store: Query) -> None:
    """Who writes another order, or an outcome, lists those calls in that order."""
    text = querypack.standalone("calls").replace(
        "let order_of_calls = 'slowest'", f"let order_of_calls = '{order}'"
    )
    text = text.replace("let outcome_of_calls = 'all'", "let outcome_of_calls = 'failed'")
    columns, rows = reported(store, text)
    found = [dict(zip([name for name, _ in columns], row, strict=True)) for row in rows]
    assert {row["call_outcome"] for row in found} == {"failed"}
    values = [row[column] for row in found if row[column] is not None]
    assert values == sorted(values, reverse=True)


def test_titles_are_unique_and_the_order_is_kept() -> None:
    """The picker shows no two alike."""
    pack = querypack.pack()
    assert [saved.name for saved in pack] == list(TITLES)
    assert len({saved.title for saved in pack}) == len(pack)
    assert set(TITLES) <= set(files.queries()) - set(compose.PARTS)
