"""The SDK's middleware, the only integration that sees a token provider raise: no request is built then."""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import Any, Final, Unpack
from urllib.parse import urlsplit

from anthropic import APIConnectionError, Middleware

from foundry_telemetry.attribution import current_tags
from foundry_telemetry.disabled import is_disabled
from foundry_telemetry.dropped_items import Signal
from foundry_telemetry.instrumentation import HookOptions, checked, make_tracker
from foundry_telemetry.instrumentation.body import AsyncBody, SyncBody, watch
from foundry_telemetry.instrumentation.calls import Origin
from foundry_telemetry.instrumentation.exception_notes import move_note
from foundry_telemetry.instrumentation.tracked_request import HttpRequest, TrackedRequest
from foundry_telemetry.instrumentation.tracker import MARKER_KEY, RequestMarker
from foundry_telemetry.internal_errors import internal_errors
from foundry_telemetry.wire.exceptions import read_credential_error
from foundry_telemetry.wire.request_matcher import unsent_request

_PROVIDER_CALL: Final = "_get_azure_ad_token"
"""Method of the SDK's Foundry clients that calls the token provider."""


class FoundryMiddleware(Middleware):
    """For ``AnthropicFoundry(middleware=[FoundryMiddleware()])`` and its async twin.

    Args:
        **options: ``tracer_provider``, ``meter_provider``, ``logger_provider``, ``hosts``, ``sinks``,
            ``exception_notes``, ``content`` and ``project_id``, as for `instrument()`, with the same errors.
    """

    def __init__(self, **options: Unpack[HookOptions]) -> None:
        checked("FoundryMiddleware", options)
        self._is_disabled = is_disabled("FoundryMiddleware")
        if not self._is_disabled:
            self._tracker = make_tracker(**options)

    def handle(self, request: Any, call_next: Any) -> Any:
        """See one attempt of a sync client through."""
        if self._is_disabled:
            return call_next(request)
        marker = _marker_of()
        try:
            response = call_next(request)
        except BaseException as error:
            self._failed(request, error, marker)
            raise
        self._answered(response, marker, SyncBody)
        return response

    async def handle_async(self, request: Any, call_next: Any) -> Any:
        """See one attempt of an async client through."""
        if self._is_disabled:
            return await call_next(request)
        marker = _marker_of()
        try:
            response = await call_next(request)
        except BaseException as error:
            self._failed(request, error, marker)
            raise
        self._answered(response, marker, AsyncBody)
        return response

    def _answered(
        self, response: Any, marker: RequestMarker | None, body: type[SyncBody | AsyncBody]
    ) -> None:
        try:
            http_response = response.http_response
            if not _is_taken(http_response.request):
                tracked = self._tracker.begin(http_response.request, marker=marker)
                if tracked is not None:
                    watch(http_response, tracked, body)
        except Exception as error:
            internal_errors.add(error)

    def _failed(self, request: Any, error: BaseException, marker: RequestMarker | None) -> None:
        try:
            if isinstance(error, APIConnectionError):
                self._broke(error, marker)
            elif any(frame == _PROVIDER_CALL for frame in _functions(error.__traceback__)):
                self._not_sent(request, error, marker)
        except Exception as problem:
            internal_errors.add(problem)

    def _broke(self, error: APIConnectionError, marker: RequestMarker | None) -> None:
        """No answer, or a body that broke while the SDK read it; the exception it wraps has which."""
        if not _is_taken(error.request):
            tracked = self._tracker.begin(error.request, marker=marker)
            if tracked is not None:
                tracked.fail(error.__cause__ or error)
                if tracked.binding.failed is not None:
                    move_note(tracked, error)

    def _not_sent(self, request: Any, error: BaseException, marker: RequestMarker | None) -> None:
        wanted = request.json if isinstance(request.json, dict) else {}
        facts = unsent_request(
            method=str(request.method).upper(),
            path=urlsplit(str(request.url)).path,
            model=wanted.get("model"),
            stream=wanted.get("stream"),
            max_tokens=wanted.get("max_tokens"),
            retry_count=request.retries_taken,
        )
        marker = marker or RequestMarker(None)
        tracked = self._tracker.open(Origin(facts, b"", None, marker.context, current_tags()), marker)
        tracked.end("failed", error, failure=read_credential_error(error))


def _marker_of() -> RequestMarker | None:
    """When the attempt began, and where; should even that fail, the time at which it ended has to do."""
    try:
        return RequestMarker(None)
    except Exception as error:
        internal_errors.add(error, Signal.TIMINGS)
        return None


def _is_taken(request: HttpRequest) -> bool:
    """Whether another integration follows this exchange."""
    mark = request.extensions.get(MARKER_KEY)
    return isinstance(mark, TrackedRequest) or (isinstance(mark, RequestMarker) and mark.reported)


def _functions(traceback: TracebackType | None) -> Iterator[str]:
    while traceback is not None:
        yield traceback.tb_frame.f_code.co_name
        traceback = traceback.tb_next
