"""Days of a file. Whether 03/04/2026 is in March or in April is decided by the whole file, or not at all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final, Literal

from foundry_telemetry.investigate.display_safety import plain
from foundry_telemetry.investigate.reconcile import texts
from foundry_telemetry.investigate.reconcile.errors import ExportError

Order = Literal["mdy", "dmy"]
ORDERS: Final[tuple[Order, Order]] = ("mdy", "dmy")

_SPLIT: Final = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4})(?:[ T,].*)?", re.DOTALL)
_CENTURY: Final = 2000
_SLASHED: Final = re.compile(r"(\d{4})/(\d{1,2})/(\d{1,2})(?:[ T].*)?", re.DOTALL)


@lru_cache(maxsize=65_536)
def iso_day(text: str) -> date | None:
    """The UTC day of a text that begins with the year; a time with a zone is taken to UTC."""
    slashed = _SLASHED.fullmatch(text)
    try:
        if slashed:
            return _plausible(date(int(slashed[1]), int(slashed[2]), int(slashed[3])))
        moment = datetime.fromisoformat(text)
        return _plausible((moment.astimezone(UTC) if moment.tzinfo else moment).date())
    except (ValueError, OverflowError):
        return None


@lru_cache(maxsize=65_536)
def day_in(order: Order, text: str) -> date | None:
    """The day of a text that ends with the year, if it is one in this order."""
    parts = _SPLIT.fullmatch(text)
    if not parts or (parts[2] == "." and order == "mdy"):  # no one writes a month first with points
        return None
    first, second, year = int(parts[1]), int(parts[3]), int(parts[4])
    month, day = (first, second) if order == "mdy" else (second, first)
    try:
        return _plausible(date(year, month, day))
    except ValueError:
        return None


def _plausible(day: date) -> date | None:
    """A day of this century: what else a number may mean is no day of a bill."""
    return day if _CENTURY <= day.year < _CENTURY + 100 else None


def is_day(text: str) -> bool:
    """Whether it is a day in any form that is read."""
    return iso_day(text) is not None or any(day_in(order, text) for order in ORDERS)


class DayOrder:
    """Collects what a file has of days that end with the year, and decides how they are read."""

    def __init__(self, file: str) -> None:
        self._file = file
        self.days: dict[str, int] = {}
        """Each with its first line."""
        self.periods: dict[str, set[str]] = {"period_start": set(), "period_end": set()}
        """Texts of the billing period, by the column."""

    def possible(self, now: datetime) -> list[Order]:
        """The orders that agree with all days and the billing periods of the file.

        Raises:
            ExportError: No order does.
        """
        valid: list[Order] = [
            order for order in ORDERS if all(self._read(order, text) for text in self._texts())
        ]
        if not valid:
            raise ExportError(self._contradiction())
        # A day to come is not billed yet, and a day lies in its billing period.
        fitting = [order for order in valid if self._fits(order, now)]
        if len(fitting) > 1 and all(day_in("mdy", text) == day_in("dmy", text) for text in self.days):
            return fitting[:1]
        return fitting or valid

    def excluded(self, order: Order) -> ExportError:
        """The error where the order that the user gives reads not every day."""
        text = next((text for text in self._texts() if not day_in(order, text)), next(iter(self.days), ""))
        return ExportError(texts.EXCLUDED_ORDER.format(file=self._file, order=order, text=plain(text)))

    def undecided(self) -> ExportError:
        """The error where both are possible."""
        return ExportError(texts.WHICH_ORDER.format(file=self._file, text=plain(next(iter(self.days)))))

    def _texts(self) -> Iterable[str]:
        yield from self.days
        for found in self.periods.values():
            yield from (text for text in found if iso_day(text) is None)

    @staticmethod
    def _read(order: Order, text: str) -> date | None:
        return iso_day(text) or day_in(order, text)

    def _fits(self, order: Order, now: datetime) -> bool:
        days = [day for text in self.days if (day := day_in(order, text))]
        if any(day > now.date() + timedelta(days=1) for day in days):
            return False
        starts, ends = (
            [day for text in found if (day := self._read(order, text))] for found in self.periods.values()
        )
        return not (starts and ends and days) or (min(starts) <= min(days) and max(days) <= max(ends))

    def _contradiction(self) -> str:
        only: Mapping[Order, str | None] = {
            order: next((text for text in self._texts() if not day_in(other, text)), None)
            for order, other in zip(ORDERS, reversed(ORDERS), strict=True)
        }
        return texts.TWO_ORDERS.format(
            file=self._file, first=plain(only["mdy"] or ""), second=plain(only["dmy"] or "")
        )
