"""Attempts as a service records them, and stores that they reached by one road or by several."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from opentelemetry.exporter.otlp.proto.common._log_encoder import encode_logs
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.sdk._logs import LoggerProvider, ReadableLogRecord
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider

import foundry_telemetry
from foundry_telemetry.local.api.server import LocalAzureMonitor
from tests.instrumentation.replay import NO_ANSWER, replay, step_of
from tests.support.collector import through_collector
from tests.support.recorded import cases, request_body, request_headers, url_of
from tests.support.telemetry import fill

START, APART = datetime(2026, 11, 21, 1, tzinfo=UTC), timedelta(minutes=20)
"""When the first attempt ended, and the time from each to the next."""
NATIVE = "/datacollectionRules/dcr-0/streams/opentelemetry_logs/otlp/v1/logs"
NATIVE_SPANS = NATIVE.replace("logs/otlp/v1/logs", "traces/otlp/v1/traces")
ABOUT = Resource(
    {
        "service.name": "orders",
        "service.namespace": "shop",
        "service.version": "1.4.2",
        "service.instance.id": "pod-7",
    }
)
Records = Sequence[ReadableLogRecord]


@pytest.fixture(scope="package")
def records() -> Records:
    """The ledger events of a service that met every recorded answer, and one log line of its own."""
    exporter = InMemoryLogRecordExporter()
    loggers = LoggerProvider(resource=ABOUT, shutdown_on_exit=False)
    loggers.add_log_record_processor(SimpleLogRecordProcessor(exporter))
    tracers = TracerProvider(resource=ABOUT, shutdown_on_exit=False)
    foundry_telemetry.instrument(logger_provider=loggers, tracer_provider=tracers)
    try:
        for case in cases():
            if case["response"] or case["id"] in NO_ANSWER:
                _send(case)
    finally:
        foundry_telemetry.uninstrument()
    loggers.get_logger("app").emit(
        timestamp=1_790_000_000_000_000_000, body="a line with foundry.attempt in it"
    )
    found = exporter.get_finished_logs()
    for number, one in enumerate(found):
        # Whole microseconds, which the Azure exporter does not round.
        one.log_record.timestamp = int((START + number * APART).timestamp()) * 10**9
    return found


def _send(case: dict[str, Any]) -> None:
    with (
        httpx.Client(transport=replay(httpx, [step_of(case)])) as client,
        foundry_telemetry.attribute(case=case["id"]),
    ):
        request = client.build_request(
            case["request"]["method"], url_of(case), headers=request_headers(case), content=request_body(case)
        )
        try:
            for _ in client.send(request, stream=True).iter_raw():
                pass
        except httpx.TransportError:
            pass


def direct(azure: LocalAzureMonitor, sent: Records) -> None:
    """Through the Azure exporter; the local store's own OTLP makes the same rows (`test_otlp_same_rows`)."""
    post(azure, "/v1/logs", encode_logs(sent))


def native(azure: LocalAzureMonitor, sent: Records) -> None:
    """Through Azure's native OTLP ingestion."""
    post(azure, NATIVE, encode_logs(sent))


def collector(azure: LocalAzureMonitor, sent: Records) -> None:
    """Through a Collector as it is by default."""
    fill(azure.store, through_collector(_again(encode_logs(sent))))


def custom_events(azure: LocalAzureMonitor, sent: Records) -> None:
    """Through a Collector with ``custom_events_enabled``."""
    fill(azure.store, through_collector(_again(encode_logs(sent)), custom_events=True))


Road = Callable[[LocalAzureMonitor, Records], None]
ROADS: tuple[Road, ...] = (direct, native, collector, custom_events)


def _again(request: ExportLogsServiceRequest) -> ExportLogsServiceRequest:
    return ExportLogsServiceRequest.FromString(request.SerializeToString())


def post(azure: LocalAzureMonitor, path: str, request: Any) -> None:
    """Post a request of OTLP, all of which must be taken."""
    headers = {"Authorization": f"Bearer {azure.token}", "Content-Type": "application/x-protobuf"}
    answer = httpx.post(azure.url + path, content=request.SerializeToString(), headers=headers)
    assert (answer.status_code, answer.content) == (200, b""), answer.text


@contextmanager
def reached_by(*ways: tuple[Road, Records]) -> Iterator[LocalAzureMonitor]:
    """A local Azure Monitor that records reached, some by each road."""
    with LocalAzureMonitor(retention_days=36_500) as azure:
        for road, sent in ways:
            road(azure, sent)
        yield azure


@pytest.fixture(scope="package")
def monitors(records: Records) -> Iterator[Mapping[Road, LocalAzureMonitor]]:
    """One for each road, which all records reached."""
    with ExitStack() as stack:
        yield {road: stack.enter_context(reached_by((road, records))) for road in ROADS}


def _near(cell: object) -> object:
    """A sum differs in its last digits with the order of its parts."""
    return float(f"{cell:.9g}") if isinstance(cell, float) else cell


def rows(azure: LocalAzureMonitor, text: str) -> tuple[list[str], list[tuple[object, ...]]]:
    """Columns and rows of a query, in an order of their own."""
    answer = azure.query(text)
    found = [tuple(map(_near, row)) for row in answer.rows]
    found.sort(key=lambda row: json.dumps(row, default=str))
    return [name for name, _ in answer.columns], found
