"""Which factor of which part of the traffic made a change: the fewest words that explain most of it.

*Slice*: the units that have some values in common: a service, a deployment, a model, a value of a tag, or
two of these. *Explained*: what of the units' parts is beyond chance and goes away if the factor moved in
proportion for the whole slice. The cause is the slice and factor that explain most; then the same again
without it. A cause must be beyond what its own numbers vary by chance.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct, structs

from foundry_telemetry.investigate.cost import split_change as split
from foundry_telemetry.investigate.cost.cells import Cells, Sums, Unit
from foundry_telemetry.investigate.cost.dimensions import OTHER
from foundry_telemetry.investigate.cost.split_change import Share

Terms = tuple[tuple[str, str], ...]
"""Dimension and value of each."""
Variation = Callable[[Terms], float]
"""How much the calls of a slice vary from week to week: the standard deviation of their logarithm."""

MOST: Final = 5
"""Causes."""
_MOST_VALUES: Final = 12
"""Values of a dimension that are tried, those that changed most."""
_PER_TERM: Final = 0.05
"""Of its part of the change, how much more a further term must explain."""
_CLEAR: Final = 4.0
"""Standard deviations by chance that a cause is beyond."""
_LEAST: Final = 0.01
"""Of the larger of both costs, the least that is a cause."""
_LEAST_PRICE: Final = 0.003
"""The same of prices, which do not vary by chance."""
_BESIDE: Final = 0.05
"""Of the first cause, the least that is a further one."""
_NARROWER: Final = 0.15
"""Of a cause, how much better a tag must explain the change."""
_NOTHING: Final = 1e-6
"""Of all parts, what is none: the rounding of floats."""
_NEARLY_ALL: Final = 0.97
"""Of a cause, what the units hold that it is named by."""
_DIMENSIONS: Final = ("service", "deployment", "model")


class Slice(Struct, frozen=True):
    """Some units, and what they have in common."""

    terms: Terms
    units: frozenset[Unit]


class Cause(Struct, frozen=True):
    """One factor of one slice."""

    factor: str
    terms: Terms
    """All values that its units have in common and other units have not; none for all traffic."""
    usd: float
    units: frozenset[Unit]
    explained: float
    """What of it is beyond chance and in proportion within the slice, less a little for each term."""


def slices(parts: Sequence[Share], dimension: str | None) -> list[Slice]:
    """What can be a slice, the shortest first.

    Args:
        parts: Of the change.
        dimension: The name of what `Unit.value` is a value of.
    """
    names = (*_DIMENSIONS, "value") if dimension else _DIMENSIONS
    units = {one.unit for one in parts}
    found = [Slice((), frozenset(units))]
    values = {name: _values(parts, name) for name in names}
    for name in names:
        found += [_slice(units, ((name, value),)) for value in values[name]]
    for first, second in (("service", "deployment"), ("value", "service"), ("value", "deployment")):
        if first in names:
            pairs = {(getattr(unit, first), getattr(unit, second)) for unit in units}
            found += [
                _slice(units, ((first, one), (second, other)))
                for one, other in sorted(pairs)
                if one in values[first] and other in values[second]
            ]
    smaller = {one.units: one for one in reversed(found) if one.units}
    return sorted(smaller.values(), key=lambda one: (len(one.terms), one.terms))


def _values(parts: Iterable[Share], name: str) -> list[str]:
    """The values of a dimension, those first whose cost moved most."""
    moved: dict[str, float] = defaultdict(float)
    for one in parts:
        moved[getattr(one.unit, name)] += abs(one.usd)
    ordered = sorted(moved, key=lambda value: (-moved[value], value))
    return [value for value in ordered if value not in ("", OTHER)][:_MOST_VALUES]


def _slice(units: Iterable[Unit], terms: Terms) -> Slice:
    fitting = (unit for unit in units if all(getattr(unit, name) == value for name, value in terms))
    return Slice(terms, frozenset(fitting))


def ranked(parts: Sequence[Share], among: Iterable[Slice]) -> list[Cause]:
    """All slices and factors, those first that explain most."""
    by_factor: dict[str, dict[Unit, Share]] = defaultdict(dict)
    for one in parts:
        by_factor[one.factor][one.unit] = one
    least = _NOTHING * math.fsum(abs(one.usd) for one in parts)
    found = []
    for each in among:
        for factor, own in by_factor.items():
            if _is_of_models(factor, each.terms):
                continue
            inside = [own[unit] for unit in each.units if unit in own]
            usd = math.fsum(one.usd for one in inside)
            explained = _beyond_chance(inside) - _uneven(inside) - _PER_TERM * abs(usd) * len(each.terms)
            if explained > least:
                found.append(Cause(factor, each.terms, usd, each.units, explained))
    return sorted(found, key=lambda one: (-one.explained, len(one.terms), one.terms, one.factor))


def _is_of_models(factor: str, terms: Terms) -> bool:
    """Whether a slice is one of the models whose mix moved."""
    return factor == split.MIX and any(name in ("deployment", "model") for name, _ in terms)


def _beyond_chance(parts: Iterable[Share]) -> float:
    """How much parts are beyond chance, each for itself: opposite ones do not make up for each other."""
    return math.fsum(max(abs(one.usd) - one.chance, 0.0) for one in parts)


def _uneven(parts: Sequence[Share]) -> float:
    """How much of the parts is beyond chance and not in proportion to what they bear on."""
    base = math.fsum(one.base for one in parts)
    ratio = math.fsum(one.usd for one in parts) / base if base else 0.0
    return math.fsum(max(abs(one.usd - ratio * one.base) - one.chance, 0.0) for one in parts)


def narrowed(parts: Sequence[Share], among: Sequence[Slice]) -> float | None:
    """How much more of the change two causes explain with a dimension, US dollars; ``None`` if hardly more.

    The second one counts half: one cause is better than two.
    """
    plain = [one for one in among if all(name != "value" for name, _ in one.terms)]
    first, second = _two(parts, plain), _two(parts, among)
    by_value = [abs(one.usd) for one in second if any(name == "value" for name, _ in one.terms)]
    more = sum(one.explained for one in second) - sum(one.explained for one in first)
    if more <= _NARROWER * max(by_value, default=0.0):
        return None
    return _weighed(second) - _weighed(first)


def _weighed(found: Sequence[Cause]) -> float:
    return sum(one.explained / place for place, one in enumerate(found, 1))


def _two(parts: Sequence[Share], among: Sequence[Slice]) -> list[Cause]:
    """The two causes that explain most."""
    first = next(iter(ranked(parts, among)), None)
    if first is None:
        return []
    return [first, *ranked(without(parts, first), among)[:1]]


def without(parts: Iterable[Share], cause: Cause) -> list[Share]:
    """All parts but those of a cause."""
    return [one for one in parts if not _is_of(one, cause)]


def _is_of(part: Share, cause: Cause) -> bool:
    return part.factor == cause.factor and part.unit in cause.units


def find(
    parts: Sequence[Share], cells: Cells, dimension: str | None, total: float, variation: Variation
) -> Iterator[Cause]:
    """The causes of a change, the one that explains most first.

    Args:
        parts: Of the change.
        cells: What they are made from.
        dimension: As for `slices`.
        total: The larger of both costs.
        variation: Of the calls of a slice.
    """
    rest, among = list(parts), slices(parts, dimension)
    largest, of_all = 0.0, variation(())
    known: set[tuple[str, Terms]] = set()
    for _ in range(2 * MOST):
        clear = (one for one in ranked(rest, among) if abs(one.usd) >= _bar(one, cells, total, of_all))
        cause = next(clear, None)
        if cause is None:
            return
        # A slice may hold another one, whose cause is found already: its units are no part of this one.
        own_units = frozenset(one.unit for one in rest if _is_of(one, cause))
        terms = described(_bearing(rest, cause), cells.units, dimension)
        named = structs.replace(cause, terms=terms, units=own_units)
        rest = without(rest, cause)
        own = variation(named.terms) if named.factor == split.VOLUME else 0.0
        beside = 0.0 if named.factor in split.PRICES else _BESIDE * largest
        bar = max(_bar(named, cells, total, own), beside)
        if (named.factor, named.terms) not in known and abs(cause.usd) >= bar:
            largest = max(largest, abs(cause.usd))
            known.add((named.factor, named.terms))
            yield named


def _bearing(parts: Sequence[Share], cause: Cause) -> frozenset[Unit]:
    """The units that hold nearly all of a cause, largest first."""
    own = {one.unit: abs(one.usd) for one in parts if _is_of(one, cause)}
    missing = _NEARLY_ALL * sum(own.values())
    found = set()
    for unit in sorted(own, key=lambda unit: (-own[unit], unit)):
        if missing <= 0:
            break
        found.add(unit)
        missing -= own[unit]
    return frozenset(found)


def described(units: frozenset[Unit], every: Iterable[Unit], dimension: str | None) -> Terms:
    """What some units have in common that not all have."""
    names = {"service": "service", "deployment": "deployment", "model": "model"}
    if dimension:
        names["value"] = dimension
    found = []
    known = list(every)
    for name, shown in names.items():
        own = {getattr(unit, name) for unit in units}
        if len(own) == 1 and own != {""} and len({getattr(unit, name) for unit in known}) > 1:
            found.append((shown, own.pop()))
    return tuple(found)


def _bar(cause: Cause, cells: Cells, total: float, variation: float) -> float:
    """What a cause must be more than."""
    if cause.factor in split.PRICES:
        return _LEAST_PRICE * total
    sides = [_sums(side, cause.units, ("call", "retry", "abandoned")) for side in (cells.before, cells.now)]
    usd = sum(one.usd for one in sides) / 2
    least = 0.5 * (1 / max(sides[0].attempts, 1) + 1 / max(sides[1].attempts, 1))
    if cause.factor == split.VOLUME:
        by_chance = usd * math.sqrt(2 * least + variation**2)
    elif cause.factor in (split.RETRIES, split.ABANDONED):
        kind = "retry" if cause.factor == split.RETRIES else "abandoned"
        extra = [_sums(side, cause.units, (kind,)) for side in (cells.before, cells.now)]
        by_chance = math.sqrt(sum(one.squares for one in extra))
    else:
        by_chance = usd * _spread(sides) * math.sqrt(2 * least)
    return max(_LEAST * total, _CLEAR * by_chance)


def _sums(side: Mapping[tuple[Unit, str], Sums], units: frozenset[Unit], kinds: tuple[str, ...]) -> Sums:
    found = Sums()
    for (unit, kind), own in side.items():
        if unit in units and kind in kinds:
            found.attempts += own.attempts
            found.usd += own.usd
            found.squares += own.squares
    return found


def _spread(sides: Sequence[Sums]) -> float:
    """The standard deviation of the cost of an attempt over its mean; the larger of both periods."""
    known = (one for one in sides if one.usd and one.attempts)
    squares = [one.squares * one.attempts / one.usd**2 - 1 for one in known]
    return min(math.sqrt(max(0.0, *squares)), 10.0) if squares else 1.0
