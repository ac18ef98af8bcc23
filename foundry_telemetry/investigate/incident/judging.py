"""Some slices against their baseline, by one measure, in some bins of the time.

*Baseline*: all attempts of the day before and of the same hours of last week. Each of the two must differ by
itself as well: else a Monday would be an incident after each Sunday. The number of calls is compared with the
same hours of each alone. A value that is new has no attempts before; then those of all its unit stand for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import accumulate
from operator import add
from typing import Final, NamedTuple

from msgspec import Struct, structs

from foundry_telemetry.investigate.incident.dimensions import OF_UNITS, TAG
from foundry_telemetry.investigate.incident.extents import Slices
from foundry_telemetry.investigate.incident.measures import Measure
from foundry_telemetry.investigate.incident.slices import Bins, Slice, Sums
from foundry_telemetry.investigate.incident.statistics import (
    NOTHING,
    Compared,
    Sample,
    of_count,
    of_mean,
    of_share,
)

ENOUGH: Final = 20
"""Attempts that a baseline must have to be one."""
_LEAST_OF_EACH: Final = 3.0
"""Score that there must be against the day before, and against last week."""
_COUNTED: Final = (*OF_UNITS, "instance", "resource", "region")
"""Dimensions whose number of calls is compared, beside tags: a version or a model is replaced by another."""
_LEAST_CALLS: Final = 1e-6
"""Calls that are expected are seldom whole; fewer are none."""
_ALL, _DAY, _WEEK = range(3)


class Interval(NamedTuple):
    """Bins of the time: the first, and the one after the last."""

    first: int
    end: int


class Usual(Struct, frozen=True, gc=False):
    """A baseline of a slice: a share or a mean, what it is of, and the variance of a mean."""

    value: float
    count: float
    variance: float = 0.0


class Columns(NamedTuple):
    """What a measure needs of a slice: sums up to each bin, and baselines."""

    running: tuple[tuple[float, ...], ...]
    normal: tuple[Usual | None, ...]


class Judge:
    """Compares slices by one measure.

    Args:
        measure: By which.
        slices: Of the same time; a slice that is compared has its unit there.
    """

    def __init__(self, measure: Measure, slices: Slices) -> None:
        self.measure = measure
        self._slices = slices
        self._columns: dict[int, tuple[Slice, Columns]] = {}

    def compare(self, own: Sequence[Slice], interval: Interval) -> Compared:
        """The attempts of slices in an interval; no gain where they are usual or nothing is known before."""
        if self.measure.kind == "count":
            return self._count(own, interval)
        columns = [self._of(one) for one in own]
        found = self._against(columns, interval, _ALL)
        if not found.gain:
            return found
        for number in (_DAY, _WEEK):
            other = self._against(columns, interval, number)
            if other.baseline is not None and other.score < _LEAST_OF_EACH:
                return structs.replace(other, gain=0.0, score=0.0)
        return found

    def is_usual_throughout(self, own: Sequence[Slice], number: int) -> bool:
        """Whether no bin of the time is beyond the edge, so that no interval can be; `False` where unknown.

        An interval's share or mean is between those of its bins, while one slice has the same edge in all.
        """
        if self.measure.kind == "count" or len(own) != 1:
            return False
        columns = [self._of(own[0])]
        return not any(
            self._against(columns, Interval(first, first + 1), _ALL).gain for first in range(number)
        )

    def is_large(self, found: Compared) -> bool:
        """Whether a change matters."""
        return self.measure.matters(found)

    def normal(self, own: Slice) -> Usual | None:
        """The baseline of a slice, that of its unit where it is new."""
        return self._of(own).normal[_ALL]

    def _against(self, columns: Iterable[Columns], interval: Interval, number: int) -> Compared:
        first, end = interval
        sums = [0.0, 0.0, 0.0]
        expected = spread = before = total = 0.0
        for running, normal in columns:
            count = running[_COUNT[self.measure.kind]][end] - running[_COUNT[self.measure.kind]][first]
            if not count:
                continue
            known = normal[number]
            if known is None:
                return NOTHING
            for place, column in enumerate(running):
                sums[place] += column[end] - column[first]
            total += count
            expected += known.value * count
            spread += known.variance * count
            before += known.count
        if not total:
            return NOTHING
        edge = self.measure.edge
        if self.measure.kind == "share":
            return of_share(sums[0], sums[1], expected / total, before, edge)
        return of_mean(Sample(*sums), expected / total, before, spread / total, edge)

    def _of(self, one: Slice) -> Columns:
        known = self._columns.get(id(one))
        if known is None:  # with the slice: another one could get its id
            known = self._columns[id(one)] = (one, self._made(one))
        return known[1]

    def _made(self, one: Slice) -> Columns:
        normal = self._usual(one)
        whole = self._slices.wholes[one.unit]
        if None in normal and whole is not one:
            normal = tuple(own or other for own, other in zip(normal, self._of(whole).normal, strict=True))
        if normal[_ALL] is None and self.measure.error:
            normal = (NO_HISTORY, *normal[1:])
        return Columns(_running(self.measure, one.now_bins), normal)

    def _usual(self, one: Slice) -> tuple[Usual | None, ...]:
        same, other, week = map(self.measure.values, (one.same, one.day, one.week))
        day = tuple(map(add, same, other))
        return tuple(map(self._baseline, (tuple(map(add, day, week)), day, week)))

    def _baseline(self, values: tuple[float, ...]) -> Usual | None:
        count = values[_COUNT[self.measure.kind]]
        if count < ENOUGH:
            return None
        if self.measure.kind == "share":
            share = values[0] / count
            return Usual(min(share, MOST_FAILED) if self.measure.error else share, count)
        mean = values[1] / count
        return Usual(mean, count, max(values[2] / count - mean * mean, 0.0))

    def _count(self, own: Sequence[Slice], interval: Interval) -> Compared:
        if not all(self._is_counted(one) for one in own):
            return NOTHING
        first, end = interval
        calls = new = 0.0
        before = [0.0] * len(self._times)
        for one in own:
            counts = self._counts(one)
            own_calls = counts[0][end] - counts[0][first]
            if all(counts[time][-1] > _LEAST_CALLS for time in self._times):
                calls += own_calls
                before = [
                    total + counts[time][end] - counts[time][first]
                    for total, time in zip(before, self._times, strict=True)
                ]
            else:
                new += own_calls
        # What is new cannot be compared with what others did before.
        is_known = min(before, default=0.0) > _LEAST_CALLS and new <= _MOST_NEW * (calls + new)
        if not is_known:
            return NOTHING
        found = of_count(calls, before, self.measure.edge)
        if self.measure.edge.is_lower or not found.gain:
            return found
        rise = self._rise_of_others(own, interval)
        beyond = of_count(calls, [rise * one for one in before], self.measure.edge)
        return structs.replace(found, gain=beyond.gain, score=beyond.score)

    def _rise_of_others(self, own: Sequence[Slice], interval: Interval) -> float:
        """How many times as many calls all others make: what rises with everybody is no change of its own."""
        first, end = interval
        counts = [self._counts(one) for one in own]
        now, *before = (
            column[end] - column[first] - sum(one[time][end] - one[time][first] for one in counts)
            for time, column in enumerate(self._everybody)
        )
        if max(before) < ENOUGH:
            return _EVERYWHERE
        return max(1.0, now / max(before))

    @cached_property
    def _everybody(self) -> tuple[tuple[float, ...], ...]:
        """Calls of all up to each bin: now, and as the same hours before had them."""
        counts = [self._counts(one) for one in self._slices.wholes.values()]
        return tuple(tuple(map(sum, zip(*times, strict=True))) for times in zip(*counts, strict=True))

    @cached_property
    def _times(self) -> tuple[int, ...]:
        """Which of the times before have data: of a week before there is none where the data is younger.

        Silence shows against a day before alone. That there are more calls does not: a Monday has more than
        the Sunday before.
        """
        wholes = self._slices.wholes.values()
        has_week = any(one.week["calls"] for one in wholes)
        return (1, 2) if has_week or not self.measure.edge.is_lower else (1,)

    def expected(self, own: Sequence[Slice]) -> list[float]:
        """The calls of the same hours before, in each bin: the mean of the times before."""
        sums = [self._counts(one) for one in own]
        return [
            sum(counts[time][first + 1] - counts[time][first] for counts in sums for time in self._times)
            / len(self._times)
            for first in range(len(own[0].now_bins) if own else 0)
        ]

    def _counts(self, one: Slice) -> tuple[tuple[float, ...], ...]:
        """Calls up to each bin: now, and as the same hours before had them."""
        known = self._columns.get(id(one))
        if known is None:
            whole = self._slices.wholes[one.unit]
            running = (
                _running(self.measure, one.now_bins)[0],
                self._like(one.same, whole.same_bins),
                self._like(one.week, whole.week_bins),
            )
            known = self._columns[id(one)] = (one, Columns(running, ()))
        return known[1].running

    def _like(self, own: Sums, bins: Bins) -> tuple[float, ...]:
        """The calls of a slice, spread over the bins like those of all of its unit."""
        running = _running(self.measure, bins)[0]
        share = self.measure.affected(own) / max(running[-1], 1.0)
        return tuple(share * calls for calls in running)

    def _is_counted(self, one: Slice) -> bool:
        dimension = one.dimension
        return (
            not dimension
            or dimension in _COUNTED
            or dimension.startswith(TAG)
            or self._slices.value_of(one.unit, dimension) is not None
        )


NO_HISTORY: Final = Usual(0.01, 200)
"""Of failures, where nothing is known before: one in a hundred is no incident."""
MOST_FAILED: Final = 0.2
"""Of a baseline: what failed more often was an incident before, and is no less one now."""
_EVERYWHERE: Final = 1.25
"""By so much more must the calls of everybody rise: a busy hour of a busy day is everybody's."""
_MOST_NEW: Final = 0.2
"""Share of the calls that may have no baseline."""
_COUNT: Final = {"share": 1, "mean": 0}
"""Which column of a kind is what a share or a mean is of."""


def _running(measure: Measure, bins: Bins) -> tuple[tuple[float, ...], ...]:
    """Each column, summed up to each bin."""
    columns = zip(*(measure.values(sums) for sums in bins), strict=True)
    return tuple((0.0, *accumulate(column)) for column in columns)
