"""The sums of the ledger: by result, by tenant, and in all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from rich.console import Console, Group, RenderableType
from rich.text import Text

from foundry_telemetry.advice.owner_labels import OWNER_LABELS
from foundry_telemetry.demo import texts
from foundry_telemetry.demo.ledger import Row
from foundry_telemetry.demo.table import TENANT, absent, grid, reported, style_of
from foundry_telemetry.investigate.formatting import many
from foundry_telemetry.investigate.texts import ATTEMPT, CALL
from foundry_telemetry.schema import field_table as names

_WIDE: Final = 120
_NOT_SENT: Final = "not_sent"


class Totals:
    """Running sums over rows."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.input_tokens = 0
        self.output_tokens = 0
        self.cache_read_tokens = 0
        self.cache_write_tokens = 0
        self.cost_usd = 0.0

    def add(self, rows: Iterable[Row]) -> None:
        """Take in further rows."""
        for row in rows:
            self.rows.append(row)
            self.input_tokens += int(row.number(names.INPUT_TOKENS) or 0)
            self.output_tokens += int(row.number(names.OUTPUT_TOKENS) or 0)
            self.cache_read_tokens += int(row.number(names.CACHE_READ_TOKENS) or 0)
            self.cache_write_tokens += int(row.number(names.CACHE_WRITE_TOKENS) or 0)
            self.cost_usd += row.number(names.COST) or 0.0

    @property
    def sent(self) -> int:
        """Attempts that left the process."""
        return len(self.rows) - len(self.unsent)

    @property
    def unsent(self) -> list[Row]:
        """Attempts that did not."""
        return [row for row in self.rows if row.outcome == _NOT_SENT]

    def line(self) -> str:
        """All of it in a few words."""
        return texts.RUNNING.format(
            attempts=many(len(self.rows), ATTEMPT),
            input=self.input_tokens,
            output=self.output_tokens,
            cost=usd(self.cost_usd),
        )


def usd(amount: float) -> str:
    """US dollars, with the decimals of the rows."""
    return f"${amount:,.6f}"


def summary(totals: Totals, console: Console) -> RenderableType:
    """The summary of a load."""
    return Group(_by_result(totals.rows, console), Text(), *_in_all(totals))


def _by_result(rows: Iterable[Row], console: Console) -> RenderableType:
    groups: dict[tuple[str, str | None, bool | None], list[Row]] = defaultdict(list)
    for row in rows:
        groups[row.cause, row.text(names.ERROR_OWNER), row.retryable].append(row)
    wide = console.width >= _WIDE
    facts = ((20, False), (5, True), (16, False), (9, False))
    ids = ((36, False), (28, False)) if wide else ()
    lines = [_heading(wide=wide)]
    for (cause, owner, retryable), members in sorted(groups.items(), key=lambda item: -len(item[1])):
        # The example is one that has both ids, if any has.
        example = max(members, key=lambda row: sum(value is not None for value in row.ids))
        cells = [
            Text(cause, style=style_of(example)),
            Text(str(len(members))),
            absent() if owner is None else Text(OWNER_LABELS.get(owner, owner)),
            _retryable(retryable),
        ]
        ids_or_why_not = _evidence(example)
        lines.append([*cells, *ids_or_why_not] if wide else cells)
        if not wide:
            lines.append([Text.assemble("  ", ids_or_why_not[0], " ", ids_or_why_not[1], style="dim")])
    return _as_table(lines, (*facts, *ids))


def _heading(*, wide: bool) -> list[Text]:
    ids = (texts.AZURE_ID, texts.ANTHROPIC_ID) if wide else ()
    titles = (texts.OUTCOME, texts.COUNT, texts.OWNER, texts.RETRYABLE, *ids)
    return [Text(title, style="bold") for title in titles]


def _as_table(lines: Iterable[list[Text]], columns: tuple[tuple[int, bool], ...]) -> RenderableType:
    parts: list[RenderableType] = []
    for line in lines:
        if len(line) == 1:
            line[0].no_wrap, line[0].overflow = True, "ellipsis"
            parts.append(line[0])
        else:
            table = grid(*columns)
            table.add_row(*line)
            parts.append(table)
    return Group(*parts)


def _retryable(retryable: bool | None) -> Text:  # noqa: FBT001 - it is the value shown
    if retryable is None:
        return absent()
    return Text(texts.YES, style="yellow") if retryable else Text(texts.NO, style="red")


def _evidence(row: Row) -> tuple[Text, Text]:
    """Both ids; for an attempt that was never sent, what Entra said in place of the first."""
    azure, anthropic = row.ids
    if row.outcome == _NOT_SENT:
        code = row.text(names.ENTRA_CODE)
        why = texts.NOT_SENT_BECAUSE.format(code=code) if code else texts.NOT_SENT
        return Text(why, style="dim"), reported(anthropic)
    return reported(azure), reported(anthropic)


def _in_all(totals: Totals) -> list[Text]:
    rows = totals.rows
    in_order = sorted(rows, key=lambda row: row.number(names.ATTEMPT_NUMBER) or 0.0)
    calls = {row.text(names.CALL_ID): row for row in in_order}
    failed, failed_calls = (sum(row.retryable is not None for row in some) for some in (rows, calls.values()))
    tenants: dict[str, float] = defaultdict(float)
    for row in rows:
        tenants[row.text(TENANT) or texts.ABSENT] += row.number(names.COST) or 0.0
    attempts = texts.ATTEMPTS_OF.format(
        attempts=len(rows), failed=failed, calls=many(len(calls), CALL), failed_calls=failed_calls
    )
    tokens = texts.TOKENS_OF.format(
        input=totals.input_tokens,
        read=totals.cache_read_tokens,
        written=totals.cache_write_tokens,
        output=totals.output_tokens,
    )
    return [
        _line(texts.ATTEMPTS, attempts),
        _line(texts.TOKENS, tokens),
        _line(texts.COSTS, _cost(totals)),
        _line(texts.TENANTS, " · ".join(f"{name} {usd(cost)}" for name, cost in sorted(tenants.items()))),
    ]


def _cost(totals: Totals) -> str:
    finished = [row for row in totals.rows if row.fields.get(names.USAGE_COMPLETE) is True]
    unpriced = sum(row.number(names.COST) is None for row in finished)
    sources = sorted({source for row in totals.rows if (source := row.text(names.COST_SOURCE))})
    named = texts.SOURCES.format(sources=", ".join(sources)) if sources else ""
    words = texts.COSTS_OF.format(cost=usd(totals.cost_usd), sources=named)
    return words + (texts.UNPRICED.format(attempts=many(unpriced, ATTEMPT)) if unpriced else "")


def _line(title: str, text: str) -> Text:
    return Text.assemble((f"{title:{texts.LABEL_WIDTH}}", "bold"), text)
