"""Any ASGI application behind a real loopback socket: uvicorn in a thread of its own.

The server listens on 127.0.0.1 and nowhere else. It gives a client a bounded time to send its request, and
accepts a bounded number of connections and bytes of headers.
"""

from __future__ import annotations

import asyncio
import errno
import signal
import socket
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from typing import TYPE_CHECKING, Any, Final, Self

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import FrameType, TracebackType

    from starlette.types import ASGIApp

HOST: Final = "127.0.0.1"

HEADERS_S: Final = 10.0
"""Seconds from a connection, or from the first byte of a further request, to the end of its headers."""

IDLE_S: Final = 75
"""Seconds a connection is kept open between two requests."""

MOST_CONNECTIONS: Final = 256
"""Connections at a time; further ones are cut at once."""

MOST_HEADER_BYTES: Final = 32 * 1024
"""Bytes of headers that are waited for; more may come in one piece."""

REST_S: Final = 5.0
"""Seconds that a client is given to finish a body which was answered before it had arrived."""

MOST_THREADS: Final = 32
"""Threads of an application at a time, whatever the number of processors: they mostly wait."""

_TICK_S: Final = 0.002
_POLL_S: Final = 0.5
"""Seconds between two checks for a signal; on Windows a wait without end is not interrupted by one."""

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class PortError(Exception):
    """The port cannot be used; the message has the reason and the next step.

    Args:
        error: Of the socket.
        port: The port.
        example: An option that works.
    """

    def __init__(self, error: OSError, port: int, example: str) -> None:
        why = "is in use" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
        super().__init__(
            f"port {port} on {HOST} {why}: choose another port, or any free one with `{example}`"
        )


def listening(address: tuple[str, int]) -> socket.socket:
    """A listening socket whose connections do not wait for acknowledgements.

    asyncio sets ``TCP_NODELAY`` only on sockets declared as TCP; those of ``create_server`` do not.
    """
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if sys.platform != "win32":  # there it would let two servers share a port
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        server.bind(address)
        server.listen(128)
    except BaseException:
        server.close()
        raise
    return server


def serve_forever(server: AbstractContextManager[object], ready: Callable[[], object]) -> int:
    """Serve until a signal ends the process.

    Args:
        server: Serves from the start of a ``with`` block to its end; not entered yet.
        ready: Called when it listens.

    Returns:
        The exit code by convention: 130 after Ctrl-C, 143 after SIGTERM.
    """
    signalled = threading.Event()
    signals: list[int] = []

    def end(number: int, _: FrameType | None) -> None:
        signals.append(number)
        signalled.set()

    before = {number: signal.signal(number, end) for number in _SIGNALS}
    try:
        with server:
            ready()
            while not signalled.wait(_POLL_S):
                pass
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return 128 + signals[0]


class LoopbackServer:
    """Serves one application on 127.0.0.1 from the start of a ``with`` block to its end.

    Leaving the block cuts every connection, waits for the handlers and joins the thread. The application
    finds the transport of its connection in ``scope["state"]["transport"]``, and must return when it receives
    ``http.disconnect``.

    Args:
        app: An ASGI 3 application; it gets no lifespan events.
        port: 0 lets the system choose.
        headers_s: As `HEADERS_S`.
        rest_s: As `REST_S`.

    Raises:
        OSError: The port is taken.
    """

    host = HOST

    def __init__(
        self, app: ASGIApp, *, port: int = 0, headers_s: float = HEADERS_S, rest_s: float = REST_S
    ) -> None:
        self._socket = listening((self.host, port))
        self.port: int = self._socket.getsockname()[1]
        self._server = _Server(_config(app, headers_s, rest_s))
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
        if not self._server.started:
            self._thread.join()
            self._socket.close()
            raise RuntimeError(f"the server did not start on port {self.port}; see the error above")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop()
        self._thread.join()


class _Config(uvicorn.Config):
    seconds: Mapping[str | None, float]
    """What a connection waits for, to how long."""


class _Connection(H11Protocol):
    """uvicorn's connection, which shows the application its transport and waits for nothing forever."""

    config: _Config
    _awaits: str | None = None
    _overdue: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        # The option of the same name would empty a logger that the application may use as well.
        self.access_log = False
        self.app_state = {"transport": transport}
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            transport.abort()
        else:
            self._await("headers")

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state is h11.IDLE:
            self._await("headers")
        elif self.conn.our_state is not h11.DONE:
            self._await(None)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.conn.their_state is h11.SEND_BODY:
            self._await("rest")

    def connection_lost(self, exc: Exception | None) -> None:
        self._await(None)
        super().connection_lost(exc)

    def _await(self, what: str | None) -> None:
        """Cut the connection unless `what` comes in time; for what is awaited already the clock goes on."""
        if what == self._awaits:
            return
        if self._overdue is not None:
            self._overdue.cancel()
        self._awaits = what
        seconds = self.config.seconds.get(what)
        self._overdue = None if seconds is None else self.loop.call_later(seconds, self.transport.abort)


class _Server(uvicorn.Server):
    """uvicorn without its polling and its grace: it starts and stops at once, and logs nothing."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        self._loop.set_default_executor(ThreadPoolExecutor(MOST_THREADS, "request"))
        self.config.load()
        self.lifespan = self.config.lifespan_class(self.config)
        try:
            await self.startup(sockets)
        finally:
            self.listening.set()
        if self.started:
            await self._stopping.wait()
            await self.shutdown(sockets)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:  # noqa: ARG002 - uvicorn's
        # A connection being accepted must be let in first: closing the server then leaks its socket.
        while _accepting():  # noqa: ASYNC110 - there is no event for it
            await asyncio.sleep(0)
        for server in self.servers:
            server.close()
        # The handlers notice that their connection is gone; cancelling them would be logged as a failure.
        while self.server_state.tasks or self.server_state.connections:
            for connection in list(self.server_state.connections):
                connection.transport.abort()
            await asyncio.sleep(_TICK_S)

    def stop(self) -> None:
        """Ask the server to end; may be called from any thread, and after its end."""
        if self._loop is not None and self._stopping is not None:
            with suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(self._stopping.set)


def _accepting() -> bool:
    """Whether asyncio is accepting a connection, which it does in a task of this name."""
    names = (getattr(task.get_coro(), "__name__", "") for task in asyncio.all_tasks())
    return "_accept_connection2" in names


def _config(app: Any, headers_s: float, rest_s: float) -> uvicorn.Config:
    config = _Config(
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
        timeout_keep_alive=IDLE_S,
        h11_max_incomplete_event_size=MOST_HEADER_BYTES,
    )
    config.seconds = {"headers": headers_s, "rest": rest_s}
    return config
