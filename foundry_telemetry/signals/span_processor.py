"""The span processor that notes spans as they start; apart, for it alone needs the SDK to be imported."""

from __future__ import annotations

from opentelemetry.context import Context
from opentelemetry.sdk.trace import Span, SpanProcessor

from foundry_telemetry.signals.open_spans import started


class SpanWatch(SpanProcessor):
    """Notes each span of a provider. Never raises, and keeps and changes none."""

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:  # noqa: ARG002
        """A span starts, in the task that goes on to make the call."""
        try:  # noqa: SIM105 - `suppress` costs more, and this runs for every span of the process
            started(span)
        except Exception:
            pass
