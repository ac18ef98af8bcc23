"""The tuple of listeners: who wants to know of a finished attempt, in this order.

A further listener is a class like these in a file of its own, and a line here.
"""

from __future__ import annotations

from collections.abc import Iterable

from foundry_telemetry.config.options import Sink
from foundry_telemetry.instrumentation.attempt_collector import AttemptCollector
from foundry_telemetry.instrumentation.exception_notes import ExceptionNotes
from foundry_telemetry.instrumentation.notify import Listener
from foundry_telemetry.instrumentation.sinks import SinkListener
from foundry_telemetry.limits import Limits
from foundry_telemetry.pricing import Price
from foundry_telemetry.signals import Signals


def make_listeners(
    signals: Signals,
    *,
    sinks: Iterable[Sink] = (),
    exception_notes: bool = False,
    content: Listener | None = None,
) -> tuple[Listener, ...]:
    """The listeners of one instrumentation.

    Args:
        signals: Span, metrics and ledger.
        sinks: Of the application.
        exception_notes: Whether notes are put on exceptions.
        content: What keeps requests and answers.
    """
    return (
        Price(),  # first: it completes the observation for all others
        signals.span,
        signals.metrics,
        signals.ledger,
        AttemptCollector(),
        Limits(),
        *((ExceptionNotes(),) if exception_notes else ()),
        *((content,) if content is not None else ()),
        *map(SinkListener, sinks),
    )
