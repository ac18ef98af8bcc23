"""The terms of a finding: what the affected have in common, and who is known not to be affected.

A value beside the affected one is *not affected* where it made enough attempts in the same time to show the
change, and did not. Of all others that is not known.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from foundry_telemetry.investigate.incident import duplicates
from foundry_telemetry.investigate.incident.extents import Extent, Pair, Slices
from foundry_telemetry.investigate.incident.finding import Term
from foundry_telemetry.investigate.incident.judging import Judge
from foundry_telemetry.investigate.incident.scan import Found
from foundry_telemetry.investigate.incident.slices import Slice, Unit

_OF_A_SERVICE: Final = {"instance", "version"}
"""Dimensions whose values are of one service."""
_SHOWN: Final = 3.0
"""Changed attempts that there would be among others, were they affected: none is then a chance of 5 %."""
_ALIKE: Final = 0.5
"""Part of the effect from which others may be affected too."""


def terms(slices: Slices, found: Found) -> Iterator[Term]:
    """The terms of an extent, each with the values beside it."""
    service = _one_service(slices, found.extent)
    pairs = (*service, *found.extent.terms)
    for dimension, value in pairs:
        rest = [pair for pair in pairs if pair[0] != dimension and (dimension, value) not in service]
        beside = _beside(slices, dimension, value, rest)
        yield Term(
            dimension=dimension,
            value=value,
            number=len(beside) + 1,
            unaffected=tuple(name for name, own in beside.items() if _is_unaffected(slices, found, own)),
        )


def _one_service(slices: Slices, extent: Extent) -> tuple[Pair, ...]:
    """The service of an instance or a version: its others are compared, not those of all services."""
    services = {unit.service for unit in extent.units}
    dimensions = {dimension for dimension, _ in extent.terms}
    if len(services) != 1 or "service" in dimensions or not dimensions & _OF_A_SERVICE:
        return ()
    return (("service", services.pop()),) if len({unit.service for unit in slices.wholes}) > 1 else ()


def _beside(slices: Slices, dimension: str, value: str, rest: Sequence[Pair]) -> dict[str, list[Slice]]:
    """Other values of a dimension with their slices, those with most attempts first."""
    found: dict[str, list[Slice]] = {}
    for unit in slices.wholes:
        if all(_has(slices, unit, pair) for pair in rest):
            for name, one in slices.values[unit].get(dimension, {}).items():
                if name != value and one.now["attempts"]:
                    found.setdefault(name, []).append(one)
    return dict(sorted(found.items(), key=lambda pair: -sum(one.now["attempts"] for one in pair[1])))


def _has(slices: Slices, unit: Unit, pair: Pair) -> bool:
    return pair[1] in slices.values[unit].get(pair[0], {})


def _is_unaffected(slices: Slices, found: Found, others: Sequence[Slice]) -> bool:
    """Whether others would show the change, and do not."""
    measure = found.measure
    if measure is duplicates.MEASURE:  # counted by another query, for each instance
        return True
    own = Judge(measure, slices).compare(others, found.interval)
    if own.baseline is None:
        return False
    effect = measure.effect(found.compared)
    number = own.baseline if measure.kind == "count" else own.count
    expected = number * min(effect, 1.0) if measure.kind == "share" else number
    return expected >= _SHOWN and measure.effect(own) < _ALIKE * effect
