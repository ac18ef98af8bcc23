"""What the ledger comes to: by cause, by tenant, and in all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from rich.console import Console, Group, RenderableType
from rich.text import Text

from foundry_telemetry.advice.owner_labels import OWNER_LABELS
from foundry_telemetry.demo.ledger import Row
from foundry_telemetry.demo.table import ABSENT, TENANT, absent, grid, reported, style_of
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
        return sum(row.outcome != _NOT_SENT for row in self.rows)

    def line(self) -> str:
        """All of it in a few words."""
        return (
            f"{_many(len(self.rows), 'attempt')} · {self.input_tokens:,} in · {self.output_tokens:,} out"
            f" · ${self.cost_usd:.4f}"
        )


def summary(totals: Totals, console: Console) -> RenderableType:
    """The summary of a load."""
    return Group(_by_cause(totals.rows, console), Text(), *_in_all(totals))


def _by_cause(rows: Iterable[Row], console: Console) -> RenderableType:
    groups: dict[tuple[str, str | None, bool | None], list[Row]] = defaultdict(list)
    for row in rows:
        groups[row.cause, row.text(names.ERROR_OWNER), row.retryable].append(row)
    wide = console.width >= _WIDE
    facts = ((20, False), (5, True), (15, False), (7, False))
    ids = ((36, False), (28, False)) if wide else ()
    lines = [_heading(wide=wide)]
    for (cause, owner, retryable), members in sorted(groups.items(), key=lambda item: -len(item[1])):
        # The example is one that has both ids, if any has.
        example = max(members, key=lambda row: sum(value is not None for value in row.ids))
        cells = [
            Text(cause, style=style_of(example)),
            Text(str(len(members))),
            absent() if owner is None else Text(OWNER_LABELS.get(owner, owner)),
            _helps(retryable),
        ]
        ids_or_why_not = _evidence(example)
        lines.append([*cells, *ids_or_why_not] if wide else cells)
        if not wide:
            lines.append([Text.assemble("  ", ids_or_why_not[0], " ", ids_or_why_not[1], style="dim")])
    return _as_table(lines, (*facts, *ids))


def _heading(*, wide: bool) -> list[Text]:
    titles = ("cause", "count", "whose move", "retry", *(("azure id", "anthropic id") if wide else ()))
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


def _helps(retryable: bool | None) -> Text:  # noqa: FBT001 - it is the value shown
    if retryable is None:
        return absent()
    return Text("helps", style="yellow") if retryable else Text("no help", style="red")


def _evidence(row: Row) -> tuple[Text, Text]:
    """Both ids; for an attempt that was never sent, what Entra said in place of the first."""
    azure, anthropic = row.ids
    if row.outcome == _NOT_SENT:
        code = row.text(names.ENTRA_CODE)
        return Text(f"not sent: {code}" if code else "not sent", style="dim"), reported(anthropic)
    return reported(azure), reported(anthropic)


def _in_all(totals: Totals) -> list[Text]:
    rows = totals.rows
    calls = len({row.text(names.CALL_ID) for row in rows})
    failed = sum(row.retryable is not None for row in rows)
    lines = [
        _line("attempts", f"{len(rows)} for {_many(calls, 'call')}, {failed} failed"),
        _line(
            "tokens",
            f"{totals.input_tokens:,} in ({totals.cache_read_tokens:,} from the cache, "
            f"{totals.cache_write_tokens:,} written to it) · {totals.output_tokens:,} out",
        ),
        _line("cost", _cost(totals)),
    ]
    tenants: dict[str, float] = defaultdict(float)
    for row in rows:
        tenants[row.text(TENANT) or ABSENT] += row.number(names.COST) or 0.0
    lines.append(
        _line("tenants", " · ".join(f"{name} ${cost:.4f}" for name, cost in sorted(tenants.items())))
    )
    return lines


def _cost(totals: Totals) -> str:
    finished = [row for row in totals.rows if row.fields.get(names.USAGE_COMPLETE) is True]
    unpriced = sum(row.number(names.COST) is None for row in finished)
    sources = sorted({source for row in totals.rows if (source := row.text(names.COST_SOURCE))})
    words = f"${totals.cost_usd:.4f} at list price"
    if sources:
        words += f" ({', '.join(sources)})"
    return words + (f"; {_many(unpriced, 'answer')} of a model without one" if unpriced else "")


def _line(title: str, text: str) -> Text:
    return Text.assemble((f"{title:10}", "bold"), text)


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
