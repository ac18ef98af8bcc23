"""The invoice against the ledger, day by day, and why they differ."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Final

from msgspec import Struct

from foundry_telemetry.investigate.cost import texts
from foundry_telemetry.investigate.cost.money import Money
from foundry_telemetry.investigate.cost.usage import Billed
from foundry_telemetry.investigate.formatting import many
from foundry_telemetry.investigate.sources import Row
from foundry_telemetry.investigate.texts import ATTEMPT

_SAME_USD: Final = 0.01
_SAME_SHARE: Final = 0.005
"""A difference of a cent, or of half a percent, is none."""
_LAG: Final = timedelta(days=2)
"""How long the meter may take to report a day."""
_STEADY: Final = 0.02
"""How far the days' factors may lie from their mean to be one factor."""
_DAYS: Final = 3
"""Days of both without which no factor is shown."""
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


class _Facts(Struct, frozen=True, kw_only=True):
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


_CAUSES: Final[tuple[tuple[Callable[[_Facts], bool], str], ...]] = (
    (lambda day: day.is_fresh and not day.more, texts.LATE),
    (lambda day: day.is_steady, texts.ONE_FACTOR),
    (lambda day: day.more and not day.attempts, texts.NOTHING_RECORDED),
    (lambda day: day.more and day.bare > 0, texts.DAY_UNPRICED),
    (lambda day: day.more and day.partial > 0, texts.DAY_INCOMPLETE),
    (lambda day: not day.billed and not day.is_fresh, texts.NOTHING_BILLED),
)
"""When a cause is likely, and its words; the likeliest first."""


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
    total, recorded = (math.fsum(pair[side] for pair in pairs.values()) for side in (0, 1))
    usd = Money([total, recorded])
    days = tuple(_day(day, reported, known.get(day), factor, now, usd) for day, reported in billed.items())
    return Reconciled(
        billed_usd=total,
        ledger_usd=recorded,
        difference_usd=total - recorded,
        factor=factor,
        factor_means=None if factor is None else _meaning(factor),
        days=days,
    )


def _day(  # noqa: PLR0917 - all of it is of the day but the last three
    day: date, billed: Billed, row: Row | None, factor: float | None, now: datetime, usd: Money
) -> Day:
    recorded = _usd(row)
    reported = _Facts(
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
        causes=() if _agree(billed.usd, recorded, _SAME_SHARE) else _causes(reported, usd),
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
        return texts.DATA_ZONE
    if factor < 1:
        return texts.DISCOUNT.format(percent=100 * (1 - factor), factor=factor)
    return texts.OTHER_FACTOR


def _causes(day: _Facts, usd: Money) -> tuple[str, ...]:
    amount = texts.DAY_AT_LEAST.format(usd=usd(day.partial)) if usd.is_shown(day.partial) else ""
    attempts = many(day.bare, ATTEMPT)
    found = tuple(
        text.format(attempts=attempts, amount=amount) for is_likely, text in _CAUSES if is_likely(day)
    )
    return found or ((texts.NOT_RECORDED if day.more else texts.MIDNIGHT),)
