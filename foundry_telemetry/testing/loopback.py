"""The server behind `FakeFoundry`, on a free port of loopback."""

from __future__ import annotations

import asyncio
import math
import socket
import struct
import sys
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect, Request

from foundry_telemetry.serving import LoopbackServer
from foundry_telemetry.testing.captured_request import ReceivedRequest, joined
from foundry_telemetry.testing.script import NO_ANSWERS, SERVER_ERRORS, NoAnswer, Play

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

    from foundry_telemetry.testing.response import FakeResponse, Pause

_TICK_S = 0.002
_LINGER_NOT = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
"""Linger on, zero seconds: closing the socket resets the connection."""

_PLAYABLE = tuple(NO_ANSWERS[name] for name in SERVER_ERRORS)


class Loopback:
    """A running server. It listens when construction returns, and its thread is gone when `stop` returns."""

    def __init__(self, play: Play, piece_size: int | None, port: int = 0) -> None:
        for item in play.items:
            _require_playable(item)
        self._server = LoopbackServer(_App(play, piece_size), port=port)
        self.port: int = self._server.port
        self._server.__enter__()

    def stop(self) -> None:
        """Drop every connection, close the port and end the thread."""
        self._server.__exit__(None, None, None)


class _App:
    """The application: one request in, one item of the script out."""

    def __init__(self, play: Play, piece_size: int | None) -> None:
        self._play = play
        self._piece_size = piece_size

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        transport = scope["state"]["transport"]
        try:
            received = await _received(Request(scope, receive))
        except ClientDisconnect:
            return
        item = self._play.next(received)
        if isinstance(item, NoAnswer):
            _require_playable(item)
            await _no_answer(item, transport)
        else:
            await self._answer(item, transport, send)
        # Until uvicorn has noticed the loss of the connection it would log that the answer is not complete.
        while transport.is_closing() and (await receive())["type"] != "http.disconnect":
            pass

    async def _answer(self, response: FakeResponse, transport: asyncio.Transport, send: Send) -> None:
        await _wait(response.waits(), transport)
        await send(_start(response))
        for pauses, piece in response.steps(self._piece_size):
            await _wait(pauses, transport)
            if transport.is_closing():
                return
            if piece:
                await send(_part(piece))
        if response.ends == "complete":
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        elif response.ends == "reset":
            await _reset(transport)
        else:
            transport.close()


async def _no_answer(item: NoAnswer, transport: asyncio.Transport) -> None:
    if item.name == "ReadTimeout":
        await _wait((math.inf,), transport)
    elif item.name == "ReadError":
        await _reset(transport)
    else:
        transport.close()


async def _reset(transport: asyncio.Transport) -> None:
    # A reset throws away what is not sent yet.
    while transport.get_write_buffer_size() and not transport.is_closing():  # noqa: ASYNC110 - there is no event for it
        await asyncio.sleep(_TICK_S)
    if not transport.is_closing():
        connection = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
        transport.abort()


async def _wait(pauses: tuple[Pause, ...], transport: asyncio.Transport) -> None:
    """Wait, but no longer than the connection lives."""
    for pause in pauses:
        seconds, gate = (pause, None) if isinstance(pause, (int, float)) else (math.inf, pause)
        until = asyncio.get_running_loop().time() + seconds
        while not transport.is_closing() and not (gate is not None and gate.is_set()):
            remaining_s = until - asyncio.get_running_loop().time()
            if remaining_s <= 0:
                break
            await asyncio.sleep(min(remaining_s, _TICK_S))


def _start(response: FakeResponse) -> Message:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers]
    return {"type": "http.response.start", "status": response.status, "headers": headers}


def _part(piece: bytes) -> Message:
    return {"type": "http.response.body", "body": piece, "more_body": True}


async def _received(request: Request) -> ReceivedRequest:
    return ReceivedRequest(
        method=request.method,
        path=request.url.path,
        query=request.url.query,
        headers=joined(request.headers.items()),
        body=await request.body(),
    )


def _require_playable(item: FakeResponse | NoAnswer) -> None:
    if isinstance(item, NoAnswer) and item.name not in _PLAYABLE:
        names = ", ".join(map(repr, SERVER_ERRORS))
        raise ValueError(
            f"a server cannot play {item.name!r}: expected one of {names}; for other exceptions use "
            "`FakeFoundry(...).transport('httpx')`, or a server that has stopped"
        )
