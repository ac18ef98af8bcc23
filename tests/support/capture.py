"""The real SDK with exporters that keep everything in memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from foundry_telemetry import Observation


@dataclass
class Capture:
    """Three providers of the real SDK, and what came out of them."""

    span_exporter: InMemorySpanExporter = field(default_factory=InMemorySpanExporter)
    log_exporter: InMemoryLogRecordExporter = field(default_factory=InMemoryLogRecordExporter)
    reader: InMemoryMetricReader = field(default_factory=InMemoryMetricReader)
    observations: list[Observation] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.tracer_provider = TracerProvider(shutdown_on_exit=False)
        self.tracer_provider.add_span_processor(SimpleSpanProcessor(self.span_exporter))
        self.logger_provider = LoggerProvider(shutdown_on_exit=False)
        self.logger_provider.add_log_record_processor(SimpleLogRecordProcessor(self.log_exporter))
        self.meter_provider = MeterProvider([self.reader], shutdown_on_exit=False)

    @property
    def options(self) -> dict[str, Any]:
        """Keywords for `instrument()`: our providers, loopback hosts, and a sink that keeps observations."""
        return {
            "tracer_provider": self.tracer_provider,
            "meter_provider": self.meter_provider,
            "logger_provider": self.logger_provider,
            "hosts": ("127.0.0.1", "localhost"),
            "sinks": (self.observations.append,),
        }

    @property
    def spans(self) -> list[ReadableSpan]:
        """Finished spans, in the order they ended."""
        return list(self.span_exporter.get_finished_spans())

    @property
    def ledger(self) -> list[dict[str, Any]]:
        """Attributes of each `foundry.attempt` record, in order."""
        return [
            dict(item.log_record.attributes or {})
            for item in self.log_exporter.get_finished_logs()
            if item.log_record.event_name == "foundry.attempt"
        ]

    def points(self) -> dict[str, list[Any]]:
        """Data points of each metric, by name. Collecting is cumulative; ask once at the end of a test."""
        data = self.reader.get_metrics_data()
        if data is None:
            return {}
        return {
            metric.name: list(metric.data.data_points)
            for resource in data.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }

    def everything(self) -> str:
        """All that was recorded, as one text, to search for canaries."""
        parts = [span.to_json() for span in self.spans]
        parts += [repr(record.log_record.__dict__) for record in self.log_exporter.get_finished_logs()]
        parts += [repr(self.points()), repr(self.observations)]
        return "\n".join(parts)
