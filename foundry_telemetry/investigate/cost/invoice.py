"""What a reconciliation found, as a table of a terminal, as JSON, and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import date

import msgspec
from rich.console import Console
from rich.table import Table

from foundry_telemetry import pricing
from foundry_telemetry.investigate.cost import texts
from foundry_telemetry.investigate.cost.money import Money
from foundry_telemetry.investigate.cost.reconcile import Day, Reconciled
from foundry_telemetry.investigate.cost.usage import Billed
from foundry_telemetry.investigate.formatting import many, rounded, without_blanks


def as_json(found: Reconciled) -> str:
    """One line."""
    return msgspec.json.encode(found).decode()


def as_csv(found: Reconciled) -> str:
    """One row a day."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    *fields, causes = Day.__struct_fields__
    writer.writerow((*fields, causes))
    writer.writerows(
        (*(rounded(getattr(day, name)) for name in fields), "; ".join(day.causes)) for day in found.days
    )
    return out.getvalue()


def show(found: Reconciled, billed: Mapping[date, Billed], console: Console) -> None:
    """All of it."""
    for row in without_blanks(table(found), console):
        console.print(row, soft_wrap=True)
    for line in lines(found, billed):
        console.print(line)


def money(found: Reconciled) -> Money:
    """Writes every amount with the same decimals."""
    return Money([found.billed_usd, found.ledger_usd])


def lines(found: Reconciled, billed: Mapping[date, Billed]) -> Iterator[str]:
    """What stands below the table."""
    usd = money(found)
    yield ""
    yield texts.SUMS.format(
        billed=usd(found.billed_usd),
        recorded=usd(found.ledger_usd),
        difference=usd.signed(found.difference_usd),
    )
    yield from _by_units(billed)
    if found.factor is not None:
        yield texts.FACTOR.format(factor=found.factor, meaning=found.factor_means)


def _by_units(billed: Mapping[date, Billed]) -> Iterator[str]:
    """How the amounts come about where the file has none in US dollars."""
    days = [one for one in billed.values() if one.by_units]
    if days:
        currencies = sorted({currency for one in days for currency in one.currencies})
        why = texts.OTHER_CURRENCY.format(currencies=", ".join(currencies)) if currencies else texts.NO_USD
        some = texts.ON_DAYS.format(days=many(len(days), texts.DAY)) if len(days) < len(billed) else ""
        yield texts.BY_UNITS.format(price=pricing.usd_per_ccu(), days=some, why=why)


def table(found: Reconciled) -> Table:
    """The days; numbers to the right."""
    usd = money(found)
    made = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    made.add_column(texts.INVOICE_DAY, no_wrap=True)
    for head in texts.INVOICE_COLUMNS:
        made.add_column(head, justify="right", no_wrap=True)
    made.add_column(texts.INVOICE_CAUSE, overflow="fold")
    for day in found.days:
        made.add_row(
            day.day.isoformat(),
            f"{day.units:,.1f}",
            usd(day.billed_usd),
            usd(day.ledger_usd),
            usd.signed(day.difference_usd),
            "\n".join(day.causes) or texts.MATCH,
        )
    return made
