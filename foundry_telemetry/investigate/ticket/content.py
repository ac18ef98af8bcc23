"""The content of a call: what its request and response logs hold, read from where Azure keeps it.

*Event*: the row of AppEvents, which says what was kept. *Values*: the row of AppGenAIContent that has it; two
queries, because whoever may read the one may often not read the other.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Final

import msgspec
from msgspec import Struct

from foundry_telemetry.investigate import queries
from foundry_telemetry.investigate.formatting import many
from foundry_telemetry.investigate.sources import Source, SourceError
from foundry_telemetry.investigate.texts import ATTEMPT
from foundry_telemetry.investigate.ticket import texts
from foundry_telemetry.investigate.ticket.call import Call
from foundry_telemetry.investigate.ticket.ids import is_trace_id
from foundry_telemetry.kql.literals import literal
from foundry_telemetry.kql.parameters import TimeRange, Value
from foundry_telemetry.schema.content_table import CONTENT_EVENT, CONTENT_TABLE

FIELDS: Final = ("system", "tools", "input", "output")
"""In the order of a conversation."""

_EVENTS: Final = "AppEvents"
_AROUND: Final = timedelta(hours=1)
_WHY: Final = {
    HTTPStatus.FORBIDDEN: texts.CONTENT_FORBIDDEN,
    HTTPStatus.BAD_REQUEST: texts.CONTENT_NO_TABLE,
}


class Values(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was kept of one attempt, as JSON texts."""

    ended: datetime
    trace_id: str | None = None
    span_id: str | None = None
    number: int | None = None
    is_cut: bool | None = None
    input: str | None = None
    output: str | None = None
    system: str | None = None
    tools: str | None = None

    @property
    def is_pointer(self) -> bool:
        """Whether the values are elsewhere: content is a JSON array."""
        return not any((getattr(self, name) or "").startswith("[") for name in FIELDS)

    def decoded(self, name: str) -> Any:
        """One of `FIELDS` as what JSON holds; the text itself where it is none."""
        text = getattr(self, name)
        try:
            return None if text is None else msgspec.json.decode(text)
        except (msgspec.DecodeError, RecursionError):
            return text


class Kept(Struct, frozen=True):
    """The content of one attempt."""

    number: int | None
    is_cut: bool
    table: str
    """Where it was read."""
    values: Values


class Content(Struct, frozen=True):
    """The content of a call, or why there is none to show."""

    attempts: tuple[Kept, ...]
    note: str | None = None


def read_content(source: Source, call: Call) -> Content:
    """What was kept of a call.

    Raises:
        SourceError: The events cannot be asked for.
    """
    window = TimeRange(
        queries.moved(call.began, hours=-_AROUND), queries.moved(call.last.ended, hours=_AROUND), _AROUND
    )
    asked: dict[str, Value] = {
        "Event": literal(CONTENT_EVENT),
        "Call": literal(call.call_id),
        "Window": window,
    }
    events = queries.records(source.ask("content", asked, frozenset(FIELDS)), Values)
    if not events:
        return Content((), texts.CONTENT_NOT_KEPT)
    here = [_kept(event, event, _EVENTS) for event in events if not event.is_pointer]
    pointers = [event for event in events if event.is_pointer]
    found, note = _values(source, pointers, window) if pointers else ([], None)
    return Content(tuple(sorted([*here, *found], key=_order)), note)


def _values(source: Source, events: list[Values], window: TimeRange) -> tuple[list[Kept], str | None]:
    """What the pointers of some events point at, and what was seen where that is not all."""
    traces = tuple(sorted({one.trace_id for one in events if one.trace_id and is_trace_id(one.trace_id)}))
    count = len(events)
    try:
        rows = source.ask("content_values", {"Traces": traces, "Window": window}, frozenset(FIELDS))
    except SourceError as error:
        why = _WHY.get(HTTPStatus(error.status), str(error)) if error.status else str(error)
        return [], texts.CONTENT_UNREADABLE.format(
            attempts=many(count, ATTEMPT), table=CONTENT_TABLE, why=why
        )
    waiting = queries.records(rows, Values)
    found = []
    for event in events:
        if (values := _of(event, waiting)) is not None:
            waiting.remove(values)
            found.append(_kept(event, values, CONTENT_TABLE))
    missing = count - len(found)
    if not missing:
        return found, None
    return found, texts.CONTENT_MISSING.format(attempts=many(missing, ATTEMPT), table=CONTENT_TABLE)


def _of(event: Values, rows: Iterable[Values]) -> Values | None:
    """The values of an event: of its span, and of its attempt where the row says which it is of."""
    return next(
        (row for row in rows if row.span_id == event.span_id and row.number in (None, event.number)), None
    )


def _kept(event: Values, values: Values, table: str) -> Kept:
    return Kept(event.number, bool(event.is_cut), table, values)


def _order(kept: Kept) -> tuple[float, datetime]:
    return (float("inf") if kept.number is None else kept.number, kept.values.ended)
