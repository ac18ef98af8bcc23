"""The ingestion endpoint: every body is answered in the exporter's form, and what is promised can be stored.

An input is two bytes, then the body: its encoding, and the size of the pieces in which it arrives. Storing
costs far more than reading, so what was accepted is collected and stored a few hundred bodies at a time.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import zlib
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from typing import Any

from starlette.requests import Request

from foundry_telemetry.ingestion.endpoint import Ingestion
from foundry_telemetry.ingestion.fault_injection import FaultInjection
from foundry_telemetry.ingestion.items import Receipt
from foundry_telemetry.ingestion.refusals import RefusedError
from foundry_telemetry.local.ingest.envelopes import Batch, read_batch
from foundry_telemetry.local.store.store import Store
from foundry_telemetry.testing.ingestion import INSTRUMENTATION_KEY
from tests.fuzz.harness import Harness
from tests.fuzz.spoiling import VALUES, spoilt
from tests.support.telemetry import envelope, event

HEAD = 2
ENCODINGS = ("identity", "gzip", "gzip", "br", "identity", "identity", "identity", "gzip, gzip")
MADE = 2
"""The place of the encoding that is made here, so that the fuzzer needs no luck with checksums."""
ANSWERS = (200, 206, 400, 413)
REFUSED = (400, 413, 415)
TOGETHER = 512
"""Accepted bodies that are stored at a time."""
LIFE = 16
"""Times that one database is used; it is in memory, and must not grow for ever."""


AWKWARD = (
    *VALUES,
    '"0001-01-01T00:00:00+14:00"',
    '"9999-12-31T23:59:59-14:00"',
    '"1969-12-31T23:59:59Z"',
    '"12:00"',
    '"99999999.99:99:99.9999999"',
    '"\\u001f\\n"',
    "[{}]",
    '{"a":{"b":1}}',
)
"""With times that are none in UTC, texts that mean something to the store, and shapes that do not fit."""


class Collecting:
    """Takes batches as `Store` does, and now and then stores all that were accepted in a real one."""

    key = INSTRUMENTATION_KEY

    def __init__(self) -> None:
        self._waiting: list[tuple[bytes, Batch]] = []
        self._store: Store | None = None
        self._stored = 0

    def add(self, body: bytes, refuse: Mapping[int, int]) -> Future[Receipt]:
        """As `Store.add`, but done at once."""
        batch = read_batch(body, self.key, refuse)
        halves = [(len(texts.fields), len(texts.properties)) for texts in batch.texts.values()]
        assert sum(fields for fields, _ in halves) == batch.accepted
        assert all(fields == properties for fields, properties in halves)
        if batch.accepted:
            self._waiting.append((body, batch))
        done: Future[Receipt] = Future()
        done.set_result(Receipt(batch.received, batch.refusals))
        return done

    def settle(self, at_least: int = 1) -> None:
        """Store what waits, if it is as much as that, and check that the database takes it all."""
        if len(self._waiting) < at_least:
            return
        waiting, self._waiting = self._waiting, []
        if self._store is None:
            self._store = Store()
        writer = self._store._writer
        for (body, batch), done in [(item, writer.put(item[1])) for item in waiting]:
            assert done.result().refusals == batch.refusals, f"cannot be stored: {body!r}"
        self._stored += 1
        if self._stored % LIFE == 0:
            self.close()

    def close(self) -> None:
        """Forget the database."""
        if self._store is not None:
            self._store.close()
            self._store = None


STORE = Collecting()
_ingestion = Ingestion(STORE, FaultInjection())
_loops: list[asyncio.AbstractEventLoop] = []


def check(data: bytes) -> None:
    """Every body is answered in the form that exporters read, or refused with a status that says why."""
    if len(data) < HEAD:
        return
    place = data[0] % len(ENCODINGS)
    body = gzip.compress(data[HEAD:], 1, mtime=0) if place == MADE else data[HEAD:]
    if not _loops:
        _loops.append(asyncio.new_event_loop())
    try:
        answer = _loops[0].run_until_complete(_ingestion.track(posted(body, ENCODINGS[place], data[1] * 16)))
    except RefusedError as refused:
        check_refusal(refused)
    else:
        check_answer(answer.status_code, json.loads(bytes(answer.body)))
    assert _ingestion._being_read == 0
    STORE.settle(TOGETHER)


def finish() -> None:
    """Store what waits, and let everything go; the next check begins anew."""
    STORE.settle()
    STORE.close()
    while _loops:
        _loops.pop().close()


def check_refusal(refused: RefusedError) -> None:
    """A body that is no batch at all is refused with a status and in words."""
    assert refused.status in REFUSED
    assert str(refused)


def check_answer(status: int, answer: dict[str, Any]) -> None:
    """The counts agree with each other and with the status."""
    refused = [error["index"] for error in answer["errors"]]
    assert status in ANSWERS
    assert answer["appId"] == INSTRUMENTATION_KEY
    assert refused == sorted(set(refused))
    assert all(error["statusCode"] in REFUSED and error["message"] for error in answer["errors"])
    if answer["itemsReceived"]:
        assert answer["itemsAccepted"] + len(refused) == answer["itemsReceived"]
        assert max(refused, default=-1) < answer["itemsReceived"]
        assert status == (200 if not refused else 206 if answer["itemsAccepted"] else 400)


def posted(body: bytes, encoding: str, size: int) -> Request:
    """A request with this body, which arrives in pieces of this size; 0 for one piece."""
    step = size or max(len(body), 1)
    pieces = [body[at : at + step] for at in range(0, len(body), step)] or [b""]
    messages = iter(
        {"type": "http.request", "body": piece, "more_body": number < len(pieces) - 1}
        for number, piece in enumerate(pieces)
    )

    async def receive() -> Any:
        return next(messages)

    headers = [(b"content-length", b"%d" % len(body)), (b"content-encoding", encoding.encode())]
    return Request({"type": "http", "method": "POST", "path": "/v2.1/track", "headers": headers}, receive)


def items() -> list[dict[str, Any]]:
    """An item of every kind, and items as the exporters of other languages write them."""
    thrown = {"typeName": "KeyError", "message": "k", "hasFullStack": True, "parsedStack": [{"level": 0}]}
    span = {"id": "0a6b321dc337cec9", "name": "chat", "duration": "0.00:00:01.5000000", "success": True}
    tags = {"ai.operation.id": "9" * 32, "ai.cloud.role": "orders"}
    found = [
        event(foundry__call__id="0a6b321dc337cec9", foundry__outcome="ok", foundry__duration_ms="12.5"),
        envelope("RemoteDependencyData", {**span, "resultCode": 200, "properties": {"n": 1, "o": None}}),
        envelope("RequestData", {**span, "responseCode": "200", "url": "http://x/"}, tags=tags, rate=20.0),
        envelope("MessageData", {"message": "m\x00", "severityLevel": 2, "measurements": {"a": 1e300}}),
        envelope("ExceptionData", {"exceptions": [thrown], "severityLevel": "Error"}),
        envelope("MetricData", {"metrics": [{"name": "m", "value": 1.5, "count": 3, "min": 0.5, "max": 9}]}),
    ]
    return [{"iKey": INSTRUMENTATION_KEY, **item} for item in found]


def seeds() -> Iterable[bytes]:
    """Each item alone, as an array and as lines, and all of them compressed."""
    lines = [json.dumps(item).encode() for item in items()]
    for line in lines:
        yield b"\0\0[" + line + b"]"
        yield b"\4\7" + line
    whole = b"[" + b",".join(lines) + b"]"
    yield b"\2\x10" + whole
    yield b"\1\0" + gzip.compress(whole, mtime=0)
    yield b"\1\1" + gzip.compress(lines[0], mtime=0) + gzip.compress(b"\n" + lines[1], mtime=0)
    yield b"\1\0" + zlib.compress(whole)
    yield b"\0\0" + b"\n".join(lines)
    yield from (b"\4\0" + text for item in items() for text in spoilt(item, AWKWARD))


def _growing(start: bytes, piece: bytes, end: bytes = b"") -> Callable[[int], bytes]:
    return lambda size: start + piece * (size // len(piece)) + end


def _lines(head: bytes) -> Callable[[int], bytes]:
    item = json.dumps({"iKey": INSTRUMENTATION_KEY, **event(name="x")}).encode() + b"\n"
    return lambda size: head + item * (size // len(item))


HARNESS = Harness(
    check=check,
    seeds=seeds,
    words=(
        INSTRUMENTATION_KEY.encode(),
        b'"iKey":"',
        b'"time":"2026-11-22T12:00:00Z"',
        b'"time":"0001-01-01T00:00:00+14:00"',
        b'"time":"9999-12-31T23:59:59-14:00"',
        b'"sampleRate":1e-300',
        b'"baseType":"EventData"',
        b'"baseType":"MetricData"',
        b'"baseType":"ExceptionData"',
        b'"baseData":{',
        b'"properties":{',
        b'"measurements":{',
        b'"foundry.attempt"',
        b'"duration":"99999999.99:99:99.9999999"',
        b'"count":2147483647',
        b"1e308",
        b"-1e999",
        b"9223372036854775808",
        b"null",
        b'"\\u0000"',
        b'"\\u001f"',
        b'"\\ud800"',
        b"\x1f",
        b"\n",
        b"\x1f\x8b\x08\0",
    ),
    growing={
        "lines": _lines(b"\0\0"),
        "compressed lines": _lines(b"\2\1"),
        "empty lines": _growing(b"\0\1", b"\n"),
        "brackets": _growing(b"\0\1", b"["),
        "numbers": _growing(b"\0\1[0", b",1234567890123456", b"]"),
        "no objects": _growing(b"\0\1", b"no objects here\n"),
        "members of a gzip": _growing(b"\1\0", gzip.compress(b"{}\n", mtime=0)),
    },
    longest=8192,
    megabytes=1024,
)
