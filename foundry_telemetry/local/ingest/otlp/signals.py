"""The three signals: their paths, their messages, and what each is called in JSON. Data, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from opentelemetry.proto.trace.v1.trace_pb2 import Span


@dataclass(frozen=True)
class Signal:
    """What differs from one signal to the next."""

    path: str
    """Of the endpoint."""
    groups: str
    """The list of resources in JSON."""
    scopes: str
    """The list of scopes in each."""
    items: str
    """The list of spans, log records or metrics in each of those."""
    item: type[Any]
    """The message of one of them."""
    response: type[Any]
    """The message of an answer of 200."""
    rejected: str
    """Its field that counts what was refused."""
    is_native: bool = False
    """Whether its rows are those of native OTLP ingestion, and not those of the Azure exporter."""


TRACES: Final = Signal(
    "/v1/traces",
    "resourceSpans",
    "scopeSpans",
    "spans",
    Span,
    ExportTraceServiceResponse,
    "rejected_spans",
)
LOGS: Final = Signal(
    "/v1/logs",
    "resourceLogs",
    "scopeLogs",
    "logRecords",
    LogRecord,
    ExportLogsServiceResponse,
    "rejected_log_records",
)
METRICS: Final = Signal(
    "/v1/metrics",
    "resourceMetrics",
    "scopeMetrics",
    "metrics",
    Metric,
    ExportMetricsServiceResponse,
    "rejected_data_points",
)

_NATIVE: Final = "/datacollectionRules/{rule}/streams/{stream}/otlp"

NATIVE_LOGS: Final = replace(LOGS, path=f"{_NATIVE}{LOGS.path}", is_native=True)
"""As Azure's native OTLP ingestion takes them, by a data collection rule, into tables of its own."""

NATIVE_TRACES: Final = replace(TRACES, path=f"{_NATIVE}{TRACES.path}", is_native=True)
"""The same."""

SIGNALS: Final = {signal.path: signal for signal in (TRACES, LOGS, METRICS, NATIVE_LOGS, NATIVE_TRACES)}
"""By path."""
