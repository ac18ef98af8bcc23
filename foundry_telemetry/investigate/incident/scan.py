"""Where a measure changed: the extent with the greatest gain, and what else changed beside it.

Of all extents the one is taken whose attempts differ most clearly from their own baseline: a wider one has
attempts that are as usual, a narrower one leaves out some that are not, and each gains less.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
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
from foundry_telemetry.investigate.incident.slices import NOW, PERIODS, Slice, without
from foundry_telemetry.investigate.incident.statistics import Compared
from foundry_telemetry.investigate.incident.volume import VOLUMES

CLEAR: Final = 16.0
"""Gain from which a change is no chance. See `docs/concepts/incidents.md` for how many comparisons it bears."""
_TERM: Final = 2.5
"""Gain that a further term must bring."""
_MOST: Final = 3
"""Findings of one measure."""


class Found(NamedTuple):
    """A measure that changed in an extent."""

    name: str
    measure: Measure | None
    """Absent for volume, which is compared in another way."""
    extent: Extent
    compared: Compared


Compare = Callable[[Extent], "Compared | None"]
"""How an extent differs; nothing where it does not, or not by enough."""


def scan(slices: Slices) -> tuple[list[Found], int]:
    """Every change of every measure, and how many comparisons were made."""
    errors = sorted({error for one in slices.wholes.values() for error in one.of(NOW).errors})
    measures = [*MEASURES, *map(failures, errors)]
    found = [changes(measure.name, slices, partial(_comparing, measure), measure) for measure in measures]
    found += [changes(name, slices, how) for name, how in VOLUMES.items()]
    return [one for own, _ in found for one in own], sum(many for _, many in found)


def changes(
    name: str, slices: Slices, comparing: Callable[[Slices], Compare], measure: Measure | None = None
) -> tuple[list[Found], int]:
    """The changes of one measure, the clearest first, and how many comparisons were made."""
    found: list[Found] = []
    comparisons, rest = 0, slices
    while len(found) < _MOST and rest.wholes:
        every = extents(rest)
        comparisons += len(every)
        best = clearest(every, comparing(rest))
        if best is None:
            break
        extent, result = best
        found.append(Found(name, measure, extent, result))
        rest = rest.without(extent, {unit: tuple(_rest(rest, extent, unit)) for unit in extent.units})
    return found, comparisons


def clearest(every: Sequence[Extent], compare: Compare) -> tuple[Extent, Compared] | None:
    """The extent that differs most, if one does clearly."""
    best: tuple[float, Extent, Compared] | None = None
    for extent in every:
        result = compare(extent)
        if result is None or result.gain < CLEAR:
            continue
        score = result.gain - _TERM * len(extent.terms)
        if best is None or score > best[0]:
            best = (score, extent, result)
    return best[1:] if best else None


def _comparing(measure: Measure, slices: Slices) -> Compare:
    part = _parts(slices)

    def compare(extent: Extent) -> Compared | None:
        result = compared(measure, [part(one) for one in extent.slices])
        return result if matters(measure, result) else None

    return compare


def _parts(slices: Slices) -> Callable[[Slice], Part]:
    made: dict[int, Part] = {}

    def part(one: Slice) -> Part:
        if id(one) not in made:
            made[id(one)] = (one.of(NOW), baselines(one, slices.wholes[one.unit]))
        return made[id(one)]

    return part


def _rest(slices: Slices, extent: Extent, unit: object) -> Iterator[Slice]:
    """What is left of a unit: nothing, or all its attempts but those of one value."""
    (own,) = (one for one in extent.slices if one.unit == unit)
    whole = slices.wholes[own.unit]
    if not own.dimension or slices.value_of(own.unit, own.dimension) is not None:
        return
    periods = {period: without(whole.of(period), own.of(period)) for period in PERIODS}
    yield whole._replace(periods=periods)
    for value, other in slices.values[own.unit][own.dimension].items():
        if value != own.value:
            yield other
