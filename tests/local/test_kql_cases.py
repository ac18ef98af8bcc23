"""Queries of this domain against answers that no engine had a part in."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from foundry_telemetry.local.engine.query import Query, QueryError
from foundry_telemetry.local.store.store import Store
from tests.support.kql_cases import CASES, NOW, Case, rows
from tests.support.telemetry import dependency, fill, metric

REFUSED = {
    "top_nested": "top-nested",
    "anomalies": "series_decompose_anomalies",
    "forecast": "series_decompose_forecast",
}
"""Cases that need what the engine has not, and the construct that the message must name."""

ANSWERED = [case for case in CASES if case.name not in REFUSED]


@pytest.fixture(scope="module")
def query() -> Iterator[Query]:
    """The rows of the cases, sent as the exporter would."""
    with Store(retention_days=36_500) as store:
        fill(store, map(dependency, rows("AppDependencies")))
        fill(store, map(metric, rows("AppMetrics")))
        yield Query(store)


def comparable(answer: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The rows in an order of their own, values as the cases write them."""
    return sorted((tuple(map(_plain, row)) for row in answer), key=repr)


def _plain(value: Any) -> Any:
    """Times without a zone, no null, and numbers as far as two ways to add up agree on them."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, dt.datetime):
        return value.replace(tzinfo=None)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(f"{value:.9g}")
    return value


def test_every_case_is_there() -> None:
    """There are 58 cases; 3 of them need what the engine has not, and no other."""
    assert len(CASES) == 58
    assert len({case.name for case in CASES}) == 58
    assert set(REFUSED) <= {case.name for case in CASES}
    assert [case.name for case in ANSWERED if case.answer is None] == []


@pytest.mark.parametrize("case", ANSWERED, ids=lambda case: case.name)
def test_answer(case: Case, query: Query) -> None:
    """A query gives the rows that plain Python works out."""
    assert case.answer
    wanted = case.answer(rows("AppDependencies"), rows("AppMetrics"))
    assert comparable(query.run(case.query, now=NOW).rows) == comparable(wanted)


@pytest.mark.parametrize("name", REFUSED)
def test_refusal(name: str, query: Query) -> None:
    """What the engine has not is refused by name, with its place in the text, and never answered wrong."""
    text = next(case.query for case in CASES if case.name == name)
    with pytest.raises(QueryError) as refused:
        query.run(f"// one line before\n{text}", now=NOW)
    error = refused.value
    assert (error.construct, error.line, error.reason) == (REFUSED[name], 2, "NotSupportedLocally")
    assert error.position == text.index(REFUSED[name]) + 1
    assert f"'{REFUSED[name]}' on line 2" in error.message
