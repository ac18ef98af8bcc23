"""The queries of ``dashboards/investigate``, and their answers as records. Absent means not told."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

import msgspec
from msgspec import Struct

from foundry_telemetry.investigate import texts
from foundry_telemetry.investigate.attempt_columns import AttemptColumns
from foundry_telemetry.investigate.display_safety import plain
from foundry_telemetry.investigate.sources import Row, Source, SourceError
from foundry_telemetry.investigate.ticket.ids import Identity, is_trace_id, is_word
from foundry_telemetry.kql.parameters import TimeRange, Value

MAX_RELATED: Final = 200
"""Rows of a trace that its query gives at most."""
_AROUND: Final = timedelta(hours=1)
_JSON: Final = frozenset({"properties"})
_DAY: Final = timedelta(days=1)
_WEEK: Final = timedelta(days=7)
_BINS: Final = 500
"""How many bins a timeline has, about; none is shorter than a minute."""


class Attempt(AttemptColumns, frozen=True, kw_only=True, omit_defaults=True):
    """One attempt of a call: the columns of the typed view, and where it was made."""

    ended: datetime
    call_id: str
    trace_id: str | None = None
    service: str | None = None
    instance: str | None = None
    version: str | None = None

    @property
    def started(self) -> datetime | None:
        """When the request left."""
        return moved(self.ended, -self.duration_ms) if self.duration_ms is not None else None


class RelatedTelemetry(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A request, dependency or exception of the same trace."""

    began: datetime
    what: str
    """``request``, ``dependency`` or ``exception``."""
    name: str | None = None
    sort: str | None = None
    """``DependencyType``."""
    result: str | None = None
    success: bool | None = None
    duration_ms: float | None = None
    service: str | None = None
    span: str | None = None
    parent: str | None = None


class Group(Struct, frozen=True, kw_only=True):
    """Attempts that have everything named here in common."""

    attempts: int
    before: int
    """In the 24 hours before."""
    first_seen: datetime
    """In the week before, or since."""
    last_seen: datetime
    error_type: str | None = None
    error_owner: str | None = None
    service: str | None = None
    version: str | None = None
    deployment: str | None = None
    client: str | None = None
    auth_scheme: str | None = None
    server: str | None = None
    region: str | None = None
    application: str | None = None


class Bin(Struct, frozen=True, kw_only=True):
    """Attempts of one cause, or of none, in one bin of time."""

    at_ms: float
    """Since the beginning of the timeline, as the others."""
    attempts: int
    oldest_ms: float
    newest_ms: float
    error_type: str | None = None
    error_owner: str | None = None


class AffectedCalls(Struct, frozen=True, kw_only=True):
    """Calls that one cause hit; without a cause all calls."""

    affected: int
    failed: int
    """In the end, and for this cause; without a cause for any."""
    recovered: int
    tries: int
    """Attempts that these calls took, of whatever outcome."""
    error_type: str | None = None
    error_owner: str | None = None


class Failure(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One failed attempt of a cause."""

    ended: datetime
    call_id: str = ""
    number: int | None = None
    trace_id: str | None = None
    service: str | None = None
    deployment: str | None = None
    status: int | None = None
    outcome: str | None = None
    error_code: str | None = None
    apim_request_id: str | None = None
    request_id: str | None = None
    retry_after_s: float | None = None
    entra_code: str | None = None
    entra_trace_id: str | None = None
    entra_correlation_id: str | None = None
    resource: str | None = None
    server: str | None = None
    auth_scheme: str | None = None
    application: str | None = None
    audience: str | None = None
    tenant: str | None = None
    expires_in_s: float | None = None
    properties: str | None = None
    """All properties as JSON, not yet harmless; `tags_of` reads the tags."""


_Record = TypeVar("_Record", bound=Struct)


def call(source: Source, identity: Identity, window: TimeRange) -> list[Attempt]:
    """All attempts in a range of the calls that carry an id."""
    rows = source.ask("call", {"Id": identity.value, "Window": window})
    return _records(rows, Attempt)


def related_telemetry(
    source: Source, trace_id: str, start: datetime, end: datetime
) -> list[RelatedTelemetry]:
    """What else is told of a trace; nothing where its id is none."""
    if not is_trace_id(trace_id):
        return []
    window = TimeRange(moved(start, hours=-_AROUND), moved(end, hours=_AROUND), _AROUND)
    return _records(source.ask("trace", {"Trace": trace_id, "Window": window}), RelatedTelemetry)


def groups(source: Source, window: TimeRange) -> list[Group]:
    """All attempts of a time and of the week before, by who made them and what came of them."""
    week = TimeRange(window.start - _WEEK, window.end, window.grain)
    return _records(source.ask("groups", {"Window": window, "Day": day(window), "Week": week}), Group)


def timeline(source: Source, window: TimeRange) -> list[Bin]:
    """Attempts of a time and of the day before, in bins, the oldest first."""
    return _records(source.ask("timeline", {"Window": window, "Day": day(window)}), Bin)


def calls(source: Source, window: TimeRange) -> list[AffectedCalls]:
    """The calls of a time, by the causes that hit them."""
    return _records(source.ask("calls", {"Window": window}), AffectedCalls)


def failures(
    source: Source, error_type: str, owner: str, first: TimeRange, newest: TimeRange
) -> list[Failure]:
    """The newest failures of a cause and one of another time; none where it cannot be asked for.

    Returns:
        At most 501, the newest first.
    """
    if not (is_word(error_type) and is_word(owner)):
        return []
    values: dict[str, Value] = {"Class": error_type, "Owner": owner, "First": first, "Newest": newest}
    found = _records(source.ask("failures", values, raw=_JSON), Failure)
    once = {(one.ended, one.call_id, one.number): one for one in found}  # the first may be one of the newest
    return sorted(once.values(), key=lambda one: one.ended, reverse=True)


def day(window: TimeRange) -> TimeRange:
    """A time and the 24 hours before it, with the width of a bin in whole minutes."""
    start = window.start - _DAY
    minutes = -(-(window.end - start) // timedelta(minutes=_BINS))
    return TimeRange(start, window.end, timedelta(minutes=max(minutes, 1)))


def tags_of(failure: Failure, prefix: str) -> dict[str, str]:
    """The tags among the properties of a failure, harmless."""
    try:
        reported = msgspec.json.decode(failure.properties or "{}")
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        return {}
    if not isinstance(reported, dict):
        return {}
    return {
        plain(key.removeprefix(prefix)): plain(value)
        for key, value in reported.items()
        if key.startswith(prefix) and isinstance(value, str)
    }


def moved(moment: datetime, milliseconds: float = 0.0, *, hours: timedelta = timedelta()) -> datetime:
    """A moment earlier or later; itself where that would be no moment: stored durations can be anything."""
    try:
        return moment + timedelta(milliseconds=milliseconds) + hours
    except (OverflowError, ValueError):
        return moment


def _records(rows: Iterable[Row], kind: type[_Record]) -> list[_Record]:
    """Rows as records. A value that does not fit its column, as nobody but a forger writes it, is left out.

    Raises:
        SourceError: What is never absent is.
    """
    known = msgspec.structs.fields(kind)
    return [_record(row, kind, {field.name: field.type for field in known}) for row in rows]


def _record(row: Row, kind: type[_Record], types: dict[str, Any]) -> _Record:
    reported = {name: row[name] for name in types if name in row}
    try:
        return msgspec.convert(reported, kind)
    except msgspec.ValidationError:
        fitting = {name: value for name, value in reported.items() if _fits(value, types[name])}
    try:
        return msgspec.convert(fitting, kind)
    except msgspec.ValidationError as error:
        raise SourceError(texts.OTHER_COLUMNS.format(error=error)) from error


def _fits(value: object, kind: Any) -> bool:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return False
    return True
