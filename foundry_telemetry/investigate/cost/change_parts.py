"""The report of a compared cost: the split that explains it best, its causes, and all parts of the change."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Final, NamedTuple

from msgspec import Struct

from foundry_telemetry.investigate.cost import causes, split_change
from foundry_telemetry.investigate.cost.band import Band
from foundry_telemetry.investigate.cost.cells import Cells, Side
from foundry_telemetry.investigate.cost.change_report import Cause, Part, PeriodCost, Term, Verdict, Why
from foundry_telemetry.investigate.cost.evidence import evidence
from foundry_telemetry.investigate.cost.periods import Period
from foundry_telemetry.investigate.cost.rounding import rounded_parts
from foundry_telemetry.investigate.cost.split_change import FACTORS, Share
from foundry_telemetry.investigate.filters import Filters

_NO_CODE: Final = (split_change.VOLUME, split_change.LIST, split_change.MULTIPLIER, split_change.UNLISTED)
"""Factors that no version of a service moves."""

Versions = Callable[[causes.Terms], tuple[str, ...]]
"""Versions that a slice has anew."""


class Split(Struct, frozen=True):
    """The change by units, with the values of a tag or without."""

    dimension: str | None
    cells: Cells
    shares: list[Share]


def report(  # noqa: PLR0917 - each once
    splits: Sequence[Split],
    now: Period,
    before: Period,
    band: Band | None,
    variation: causes.Variation,
    new_versions: Versions,
    filters: Filters,
) -> Why:
    """The report of what was answered.

    Args:
        splits: The first one without a tag.
        now: The period that is asked about.
        before: What it is compared with.
        band: What is usual.
        variation: Of the calls of a slice.
        new_versions: Of a slice.
        filters: Of which attempts.
    """
    chosen = _clearest(splits)
    costs = [_cost(period, side) for period, side in ((before, chosen.cells.before), (now, chosen.cells.now))]
    has_both = bool(costs[0].attempts and costs[1].attempts)
    rounding = _Rounding(costs[0].usd, costs[1].usd)
    found = _causes(chosen, max(rounding), variation) if has_both else []
    change = costs[1].usd - costs[0].usd
    parts = _parts(chosen.shares, found, rounding)
    return Why(
        verdict=_verdict(costs, found, band) if has_both else "no data",
        now=costs[1],
        before=costs[0],
        change_usd=change,
        change_ratio=change / costs[0].usd if costs[0].usd else None,
        band=band,
        filters=tuple(Term(dimension=name, value=value) for name, value in filters.named),
        causes=tuple(_cause(one, parts, chosen.cells, change, new_versions) for one in found),
        parts=tuple(part for _, part in parts),
        factors=_by_factor([part for _, part in parts], rounding),
        without_cost=chosen.cells.without,
    )


class _Rounding(NamedTuple):
    """Both costs, by which the parts between them are rounded."""

    before_usd: float
    now_usd: float

    def parts(self, values: Sequence[float]) -> list[float]:
        """Parts of the change, rounded so that they add up to the change of the rounded costs."""
        decimals = 2 if max(self) >= 1 else 4
        total = round(self.now_usd, decimals) - round(self.before_usd, decimals)
        return rounded_parts(values, total, decimals)


def _verdict(costs: Sequence[PeriodCost], found: Sequence[causes.Cause], band: Band | None) -> Verdict:
    """Of two periods that both have a cost."""
    is_within = not found and (band is None or band.holds(costs[0].usd, costs[1].usd))
    return "usual" if is_within else "change"


def _causes(chosen: Split, total: float, variation: causes.Variation) -> list[causes.Cause]:
    """The causes, the largest first."""
    found = causes.find(chosen.shares, chosen.cells, chosen.dimension, total, variation)
    return sorted(islice(found, causes.MOST), key=lambda one: -abs(one.usd))


def _clearest(splits: Sequence[Split]) -> Split:
    """The split by the tag that narrows the change down best; without one, that without a tag."""
    found = []
    for place, one in enumerate(splits):
        if one.dimension:
            explained = causes.narrowed(one.shares, causes.slices(one.shares, one.dimension))
            found += [(explained, -place)] if explained is not None else []
    return splits[-max(found)[1] if found else 0]


def _cost(period: Period, side: Side) -> PeriodCost:
    return PeriodCost(
        since=period[0],
        until=period[1],
        usd=math.fsum(one.usd for one in side.values()),
        attempts=sum(one.attempts for one in side.values()),
    )


_Keyed = tuple[tuple[str, causes.Terms], Part]


def _parts(shares: Sequence[Share], found: Sequence[causes.Cause], rounding: _Rounding) -> list[_Keyed]:
    """All of the change: each cause, and of each factor the rest."""
    sums: dict[tuple[str, causes.Terms], list[float]] = {}
    for one in shares:
        cause = next((c for c in found if c.factor == one.factor and one.unit in c.units), None)
        sums.setdefault((one.factor, cause.terms if cause else ()), []).append(one.usd)
    totals = {key: math.fsum(values) for key, values in sums.items()}
    keys = sorted(
        (key for key, usd in totals.items() if usd), key=lambda key: (FACTORS.index(key[0]), key[1])
    )
    rounded = rounding.parts([totals[key] for key in keys])
    return [
        (key, Part(factor=key[0], terms=_terms(key[1]), usd=totals[key], rounded_usd=usd))
        for key, usd in zip(keys, rounded, strict=True)
    ]


def _by_factor(parts: Sequence[Part], rounding: _Rounding) -> tuple[Part, ...]:
    sums = {name: math.fsum(one.usd for one in parts if one.factor == name) for name in FACTORS}
    named = [name for name, usd in sums.items() if usd]
    rounded = rounding.parts([sums[name] for name in named])
    return tuple(
        Part(factor=name, terms=(), usd=sums[name], rounded_usd=usd)
        for name, usd in zip(named, rounded, strict=True)
    )


def _terms(terms: causes.Terms) -> tuple[Term, ...]:
    return tuple(Term(dimension=name, value=value) for name, value in terms)


def _cause(
    cause: causes.Cause, parts: Sequence[_Keyed], cells: Cells, change: float, new_versions: Versions
) -> Cause:
    part = dict(parts)[cause.factor, cause.terms]
    return Cause(
        factor=cause.factor,
        terms=part.terms,
        usd=part.usd,
        rounded_usd=part.rounded_usd,
        share=part.usd / change if change else None,
        evidence=evidence(cause.factor, cells, cause.units),
        new_versions=() if cause.factor in _NO_CODE else new_versions(cause.terms),
    )
