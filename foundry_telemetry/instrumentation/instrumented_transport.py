"""What stands where the transport of one attempt would, and sees the attempt through.

Most transports send a request once. One that wraps another may send it again and again, and its client gets
the last answer alone; below such a transport `layers` follows the attempts to where they are made.
"""

from __future__ import annotations

from typing import Any

from opentelemetry import context as context_api

from foundry_telemetry.instrumentation.body import AsyncBody, SyncBody, watch
from foundry_telemetry.instrumentation.connect_timer import AsyncConnectTimer, ConnectTimer, time_connect
from foundry_telemetry.instrumentation.tracker import Tracker
from foundry_telemetry.instrumentation.transport_layers import arrived


class InstrumentedTransport:
    """Stands in front of the transport.

    Args:
        inner: The transport the client chose.
        tracker: What is notified.
    """

    __slots__ = ("inner", "tracker")

    def __init__(self, inner: Any, tracker: Tracker) -> None:
        self.inner = inner
        self.tracker = tracker

    def handle_request(self, request: Any) -> Any:
        """Send, as the inner transport does."""
        tracked = self.tracker.begin(request, self.inner)
        if tracked is None:
            return self.inner.handle_request(request)
        time_connect(request, tracked, timer=ConnectTimer)
        token = tracked.attach(request)
        tracked.is_on_its_way = True
        try:
            response = self.inner.handle_request(request)
        except BaseException as error:
            tracked.fail(error)
            raise
        finally:
            tracked.is_on_its_way = False
            if token is not None:
                context_api.detach(token)
        if tracked.sending is None:
            watch(response, tracked, SyncBody)
        else:
            arrived(tracked, request, response, SyncBody)
        return response

    async def handle_async_request(self, request: Any) -> Any:
        """Send, as the inner transport does."""
        tracked = self.tracker.begin(request, self.inner)
        if tracked is None:
            return await self.inner.handle_async_request(request)
        time_connect(request, tracked, timer=AsyncConnectTimer)
        token = tracked.attach(request)
        tracked.is_on_its_way = True
        try:
            response = await self.inner.handle_async_request(request)
        except BaseException as error:
            tracked.fail(error)
            raise
        finally:
            tracked.is_on_its_way = False
            if token is not None:
                context_api.detach(token)
        if tracked.sending is None:
            watch(response, tracked, AsyncBody)
        else:
            arrived(tracked, request, response, AsyncBody)
        return response
