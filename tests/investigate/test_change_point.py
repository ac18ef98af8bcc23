"""Since when: the change point of series whose change is known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundry_telemetry.investigate.incident.change_point import Change, change
from foundry_telemetry.investigate.queries import Bin

START = datetime(2026, 11, 21, 3, tzinfo=UTC)
CAUSE = ("overloaded", "model_service")
MINUTE_MS = 60_000.0


def bins(*counts: tuple[int, int]) -> list[Bin]:
    """A bin a minute, each with so many attempts that failed and so many that did not."""
    found = []
    for minute, (bad, good) in enumerate(counts, start=1):
        at = minute * MINUTE_MS
        for number, key, first in ((bad, CAUSE, 10.0), (good, (None, None), 1.0)):
            if number:
                error_type, owner = key
                newest = at + first + number
                found.append(
                    Bin(
                        at_ms=at,
                        attempts=number,
                        oldest_ms=at + first,
                        newest_ms=newest,
                        error_type=error_type,
                        error_owner=owner,
                    )
                )
    return found


def minute_of(reported: Change | None) -> int:
    """The minute in which it began."""
    assert reported is not None
    return int((reported.since - START) / timedelta(minutes=1))


def test_a_cause_that_never_was() -> None:
    """There is no change without a failure, nor without anything."""
    assert change(bins((0, 5), (0, 5)), CAUSE, START) is None
    assert change([], CAUSE, START) is None


@pytest.mark.parametrize(
    ("counts", "minute", "over"),
    [
        ([(0, 9), (0, 9), (5, 0), (5, 0)], 3, False),
        ([(0, 9), (0, 9), (5, 4), (4, 5), (0, 9), (0, 9)], 3, True),
        ([(5, 0), (5, 0)], 1, False),
        ([(1, 99)] * 30 + [(50, 50)] * 3, 31, False),
        ([(1, 99)] * 30 + [(50, 50)] * 3 + [(0, 100)] * 2, 31, True),
        # So it was all along: no cut is better than another.
        ([(5, 95)] * 40, 1, False),
        # One odd failure long ago is not when it began.
        ([(1, 9)] + [(0, 10)] * 50 + [(10, 0)] * 2, 52, False),
    ],
)
def test_known_changes(counts: list[tuple[int, int]], minute: int, over: bool) -> None:
    """It begins where the share of failures rises, and is over when enough goes well again."""
    reported = change(bins(*counts), CAUSE, START)
    assert minute_of(reported) == minute
    assert reported is not None
    assert reported.over == over


@settings(deadline=None)
@given(
    st.integers(0, 2**32), st.floats(0.0, 0.05), st.floats(0.4, 1.0), st.integers(20, 60), st.integers(3, 60)
)
def test_a_step_is_found(seed: int, before: float, after: float, quiet: int, loud: int) -> None:
    """A step from few failures to many is found within a minute or two, wherever it is and however noisy."""
    chance = Random(seed)  # noqa: S311 - made-up data
    shares = [before] * quiet + [after] * loud
    counts = [(bad := sum(chance.random() < share for _ in range(30)), 30 - bad) for share in shares]
    reported = change(bins(*counts), CAUSE, START)
    assert abs(minute_of(reported) - (quiet + 1)) <= 2


@pytest.mark.parametrize("seed", range(10))
def test_noise_is_no_change(seed: int) -> None:
    """Failures that come and go by chance have no beginning: they were there all along."""
    chance = Random(seed)  # noqa: S311 - made-up data
    counts = [(bad := sum(chance.random() < 0.05 for _ in range(60)), 60 - bad) for _ in range(200)]
    first = next(minute for minute, (bad, _) in enumerate(counts, start=1) if bad)
    assert minute_of(change(bins(*counts), CAUSE, START)) == first


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), max_size=60))
def test_always_in_order(counts: list[tuple[int, int]]) -> None:
    """Whatever the counts: it begins no later than its last failure, and what was before was before."""
    reported = change(bins(*counts), CAUSE, START)
    if reported is None:
        assert not any(bad for bad, _ in counts)
        return
    assert reported.since <= reported.last
    assert reported.good_before is None or reported.good_before < reported.since


def test_what_was_before_the_timeline_is_not_known() -> None:
    """In the bin in which the timeline begins nobody knows what was before, so it may have begun earlier."""
    early = [
        Bin(at_ms=-1.0, attempts=3, oldest_ms=5.0, newest_ms=9.0, error_type=CAUSE[0], error_owner=CAUSE[1]),
        Bin(at_ms=-1.0, attempts=3, oldest_ms=1.0, newest_ms=9.0),
    ]
    reported = change(early, CAUSE, START)
    assert reported is not None
    assert reported.good_before is None
