"""The sinks of the application, each a listener of its own."""

from __future__ import annotations

import threading
from typing import ClassVar, Final

from foundry_telemetry.config.options import Sink
from foundry_telemetry.dropped_items import Reason, Signal
from foundry_telemetry.observation import Observation


class _Nesting(threading.local):
    """How many sinks this thread is inside of."""

    depth = 0


_nesting: Final = _Nesting()
_MAX_NESTING: Final = 3
"""A sink may call Claude itself, or log to a handler that does; each call would bring one more."""


class SinkListener:
    """Calls one sink.

    Args:
        sink: Takes the observation.
    """

    signal: ClassVar = Signal.SINKS
    reason: ClassVar = Reason.SINK_ERROR
    is_deferred: ClassVar = True

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    def finished(self, observation: Observation, _: object) -> None:
        """Call it, unless this attempt is one of too many that sinks have made."""
        if _nesting.depth < _MAX_NESTING:
            _nesting.depth += 1
            try:
                self._sink(observation)
            finally:
                _nesting.depth -= 1
