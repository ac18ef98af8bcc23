"""The loopback server: bounded in what it waits for, and gone at once when it is told to go."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress

import pytest
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from foundry_telemetry import serving
from foundry_telemetry.serving import LoopbackServer
from tests.support.patience import PATIENCE_S

SOON_S = 0.3

REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


async def hello(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers at once, without reading the body."""
    await Response(b"hello")(scope, receive, send)


async def silence(scope: Scope, receive: Receive, send: Send) -> None:
    """Never answers."""
    while (await receive())["type"] != "http.disconnect":
        pass


def hurry(server: LoopbackServer) -> None:
    """From now on headers must come soon; what was waited for before has the time that it had."""
    server._server.config.seconds["headers"] = SOON_S


@contextmanager
def connected(server: LoopbackServer) -> Iterator[socket.socket]:
    """A connection to a server."""
    with closing(socket.create_connection((server.host, server.port), timeout=PATIENCE_S)) as connection:
        yield connection


def read_answer(connection: socket.socket) -> bytes:
    """One answer of `hello`."""
    found = b""
    while not found.endswith(b"hello"):
        part = connection.recv(4096)
        if not part:
            break
        found += part
    return found


def is_cut(connection: socket.socket) -> bool:
    """Whether the server ends the connection; waits for it."""
    try:
        while connection.recv(4096):
            pass
    except ConnectionError:
        return True
    return True


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: x\r\n"])
def test_headers_that_do_not_come(sent: bytes) -> None:
    """A client that says nothing, or never ends its headers, is cut off."""
    with LoopbackServer(hello, headers_s=SOON_S) as server, connected(server) as connection:
        connection.sendall(sent)
        assert is_cut(connection)


def test_headers_that_trickle() -> None:
    """Sending a byte now and then buys no time."""
    with LoopbackServer(hello, headers_s=SOON_S) as server, connected(server) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nX: ")
        connection.settimeout(0.001)
        with pytest.raises(ConnectionError):
            while True:
                connection.sendall(b"x")
                try:
                    if not connection.recv(1):
                        raise ConnectionError
                except TimeoutError:
                    pass


def test_headers_of_the_next_request() -> None:
    """The time counts again from the first byte of the next request on the same connection."""
    with LoopbackServer(hello) as server, connected(server) as connection:
        connection.sendall(REQUEST)
        assert read_answer(connection).endswith(b"hello")
        hurry(server)
        connection.sendall(REQUEST[:-2])
        assert is_cut(connection)


def test_idle_connections_are_kept() -> None:
    """Between two requests a connection may rest for longer than headers may take."""
    with LoopbackServer(hello) as server, connected(server) as idle:
        idle.sendall(REQUEST)
        read_answer(idle)
        hurry(server)
        with connected(server) as silent:
            assert is_cut(silent)  # so the time for headers is over
        idle.sendall(REQUEST)
        assert read_answer(idle).endswith(b"hello")


def test_an_answer_may_take_its_time() -> None:
    """Once its headers are there a request is not cut off, however long its answer takes."""
    asked = threading.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        asked.set()
        await silence(scope, receive, send)

    with LoopbackServer(app, headers_s=SOON_S) as server, ExitStack() as stack:
        while not asked.is_set():  # a slow machine may take longer for a request than its headers may
            asking = stack.enter_context(connected(server))
            with suppress(OSError):
                asking.sendall(REQUEST)
            asked.wait(SOON_S)
        with connected(server) as silent:
            assert is_cut(silent)
        asking.setblocking(False)
        with pytest.raises(BlockingIOError):
            asking.recv(1)


def test_the_rest_of_a_body_that_was_answered() -> None:
    """A client may finish what was answered early, and go on; one that never ends is cut off."""
    post = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345"
    with LoopbackServer(hello, rest_s=SOON_S) as server, connected(server) as connection:
        connection.sendall(post)
        read_answer(connection)
        assert is_cut(connection)
    with LoopbackServer(hello) as server, connected(server) as connection:
        connection.sendall(post)
        read_answer(connection)
        connection.sendall(b"67890" + REQUEST)
        assert read_answer(connection).endswith(b"hello")


def test_connections_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection more than there may be is cut at once; when another ends there is room again."""
    monkeypatch.setattr(serving, "MOST_CONNECTIONS", 2)
    with LoopbackServer(hello) as server:
        with connected(server) as first, connected(server) as second:
            for connection in (first, second):
                connection.sendall(REQUEST)
                assert read_answer(connection).endswith(b"hello")
            with connected(server) as third:
                assert is_cut(third)
            first.sendall(REQUEST)
            assert read_answer(first).endswith(b"hello")
        while not is_served(server):
            pass  # the ends of the others have not been seen yet


def is_served(server: LoopbackServer) -> bool:
    """Whether a new connection gets an answer."""
    try:
        with connected(server) as connection:
            connection.sendall(REQUEST)
            return read_answer(connection).endswith(b"hello")
    except ConnectionError:
        return False


def test_a_port_is_used_once() -> None:
    """A port that somebody listens on is an error at once."""
    with LoopbackServer(hello) as server, pytest.raises(OSError, match="in use"):
        LoopbackServer(hello, port=server.port)


def test_a_port_is_free_again() -> None:
    """The same port can be listened on as soon as the server has ended."""
    with LoopbackServer(hello) as server, connected(server) as connection:
        connection.sendall(REQUEST)
        read_answer(connection)
    with LoopbackServer(hello, port=server.port) as again, connected(again) as connection:
        connection.sendall(REQUEST)
        assert read_answer(connection).endswith(b"hello")


def test_the_end_does_not_wait_for_answers() -> None:
    """Leaving the block cuts requests that are being answered, and the thread is gone."""
    before = set(threading.enumerate())
    with LoopbackServer(silence) as server, connected(server) as connection:
        connection.sendall(REQUEST)
        server.__exit__(None, None, None)
        assert is_cut(connection)
        assert set(threading.enumerate()) == before
