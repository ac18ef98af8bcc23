"""One file as sums: rows are added up as they come, and no row is kept.

How days and amounts are to be read may be clear at the end of the file only. So sums are kept by the text of
the day, and with a decimal point and a decimal comma for as long as both are possible.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from operator import itemgetter
from typing import Final, NamedTuple

from msgspec import Struct

from foundry_telemetry.investigate.display_safety import plain
from foundry_telemetry.investigate.reconcile import texts
from foundry_telemetry.investigate.reconcile.charges import kind_of
from foundry_telemetry.investigate.reconcile.columns import FIELDS, Columns
from foundry_telemetry.investigate.reconcile.dates import DayOrder, is_day, iso_day
from foundry_telemetry.investigate.reconcile.decompression import InputFile
from foundry_telemetry.investigate.reconcile.errors import ExportError
from foundry_telemetry.investigate.reconcile.numbers import DecimalSign, Sign
from foundry_telemetry.investigate.reconcile.recognition import Recognition
from foundry_telemetry.investigate.reconcile.rows import Table, open_table

_EVERY: Final = 50_000
"""Rows between two lines of progress."""
_MOST_PRINTS: Final = 200_000
_MOST_PUBLISHERS: Final = 200
_MOST_ALIKE: Final = 10_000
_AMOUNTS: Final = ("usd", "cost", "pricing_cost", "quantity")
_USD: Final = "USD"
_PROVIDERS: Final = ("microsoft", "azure")


class Key(NamedTuple):
    """What rows have in common that are added up."""

    day: date | str
    """The text, where its order is decided later."""
    kind: str
    basis: str
    """Where the amount is from, by the keys of `texts.CONVERTED`; ``other`` needs a rate of the user."""
    currency: str
    rate: str


class Sums:
    """Of one `Key`: by each reading of `numbers.Readings`."""

    __slots__ = ("amounts", "rows", "units")

    def __init__(self) -> None:
        self.rows = 0
        self.amounts = [Decimal(), Decimal()]
        self.units = [Decimal(), Decimal()]


class Tally(Struct):
    """All of one file."""

    file: InputFile
    columns: Columns
    sign: DecimalSign
    order: DayOrder
    sums: dict[Key, Sums]
    prints: set[int] | None
    """Hashes of its rows of Claude; none where there are too many to compare."""
    publishers: set[str]
    rows: int = 0
    claude: int = 0
    without_amount: int = 0
    first: date | None = None
    last: date | None = None


def tally(file: InputFile, meter: str | None, sign: Sign | None, on_progress: Callable[[str], None]) -> Tally:
    """Read a file.

    Raises:
        ExportError: It is no cost export, or a value in it is none.
    """
    with open_table(file) as table:
        found = Tally(
            file=file,
            columns=table.columns,
            sign=DecimalSign(file.name, table.separator, sign),
            order=DayOrder(file.name),
            sums={},
            prints=set(),
            publishers=set(),
        )
        _Adding(found, table, meter).run(on_progress)
        return found


class _Plan(NamedTuple):
    """What is done with rows whose cells but amounts are alike."""

    kind: str
    basis: str
    field: str
    """The column of the amount; empty where the row has none."""
    currency: str
    rate: str


_ALIKE: Final = ("provider", "charge", "charge_class", "status", "currency", "pricing_currency", "rate")
_PERIODS: Final = ("period_start", "period_end")


class _Adding:
    """Adds the rows of a table to a tally. What many rows have alike is read once."""

    def __init__(self, tally: Tally, table: Table, meter: str | None) -> None:
        self._tally = tally
        self._table = table
        self._match = Recognition(table.columns, meter)
        # -1 is the empty text that `run` puts behind a row.
        self._at = {field: table.columns.fields.get(field, -1) for field in FIELDS}
        self._publisher = table.columns.naming.get("publisher", (-1,))[0]
        self._dated = itemgetter(self._at["day"], *(self._at[name] for name in _PERIODS))
        self._alike = itemgetter(*(self._at[name] for name in (*_ALIKE, *_AMOUNTS)))
        self._days: dict[tuple[str, ...], date | str] = {}
        self._plans: dict[tuple[object, ...], _Plan] = {}

    def run(self, on_progress: Callable[[str], None]) -> None:
        """Add all."""
        tally, match = self._tally, self._match
        for line, cells in self._table.rows:
            tally.rows += 1
            if tally.rows % _EVERY == 1:
                on_progress(texts.READING.format(file=tally.file.name, rows=tally.rows - 1))
            row = [*cells, ""]
            dated = self._dated(row)
            day = self._days.get(dated)
            if day is None:
                day = self._days[dated] = self._day(line, *dated)
            if tally.sign.is_open:
                tally.sign.learn(row[self._at["price"]])
            found = match(row)
            if found.is_claude:
                self._add(line, row, day, is_units=found.is_units)
            else:
                self._pass(line, row)

    def _day(self, line: int, text: str, *periods: str) -> date | str:
        """The day, its text where the order is open, or an empty text where it is none: a line of totals."""
        tally = self._tally
        if len(self._days) > _MOST_ALIKE:
            self._days.clear()
        for name, period in zip(_PERIODS, periods, strict=True):
            if is_day(period.strip()):
                tally.order.periods[name].add(period.strip())
        day = iso_day(text.strip())
        if day is not None:
            tally.first = day if tally.first is None else min(day, tally.first)
            tally.last = day if tally.last is None else max(day, tally.last)
            return day
        bare = text.strip().partition(" ")[0].partition("T")[0].rstrip(",")
        if not is_day(bare):
            return ""
        tally.order.days.setdefault(bare, line)
        return bare

    def _pass(self, line: int, row: Sequence[str]) -> None:
        """A row of another product: its publisher, and its amounts while they can show the decimal sign."""
        tally = self._tally
        if len(tally.publishers) < _MOST_PUBLISHERS and (name := row[self._publisher]):
            tally.publishers.add(name)
        if tally.sign.is_open:
            for field in ("usd", "cost", "quantity"):
                if text := row[self._at[field]].strip():
                    tally.sign.read(line, field, text)

    def _add(self, line: int, row: Sequence[str], day: date | str, *, is_units: bool) -> None:
        tally = self._tally
        if not day:
            text = plain(row[self._at["day"]])
            raise ExportError(texts.NOT_A_DAY.format(file=tally.file.name, line=line, text=text))
        tally.claude += 1
        self._print(row)
        cells = self._alike(row)
        alike = (is_units, *cells[: len(_ALIKE)], *(not one or one.isspace() for one in cells[len(_ALIKE) :]))
        plan = self._plans.get(alike)
        if plan is None:
            plan = self._plans[alike] = self._plan(line, row, is_units=is_units)
        if not plan.field:
            tally.without_amount += 1
            return
        key = Key(day, plan.kind, plan.basis, plan.currency, plan.rate)
        sums = tally.sums.get(key)
        if sums is None:
            sums = tally.sums[key] = Sums()
        sums.rows += 1
        self._sum(line, plan.field, row, sums.amounts)
        if is_units and row[self._at["quantity"]]:
            self._sum(line, "quantity", row, sums.units)

    def _plan(self, line: int, row: Sequence[str], *, is_units: bool) -> _Plan:
        if len(self._plans) > _MOST_ALIKE:
            self._plans.clear()
        cell = {field: row[index].strip() for field, index in self._at.items()}
        provider = cell["provider"]
        if provider and not provider.lower().startswith(_PROVIDERS):
            raise ExportError(
                texts.NOT_MICROSOFT.format(file=self._tally.file.name, line=line, provider=plain(provider))
            )
        basis, field = self._basis(cell, is_units=is_units)
        return _Plan(
            kind=kind_of(cell["charge"], cell["charge_class"], cell["status"]),
            basis=basis,
            field=field,
            currency="" if basis in {"usd", "billing", "units"} else cell["currency"].upper(),
            rate=cell["rate"] if basis == "rate" else "",
        )

    def _basis(self, cell: Mapping[str, str], *, is_units: bool) -> tuple[str, str]:
        """Where the amount of a row is from, and its column; the most direct one first."""
        currency, pricing = cell["currency"].upper(), cell["pricing_currency"].upper()
        has_cost = self._at["cost"] >= 0 or self._at["usd"] >= 0
        ways = (
            (cell["usd"], "usd", "usd"),
            (cell["cost"] and currency == _USD, "billing", "cost"),
            (cell["pricing_cost"] and pricing == _USD, "pricing", "pricing_cost"),
            (cell["cost"] and pricing == _USD and cell["rate"], "rate", "cost"),
            (cell["cost"], "other", "cost"),
            (not has_cost and is_units and cell["quantity"], "units", "quantity"),
        )
        return next(((basis, field) for is_there, basis, field in ways if is_there), ("", ""))

    def _sum(self, line: int, field: str, row: Sequence[str], into: list[Decimal]) -> None:
        text = row[self._at[field]]
        point, comma = self._tally.sign.read(line, field, text)
        if point is not None:
            into[0] += point
        if comma is not None and self._tally.sign.may_be_comma:
            into[1] += comma

    def _print(self, row: Sequence[str]) -> None:
        if self._tally.prints is None:
            return
        self._tally.prints.add(hash(tuple(row)))
        if len(self._tally.prints) > _MOST_PRINTS:
            self._tally.prints = None
