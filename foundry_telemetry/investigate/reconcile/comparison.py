"""The export against the ledger, day by day, and in sum over the days that the export has completely."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, localcontext
from typing import Any, Final, Literal

from msgspec import Struct

from foundry_telemetry.investigate.reconcile import causes
from foundry_telemetry.investigate.reconcile.causes import Cause, Side
from foundry_telemetry.investigate.reconcile.export import DIGITS, Apart, Export
from foundry_telemetry.investigate.sources import Row

Verdict = Literal["match", "differs", "no data"]

CENT: Final = Decimal("0.01")
"""A difference that is always within the tolerance."""
_LAG: Final = timedelta(days=1)
"""How long after its end the meter may take to report a day: hours to a day."""


class Pair(Struct, frozen=True, kw_only=True):
    """Both sides of a day or of several; US dollars."""

    billed_usd: Decimal
    ledger_usd: Decimal
    difference_usd: Decimal
    """Billed less ledger."""
    percent: Decimal | None
    """The difference in percent of billed; none where nothing was billed."""
    is_match: bool
    cause: Cause | None
    """What explains at least half of the difference."""
    unexplained_usd: Decimal
    """The difference less the size of the cause; 0 where both match."""


class Day(Pair, frozen=True, kw_only=True):
    """One day."""

    day: date
    units: Decimal
    is_complete: bool
    """Whether the export can have all of it; else it is not compared."""


class Reconciled(Pair, frozen=True, kw_only=True):
    """All complete days in sum, each day, and what was not compared."""

    verdict: Verdict
    tolerance_percent: Decimal
    days: tuple[Day, ...]
    factor: Decimal | None
    """What every day of the ledger is to be multiplied with to give the bill, if there is one such number."""
    factor_means: str | None
    apart: tuple[Apart, ...]
    unpriced: int
    """Attempts on complete days that the ledger has no price for: their amount is not known."""
    incomplete_usd: Decimal
    """What attempts with incomplete usage cost at least, on complete days; not in `ledger_usd`."""


def compare(export: Export, ledger: Sequence[Row], tolerance: Decimal, now: datetime) -> Reconciled:
    """Compare.

    Args:
        export: What was billed.
        ledger: Rows of the query ``cost_days``.
        tolerance: Percent of billed within which a difference is a match.
        now: The present.
    """
    with localcontext(prec=DIGITS):
        return _compare(export, ledger, tolerance, min(export.as_of, now))


def _compare(export: Export, ledger: Sequence[Row], tolerance: Decimal, as_of: datetime) -> Reconciled:
    recorded = {row["day"].date(): row for row in ledger}
    sides = [_side(day, export, recorded.get(day)) for day in export.days]
    complete = [side for side in sides if _is_complete(side.day, as_of)]
    factor = causes.one_factor(complete)
    explain = causes.Explaining(complete, factor)
    days = tuple(
        Day(
            **_pair(side.billed, side.ledger, tolerance, explain.day(side) if side in complete else None),
            day=side.day,
            units=side.units,
            is_complete=side in complete,
        )
        for side in sides
    )
    billed = sum((side.billed for side in complete), Decimal())
    known = sum((side.ledger for side in complete), Decimal())
    total = _pair(billed, known, tolerance, explain.total())
    return Reconciled(
        **total,
        verdict="no data" if not complete else "match" if total["is_match"] else "differs",
        tolerance_percent=tolerance,
        days=days,
        factor=factor,
        factor_means=None if factor is None else causes.meaning(factor).advice,
        apart=export.apart,
        unpriced=sum(side.unpriced for side in complete),
        incomplete_usd=sum((side.incomplete for side in complete), Decimal()),
    )


def _side(day: date, export: Export, row: Row | None) -> Side:
    known: Row = row or {}
    return Side(
        day=day,
        billed=export.days[day].usd,
        units=export.days[day].units,
        ledger=_decimal(known.get("usd")),
        attempts=known.get("attempts") or 0,
        unpriced=known.get("unpriced") or 0,
        incomplete=_decimal(known.get("partial_usd")),
    )


def _decimal(value: float | None) -> Decimal:
    """What the store holds as a float, as it writes it."""
    return Decimal(repr(value or 0))


def _is_complete(day: date, as_of: datetime) -> bool:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1) + _LAG <= as_of


def _pair(billed: Decimal, ledger: Decimal, tolerance: Decimal, cause: Cause | None) -> dict[str, Any]:
    difference = billed - ledger
    is_match = abs(difference) <= max(CENT, tolerance / 100 * abs(billed))
    found = None if is_match else cause
    return {
        "billed_usd": billed,
        "ledger_usd": ledger,
        "difference_usd": difference,
        "percent": 100 * difference / billed if billed else None,
        "is_match": is_match,
        "cause": found,
        "unexplained_usd": Decimal() if is_match else difference - (found.size_usd if found else Decimal()),
    }
