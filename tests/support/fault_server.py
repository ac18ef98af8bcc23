"""A raw-socket loopback server that misbehaves on request: the first part of the path names the fault.

It counts connections and requests. Where a fault has to wait for the client it waits for an event that the
test sets, never for time. ``reached`` signals that the behaviour is in place.
"""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Final, Self

from foundry_telemetry.outcomes import FIRST_ERROR
from tests.support.patience import PATIENCE_S

_RESET: Final = struct.pack("ii", 1, 0)
"""Linger on, zero seconds: closing the socket resets the connection."""

MESSAGE: Final = json.dumps({
    "id": "msg_fault01",
    "type": "message",
    "role": "assistant",
    "model": "claude-faults",
    "content": [{"type": "text", "text": "Hello"}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {"input_tokens": 25, "output_tokens": 9, "cache_read_input_tokens": 5},
}).encode()  # fmt: skip
"""A complete JSON answer: 30 input tokens in all, 9 output tokens."""


def _event(name: str, **data: object) -> bytes:
    return f"event: {name}\ndata: {json.dumps({'type': name, **data})}\n\n".encode()


def _text(text: str) -> bytes:
    return _event("content_block_delta", index=0, delta={"type": "text_delta", "text": text})


EVENTS: Final = (
    _event(
        "message_start",
        message={
            "id": "msg_fault02",
            "type": "message",
            "role": "assistant",
            "model": "claude-faults",
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": {"input_tokens": 25, "output_tokens": 1, "cache_read_input_tokens": 5},
        },
    ),
    _event("content_block_start", index=0, content_block={"type": "text", "text": ""}),
    _text("Hel"),
    _text("lo"),
    _event("content_block_stop", index=0),
    _event("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 9}),
    _event("message_stop"),
)
"""A complete stream with the same counters as `MESSAGE`, one event a chunk."""

OVERLOADED: Final = json.dumps({
    "type": "error",
    "error": {"type": "overloaded_error", "message": "Overloaded"},
    "request_id": "req_fault03",
}).encode()  # fmt: skip

PAGE: Final = b"<html><body>502 Bad Gateway</body></html>"


def chunk(data: bytes) -> bytes:
    """One chunk of a chunked body."""
    return b"%x\r\n%s\r\n" % (len(data), data)


LAST_CHUNK: Final = b"0\r\n\r\n"


@dataclass(frozen=True)
class Received:
    """One request as the server got it."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Counts:
    """What the server saw since the last count."""

    connections: int
    requests: list[tuple[str, str]] = field(default_factory=list)


class Peer:
    """One connection of the server, while it answers one request."""

    def __init__(self, sock: socket.socket, server: FaultServer) -> None:
        self.sock = sock
        self.server = server
        self.served = 0
        """Requests answered on this connection before the present one."""
        self.nth = 0
        """Counts the requests for the present path from 1."""
        self.request: Received

    def send(self, data: bytes) -> None:
        """Send all of it."""
        self.sock.sendall(data)

    def answer(self, status: int, body: bytes, media: str = "application/json", **headers: str) -> None:
        """A whole answer; the connection can be used again."""
        extra = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        head = f"HTTP/1.1 {status} X\r\ncontent-type: {media}\r\ncontent-length: {len(body)}\r\n{extra}\r\n"
        self.send(head.encode() + body)

    def stream(self, *events: bytes, more: bytes = b"") -> None:
        """The head of a streamed answer and its first events, one a chunk, in one piece."""
        head = b"HTTP/1.1 200 X\r\ncontent-type: text/event-stream\r\nrequest-id: req_fault04\r\n"
        head += b"apim-request-id: 1b2c\r\ntransfer-encoding: chunked\r\n\r\n"
        self.send(head + b"".join(map(chunk, events)) + more)

    def wait(self) -> None:
        """Signal that the behaviour is in place, and wait for the gate."""
        self.server.reached.set()
        self.server.gate.wait(PATIENCE_S)

    def reset(self) -> None:
        """Close with a reset."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.sock.close()


Behaviour = Callable[[Peer], bool]
"""Answers one request; returns whether the connection stays open."""


class FaultServer:
    """Use it as a context manager; it listens from the start.

    Args:
        tls: Makes it an HTTPS server.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.gate = threading.Event()
        """Set by the test: the fault may go on."""
        self.reached = threading.Event()
        """Set by the server: the fault is in place."""
        self._tls = tls
        self._lock = threading.Lock()
        self._requests: list[Received] = []
        self._connections: list[threading.Thread] = []
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._acceptor = threading.Thread(target=self._accept, name="fault-server", daemon=True)
        self._acceptor.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._acceptor.join(PATIENCE_S)
        with self._lock:
            remaining = list(self._open)
        for sock in remaining:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        self.counts()

    @property
    def base(self) -> str:
        """Base URL, without a slash at the end."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    def url(self, behaviour: str) -> str:
        """URL of the messages endpoint with a fault."""
        return f"{self.base}/{behaviour}/v1/messages"

    @property
    def received(self) -> list[Received]:
        """The requests since the last count."""
        with self._lock:
            return list(self._requests)

    def forget(self) -> None:
        """Count the requests from here on, with the connections that are open."""
        with self._lock:
            self._requests = []

    def counts(self) -> Counts:
        """What came since the last count. Ask when the client is closed: it waits for every connection."""
        self.gate.set()
        with self._lock:
            threads = list(self._connections)
        for thread in threads:
            thread.join(PATIENCE_S)
            assert not thread.is_alive(), "the client has left a connection open"
        with self._lock:
            counts = Counts(len(self._connections), [(r.method, r.path) for r in self._requests])
            self._connections, self._requests = [], []
        self.gate.clear()
        self.reached.clear()
        return counts

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(sock,), name="fault-peer", daemon=True)
            with self._lock:
                self._connections.append(thread)
                self._open.add(sock)
            thread.start()

    def _serve(self, raw: socket.socket) -> None:
        sock = raw
        try:
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls is not None:
                sock = self._tls.wrap_socket(raw, server_side=True)
            self._answer_all(Peer(sock, self))
        except OSError:  # the client has gone, or does not like our certificate
            pass
        finally:
            with self._lock:
                self._open.discard(raw)
            sock.close()
            raw.close()

    def _answer_all(self, peer: Peer) -> None:
        reader = peer.sock.makefile("rb")
        with reader:
            while (request := _read(reader)) is not None:
                with self._lock:
                    self._requests.append(request)
                    peer.nth = sum(r.path == request.path for r in self._requests)
                peer.request = request
                name = request.path.split("/")[1]
                if not (_BEHAVIOURS[name](peer) if name in _BEHAVIOURS else _numbered(peer, name)):
                    return
                peer.served += 1


def _read(reader: object) -> Received | None:
    """One request, or nothing when the client has closed."""
    line = reader.readline().decode()
    if not line.strip():
        return None
    method, target, _ = line.split(" ", 2)
    headers = dict(_headers(reader))
    if "chunked" in headers.get("transfer-encoding", ""):
        body = b"".join(_chunks(reader))
    else:
        body = reader.read(int(headers.get("content-length", "0")))
    path = "/" + target.split("/", 3)[3] if "://" in target else target  # absolute when we are the proxy
    return Received(method, path, headers, body)


def _headers(reader: object) -> Iterator[tuple[str, str]]:
    while line := reader.readline().decode("latin-1").strip():
        name, _, value = line.partition(":")
        yield name.lower(), value.strip()


def _chunks(reader: object) -> Iterator[bytes]:
    while size := int(reader.readline(), 16):
        yield reader.read(size)
        reader.readline()
    reader.readline()


_BEHAVIOURS: Final[dict[str, Behaviour]] = {}


def _behaviour(behaviour: Behaviour) -> Behaviour:
    """Register a behaviour under its name, with dashes."""
    _BEHAVIOURS[behaviour.__name__.strip("_").replace("_", "-")] = behaviour
    return behaviour


@_behaviour
def _ok(peer: Peer) -> bool:
    peer.answer(200, MESSAGE, request_id="req_fault01", apim_request_id="0a1b")
    return True


@_behaviour
def _dated(peer: Peer) -> bool:
    """An answer with the `Date` that the request asks for, else that of now; likewise status and `Age`."""
    asked = peer.request.headers
    shown = {"date": asked.get("x-date", formatdate(usegmt=True))}
    if "x-age" in asked:
        shown["age"] = asked["x-age"]
    status = int(asked.get("x-status", "200"))
    peer.answer(status, OVERLOADED if status >= FIRST_ERROR else MESSAGE, **shown)
    return True


@_behaviour
def _events(peer: Peer) -> bool:
    peer.stream(*EVENTS, more=LAST_CHUNK)
    return True


@_behaviour
def _silent(peer: Peer) -> bool:
    peer.wait()
    return False


@_behaviour
def _held(peer: Peer) -> bool:
    """Four events; the rest when the gate opens."""
    peer.stream(*EVENTS[:4])
    peer.wait()
    peer.send(b"".join(map(chunk, EVENTS[4:])) + LAST_CHUNK)
    return True


@_behaviour
def _stall(peer: Peer) -> bool:
    peer.stream(*EVENTS[:4])
    peer.wait()
    return False


@_behaviour
def _reset(peer: Peer) -> bool:
    peer.stream(*EVENTS[:4])
    peer.wait()
    peer.reset()
    return False


@_behaviour
def _cut(peer: Peer) -> bool:
    """A chunked body without its last chunk."""
    peer.stream(*EVENTS[:4])
    return False


@_behaviour
def _unfinished(peer: Peer) -> bool:
    """A stream that HTTP calls complete, and the API does not."""
    peer.stream(*EVENTS[:4], more=LAST_CHUNK)
    return True


@_behaviour
def _short(peer: Peer) -> bool:
    """A body shorter than its content-length."""
    head = f"HTTP/1.1 200 X\r\ncontent-type: application/json\r\ncontent-length: {len(MESSAGE)}\r\n\r\n"
    peer.send(head.encode() + MESSAGE[:-10])
    return False


@_behaviour
def _garbage(peer: Peer) -> bool:
    peer.send(b"\x15\x03\x01 this is no HTTP\r\n\r\n")
    return False


@_behaviour
def _hang_up(peer: Peer) -> bool:
    """The first answer of a connection comes, the second does not."""
    if not peer.served:
        return _ok(peer)
    return False


@_behaviour
def _close_after(peer: Peer) -> bool:
    """The connection is closed behind a first answer that promised to keep it."""
    _ok(peer)
    if peer.nth > 1:
        return True
    peer.sock.shutdown(socket.SHUT_RDWR)  # close() alone would wait for the reader on it
    peer.server.reached.set()
    return False


@_behaviour
def _redirect(peer: Peer) -> bool:
    peer.answer(307, b"", location="/ok/v1/messages")
    return True


@_behaviour
def _loop(peer: Peer) -> bool:
    peer.answer(307, b"", location=peer.request.path)
    return True


@_behaviour
def _locked(peer: Peer) -> bool:
    """A 401 until the credential is fresh."""
    if peer.request.headers.get("authorization") == "Bearer fresh":
        return _ok(peer)
    text = b"Access denied due to invalid subscription key or wrong API endpoint."
    peer.answer(401, b'{"error":{"code":"401","message":"%s"}}' % text)
    return True


@_behaviour
def _limited(peer: Peer) -> bool:
    """Two 429 with the two headers for the wait, then an answer."""
    body = b'{"type":"error","error":{"type":"rate_limit_error","message":"Slow down"}}'
    if peer.nth == 1:
        peer.answer(429, body, retry_after_ms="1250")
    elif peer.nth == 2:
        peer.answer(429, body, retry_after="3")
    else:
        return _ok(peer)
    return True


@_behaviour
def _error_event(peer: Peer) -> bool:
    peer.stream(*EVENTS[:3], b"event: error\ndata: " + OVERLOADED + b"\n\n", more=LAST_CHUNK)
    return True


def _numbered(peer: Peer, name: str) -> bool:
    """``html-<status>``, ``json-<status>``, and ``echo-<status>``, which repeats the credentials."""
    kind, _, status = name.partition("-")
    bodies = {"html": PAGE, "json": OVERLOADED, "echo": _echo(peer.request)}
    peer.answer(int(status), bodies[kind], "text/html" if kind == "html" else "application/json")
    return True


def _echo(request: Received) -> bytes:
    credentials = {name: request.headers.get(name, "") for name in ("api-key", "x-api-key", "authorization")}
    return json.dumps(
        {"error": {"code": credentials["api-key"] or "401", "message": f"no: {credentials}"}}
    ).encode()
