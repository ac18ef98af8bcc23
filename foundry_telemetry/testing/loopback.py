"""An ASGI application behind a real loopback socket, in a thread of its own."""

from __future__ import annotations

import asyncio
import socket
import threading
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import uvicorn

if TYPE_CHECKING:
    from collections.abc import Callable

_START_S = 10.0
"""Seconds a server may take to start before that counts as a failure."""


class LoopbackServer:
    """Serves one ASGI application on 127.0.0.1 while the ``with`` block runs.

    Leaving the block closes every connection, cancels requests that still run and joins the thread, in about
    a tenth of a second.

    Args:
        app: Any ASGI 3 application.
        port: 0 lets the system choose.
    """

    host = "127.0.0.1"

    def __init__(self, app: Callable[..., Any], *, port: int = 0) -> None:
        config = uvicorn.Config(
            app, loop="asyncio", ws="none", log_config=None, log_level="critical", access_log=False,
            timeout_graceful_shutdown=0,
        )  # fmt: skip
        self._server = _Server(config)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind((self.host, port))
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(
            target=self._server.run, args=([self._socket],), name="foundry-loopback", daemon=True
        )

    @property
    def url(self) -> str:
        """Base URL, without a slash at the end."""
        return f"http://{self.host}:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._server.ready.wait(_START_S):
            raise RuntimeError(f"the server on {self.url} did not start within {_START_S} s")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop()
        self._thread.join()
        self._socket.close()

    def drop(self, client: object) -> None:
        """Cut the connection of a request without an answer; call it from inside the application.

        Args:
            client: ``scope["client"]`` of the request.
        """
        for connection in list(self._server.server_state.connections):
            if connection.client == tuple(client or ()):  # type: ignore[call-overload]
                connection.transport.abort()


class _Server(uvicorn.Server):
    """uvicorn that tells when it listens and stops at once when told, instead of looking every 0.1 s."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._told: asyncio.Event | None = None

    def stop(self) -> None:
        """End the server from another thread."""
        self.should_exit = True
        if self._loop is not None and self._told is not None:
            self._loop.call_soon_threadsafe(self._told.set)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop, self._told = asyncio.get_running_loop(), asyncio.Event()
        await super().startup(sockets)
        self.ready.set()

    async def main_loop(self) -> None:
        if self._told is not None and not await self.on_tick(0):
            await self._told.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        for connection in list(self.server_state.connections):
            connection.transport.abort()  # a request that hangs would keep its transport open
        await asyncio.sleep(0)
