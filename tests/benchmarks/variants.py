"""The set-ups that are compared: nothing, the SDK's own spans, other instrumentation, and us."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor, LogRecordExporter, LogRecordExportResult
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricExporter, MetricExportResult, PeriodicExportingMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

NEVER_MS = 3_600_000
"""Batches leave when they are full or flushed, not by the clock: an hour."""


class NotBuiltError(Exception):
    """The variant needs something that is not here; the message says what."""


class DropSpans(SpanExporter):
    """Counts spans and drops them."""

    count = 0

    def export(self, spans: Any) -> SpanExportResult:
        """Drop."""
        self.count += len(spans)
        return SpanExportResult.SUCCESS


class DropLogs(LogRecordExporter):
    """Counts log records and drops them."""

    count = 0

    def export(self, batch: Any) -> LogRecordExportResult:
        """Drop."""
        self.count += len(batch)
        return LogRecordExportResult.SUCCESS

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        """Nothing is held."""
        return True

    def shutdown(self) -> None:
        """Nothing is held."""


class DropMetrics(MetricExporter):
    """Keeps the count of records of each histogram and the value of each sum, and drops the rest."""

    def __init__(self) -> None:
        super().__init__()
        self.totals: dict[str, float] = {}

    def export(self, metrics_data: Any, timeout_millis: float = 10_000, **_: object) -> MetricExportResult:
        """Drop."""
        for resource in metrics_data.resource_metrics:
            for metric in (metric for scope in resource.scope_metrics for metric in scope.metrics):
                points = metric.data.data_points
                self.totals[metric.name] = sum(
                    getattr(point, "count", None) or point.value for point in points
                )
        return MetricExportResult.SUCCESS

    def force_flush(self, timeout_millis: float = 10_000) -> bool:
        """Nothing is held."""
        return True

    def shutdown(self, timeout_millis: float = 30_000, **_: object) -> None:
        """Nothing is held."""


@dataclass
class Telemetry:
    """Providers of the real SDK, in batches, with exporters that drop."""

    spans: DropSpans = field(default_factory=DropSpans)
    logs: DropLogs = field(default_factory=DropLogs)
    metrics: DropMetrics = field(default_factory=DropMetrics)

    def __post_init__(self) -> None:
        self.tracer_provider = TracerProvider(shutdown_on_exit=False)
        self.tracer_provider.add_span_processor(
            BatchSpanProcessor(self.spans, schedule_delay_millis=NEVER_MS)
        )
        self.logger_provider = LoggerProvider(shutdown_on_exit=False)
        self.logger_provider.add_log_record_processor(
            BatchLogRecordProcessor(self.logs, schedule_delay_millis=NEVER_MS)
        )
        reader = PeriodicExportingMetricReader(self.metrics, export_interval_millis=NEVER_MS)
        self.meter_provider = MeterProvider([reader], shutdown_on_exit=False)

    @property
    def providers(self) -> dict[str, Any]:
        """Keywords that `instrument()` and the instrumentors share."""
        return {
            "tracer_provider": self.tracer_provider,
            "meter_provider": self.meter_provider,
            "logger_provider": self.logger_provider,
        }

    def flush(self) -> None:
        """Export what is queued. Metrics leave once in a period, not once in a call, so they stay."""
        self.tracer_provider.force_flush()
        self.logger_provider.force_flush()


@dataclass(frozen=True)
class Variant:
    """One comparison: what is added when `install` has run, or when the SDK's own spans are on."""

    install: Callable[[Telemetry, Iterable[Any]], object] | None = None
    prepare: Callable[[Telemetry], object] | None = None
    """What is there before too."""
    native_before: bool = False
    native_after: bool = False
    expects: tuple[str, ...] = ("spans",)
    """Signals without which the variant is not doing its work: `spans`, `logs`."""
    workloads: tuple[str, ...] = ("sync-*", "async-small")
    """Patterns of the names of the workloads that it is measured with."""


def _ours(telemetry: Telemetry, clients: Iterable[Any]) -> None:
    import foundry_telemetry

    # Absent, not broken: an ImportError from below is not swallowed.
    if not hasattr(foundry_telemetry, "instrument"):
        raise NotBuiltError("foundry_telemetry has no instrument()")
    foundry_telemetry.instrument(**telemetry.providers)


def _without_money(telemetry: Telemetry) -> None:
    from foundry_telemetry.pricing import Price

    Price.priced = Price.finished
    Price.finished = lambda *_: None
    _ours(telemetry, ())


def _money(telemetry: Telemetry, clients: Iterable[Any]) -> None:
    from foundry_telemetry import attribute
    from foundry_telemetry.pricing import Price

    Price.finished = Price.priced
    tagged = attribute(tenant="acme", feature="search")
    for client in clients:
        client.send = tagged(client.send)


def _content(telemetry: Telemetry, clients: Iterable[Any]) -> None:
    """What a call pays for its content; redaction, in a thread of its own, is measured by `redaction`."""
    import foundry_telemetry
    from foundry_telemetry.content import ContentPolicy
    from foundry_telemetry.content.pipeline import ContentPipeline

    ContentPipeline._start = lambda _: None  # type: ignore[method-assign]
    foundry_telemetry.instrument(**telemetry.providers, content=ContentPolicy())


def _official(telemetry: Telemetry, clients: Iterable[Any]) -> None:
    from opentelemetry.instrumentation.genai.anthropic import AnthropicInstrumentor

    AnthropicInstrumentor().instrument(**telemetry.providers)


def _httpx2(telemetry: Telemetry, clients: Iterable[Any]) -> None:
    from opentelemetry.instrumentation.httpx import HTTPX2ClientInstrumentor

    # Not `instrument()`: it patches the transports that open sockets, and there are none here.
    for client in clients:
        HTTPX2ClientInstrumentor.instrument_client(
            client, tracer_provider=telemetry.tracer_provider, meter_provider=telemetry.meter_provider
        )


VARIANTS = {
    "ours": Variant(_ours, expects=("spans", "logs"), workloads=("*",)),
    "ours_on_native": Variant(
        _ours,
        native_before=True,
        native_after=True,
        expects=("spans", "logs"),
        workloads=("sync-*", "async-*"),
    ),
    # What prices and two tags add to a call that is recorded without them.
    "money": Variant(_money, prepare=_without_money, expects=("spans", "logs"), workloads=("*-small",)),
    # What request and response logs add to a call that is recorded without them.
    "content": Variant(
        _content,
        prepare=lambda telemetry: _ours(telemetry, ()),
        expects=("spans", "logs"),
        workloads=("*-small", "*-s50", "*-s500"),
    ),
    "native": Variant(native_after=True, workloads=("sync-*", "async-*")),
    "official": Variant(_official),
    "otel_httpx2": Variant(_httpx2),
    # Installs nothing: what it finds is the error of the method.
    "control": Variant(expects=(), workloads=("*",)),
}
