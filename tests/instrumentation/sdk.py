"""The real SDK behind one face, sync and async, over a transport or a server of the test."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import anthropic
import pytest
from anthropic import AnthropicFoundry, AsyncAnthropicFoundry, Omit

import foundry_telemetry
from foundry_telemetry.instrumentation import FoundryMiddleware
from tests.instrumentation.replay import Step, replay
from tests.support.capture import Capture
from tests.support.families import sdk_has_spans, sdk_httpx, settle
from tests.support.recorded import token_of

MESSAGE = {
    "model": "claude-sonnet-5-5",
    "max_tokens": 64,
    "messages": [{"role": "user", "content": "CANARY-PROMPT"}],
}
"""What is asked where it does not matter."""

FORMS = ("create", "create_stream", "stream", "count_tokens")
"""The calls of the SDK that reach Foundry."""

KEY_HEADERS = ("x-api-key", "api-key", "ocp-apim-subscription-key")


def make_client(
    is_async: bool,
    *,
    steps: Sequence[Step] | None = None,
    transport: Any = None,
    event_hooks: Any = None,
    **options: Any,
) -> Any:
    """A client of the SDK on a transport that plays `steps`, on `transport`, or on one of its own."""
    if not sdk_has_spans and options.pop("open_telemetry", False):
        pytest.skip("the installed anthropic opens no spans of its own")
    kind: Any = sdk_httpx.AsyncClient if is_async else sdk_httpx.Client
    if steps is not None:
        transport = replay(sdk_httpx, steps)
    http_client = kind(
        transport=transport, verify=False, trust_env=False, event_hooks=event_hooks, follow_redirects=True
    )
    if "azure_ad_token_provider" not in options:
        options.setdefault("api_key", "CANARY-API-KEY")
    options.setdefault("base_url", "https://example-resource.services.ai.azure.com/anthropic")
    client: Any = AsyncAnthropicFoundry if is_async else AnthropicFoundry
    return client(http_client=http_client, **options)


def client_for(case: dict[str, Any], is_async: bool, **options: Any) -> Any:
    """A client that sends what the case recorded."""
    request = case["request"]
    url = f"{request['scheme']}://{request['host']}{request['path']}".partition("?")[0]
    headers: dict[str, Any] = {}
    if request["auth"]["mode"] == "entra":
        token = token_of(case) or "CANARY-OPAQUE-TOKEN"
        options.setdefault("azure_ad_token_provider", lambda: token)
    else:
        recorded = dict(request["headers"])
        options["api_key"] = recorded.get("x-api-key", "CANARY-API-KEY")
        headers = {name: recorded.get(name, Omit()) for name in KEY_HEADERS}
    if request["auth"]["mode"] == "none":  # the SDK always sends a credential
        options["event_hooks"] = {"request": [_without_credential_async if is_async else _without_credential]}
    return make_client(
        is_async,
        base_url=url.removesuffix("/count_tokens").removesuffix("/v1/messages"),
        default_headers=headers,
        **options,
    )


def _without_credential(request: Any) -> None:
    for name in KEY_HEADERS:
        request.headers.pop(name, None)


async def _without_credential_async(request: Any) -> None:
    _without_credential(request)


def middleware_of(capture: Capture, **options: Any) -> FoundryMiddleware:
    """The middleware, recording into `capture`."""
    return FoundryMiddleware(**{**capture.options, **options})


def hooks_of(capture: Capture, is_async: bool, **options: Any) -> Any:
    """The public hooks, recording into `capture`."""
    make = foundry_telemetry.async_event_hooks if is_async else foundry_telemetry.event_hooks
    return make(**capture.options, **options)


async def call(client: Any, form: str = "create", *, beta: bool = False, **wanted: Any) -> Any:
    """Make one call in one of `FORMS` and read its answer to the end."""
    messages = client.beta.messages if beta else client.messages
    if form == "count_tokens":
        asked = {**MESSAGE, **wanted}
        asked.pop("max_tokens")
        return await settle(messages.count_tokens(**asked))
    asked = {**MESSAGE, **wanted}
    asked.pop("stream", None)
    if form == "create":
        return await settle(messages.create(**asked))
    if form == "create_stream":
        return await _read(await settle(messages.create(stream=True, **asked)))
    manager = messages.stream(**asked)
    if hasattr(manager, "__aenter__"):
        async with manager as events:
            return await _read(events)
    with manager as events:
        return await _read(events)


async def _read(events: Any) -> Any:
    if hasattr(events, "__anext__") or hasattr(type(events), "__aiter__"):
        return [event async for event in events]
    return list(events)


async def close(client: Any) -> None:
    """Close the client."""
    await settle(client.close())


def caught(error: BaseException | None) -> str | None:
    """The exception in the words of the recordings."""
    if error is None:
        return None
    module, name = type(error).__module__.partition(".")[0], type(error).__name__
    return name if module == "anthropic" else f"{module}.{name} (not wrapped)"


def as_raised(recorded: str | None) -> str | None:
    """The recordings' name of an exception in the words of the installed SDK; those before 2.0 have fewer."""
    if recorded is None:
        return None
    recorded = recorded.replace("httpx2.", f"{sdk_httpx.__name__}.")
    return _BEFORE_2.get(recorded, recorded) if anthropic.__version__ < "2" else recorded


_BEFORE_2 = {
    "ContentTooLargeError": "RequestTooLargeError",
    "GatewayTimeoutError": "InternalServerError",
    "RequestTimeoutError": "APIStatusError",
    "ServiceUnavailableError": "InternalServerError",
}


def no_waits(waits: list[float], original: Callable[..., float]) -> Callable[..., float]:
    """A stand-in for the SDK's reckoning of the wait before a retry: notes it, and waits not at all."""

    def _calculate_retry_timeout(self: Any, *args: Any, **options: Any) -> float:
        waits.append(original(self, *args, **options))
        return 0.0

    return _calculate_retry_timeout
