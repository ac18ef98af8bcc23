"""The clients of the demonstration, and the calls they make.

Sync calls run in threads beside the event loop; the tags of `attribute` follow them there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from typing import Any, Final, Self

import httpx
import httpx2
from anthropic import AnthropicFoundry, AsyncAnthropicFoundry

from foundry_telemetry.demo.service import PART_HEADER, UNPRICED, Part
from foundry_telemetry.demo.tokens import expired_token, good_token, misaddressed_token, no_token
from foundry_telemetry.instrumentation import FoundryMiddleware

HAIKU: Final = "claude-haiku-5-5"
OPUS: Final = "claude-opus-5-5"
SONNET: Final = "claude-sonnet-5-5"
CUSTOM: Final = "support-chat-prod"

_MAX_TOKENS: Final = 1024
_MESSAGES: Final[Any] = ({"role": "user", "content": "Was the invoice paid?"},)
_KEY: Final = "a-made-up-key"
_DELTAS_READ: Final = 3

Call = Callable[["Clients"], Coroutine[Any, Any, object]]
"""One call of the load."""


class Clients:
    """Every client a service may use, all pointed at one base URL; use inside ``async with``."""

    def __init__(self, base_url: str) -> None:
        self.sync = AnthropicFoundry(base_url=base_url, api_key=_KEY)
        self.by_key = AsyncAnthropicFoundry(base_url=base_url, api_key=_KEY)
        self.by_token = self._by_token(base_url, good_token)
        self.expired = self._by_token(base_url, expired_token)
        self.misaddressed = self._by_token(base_url, misaddressed_token)
        self.refused = self._by_token(base_url, no_token)
        self.httpx = httpx.AsyncClient(base_url=base_url, headers=_headers({"api-key": _KEY}))
        self.httpx2 = httpx2.AsyncClient(
            base_url=base_url, headers=_headers({"authorization": f"Bearer {good_token()}"})
        )
        self._open = AsyncExitStack()

    def _by_token(self, base_url: str, provider: Callable[[], str]) -> AsyncAnthropicFoundry:
        return AsyncAnthropicFoundry(
            base_url=base_url, azure_ad_token_provider=provider, middleware=[FoundryMiddleware()]
        )

    async def __aenter__(self) -> Self:
        tokens = (self.by_token, self.expired, self.misaddressed, self.refused)
        for client in (self.by_key, *tokens, self.httpx, self.httpx2):
            await self._open.enter_async_context(client)
        self._open.callback(self.sync.close)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._open.aclose()


def _headers(credential: dict[str, str]) -> dict[str, str]:
    return {"anthropic-version": "2023-06-01", **credential}


def whole(deployment: str, part: Part = "success") -> Call:
    """``create()`` of the sync SDK."""

    def call(clients: Clients) -> object:
        return clients.sync.messages.create(**_asked(deployment, part))

    return lambda clients: asyncio.to_thread(call, clients)


def events(deployment: str, part: Part = "success") -> Call:
    """``create(stream=True)`` of the sync SDK."""

    def call(clients: Clients) -> None:
        with clients.sync.messages.create(stream=True, **_asked(deployment, part)) as stream:
            for _ in stream:
                pass

    return lambda clients: asyncio.to_thread(call, clients)


def text(deployment: str, part: Part = "success") -> Call:
    """``messages.stream()`` of the async SDK."""

    async def call(clients: Clients) -> None:
        async with clients.by_key.messages.stream(**_asked(deployment, part)) as stream:
            await stream.get_final_message()

    return call


def by_token(deployment: str, part: Part = "success") -> Call:
    """``create()`` of the async SDK with an Entra token."""
    return lambda clients: clients.by_token.messages.create(**_asked(deployment, part))


async def counted(clients: Clients) -> object:
    """``count_tokens()``, which consumes nothing."""
    return await clients.by_key.messages.count_tokens(model=SONNET, messages=_MESSAGES)


async def closed_early(clients: Clients) -> None:
    """A stream that its reader leaves after a few words."""
    read = 0
    async with clients.by_key.messages.stream(**_asked(SONNET, "closed_early")) as stream:
        async for _ in stream.text_stream:
            read += 1
            if read == _DELTAS_READ:
                return


async def with_expired_token(clients: Clients) -> object:
    """Refused: the token is half an hour too old."""
    return await clients.expired.messages.create(**_asked(OPUS, "no_access"))


async def with_misaddressed_token(clients: Clients) -> object:
    """Refused: the token is for something else."""
    return await clients.misaddressed.messages.create(**_asked(OPUS, "no_access"))


async def without_token(clients: Clients) -> object:
    """Never sent: Entra refuses to issue a token."""
    return await clients.refused.messages.create(**_asked(OPUS, "success"))


def raw(deployment: str, part: Part = "success") -> Call:
    """A bare POST of httpx."""

    async def call(clients: Clients) -> None:
        await clients.httpx.post("/v1/messages", json=_body(deployment), headers={PART_HEADER: part})

    return call


def raw_stream(deployment: str, part: Part = "success") -> Call:
    """A stream read line by line with httpx2."""

    async def call(clients: Clients) -> None:
        body, headers = _body(deployment) | {"stream": True}, {PART_HEADER: part}
        async with clients.httpx2.stream("POST", "/v1/messages", json=body, headers=headers) as response:
            async for _ in response.aiter_lines():
                pass

    return call


ORDINARY: Final[tuple[Call, ...]] = (
    whole(HAIKU),
    text(SONNET, "cache_read"),
    raw(CUSTOM),
    by_token(HAIKU),
    events(SONNET),
    text(SONNET, "cache_read"),
    whole(CUSTOM),
    raw_stream(HAIKU),
    by_token(OPUS),
)
"""What succeeds, over and over."""

STORY: Final[tuple[Call, ...]] = (
    text(SONNET, "cache_written"),
    counted,
    whole(OPUS, "limited"),
    with_expired_token,
    text(SONNET, "overloaded"),
    raw(UNPRICED),
    closed_early,
    events(OPUS, "limited"),
    with_misaddressed_token,
    raw_stream(SONNET, "cut"),
    by_token(HAIKU, "no_role"),
    without_token,
    text(OPUS, "failed_inside"),
    raw("claude-sonnet-5.5", "no_deployment"),
    whole(CUSTOM, "overloaded"),
    text(SONNET, "cut"),
    raw_stream(UNPRICED),
)
"""What happens once."""


def _asked(deployment: str, part: Part) -> dict[str, Any]:
    return _body(deployment) | {"extra_headers": {PART_HEADER: part}}


def _body(deployment: str) -> dict[str, Any]:
    return {"model": deployment, "max_tokens": _MAX_TOKENS, "messages": _MESSAGES}
