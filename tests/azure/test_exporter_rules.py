"""Rows on plain models are those of the unchanged exporter, field for field, whatever the record."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import product
from types import SimpleNamespace
from typing import Any

import pytest
from azure.monitor.opentelemetry.exporter import (
    AzureMonitorLogExporter,
    AzureMonitorMetricExporter,
    AzureMonitorTraceExporter,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk.metrics.export import HistogramDataPoint, NumberDataPoint
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode

from foundry_telemetry.azure import row_building
from foundry_telemetry.azure.exporter_rules import LOG, POINT, RESOURCE, SPAN, SPAN_EVENTS
from foundry_telemetry.azure.pipelines import QUIET
from foundry_telemetry.azure.request_bodies import Compression
from foundry_telemetry.azure.row_building import speed_up
from tests.support import both_ways

CONNECTION_STRING = (
    "InstrumentationKey=00000000-1111-2222-3333-444444444444;IngestionEndpoint=http://127.0.0.1:9/"
)
MOMENT = 1_700_000_000_123_456_789
CONTEXT = SpanContext(trace_id=0x1234, span_id=0x56, is_remote=False)
OTHER = SpanContext(trace_id=0x789, span_id=0xAB, is_remote=True)
RESOURCE_ = Resource({"service.name": "test", "service.namespace": "space", "service.version": "1"})

Exporters = SimpleNamespace


@pytest.fixture(scope="module", autouse=True)
def _quiet() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        for name, value in QUIET.items():
            patched.setenv(name, value)
        yield


@pytest.fixture(scope="module")
def exporters(_quiet: None) -> Exporters:
    """One of each signal, as `configure` sets them up; they send nothing."""
    options = {"connection_string": CONNECTION_STRING, "disable_offline_storage": True}
    made = Exporters(
        traces=AzureMonitorTraceExporter(**options),
        logs=AzureMonitorLogExporter(**options),
        metrics=AzureMonitorMetricExporter(**options),
    )
    speed_up(vars(made).values(), Compression(is_on=False))
    assert not any(row_building.outcomes.values())
    return made


def span(attributes: Mapping[str, Any] | None = None, **more: Any) -> ReadableSpan:
    """A finished span."""
    return ReadableSpan(
        **{
            "name": "a span",
            "context": CONTEXT,
            "parent": OTHER,
            "resource": RESOURCE_,
            "attributes": {} if attributes is None else attributes,
            "start_time": MOMENT,
            "end_time": MOMENT + 1_500_400_300,
            "instrumentation_scope": InstrumentationScope("test"),
            **more,
        }
    )


def log(body: Any = "a line", attributes: Mapping[str, Any] | None = None, **more: Any) -> ReadableLogRecord:
    """A log record."""
    record = LogRecord(
        **{"timestamp": MOMENT, "body": body, "attributes": attributes, "observed_timestamp": MOMENT, **more}
    )
    return ReadableLogRecord(record, RESOURCE_, InstrumentationScope("test"))


NEW_HTTP = {"http.request.method": "POST", "http.response.status_code": 503, "server.address": "h"}
OLD_HTTP = {"http.method": "GET", "http.status_code": 404, "http.host": "h:8080", "http.target": "/p?q=1"}
MEASUREMENTS = {"microsoft.custom_measurements": '{"a": 1, "b": 2.5, "c": "text", "d": NaN, "": 1}'}
GEN_AI = {"gen_ai.system": "anthropic", "gen_ai.response.finish_reasons": ("stop", "end")}

ATTRIBUTES: dict[str, dict[str, Any]] = {
    "none": {},
    "new http": {**NEW_HTTP, "url.full": "https://h/p?q=1", "user_agent.original": "AlwaysOn"},
    "new http, parts": {
        **NEW_HTTP,
        "url.scheme": "https",
        "url.path": "/p",
        "url.query": "q",
        "server.port": 443,
    },
    "new http, route": {**NEW_HTTP, "http.route": "/r", "client.address": "10.0.0.1", "url.scheme": "http"},
    "old http": {**OLD_HTTP, "http.scheme": "http", "http.user_agent": "agent"},
    "old http, url": {**OLD_HTTP, "http.url": "http://u/p", "net.peer.ip": "10.0.0.1", "net.peer.port": 80},
    "old http, names": {
        "http.method": "GET",
        "http.scheme": "https",
        "http.target": "/",
        "net.host.name": "n",
    },
    "status is text": {**NEW_HTTP, "http.response.status_code": "abc"},
    "mysql": {"db.system": "mysql", "db.statement": "SELECT 1", "db.name": "d", "net.peer.name": "db"},
    "postgresql": {"db.system.name": "postgresql", "db.query.text": "SELECT 1", "db.namespace": "n"},
    "sql": {"db.system": "mssql", "db.operation": "SELECT", "server.address": "s", "server.port": 5},
    "other db": {"db.system": "xyz", "db.operation.name": "GET"},
    "messaging": {"messaging.system": "kafka", "messaging.destination": "q", "net.peer.name": "m"},
    "messaging, ip": {"messaging.system": "kafka", "messaging.destination": "q", "net.peer.ip": "10.0.0.1"},
    "rpc": {"rpc.system": "grpc", "peer.service": "svc"},
    "gen_ai": {**GEN_AI, **MEASUREMENTS},
    "gen_ai, http": {**GEN_AI, **NEW_HTTP, "url.full": "https://h/p"},
    "azure": {"az.namespace": "Microsoft.EventHub", "peer.address": "p", "message_bus.destination": "d"},
    "azure ai": {"az.namespace": "Microsoft.CognitiveServices", "net.peer.name": "p"},
    "user": {"enduser.id": "u", "enduser.pseudo.id": "p", "session.id": "s", "_MS.sampleRate": 25},
    "synthetic": {"user_agent.synthetic.type": "bot", "code.function": "f", "thread.id": 1},
    "types": {"bool": True, "int": 2**70, "float": 1e300, "texts": ("a", "b"), "mixed": (1, 2.5, None)},
    "empty": {"empty": "", "no values": ()},
}

HOSTILE: dict[str, dict[str, Any]] = {
    "huge": {"k": "x" * 9000, "gen_ai.input.messages": "y" * 300_000, "url.full": "z" * 9000, **NEW_HTTP},
    "many": {f"k{number}": "x" * 100 for number in range(200)},
    "long name": {"k" * 151: "v", "": "v"},
    "surrogate": {"k": "\ud800", "enduser.id": "\udfff"},
    "none": {"k": None, "session.id": None, "enduser.id": None},
    "bytes": {"k": b"\xff", "enduser.id": b"\x00", "db.system": b"x", "peer.service": b"y"},
    "texts of bytes": {"db.system": (b"x",), "k": (b"x",)},
    "dict": {"k": {"a": {"b": 1}}, "enduser.id": {"a": 1}, "rpc.system": {"a": 1}},
    "list": {"k": [1, [2]], "peer.service": [1], "enduser.pseudo.id": ["p"]},
    "zero": {"db.system": 0, "peer.service": 0.0, "enduser.id": 0, "az.namespace": False},
    "numbers": {"db.system": 5, "db.statement": 1.5, "peer.service": True, "messaging.system": -1},
    "nan": {"k": math.nan, "enduser.id": math.nan, "_MS.sampleRate": math.inf},
    "sample rate is text": {"_MS.sampleRate": "50"},
    "big": {"enduser.id": 2**70, "_MS.sampleRate": 2**70},
    "measurements": {"microsoft.custom_measurements": {"a": 1, "b": math.inf, "c": 10**400}},
    "measurements are no JSON": {"microsoft.custom_measurements": "{"},
    "url is no text": {**NEW_HTTP, "url.full": 5, "http.route": 6},
    "object": {"k": object, "session.id": object},
    "time": {"enduser.id": datetime(2026, 1, 1, tzinfo=UTC), "db.system": datetime(2026, 1, 1, tzinfo=UTC)},
    "text of a kind": {"k": type("Text", (str,), {})("v"), "enduser.id": type("Text", (str,), {})("v")},
}


@pytest.mark.parametrize("case", ATTRIBUTES)
def test_spans(case: str, exporters: Exporters) -> None:
    """Spans of every kind and convention give the row of the unchanged exporter, on plain models."""
    for kind in SpanKind:
        made = both_ways.assert_same(exporters.traces, SPAN, span(ATTRIBUTES[case], kind=kind))
        assert both_ways.is_plain(made), kind


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_spans(case: str, exporters: Exporters) -> None:
    """Values that no convention knows give the same row, or the same exception."""
    for kind in SpanKind:
        both_ways.assert_same(exporters.traces, SPAN, span(HOSTILE[case], kind=kind))


SPANS: dict[str, dict[str, Any]] = {
    "root": {"parent": None},
    "failed": {"status": Status(StatusCode.ERROR, "why"), "kind": SpanKind.SERVER},
    "linked": {"links": [Link(OTHER), Link(CONTEXT, {"enqueuedTime": 5})], "kind": SpanKind.CONSUMER},
    "many links": {"links": [Link(OTHER)] * 200},
    "no scope": {"instrumentation_scope": None},
    "measured": {"instrumentation_scope": InstrumentationScope("opentelemetry.instrumentation.requests")},
    "azure": {"instrumentation_scope": InstrumentationScope("azure.core")},
    "not ended": {"end_time": None},
    "not begun": {"start_time": None},
    "days": {"end_time": MOMENT + 10**15},
    "whole second": {"start_time": 1_700_000_000 * 10**9},
    "long name": {"name": "n" * 2000},
    "no attributes": {"attributes": None},
    "name is no text": {"name": 5},
    "name is a surrogate": {"name": "\ud800"},
    "no context": {"context": None},
    "other resource": {"resource": Resource({"service.name": 5, "device.id": "d", "service.version": b"v"})},
    "no resource": {"resource": Resource({})},
}


@pytest.mark.parametrize("case", SPANS)
def test_parts_of_spans(case: str, exporters: Exporters) -> None:
    """Links, scopes, times, names, resources: the same row, or the same exception."""
    more = {"attributes": {"az.namespace": "Microsoft.EventHub"}} | SPANS[case]
    both_ways.assert_same(exporters.traces, SPAN, span(**more))


ALL = ATTRIBUTES | {f"hostile {name}": attributes for name, attributes in HOSTILE.items()}


@pytest.mark.parametrize("case", ALL)
def test_span_events(case: str, exporters: Exporters) -> None:
    """Events and exceptions of a span are rows of their own, and the same ones."""
    attributes = ALL[case]
    exception = {"exception.type": "E", "exception.message": "m" * 40_000, "exception.stacktrace": "s"}
    of_span = span(
        {"_MS.sampleRate": 50, "session.id": "s"},
        events=[
            Event("an event", attributes, MOMENT),
            Event("exception", {**attributes, **exception}, MOMENT),
            Event("exception", {}, MOMENT),
        ],
    )
    both_ways.assert_same(exporters.traces, SPAN_EVENTS, of_span)
    both_ways.assert_same(exporters.traces, SPAN_EVENTS, span())


BODIES = (
    "a line",
    " spaces ",
    "",
    None,
    0,
    5,
    1.5,
    True,
    math.nan,
    b"\xff",
    ("a", 1),
    {"a": [1]},
    ValueError("v"),
)
KINDS: dict[str, dict[str, Any]] = {
    "line": {},
    "event": {"microsoft.custom_event.name": "e", **MEASUREMENTS},
    "event without a name": {
        "microsoft.custom_event.name": "",
        "APPLICATION_INSIGHTS_EVENT_MARKER_ATTRIBUTE": 1,
    },
    "exception": {"exception.type": "E", "exception.message": "m", "exception.stacktrace": "s"},
    "exception without a type": {"exception.message": 5, **MEASUREMENTS},
    "availability": {
        **{f"microsoft.availability.{name}": name for name in ("id", "name", "duration", "runLocation")},
        "microsoft.availability.success": True,
    },
    "operation": {"ai.operation.name": "o", "client.address": "10.0.0.1"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_logs(kind: str, exporters: Exporters) -> None:
    """Lines, events, exceptions and availability with every body: the row of the unchanged exporter."""
    for body in BODIES:
        made = both_ways.assert_same(
            exporters.logs, LOG, log(body, {**KINDS[kind], "number": 1, "text": "t"})
        )
        assert both_ways.is_plain(made), body


@pytest.mark.parametrize("case", ALL)
def test_attributes_of_logs(case: str, exporters: Exporters) -> None:
    """Attributes that no convention knows give the same row, or the same exception."""
    for kind in KINDS.values():
        both_ways.assert_same(exporters.logs, LOG, log("a line", {**kind, **ALL[case]}))


@pytest.mark.parametrize(
    "more",
    [
        {"timestamp": None},
        {"severity_number": SeverityNumber.FATAL4},
        {"attributes": None},
        {"body": "\ud800"},
    ],
    ids=repr,
)
def test_parts_of_logs(more: dict[str, Any], exporters: Exporters) -> None:
    """Severity, time, no attributes at all."""
    both_ways.assert_same(exporters.logs, LOG, log(**more))


@pytest.mark.parametrize("case", ALL)
def test_points(case: str, exporters: Exporters) -> None:
    """Points of metrics, with numbers that JSON does not know: the same row, or none in both."""
    names = ("a.metric", "http.client.request.duration", "http.server.duration", "http.client.unknown")
    for name, value in product(names, (0, 1.5, 2**70, math.nan, math.inf)):
        for point in (
            NumberDataPoint(ALL[case], 0, MOMENT, value),
            HistogramDataPoint(ALL[case], 0, MOMENT, 3, value, (1, 2), (1.0,), value, value),
        ):
            both_ways.assert_same(
                exporters.metrics, POINT, point, name, RESOURCE_, InstrumentationScope("test")
            )


def test_resource(exporters: Exporters) -> None:
    """The metric that reports the resource is the same but for its time, which is now."""
    convert = exporters.traces._get_otel_resource_envelope
    made = convert(RESOURCE_, "application")
    assert both_ways.is_plain(made)
    usual = AzureMonitorTraceExporter._get_otel_resource_envelope(exporters.traces, RESOURCE_, "application")
    assert {**made.as_dict(), "time": ""} == {**usual.as_dict(), "time": ""}
    assert RESOURCE in vars(exporters.traces)


def test_another_resource(exporters: Exporters) -> None:
    """What is remembered of one resource does not reach the next, nor changed by what is made of it."""
    for resource in (RESOURCE_, Resource({"service.name": "other"}), RESOURCE_, RESOURCE_):
        made = both_ways.assert_same(exporters.traces, SPAN, span({"enduser.id": "u"}, resource=resource))
        assert made.tags["ai.user.authUserId"] == "u"
        assert (
            "ai.user.authUserId"
            not in both_ways.assert_same(exporters.traces, SPAN, span(resource=resource)).tags
        )


NAMES = st.sampled_from(sorted({key for one in (*ALL.values(), *KINDS.values()) for key in one})) | st.text(
    max_size=8
)
TEXTS = st.text(st.characters(), max_size=12)
SCALARS = TEXTS | st.booleans() | st.integers() | st.floats() | st.binary(max_size=4) | st.none()
VALUES = SCALARS | st.lists(SCALARS, max_size=3).map(tuple) | st.dictionaries(TEXTS, SCALARS, max_size=2)
ANY_ATTRIBUTES = st.dictionaries(NAMES, VALUES, max_size=12)
QUICK = settings(max_examples=60, deadline=None, database=None)


@QUICK
@given(attributes=ANY_ATTRIBUTES, kind=st.sampled_from(SpanKind), name=TEXTS, events=ANY_ATTRIBUTES)
def test_any_span(
    exporters: Exporters, attributes: dict[str, Any], kind: SpanKind, name: str, events: dict[str, Any]
) -> None:
    """Whatever a span has: the row of the unchanged exporter, or its exception."""
    one = span(attributes, kind=kind, name=name, events=[Event("exception", events, MOMENT)])
    both_ways.assert_same(exporters.traces, SPAN, one)
    both_ways.assert_same(exporters.traces, SPAN_EVENTS, one)


@QUICK
@given(attributes=ANY_ATTRIBUTES, body=VALUES, severity=st.sampled_from(SeverityNumber) | st.none())
def test_any_log(
    exporters: Exporters, attributes: dict[str, Any], body: Any, severity: SeverityNumber | None
) -> None:
    """Whatever a log record has: the row of the unchanged exporter, or its exception."""
    both_ways.assert_same(exporters.logs, LOG, log(body, attributes, severity_number=severity))


def test_both_kinds_in_one_process(exporters: Exporters) -> None:
    """An exporter that the application made itself keeps its models, beside one of ours."""
    theirs = AzureMonitorTraceExporter(connection_string=CONNECTION_STRING, disable_offline_storage=True)
    assert not both_ways.is_plain(theirs._span_to_envelope(span()))
    assert both_ways.is_plain(exporters.traces._span_to_envelope(span()))
    assert not both_ways.is_plain(theirs._span_to_envelope(span()))


@pytest.mark.parametrize(
    "change",
    [
        lambda patched: patched.delattr(AzureMonitorTraceExporter, SPAN),
        lambda patched: patched.setattr(AzureMonitorTraceExporter, SPAN_EVENTS, None),
        lambda patched: patched.delattr("azure.monitor.opentelemetry.exporter._utils._create_telemetry_item"),
        lambda patched: patched.delattr(
            "azure.monitor.opentelemetry.exporter.export.trace._exporter._convert_span_to_envelope"
        ),
        lambda patched: patched.setattr(
            "azure.monitor.opentelemetry.exporter._utils._filter_custom_properties",
            lambda *_: {"new": "rule"},
        ),
    ],
    ids=["no method", "other method", "no helper", "no function", "other rule"],
)
def test_other_inside(
    change: Callable[[pytest.MonkeyPatch], None],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Where a private part is gone, or rules differ on a sample, nothing is set, and one line says so."""
    monkeypatch.setattr(row_building, "outcomes", {})
    exporter = AzureMonitorTraceExporter(connection_string=CONNECTION_STRING, disable_offline_storage=True)
    before = dict(vars(exporter)), dict(vars(exporter.client))
    change(monkeypatch)
    speed_up([exporter], Compression(is_on=True))
    assert (vars(exporter), vars(exporter.client)) == before
    (line,) = (record.getMessage() for record in caplog.records if record.name == "foundry_telemetry.azure")
    assert line.startswith(
        "AzureMonitorTraceExporter exports without our optimisation: this version is not supported ("
    )
    assert row_building.outcomes["AzureMonitorTraceExporter"]
