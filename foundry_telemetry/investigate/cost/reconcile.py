"""The invoice against the ledger, day by day, and why they differ."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Final

from msgspec import Struct

from foundry_telemetry.investigate.cost.usage import Billed
from foundry_telemetry.investigate.sources import Row

_SAME_USD: Final = 0.01
_SAME_SHARE: Final = 0.005
"""A difference of a cent, or of half a percent, is none."""
_LAG: Final = timedelta(days=2)
"""How long the meter may take to tell a day."""
_STEADY: Final = 0.02
"""How far the days' factors may lie from their mean to be one factor."""
_DAYS: Final = 3
"""Days of both without which no factor is told."""
_ZONE: Final = 1.1


class Day(Struct, frozen=True, kw_only=True):
    """One day of both; US dollars."""

    day: date
    billed_usd: float
    units: float
    ledger_usd: float
    difference_usd: float
    """Billed less ledger."""
    causes: tuple[str, ...]
    """The likely ones; none where both agree."""


class Reconciled(Struct, frozen=True, kw_only=True):
    """All days of the file, and what holds for all of them."""

    billed_usd: float
    ledger_usd: float
    difference_usd: float
    factor: float | None
    """What every day of the ledger is to be multiplied with to give the bill, if there is one such number."""
    factor_means: str | None
    days: tuple[Day, ...]


class _Told(Struct, frozen=True, kw_only=True):
    """A day as the causes see it."""

    billed: float
    ledger: float
    attempts: int = 0
    bare: int = 0
    partial: float = 0.0
    is_fresh: bool = False
    is_steady: bool = False

    @property
    def more(self) -> bool:
        """Whether more was billed than the ledger knows of."""
        return self.billed > self.ledger


_CAUSES: Final[tuple[tuple[Callable[[_Told], bool], str], ...]] = (
    (
        lambda reported: reported.is_fresh and not reported.more,
        "the meter lags by hours to a day; look again later",
    ),
    (lambda reported: reported.is_steady, "the factor of all days"),
    (
        lambda reported: reported.more and not reported.attempts,
        (
            "the ledger has nothing of this day: calls without telemetry, another workspace, or rows that "
            "are no longer kept"
        ),
    ),
    (lambda reported: reported.more and reported.bare > 0, "{bare} answers have no price in the ledger"),
    (
        lambda reported: reported.more and reported.partial > 0,
        "answers that ended before their output was told: at least ${partial:.2f} more",
    ),
    (
        lambda reported: not reported.billed and not reported.is_fresh,
        "nothing was billed: another billing account, a credit, or a file without this meter",
    ),
)
"""When a cause is likely, and what is said of it; the likeliest first."""
_NOT_RECORDED: Final = "calls that are not recorded, such as those of other services of the subscription"
_MIDNIGHT: Final = "calls around midnight: the ledger counts an attempt on the UTC day on which it ended"


def reconcile(billed: Mapping[date, Billed], ledger: list[Row], now: datetime) -> Reconciled:
    """Compare.

    Args:
        billed: By day.
        ledger: Rows of the query ``cost_days``.
        now: The present.
    """
    known = {row["day"].date(): row for row in ledger}
    pairs = {day: (reported.usd, _usd(known.get(day))) for day, reported in billed.items()}
    factor = _factor([pair for day, pair in pairs.items() if not _is_fresh(day, now)])
    days = tuple(_day(day, reported, known.get(day), factor, now) for day, reported in billed.items())
    total, recorded = (math.fsum(pair[side] for pair in pairs.values()) for side in (0, 1))
    return Reconciled(
        billed_usd=total,
        ledger_usd=recorded,
        difference_usd=total - recorded,
        factor=factor,
        factor_means=None if factor is None else _meaning(factor),
        days=days,
    )


def _day(day: date, billed: Billed, row: Row | None, factor: float | None, now: datetime) -> Day:
    recorded = _usd(row)
    reported = _Told(
        billed=billed.usd,
        ledger=recorded,
        attempts=row["attempts"] if row else 0,
        bare=row["unpriced"] if row else 0,
        partial=(row.get("partial_usd") or 0.0) if row else 0.0,
        is_fresh=_is_fresh(day, now),
        is_steady=factor is not None and _agree(billed.usd, recorded * factor, _STEADY),
    )
    return Day(
        day=day,
        billed_usd=billed.usd,
        units=billed.units,
        ledger_usd=recorded,
        difference_usd=billed.usd - recorded,
        causes=() if _agree(billed.usd, recorded, _SAME_SHARE) else _causes(reported),
    )


def _usd(row: Row | None) -> float:
    return (row.get("usd") or 0.0) if row else 0.0


def _is_fresh(day: date, now: datetime) -> bool:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1) > now - _LAG


def _agree(billed: float, recorded: float, share: float) -> bool:
    return abs(billed - recorded) <= max(_SAME_USD, share * max(billed, recorded))


def _factor(pairs: list[tuple[float, float]]) -> float | None:
    """One number that turns the ledger into the bill on every day, unless it is 1."""
    factors = [usd / recorded for usd, recorded in pairs if usd > _SAME_USD and recorded > _SAME_USD]
    if len(factors) < _DAYS:
        return None
    mean = statistics.fmean(factors)
    if max(abs(one - mean) for one in factors) > _STEADY * mean or abs(mean - 1) <= _SAME_SHARE:
        return None
    return round(mean, 4)


def _meaning(factor: float) -> str:
    if abs(factor - _ZONE) <= _STEADY:
        return "US Data Zone deployments cost 1.1 times list: set multiplier = 1.1 for them"
    if factor < 1:
        return f"a discount of {100 * (1 - factor):.1f} %: set discount = {factor:g}"
    return "a constant share of the calls is not recorded, or the price of a unit is another: set usd_per_ccu"


def _causes(reported: _Told) -> tuple[str, ...]:
    found = tuple(
        text.format(bare=reported.bare, partial=reported.partial)
        for is_likely, text in _CAUSES
        if is_likely(reported)
    )
    return found or ((_NOT_RECORDED if reported.more else _MIDNIGHT),)
