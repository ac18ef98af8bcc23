"""Transports that play a script inside the process, for httpx and httpx2 alike.

The four byte streams and the two transports differ between the families only in their base classes, so they
are written once and put on the bases of the requested family.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from functools import cache
from types import ModuleType
from typing import Any, ClassVar, NamedTuple, Protocol

from foundry_telemetry.testing.captured_request import ReceivedRequest, joined
from foundry_telemetry.testing.response import FakeResponse, Pause
from foundry_telemetry.testing.script import NoAnswer

_ASYNC_TICK_S = 0.002

_CUT = "peer closed connection without sending complete message body (incomplete chunked read)"


_TIMEOUTS = {
    "ConnectTimeout": "connect",
    "PoolTimeout": "pool",
    "ReadTimeout": "read",
    "WriteTimeout": "write",
}
"""Which timeout of the client ends in which exception."""


class Clock(Protocol):
    """A clock that is played, as the script is."""

    piece_s: float
    """Seconds that each piece of a body takes."""

    def advance(self, seconds: float) -> None:
        """Move on."""


class Plays(Protocol):
    """Chooses the answer."""

    def next(self, request: ReceivedRequest) -> FakeResponse | NoAnswer:
        """Record a request, and return its answer."""


class _Exchange(NamedTuple):
    """One response on its way to a client of a family."""

    family: ModuleType
    response: FakeResponse
    piece_size: int | None
    read_timeout_s: float | None
    clock: Clock | None

    def late(self) -> BaseException:
        """The timeout of the family."""
        error: BaseException = self.family.ReadTimeout("the script waits longer than the client does")
        return error

    def end(self) -> None:
        """Raise what a body that is not complete raises."""
        if self.response.ends == "cut":
            raise self.family.RemoteProtocolError(_CUT)
        if self.response.ends == "reset":
            raise NoAnswer(name="ReadError").raised(self.family)

    def wait(self, pauses: tuple[Pause, ...]) -> None:
        """Wait as a sync client does."""
        for pause in pauses:
            if isinstance(pause, (int, float)):
                time.sleep(self._played(self._patience(pause)))
                self._check(pause)
            elif not pause.wait(self.read_timeout_s):
                raise self.late()

    async def wait_async(self, pauses: tuple[Pause, ...]) -> None:
        """Wait as an async client does, whatever its event loop."""
        from anyio import sleep  # noqa: PLC0415 - both families bring it

        for pause in pauses:
            if isinstance(pause, (int, float)):
                await sleep(self._played(self._patience(pause)))
                self._check(pause)
                continue
            since = time.monotonic()
            while not pause.is_set():
                self._check(time.monotonic() - since)
                await sleep(_ASYNC_TICK_S)

    def tick(self) -> None:
        """A piece takes its time on a clock that is played."""
        if self.clock is not None:
            self.clock.advance(self.clock.piece_s)

    async def tick_async(self) -> None:
        """The same for an async client, whose event loop gets its turn meanwhile."""
        if self.clock is not None:
            from anyio.lowlevel import checkpoint  # noqa: PLC0415 - both families bring it

            self.tick()
            await checkpoint()

    def _played(self, seconds: float) -> float:
        """Seconds to wait in earnest: none, where a clock is played."""
        if self.clock is None:
            return seconds
        self.clock.advance(seconds)
        return 0

    def _patience(self, seconds: float) -> float:
        return seconds if self.read_timeout_s is None else min(seconds, self.read_timeout_s)

    def _check(self, seconds: float) -> None:
        if self.read_timeout_s is not None and seconds > self.read_timeout_s:
            raise self.late()


class _SyncBody:
    def __init__(self, exchange: _Exchange) -> None:
        self._exchange = exchange

    def __iter__(self) -> Iterator[bytes]:
        for pauses, piece in self._exchange.response.steps(self._exchange.piece_size):
            self._exchange.wait(pauses)
            if piece:
                self._exchange.tick()
                yield piece
        self._exchange.end()


class _AsyncBody:
    def __init__(self, exchange: _Exchange) -> None:
        self._exchange = exchange

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for pauses, piece in self._exchange.response.steps(self._exchange.piece_size):
            await self._exchange.wait_async(pauses)
            if piece:
                await self._exchange.tick_async()
                yield piece
        self._exchange.end()


class _Transport:
    """Plays a script; the bases of a family make it a transport of that family."""

    sends_once: ClassVar = True

    def __init__(
        self, family: ModuleType, play: Plays, piece_size: int | None, clock: Clock | None = None
    ) -> None:
        self._family = family
        self._play = play
        self._piece_size = piece_size
        self._clock = clock

    def handle_request(self, request: Any) -> Any:
        request.read()
        exchange = self._exchange(request)
        exchange.wait(exchange.response.waits())
        return self._response(exchange, _kinds(self._family).sync_body(exchange), request)

    async def handle_async_request(self, request: Any) -> Any:
        await request.aread()
        exchange = self._exchange(request)
        await exchange.wait_async(exchange.response.waits())
        return self._response(exchange, _kinds(self._family).async_body(exchange), request)

    def _exchange(self, request: Any) -> _Exchange:
        response = self._play.next(_received(request))
        timeout = request.extensions.get("timeout") or {}
        if isinstance(response, NoAnswer):
            if self._clock is not None:
                self._clock.advance(timeout.get(_TIMEOUTS.get(response.name, "")) or 0)
            raise response.raised(self._family)
        return _Exchange(self._family, response, self._piece_size, timeout.get("read"), self._clock)

    def _response(self, exchange: _Exchange, body: object, request: Any) -> Any:
        response = exchange.response
        extensions = {"http_version": b"HTTP/1.1"}
        return self._family.Response(
            response.status,
            headers=list(response.headers),
            stream=body,
            request=request,
            extensions=extensions,
        )


class _Kinds(NamedTuple):
    transport: type[Any]
    sync_body: type[Any]
    async_body: type[Any]


def make_transport(
    family: ModuleType, play: Plays, piece_size: int | None, clock: Clock | None = None
) -> Any:
    """A transport of this family, for its sync and its async clients.

    Args:
        family: The module of a family, such as ``httpx``.
        play: Chooses the answer.
        piece_size: Bytes of a piece, at most.
        clock: Moved on by the waits of the script, in whose place nobody waits.
    """
    return _kinds(family).transport(family, play, piece_size, clock)


def is_played(transport: object) -> bool:
    """Whether a transport is one of these."""
    return isinstance(transport, _Transport)


@cache
def _kinds(family: ModuleType) -> _Kinds:
    """The classes of a family: clients insist on instances of their own bases."""
    return _Kinds(
        type("FakeFoundryTransport", (_Transport, family.BaseTransport, family.AsyncBaseTransport), {}),
        type("FakeFoundryBody", (_SyncBody, family.SyncByteStream), {}),
        type("FakeFoundryAsyncBody", (_AsyncBody, family.AsyncByteStream), {}),
    )


def _received(request: Any) -> ReceivedRequest:
    return ReceivedRequest(
        method=request.method,
        path=request.url.path,
        query=request.url.query.decode("ascii"),
        headers=joined(request.headers.multi_items()),
        body=request.content,
    )
