"""How long a connection took to make, as httpcore reports it."""

from __future__ import annotations

from collections.abc import Mapping
from time import perf_counter_ns
from typing import Any, Final

from foundry_telemetry.dropped_items import Signal
from foundry_telemetry.instrumentation.families import LeftOut
from foundry_telemetry.instrumentation.tracked_request import TrackedRequest
from foundry_telemetry.internal_errors import internal_errors

_CONNECTED: Final = ".send_request_headers.started"
"""How the first event of a request on its connection ends, of HTTP/1.1 and HTTP/2."""


class ConnectTimer(LeftOut):
    """httpcore's ``trace`` callback: how long a connection took to make, when one was made.

    Once there is a connection it takes itself away: httpcore has ten more events of a plain answer, and two
    for each piece of a stream, and to be notified of one costs as much as to read a delta.
    """

    __slots__ = ("_started_ns", "_tracked")

    def __init__(self, tracked: TrackedRequest) -> None:
        self._tracked = tracked
        self._started_ns = 0

    def __call__(self, event: str, info: Mapping[str, Any]) -> Any:
        """An event of httpcore."""
        self._note(event, info)

    def _note(self, event: str, info: Mapping[str, Any]) -> None:
        """Note an event. Never raises."""
        try:
            if event == "connection.connect_tcp.started":
                self._started_ns = perf_counter_ns()
            elif event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
                self._tracked.attempt.connect_ns = perf_counter_ns() - self._started_ns
            elif event.endswith(_CONNECTED) and "request" in info:
                extensions = info["request"].extensions  # the request's own
                if extensions.get("trace") is self:
                    del extensions["trace"]
        except Exception as error:
            internal_errors.add(error, Signal.TIMINGS)


class AsyncConnectTimer(ConnectTimer):
    """The same for the async transports, which insist on a coroutine."""

    __slots__ = ()

    async def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        """An event of httpcore."""
        self._note(event, info)


def time_connect(request: Any, tracked: TrackedRequest, *, timer: type[ConnectTimer]) -> None:
    """Ask for connect times, unless the user has a ``trace`` callback there. Never raises."""
    try:
        theirs = request.extensions.get("trace")
        if theirs is None or isinstance(theirs, ConnectTimer):
            request.extensions["trace"] = timer(tracked)
    except Exception as error:
        internal_errors.add(error, Signal.TIMINGS)
