"""All that the library records of calls, kept in memory: providers of a test's own, never the global ones."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final

from msgspec import Struct
from opentelemetry.sdk._logs import LoggerProvider, ReadableLogRecord
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_ON

from foundry_telemetry.abandoned_bodies import flush_abandoned_bodies
from foundry_telemetry.dropped_items import Reason, Signal
from foundry_telemetry.instrumentation.sinks import SinkListener
from foundry_telemetry.observation import Observation
from foundry_telemetry.schema.value import EVENT_NAME
from foundry_telemetry.signals import SpanBinding, make_signals
from foundry_telemetry.testing.kit.clock import CountingSpanIds

_LOGGER: Final = "foundry_telemetry"


class Point(Struct, frozen=True, kw_only=True):
    """One data point of a metric."""

    value: float
    """Of a counter or a gauge; of a histogram the sum."""
    count: int | None = None
    """Of a histogram: how many values."""
    attributes: Mapping[str, Any]


class Capture:
    """Three providers with exporters in memory, and what was recorded by them."""

    def __init__(self) -> None:
        resource = Resource.get_empty()
        self._spans = InMemorySpanExporter()
        self._records = InMemoryLogRecordExporter()  # type: ignore[no-untyped-call]
        self._reader = InMemoryMetricReader()
        # Whoever opened a trace around the call may have sampled it out; a test wants the span still.
        tracers = TracerProvider(
            sampler=ALWAYS_ON, resource=resource, shutdown_on_exit=False, id_generator=CountingSpanIds()
        )
        tracers.add_span_processor(SimpleSpanProcessor(self._spans))
        loggers = LoggerProvider(resource=resource, shutdown_on_exit=False)
        loggers.add_log_record_processor(SimpleLogRecordProcessor(self._records))
        meters = MeterProvider([self._reader], resource=resource, shutdown_on_exit=False)
        self._owners: list[ReadableSpan] = []
        self._attempts: list[Observation] = []
        self._handler = _Lines()
        self.signals = make_signals(tracers, meters, loggers)
        self.listeners = (_OwnerSpans(self._owners.append), SinkListener(self._attempts.append))
        """What keeps the rest."""

    @property
    def attempts(self) -> tuple[Observation, ...]:
        """Finished attempts in the order they ended."""
        flush_abandoned_bodies()
        return tuple(self._attempts)

    @property
    def spans(self) -> tuple[ReadableSpan, ...]:
        """Spans of ours, and those of others that we wrote onto."""
        flush_abandoned_bodies()
        owners = {id(span): span for span in self._owners}
        return (*self._spans.get_finished_spans(), *owners.values())

    @property
    def records(self) -> tuple[ReadableLogRecord, ...]:
        """Log records of OpenTelemetry."""
        flush_abandoned_bodies()
        return tuple(self._records.get_finished_logs())

    @property
    def ledger(self) -> list[dict[str, Any]]:
        """Fields of each ledger event."""
        records = (item.log_record for item in self.records)
        return [dict(record.attributes or {}) for record in records if record.event_name == EVENT_NAME]

    @property
    def metrics(self) -> dict[str, list[Point]]:
        """Data points by the name of the metric, counted since the test began."""
        data = self._reader.get_metrics_data()
        found: dict[str, list[Point]] = {}
        for resource in data.resource_metrics if data is not None else ():
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    found.setdefault(metric.name, []).extend(map(_point, metric.data.data_points))
        return found

    @property
    def lines(self) -> tuple[str, ...]:
        """What the library itself logged."""
        return tuple(self._handler.lines)

    def listen(self) -> None:
        """Begin to keep what the library logs."""
        logging.getLogger(_LOGGER).addHandler(self._handler)

    def leave(self) -> None:
        """Keep it no longer."""
        logging.getLogger(_LOGGER).removeHandler(self._handler)


class _OwnerSpans:
    """Keeps the spans of others that ours has written onto."""

    signal: ClassVar = Signal.TRACES
    reason: ClassVar = Reason.INTERNAL_ERROR
    is_deferred: ClassVar = False

    def __init__(self, keep: Callable[[ReadableSpan], None]) -> None:
        self._keep = keep

    def finished(self, _: Observation, binding: SpanBinding) -> None:
        """Keep the owner's span."""
        span: object = binding.span
        if not binding.ours and isinstance(span, ReadableSpan):
            self._keep(span)


class _Lines(logging.Handler):
    """Keeps the text of log records."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def _point(point: Any) -> Point:
    attributes = dict(point.attributes or {})
    if hasattr(point, "bucket_counts") or hasattr(point, "count"):
        return Point(value=point.sum, count=point.count, attributes=attributes)
    return Point(value=point.value, attributes=attributes)
