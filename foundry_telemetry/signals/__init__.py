"""Observation → OpenTelemetry: at most one span of ours, metrics, and one ledger event for an attempt."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from opentelemetry._logs import LoggerProvider
from opentelemetry.metrics import MeterProvider
from opentelemetry.trace import TracerProvider

from foundry_telemetry.signals.duplicate_telemetry import doubling
from foundry_telemetry.signals.ledger import Ledger
from foundry_telemetry.signals.metrics import Metrics, recorded_elsewhere
from foundry_telemetry.signals.providers import BY_VARIABLE, check_providers, is_placeholder
from foundry_telemetry.signals.span import CallSpans, SpanBinding, unbound

__all__ = [
    "BY_VARIABLE",
    "Signals",
    "SpanBinding",
    "check_providers",
    "doubling",
    "is_placeholder",
    "make_signals",
    "recorded_elsewhere",
    "unbound",
]


class Signals(NamedTuple):
    """The three signals of one instrumentation, each a listener."""

    span: CallSpans
    metrics: Metrics
    ledger: Ledger


def make_signals(
    tracer_provider: TracerProvider | None = None,
    meter_provider: MeterProvider | None = None,
    logger_provider: LoggerProvider | None = None,
    *,
    on_provider: Callable[[], object] = lambda: None,
) -> Signals:
    """The signals that go to these providers.

    Args:
        tracer_provider: The global one by default; the same for the other two.
        meter_provider: See above.
        logger_provider: See above.
        on_provider: Called once there is a tracer provider, and once there is a logger provider.
    """
    return Signals(
        CallSpans(tracer_provider, on_provider), Metrics(meter_provider), Ledger(logger_provider, on_provider)
    )
