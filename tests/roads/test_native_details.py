"""Trace and log lines of a call that came by native OTLP ingestion: those that the Azure exporter brings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import httpx
import pytest
from opentelemetry._logs import SeverityNumber
from opentelemetry.exporter.otlp.proto.common._log_encoder import encode_logs
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

import foundry_telemetry
from foundry_telemetry.kql import compose, files
from foundry_telemetry.kql.parameters import substitute
from foundry_telemetry.local.api.server import LocalAzureMonitor
from foundry_telemetry.testing import FakeFoundry
from tests.roads.conftest import ABOUT, NATIVE, NATIVE_SPANS, post, rows
from tests.support.families import httpx as family

URL: Final = "https://res.services.ai.azure.com/anthropic/v1/messages"
LINES: Final = {SeverityNumber.DEBUG: "reading", SeverityNumber.WARN: "slow", SeverityNumber.FATAL: "down"}

Details = tuple[list[tuple[object, ...]], list[tuple[object, ...]], list[tuple[object, ...]]]


@contextmanager
def _call() -> Iterator[tuple[InMemorySpanExporter, InMemoryLogRecordExporter]]:
    """A call within a request of a service, with log lines beside it."""
    spans, logs = InMemorySpanExporter(), InMemoryLogRecordExporter()
    tracers = TracerProvider(resource=ABOUT, shutdown_on_exit=False)
    tracers.add_span_processor(SimpleSpanProcessor(spans))
    loggers = LoggerProvider(resource=ABOUT, shutdown_on_exit=False)
    loggers.add_log_record_processor(SimpleLogRecordProcessor(logs))
    with FakeFoundry(("ok_json_basic",)) as foundry:
        client = httpx.Client(transport=foundry.transport(family))
        foundry_telemetry.instrument(client, tracer_provider=tracers, logger_provider=loggers)
        request = {"http.request.method": "POST", "http.route": "/orders", "http.response.status_code": 200}
        tracer = tracers.get_tracer("service")
        with client, tracer.start_as_current_span("POST /orders", kind=SpanKind.SERVER, attributes=request):
            client.post(URL, json={"model": "chat", "max_tokens": 9, "messages": []})
            for severity, text in LINES.items():
                loggers.get_logger("shop").emit(severity_number=severity, body=text, observed_timestamp=1)
    yield spans, logs


@pytest.fixture(scope="module")
def details() -> tuple[Details, Details]:
    """By the exporter and by native ingestion: what the panels and the command say of the call."""
    with _call() as (spans, logs):
        found = [
            _details(spans, logs, *paths) for paths in (("/v1/traces", "/v1/logs"), (NATIVE_SPANS, NATIVE))
        ]
    return found[0], found[1]


def _details(
    spans: InMemorySpanExporter, logs: InMemoryLogRecordExporter, of_spans: str, of_logs: str
) -> Details:
    with LocalAzureMonitor(retention_days=36_500) as azure:
        post(azure, of_spans, encode_spans(spans.get_finished_spans()))
        post(azure, of_logs, encode_logs(logs.get_finished_logs()))
        [(call, trace)] = rows(
            azure, f"{compose.view_text()} foundry_attempts | project call_id, OperationId"
        )[1]
        asked = {
            name: substitute(compose.whole(name), {"CallId": str(call)})
            for name in ("call_trace", "call_logs")
        }
        text = files.investigation("trace").replace("{Trace}", str(trace))
        text = text.replace("{Window:start}", "ago(1d)").replace("{Window:end}", "now() + 1d")
        kept = (
            f"{asked['call_trace']} | project span_type, result, service, span_id, parent_id, failed_ms",
            f"{asked['call_logs'].replace('ago(90d)', 'ago(36500d)')} | project level, message, service",
            f"{text} | project what, result, success, service, span, parent, round(duration_ms)",
        )
        one, two, three = (rows(azure, query)[1] for query in kept)
        return one, two, three


@pytest.mark.parametrize("part", range(3))
def test_the_details_of_a_call_are_the_same(part: int, details: tuple[Details, Details]) -> None:
    """Spans, log lines and what `ticket` shows of a trace; the exporter makes names anew."""
    exporter, native = details
    assert native[part] == exporter[part]
    assert len(native[part]) == (3, len(LINES), 2)[part]
