"""Any ASGI application behind a real loopback socket: uvicorn in a thread of its own."""

from __future__ import annotations

import asyncio
import socket
import threading
from typing import TYPE_CHECKING, Any, Self

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    from types import TracebackType

    from starlette.types import ASGIApp


def listening(address: tuple[str, int]) -> socket.socket:
    """A listening socket whose connections do not wait for acknowledgements.

    asyncio sets ``TCP_NODELAY`` only on sockets that say they are TCP; those of ``create_server`` do not.
    """
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(address)
    server.listen(128)
    return server


class LoopbackServer:
    """Serves one application on 127.0.0.1 from the start of a ``with`` block to its end.

    Leaving the block cuts every connection, waits for the handlers and joins the thread. The application
    finds the transport of its connection in ``scope["state"]["transport"]``, and must return when it receives
    ``http.disconnect``.

    Args:
        app: An ASGI 3 application; it gets no lifespan events.
        port: 0 lets the system choose.
    """

    host = "127.0.0.1"

    def __init__(self, app: ASGIApp, *, port: int = 0) -> None:
        self._socket = listening((self.host, port))
        self.port: int = self._socket.getsockname()[1]
        self._server = _Server(_config(app))
        self._thread = threading.Thread(
            target=asyncio.run,
            args=(self._server.serve([self._socket]),),
            name=f"foundry-loopback-{self.port}",
            daemon=True,
        )

    @property
    def url(self) -> str:
        """Base URL, without a slash at the end."""
        return f"http://{self.host}:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        self._server.listening.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop()
        self._thread.join()


class _Connection(H11Protocol):
    """uvicorn's connection, which shows the application its transport."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        # The option of the same name would empty a logger that the application may use as well.
        self.access_log = False
        self.app_state = {"transport": transport}
        super().connection_made(transport)


class _Server(uvicorn.Server):
    """uvicorn without its polling, its signal handlers and its log lines."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._told: asyncio.Event | None = None

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop, self._told = asyncio.get_running_loop(), asyncio.Event()
        self.config.load()
        self.lifespan = self.config.lifespan_class(self.config)
        try:
            await self.startup(sockets)
        finally:
            self.listening.set()
        await self._told.wait()
        for server in self.servers:
            server.close()
        while self.server_state.connections or self.server_state.tasks:
            for connection in list(self.server_state.connections):
                connection.transport.abort()
            # Handlers see their client leave and return; cancelling them would be logged as a failure.
            await asyncio.wait(self.server_state.tasks or {asyncio.ensure_future(asyncio.sleep(0))})

    def stop(self) -> None:
        """Ask the server to end, from another thread."""
        if self._loop is not None and self._told is not None:
            self._loop.call_soon_threadsafe(self._told.set)


def _config(app: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=_Connection,
        ws="none",
        lifespan="off",
        loop="asyncio",
        interface="asgi3",
        log_config=None,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=75,
    )
