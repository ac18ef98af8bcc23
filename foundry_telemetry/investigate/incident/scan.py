"""Where and when a measure changed: the extent with the greatest score, and what else changed beside it.

Of all extents the one is taken whose attempts differ most clearly from their own baseline: a wider one has
attempts that are as usual, a narrower one leaves out some that are not, and each scores less. It is the same
with time, in coarse bins: what lasted for a part of the time asked for is compared in that part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import combinations
from typing import Final, NamedTuple

from foundry_telemetry.investigate.incident.extents import Extent, Slices, extents
from foundry_telemetry.investigate.incident.measures import (
    MEASURES,
    Measure,
    Part,
    baselines,
    compared,
    failures,
    matters,
)
from foundry_telemetry.investigate.incident.slices import BASELINES, Slice, Unit, added, without
from foundry_telemetry.investigate.incident.statistics import Compared
from foundry_telemetry.investigate.incident.volume import VOLUMES

CLEAR: Final = 16.0
"""Gain from which a change is no chance. See `docs/concepts/incidents.md` for how many comparisons it bears."""
_SUSPECT: Final = 6.0
"""Gain from which a part of the time is looked at by itself."""
_TERM: Final = 2.5
"""Score that a further term must bring."""
_MOST: Final = 3
"""Findings of one measure."""
_MOST_INTERVALS: Final = 4


class Interval(NamedTuple):
    """Bins of the time: the first, and the one after the last."""

    first: int
    end: int


class Found(NamedTuple):
    """A measure that changed in an extent."""

    name: str
    measure: Measure | None
    """Absent for volume, which is compared in another way."""
    extent: Extent
    interval: Interval
    compared: Compared


Compare = Callable[[Iterable[Slice], Interval], "Compared | None"]
"""How slices differ in an interval; nothing where they do not, or not by enough."""
Comparing = Callable[[Slices], Compare]


def scan(slices: Slices) -> tuple[list[Found], int]:
    """Every change of every measure, and how many comparisons were made."""
    errors = sorted({error for one in slices.wholes.values() for error in one.now.errors})
    measures = [*MEASURES, *map(failures, errors)]
    every = extents(slices)
    found = [
        _changes(measure.name, slices, every, partial(_comparing, measure), measure) for measure in measures
    ]
    found += [_changes(name, slices, every, how) for name, how in VOLUMES.items()]
    return [one for own, _ in found for one in own], sum(many for _, many in found)


def _changes(
    name: str, slices: Slices, every: list[Extent], comparing: Comparing, measure: Measure | None = None
) -> tuple[list[Found], int]:
    """The changes of one measure, the clearest first, and how many comparisons were made."""
    found: list[Found] = []
    comparisons, rest = 0, slices
    while len(found) < _MOST and rest.wholes:
        compare = comparing(rest)
        tried = intervals(rest, compare) if measure else _endings(rest)
        comparisons += len(every) * len(tried)
        best = clearest(every, tried, compare)
        if best is None:
            break
        found.append(Found(name, measure, *best))
        extent = best[0]
        rest = rest.without(extent, {unit: tuple(_rest(rest, extent, unit)) for unit in extent.units})
        every = extents(rest)
    return found, comparisons


def intervals(slices: Slices, compare: Compare) -> tuple[Interval, ...]:
    """All of the time, and the parts in which units differ more clearly than in all of it."""
    number = max((len(one.bins) for one in slices.wholes.values()), default=0)
    whole = Interval(0, number)
    found: dict[Interval, float] = {}
    for one in slices.wholes.values():
        results = {
            Interval(*ends): result
            for ends in combinations(range(number + 1), 2)
            if (result := compare((one,), Interval(*ends))) is not None and result.gain >= _SUSPECT
        }
        if results:
            best = max(results, key=lambda interval: results[interval].score)
            found[best] = max(found.get(best, 0.0), results[best].score)
    clearest_first = sorted(found, key=lambda interval: -found[interval])
    return tuple(dict.fromkeys((whole, *clearest_first[:_MOST_INTERVALS])))


def _endings(slices: Slices) -> tuple[Interval, ...]:
    """Every part of the time that lasts to its end: silence of one value does not show in its unit."""
    number = max((len(one.bins) for one in slices.wholes.values()), default=0)
    return tuple(Interval(first, number) for first in range(number))


def clearest(
    every: Sequence[Extent], tried: Sequence[Interval], compare: Compare
) -> tuple[Extent, Interval, Compared] | None:
    """The extent and the interval that differ most, if some do clearly."""
    best: tuple[float, Extent, Interval, Compared] | None = None
    for interval in tried:
        for extent in every:
            result = compare(extent.slices, interval)
            if result is None or result.gain < CLEAR:
                continue
            score = result.score - _TERM * len(extent.terms)
            if best is None or score > best[0]:
                best = (score, extent, interval, result)
    return best[1:] if best else None


def _comparing(measure: Measure, slices: Slices) -> Compare:
    before: dict[int, tuple[Slice, Sequence[object]]] = {}
    made: dict[tuple[int, Interval], Part] = {}

    def part(one: Slice, interval: Interval) -> Part:
        key = (id(one), interval)
        if key not in made:
            if id(one) not in before:
                before[id(one)] = (one, baselines(one, slices.wholes[one.unit]))
            made[key] = (added(one.bins[interval.first : interval.end]), before[id(one)][1])  # type: ignore[assignment]
        return made[key]

    def compare(own: Iterable[Slice], interval: Interval) -> Compared | None:
        result = compared(measure, [part(one, interval) for one in own])
        return result if matters(measure, result) else None

    return compare


def _rest(slices: Slices, extent: Extent, unit: Unit) -> Iterator[Slice]:
    """What is left of a unit: nothing, or all its attempts but those of one value."""
    (own,) = (one for one in extent.slices if one.unit == unit)
    whole = slices.wholes[own.unit]
    if not own.dimension or slices.value_of(own.unit, own.dimension) is not None:
        return
    bins = tuple(without(one, part) for one, part in zip(whole.bins, own.bins, strict=True))
    before = {period: without(whole.of(period), own.of(period)) for period in BASELINES}
    yield whole._replace(bins=bins, before=before)
    for value, other in slices.values[own.unit][own.dimension].items():
        if value != own.value:
            yield other
