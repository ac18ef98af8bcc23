"""What stands where the transport of one attempt would, and sees the attempt through.

Most transports send a request once. One that wraps another may send it again and again, and its client gets
the last answer alone; around such a transport `layers` follows the attempts to where they are made.
"""

from __future__ import annotations

from typing import Any, Final

from opentelemetry import context as context_api

from foundry_telemetry.attach.body import AsyncBody, SyncBody, watch
from foundry_telemetry.attach.connect_timer import AsyncConnectTimer, ConnectTimer, time_connect
from foundry_telemetry.attach.families import FAMILIES
from foundry_telemetry.attach.layers import first_step, through, through_async
from foundry_telemetry.attach.recorder import Recorder

_SEND_ONCE: Final = frozenset(
    ("HTTPTransport", "AsyncHTTPTransport", "MockTransport", "ASGITransport", "WSGITransport")
)
"""The families' own transports; a subclass may do as it likes."""


class Shim:
    """Stands in front of a transport that sends once.

    Args:
        inner: The transport the client chose.
        recorder: Whom to tell.
    """

    __slots__ = ("inner", "recorder")

    def __init__(self, inner: Any, recorder: Recorder) -> None:
        self.inner = inner
        self.recorder = recorder

    def handle_request(self, request: Any) -> Any:
        """Send, as the inner transport does."""
        exchange = self.recorder.begin(request, self.inner)
        if exchange is None:
            return self.inner.handle_request(request)
        time_connect(request, exchange, timer=ConnectTimer)
        token = exchange.attach(request)
        try:
            response = self.inner.handle_request(request)
        except BaseException as error:
            exchange.fail(error)
            raise
        finally:
            if token is not None:
                context_api.detach(token)
        watch(response, exchange, SyncBody)
        return response

    async def handle_async_request(self, request: Any) -> Any:
        """Send, as the inner transport does."""
        exchange = self.recorder.begin(request, self.inner)
        if exchange is None:
            return await self.inner.handle_async_request(request)
        time_connect(request, exchange, timer=AsyncConnectTimer)
        token = exchange.attach(request)
        try:
            response = await self.inner.handle_async_request(request)
        except BaseException as error:
            exchange.fail(error)
            raise
        finally:
            if token is not None:
                context_api.detach(token)
        watch(response, exchange, AsyncBody)
        return response


class LayeredShim(Shim):
    """Stands in front of a transport that may wrap another, and send more than once."""

    __slots__ = ()

    def handle_request(self, request: Any) -> Any:
        """Send, as the inner transport does."""
        step = first_step(self.recorder, self.inner, request, ConnectTimer)
        return through(step, self.inner.handle_request, request)

    async def handle_async_request(self, request: Any) -> Any:
        """Send, as the inner transport does."""
        step = first_step(self.recorder, self.inner, request, AsyncConnectTimer)
        return await through_async(step, self.inner.handle_async_request, request)


def shim_for(transport: Any, recorder: Recorder) -> Shim:
    """The shim that a transport needs."""
    kind = type(transport)
    if kind not in _known_to_send_once and not _sends_once(kind):
        return LayeredShim(transport, recorder)
    return Shim(transport, recorder)


_known_to_send_once: Final[set[type]] = set()


def _sends_once(kind: type) -> bool:
    if kind.__name__ not in _SEND_ONCE or kind.__module__.partition(".")[0] not in FAMILIES:
        return False
    _known_to_send_once.add(kind)
    return True
