"""Spans and log records, from OTLP's messages to the SDK's objects, as the exporter takes them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final

from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode

from foundry_telemetry.local.ingest.otlp.values import ItemError, attributes, value

TRACE_ID_BYTES: Final = 16
SPAN_ID_BYTES: Final = 8

_KINDS: Final[Mapping[int, SpanKind]] = {
    0: SpanKind.INTERNAL,  # unspecified, which receivers may read as this
    **{kind.value + 1: kind for kind in SpanKind},
}


def span(message: Any, resource: Any, scope: Any) -> ReadableSpan:
    """A span.

    Raises:
        ItemError: It cannot be one: it has no id, no time, or an unknown kind.
    """
    trace_id = _id(message.trace_id, TRACE_ID_BYTES)
    span_id = _id(message.span_id, SPAN_ID_BYTES)
    if not (trace_id and span_id):
        raise ItemError("a span without a sound trace id and span id")
    if not message.start_time_unix_nano:
        raise ItemError("a span without a start")
    if message.end_time_unix_nano and message.end_time_unix_nano < message.start_time_unix_nano:
        raise ItemError("a span that ends before it starts")
    parent_id = _id(message.parent_span_id, SPAN_ID_BYTES)
    return ReadableSpan(
        message.name,
        context=SpanContext(trace_id, span_id, is_remote=False),
        parent=SpanContext(trace_id, parent_id, is_remote=False) if parent_id else None,
        resource=resource,
        attributes=attributes(message.attributes),
        events=[
            Event(one.name, attributes(one.attributes), one.time_unix_nano or message.start_time_unix_nano)
            for one in message.events
        ],
        links=[_link(one) for one in message.links],
        kind=_kind(message.kind),
        status=Status(_status(message.status.code)),
        start_time=message.start_time_unix_nano,
        end_time=message.end_time_unix_nano or None,
        instrumentation_scope=scope,
    )


def log(message: Any, resource: Any, scope: Any) -> ReadableLogRecord:
    """A log record; its time is the present where it has none, and an unsound id is none.

    Raises:
        ItemError: It has an unknown severity.
    """
    record = LogRecord(
        timestamp=message.time_unix_nano or message.observed_time_unix_nano or time.time_ns(),
        severity_number=_severity(message.severity_number),
        severity_text=message.severity_text or None,
        body=value(message.body),
        attributes=attributes(message.attributes),
    )
    record.trace_id = _id(message.trace_id, TRACE_ID_BYTES)
    record.span_id = _id(message.span_id, SPAN_ID_BYTES)
    return ReadableLogRecord(record, resource, scope)


def _link(message: Any) -> Link:
    trace_id = _id(message.trace_id, TRACE_ID_BYTES)
    span_id = _id(message.span_id, SPAN_ID_BYTES)
    return Link(SpanContext(trace_id, span_id, is_remote=True), attributes(message.attributes))


def _id(given: bytes, size: int) -> int:
    """An id as a number, 0 where it is none."""
    return int.from_bytes(given) if len(given) == size else 0


def _kind(number: int) -> SpanKind:
    if number not in _KINDS:
        raise ItemError("a span of an unknown kind")
    return _KINDS[number]


def _status(number: int) -> StatusCode:
    try:
        return StatusCode(number)
    except ValueError:
        raise ItemError("a span with an unknown status") from None


def _severity(number: int) -> SeverityNumber:
    try:
        return SeverityNumber(number)
    except ValueError:
        raise ItemError("a log record with an unknown severity") from None
