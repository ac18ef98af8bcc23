"""Records on which the exporter's rules are tried when it is set up: one of each kind of row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk.metrics.export import HistogramDataPoint, NumberDataPoint
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind

from foundry_telemetry.azure.exporter_rules import LOG, POINT, SPAN, SPAN_EVENTS
from foundry_telemetry.schema import field_table as names

Sample = tuple[str, tuple[Any, ...]]
"""The method that converts, and its arguments."""

_RESOURCE: Final = Resource({"service.name": "sample", "service.instance.id": "1"})
_SCOPE: Final = InstrumentationScope("sample")
_CONTEXT: Final = SpanContext(trace_id=1, span_id=2, is_remote=False)
_MOMENT: Final = 1_700_000_000_123_456_789
"""Nanoseconds."""

_EXCEPTION: Final = {"exception.type": "E", "exception.message": "m", "exception.stacktrace": "s"}

_HTTP: Final[dict[str, Any]] = {
    names.METHOD: "POST",
    names.STATUS_CODE: 429,
    "http.route": "/r",
    names.URL_FULL: "https://h/p?q=1",
    "url.scheme": "https",
    names.SERVER_ADDRESS: "h",
    names.SERVER_PORT: 443,
    names.SYSTEM: "anthropic",
    names.FINISH_REASONS: ("stop",),
    names.MEASUREMENTS: '{"tokens":1.5,"count":2}',
    "session.id": "session",
    "enduser.id": "user",
    "_MS.sampleRate": 50.0,
    "text": "täxt",
    "number": 1.5,
    "flag": True,
}

_LOGS: Final[tuple[tuple[Any, dict[str, Any]], ...]] = (
    (" a line ", {"text": "täxt", "number": 1, "flag": False, "none": None}),
    ({"a": [1, None]}, {}),
    (
        None,
        {names.CUSTOM_EVENT: "event", "number": 1.5, names.MEASUREMENTS: '{"a":1}'},
    ),
    ("failed", _EXCEPTION),
    (
        "available",
        {
            f"microsoft.availability.{name}": text
            for name, text in (("id", "1"), ("name", "n"), ("duration", "1"), ("success", "True"))
        },
    ),
)
"""Bodies and attributes."""


def _spans() -> Iterator[Sample]:
    for kind in SpanKind:
        span = ReadableSpan(
            "a span",
            context=_CONTEXT,
            parent=_CONTEXT,
            resource=_RESOURCE,
            attributes=_HTTP,
            events=[Event("exception", _EXCEPTION, _MOMENT), Event("event", {"a": 1}, _MOMENT)],
            links=[Link(_CONTEXT)],
            kind=kind,
            start_time=_MOMENT,
            end_time=_MOMENT + 1_234_567_890,
            instrumentation_scope=_SCOPE,
        )
        yield SPAN, (span,)
    yield SPAN_EVENTS, (span,)


def _logs() -> Iterator[Sample]:
    for body, attributes in _LOGS:
        record = LogRecord(
            timestamp=_MOMENT, body=body, attributes=attributes, severity_number=SeverityNumber.WARN
        )
        yield LOG, (ReadableLogRecord(record, _RESOURCE, _SCOPE),)


def _points() -> Iterator[Sample]:
    histogram = HistogramDataPoint({"a": 1}, 0, _MOMENT, 2, 1.5, (1, 1), (1.0,), 0.5, 1.0)
    for name, point in (
        ("a.count", NumberDataPoint({"a": "b"}, 0, _MOMENT, 3)),
        ("http.client.request.duration", histogram),
        ("a.histogram", histogram),
    ):
        yield POINT, (point, name, _RESOURCE, _SCOPE)


SAMPLES: Final[dict[str, Callable[[], Iterator[Sample]]]] = {
    "AzureMonitorTraceExporter": _spans,
    "AzureMonitorLogExporter": _logs,
    "AzureMonitorMetricExporter": _points,
}
"""By class of exporter."""
