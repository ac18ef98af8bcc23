"""The ingestion endpoint: every way to post, and what each is answered with."""

from __future__ import annotations

import gzip
import hashlib
import json
import threading
import zlib
from concurrent.futures import Future
from typing import Any

import pytest

from foundry_telemetry.ingestion import endpoint, request_body
from foundry_telemetry.local.store.store import BusyError, Receipt, Store, StoreError
from tests.support.patience import PATIENCE_S
from tests.support.telemetry import event
from tests.support.wire import Wire, answer


@pytest.mark.parametrize("path", ["/v2.1/track", "//v2.1/track", "/v2/track", "//v2/track"])
def test_paths(wire: Wire, path: str) -> None:
    """Every path that exporters use is served, with the doubled slash too, and reports what was accepted."""
    received = wire.post(event(name="x"), path=path)
    assert (received.status, received.headers["content-type"]) == (200, "application/json")
    assert received.json == {
        "itemsReceived": 1,
        "itemsAccepted": 1,
        "appId": wire.azure.store.key,
        "errors": [],
    }
    assert wire.count() == 1


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS"])
def test_other_methods(wire: Wire, method: str) -> None:
    """Telemetry is posted; anything else is refused in words."""
    received = wire.ask(method, "/v2.1/track")
    assert (received.status, received.json["error"]["code"]) == (405, "MethodNotAllowed")


def test_an_array_and_lines_are_the_same(wire: Wire) -> None:
    """Envelopes come in an array, or one a line, with any line end and blank lines between."""
    items = [json.dumps({"iKey": wire.azure.store.key, **event(name=f"{number}")}) for number in range(3)]
    for text in (f"[{','.join(items)}]", "\n".join(items), "\r\n".join([*items, ""]), f"\n{items[0]}\n\n"):
        assert wire.ask("POST", "/v2.1/track", text.encode()).status == 200
    assert wire.count() == 10


def test_a_chunked_body(wire: Wire) -> None:
    """A body may come in chunks, without a declared length."""
    body = wire.body(event(name="x"))
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (body[:10], body[10:])) + b"0\r\n\r\n"
    assert wire.ask("POST", "/v2.1/track", chunks, {"Transfer-Encoding": "chunked"}).status == 200
    assert wire.count() == 1


def test_gzip(wire: Wire) -> None:
    """Bodies are taken compressed too, in one piece or several."""
    body = wire.body(event(name="x"))
    for packed in (gzip.compress(body), gzip.compress(body[:20]) + gzip.compress(body[20:])):
        assert wire.ask("POST", "/v2.1/track", packed, {"Content-Encoding": "gzip"}).status == 200
    assert wire.count() == 2


@pytest.mark.parametrize(
    ("packed", "encoding", "status"),
    [
        (b"[]", "gzip", 400),
        (gzip.compress(b"[]")[:-4], "gzip", 400),
        (gzip.compress(b"[]") + b"x", "gzip", 400),
        (b"[]", "br", 415),
        (b"[]", "gzip, gzip", 415),
    ],
    ids=["plain", "cut", "more", "other", "twice"],  # bytes would be named, and gzip puts the time into them
)
def test_unsound_compression(wire: Wire, packed: bytes, encoding: str, status: int) -> None:
    """What cannot be decompressed is refused in words, and the server goes on."""
    received = wire.ask("POST", "/v2.1/track", packed, {"Content-Encoding": encoding})
    assert received.status == status
    assert received.json["error"]["message"]
    assert wire.post(event(name="x")).status == 200


def test_a_bomb_is_not_unpacked(wire: Wire) -> None:
    """A body that is small on the wire and huge afterwards is refused when it passes the limit."""
    bomb = gzip.compress(b" " * (endpoint.MOST_BODY + 1), 9)
    assert len(bomb) < 2**16
    received = wire.ask("POST", "/v2.1/track", bomb, {"Content-Encoding": "gzip"})
    assert received.status == 413
    assert "decompressed" in received.json["error"]["message"]


@pytest.mark.parametrize("cut", [1, request_body._PIECE - 1, request_body._PIECE, request_body._PIECE + 1])
def test_a_gzip_longer_than_a_piece(cut: int) -> None:
    """Wherever the pieces that are read at a time begin and end, the body is whole; a cut one is refused."""
    body = hashlib.shake_128(b"seed").digest(3 * request_body._PIECE)
    packed = gzip.compress(body[:cut]) + gzip.compress(body[cut:])
    assert request_body.decompressed(packed, "gzip", endpoint.MOST_BODY) == body
    for short in (packed[:-1], packed[: request_body._PIECE], packed[: 2 * request_body._PIECE]):
        with pytest.raises(request_body.RefusedError, match="gzip body is incomplete"):
            request_body.decompressed(short, "gzip", endpoint.MOST_BODY)


def test_many_members_are_no_more_than_their_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twice the members of a gzip are twice the work, not four times: their rest is not copied each time."""
    original, moved = zlib.decompressobj, 0

    class Counting:
        def __init__(self, window: int) -> None:
            self._reader = original(window)

        def __getattr__(self, name: str) -> Any:
            return getattr(self._reader, name)

        def decompress(self, piece: memoryview, most: int) -> bytes:
            nonlocal moved
            found = self._reader.decompress(piece, most)
            moved += len(self._reader.unused_data)
            return found

    monkeypatch.setattr(request_body.zlib, "decompressobj", Counting)
    counts = []
    for members in (5_000, 10_000):
        moved = 0
        assert request_body.decompressed(gzip.compress(b"", mtime=0) * members, "gzip", 9) == b""
        counts.append(moved)
    assert counts[1] <= 2.2 * counts[0]


def test_the_limit_counts_every_member_of_a_gzip(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several small members cannot be more together than one may be alone."""
    assert request_body.decompressed(gzip.compress(b"x" * 5) * 2, "gzip", 10) == b"x" * 10
    with pytest.raises(request_body.RefusedError, match="longer than 9 bytes"):
        request_body.decompressed(gzip.compress(b"x" * 5) * 2, "gzip", 9)


def test_items_that_are_refused(wire: Wire) -> None:
    """Part taken is 206 and names each refused item; nothing taken is 400."""
    foreign = {**event(name="x"), "iKey": "0" * 36}
    received = wire.post(foreign, event(name="y"), {"time": "no"})
    assert received.status == 206
    assert (received.json["itemsReceived"], received.json["itemsAccepted"]) == (3, 1)
    assert [(error["index"], error["statusCode"]) for error in received.json["errors"]] == [
        (0, 400),
        (2, 400),
    ]
    assert received.json["errors"][0]["message"] == "Invalid instrumentation key"
    received = wire.post(foreign)
    assert (received.status, received.json["itemsAccepted"], wire.count()) == (400, 0, 1)


@pytest.mark.parametrize("body", [b"", b"[", b"[{]", b"[" * 100_000])
def test_a_body_that_is_no_json(wire: Wire, body: bytes) -> None:
    """It is refused whole, in the shape that the exporter reads."""
    received = wire.ask("POST", "/v2.1/track", body)
    assert (received.status, received.json["itemsReceived"], received.json["itemsAccepted"]) == (400, 0, 0)
    assert received.json["errors"][0]["index"] == 0
    assert "the body is" in received.json["errors"][0]["message"]


def test_an_empty_array(wire: Wire) -> None:
    """An empty array is no fault."""
    received = wire.ask("POST", "/v2.1/track", b"[]")
    assert (received.status, received.json["itemsReceived"]) == (200, 0)


def test_large_bodies(wire: Wire) -> None:
    """A body of some megabytes, which is read in a thread, is taken like any other."""
    events = [event(name="x", text="y" * 4_000) for _ in range(800)]
    assert len(wire.body(*events)) > endpoint._IN_A_THREAD
    assert wire.post(*events).json["itemsAccepted"] == 800
    assert wire.count() == 800


@pytest.mark.parametrize("name", ["ping", "post"])
def test_live_metrics_are_not_subscribed(wire: Wire, name: str) -> None:
    """Live Metrics is not subscribed, so it sends nothing more."""
    for slashes in ("/", "//"):
        received = wire.ask("POST", f"{slashes}QuickPulseService.svc/{name}?ikey=x", b"[]")
        assert (received.status, received.headers["x-ms-qps-subscribed"], received.body) == (
            200,
            "false",
            b"",
        )


@pytest.mark.parametrize("error", [BusyError("too much waits"), StoreError("the disk is full")])
def test_when_nothing_can_be_taken(wire: Wire, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """A busy or broken store makes a 503 with `Retry-After`: the exporter keeps its batch."""

    def add(*_: object) -> Future[Receipt]:
        raise error

    monkeypatch.setattr(Store, "add", add)
    received = wire.post(event(name="x"))
    assert (received.status, received.headers["retry-after"], received.json["error"]["message"]) == (
        503,
        "1",
        str(error),
    )


def test_a_failed_commit_is_no_promise(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the commit fails the answer is 503 too."""
    failed: Future[Receipt] = Future()
    failed.set_exception(StoreError("no"))
    monkeypatch.setattr(Store, "add", lambda *_: failed)
    assert wire.post(event(name="x")).status == 503


def test_the_answer_waits_for_the_commit(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """No answer is sent before the rows are promised, however long the commit takes."""
    committing: Future[Receipt] = Future()
    added = threading.Event()

    def add(*_: Any) -> Future[Receipt]:
        added.set()
        return committing

    monkeypatch.setattr(Store, "add", add)
    connection = wire.send("POST", "/v2.1/track", wire.body(event(name="x")))
    assert added.wait(PATIENCE_S)
    assert wire.ask("GET", "/status.json").status == 200  # a whole round trip of another client
    connection.setblocking(False)
    with pytest.raises(BlockingIOError):
        connection.recv(1)
    connection.setblocking(True)
    committing.set_result(Receipt(1))
    assert answer(connection).status == 200


def test_bodies_being_read_are_bounded(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """While slow clients use up what may be read at a time, others get a 503; after that they are served."""
    monkeypatch.setattr(endpoint, "MOST_AT_ONCE", 1_000)
    body = wire.body(event(name="x", text="y" * 900))
    slow = wire.send("POST", "/v2.1/track", body[:-1], {"Content-Length": str(len(body))})
    while (received := wire.ask("POST", "/v2.1/track", b"[]")).status == 200:
        pass  # the slow one has not arrived yet
    assert (received.status, received.headers["retry-after"]) == (503, "1")
    slow.sendall(body[-1:])
    assert answer(slow).status == 200
    assert wire.ask("POST", "/v2.1/track", b"[]").status == 200


def test_a_client_that_disconnects_in_the_middle(wire: Wire) -> None:
    """Half a body is no body: nothing is stored, nothing is held, and the server goes on."""
    body = wire.body(event(name="x"))
    wire.send("POST", "/v2.1/track", body[:-5], {"Content-Length": str(len(body))}).close()
    assert wire.post(event(name="y")).status == 200
    assert wire.count() == 1
