"""Series and texts whose length a query sets by a number."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from foundry_telemetry.local.engine.errors import RESOURCES, QueryError
from foundry_telemetry.local.engine.query import Query
from foundry_telemetry.local.store.store import Store


@pytest.fixture(scope="module")
def query() -> Iterator[Query]:
    """Over an empty store."""
    with Store() as store:
        yield Query(store)


@pytest.mark.parametrize(
    ("kql", "named"),
    [
        ("range x from 1 to 1000000000000 step 1 | count", "a range or series has more than 10,000,000"),
        ("range t from ago(30d) to now() step 1ms | count", "a range or series has more than 10,000,000"),
        ("range x from 1 to -1000000000 step -1 | count", "a range or series has more than 10,000,000"),
        ("print strrep(strrep(strrep('a', 1000), 1000), 100)", "a text has more than 250,000 characters"),
        (
            "print x = strrep(strrep('a', 1000), 1000) | extend x = replace_string(x, 'a', 'b')",
            "a text has more than 250,000 characters",
        ),
        (
            "print a = strrep(tostring(now()), 99), b = strrep('b', 999) | project replace_string(a, '0', b)",
            "a text has more than 250,000 characters",
        ),
    ],
)
def test_what_is_too_large_has_a_name(query: Query, kql: str, named: str) -> None:
    """The message says what was too large, and nothing is made of it first."""
    with pytest.raises(QueryError) as refused:
        query.run(kql)
    assert named in refused.value.message
    assert refused.value.code == RESOURCES


@pytest.mark.parametrize(
    "kql",
    [
        "print repeat('abcdefghijklmnopqrstuvwxyz', 10000)",
        "range x from 1 to 10000 step 1 | summarize l = make_list(x) | project array_split(l, l)",
    ],
)
def test_arrays_that_are_too_large_are_refused(query: Query, kql: str) -> None:
    """An array that no interruption would end in time is not begun."""
    with pytest.raises(QueryError, match=r"at most 250,000 characters|too many places"):
        query.run(kql)


@pytest.mark.parametrize(
    ("kql", "expected"),
    [
        ("range x from 1 to 10 step 3", [1, 4, 7, 10]),
        ("range x from 5 to 1 step -2", [5, 3, 1]),
        ("range x from 5 to 1 step 2", []),
        (
            "range x from 9000000000000000000 to 9000000000000000004 step 2",
            [9 * 10**18 + n for n in (0, 2, 4)],
        ),
        ("print strlen(strrep('a', 100000))", [1_024]),
        ("print replace_string('generate_series(1, 2, 3) {x}', 'e', 'o')", ["gonorato_sorios(1, 2, 3) {x}"]),
        ("range t from datetime(2026-01-01) to datetime(2126-01-01) step 9000d | count", [5]),
        (
            "print s = 'a-b-', n = '+' | project strcat(replace_string(s, '-', n), replace_string(s, '', n))",
            ["a+b+a-b-"],
        ),
        (
            "print l = dynamic([1, 2]) | project strcat(array_shift_right(l, 1), array_shift_left(l, 5, 0))",
            ["[null,1][0,0]"],
        ),
    ],
)
def test_what_is_not_is_as_ever(query: Query, kql: str, expected: list[object]) -> None:
    """Up to the limits a series, a repeated text and a replacement are what they were."""
    assert [row[0] for row in query.run(kql).rows] == expected
