"""The queries of ``dashboards/investigate``, and their answers as records. Absent means not reported."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

import msgspec
from msgspec import Struct

from foundry_telemetry.investigate import texts
from foundry_telemetry.investigate.attempt_columns import AttemptColumns
from foundry_telemetry.investigate.sources import Row, Source, SourceError
from foundry_telemetry.investigate.ticket.ids import Identity, is_trace_id
from foundry_telemetry.kql import compose, files
from foundry_telemetry.kql.literals import literal
from foundry_telemetry.kql.parameters import TimeRange, Value, substitute

MAX_RELATED: Final = 200
"""Rows of a trace that its query gives at most."""
_AROUND: Final = timedelta(hours=1)
_JSON: Final = frozenset({"properties"})


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


class InstanceCalls(Struct, frozen=True, kw_only=True):
    """The calls of one instance to one deployment."""

    failed: int
    recovered: int
    records: int
    """Those that were looked at for duplicates."""
    copies: int
    """Records that are there a second time."""
    service: str = ""
    deployment: str = ""
    instance: str = ""
    first_copy: datetime | None = None
    last_copy: datetime | None = None
    last_record: datetime | None = None
    """Of all, copies or not."""


class Failure(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One attempt that stands for others, mostly a failed one."""

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
    """All properties as JSON, not yet harmless."""
    failed_calls: int = 0
    """Of all that it stands for; the same in each row, as the next."""
    recovered_calls: int = 0


_Record = TypeVar("_Record", bound=Struct)


def call(source: Source, identity: Identity, window: TimeRange) -> list[Attempt]:
    """All attempts in a range of the calls that carry an id."""
    rows = source.ask("call", {"Id": identity.value, "Window": window})
    return records(rows, Attempt)


def related_telemetry(
    source: Source, trace_id: str, start: datetime, end: datetime
) -> list[RelatedTelemetry]:
    """What else is recorded of a trace; nothing where its id is none."""
    if not is_trace_id(trace_id):
        return []
    window = TimeRange(moved(start, hours=-_AROUND), moved(end, hours=_AROUND), _AROUND)
    return records(source.ask("trace", {"Trace": trace_id, "Window": window}), RelatedTelemetry)


def properties(source: Source, scope: str, window: TimeRange) -> list[str]:
    """The properties of at most 200 attempts, as JSON."""
    rows = _asked(source, "tagged", {"Scope": scope, "Window": window})
    return [str(row["properties"]) for row in rows if "properties" in row]


class Size(Struct, frozen=True, kw_only=True):
    """How many attempts there are."""

    attempts: int = 0
    """Baseline included."""
    now: int = 0
    calls: int = 0
    """Of now."""


def size(source: Source, scope: str, times: Mapping[str, TimeRange]) -> Size:
    """How many attempts a time has with its baseline."""
    return next(iter(records(_asked(source, "size", {"Scope": scope, **times}), Size)), Size())


def calls(source: Source, scope: str, window: TimeRange, counted: str) -> list[InstanceCalls]:
    """How calls of a time ended, and which records are duplicates.

    Args:
        source: Who is asked.
        scope: Of which attempts, a predicate.
        window: When.
        counted: In which records duplicates are looked for, a predicate.
    """
    values: dict[str, Value] = {"Scope": scope, "Window": window, "Counted": counted}
    return records(_asked(source, "calls", values), InstanceCalls)


def examples(source: Source, scope: str, sign: str, error_type: str, period: TimeRange) -> list[Failure]:
    """The first and the newest attempts that have something, at most 251, the newest first."""
    values: dict[str, Value] = {"Scope": scope, "Sign": sign, "Class": literal(error_type), "Period": period}
    found = records(_asked(source, "examples", values), Failure)
    once = {(one.ended, one.call_id, one.number): one for one in found}  # the first may be one of the newest
    return sorted(once.values(), key=lambda one: one.ended, reverse=True)


def _asked(source: Source, query: str, values: Mapping[str, Value]) -> list[Row]:
    """The answer to a query with predicates among its values: the view needs the columns that they name."""
    return source.answer(compose.composed(substitute(files.investigation(query), values)), _JSON)


def moved(moment: datetime, milliseconds: float = 0.0, *, hours: timedelta = timedelta()) -> datetime:
    """A moment earlier or later; itself where that would be no moment: stored durations can be anything."""
    try:
        return moment + timedelta(milliseconds=milliseconds) + hours
    except (OverflowError, ValueError):
        return moment


def records(rows: Iterable[Row], kind: type[_Record]) -> list[_Record]:
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
