"""What a reconciliation found, as a table of a terminal, as JSON, and as CSV."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import msgspec

from foundry_telemetry.investigate.cost.reconcile import Day, Reconciled
from foundry_telemetry.investigate.cost.rendering import usd

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.table import Table


def as_json(found: Reconciled) -> str:
    """One line."""
    return msgspec.json.encode(found).decode()


def as_csv(found: Reconciled) -> str:
    """One row a day."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    *fields, causes = Day.__struct_fields__
    writer.writerow((*fields, causes))
    writer.writerows((*(getattr(day, name) for name in fields), "; ".join(day.causes)) for day in found.days)
    return out.getvalue()


def lines(found: Reconciled) -> Iterator[str]:
    """What stands below the table."""
    yield ""
    yield (
        f"billed {usd(found.billed_usd)}, ledger {usd(found.ledger_usd)}, "
        f"difference {_signed(found.difference_usd)}"
    )
    if found.factor is not None:
        yield f"every day is {found.factor:g} times the ledger: {found.factor_means}"


def table(found: Reconciled) -> Table:
    """The days; numbers to the right."""
    from rich.table import Table  # noqa: PLC0415 - only when something is shown

    made = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    made.add_column("day", no_wrap=True)
    for head in ("units", "billed", "ledger", "difference"):
        made.add_column(head, justify="right", no_wrap=True)
    made.add_column("likely because", overflow="fold")
    for day in found.days:
        made.add_row(
            day.day.isoformat(),
            f"{day.units:,.1f}",
            usd(day.billed_usd),
            usd(day.ledger_usd),
            _signed(day.difference_usd),
            "\n".join(day.causes) or "both agree",
        )
    return made


def _signed(value: float) -> str:
    return f"{'-' if value < 0 else '+'}{usd(abs(value))}"
