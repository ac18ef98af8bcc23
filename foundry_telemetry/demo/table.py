"""Rows of the ledger on a terminal.

A wide terminal gets one line for a row with both ids whole; a middling one shortens the ids, as the ellipsis
in them shows; a narrow one gets a second line with the time and both ids whole. A dim dash stands for what
was not reported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC
from typing import Final, NamedTuple

from msgspec.structs import replace
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from foundry_telemetry.demo import texts
from foundry_telemetry.demo.ledger import Row
from foundry_telemetry.schema import field_table as names
from foundry_telemetry.schema.value import COUNT_TOKENS, TAG_PREFIX

FULL_WIDTH: Final = 205
"""Columns of a terminal that everything fits into on one line."""
_WHOLE_WIDTH: Final = 165
"""Columns that a line with whole ids takes."""
_SHORT_WIDTH: Final = 115
TENANT: Final = TAG_PREFIX + "tenant"
"""The tag the load gives."""
_AZURE_WIDTH: Final = 36
_ANTHROPIC_WIDTH: Final = 28
_HEAD: Final = 8
"""Characters of a shortened Azure id: the first group of a UUID."""
_TAIL: Final = 8
"""Characters of a shortened id of the model service, from its end, because all begin alike."""

_NOT_FINISHED: Final = frozenset({"abandoned", "cancelled"})


class _Column(NamedTuple):
    title: str
    width: int
    cell: Callable[[Row], Text]
    right: bool = False


def style_of(row: Row) -> str:
    """Green for success, yellow for what a retry may fix or the caller abandoned, red else."""
    if row.outcome == "ok":
        return "green"
    return "yellow" if row.retryable or row.outcome in _NOT_FINISHED else "red"


def number(value: float | None, form: str) -> Text:
    """A number, or the dash."""
    return absent() if value is None else Text(form.format(value))


def absent() -> Text:
    """The sign for what was not reported."""
    return Text(texts.ABSENT, style="dim")


def count_of(name: str) -> Callable[[Row], Text]:
    """A cell with a whole number."""
    return lambda row: number(row.number(name), "{:,.0f}")


def _deployment(row: Row) -> Text:
    name = row.text(names.REQUEST_MODEL)
    return absent() if name is None else Text(name)


def _status(row: Row) -> Text:
    status = number(row.number(names.STATUS_CODE), "{:.0f}")
    status.stylize("dim" if row.number(names.STATUS_CODE) is None else style_of(row))
    return status


def _outcome(row: Row) -> Text:
    note = ""
    if (row.number(names.ATTEMPT_NUMBER) or 1) > 1:
        note = texts.RETRY if row.after is None else texts.RETRY_AFTER.format(status=f"{row.after:.0f}")
    elif row.text(names.OPERATION) == COUNT_TOKENS:
        note = COUNT_TOKENS
    elif row.outcome == "stream_error":
        note = texts.IN_STREAM
    elif row.fields.get(names.REQUEST_STREAM) is True and row.cause == "ok":
        note = texts.STREAM
    return Text.assemble((row.cause, style_of(row)), (f" {note}" if note else "", "dim"))


def _first_token(row: Row) -> Text:
    milliseconds = row.number(names.TIME_TO_FIRST_TOKEN)
    return number(None if milliseconds is None else milliseconds / 1000, "{:.2f}s")


def _time(row: Row) -> Text:
    return Text(f"{row.time.astimezone(UTC):%H:%M:%S}", style="dim")


def reported(value: str | None) -> Text:
    """A text as it is, or the dash."""
    return absent() if value is None else Text(value)


def _short_azure(row: Row) -> Text:
    value = row.ids[0]
    return reported(value if value is None or len(value) <= _HEAD else f"{value[:_HEAD]}…")


def _short_anthropic(row: Row) -> Text:
    value = row.ids[1]
    return reported(value if value is None or len(value) <= 2 * _TAIL else f"{value[:4]}…{value[-_TAIL:]}")


_TIME: Final = _Column(texts.TIME, 8, _time)
_FACTS: Final = (
    _Column(texts.DEPLOYMENT, 17, _deployment),
    _Column(texts.STATUS, 4, _status, right=True),
    _Column(texts.OUTCOME, 22, _outcome),
    _Column(texts.INPUT, 6, count_of(names.INPUT_TOKENS), right=True),
    _Column(texts.OUTPUT, 5, count_of(names.OUTPUT_TOKENS), right=True),
    _Column(texts.CACHED, 6, count_of(names.CACHE_READ_TOKENS), right=True),
    _Column(texts.TTFT, 5, _first_token, right=True),
    _Column(texts.COST, 8, lambda row: number(row.number(names.COST), "{:.6f}"), right=True),
)
_NUMBER: Final = _Column(texts.NUMBER, 7, count_of(names.ATTEMPT_NUMBER), right=True)
"""Where there is room: that an attempt is a retry stands beside its outcome anyway."""
_WHOLE_IDS: Final = (
    _Column(texts.AZURE_ID, _AZURE_WIDTH, lambda row: reported(row.ids[0])),
    _Column(texts.ANTHROPIC_ID, _ANTHROPIC_WIDTH, lambda row: reported(row.ids[1])),
)
_SHORT_IDS: Final = (
    _Column(texts.AZURE_ID, _HEAD + 1, _short_azure),
    _Column(texts.ANTHROPIC_ID, 5 + _TAIL, _short_anthropic),
)
_FURTHER: Final = (
    _Column(texts.TENANT, 8, lambda row: reported(row.text(TENANT))),
    _Column(texts.CLIENT, 29, lambda row: reported(row.text(names.CLIENT))),
)


class LedgerTable:
    """Lays out rows for a console, one batch after the other in the same columns."""

    def __init__(self, console: Console) -> None:
        width = console.width
        self._statuses: dict[str | None, float | None] = {}
        """Of the last attempt that was shown, by call."""
        self._second_line = width < _SHORT_WIDTH
        if self._second_line:
            self._columns: Sequence[_Column] = _FACTS
        else:
            deployment, *facts = _FACTS
            numbered = (_NUMBER, *facts, *_WHOLE_IDS) if width >= _WHOLE_WIDTH else (*facts, *_SHORT_IDS)
            self._columns = (_TIME, deployment, *numbered, *(_FURTHER if width >= FULL_WIDTH else ()))

    def header(self) -> RenderableType:
        """The line above all rows."""
        head = _lines(self._columns, [[Text(one.title, style="bold") for one in self._columns]])
        if not self._second_line:
            return head
        second = f" {texts.TIME:8} {texts.AZURE_ID:{_AZURE_WIDTH}} {texts.ANTHROPIC_ID}"
        return Group(head, Text(second, style="dim bold", no_wrap=True, overflow="crop"))

    def rows(self, rows: Iterable[Row]) -> RenderableType:
        """Some rows, each after those before it of its call."""
        rows = list(map(self._linked, rows))
        if not self._second_line:
            return _lines(self._columns, ([one.cell(row) for one in self._columns] for row in rows))
        return Group(*(part for row in rows for part in self._two_lines(row)))

    def _linked(self, row: Row) -> Row:
        """The row with the status of the attempt before it."""
        call = row.text(names.CALL_ID)
        linked = replace(row, after=self._statuses.get(call))
        self._statuses[call] = row.number(names.STATUS_CODE)
        return linked

    def _two_lines(self, row: Row) -> tuple[RenderableType, RenderableType]:
        azure, anthropic = (reported(value) for value in row.ids)
        azure.pad_right(_AZURE_WIDTH - len(azure))
        second = Text.assemble(" ", _time(row), " ", azure, " ", anthropic, style="dim")
        second.no_wrap, second.overflow = True, "ellipsis"
        return _lines(self._columns, [[one.cell(row) for one in self._columns]]), second


def _lines(columns: Iterable[_Column], lines: Iterable[Sequence[Text]]) -> Table:
    table = grid(*((one.width, one.right) for one in columns))
    for line in lines:
        table.add_row(*line)
    return table


def grid(*columns: tuple[int, bool]) -> Table:
    """A table without lines: for each column its width, and whether it is set to the right."""
    table = Table.grid(padding=(0, 1), pad_edge=False)
    for width, right in columns:
        table.add_column(width=width, justify="right" if right else "left", no_wrap=True, overflow="ellipsis")
    return table
