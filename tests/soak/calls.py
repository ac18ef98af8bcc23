"""The calls of a soak: every family, sync and async, plain and streamed, and one in ten streams abandoned."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from types import ModuleType
from typing import Any, Self

import httpx
import httpx2
from anthropic import AnthropicFoundry, AsyncAnthropicFoundry

KEY = "CANARY-soak-key-000000000000"
MODEL = "claude-sonnet-5-5"
PATH = "/v1/messages"
PATIENCE_S = 120.0
"""Seconds for anything of a call; a machine may be busy."""

HOWS = (
    *((family, shape) for family in ("httpx", "httpx2", "sdk") for shape in ("plain", "stream")),
    ("httpx", "stream"),
    ("httpx2", "plain"),
    ("sdk", "stream"),
)
"""The ordinary calls; after each nine of them comes one of `ABANDONED`."""
ABANDONED = tuple(
    (family, shape)
    for shape in ("closed", "closed", "closed", "dropped")
    for family in ("httpx", "httpx2", "sdk")
)
"""Abandoned: closed by the end of a ``with`` block after the first piece, or forgotten without a word."""
EVERY = 10

MODULES: dict[str, ModuleType] = {"httpx": httpx, "httpx2": httpx2}


def how(number: int) -> tuple[str, str]:
    """Family and shape of the call of this number."""
    turn, place = divmod(number, EVERY)
    return ABANDONED[turn % len(ABANDONED)] if place == 0 else HOWS[place - 1]


def is_abandoned(number: int) -> bool:
    """Whether the call of this number is abandoned."""
    return number % EVERY == 0


def body(number: int, *, stream: bool) -> dict[str, Any]:
    """The request of this number."""
    messages = [{"role": "user", "content": "CANARY-PROMPT: which number is this?"}]
    return {"model": MODEL, "max_tokens": number, "messages": messages, "stream": stream}


def checked(number: int, response: Any) -> Any:
    """A response, if it is that of the call."""
    if response.headers["request-id"] != f"req_{number}":
        raise AssertionError(f"call {number} got the answer of {response.headers['request-id']}")
    return response


class Sync:
    """The sync clients. Safe to use from several threads."""

    def __init__(self, base_url: str, clients: ExitStack, *, sdk_spans: bool = True) -> None:
        self._base_url = base_url
        self._sdk_spans = _spans(sdk_spans)
        self._clients = {name: clients.enter_context(self._client(name)) for name in MODULES}
        self._sdk = clients.enter_context(self._foundry())

    def call(self, number: int) -> None:
        """Make the call of this number."""
        family, shape = how(number)
        if family == "sdk":
            self._by_sdk(number, shape)
            return
        if shape == "plain":
            checked(number, self._clients[family].post(PATH, json=body(number, stream=False))).json()
        elif shape == "dropped":
            with self._client(family) as client:  # what is never closed would keep a connection of the pool
                request = client.build_request("POST", PATH, json=body(number, stream=True))
                next(checked(number, client.send(request, stream=True)).iter_bytes())
                gc.collect(1)
        else:
            with self._clients[family].stream("POST", PATH, json=body(number, stream=True)) as response:
                for _ in checked(number, response).iter_bytes():
                    if shape == "closed":
                        break

    def _by_sdk(self, number: int, shape: str) -> None:
        if shape == "plain":
            message = self._sdk.messages.create(**body(number, stream=False))
            assert message.usage.input_tokens == number
        elif shape == "dropped":
            with self._foundry() as client:
                next(iter(client.messages.create(**body(number, stream=True))))
            gc.collect(1)
        else:
            with self._sdk.messages.create(**body(number, stream=True)) as stream:
                for _ in stream:
                    if shape == "closed":
                        break

    def _client(self, family: str) -> Any:
        return MODULES[family].Client(
            base_url=self._base_url,
            headers={"api-key": KEY},
            timeout=PATIENCE_S,
            trust_env=False,
            verify=False,
        )

    def _foundry(self) -> AnthropicFoundry:
        http = httpx2.Client(timeout=PATIENCE_S, trust_env=False, verify=False)
        return AnthropicFoundry(
            base_url=self._base_url, api_key=KEY, http_client=http, max_retries=0, **self._sdk_spans
        )


class Async:
    """The async clients of one event loop."""

    def __init__(self, base_url: str, *, connections: int = 100, sdk_spans: bool = True) -> None:
        self._base_url = base_url
        self._sdk_spans = _spans(sdk_spans)
        self._connections = connections
        self._open = AsyncExitStack()

    async def __aenter__(self) -> Self:
        enter = self._open.enter_async_context
        self._clients = {name: await enter(self._client(name)) for name in MODULES}
        self._sdk = await enter(self._foundry())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._open.aclose()

    async def call(self, number: int) -> None:
        """Make the call of this number."""
        family, shape = how(number)
        if family == "sdk":
            await self._by_sdk(number, shape)
        elif shape == "plain":
            checked(number, await self._clients[family].post(PATH, json=body(number, stream=False))).json()
        else:
            async with self.opened(number, family) as pieces:
                async for _ in pieces:
                    if shape != "stream":
                        break

    @asynccontextmanager
    async def opened(self, number: int, family: str) -> AsyncIterator[AsyncIterator[bytes]]:
        """The streamed call of this number, its headers read."""
        request = body(number, stream=True)
        async with self._clients[family].stream("POST", PATH, json=request) as response:
            yield checked(number, response).aiter_bytes()

    async def _by_sdk(self, number: int, shape: str) -> None:
        if shape == "plain":
            message = await self._sdk.messages.create(**body(number, stream=False))
            assert message.usage.input_tokens == number
            return
        async with await self._sdk.messages.create(**body(number, stream=True)) as stream:
            async for _ in stream:
                if shape != "stream":
                    break

    def _client(self, family: str) -> Any:
        module = MODULES[family]
        return module.AsyncClient(
            base_url=self._base_url,
            headers={"api-key": KEY},
            timeout=PATIENCE_S,
            trust_env=False,
            verify=False,
            limits=module.Limits(max_connections=self._connections),
        )

    def _foundry(self) -> AsyncAnthropicFoundry:
        http = httpx2.AsyncClient(timeout=PATIENCE_S, trust_env=False, verify=False)
        return AsyncAnthropicFoundry(
            base_url=self._base_url, api_key=KEY, http_client=http, max_retries=0, **self._sdk_spans
        )


def _spans(on: bool) -> dict[str, Any]:
    """The option of the SDK for spans of its own; on by default."""
    return {} if on else {"open_telemetry": False}


@contextmanager
def sync_clients(base_url: str, *, sdk_spans: bool = True) -> Iterator[Sync]:
    """The sync clients, closed at the end."""
    with ExitStack() as clients:
        yield Sync(base_url, clients, sdk_spans=sdk_spans)


async def in_turns(clients: Async, numbers: range, at_once: int) -> None:
    """Make the calls of these numbers, so many at a time."""
    remaining = iter(numbers)

    async def work() -> None:
        for number in remaining:
            await clients.call(number)

    async with asyncio.TaskGroup() as tasks:
        for _ in range(at_once):
            tasks.create_task(work())
