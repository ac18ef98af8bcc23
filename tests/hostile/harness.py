"""What the hostile tests share: transports that stream, a raw server, and a call with and without us."""

from __future__ import annotations

import gc
import hashlib
import json
import socket
import threading
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

import foundry_telemetry
from tests.support.capture import Capture
from tests.support.families import Family, httpx

URL = "https://example-resource.services.ai.azure.com/anthropic/v1/messages"
JSON = [("content-type", "application/json"), ("apim-request-id", "az-1"), ("request-id", "req_1")]
SSE = [("content-type", "text/event-stream"), ("apim-request-id", "az-1"), ("request-id", "req_1")]
ASK = {"model": "claude-sonnet-5-5", "max_tokens": 16, "messages": [{"role": "user", "content": "hi"}]}

Answer = tuple[int, list[Any], Iterable[bytes]]
"""Status, headers, pieces of the body."""


def message(**usage: Any) -> bytes:
    """A Message as the API answers it."""
    counters = {"input_tokens": 11, "output_tokens": 7, **usage}
    return json.dumps(
        {"id": "msg_1", "model": "claude-sonnet-5-5", "stop_reason": "end_turn", "usage": counters}
    ).encode()


def event(name: str, data: Any) -> bytes:
    """One event of a stream, as the API writes it."""
    return f"event: {name}\ndata: {json.dumps({'type': name, **data})}\n\n".encode()


def events(tokens: int = 3, **usage: Any) -> list[bytes]:
    """A whole stream: 11 tokens in, 7 out."""
    start = {"id": "msg_1", "model": "claude-sonnet-5-5", "usage": {"input_tokens": 11, "output_tokens": 1}}
    counters = {"output_tokens": 7, **usage}
    return [
        event("message_start", {"message": start}),
        *(event("content_block_delta", {"delta": {"text": f"word{n}"}}) for n in range(tokens)),
        event("message_delta", {"delta": {"stop_reason": "end_turn"}, "usage": counters}),
        event("message_stop", {}),
    ]


class _Pieces:
    """A body that is really streamed, for a sync or an async client."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        yield from self._pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece

    def close(self) -> None:
        """Nothing to close."""

    async def aclose(self) -> None:
        """Nothing to close."""


def transport(family: Family, answer: Callable[[Any], Answer]) -> Any:
    """A transport that streams its answer and leaves the request's body alone."""
    module = family.module
    stream = type(
        "Pieces", (_Pieces, module.AsyncByteStream if family.is_async else module.SyncByteStream), {}
    )

    def respond(request: Any) -> Any:
        status, headers, pieces = answer(request)
        return module.Response(status, headers=headers, stream=stream(pieces), request=request)

    if not family.is_async:
        methods: dict[str, Any] = {"handle_request": lambda _, request: respond(request)}
        return type("Streaming", (module.BaseTransport,), methods)()

    async def handle_async_request(_: Any, request: Any) -> Any:
        return respond(request)

    methods = {"handle_async_request": handle_async_request}
    return type("Streaming", (module.AsyncBaseTransport,), methods)()


def playing(status: int, headers: list[Any], pieces: Iterable[bytes]) -> httpx.Client:
    """A sync client that always gets the same answer."""
    held = list(pieces)
    return httpx.Client(transport=_for_sync(lambda _: (status, headers, held)))


def _for_sync(answer: Callable[[Any], Answer]) -> Any:
    return transport(Family(httpx, is_async=False), answer)


async def settled(step: Awaitable[Any]) -> Any:
    """What a step gives, or the class and text of what it raises."""
    try:
        return await step
    except Exception as error:  # compared with the control's
        return type(error), str(error)


def twice(family: Family, scenario: Callable[[], Awaitable[Any]], capture: Capture, **options: Any) -> Any:
    """Run a scenario without us and with us; both must give the same, which is returned."""
    plain = family.run(scenario)
    foundry_telemetry.instrument(**(capture.options | options))
    watched = family.run(scenario)
    foundry_telemetry.uninstrument()
    assert watched == plain
    return watched


def peak(run: Callable[[], Any]) -> int:
    """Bytes that `run` had allocated at most, beyond what was there before."""
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        run()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


@dataclass
class Got:
    """A request as the raw server got it."""

    path: str
    headers: list[tuple[str, str]]
    size: int
    digest: str
    body: bytes

    def all(self, name: str) -> list[str]:
        """Every value of a header."""
        return [value for key, value in self.headers if key == name]


class RawServer:
    """A server on loopback that writes exactly the bytes it is told to; one thread for a connection."""

    def __init__(self, answer: Callable[[Got], Iterable[bytes]]) -> None:
        self.got: list[Got] = []
        self._answer = answer
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/anthropic/v1/messages"
        self._connections: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for connection in self._connections:
            with suppress(OSError):  # the client was faster
                connection.shutdown(socket.SHUT_RDWR)
        for thread in list(self._threads):
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self._connections.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as lines:
            try:
                while (got := _read(lines)) is not None:
                    self.got.append(got)
                    for part in self._answer(got):
                        connection.sendall(part)
                    if "close" in got.all("connection"):
                        return
            except OSError:  # the client has gone
                return


def _read(lines: Any) -> Got | None:
    first = lines.readline().split()
    if len(first) < 2:
        return None
    headers = []
    while line := lines.readline().strip():
        name, _, value = line.decode("latin-1").partition(":")
        headers.append((name.strip().lower(), value.strip()))
    found = dict(headers)
    digest, size, kept = hashlib.sha256(), 0, b""
    for part in _body(lines, found):
        digest.update(part)
        size += len(part)
        kept = kept or part[:4096]
    return Got(first[1].decode(), headers, size, digest.hexdigest(), kept)


def _body(lines: Any, headers: dict[str, str]) -> Iterator[bytes]:
    if headers.get("transfer-encoding") == "chunked":
        while length := int(lines.readline(), 16):
            yield lines.read(length)
            lines.readline()
        lines.readline()
    elif left := int(headers.get("content-length", "0")):
        while left and (part := lines.read(min(left, 1 << 20))):
            left -= len(part)
            yield part


def plain_answer(
    body: bytes, headers: Iterable[tuple[str, str]] = JSON, status: int = 200
) -> Iterable[bytes]:
    """An HTTP answer with a length."""
    head = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return [f"HTTP/1.1 {status} X\r\ncontent-length: {len(body)}\r\n{head}\r\n".encode("latin-1") + body]
