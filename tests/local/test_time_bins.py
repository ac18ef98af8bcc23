"""`bin` of times and numbers is what plain Python makes of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundry_telemetry.local.engine.query import Query
from foundry_telemetry.local.store.store import Store

ORIGIN = datetime(1, 1, 1)  # noqa: DTZ001 - as the database gives them
WIDTHS = {
    "1ms": 10**3,
    "1s": 10**6,
    "30s": 3 * 10**7,
    "1h": 36 * 10**8,
    "7h": 252 * 10**8,
    "2*1d": 1728 * 10**8,
    "7d": 6048 * 10**8,
}
"""Microseconds of each; the last is a week, which begins on Monday."""


@pytest.fixture(scope="module")
def query() -> Iterator[Query]:
    """An empty store."""
    with Store() as store:
        yield Query(store)


@settings(max_examples=40, deadline=None)
@given(st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)), st.sampled_from([*WIDTHS]))  # noqa: DTZ001
def test_times(query: Query, at: datetime, width: str) -> None:
    """The latest multiple of the width since the year 1 that is not later, before 1970 as well."""
    printed = f"print t = datetime({at.isoformat(timespec='microseconds')})"
    ((found, whole),) = query.run(f"{printed} | project bin(t, {width}), floor(t, {width})").rows
    microseconds = (at - ORIGIN) // timedelta(microseconds=1)
    assert found == whole == ORIGIN + timedelta(microseconds=microseconds // WIDTHS[width] * WIDTHS[width])


@pytest.mark.parametrize("value", ["t - datetime(2026-01-01)", "s", "totimespan(s)"])
def test_timespans(query: Query, value: str) -> None:
    """A timespan's bins begin at zero, and are timespans, though only the database knows that it is one."""
    printed = "print t = datetime(2025-12-31 21:59) | extend s = t - datetime(2026-01-01)"
    answer = query.run(f"{printed} | project x = bin({value}, 5h), y = bin({value}, 100ms * 3)")
    assert answer.rows == [(timedelta(hours=-5), timedelta(hours=-2, minutes=-1))]
    assert [kind for _, kind in answer.columns] == ["timespan", "timespan"]


@pytest.mark.parametrize(
    ("value", "expected", "kind"),
    [
        ("7", 7, "long"),
        ("-7", -7, "long"),
        ("9007199254740993", 9007199254740993, "long"),
        ("int(7)", 7, "long"),
        ("7.9", 7.0, "real"),
        ("-7.1", -8.0, "real"),
        ("long(null)", None, "long"),
        ("real(null)", None, "real"),
        ("real(+inf)", float("inf"), "real"),
        ("real(-inf)", float("-inf"), "real"),
        ("-8.0", -8.0, "real"),
    ],
)
def test_whole_numbers(query: Query, value: str, expected: float | None, kind: str) -> None:
    """To ones: a number keeps its type, and is the next whole one below."""
    answer = query.run(f"print x = {value} | project y = bin(x, 1)")
    assert (answer.rows, answer.columns) == ([(expected,)], (("y", kind),))
