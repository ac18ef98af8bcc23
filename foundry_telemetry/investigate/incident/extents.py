"""The slices that a change can be of: every value of a dimension, and its combinations with what units are.

*Extent*: terms that all hold, and the slices that they select. Two extents with the same slices are one,
with the fewest terms. An extent of one value of a dimension that has no other proves nothing about that
dimension: it has the slices of the extent without it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Final, NamedTuple

from foundry_telemetry.investigate.incident.dimensions import DIMENSIONS, OF_UNITS
from foundry_telemetry.investigate.incident.slices import EMPTY, Slice, Unit

Pair = tuple[str, str]
"""Dimension and value."""

_ORDER: Final = (*OF_UNITS, *(one.name for one in DIMENSIONS))
_MOST_OF_UNITS: Final = 2
"""Terms about units that are combined."""


class Extent(NamedTuple):
    """What some attempts have in common."""

    terms: tuple[Pair, ...]
    slices: tuple[Slice, ...]

    @property
    def units(self) -> frozenset[Unit]:
        """Whose attempts they are."""
        return frozenset(one.unit for one in self.slices)


class Slices:
    """The slices of a time, by unit, dimension and value."""

    def __init__(self, slices: Iterable[Slice]) -> None:
        self.wholes: dict[Unit, Slice] = {}
        self.values: dict[Unit, dict[str, dict[str, Slice]]] = {}
        for one in slices:
            if not one.dimension:
                self.wholes[one.unit] = one
            elif one.value:
                self.values.setdefault(one.unit, {}).setdefault(one.dimension, {})[one.value] = one
        for unit, whole in self.wholes.items():
            own = self.values.setdefault(unit, {})
            for dimension, value in zip(OF_UNITS, unit, strict=True):
                own[dimension] = {value: whole} if value else {}
            for dimension, values in own.items():
                if len(values) == 1:  # failed attempts may not report it, and are of the unit all the same
                    own[dimension] = {
                        value: whole._replace(dimension=dimension, value=value) for value in values
                    }

    def value_of(self, unit: Unit, dimension: str) -> str | None:
        """The one value that a unit has of a dimension, where it has one alone."""
        values = self.values[unit].get(dimension, {})
        return next(iter(values)) if len(values) == 1 else None

    def dimensions(self) -> tuple[str, ...]:
        """All that have values, in their order; tags last."""
        found = {dimension for own in self.values.values() for dimension in own}
        return (*(name for name in _ORDER if name in found), *sorted(found - set(_ORDER)))

    def without(self, extent: Extent, rest: Mapping[Unit, Sequence[Slice]]) -> Slices:
        """The slices of the units that an extent does not have, and what is left of those that it has."""
        kept = [
            one
            for unit, own in self.values.items()
            if unit not in extent.units
            for one in (self.wholes[unit], *_each(own))
        ]
        return Slices([*kept, *(one for slices in rest.values() for one in slices)])


def _each(own: Mapping[str, Mapping[str, Slice]]) -> Iterator[Slice]:
    for dimension, values in own.items():
        if dimension not in OF_UNITS:
            yield from values.values()


def extents(slices: Slices) -> list[Extent]:
    """Every extent, those with few terms first."""
    found: dict[frozenset[tuple[Unit, str, str]], Extent] = {}
    for extent in _all(slices):
        if extent.slices:
            found.setdefault(_identity(slices, extent), extent)
    return list(found.values())


def _identity(slices: Slices, extent: Extent) -> frozenset[tuple[Unit, str, str]]:
    """The same for extents that have the same attempts, as far as that can be known.

    A unit without traffic adds none.
    """
    active = [one for one in extent.slices if one.now is not EMPTY] or extent.slices
    return frozenset(
        (one.unit, "", "")
        if slices.value_of(one.unit, one.dimension) or not one.dimension
        else (one.unit, one.dimension, one.value)
        for one in active
    )


def _all(slices: Slices) -> Iterator[Extent]:
    units = tuple(slices.wholes)
    yield Extent((), tuple(slices.wholes.values()))
    of_units = list(_of_units(slices, units))
    dimensions = slices.dimensions()
    yield from (_narrowed(slices, (), units, pair) for pair in _pairs(slices, units, dimensions))
    for terms, own in of_units:
        yield Extent(terms, tuple(slices.wholes[unit] for unit in own))
    for terms, own in of_units:
        yield from (_narrowed(slices, terms, own, pair) for pair in _pairs(slices, own, dimensions))


def _of_units(slices: Slices, units: Sequence[Unit]) -> Iterator[tuple[tuple[Pair, ...], tuple[Unit, ...]]]:
    """What units have in common: one value each, or two."""
    own = {
        unit: tuple(
            (dimension, value)
            for dimension in slices.dimensions()
            if (value := slices.value_of(unit, dimension)) is not None
        )
        for unit in units
    }
    known: set[frozenset[Unit]] = set()
    for many in range(1, _MOST_OF_UNITS + 1):
        by_terms: dict[tuple[Pair, ...], list[Unit]] = {}
        for unit, pairs in own.items():
            for terms in combinations(pairs, many):
                by_terms.setdefault(terms, []).append(unit)
        for terms, having in by_terms.items():
            if frozenset(having) not in known:
                known.add(frozenset(having))
                yield terms, tuple(having)


def _pairs(slices: Slices, units: Sequence[Unit], dimensions: Sequence[str]) -> Iterator[Pair]:
    for dimension in dimensions:
        values = dict.fromkeys(value for unit in units for value in slices.values[unit].get(dimension, ()))
        yield from ((dimension, value) for value in values)


def _narrowed(slices: Slices, terms: tuple[Pair, ...], units: Sequence[Unit], pair: Pair) -> Extent:
    dimension, value = pair
    own = (slices.values[unit].get(dimension, {}).get(value) for unit in units)
    return Extent((*terms, pair), tuple(one for one in own if one is not None))
