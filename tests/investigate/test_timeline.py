"""Since when: series whose changes are known."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundry_telemetry.investigate.incident.slices import EMPTY, Sums, counted
from foundry_telemetry.investigate.incident.timeline import (
    Stretch,
    count_model,
    mean_model,
    share_model,
    stretches,
)

USUAL, EDGE = 0.01, 0.02
FIELDS = ("latency_n", "latency_sum", "latency_squares")


def bins(counts: Iterable[tuple[int, int]]) -> list[Sums]:
    """A bin a minute, each with so many attempts that failed and so many that did not."""
    return [counted(refusals=bad, stops=bad + good) if bad + good else EMPTY for bad, good in counts]


def failing(counts: Iterable[tuple[int, int]]) -> list[Stretch]:
    """Where the share of failures is changed."""
    return stretches(bins(counts), share_model(lambda one: (one["refusals"], one["stops"]), USUAL, EDGE))


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([(0, 9)] * 20, []),
        ([(0, 0)] * 20, []),
        ([(0, 9)] * 20 + [(5, 0)] * 5, [(20, 25)]),
        ([(0, 9)] * 20 + [(5, 4)] * 5 + [(0, 9)] * 9, [(20, 25)]),
        ([(5, 0)] * 9, [(0, 9)]),
        ([(1, 99)] * 30 + [(50, 50)] * 3, [(30, 33)]),
        # One odd failure long ago is not when it began.
        ([(0, 10)] * 3 + [(1, 9)] + [(0, 10)] * 50 + [(10, 0)] * 2, [(54, 56)]),
        # It comes and goes.
        (([(0, 20)] * 10 + [(20, 0)] * 10) * 2, [(10, 20), (30, 40)]),
        # Nobody calls for a while: that is no end.
        ([(0, 9)] * 9 + [(9, 0)] * 3 + [(0, 0)] * 8 + [(9, 0)] * 3, [(9, 23)]),
    ],
)
def test_known_changes(counts: list[tuple[int, int]], expected: list[tuple[int, int]]) -> None:
    """It begins where the share of failures rises, and ends when enough goes well again."""
    assert failing(counts) == expected


def test_a_ramp_begins_while_it_rises() -> None:
    """What grows over half an hour has begun before it is fully there, and after it was usual."""
    counts = [(0, 40)] * 60 + [(minute, 40 - minute) for minute in range(1, 31)] + [(30, 10)] * 20
    ((first, end),) = failing(counts)
    assert 60 <= first <= 68
    assert end == len(counts)


def test_one_odd_failure_is_no_stretch_of_several() -> None:
    """Beside a clear one, a failure that background explains is not a second stretch."""
    counts = [(0, 20)] * 10 + [(1, 19)] + [(0, 20)] * 20 + [(15, 5)] * 10
    assert failing(counts) == [(31, 41)]


STEPS = st.tuples(
    st.integers(0, 2**32), st.floats(0.4, 1.0), st.integers(20, 60), st.integers(3, 60), st.integers(0, 30)
)


@settings(deadline=None, max_examples=60)
@given(STEPS)
def test_a_step_is_found_wherever_it_is(step: tuple[int, float, int, int, int]) -> None:
    """A step from few to many is found within two bins, however noisy; later bins are as much later."""
    seed, after, quiet, loud, shift = step
    chance = Random(seed)  # noqa: S311 - made-up data
    shares = [USUAL] * quiet + [after] * loud
    counts = [(bad := sum(chance.random() < share for _ in range(30)), 30 - bad) for share in shares]
    found = failing(counts)
    assert abs(found[-1].first - quiet) <= 2
    later = failing([(0, 30)] * shift + counts)
    assert later[-1] == (found[-1].first + shift, found[-1].end + shift)


def logs(values: Sequence[float]) -> Sums:
    """Attempts with these latencies."""
    logarithms = [math.log(value) for value in values]
    return counted(
        latency_n=len(values),
        latency_sum=sum(logarithms),
        latency_squares=sum(one * one for one in logarithms),
    )


@pytest.mark.parametrize("seed", range(5))
def test_slower_answers(seed: int) -> None:
    """A typical value that doubles does so within two bins."""
    chance = Random(seed)  # noqa: S311 - made-up data

    def some(typical: float) -> list[float]:
        return [chance.lognormvariate(math.log(typical), 0.3) for _ in range(8)]

    series = [logs(some(900)) for _ in range(26)]
    model = mean_model(FIELDS, math.log(900), 0.09, math.log(900 * 1.25))
    slow = [*series, *(logs(some(1_800)) for _ in range(10))]
    found = stretches(slow, model)
    assert abs(found[-1].first - len(series)) <= 2
    assert found[-1].end == len(slow)


def traffic(counts: Iterable[tuple[int, int]]) -> list[Sums]:
    """Bins with so many calls, and so many that are expected."""
    return [counted(calls=calls, records=expected) for calls, expected in counts]


@pytest.mark.parametrize(
    ("edge", "counts", "expected"),
    [
        (0.5, [(10, 10)] * 30 + [(0, 10)] * 20 + [(10, 10)] * 5, [(30, 50)]),
        # A few less are usual; so is a night in which none are expected.
        (0.5, [(10, 10)] * 30 + [(8, 10)] * 20, []),
        (0.5, [(10, 10)] * 30 + [(0, 0)] * 40 + [(10, 10)] * 5, []),
        (2.0, [(10, 10)] * 30 + [(40, 10)] * 20 + [(10, 10)] * 5, [(30, 50)]),
        # A busy hour is busy every day.
        (2.0, [(10, 10)] * 30 + [(40, 40)] * 20, []),
    ],
)
def test_calls_are_compared_with_those_expected(
    edge: float, counts: list[tuple[int, int]], expected: list[tuple[int, int]]
) -> None:
    """Silence begins with the first bin without calls where some are expected, and ends with the next."""
    assert stretches(traffic(counts), count_model(edge)) == expected
