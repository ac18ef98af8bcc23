"""What is run in each set-up: calls of the SDK, of raw httpx and httpx2, and traffic that is not ours."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
import httpx2
from anthropic import AnthropicFoundry, AsyncAnthropicFoundry

from tests.benchmarks.transports import MODEL, Events, message, transport

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable
    from types import ModuleType

FOUNDRY = "https://example-resource.services.ai.azure.com/anthropic"
ELSEWHERE = "https://api.example.com/v2/orders/17"
REQUEST: dict[str, Any] = {
    "model": MODEL,
    "max_tokens": 256,
    "messages": [{"role": "user", "content": "What is the capital of France?"}],
}

SDK_ONLY = ("official", "native", "ours_on_native")
"""Variants that change nothing below the SDK, or nothing that another does not."""


@dataclass(frozen=True)
class Workload:
    """One kind of call. `run(n)` makes `n` of them; `calls` of them make one measured segment."""

    name: str
    calls: int
    run: Callable[[int], object]


def build(open_telemetry: Any, *, raw: bool) -> list[Workload]:
    """All workloads of a process; `raw` adds those without the SDK."""
    runner = asyncio.Runner()
    found = [workload for shape in SHAPES for workload in _sdk(shape, open_telemetry, runner)]
    if raw:
        for module in (httpx2, httpx):
            found += [_raw(module, shape) for shape in SHAPES]
            found.append(_elsewhere(module))
    return found


@dataclass(frozen=True)
class Shape:
    """An answer: plain when `deltas` is None, else a stream of so many deltas."""

    name: str
    calls: int
    deltas: int | None = None

    @property
    def pieces(self) -> Iterable[bytes]:
        """The body."""
        return message() if self.deltas is None else Events(self.deltas)


SHAPES = (Shape("small", 40), Shape("s50", 12, 50), Shape("s500", 4, 500))


def _sdk(shape: Shape, open_telemetry: Any, runner: asyncio.Runner) -> list[Workload]:
    options: dict[str, Any] = dict(api_key="x" * 32, base_url=FOUNDRY, max_retries=0, open_telemetry=open_telemetry)
    sync_http = httpx2.Client(transport=transport(httpx2, shape.pieces, is_async=False), trust_env=False)
    async_http = httpx2.AsyncClient(transport=transport(httpx2, shape.pieces, is_async=True), trust_env=False)
    sync_client = AnthropicFoundry(http_client=sync_http, **options)
    async_client = AsyncAnthropicFoundry(http_client=async_http, **options)
    streamed = shape.deltas is not None

    def call() -> None:
        answer = sync_client.messages.create(**REQUEST, stream=streamed)
        if streamed:
            for _ in answer:  # type: ignore[union-attr]
                pass

    async def async_call() -> None:
        answer = await async_client.messages.create(**REQUEST, stream=streamed)
        if streamed:
            async for _ in answer:  # type: ignore[union-attr]
                pass

    return [
        Workload(f"sync-{shape.name}", shape.calls, _repeat(call)),
        Workload(f"async-{shape.name}", shape.calls, _repeat_async(async_call, runner)),
    ]


def _raw(module: ModuleType, shape: Shape) -> Workload:
    client = module.Client(transport=transport(module, shape.pieces, is_async=False), trust_env=False)
    headers = {"api-key": "x" * 32, "anthropic-version": "2023-06-01"}
    url = f"{FOUNDRY}/v1/messages"
    body = {**REQUEST, "stream": shape.deltas is not None}

    def call() -> None:
        client.post(url, json=body, headers=headers).json()

    def stream() -> None:
        with client.stream("POST", url, json=body, headers=headers) as response:
            for _ in response.iter_lines():
                pass

    return Workload(f"{module.__name__}-{shape.name}", shape.calls, _repeat(stream if shape.deltas else call))


def _elsewhere(module: ModuleType) -> Workload:
    client = module.Client(transport=transport(module, message(), is_async=False), trust_env=False)
    return Workload(f"{module.__name__}-elsewhere", 100, _repeat(lambda: client.get(ELSEWHERE)))


def _repeat(call: Callable[[], object]) -> Callable[[int], None]:
    def run(count: int) -> None:
        for _ in range(count):
            call()

    return run


def _repeat_async(call: Callable[[], Awaitable[object]], runner: asyncio.Runner) -> Callable[[int], None]:
    async def many(count: int) -> None:
        for _ in range(count):
            await call()

    return lambda count: runner.run(many(count))
