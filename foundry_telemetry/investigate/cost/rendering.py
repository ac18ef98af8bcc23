"""The report as tables of a terminal, as JSON, and as CSV."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Final

import msgspec

from foundry_telemetry.investigate.cost.report import Part, Report, Split

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.table import Table

_HEADS: Final = {
    "cost_usd": "USD",
    "units": "units",
    "wasted_usd": "in vain",
    "attempts": "attempts",
    "unpriced": "no price",
    "new_input": "new input",
    "cache_write": "cache write",
    "cache_read": "cache read",
    "output": "output",
}
_MONEY: Final = ("cost_usd", "units", "wasted_usd", "attempts", "unpriced")
_WIDE: Final = 120
"""Columns of a terminal that shows all."""
_SMALL: Final = 1.0
"""US dollars, below which four decimals are shown."""


def as_json(report: Report) -> str:
    """One line; what was not told is null."""
    return msgspec.json.encode(report).decode()


def as_csv(report: Report) -> str:
    """The split, one row a part."""
    out = io.StringIO()
    fields = Part.__struct_fields__
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("by", *fields))
    for split in report.splits:
        writer.writerows((split.by, *(_cell(getattr(part, name)) for name in fields)) for part in split.parts)
    return out.getvalue()


def lines(report: Report) -> Iterator[str]:
    """What stands above and below the tables."""
    since, until = (f"{at:%Y-%m-%d %H:%M}" for at in (report.since, report.until))
    unpriced = f"; {report.unpriced:,} have no price" if report.unpriced else ""
    yield f"{since} to {until} UTC: {usd(report.usd)} for {report.attempts:,} attempts{unpriced}"
    month = report.month
    if month is not None:
        yield f"month to date  {usd(month.usd)}"
        yield f"forecast       {_forecast(report)}"
    waste = report.waste
    if waste is not None:
        yield f"failures       {usd(waste.failed_usd)} for {waste.failed:,} attempts"
        yield f"retries        {usd(waste.retried_usd)} for {waste.retried:,} attempts after a first"
        yield f"left alone     {usd(waste.abandoned_usd)} for {waste.abandoned:,} answers nobody waited for"
        yield f"not told       at least {usd(waste.partial_usd)} for {waste.partial:,} answers, in no sum"
        yield f"cold cache     {usd(waste.cold_usd)} for {waste.cold:,} prompts written again"


def table(split: Split, width: int) -> Table:
    """One split; numbers to the right.

    Args:
        split: What to show.
        width: Columns of the terminal; a narrow one shows the money without the tokens.
    """
    from rich.table import Table  # noqa: PLC0415 - only when something is shown
    from rich.text import Text  # noqa: PLC0415 - as above

    made = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    made.add_column(split.by, overflow="fold", min_width=16)
    heads = _HEADS if width >= _WIDE else {name: _HEADS[name] for name in _MONEY}
    for head in heads.values():
        made.add_column(head, justify="right", no_wrap=True)
    for part in split.parts:
        made.add_row(Text(part.part), *(_shown(name, getattr(part, name)) for name in heads))
    return made


def usd(value: float | None) -> str:
    """US dollars; four decimals of less than one."""
    if value is None:
        return "-"
    return f"${value:,.4f}" if value < _SMALL else f"${value:,.2f}"


def _forecast(report: Report) -> str:
    month = report.month
    if month is None or month.forecast_usd is None:
        return "after the first full day"
    if month.low_usd is None:
        return f"{usd(month.forecast_usd)}, its range after two full days"
    return (
        f"{usd(month.forecast_usd)} ({usd(month.low_usd)} to {usd(month.high_usd)}), "
        f"by {month.full_days} full days of {usd(month.run_rate_usd)}"
    )


def _shown(name: str, value: float | None) -> str:
    if name.endswith("_usd"):
        return usd(value)
    return "-" if value is None else f"{value:,.1f}" if name == "units" else f"{value:,}"


def _cell(value: object) -> object:
    """A text as a spreadsheet takes it: not as a formula."""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@"):
        return f"'{value}"
    return "" if value is None else value
