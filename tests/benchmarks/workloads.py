"""What is run in each set-up: calls of the SDK, of raw httpx and httpx2, and traffic that is not ours."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import partial
from typing import TYPE_CHECKING, Any

import httpx
import httpx2
from anthropic import AnthropicFoundry, AsyncAnthropicFoundry

from tests.benchmarks.transports import MODEL, Events, message, transport

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable
    from types import ModuleType

    from tests.benchmarks.variants import Telemetry, Variant

FOUNDRY = "https://example-resource.services.ai.azure.com/anthropic"
ELSEWHERE = "https://api.example.com/v2/orders/17"
REQUEST: dict[str, Any] = {
    "model": MODEL,
    "max_tokens": 256,
    "messages": [{"role": "user", "content": "What is the capital of France?"}],
}


@dataclass(frozen=True)
class Workload:
    """One kind of call. `run(n)` makes `n` of them; `calls` of them make one measured segment."""

    name: str
    calls: int
    run: Callable[[int], object]
    client: Any
    """The client of httpx or httpx2 that sends."""


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


SHAPES = (Shape("small", 20), Shape("s50", 8, 50), Shape("s500", 3, 500))


def build(names: tuple[str, ...], runner: asyncio.Runner, *, open_telemetry: Any) -> list[Workload]:
    """The workloads that match one of the patterns `names`. `open_telemetry` is for clients of the SDK."""
    makers: dict[str, Callable[[str], Workload]] = {}
    for shape in SHAPES:
        makers[f"sync-{shape.name}"] = partial(_sdk, shape=shape, open_telemetry=open_telemetry)
        makers[f"async-{shape.name}"] = partial(
            _sdk_async, shape=shape, open_telemetry=open_telemetry, runner=runner
        )
        for module in (httpx2, httpx):
            makers[f"{module.__name__}-{shape.name}"] = partial(_raw, module=module, shape=shape)
    for module in (httpx2, httpx):
        makers[f"{module.__name__}-elsewhere"] = partial(_elsewhere, module=module)
    return [make(name) for name, make in makers.items() if any(fnmatch(name, pattern) for pattern in names)]


def workload_sets(
    variant: Variant, telemetry: Telemetry, runner: asyncio.Runner
) -> tuple[list[Workload], list[Workload]]:
    """The workloads before and after; with the same clients unless these differ in the SDK's own spans."""

    def built(*, native: bool) -> list[Workload]:
        spans: Any = {"tracer_provider": telemetry.tracer_provider} if native else False
        return build(variant.workloads, runner, open_telemetry=spans)

    before = built(native=variant.native_before)
    if variant.native_before is variant.native_after:
        return before, before
    return before, built(native=variant.native_after)


def _options(open_telemetry: Any) -> dict[str, Any]:
    return dict(api_key="x" * 32, base_url=FOUNDRY, max_retries=0, open_telemetry=open_telemetry)


def _sdk(name: str, *, shape: Shape, open_telemetry: Any) -> Workload:
    http = httpx2.Client(transport=transport(httpx2, shape.pieces, is_async=False), trust_env=False)
    messages = AnthropicFoundry(http_client=http, **_options(open_telemetry)).messages

    def call() -> None:
        messages.create(**REQUEST)

    def stream() -> None:
        for _ in messages.create(**REQUEST, stream=True):
            pass

    return Workload(name, shape.calls, _repeat(stream if shape.deltas else call), http)


def _sdk_async(name: str, *, shape: Shape, open_telemetry: Any, runner: asyncio.Runner) -> Workload:
    http = httpx2.AsyncClient(transport=transport(httpx2, shape.pieces, is_async=True), trust_env=False)
    messages = AsyncAnthropicFoundry(http_client=http, **_options(open_telemetry)).messages

    async def call() -> None:
        await messages.create(**REQUEST)

    async def stream() -> None:
        async for _ in await messages.create(**REQUEST, stream=True):
            pass

    return Workload(name, shape.calls, _repeat_async(stream if shape.deltas else call, runner), http)


def _raw(name: str, *, module: ModuleType, shape: Shape) -> Workload:
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

    return Workload(name, shape.calls, _repeat(stream if shape.deltas else call), client)


def _elsewhere(name: str, *, module: ModuleType) -> Workload:
    client = module.Client(transport=transport(module, message(), is_async=False), trust_env=False)
    return Workload(name, 50, _repeat(lambda: client.get(ELSEWHERE)), client)


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
