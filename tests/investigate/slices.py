"""Slices made up: what a service and a deployment measured, for tests of what judges them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import structs

from foundry_telemetry.investigate.incident.extents import Slices
from foundry_telemetry.investigate.incident.slices import (
    BINS,
    EMPTY,
    Failed,
    Slice,
    Sums,
    Unit,
    added,
    counted,
    made,
)

ERROR = ("overloaded", "model_service")
SHOP, BOT = Unit("shop", "shop-chat"), Unit("bot", "bot-chat")


def attempts(number: int, failed: int = 0, error: tuple[str, str] = ERROR, **columns: float) -> Sums:
    """So many attempts, some of which failed."""
    if not number:
        return EMPTY
    sums = counted(attempts=number, calls=number, **columns)
    errors = {error: Failed(failed, failed, 0.0, 1.0)} if failed else {}
    return structs.replace(sums, errors=errors, oldest_ms=0.0, newest_ms=1.0)


def spread(*each: Sums) -> tuple[Sums, ...]:
    """The same in each bin, or one after the other."""
    return (*each, *[each[-1]] * (BINS - len(each)))[:BINS]


def of(  # noqa: PLR0917 - reads as a row
    unit: Unit,
    dimension: str,
    value: str,
    now: Sequence[Sums],
    before: Sums = EMPTY,
    week: Sums | None = None,
) -> Slice:
    """A slice whose day before, and last week, had ``before`` in each bin."""
    same = spread(before)
    last = spread(before if week is None else week)
    return made(unit, dimension, value, tuple(now), same, last, added(same))


def parted(unit: Unit, values: Mapping[str, Mapping[str, Slice]]) -> list[Slice]:
    """A unit by dimensions, and all of it: the sum of the values of the first."""
    first = list(next(iter(values.values())).values())
    whole = made(
        unit,
        "",
        "",
        *(
            tuple(map(added, zip(*bins, strict=True)))
            for bins in (
                [one.now_bins for one in first],
                [one.same_bins for one in first],
                [one.week_bins for one in first],
            )
        ),
        added(one.day for one in first),
    )
    return [whole, *(_answered(one) for own in values.values() for one in own.values())]


def _answered(one: Slice) -> Slice:
    """A slice of a value as the query answers: its baseline is in the first bin."""
    before = ((added(bins), *[EMPTY] * (BINS - 1)) for bins in (one.same_bins, one.week_bins))
    return made(one.unit, one.dimension, one.value, one.now_bins, *before, one.day)


def by(
    unit: Unit, dimension: str, failed: Mapping[str, int], number: int = 20, normal: int = 0
) -> list[Slice]:
    """A unit by one dimension, each value with so many attempts and failures in each bin."""
    own = {
        value: of(unit, dimension, value, spread(attempts(number, bad)), attempts(number, normal))
        for value, bad in failed.items()
    }
    return parted(unit, {dimension: own})


def together(*units: Sequence[Slice]) -> Slices:
    """The slices of several units."""
    return Slices([one for unit in units for one in unit])
