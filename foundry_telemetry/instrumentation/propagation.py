"""What carries the trace context of a call on its request: the propagator that the application has chosen.

*Chosen*: by ``OTEL_PROPAGATORS``, or by ``set_global_textmap()``. Who has chosen nothing has the default of
OpenTelemetry, trace context and baggage; then we send the trace context alone, because what an application
puts into its baggage is none of the model provider's business unless it says so.
"""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from typing import Final

from opentelemetry.context import Context
from opentelemetry.environment_variables import OTEL_PROPAGATORS
from opentelemetry.propagate import get_global_textmap
from opentelemetry.propagators.textmap import TextMapPropagator
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from foundry_telemetry.dropped_items import Signal
from foundry_telemetry.internal_errors import internal_errors

_TRACE_CONTEXT: Final = TraceContextTextMapPropagator()
_OF_DEFAULT: Final = frozenset({"traceparent", "tracestate", "baggage"})
"""What the default of OpenTelemetry writes."""


class _Choice:
    """The propagator in effect, worked out anew when the application sets another one."""

    __slots__ = ("chosen", "of")

    def __init__(self) -> None:
        self.of: TextMapPropagator | None = None
        self.chosen: TextMapPropagator = _TRACE_CONTEXT
        """What writes the headers while `of` is the global one."""

    def make(self, current: TextMapPropagator) -> None:
        """Work it out for a global propagator."""
        is_default = not os.environ.get(OTEL_PROPAGATORS) and current.fields == _OF_DEFAULT
        self.chosen = _TRACE_CONTEXT if is_default else current
        self.of = current


_choice: Final = _Choice()


def inject(headers: MutableMapping[str, str], context: Context, *, again: bool) -> None:
    """Write the trace context of a call onto its request. Never raises.

    Args:
        headers: Of the request.
        context: Of the call.
        again: Whether the request was sent before, so that what stands there may be ours.
    """
    try:
        current = get_global_textmap()
        if current is not _choice.of:
            _choice.make(current)
        propagator = _choice.chosen
        if propagator is _TRACE_CONTEXT:
            propagator.inject(headers, context)
            return
        written: dict[str, str] = {}
        propagator.inject(written, context)
        for name, value in written.items():
            if again or name not in headers:  # what the caller wrote is the caller's
                headers[name] = value
    except Exception as error:  # a propagator of the application
        internal_errors.add(error, Signal.TRACE_CONTEXT)
