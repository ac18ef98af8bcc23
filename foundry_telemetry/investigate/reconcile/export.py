"""All files of an export as amounts by day, in US dollars."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal, localcontext
from itertools import permutations
from typing import Final

from msgspec import Struct

from foundry_telemetry import pricing
from foundry_telemetry.investigate.display_safety import plain
from foundry_telemetry.investigate.formatting import many
from foundry_telemetry.investigate.reconcile import export_files, texts
from foundry_telemetry.investigate.reconcile.charges import FORECAST, USAGE
from foundry_telemetry.investigate.reconcile.columns import FIELDS
from foundry_telemetry.investigate.reconcile.dates import Order, day_in
from foundry_telemetry.investigate.reconcile.errors import ExportError
from foundry_telemetry.investigate.reconcile.numbers import Sign, readings
from foundry_telemetry.investigate.reconcile.tally import Key, Tally, tally

DIGITS: Final = 80
"""Of sums: they are exact. A quotient of an exchange rate has as many."""
_LEAST_OVERLAP: Final = 3
"""Rows of Claude of a file below which equal rows prove nothing."""
_SHOWN: Final = 5


class Options(Struct, frozen=True, kw_only=True):
    """How the user says that files are to be read; what is not said is decided by the files."""

    meter: str | None = None
    rates: Mapping[str, Decimal] = {}
    """US dollars for one of a currency; ``""`` is any other currency."""
    dates: Order | None = None
    decimal: Sign | None = None


class Billed(Struct, frozen=True):
    """What one day was billed for usage; exact."""

    usd: Decimal = Decimal()
    units: Decimal = Decimal()
    """Claude Consumption Units; 0 where the export has none."""


class Apart(Struct, frozen=True):
    """Charges of Claude that are not usage: taxes, credits, refunds."""

    kind: str
    usd: Decimal
    rows: int


class Conversion(Struct, frozen=True):
    """How amounts came to be US dollars."""

    basis: str
    currency: str
    rate: Decimal | None = None
    """Of `--rate`."""


class Export(Struct, frozen=True, kw_only=True):
    """All of it."""

    days: Mapping[date, Billed]
    """Each day that the export covers, in order."""
    apart: tuple[Apart, ...]
    conversions: tuple[Conversion, ...]
    as_of: datetime
    """When it can have been written at the latest."""
    files: int
    rows: int
    claude_rows: int
    rows_without_amount: int
    notes: tuple[str, ...]


def read_export(
    paths: Sequence[str], options: Options, now: datetime, on_progress: Callable[[str], None] = lambda _: None
) -> Export:
    """Read an export.

    Args:
        paths: Files, folders and patterns.
        options: How they are to be read.
        now: The present.
        on_progress: Takes what is being read.

    Raises:
        ExportError: A file is no cost export, or has no row of Claude, or something in it cannot be decided.
    """
    found = export_files.find(paths, now)
    with localcontext(prec=DIGITS):
        tallies = [tally(file, options.meter, options.decimal, on_progress) for file in found.files]
        _check_claude(tallies, options.meter)
        _check_overlap(tallies)
        adding = _Adding(options)
        orders = _orders(tallies, options, now)
        for one, order in zip(tallies, orders, strict=True):
            adding.add(one, order)
        # A file may be dated before its own rows: unpacked from an archive, copied without its time.
        as_of = found.as_of if found.as_of.date() >= adding.last_usage else now
        days = adding.days(as_of)
    return Export(
        days=days,
        apart=adding.apart,
        conversions=tuple(sorted(adding.conversions, key=lambda one: (one.currency, one.basis))),
        as_of=as_of,
        files=len({one.file.path for one in tallies}),
        rows=sum(one.rows for one in tallies),
        claude_rows=sum(one.claude for one in tallies),
        rows_without_amount=sum(one.without_amount for one in tallies),
        notes=found.notes,
    )


class _Adding:
    """Adds tallies up."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._usd: defaultdict[date, Decimal] = defaultdict(Decimal)
        self._units: defaultdict[date, Decimal] = defaultdict(Decimal)
        self._covered: set[date] = set()
        self._apart: dict[str, Apart] = {}
        self._by_file: list[tuple[Tally, dict[date, Decimal]]] = []
        self.conversions: set[Conversion] = set()

    @property
    def apart(self) -> tuple[Apart, ...]:
        """What is not compared, by kind."""
        return tuple(self._apart[kind] for kind in sorted(self._apart))

    @property
    def last_usage(self) -> date:
        """The last day with usage; without any the first day."""
        return max(self._usd, default=min(self._covered))

    def days(self, as_of: datetime) -> dict[date, Billed]:
        """Every day from the first of the export to its last, whatever was billed on it."""
        last = max(min(max(self._covered), as_of.date()), self.last_usage)
        first = min(self._covered)
        count = (last - first).days + 1
        covered = (first + timedelta(days=number) for number in range(count))
        return {day: Billed(self._usd[day], self._units[day]) for day in covered}

    def add(self, one: Tally, order: Order) -> None:
        """Add a file.

        Raises:
            ExportError: An amount has no way to US dollars, or the file repeats another one.
        """
        place = one.sign.decide()
        own: defaultdict[date, Decimal] = defaultdict(Decimal)
        self._covered.update(_day(text, order) for text in one.order.days)
        self._covered.update(day for day in (one.first, one.last) if day)
        for found, sums in one.sums.items():
            usd = self._in_usd(one, found, sums.amounts[place], place)
            if found.kind == USAGE:
                day = _day(found.day, order)
                own[day] += usd
                self._units[day] += sums.units[place]
            elif found.kind != FORECAST:
                before = self._apart.get(found.kind, Apart(found.kind, Decimal(), 0))
                self._apart[found.kind] = Apart(found.kind, before.usd + usd, before.rows + sums.rows)
        _check_same_amounts(one, own, self._by_file)
        self._by_file.append((one, own))
        for day, usd in own.items():
            self._usd[day] += usd

    def _in_usd(self, one: Tally, found: Key, amount: Decimal, place: int) -> Decimal:
        if found.basis == "other":
            given = self._given(one, found.currency)
            self.conversions.add(Conversion("given", found.currency, given))
            return amount * given
        self.conversions.add(Conversion(found.basis, found.currency))
        if found.basis == "units":
            return amount * Decimal(repr(pricing.usd_per_ccu()))
        if found.basis == "rate":
            rate = readings(found.rate)[place]
            if not rate or rate < 0:
                raise ExportError(texts.BAD_RATE.format(file=one.file.name, rate=repr(plain(found.rate))))
            return amount / rate
        return amount

    def _given(self, one: Tally, currency: str) -> Decimal:
        rates = self._options.rates
        rate = rates.get(currency, rates.get(""))
        if rate is not None:
            return rate
        if currency:
            raise ExportError(texts.NO_RATE.format(file=one.file.name, currency=plain(currency)))
        raise ExportError(texts.NO_CURRENCY.format(file=one.file.name, names=", ".join(FIELDS["currency"])))


def _day(day: date | str, order: Order) -> date:
    found = day if isinstance(day, date) else day_in(order, day)
    return found or date.min  # never: the order was chosen so that it reads every day


def _orders(tallies: Sequence[Tally], options: Options, now: datetime) -> list[Order]:
    """How each file writes its days; a part of an export that does not show it is read as the other parts."""
    possible = [one.order.possible(now) for one in tallies]
    if options.dates is not None:
        for one, orders in zip(tallies, possible, strict=True):
            if options.dates not in orders:
                raise one.order.excluded(options.dates)
        return [options.dates] * len(tallies)
    certain: defaultdict[tuple[str, ...], set[Order]] = defaultdict(set)
    for one, orders in zip(tallies, possible, strict=True):
        if len(orders) == 1 and one.order.days:
            certain[one.columns.head].add(orders[0])
    chosen: list[Order] = []
    for one, orders in zip(tallies, possible, strict=True):
        others = certain[one.columns.head]
        if len(orders) > 1 and one.order.days and len(others) != 1:
            raise one.order.undecided()
        chosen.append(next(iter(others)) if len(orders) > 1 and others else orders[0])
    return chosen


def _check_claude(tallies: Sequence[Tally], meter: str | None) -> None:
    if any(one.claude for one in tallies):
        return
    publishers = sorted({name for one in tallies for name in one.publishers})
    names = ", ".join(plain(name, 40) for name in publishers[:_SHOWN])
    raise ExportError(
        texts.NO_CLAUDE.format(
            files=", ".join(one.file.name for one in tallies[:_SHOWN]),
            rows=many(sum(one.rows for one in tallies), texts.ROWS),
            meter=texts.RULES if meter is None else repr(meter),
            publishers=texts.PUBLISHERS.format(names=names) if names else "",
        )
    )


def _check_overlap(tallies: Sequence[Tally]) -> None:
    """Refuse an earlier file of the same month beside the later one."""
    for one, other in permutations(tallies, 2):
        if one.file.run is not None and one.file.run == other.file.run:
            continue
        if one.prints and other.prints and len(one.prints) >= _LEAST_OVERLAP and one.prints <= other.prints:
            raise ExportError(texts.OVERLAP.format(file=one.file.name, other=other.file.name))


def _check_same_amounts(
    one: Tally, own: Mapping[date, Decimal], before: Sequence[tuple[Tally, Mapping[date, Decimal]]]
) -> None:
    """Refuse the same month by another column set: FOCUS beside actual cost."""
    for other, amounts in before:
        shared = own.keys() & amounts.keys()
        if (
            one.columns.head != other.columns.head
            and len(shared) >= _LEAST_OVERLAP
            and all(round(own[day], 2) == round(amounts[day], 2) for day in shared)
        ):
            raise ExportError(texts.SAME_AMOUNTS.format(file=one.file.name, other=other.file.name))
