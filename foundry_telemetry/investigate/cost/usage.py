"""The cost file that Azure exports: what Claude cost by day.

Columns are those of the documented "cost and usage details" schemas (Enterprise Agreement, Microsoft Customer
Agreement, pay-as-you-go) and of FOCUS, in any order and case.
"""

from __future__ import annotations

import csv
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Final, NamedTuple

from msgspec import Struct

from foundry_telemetry import pricing
from foundry_telemetry.investigate.cost import texts
from foundry_telemetry.investigate.display_safety import plain

_COLUMNS: Final[Mapping[str, Sequence[str]]] = {
    "date": ("Date", "UsageDateTime", "UsageDate", "ChargePeriodStart"),
    "usd": ("CostInUSD",),
    "cost": ("CostInBillingCurrency", "PreTaxCost", "Cost", "BilledCost"),
    "currency": ("BillingCurrency", "BillingCurrencyCode", "Currency"),
    "quantity": ("Quantity", "UsageQuantity", "ConsumedQuantity"),
}
"""What is read: the names it has, the likeliest first."""
_NAMING: Final = (
    "MeterName", "MeterSubCategory", "MeterCategory", "ProductName", "Product", "PublisherName",
    "ChargeDescription", "SkuMeter", "UnitOfMeasure",
)  # fmt: skip
"""Columns that may name Claude."""
_CLAUDE: Final = r"claude|anthropic|consumption\s+unit|\bccu"
_DATES: Final = ("%m/%d/%Y", "%Y-%m-%d", "%Y%m%d")


class UsageError(Exception):
    """The file is not what it should be; the message has the line and what was expected."""


class Billed(Struct, frozen=True):
    """What one day was billed."""

    usd: float
    units: float
    """Claude Consumption Units."""
    by_units: bool = False
    """Whether `usd` is, at least in part, the price of the units: the file has no cost in US dollars."""
    currencies: frozenset[str] = frozenset()
    """Of costs that were not used."""


class _Row(NamedTuple):
    """A row of Claude."""

    day: date
    usd: float | None
    units: float
    currency: str


def read_usage(file: Path, meter: str | None = None) -> dict[date, Billed]:
    """What Claude was billed, by day.

    Args:
        file: The exported CSV.
        meter: A text that the rows of Claude have in a column that names them; else what usually names it.

    Raises:
        UsageError: It cannot be read, lacks a column, has a value that is none, or no row of Claude.
    """
    wanted = re.compile(_CLAUDE if meter is None else re.escape(meter), re.IGNORECASE)
    by_day: defaultdict[date, list[_Row]] = defaultdict(list)
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            for row in _rows(file, csv.reader(lines), wanted):
                by_day[row.day].append(row)
    except OSError as error:
        raise UsageError(texts.CANNOT_READ.format(file=file, error=error.strerror)) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise UsageError(texts.NOT_CSV.format(file=file, error=error)) from error
    if not by_day:
        named = texts.CLAUDE_METERS if meter is None else repr(meter)
        raise UsageError(texts.NO_CLAUDE.format(file=file, meter=named))
    return {day: _billed(by_day[day]) for day in sorted(by_day)}


def _billed(rows: Sequence[_Row]) -> Billed:
    """A day. A unit has one price in US dollars, whatever currency it is billed in."""
    price = pricing.usd_per_ccu()
    bare = [row for row in rows if row.usd is None]
    return Billed(
        math.fsum(row.units * price if row.usd is None else row.usd for row in rows),
        math.fsum(row.units for row in rows),
        by_units=bool(bare),
        currencies=frozenset(row.currency for row in bare if row.currency),
    )


def _rows(file: Path, lines: Iterable[list[str]], wanted: re.Pattern[str]) -> Iterator[_Row]:
    """Each row of Claude."""
    reader = iter(lines)
    columns = _columns(file, next(reader, []))
    for number, line in enumerate(reader, 2):
        if not any(line):
            continue
        if len(line) < columns.width:
            raise UsageError(
                texts.SHORT_ROW.format(file=file, line=number, found=len(line), expected=columns.width)
            )
        if any(wanted.search(line[index]) for index in columns.naming):
            reported = {what: line[index].strip() for what, index in columns.places.items()}
            yield _read(f"{file}, line {number}", reported)


class _Found(Struct, frozen=True):
    """Where the columns are."""

    places: Mapping[str, int]
    naming: tuple[int, ...]
    width: int


def _columns(file: Path, head: list[str]) -> _Found:
    there = {name.strip().lower(): index for index, name in enumerate(head)}
    places = {
        what: next(there[name.lower()] for name in names if name.lower() in there)
        for what, names in _COLUMNS.items()
        if any(name.lower() in there for name in names)
    }
    naming = tuple(there[name.lower()] for name in _NAMING if name.lower() in there)
    for what, is_there, names in (
        ("day", "date" in places, _COLUMNS["date"]),
        (
            "cost",
            bool({"usd", "cost", "quantity"} & places.keys()),
            ("CostInUSD", *_COLUMNS["cost"], "Quantity"),
        ),
        ("meter", bool(naming), _NAMING),
    ):
        if not is_there:
            found = ", ".join(head[:8]) or texts.NO_COLUMNS
            raise UsageError(
                texts.NO_COLUMN.format(file=file, what=what, names=", ".join(names), found=found)
            )
    return _Found(places, naming, len(head))


def _read(where: str, reported: Mapping[str, str]) -> _Row:
    units = _number(where, "quantity", reported.get("quantity", ""))
    usd = _number(where, "cost in USD", reported["usd"]) if reported.get("usd") else None
    currency = reported.get("currency", "USD").upper() if reported.get("cost") else ""
    if usd is None and currency == "USD":
        usd = _number(where, "cost", reported["cost"])
    return _Row(_day(where, reported["date"]), usd, units, plain(currency))


def _number(where: str, what: str, text: str) -> float:
    try:
        value = float(text or 0)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise UsageError(texts.NOT_A_NUMBER.format(where=where, what=what, text=text))
    return value


def _day(where: str, text: str) -> date:
    for form in _DATES:
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 - a day of the file, in UTC
        except ValueError:
            continue
    try:
        return datetime.fromisoformat(text).date()
    except ValueError:
        raise UsageError(texts.NOT_A_DAY.format(where=where, text=text)) from None
