"""The process in which an open stream's memory is measured: `python -m tests.benchmarks.memory RESULT`."""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import httpx2
from anthropic import AnthropicFoundry

from tests.benchmarks.transports import Events, transport
from tests.benchmarks.variants import VARIANTS, NotBuiltError, Telemetry
from tests.benchmarks.workloads import FOUNDRY, REQUEST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

SHORT, LONG = 5, 20_000
"""Deltas of the two streams that are compared."""


def held(stream: Iterator[Any], is_delta: Callable[[Any], bool], deltas: int) -> int:
    """Bytes that are allocated more than before `stream` was opened, when its last delta has been read."""
    gc.collect()
    before, _ = tracemalloc.get_traced_memory()
    seen = 0
    for item in stream:
        seen += is_delta(item)
        if seen == deltas:
            break
    gc.collect()
    now, _ = tracemalloc.get_traced_memory()
    return now - before


def raw(module: ModuleType, deltas: int) -> int:
    """The figure for a stream of plain httpx or httpx2."""
    body = {**REQUEST, "stream": True}
    with module.Client(
        transport=transport(module, Events(deltas), is_async=False), trust_env=False
    ) as client:

        def stream() -> Iterator[bytes]:
            with client.stream("POST", f"{FOUNDRY}/v1/messages", json=body) as response:
                yield from response.iter_bytes()

        pieces = stream()
        try:
            return held(pieces, lambda piece: b"text_delta" in piece, deltas)
        finally:
            pieces.close()


def sdk(deltas: int) -> int:
    """The figure for a stream of the SDK."""
    http = httpx2.Client(transport=transport(httpx2, Events(deltas), is_async=False), trust_env=False)
    with AnthropicFoundry(
        api_key="x" * 32, base_url=FOUNDRY, http_client=http, open_telemetry=False
    ) as client:
        stream: Any = None

        def events() -> Iterator[Any]:
            nonlocal stream
            stream = client.messages.create(**REQUEST, stream=True)
            yield from stream

        try:
            return held(events(), lambda event: event.type == "content_block_delta", deltas)
        finally:
            stream.close()


async def raw_async(deltas: int) -> int:
    """The figure for an asynchronous stream of plain httpx2."""
    body = {**REQUEST, "stream": True}
    http = transport(httpx2, Events(deltas), is_async=True)
    async with httpx2.AsyncClient(transport=http, trust_env=False) as client:
        gc.collect()
        before, _ = tracemalloc.get_traced_memory()
        async with client.stream("POST", f"{FOUNDRY}/v1/messages", json=body) as response:
            seen = 0
            async for piece in response.aiter_bytes():
                seen += b"text_delta" in piece
                if seen == deltas:
                    break
            gc.collect()
            return tracemalloc.get_traced_memory()[0] - before


def main() -> dict[str, Any]:
    """`skipped`, or by integration the bytes held by the short and by the long stream."""
    install = VARIANTS["ours"].install
    if install is None:
        raise AssertionError("the variant `ours` installs something")
    try:
        install(Telemetry(), [])
    except NotBuiltError as error:
        return {"skipped": str(error)}
    integrations: dict[str, Callable[[int], int]] = {
        "AnthropicFoundry": sdk,
        "httpx2": lambda deltas: raw(httpx2, deltas),
        "httpx": lambda deltas: raw(httpx, deltas),
        "httpx2 async": lambda deltas: asyncio.run(raw_async(deltas)),
    }
    tracemalloc.start()
    found = {}
    for name, integration in integrations.items():
        integration(SHORT)
        found[name] = [integration(SHORT), integration(LONG)]
    return found


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(main()), encoding="utf-8")
