"""Answers from inside the process, as real byte streams, for httpx and httpx2, sync and async."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator
    from types import ModuleType

MODEL = "claude-sonnet-5-5"
"""A model that has a price, so that looking it up is part of the measurement."""

HEADERS = {
    "apim-request-id": "a0000002-1111-4222-8333-000000000002",
    "request-id": "req_011Exmpl000000000003",
    "x-ms-region": "East US 2",
    "strict-transport-security": "max-age=31536000; includeSubDomains; preload",
    "x-content-type-options": "nosniff",
    "date": "Sun, 22 Nov 2026 10:00:00 GMT",
}

_USAGE = {
    "input_tokens": 14,
    "cache_creation_input_tokens": 0,
    "cache_read_input_tokens": 0,
    "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
    "output_tokens": 1,
    "service_tier": "standard",
    "inference_geo": "global",
}

_MESSAGE = {
    "id": "msg_01Exmpl00000000000001",
    "type": "message",
    "role": "assistant",
    "model": MODEL,
    "content": [],
    "stop_reason": None,
    "stop_sequence": None,
    "usage": _USAGE,
}

SMALL_BYTES = 1024
"""Size of the plain answer."""


class Events:
    """The body of a streamed answer with `deltas` text deltas, one piece of bytes for each event.

    The pieces are made anew on each pass, as a socket would: a stream that is kept open and remembers its
    pieces would be seen by the memory measurement.
    """

    def __init__(self, deltas: int) -> None:
        self.deltas = deltas
        self._head = [
            _event({"type": "message_start", "message": _MESSAGE}),
            _event(
                {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
            ),
            _event({"type": "ping"}),
        ]
        delta = {"type": "text_delta", "text": " of the text"}
        self._delta = bytearray(_event({"type": "content_block_delta", "index": 0, "delta": delta}))
        self._tail = [
            _event({"type": "content_block_stop", "index": 0}),
            _event(
                {
                    "type": "message_delta",
                    "delta": {"stop_reason": "end_turn", "stop_sequence": None},
                    "usage": {"output_tokens": deltas},
                }
            ),
            _event({"type": "message_stop"}),
        ]

    def __iter__(self) -> Iterator[bytes]:
        yield from self._head
        for _ in range(self.deltas):
            yield bytes(self._delta)
        yield from self._tail


def message() -> list[bytes]:
    """A plain answer of exactly `SMALL_BYTES`, in one piece."""
    body = {**_MESSAGE, "stop_reason": "end_turn", "usage": {**_USAGE, "output_tokens": 180}}
    empty = len(json.dumps({**body, "content": [{"type": "text", "text": ""}]}))
    body["content"] = [{"type": "text", "text": "x" * (SMALL_BYTES - empty)}]
    return [json.dumps(body).encode()]


def transport(module: ModuleType, pieces: Iterable[bytes], *, is_async: bool) -> Any:
    """A transport of `httpx` or `httpx2` that answers each request with `pieces`."""
    kind = "text/event-stream; charset=utf-8" if isinstance(pieces, Events) else "application/json"
    headers = [(name.encode(), value.encode()) for name, value in {"content-type": kind, **HEADERS}.items()]

    class Body(module.SyncByteStream, module.AsyncByteStream):  # type: ignore[misc, name-defined]
        def __iter__(self) -> Iterator[bytes]:
            return iter(pieces)

        async def __aiter__(self) -> AsyncIterator[bytes]:
            for piece in pieces:
                yield piece

    def answer() -> Any:
        return module.Response(200, headers=headers, stream=Body(), extensions={"http_version": b"HTTP/1.1"})

    # As the families' own do, which stand here in life: no layer below is looked for.
    class Sync(module.BaseTransport):  # type: ignore[misc, name-defined]
        sends_once = True

        def handle_request(self, request: Any) -> Any:
            return answer()

    class Async(module.AsyncBaseTransport):  # type: ignore[misc, name-defined]
        sends_once = True

        async def handle_async_request(self, request: Any) -> Any:
            return answer()

    return Async() if is_async else Sync()


def _event(data: dict[str, Any]) -> bytes:
    return f"event: {data['type']}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n".encode()
