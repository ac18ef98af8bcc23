"""What a reconciliation found, as a table of a terminal, as JSON, and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from foundry_telemetry import pricing
from foundry_telemetry.investigate.cost.money import Money
from foundry_telemetry.investigate.formatting import many, rounded, without_blanks
from foundry_telemetry.investigate.reconcile import texts
from foundry_telemetry.investigate.reconcile.comparison import Day, Pair, Reconciled
from foundry_telemetry.investigate.reconcile.export import Export

CSV_COLUMNS: tuple[str, ...] = (
    "day", "billed_usd", "units", "ledger_usd", "difference_usd", "percent", "is_complete", "is_match",
)  # fmt: skip


def as_json(found: Reconciled, export: Export) -> dict[str, Any]:
    """An object; amounts are numbers."""
    about = {
        "files": export.files,
        "rows": export.rows,
        "claude_rows": export.claude_rows,
        "rows_without_amount": export.rows_without_amount,
        "as_of": export.as_of,
        "conversions": export.conversions,
        "notes": export.notes,
    }
    made = msgspec.to_builtins(
        {**msgspec.structs.asdict(found), "export": about}, enc_hook=_plain, builtin_types=(Decimal,)
    )
    numbers: dict[str, Any] = _numbers(made)
    return numbers


def _plain(value: object) -> object:
    return str(value)


def _numbers(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, dict):
        return {name: _numbers(one) for name, one in value.items()}
    return [_numbers(one) for one in value] if isinstance(value, (list, tuple)) else value


def as_csv(found: Reconciled) -> str:
    """One row a day."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow((*CSV_COLUMNS, "cause", "cause_usd", "unexplained_usd"))
    for day in found.days:
        cause = day.cause
        values = (
            *(getattr(day, name) for name in CSV_COLUMNS),
            cause.text if cause else "",
            cause.size_usd if cause else "",
            day.unexplained_usd,
        )
        writer.writerow([rounded(_numbers(value)) for value in values])
    return out.getvalue()


def show(found: Reconciled, export: Export, console: Console) -> None:
    """All of it."""
    parts: tuple[RenderableType, ...] = (Text(f"{_title(export)}\n"), table(found))
    for part in (*parts, *map(Text, lines(found, export))):
        for row in without_blanks(part, console):
            console.print(row, soft_wrap=True)


def _title(export: Export) -> str:
    days = list(export.days)
    return texts.TITLE.format(first=days[0], last=days[-1])


def money(found: Reconciled) -> Money:
    """Writes every amount with the same decimals."""
    return Money([float(one) for day in found.days for one in (day.billed_usd, day.ledger_usd)])


def lines(found: Reconciled, export: Export) -> Iterator[str]:
    """What stands below the table."""
    usd = money(found)
    complete = [day for day in found.days if day.is_complete]
    yield ""
    if complete:
        yield texts.TOTAL.format(
            days=many(len(complete), texts.DAYS),
            billed=usd(float(found.billed_usd)),
            recorded=usd(float(found.ledger_usd)),
            difference=usd.signed(float(found.difference_usd)),
            percent=texts.PERCENT.format(percent=_percent(found)) if found.percent is not None else "",
        )
        yield from explanation(found, usd)
    yield texts.VERDICTS[found.verdict].format(tolerance=f"{found.tolerance_percent.normalize():f}%")
    if found.factor is not None:
        yield texts.FACTOR.format(factor=found.factor, meaning=found.factor_means)
    yield ""
    yield from _not_compared(found, usd)
    yield from _read(export)


def explanation(pair: Pair, usd: Money) -> Iterator[str]:
    """What explains a difference, and what is not explained."""
    if pair.is_match:
        return
    has_rest = usd.is_shown(float(pair.unexplained_usd))
    if pair.cause:
        yield (texts.CAUSE_IN_PART if has_rest else texts.CAUSE).format(
            cause=pair.cause.text,
            size=usd.signed(float(pair.cause.size_usd)),
            difference=usd.signed(float(pair.difference_usd)),
        )
    if has_rest:
        hint = texts.HINT_MORE if pair.unexplained_usd > 0 else texts.HINT_LESS
        yield texts.UNEXPLAINED.format(
            size=usd(abs(float(pair.unexplained_usd))), hint="" if pair.cause else hint
        )


def _not_compared(found: Reconciled, usd: Money) -> Iterator[str]:
    pending = [day for day in found.days if not day.is_complete]
    if pending:
        first, last = pending[0].day, pending[-1].day
        yield texts.INCOMPLETE_DAYS.format(
            days=many(len(pending), texts.DAYS),
            span=first if first == last else texts.SPAN.format(first=first, last=last),
            billed=usd(float(sum(day.billed_usd for day in pending))),
            recorded=usd(float(sum(day.ledger_usd for day in pending))),
        )
    for one in found.apart:
        yield texts.APART.format(
            kind=one.kind, usd=usd.signed(float(one.usd)), rows=many(one.rows, texts.ROWS)
        )
    gaps = (
        (found.unpriced, texts.UNPRICED.format(attempts=many(found.unpriced, texts.ATTEMPTS))),
        (found.incomplete_usd, texts.INCOMPLETE_USAGE.format(usd=usd(float(found.incomplete_usd)))),
    )
    if any(size for size, _ in gaps):
        yield texts.GAPS.format(gaps="; ".join(text for size, text in gaps if size))


def _read(export: Export) -> Iterator[str]:
    """What was read, and how amounts came to be US dollars."""
    yield texts.READ.format(
        files=many(export.files, texts.FILES),
        rows=many(export.rows, texts.ROWS),
        claude=f"{export.claude_rows:,}",
        others=f"{export.rows - export.claude_rows:,}",
    )
    for one in export.conversions:
        yield texts.CONVERTED[one.basis].format(
            currency=one.currency or texts.UNNAMED, rate=one.rate or 0, price=pricing.usd_per_ccu()
        )
    if export.rows_without_amount:
        yield texts.NO_AMOUNT.format(rows=many(export.rows_without_amount, texts.ROWS))
    yield from export.notes


def table(found: Reconciled) -> Table:
    """The days; numbers to the right."""
    usd = money(found)
    made = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    made.add_column(texts.DAY, no_wrap=True)
    for head in texts.COLUMNS:
        made.add_column(head, justify="right", no_wrap=True)
    made.add_column(texts.RESULT, overflow="fold")
    for day in found.days:
        if not (day.billed_usd or day.ledger_usd):
            continue
        made.add_row(
            day.day.isoformat(),
            f"{day.units:,.1f}" if day.units else texts.NO_VALUE,
            usd(float(day.billed_usd)),
            usd(float(day.ledger_usd)),
            usd.signed(float(day.difference_usd)),
            _percent(day),
            _result(day, usd),
        )
    return made


def _percent(pair: Pair) -> str:
    if pair.percent is None:
        return texts.NO_VALUE
    return f"{pair.percent:+,.1f}%" if round(pair.percent, 1) else "0.0%"


def _result(day: Day, usd: Money) -> str:
    if not day.is_complete:
        return texts.INCOMPLETE_DAY
    return texts.MATCH if day.is_match else "\n".join(explanation(day, usd))
