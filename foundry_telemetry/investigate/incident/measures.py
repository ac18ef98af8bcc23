"""The measures that are compared: how each is computed from sums, and from which change it matters.

A failure class is a measure too, made by `failures` for each that occurs. To add a measure, add a row.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final, Literal, NamedTuple

from foundry_telemetry.investigate.incident.finding import Direction, Unit
from foundry_telemetry.investigate.incident.slices import Error, Slice, Sums, added
from foundry_telemetry.investigate.incident.statistics import (
    NOTHING,
    Compared,
    Counted,
    Summed,
    mean_gain,
    share_gain,
)

Kind = Literal["share", "mean"]

ENOUGH_BEFORE: Final = 20
"""Attempts that a baseline must have to be one."""


class Measure(NamedTuple):
    """One measure."""

    name: str
    kind: Kind
    unit: Unit
    direction: Direction
    fields: tuple[str, ...]
    """Of a share hits and count; of a mean the prefix of its three sums."""
    tolerance: float
    """The edge of what is usual, as a ratio."""
    points: float
    """The edge of a share, as a difference; the further one counts."""
    least: float
    """From which it matters: the ratio of a mean, the difference of a share."""
    fewest: int
    """Changed attempts of a share, or attempts of a mean, from which it can be judged."""
    error: Error | None = None
    """Of a failure class."""


MEASURES: Final = (
    Measure("latency", "mean", "ms", "higher", ("pace",), 1.25, 0, 1.5, 8),
    Measure("time_to_first_token", "mean", "ms", "higher", ("first",), 1.3, 0, 1.6, 8),
    Measure("time_per_output_token", "mean", "ms", "higher", ("token",), 1.25, 0, 1.5, 8),
    Measure("input_tokens", "mean", "tokens", "higher", ("input",), 1.3, 0, 1.6, 8),
    Measure("output_tokens", "mean", "tokens", "higher", ("output",), 1.4, 0, 1.8, 8),
    Measure("cost", "mean", "usd", "higher", ("usd",), 1.4, 0, 1.7, 8),
    Measure("cache_hit_rate", "share", "share", "lower", ("cache_hits", "cache_n"), 1.2, 0.1, 0.2, 10),
    Measure("stop_reason:max_tokens", "share", "share", "higher", ("max_tokens", "stops"), 1.5, 0.03, 0.08, 6),
    Measure("stop_reason:refusal", "share", "share", "higher", ("refusals", "stops"), 1.5, 0.015, 0.05, 4),
    Measure("stop_reason:tool_use", "share", "share", "higher", ("tool_uses", "stops"), 1.5, 0.1, 0.2, 10),
    Measure("clock_skew", "share", "seconds", "higher", ("offsets", "answered"), 1.5, 0.01, 0.05, 5),
)
"""In no order."""


def failures(error: Error) -> Measure:
    """Attempts that failed with one error."""
    return Measure(error[0], "share", "share", "higher", (), 1.5, 0.01, 0.02, 3, error)


Part = tuple[Sums, Sequence[Sums]]
"""Now, and each baseline: the day before, and the same hours of last week."""


def baselines(own: Slice, whole: Slice | None = None) -> tuple[Sums, ...]:
    """What a slice is compared with: the day before and the same hours of last week.

    A value that is new has no attempts before; then those of all of its unit stand for it.
    """
    found = (added((own.same, own.day)), own.week)
    if whole is None:
        return found
    usual = added((whole.same, whole.day)), whole.week
    return tuple(
        one if one["attempts"] >= ENOUGH_BEFORE else other for one, other in zip(found, usual, strict=True)
    )


def compared(measure: Measure, parts: Sequence[Part]) -> Compared:
    """Now against all of the baseline, where it differs from each part of it; else no gain."""
    each = [one for number in range(2) if (one := _against(measure, parts, number)) is not None]
    if not each or min(one.score for one in each) < _LEAST_OF_EACH:
        return each[0]._replace(gain=0.0, score=0.0) if each else NOTHING
    if len(each) == 1:
        return each[0]
    compare = _COMPARE[measure.kind]
    pooled = compare(measure, [(now, added(usual)) for now, usual in parts])
    return pooled or NOTHING


_LEAST_OF_EACH: Final = 3.0
"""Score against the day before and against last week, each by itself."""


def _against(measure: Measure, parts: Sequence[Part], number: int) -> Compared | None:
    compare = _COMPARE[measure.kind]
    return compare(measure, [(now, usual[number]) for now, usual in parts])


def _share(measure: Measure, parts: Sequence[tuple[Sums, Sums]]) -> Compared | None:
    counted = []
    for now, usual in parts:
        hits, count = counts(measure, now)
        usual_hits, usual_count = counts(measure, usual)
        if not count:
            continue
        if usual_count < ENOUGH_BEFORE:
            return None
        counted.append(Counted(hits, count, usual_hits / usual_count, usual_count))
    return share_gain(counted, measure.tolerance, measure.points, lower=measure.direction == "lower")


def counts(measure: Measure, sums: Sums) -> tuple[float, float]:
    """Attempts that have it, and those of which it is a share; for a mean both are all."""
    if measure.error is not None:
        failed = sums.errors.get(measure.error)
        return (failed.attempts if failed else 0.0), sums["attempts"]
    if measure.kind == "mean":
        count = sums[f"{measure.fields[0]}_n"]
        return count, count
    hits, count = measure.fields
    return sums[hits], sums[count]


def _mean(measure: Measure, parts: Sequence[tuple[Sums, Sums]]) -> Compared | None:
    (prefix,) = measure.fields
    summed = []
    for now, usual in parts:
        count, usual_count = now[f"{prefix}_n"], usual[f"{prefix}_n"]
        if not count:
            continue
        if usual_count < ENOUGH_BEFORE:
            return None
        mean = usual[f"{prefix}_sum"] / usual_count
        variance = max(usual[f"{prefix}_squares"] / usual_count - mean * mean, 0.0)
        summed.append(
            Summed(count, now[f"{prefix}_sum"], now[f"{prefix}_squares"], mean, usual_count, variance)
        )
    return mean_gain(summed, measure.tolerance, lower=measure.direction == "lower")


_COMPARE: Final[dict[Kind, Callable[[Measure, Sequence[tuple[Sums, Sums]]], Compared | None]]] = {
    "share": _share,
    "mean": _mean,
}


def matters(measure: Measure, found: Compared) -> bool:
    """Whether a change is large enough to be one, and of enough attempts."""
    if found.baseline is None:
        return False
    if measure.kind == "mean":
        return effect(measure, found) >= math.log(measure.least) and found.count >= measure.fewest
    difference = effect(measure, found)
    return difference >= measure.least and difference * found.count >= measure.fewest * _MOSTLY


def effect(measure: Measure, found: Compared) -> float:
    """How large a change is: of a share the difference, of a mean the logarithm of the ratio."""
    sign = 1 if measure.direction == "higher" else -1
    now, usual = found.now, found.baseline or 0.0
    if measure.kind == "share":
        return sign * (now - usual)
    return sign * math.log(now / usual) if now and usual else 0.0


_MOSTLY: Final = 0.7
"""Of the fewest changed attempts, by expectation."""
