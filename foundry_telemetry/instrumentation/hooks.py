"""The light door: public event hooks, for people who put their clients together by hand.

A response hook runs only when a response came. Failures before that are seen through httpcore's ``trace``
request extension; a client over another transport, and a pool timeout, keep theirs to themselves.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

from foundry_telemetry.instrumentation.body import AsyncBody, SyncBody, watch
from foundry_telemetry.instrumentation.families import LeftOut
from foundry_telemetry.instrumentation.internal_errors import losses
from foundry_telemetry.instrumentation.tracker import MARK, Recorder, Sent, previous_exchange
from foundry_telemetry.wire.request_matcher import may_concern_us

EventHooks = dict[str, list[Callable[..., Any]]]
"""What ``event_hooks=`` takes."""


class Hooks:
    """The hooks of one recorder. None of them raises: the SDK would retry the call.

    Args:
        recorder: Whom to tell.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def sync_hooks(self) -> EventHooks:
        """For ``httpx.Client(event_hooks=...)`` and its httpx2 twin."""
        return {"request": [self.on_request], "response": [self.on_response]}

    def async_hooks(self) -> EventHooks:
        """For the async clients, which call a plain function and then fail on its ``None``."""
        return {"request": [self.on_async_request], "response": [self.on_async_response]}

    def on_request(self, request: Any) -> None:
        """A request is about to leave."""
        self._leaves(request, _FailureWatch)

    def on_response(self, response: Any) -> None:
        """The response headers are here."""
        self._answered(response, SyncBody)

    async def on_async_request(self, request: Any) -> None:
        """A request is about to leave."""
        self._leaves(request, _AsyncFailureWatch)

    async def on_async_response(self, response: Any) -> None:
        """The response headers are here."""
        self._answered(response, AsyncBody)

    def _leaves(self, request: Any, watch_failure: type[_FailureWatch]) -> None:
        try:
            if not may_concern_us(request.url.raw_path):
                return
            sent = request.extensions[MARK] = Sent(previous_exchange(request))
            theirs = request.extensions.get("trace")
            if theirs is None or isinstance(theirs, _FailureWatch):
                request.extensions["trace"] = watch_failure(self._recorder, request, sent)
        except Exception as error:
            losses.add(error)

    def _answered(self, response: Any, body: type[SyncBody | AsyncBody]) -> None:
        try:
            request = response.request
            sent = request.extensions.get(MARK)
            if not isinstance(sent, Sent):  # not ours, or another door has taken the exchange
                return
            exchange = self._recorder.begin(request, sent=sent)
            if exchange is not None:
                watch(response, exchange, body)
        except Exception as error:
            losses.add(error)


class _FailureWatch(LeftOut):
    """httpcore's ``trace`` callback: the exchange failed before any header came.

    Args:
        recorder: Whom to tell.
        request: The request under way.
        sent: Its mark.
    """

    __slots__ = ("_recorder", "_request", "_sent")

    def __init__(self, recorder: Recorder, request: Any, sent: Sent) -> None:
        self._recorder = recorder
        self._request = weakref.ref(
            request
        )  # which holds this in turn; only the collector could free the two
        self._sent = sent

    def __call__(self, event: str, info: dict[str, Any]) -> Any:
        self._note(event, info)

    def _note(self, event: str, info: dict[str, Any]) -> None:
        """A step failed. Once the headers are here, the mark is the exchange, and its body tells the rest."""
        try:
            request = self._request()
            if not event.endswith(".failed") or request is None:
                return
            if request.extensions.get(MARK) is not self._sent:
                return
            failure = info["exception"]
            if ".send_request_" in event and type(failure).__name__ == "WriteError":
                return  # httpcore goes on to read what the server may have answered
            exchange = self._recorder.begin(request, sent=self._sent)
            if exchange is not None:
                exchange.fail(failure)
                # httpcore may connect again, and then an answer comes: the next attempt of this call.
                self._sent = request.extensions[MARK] = Sent(exchange, told=True)
        except Exception as error:
            losses.add(error)


class _AsyncFailureWatch(_FailureWatch):
    """The same for the async transports, which insist on a coroutine."""

    __slots__ = ()

    async def __call__(self, event: str, info: dict[str, Any]) -> None:
        self._note(event, info)
