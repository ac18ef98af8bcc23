"""How a finished attempt is handed to its listeners: one after the other, each guarded once.

*Listener*: what wants to know of finished attempts. `listeners` has the tuple of them and their order.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Protocol

from foundry_telemetry.dropped_items import Reason, Signal
from foundry_telemetry.internal_errors import internal_errors
from foundry_telemetry.observation import Observation
from foundry_telemetry.signals import SpanBinding


class Listener(Protocol):
    """Wants to know of finished attempts."""

    signal: ClassVar[Signal]
    """What is missing where it fails."""
    reason: ClassVar[Reason]
    """Whose failure that is, unless our own code raised."""
    is_deferred: ClassVar[bool]
    """Whether it may log or call the application, so that it waits while a lock of the SDK is held."""

    def finished(self, observation: Observation, binding: SpanBinding, /) -> None:
        """An attempt is over.

        Args:
            observation: Its facts.
            binding: Its tie to the trace; `binding.context` is that of the span.
        """


def notify(listeners: Iterable[Listener], observation: Observation, binding: SpanBinding) -> None:
    """Hand a finished attempt to its listeners. None keeps it from the others, and none raises."""
    for listener in listeners:
        try:
            listener.finished(observation, binding)
        except Exception as error:
            if listener.is_deferred:
                internal_errors.add(error, listener.signal, listener.reason)
            else:
                internal_errors.add_foreign(error, listener.signal, listener.reason)


def notify_quietly(listeners: Iterable[Listener], observation: Observation, binding: SpanBinding) -> None:
    """The same where a lock of the SDK may be held: what fails is logged with the next attempt."""
    for listener in listeners:
        try:
            listener.finished(observation, binding)
        except Exception as error:
            internal_errors.add_quietly(error, listener.signal)
