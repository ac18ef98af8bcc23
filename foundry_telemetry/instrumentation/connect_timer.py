"""How long a connection took to make, as httpcore tells it."""

from __future__ import annotations

from time import perf_counter_ns
from typing import Any

from foundry_telemetry.dropped_items import Signal
from foundry_telemetry.instrumentation.families import LeftOut
from foundry_telemetry.instrumentation.tracked_request import TrackedRequest
from foundry_telemetry.internal_errors import internal_errors


class ConnectTimer(LeftOut):
    """httpcore's ``trace`` callback: how long a connection took to make, when one was made."""

    __slots__ = ("_started_ns", "_tracked")

    def __init__(self, tracked: TrackedRequest) -> None:
        self._tracked = tracked
        self._started_ns = 0

    def __call__(self, event: str, _: object) -> Any:
        """An event of httpcore."""
        self._note(event)

    def _note(self, event: str) -> None:
        """Note an event. Never raises."""
        try:
            if event == "connection.connect_tcp.started":
                self._started_ns = perf_counter_ns()
            elif event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
                self._tracked.attempt.connect_ns = perf_counter_ns() - self._started_ns
        except Exception as error:
            internal_errors.add(error, Signal.TIMINGS)


class AsyncConnectTimer(ConnectTimer):
    """The same for the async transports, which insist on a coroutine."""

    __slots__ = ()

    async def __call__(self, event: str, _: object) -> None:
        """An event of httpcore."""
        self._note(event)


def time_connect(request: Any, tracked: TrackedRequest, *, timer: type[ConnectTimer]) -> None:
    """Ask for connect times, unless the user has a ``trace`` callback there. Never raises."""
    try:
        theirs = request.extensions.get("trace")
        if theirs is None or isinstance(theirs, ConnectTimer):
            request.extensions["trace"] = timer(tracked)
    except Exception as error:
        internal_errors.add(error, Signal.TIMINGS)
