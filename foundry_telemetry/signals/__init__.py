"""Observation → OpenTelemetry: at most one span of ours, metrics, and one ledger event for an attempt."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from opentelemetry._logs import LoggerProvider
from opentelemetry.context import Context
from opentelemetry.metrics import MeterProvider, get_meter, get_meter_provider
from opentelemetry.trace import TracerProvider, get_tracer, get_tracer_provider

from foundry_telemetry.dropped_items import Reason, Signal
from foundry_telemetry.observation import Observation, RequestIds
from foundry_telemetry.schema.value import SCOPE
from foundry_telemetry.signals.duplicate_telemetry import doubling
from foundry_telemetry.signals.ledger import Ledger
from foundry_telemetry.signals.metrics import Metrics, recorded_elsewhere
from foundry_telemetry.signals.open_spans import watch
from foundry_telemetry.signals.providers import BY_VARIABLE, check_providers, is_placeholder
from foundry_telemetry.signals.span import SpanBinding, bind_span, close_span, describe, enrich_early, unbound
from foundry_telemetry.wire.request_matcher import Request

__all__ = [
    "BY_VARIABLE",
    "Signals",
    "SpanBinding",
    "check_providers",
    "doubling",
    "is_placeholder",
    "recorded_elsewhere",
]


class Signals:
    """The three signals of one instrumentation.

    Args:
        tracer_provider: The global one by default; the same for the other two.
        meter_provider: See above.
        logger_provider: See above.
        lose: Counts a failure while the metrics are collected, so under a lock of the SDK, or a span ends.
        before_export: Called when the metrics are collected.
        on_provider: Called once there is a logger provider to take the ledger.
    """

    def __init__(
        self,
        tracer_provider: TracerProvider | None = None,
        meter_provider: MeterProvider | None = None,
        logger_provider: LoggerProvider | None = None,
        *,
        lose: Callable[[Exception, Signal], object] = lambda *_: None,
        before_export: Callable[[], object] = lambda: None,
        on_provider: Callable[[], object] = lambda: None,
    ) -> None:
        self._tracer = get_tracer(SCOPE, tracer_provider=tracer_provider)
        self._tracer_provider = tracer_provider
        self._sees_spans = False
        self._watch_spans()
        self._metrics = Metrics(
            get_meter(SCOPE, meter_provider=meter_provider),
            lambda: meter_provider or get_meter_provider(),
            lose,
            before_export,
        )
        self._ledger = Ledger(logger_provider, on_provider)
        self._lose = lose

    def open(self, request: Request, context: Context, started_ns: int) -> SpanBinding:
        """Find the span of the call, or start one, before the request leaves.

        Args:
            request: What is asked.
            context: The caller's context.
            started_ns: Nanoseconds since the epoch.
        """
        if not self._sees_spans:
            self._watch_spans()
        return bind_span(self._tracer, request, context, started_ns)

    def _watch_spans(self) -> None:
        """Note the spans that others start, once there is a provider to make them."""
        self._sees_spans = watch(self._tracer_provider or get_tracer_provider())

    def _lose_usage(self, error: Exception) -> None:
        """Usage could not be written onto a span that ends, in whatever code of the application ends it."""
        self._lose(error, Signal.TRACES)

    def answered(
        self, binding: SpanBinding, request: Request, ids: RequestIds, tags: Mapping[str, str]
    ) -> None:
        """The headers of a streamed answer are here."""
        enrich_early(binding, request, ids, tags)

    def without_span(self, request: Request, context: Context) -> SpanBinding:
        """A link for an attempt whose span could not be started."""
        return unbound(request, context)

    def close(
        self,
        binding: SpanBinding,
        seen: Observation,
        has_http_span: Callable[[], bool],
        lose: Callable[[Exception, Signal, Reason], object],
    ) -> None:
        """Record a finished attempt. None of the three signals keeps the others from being recorded.

        Args:
            binding: What `open` gave.
            seen: The finished attempt.
            has_http_span: Whether somebody else made a span for this exchange.
            lose: Takes what a signal raises: the error, the signal, and the reason if it is not ours.
        """
        answered = describe(seen)
        try:
            close_span(
                self._tracer, binding, seen, answered, has_http_span=has_http_span, lose=self._lose_usage
            )
        except Exception as error:
            lose(error, Signal.TRACES, Reason.PROCESSOR_ERROR)
        try:
            self._metrics.enqueue(seen, binding)
        except Exception as error:
            lose(error, Signal.METRICS, Reason.INTERNAL_ERROR)
        try:
            self._ledger.emit(seen, binding, answered)
        except Exception as error:
            lose(error, Signal.LOGS, Reason.PROCESSOR_ERROR)
