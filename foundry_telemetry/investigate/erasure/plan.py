"""What would be deleted: the calls of a subject, their rows by table, and the requests that delete them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal, TypeVar

from msgspec import Struct

from foundry_telemetry.investigate import queries
from foundry_telemetry.investigate.erasure.subject import Subject
from foundry_telemetry.investigate.sources import Source, SourceError
from foundry_telemetry.kql.literals import literal
from foundry_telemetry.kql.parameters import TimeRange, Value
from foundry_telemetry.schema.content_table import CONTENT_EVENT, CONTENT_TABLE
from foundry_telemetry.schema.field_table import CALL_ID

EVENTS: Final = "AppEvents"
PER_REQUEST: Final = 1_000
"""Ids in one request; no page names a limit."""
MOST_CALLS: Final = 5 * PER_REQUEST
"""Calls of one run: two tables each, so ten requests, as many as the Delete Data API takes in an hour."""

Api = Literal["delete", "purge"]
_T = TypeVar("_T")
_VERSION: Final = "2023-09-01"
_SPAN: Final = re.compile(r"[0-9a-f]{16}", re.ASCII)
_FOREVER: Final = datetime(2000, 1, 1, tzinfo=UTC)


class Events(Struct, frozen=True, kw_only=True):
    """The events of one call in one span."""

    oldest: datetime
    newest: datetime
    events: int = 0
    call_id: str = ""
    span_id: str = ""


class Rows(Struct, frozen=True, kw_only=True):
    """The rows of one table that would go."""

    rows: int = 0
    oldest: datetime | None = None
    newest: datetime | None = None


class Request(Struct, frozen=True):
    """One request that deletes."""

    table: str
    path: str
    """Below the resource of the workspace, with its query."""
    body: dict[str, Any]


class Plan(Struct, frozen=True, kw_only=True):
    """What would be deleted of a subject."""

    subject: Subject
    before: datetime
    found: tuple[Events, ...]
    has_more: bool
    """Whether more calls match than one run takes."""
    content: Rows | None
    """``None`` where the reader may not count them."""
    why: str | None
    """Then why not."""

    @property
    def events(self) -> Rows:
        """Those of AppEvents."""
        if not self.found:
            return Rows()
        return Rows(
            rows=sum(one.events for one in self.found),
            oldest=min(one.oldest for one in self.found),
            newest=max(one.newest for one in self.found),
        )

    @property
    def without_span(self) -> int:
        """Events that only the Purge API can find."""
        return sum(one.events for one in self.found if not _SPAN.fullmatch(one.span_id))

    def requests(self, api: Api) -> Iterator[Request]:
        """In order: of each batch the content first, by which its events are found again where it fails."""
        for some in _batches(self.found):
            spans = _ids(one.span_id for one in some)
            calls = _ids(one.call_id for one in some)
            if spans:
                yield _request(api, CONTENT_TABLE, self.before, [_filter("SpanId", "in", spans)])
            if api == "purge" and calls:
                by = {**_filter("Properties", "in", calls), "key": CALL_ID}
            elif spans:
                by = _filter("ParentId", "in", spans)
            else:
                continue
            yield _request(api, EVENTS, self.before, [_filter("Name", "==", CONTENT_EVENT), by])


def plan(source: Source, subject: Subject, before: datetime) -> Plan:
    """Find the content of a subject.

    Raises:
        SourceError: The events cannot be asked for.
    """
    window = TimeRange(_FOREVER, before, timedelta(days=1))
    values: dict[str, Value] = {
        "Event": literal(CONTENT_EVENT),
        "Scope": subject.scope,
        "Window": window,
        "Most": str(MOST_CALLS + 1),
    }
    found = queries.records(source.ask("content_subject", values), Events)
    taken = tuple(found[:MOST_CALLS])
    content, why = _content(source, _ids(one.span_id for one in taken), window)
    return Plan(
        subject=subject,
        before=before,
        found=taken,
        has_more=len(found) > MOST_CALLS,
        content=content,
        why=why,
    )


def _content(source: Source, spans: Sequence[str], window: TimeRange) -> tuple[Rows | None, str | None]:
    counted = []
    try:
        for some in _batches(spans):
            values: dict[str, Value] = {"Spans": tuple(some), "Window": window}
            counted += queries.records(source.ask("content_rows", values), Rows)
    except SourceError as error:
        return None, str(error)
    known = [one for one in counted if one.rows]
    return Rows(
        rows=sum(one.rows for one in known),
        oldest=min((one.oldest for one in known if one.oldest), default=None),
        newest=max((one.newest for one in known if one.newest), default=None),
    ), None


def _batches(items: Sequence[_T]) -> Iterator[Sequence[_T]]:
    return (items[start : start + PER_REQUEST] for start in range(0, len(items), PER_REQUEST))


def _ids(values: Any) -> list[str]:
    """Those that are ids, once: others could end a string, or mean every row without one."""
    return [one for one in dict.fromkeys(values) if _SPAN.fullmatch(one)]


def _filter(column: str, operator: str, value: object) -> dict[str, Any]:
    return {"column": column, "operator": operator, "value": value}


def _request(api: Api, table: str, before: datetime, filters: list[dict[str, Any]]) -> Request:
    at = before.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    body: dict[str, Any] = {"filters": [*filters, _filter("TimeGenerated", "<", at)]}
    if api == "purge":
        return Request(table, f"/purge?api-version={_VERSION}", {"table": table, **body})
    return Request(table, f"/tables/{table}/deleteData?api-version={_VERSION}", body)
