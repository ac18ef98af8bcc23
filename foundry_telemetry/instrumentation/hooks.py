"""The light integration: public event hooks, for people who put their clients together by hand.

A response hook runs only when a response came. Failures before that are seen through httpcore's ``trace``
request extension; a client over another transport, and a pool timeout, keep theirs to themselves.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

from foundry_telemetry.instrumentation.body import AsyncBody, SyncBody, watch
from foundry_telemetry.instrumentation.families import LeftOut
from foundry_telemetry.instrumentation.tracker import MARKER_KEY, RequestMarker, Tracker, previous_request
from foundry_telemetry.internal_errors import internal_errors
from foundry_telemetry.wire.request_matcher import is_candidate

EventHooks = dict[str, list[Callable[..., Any]]]
"""What ``event_hooks=`` takes."""


class Hooks:
    """The hooks of one tracker. None of them raises: the SDK would retry the call.

    Args:
        tracker: What is notified.
    """

    def __init__(self, tracker: Tracker) -> None:
        self._tracker = tracker

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
            if not is_candidate(request.url.raw_path):
                return
            marker = request.extensions[MARKER_KEY] = RequestMarker(previous_request(request))
            theirs = request.extensions.get("trace")
            if theirs is None or isinstance(theirs, _FailureWatch):
                request.extensions["trace"] = watch_failure(self._tracker, request, marker)
        except Exception as error:
            internal_errors.add(error)

    def _answered(self, response: Any, body: type[SyncBody | AsyncBody]) -> None:
        try:
            request = response.request
            marker = request.extensions.get(MARKER_KEY)
            if not isinstance(marker, RequestMarker):  # not ours, or another integration has it
                return
            tracked = self._tracker.begin(request, marker=marker)
            if tracked is not None:
                watch(response, tracked, body)
        except Exception as error:
            internal_errors.add(error)


class _FailureWatch(LeftOut):
    """httpcore's ``trace`` callback: the exchange failed before any header came.

    Args:
        tracker: What is notified.
        request: The request under way.
        marker: Its mark.
    """

    __slots__ = ("_marker", "_request", "_tracker")

    def __init__(self, tracker: Tracker, request: Any, marker: RequestMarker) -> None:
        self._tracker = tracker
        self._request = weakref.ref(
            request
        )  # which holds this in turn; only the collector could free the two
        self._marker = marker

    def __call__(self, event: str, info: dict[str, Any]) -> Any:
        self._note(event, info)

    def _note(self, event: str, info: dict[str, Any]) -> None:
        """A step failed. Once the headers are here, the mark is the exchange; its body reports the rest."""
        try:
            request = self._request()
            if not event.endswith(".failed") or request is None:
                return
            if request.extensions.get(MARKER_KEY) is not self._marker:
                return
            failure = info["exception"]
            if ".send_request_" in event and type(failure).__name__ == "WriteError":
                return  # httpcore goes on to read what the server may have answered
            tracked = self._tracker.begin(request, marker=self._marker)
            if tracked is not None:
                tracked.fail(failure)
                # httpcore may connect again, and then an answer comes: the next attempt of this call.
                self._marker = request.extensions[MARKER_KEY] = RequestMarker(tracked, reported=True)
        except Exception as error:
            internal_errors.add(error)


class _AsyncFailureWatch(_FailureWatch):
    """The same for the async transports, which insist on a coroutine."""

    __slots__ = ()

    async def __call__(self, event: str, info: dict[str, Any]) -> None:
        self._note(event, info)
