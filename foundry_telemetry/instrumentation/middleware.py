"""The SDK's own door, and the only one that sees a token provider raise: then no request is ever built."""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import Any, Final, Unpack
from urllib.parse import urlsplit

from anthropic import APIConnectionError, Middleware

from foundry_telemetry.attribution import current_tags
from foundry_telemetry.dropped_items import Signal
from foundry_telemetry.instrumentation import HookOptions, checked, make_recorder
from foundry_telemetry.instrumentation.body import AsyncBody, SyncBody, watch
from foundry_telemetry.instrumentation.calls import Origin
from foundry_telemetry.instrumentation.internal_errors import losses
from foundry_telemetry.instrumentation.tracked_request import Exchange, HttpRequest
from foundry_telemetry.instrumentation.tracker import MARK, Sent
from foundry_telemetry.wire.exceptions import read_credential_error
from foundry_telemetry.wire.request_matcher import unsent_request

_PROVIDER_CALL: Final = "_get_azure_ad_token"
"""Method of the SDK's Foundry clients that calls the token provider."""


class FoundryMiddleware(Middleware):
    """For ``AnthropicFoundry(middleware=[FoundryMiddleware()])`` and its async twin.

    Args:
        **options: ``tracer_provider``, ``meter_provider``, ``logger_provider``, ``hosts``, ``sinks`` and
            ``exception_notes``, as for `instrument()`, with the same errors.
    """

    def __init__(self, **options: Unpack[HookOptions]) -> None:
        self._recorder = make_recorder(**checked("FoundryMiddleware", options))

    def handle(self, request: Any, call_next: Any) -> Any:
        """See one attempt of a sync client through."""
        sent = _mark()
        try:
            response = call_next(request)
        except BaseException as error:
            self._failed(request, error, sent)
            raise
        self._answered(response, sent, SyncBody)
        return response

    async def handle_async(self, request: Any, call_next: Any) -> Any:
        """See one attempt of an async client through."""
        sent = _mark()
        try:
            response = await call_next(request)
        except BaseException as error:
            self._failed(request, error, sent)
            raise
        self._answered(response, sent, AsyncBody)
        return response

    def _answered(self, response: Any, sent: Sent | None, body: type[SyncBody | AsyncBody]) -> None:
        try:
            http_response = response.http_response
            if not _is_taken(http_response.request):
                exchange = self._recorder.begin(http_response.request, sent=sent)
                if exchange is not None:
                    watch(http_response, exchange, body)
        except Exception as error:
            losses.add(error)

    def _failed(self, request: Any, error: BaseException, sent: Sent | None) -> None:
        try:
            if isinstance(error, APIConnectionError):
                self._broke(error, sent)
            elif any(frame == _PROVIDER_CALL for frame in _functions(error.__traceback__)):
                self._not_sent(request, error, sent)
        except Exception as problem:
            losses.add(problem)

    def _broke(self, error: APIConnectionError, sent: Sent | None) -> None:
        """No answer, or a body that broke while the SDK read it; the exception it wraps tells which."""
        if not _is_taken(error.request):
            exchange = self._recorder.begin(error.request, sent=sent)
            if exchange is not None:
                exchange.fail(error.__cause__ or error)
                exchange.passed_by(error)

    def _not_sent(self, request: Any, error: BaseException, sent: Sent | None) -> None:
        wanted = request.json if isinstance(request.json, dict) else {}
        facts = unsent_request(
            method=str(request.method).upper(),
            path=urlsplit(str(request.url)).path,
            model=wanted.get("model"),
            stream=wanted.get("stream"),
            max_tokens=wanted.get("max_tokens"),
            retry_count=request.retries_taken,
        )
        sent = sent or Sent(None)
        exchange = self._recorder.open(Origin(facts, b"", None, sent.context, current_tags()), sent)
        exchange.end("failed", error, failure=read_credential_error(error))


def _mark() -> Sent | None:
    """When the attempt began, and where; should even that fail, the time at which it ended has to do."""
    try:
        return Sent(None)
    except Exception as error:
        losses.add(error, Signal.TIMINGS)
        return None


def _is_taken(request: HttpRequest) -> bool:
    """Whether another door follows this exchange."""
    mark = request.extensions.get(MARK)
    return isinstance(mark, Exchange) or (isinstance(mark, Sent) and mark.told)


def _functions(traceback: TracebackType | None) -> Iterator[str]:
    while traceback is not None:
        yield traceback.tb_frame.f_code.co_name
        traceback = traceback.tb_next
