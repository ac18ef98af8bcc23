"""The four client classes behind one face, so that a scenario is written once.

A scenario is an async function; for a sync client the face calls straight through, blocking, which is what
a sync client does. The server of a test therefore lives in another thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any, Self

import pytest

from foundry_telemetry.instrumentation.families import FAMILY_NAMES

_INSTALLED: list[Any] = [import_module(name) for name in FAMILY_NAMES if find_spec(name)]

httpx, httpx2 = _INSTALLED[0], _INSTALLED[-1]
"""Where only one family is installed, its module stands under both names, so that every test finds one."""

sdk_httpx: ModuleType
"""The family whose clients the installed SDK takes: httpx up to 0.125, httpx2 from 1.0 on."""

has_both = httpx is not httpx2
has_prices = find_spec("httpx2") is not None
"""genai-prices imports httpx2, so without it there are none."""
needs_prices = pytest.mark.skipif(not has_prices, reason="genai-prices imports httpx2, which is not there")

sdk_has_spans: bool
"""Those before 1.0 open none, nor do they take ``open_telemetry=``."""


def __getattr__(name: str) -> Any:
    """What to know of the SDK, which takes a second to import: imported only when a test wants it."""
    if name == "sdk_has_spans":
        return find_spec("anthropic._tracing") is not None
    if name == "sdk_httpx":
        sdk = import_module("anthropic")
        return httpx if issubclass(sdk.DefaultHttpxClient, httpx.Client) else httpx2
    raise AttributeError(name)


@dataclass(frozen=True)
class Family:
    """One of httpx and httpx2, in its sync or its async form."""

    module: ModuleType
    is_async: bool

    def __str__(self) -> str:
        return f"{self.module.__name__}-{'async' if self.is_async else 'sync'}"

    def client(self, **options: Any) -> Face:
        """A client of this family behind the common face."""
        kind = self.module.AsyncClient if self.is_async else self.module.Client
        return Face(kind(**options), self)

    def run(self, scenario: Callable[[], Awaitable[Any]]) -> Any:
        """Run a scenario to its end."""
        return asyncio.run(scenario())  # type: ignore[arg-type]


FAMILIES = [Family(module, is_async) for module in _INSTALLED for is_async in (False, True)]


class Face:
    """The calls the scenarios make, awaitable for both kinds. `raw` is the real client."""

    def __init__(self, raw: Any, family: Family) -> None:
        self.raw = raw
        self.family = family

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the client."""
        await settle(self.raw.aclose() if self.family.is_async else self.raw.close())

    async def request(self, method: str, url: str, **options: Any) -> Any:
        """`client.request(...)`, body read."""
        return await settle(self.raw.request(method, url, **options))

    async def send(self, request: Any, **options: Any) -> Any:
        """`client.send(...)`; with `stream=True` the caller reads the body."""
        return await settle(self.raw.send(request, **options))

    @asynccontextmanager
    async def stream(self, method: str, url: str, **options: Any) -> AsyncIterator[Any]:
        """`with client.stream(...)`."""
        if self.family.is_async:
            async with self.raw.stream(method, url, **options) as response:
                yield response
        else:
            with self.raw.stream(method, url, **options) as response:
                yield response


async def settle(value: Any) -> Any:
    """Await what is awaitable, pass on what is not."""
    return await value if hasattr(value, "__await__") else value


async def pieces(response: Any, how: str = "bytes", *args: Any) -> AsyncIterator[Any]:
    """`response.iter_<how>()` or `response.aiter_<how>()`."""
    if hasattr(response.stream, "__aiter__") and not hasattr(response.stream, "__iter__"):
        async for piece in getattr(response, f"aiter_{how}")(*args):
            yield piece
    else:
        for piece in getattr(response, f"iter_{how}")(*args):
            yield piece
