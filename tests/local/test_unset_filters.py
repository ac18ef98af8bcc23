"""Filters in which all is chosen, and lets that only filter, change no answer and no refusal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from foundry_telemetry.kql import compose
from foundry_telemetry.local.engine import translation
from foundry_telemetry.local.engine.errors import QueryError
from foundry_telemetry.local.engine.query import Query
from foundry_telemetry.local.store.store import Store
from tests.support.telemetry import NOON, fill, ledger

VIEW = f"{compose.view_text()}\n"
UNSET = (
    "| where '*' in ('*') or deployment in ('*')",
    "| where '*' in ('a', '*') or tostring(Properties['foundry.tag.tenant']) in ('a')",
    "| where '*' in ('*') or model in ('*') or (isempty(model) and deployment in (served))",
)
SET = (
    "| where '*' in ('a') or deployment in ('a')",
    "| where '*' !in ('*') or deployment in ('a')",
    "| where deployment in ('a') or '*' in ('*')",
    "| where '*' in ('*') and deployment == 'a'",
    "| where '*' in (served) or deployment == 'a'",
)
SERVED = "let served = foundry_attempts | where model == 'm' | distinct deployment;\n"
READ = (
    "let chosen = foundry_attempts {};\n"
    "chosen | summarize n = count() by deployment | order by deployment asc"
)


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    """Three attempts of two deployments."""
    with Store() as store:
        rows = [{"gen_ai.request.model": name, "gen_ai.response.model": "m"} for name in "aab"]
        fill(store, [ledger(row, NOON - timedelta(minutes=place)) for place, row in enumerate(rows)])
        yield store


@pytest.mark.parametrize("condition", [*UNSET, *SET])
def test_the_answer_is_the_same(store: Store, condition: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is filtered, the answer is that of the query as it stands."""
    kql = VIEW + SERVED + READ.format(condition)
    found = Query(store).run(kql)
    monkeypatch.setattr(translation, "without_unset", lambda query, _: query)
    monkeypatch.setattr(translation, "rescanned", lambda sql, _: sql)
    translation._lowered.cache_clear()
    expected = Query(store).run(kql)
    translation._lowered.cache_clear()
    assert (found.columns, found.rows) == (expected.columns, expected.rows)


@pytest.mark.parametrize("condition", UNSET)
def test_what_keeps_every_row_is_not_planned(store: Store, condition: str) -> None:
    """Nothing of an unset filter is in the statement."""
    translator = Query(store)._translator
    with_it, without = (
        translator.translate(VIEW + SERVED + READ.format(text)).sql for text in (condition, "")
    )
    assert with_it == without


def test_a_filter_of_a_column_that_is_not_there_is_refused(store: Store) -> None:
    """Kusto resolves every name of a condition, though it is true."""
    with pytest.raises(QueryError, match="nowhere"):
        Query(store).run(VIEW + READ.format("| where '*' in ('*') or nowhere in ('*')"))


@pytest.mark.parametrize(
    ("bound", "is_read_again"),
    [
        ("foundry_attempts | where isempty(error_type)", True),
        ("foundry_attempts | summarize n = count() by deployment", False),
        ("foundry_attempts | where deployment in ((foundry_attempts | project deployment))", False),
        ("AppEvents | where Name == 'x'", False),
    ],
)
def test_what_is_read_where_it_is_used(store: Store, bound: str, *, is_read_again: bool) -> None:
    """A let that only compares columns is not kept; one that computes more is."""
    kql = f"{VIEW}let a = {bound};\nunion (a | summarize n = count()), (a | take 1 | summarize n = count())"
    assert ("NOT MATERIALIZED" in Query(store)._translator.translate(kql).sql) is is_read_again
