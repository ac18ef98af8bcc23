"""A service through the Azure exporter and through OTLP: the same rows, but for what the page lists."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from azure.monitor.opentelemetry.exporter import (
    AzureMonitorLogExporter,
    AzureMonitorMetricExporter,
    AzureMonitorTraceExporter,
)
from opentelemetry import metrics
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Link, SpanContext, SpanKind

import foundry_telemetry
from foundry_telemetry.azure import request_bodies
from foundry_telemetry.azure.row_building import speed_up
from foundry_telemetry.ingestion.access_token import otlp_headers
from foundry_telemetry.kql.tables import tables
from foundry_telemetry.local.api.server import LocalAzureMonitor
from foundry_telemetry.schema.metric_table import HEARTBEAT
from foundry_telemetry.schema.value import EVENT_NAME
from foundry_telemetry.testing import FakeFoundry
from tests.support.families import httpx as family

PAGE = Path(__file__).parents[2] / "docs/guides/otlp.md"
BODY = {"model": "support-chat-prod", "max_tokens": 64, "messages": [{"role": "user", "content": "Hi"}]}
URL = "https://res.services.ai.azure.com/anthropic/v1/messages"
_ALONE = ("STATSBEAT_DISABLED_ALL", "CONTROLPLANE_DISABLED", "SDKSTATS_DISABLED")
_OF_THE_SERVER = {"IKey", "ResourceGUID", "TenantId", "_ResourceId"}
"""Differ from one local Azure Monitor to the next."""
_APPLICATION = "microsoft.applicationId"
_RESOURCE = "_OTELRESOURCE_"
_INSTANCE = "cloud/roleInstance"

Rows = dict[str, list[dict[str, Any]]]
Difference = tuple[str, str]
"""A table, and a column, a property, or `ROW` for a whole row."""
ROW = "a row"


@dataclass
class Signals:
    """The providers of a service that exports all it records twice."""

    tracers: TracerProvider
    loggers: LoggerProvider
    meters: MeterProvider

    @classmethod
    def of(cls, azure: LocalAzureMonitor, about: Resource) -> Signals:
        """With the Azure exporter as `configure()` sets it up, and over OTLP as the environment says."""
        to_azure: dict[str, Any] = {
            "connection_string": azure.connection_string,
            "disable_offline_storage": True,
        }
        exporters = [
            kind(**to_azure)
            for kind in (AzureMonitorTraceExporter, AzureMonitorLogExporter, AzureMonitorMetricExporter)
        ]
        speed_up(exporters, request_bodies.Compression(is_on=True))
        spans, logs, points = exporters
        tracers = TracerProvider(resource=about, shutdown_on_exit=False)
        spans._tracer_provider = tracers  # where it finds the resource; the global one by default
        loggers = LoggerProvider(resource=about, shutdown_on_exit=False)
        for exporter in (spans, OTLPSpanExporter(compression=Compression.Gzip)):
            tracers.add_span_processor(BatchSpanProcessor(exporter))
        for exporter in (logs, OTLPLogExporter()):
            loggers.add_log_record_processor(BatchLogRecordProcessor(exporter))
        to_both = (points, OTLPMetricExporter())
        readers = [PeriodicExportingMetricReader(exporter, 3_600_000) for exporter in to_both]
        return cls(tracers, loggers, MeterProvider(readers, resource=about, shutdown_on_exit=False))

    def end(self) -> None:
        """Export what waits."""
        for provider in (self.tracers, self.loggers, self.meters):
            provider.shutdown()


def calls(signals: Signals) -> None:
    """Two calls of Claude by an instrumented client, the second of which is throttled, in one request."""
    with FakeFoundry(("ok_json_basic", "err_429_rate_limit_error")) as foundry:
        client = httpx.Client(transport=foundry.transport(family))
        foundry_telemetry.instrument(
            client,
            tracer_provider=signals.tracers,
            meter_provider=signals.meters,
            logger_provider=signals.loggers,
        )
        request = {"http.request.method": "POST", "http.route": "/orders", "http.response.status_code": 200}
        tracer = signals.tracers.get_tracer("service", "1.0")
        with (
            client,
            tracer.start_as_current_span("POST /orders", kind=SpanKind.SERVER, attributes=request) as span,
            foundry_telemetry.attribute(tenant="acme"),
        ):
            for _ in range(2):
                client.post(URL, json=BODY)
                signals.meters.force_flush()
            span.add_event("half-way", {"share": 0.5})


def everything_else(signals: Signals) -> None:
    """What a service may record besides."""
    tracer = signals.tracers.get_tracer("opentelemetry.instrumentation.other", "2.0", "https://schema/1")
    with pytest.raises(KeyError), tracer.start_as_current_span("tool", attributes={"list": ["a", "b"]}):
        raise KeyError("boom")
    producer = SpanContext(1, 2, is_remote=True)
    link = Link(producer, {"why": "batch"})
    with tracer.start_as_current_span("consume", kind=SpanKind.CONSUMER, links=[link]) as span:
        span.set_attributes({"session.id": "s", "enduser.id": "u", "_MS.sampleRate": 25.0, "number": 7})
        span.set_attribute("microsoft.custom_measurements", '{"size": 1.5}')
    logger = signals.loggers.get_logger("app")
    for body, attributes in (
        ("a line", {"text": "täxt", "flag": True, "none": None, "map": {"a": [1, None]}}),
        ({"of": ["any", 1]}, {}),
        ("", {"microsoft.custom_event.name": "ordered", "number": 5}),
        ("failed", {"exception.type": "E", "exception.message": "m", "exception.stacktrace": "s"}),
    ):
        logger.emit(timestamp=1_790_000_000_123_456_789, body=body, attributes=attributes)
    meter = signals.meters.get_meter("app")
    meter.create_observable_counter("unmoved", [lambda _: [metrics.Observation(3)]])
    meter.create_observable_gauge("level", [lambda _: [metrics.Observation(7, {"a": "b"})]])
    counter, both = meter.create_counter("orders"), meter.create_up_down_counter("open")
    seconds = meter.create_histogram("seconds")
    http = meter.create_histogram("http.client.request.duration")
    for value in (2, 5):
        counter.add(value, {"shop": "a"})
        both.add(-1)
        seconds.record(value)
        http.record(value, {"http.response.status_code": 200, "server.address": "h"})
        signals.meters.force_flush()


def rows(azure: LocalAzureMonitor) -> Rows:
    """All rows, by table, in an order of their own."""
    found: Rows = {}
    for name in tables():
        table = azure.query(f"{name} | extend TimeGenerated = tostring(TimeGenerated)")
        names = [column for column, _ in table.columns]
        found[name] = [
            {
                column: json.loads(value) if column in ("Properties", "Measurements") and value else value
                for column, value in zip(names, row, strict=True)
                if column not in _OF_THE_SERVER
            }
            for row in table.rows
        ]
        found[name].sort(key=_order)
    for row in found["AppMetrics"]:
        row["TimeGenerated"] = ""  # each reader makes points of its own
        row["Sum"] = 0 if row["Name"] == HEARTBEAT else row["Sum"]  # seconds since the start
    return found


def _order(row: dict[str, Any]) -> str:
    known = ("AppRoleName", "TimeGenerated", "Id", "Name", "Message", "Properties", "Sum")
    properties = {
        name: value for name, value in row["Properties"].items() if name not in (_APPLICATION, _INSTANCE)
    }
    return json.dumps([{**row, "Properties": properties}.get(name) for name in known], sort_keys=True)


def differences(ours: Rows, theirs: Rows) -> Iterator[Difference]:
    """What is not the same."""
    for name in ours:
        left, right = _by_order(ours[name]), _by_order(theirs[name])
        if {order: len(same) for order, same in left.items()} != {o: len(same) for o, same in right.items()}:
            yield name, ROW
        for one, other in (
            pair for order in left for pair in zip(left[order], right.get(order, ()), strict=False)
        ):
            for column, value in one.items():
                if column in ("Properties", "Measurements") and value != other[column]:
                    keys = {*value, *other[column]}
                    yield from (
                        (name, f"{column}.{key}") for key in keys if value.get(key) != other[column].get(key)
                    )
                elif value != other[column]:
                    yield name, column


def _by_order(rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Rows that are the same, or one that was sent again, together; of a resource there is one a batch."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        same = found.setdefault(_order(row), [])
        if not same or row.get("Name") != _RESOURCE:
            same.append(row)
    return found


def listed() -> set[Difference]:
    """The differences that the page lists."""
    found = set()
    for line in PAGE.read_text("utf-8").split("<!-- differences:start -->")[1].splitlines():
        if line.startswith(("| `", "| every")):
            places, columns = (cell.strip() for cell in line.split("|")[1:3])
            named = [one.strip(" `") for one in places.split(",")]
            found |= {
                (table, column.strip(" `"))
                for table in (tables() if named == ["every"] else named)
                for column in columns.split(",")
            }
    return found


@pytest.fixture
def monitors(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[LocalAzureMonitor, LocalAzureMonitor]]:
    """One for each way, the second in the variables that are printed at its start."""
    for name in _ALONE:
        monkeypatch.setenv(f"APPLICATIONINSIGHTS_{name}", "true")
    with LocalAzureMonitor(retention_days=36_500) as one, LocalAzureMonitor(retention_days=36_500) as other:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", other.url)
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", otlp_headers(other.token))
        yield one, other


def test_same_rows(monitors: tuple[LocalAzureMonitor, LocalAzureMonitor]) -> None:
    """Each row of either way is one of the other way, but for the differences that the page lists."""
    azure, otlp = monitors
    named = {"service.name": "orders", "service.namespace": "shop", "service.version": "1.4.2"}
    for about in (Resource.create({**named, "service.instance.id": "pod-7"}), Resource({"host.name": "h"})):
        signals = Signals.of(azure, about)
        calls(signals)
        everything_else(signals)
        signals.end()
    ours, theirs = rows(azure), rows(otlp)
    for name in ("AppRequests", "AppDependencies", "AppTraces", "AppExceptions", "AppEvents"):
        assert len(ours[name]) == len(theirs[name]) > 0, name
    filled = {name for name in ours if ours[name]}
    wanted = {(table, column) for table, column in listed() if table in filled}
    assert set(differences(ours, theirs)) == wanted
    assert otlp.store.refused == 0
    assert [row["Name"] for row in theirs["AppEvents"]].count(EVENT_NAME) == 4
