"""The report as tables of a terminal, as JSON, and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Final

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from foundry_telemetry.investigate import formatting
from foundry_telemetry.investigate.cost import texts
from foundry_telemetry.investigate.cost.budget_states import BudgetState
from foundry_telemetry.investigate.cost.forecast import Month
from foundry_telemetry.investigate.cost.money import Money
from foundry_telemetry.investigate.cost.report import Amounts, Part, Report, Split
from foundry_telemetry.investigate.formatting import Line, many, percent, rounded
from foundry_telemetry.investigate.texts import ATTEMPT

_NARROW: Final = ("cost_usd", "share", "change_usd", "wasted_usd", "attempts", "unpriced")
_TOKENS: Final = ("new_input", "cache_write", "cache_read", "output")
_BY_WIDTH: Final = (
    (150, tuple(texts.COLUMNS)),
    (120, ("cost_usd", "change_usd", "wasted_usd", "attempts", "unpriced", *_TOKENS)),
    (0, _NARROW),
)
"""What a terminal shows from how many columns on."""


def as_json(report: Report) -> str:
    """One line; what was not reported is null."""
    return msgspec.json.encode(report).decode()


def as_csv(report: Report) -> str:
    """The split, one row a part."""
    out = io.StringIO()
    fields = ("part", "second", "share", *Amounts.__struct_fields__)
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("by", "then_by", *fields))
    for split in report.splits:
        head = (split.by, split.then_by)
        for part in split.parts:
            writer.writerow(csv_cell(one) for one in (*head, *(getattr(part, name) for name in fields)))
    return out.getvalue()


def show(report: Report, console: Console, doctor_options: str = "") -> None:
    """All of it."""
    usd = money(report)
    console.print(period(report))
    formatting.show(summary(report, usd), console, texts.LABEL_WIDTH)
    if not report.attempts:
        console.print(Text(f"\n{no_attempts(report.filters, doctor_options)}"), soft_wrap=True)
        return
    for split in report.splits:
        console.print()
        for line in formatting.without_blanks(table(split, console.width, usd), console):
            console.print(line, soft_wrap=True)
    console.print()
    if not report.splits:
        console.print(f"{texts.NO_TAGS}\n")
    formatting.show(month(report, usd), console, texts.LABEL_WIDTH)
    console.print(f"\n{texts.WASTED}\n{texts.WASTED_IS}")
    formatting.show(waste(report, usd), console, texts.LABEL_WIDTH)
    console.print(f"\n{texts.AVOIDABLE}")
    formatting.show(avoidable(report, usd), console, texts.LABEL_WIDTH)
    if report.waste is not None:
        spent = _spent(usd, report.waste.retried_usd, report.waste.retried)
        console.print(f"\n{texts.RETRIES.format(amount=spent.plain)}")


def no_attempts(filters: Sequence[tuple[str, str]], doctor_options: str) -> str:
    """Why there may be nothing, and what to check."""
    if filters:
        return texts.NO_ATTEMPTS_OF_FILTERS.format(filters=_named(filters))
    return texts.NO_ATTEMPTS.format(options=doctor_options)


def _named(filters: Iterable[tuple[str, str]]) -> str:
    return ", ".join(f"{name} {value}" for name, value in filters)


def money(report: Report) -> Money:
    """Writes every amount of the report with the same decimals."""
    amounts: list[float | None] = [report.usd, report.totals.before_usd]
    amounts += [part.cost_usd for split in report.splits for part in split.parts]
    amounts += [one.spent_usd for one in report.budgets]
    if report.month is not None:
        amounts += [report.month.usd, report.month.forecast_usd, report.month.high_usd]
    if report.waste is not None:
        amounts += [report.waste.partial_usd, report.waste.cold_usd]
    return Money(amounts)


def summary(report: Report, usd: Money) -> Iterator[Line]:
    """What stands above the tables."""
    yield texts.TOTAL, _amount(usd, report.usd, many(report.attempts, ATTEMPT))
    if report.attempts:
        yield texts.CHANGE, Text(_change(report, usd))
    if report.unpriced:
        yield texts.UNPRICED, Text(texts.NOT_PRICED.format(count=many(report.unpriced, ATTEMPT)))
    if report.incomplete:
        count = many(report.incomplete, ATTEMPT)
        least = report.totals.partial_usd
        if least is not None and usd.is_shown(least):
            count = texts.AT_LEAST.format(usd=usd(least), count=count)
        yield texts.INCOMPLETE, Text(texts.NO_USAGE.format(count=count))


def _change(report: Report, usd: Money) -> str:
    """What changed from the period before."""
    since, until = (f"{at:%Y-%m-%d %H:%M}" for at in (report.before_since, report.before_until))
    before, change = report.totals.before_usd, report.totals.change_usd
    if before is None or change is None:
        return texts.NO_PREVIOUS.format(since=since, until=until)
    percent = texts.PERCENT.format(percent=100 * change / before) if before else ""
    return texts.CHANGED.format(
        usd=usd.signed(change), percent=percent, before=usd(before), since=since, until=until
    )


def period(report: Report) -> str:
    """The first line."""
    since, until = (f"{at:%Y-%m-%d %H:%M}" for at in (report.since, report.until))
    filters = texts.FILTERS.format(terms=_named(report.filters)) if report.filters else ""
    return texts.PERIOD.format(since=since, until=until, filters=filters)


def month(report: Report, usd: Money) -> Iterator[Line]:
    """The month and the budgets, below the tables."""
    if report.month is not None:
        yield texts.MONTH, _month_to_date(report.month, usd)
        yield texts.FORECAST, Text(_forecast(report.month, usd))
    for state in report.budgets:
        yield texts.BUDGET, Text(_budget(state, usd))


def waste(report: Report, usd: Money) -> Iterator[Line]:
    """What was wasted, below `texts.WASTED`."""
    found = report.waste
    if found is not None:
        for label, amount, count in (
            (texts.FAILED, found.failed_usd, found.failed),
            (texts.ABANDONED, found.abandoned_usd, found.abandoned),
        ):
            yield label, _spent(usd, amount, count)


def avoidable(report: Report, usd: Money) -> Iterator[Line]:
    """What is no waste but can be less, below `texts.AVOIDABLE`."""
    found = report.waste
    if found is not None:
        spent = _spent(usd, found.cold_usd, found.cold)
        yield texts.CACHE, Text(texts.CACHE_IS.format(amount=spent.plain))
        spent = _spent(usd, found.tier_usd, found.tier)
        below = usd(found.tier_below_usd or 0.0)
        yield texts.TIER, Text(texts.TIER_IS.format(amount=spent.plain, below=below))


def _spent(usd: Money, amount: float | None, count: int) -> Text:
    """What some attempts cost; none cost nothing."""
    return _amount(usd, amount if count else 0.0, many(count, ATTEMPT))


def _amount(usd: Money, amount: float | None, count: str) -> Text:
    if amount is None:
        return Text(texts.NO_COST.format(count=count))
    return Text(texts.AMOUNT.format(usd=usd(amount), count=count))


def table(split: Split, width: int, usd: Money) -> Table:
    """One split; numbers to the right.

    Args:
        split: What to show.
        width: Columns of the terminal; a narrow one shows the money without the tokens.
        usd: Writes the amounts.
    """
    made = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    made.add_column(_heading(split.by), overflow="fold", min_width=10 if split.then_by else 16)
    if split.then_by is not None:
        made.add_column(_heading(split.then_by), overflow="fold", min_width=10)
    names = next(names for least, names in _BY_WIDTH if width >= least)
    for name in names:
        made.add_column(texts.COLUMNS[name], justify="right", no_wrap=True)
    for part in split.parts:
        values = [part.part] if split.then_by is None else [part.part, str(part.second)]
        made.add_row(*map(Text, values), *(_shown(name, part, usd) for name in names))
    return made


def _heading(by: str) -> str:
    return texts.SPLITS.get(by) or texts.SPLIT_BY_TAG.format(key=by.removeprefix("tag."))


def _month_to_date(month: Month, usd: Money) -> Text:
    if not month.unpriced:
        return Text(usd(month.usd))
    unpriced = texts.UNPRICED_ATTEMPTS.format(count=many(month.unpriced, ATTEMPT))
    return _amount(usd, month.usd or None, unpriced)


def _forecast(month: Month, usd: Money) -> str:
    if month.forecast_usd is None or month.method is None:
        return texts.NO_FORECAST
    end = f"{month.end - timedelta(days=1):%Y-%m-%d}"
    if month.low_usd is None or month.high_usd is None:
        return texts.FORECAST_ALONE.format(usd=usd(month.forecast_usd), end=end)
    return texts.FORECAST_RANGE.format(
        usd=usd(month.forecast_usd),
        end=end,
        low=usd(month.low_usd),
        high=usd(month.high_usd),
        method=texts.METHODS[month.method],
        days=many(month.full_days, texts.FULL_DAY),
    )


def _budget(state: BudgetState, usd: Money) -> str:
    name = state.name if state.value is None else texts.BUDGET_OF.format(name=state.name, value=state.value)
    return texts.BUDGETS[state.state].format(
        name=name,
        spent=usd(state.spent_usd),
        forecast=usd(state.forecast_usd or 0.0),
        end=f"{state.end - timedelta(microseconds=1):%Y-%m-%d}",
        day=f"{state.day:%Y-%m-%d}" if state.day else f"{state.start:%Y-%m-%d}",
    )


def _shown(name: str, part: Part, usd: Money) -> str:
    value: float | None = getattr(part, name)
    if value is None:
        return texts.NONE
    if name == "change_usd":
        return usd.signed(value)
    if name.endswith("_usd"):
        return usd(value)
    if name == "share":
        return percent(round(1_000_000 * value), 1_000_000)
    if name == "units":
        # The query rounds to tenths.
        return f"{value:,.1f}" if value or not part.cost_usd else texts.FEW_UNITS
    return f"{value:,}"


def csv_cell(value: object) -> object:
    """A text as a spreadsheet takes it: not as a formula."""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@"):
        return f"'{value}"
    return "" if value is None else rounded(value)
