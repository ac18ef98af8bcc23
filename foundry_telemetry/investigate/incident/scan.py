"""Where and when a measure changed: the extent with the greatest score, and what else changed beside it.

Of all extents the one is taken whose attempts differ most clearly from their own baseline: a wider one has
attempts that are as usual, a narrower one leaves out some that are not, and each scores less. It is the same
with time, in coarse bins: what lasted for a part of the time asked for is compared in that part.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Final, NamedTuple

from foundry_telemetry.investigate.incident.extents import Extent, Slices, extents
from foundry_telemetry.investigate.incident.judging import Interval, Judge
from foundry_telemetry.investigate.incident.measures import MEASURES, Measure, failures
from foundry_telemetry.investigate.incident.nesting import settled
from foundry_telemetry.investigate.incident.slices import BINS, Slice, Unit
from foundry_telemetry.investigate.incident.statistics import Compared

CLEAR: Final = 5.5
"""Gain from which a change is no chance, beside the logarithm of how many comparisons are made."""
_CHOSEN: Final = math.log(BINS * (BINS + 1) / 2)
"""What a part of the time must gain beside that: it is the clearest of so many."""
_SUSPECT: Final = 5.0
"""Gain from which a part of the time is looked at by itself."""
_TERM: Final = 2.5
"""Score that a further term must bring."""
_MOST: Final = 3
"""Findings of one measure."""
_MOST_INTERVALS: Final = 4
_MOST_EXTENTS: Final = 3
"""Extents whose own intervals are tried."""


class Found(NamedTuple):
    """A measure that changed in an extent."""

    measure: Measure
    extent: Extent
    interval: Interval
    compared: Compared

    @property
    def name(self) -> str:
        """Of its measure."""
        return self.measure.name


def scan(slices: Slices) -> tuple[list[Found], int]:
    """Every change of every measure, and how many comparisons were made."""
    errors = sorted({error for one in slices.wholes.values() for error in one.now.errors})
    every = extents(slices)
    measures = (*MEASURES, *map(failures, errors))
    clear = CLEAR + math.log(max(len(every) * len(measures), 1))
    found = [changes(one, slices, clear, every) for one in measures]
    return [one for own, _ in found for one in own], sum(many for _, many in found)


def changes(
    measure: Measure, slices: Slices, clear: float = CLEAR, every: list[Extent] | None = None
) -> tuple[list[Found], int]:
    """The changes of one measure, the clearest first, and how many comparisons were made.

    Args:
        measure: Which.
        slices: Of a time.
        clear: Gain from which a change is no chance.
        every: The extents of the slices, if they are known.
    """
    found: list[Found] = []
    comparisons, rest, every = 0, slices, every or extents(slices)
    while len(found) < _MOST and rest.wholes:
        every = [one for one in every if measure.not_by not in dict(one.terms)]
        judged_by = Judge(measure, rest)
        tried = _intervals(rest, every, judged_by)
        comparisons += len(every) * len(tried)
        best = clearest(every, tried, judged_by, clear)
        if best is None:
            break
        extent, interval, result = settled(every, tried, best, judged_by)
        found.append(Found(measure, extent, interval, result))
        rest = rest.without(extent, {unit: tuple(_rest(rest, extent, unit)) for unit in extent.units})
        every = extents(rest)
    return found, comparisons


def _intervals(slices: Slices, every: Sequence[Extent], judged_by: Judge) -> tuple[Interval, ...]:
    """All of the time, and the parts in which units or other extents differ more clearly."""
    number = max((len(one.now_bins) for one in slices.wholes.values()), default=0)
    whole = Interval(0, number)
    scores = ((judged_by.compare(one.slices, whole).score, one) for one in every)
    best = sorted((pair for pair in scores if pair[0] > 0), key=lambda pair: -pair[0])[:_MOST_EXTENTS]
    found: dict[Interval, float] = {}
    for own in (*((one,) for one in slices.wholes.values()), *(one.slices for _, one in best)):
        clear = _clear_interval(own, number, judged_by)
        if clear is not None:
            found[clear[0]] = max(found.get(clear[0], 0.0), clear[1])
    clearest_first = sorted(found, key=lambda interval: -found[interval])
    return tuple(dict.fromkeys((whole, *clearest_first[:_MOST_INTERVALS])))


def _clear_interval(own: Sequence[Slice], number: int, judged_by: Judge) -> tuple[Interval, float] | None:
    """The interval in which slices differ most clearly, with its score."""
    best: tuple[Interval, float] | None = None
    if judged_by.is_usual_throughout(own, number):
        return best
    for ends in combinations(range(number + 1), 2):
        interval = Interval(*ends)
        result = judged_by.compare(own, interval)
        if result.gain >= _SUSPECT and (best is None or result.score > best[1]):
            best = interval, result.score
    return best


def clearest(
    every: Sequence[Extent], tried: Sequence[Interval], judged_by: Judge, clear: float
) -> tuple[Extent, Interval, Compared] | None:
    """The extent and the interval that differ most, if some do clearly."""
    best: tuple[float, Extent, Interval, Compared] | None = None
    for interval in tried:
        for extent in every:
            result = judged_by.compare(extent.slices, interval)
            least = clear if interval == tried[0] else clear + _CHOSEN
            if result.gain < least or not judged_by.is_large(result):
                continue
            score = result.score - _TERM * len(extent.terms)
            if best is None or score > best[0]:
                best = (score, extent, interval, result)
    return best[1:] if best else None


def _rest(slices: Slices, extent: Extent, unit: Unit) -> Iterable[Slice]:
    """What is left of a unit: nothing, or all its attempts but those of one value."""
    (own,) = (one for one in extent.slices if one.unit == unit)
    whole = slices.wholes[own.unit]
    if not own.dimension or slices.value_of(own.unit, own.dimension) is not None:
        return
    yield whole.without(own)
    for value, other in slices.values[own.unit][own.dimension].items():
        if value != own.value:
            yield other
