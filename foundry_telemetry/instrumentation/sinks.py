"""Whoever else wants to know of a finished attempt: budgets, and the sinks of the application."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Final

from foundry_telemetry.config.options import Sink
from foundry_telemetry.dropped_items import Reason, Signal
from foundry_telemetry.internal_errors import internal_errors
from foundry_telemetry.limits import budgets
from foundry_telemetry.observation import Observation


class _Nesting(threading.local):
    """How many sinks this thread is inside of."""

    depth = 0


_nesting: Final = _Nesting()
_MAX_NESTING: Final = 3
"""A sink may call Claude itself, or log to a handler that does; each call would bring one more."""


def notify(sinks: Iterable[Sink], seen: Observation) -> None:
    """Let budgets and sinks know. Never raises."""
    try:
        budgets.spend(seen)
    except Exception as error:
        internal_errors.add(error, Signal.BUDGETS)
    if sinks and _nesting.depth < _MAX_NESTING:
        _nesting.depth += 1
        try:
            for sink in sinks:
                _try(sink, seen)
        finally:
            _nesting.depth -= 1


def _try(sink: Sink, seen: Observation) -> None:
    try:
        sink(seen)
    except Exception as error:
        internal_errors.add(error, Signal.SINKS, Reason.SINK_ERROR)
