"""The reader of streams: however a stream is cut, it tells the same, and the reader holds little of it.

An input is seven bytes, then the body. Of the first byte the lowest bit says whether the body is read to its
end, the next whether a whole attempt reads it as well, and the highest four whether it is repeated; the other
six are the sizes of the pieces, over and over; the largest stands for the rest of an event.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from itertools import cycle, islice

from foundry_telemetry.wire.events import BUFFER_BYTES, MAX_EVENT
from foundry_telemetry.wire.message import MessageStream
from tests.fuzz.bodies import lenient
from tests.fuzz.emitted import observed, recorded
from tests.fuzz.harness import Harness
from tests.hostile.fuzz import FRAGMENTS, check_usage

HEAD = 7
REPEATED = {0b1111: 8, 0b1110: 3}
"""Of the highest four bits; what else they are means once."""
EVENT = 255
"""The size of a piece that ends where an event does. Streams come so, and only then the reader holds back."""
MOST_PIECES = 32
"""Of a body; what is left then comes in one. The speed of the fuzzer depends on little else."""
STREAM = [(b"content-type", b"text/event-stream")]
MOST_HELD = 2 * MAX_EVENT + 2**16 + BUFFER_BYTES


def check(data: bytes) -> None:
    """Cut and uncut tell the same; what is told is clean; what is held is bounded."""
    if len(data) < HEAD:
        return
    repeats = REPEATED.get(data[0] >> 4, 1)
    body, complete = data[HEAD:] * repeats, bool(data[0] & 1)
    pieces = cut(body, data[1:HEAD], grain=repeats)
    assert scanned(pieces, complete=complete) == scanned([body], complete=complete)
    if data[0] & 2:
        observed(200, STREAM, pieces, "complete" if complete else "closed")


def cut(body: bytes, sizes: bytes, grain: int = 1) -> list[bytes]:
    """A body in pieces of these sizes, again and again; empty pieces too, unless all would be."""
    if not any(sizes):
        return [body]
    pieces, at = [], 0
    for size in islice(cycle(sizes), MOST_PIECES):
        end = body.find(b"\n\n", at) + 2 if size == EVENT else at + size * grain
        pieces.append(body[at : max(end, at)])
        at = max(end, at)
    return [*pieces, body[at:]]


def scanned(pieces: list[bytes], *, complete: bool) -> tuple[object, ...]:
    """All that the reader reports of a stream, but for the time."""
    stream = MessageStream(lambda: 1)
    for piece in pieces:
        stream.feed(piece)
        events = stream._events
        assert len(events._lines._partial) + events._buffered_size <= MOST_HELD
        assert events._data_size <= MAX_EVENT + 64 or sum(map(len, events._data)) <= MAX_EVENT
    stream.finish(complete=complete)
    answer = stream.answer()
    check_usage(answer.usage)
    return answer, stream.error, stream.stopped, stream.first_token_ns, stream.is_empty


def seeds() -> Iterable[bytes]:
    """Every recorded stream, in several cuts and with the line endings of others."""
    heads = (
        b"\x01\0\0\0\0\0\0",
        b"\x03\xff\xff\xff\xff\xff\xff",
        b"\x02\x11\x02\x00\xff\x03\x50",
        b"\x00\xff\xff\xff\xff\x01\x09",
        b"\xf1\xff\xff\x1f\xff\0\x30",
        b"\x03\1\1\1\1\1\1",
    )
    whole = [body for _, body in recorded("sse_")]
    for number, body in enumerate([*whole, *map(short, whole)]):
        yield from (head + body for head in heads)
        for ending in (b"\r\n", b"\r"):
            yield heads[number % len(heads)] + body.replace(b"\n", ending)
            first, token, rest = body.partition(b"content_block_delta")
            yield heads[1] + first + token + rest[:90] + rest[90:].replace(b"\n", ending)


def short(body: bytes) -> bytes:
    """A recorded stream without what nobody reads: one delta of it, and of the others their usage."""
    kept: dict[bytes, bytes] = {}
    for event in body.split(b"\n\n"):
        name, _, data = event.partition(b"\n")
        reported = lenient(data.partition(b":")[2]) or {}
        message = reported.get("message") or {}
        less = {
            "usage": (reported.get("usage") or message.get("usage") or {}),
            "delta": reported.get("delta"),
        }
        if b"start" in name:
            less = {"message": {"id": message.get("id"), "usage": less["usage"]}}
        if b"message" in name or b"error" in name or b"delta" in name:
            kept.setdefault(name, b"data: " + json.dumps(less, separators=(",", ":")).encode())
    return b"".join(b"%b\n%b\n\n" % pair for pair in kept.items())


def _growing(piece: bytes, head: bytes = b"\x01\x40\x40\x40\x40\x40\x40") -> Callable[[int], bytes]:
    return lambda size: head + START + piece * (size // len(piece))


START = b'event: message_start\ndata: {"message":{}}\n\nevent: content_block_delta\ndata: {}\n\n'
HARNESS = Harness(
    check=check,
    seeds=seeds,
    longest=640,
    words=(
        *(word for word in FRAGMENTS if len(word) <= 48),
        b"event: message_stop\n\n",
        b"data:",
        b"\r\n\r\n",
    ),
    growing={
        "no newline": _growing(b"x"),
        "deltas": _growing(b'event: content_block_delta\ndata: {"delta":{"text":"word"}}\n\n'),
        "telling words in text": _growing(b'data: {"text":"event: message_"}\n\n'),
        "counters": _growing(b'event: message_delta\ndata: {"usage":{"output_tokens":1}}\n\n'),
        "data lines": _growing(b"data: x\n"),
        "carriage returns": _growing(b"\r"),
        "an event without an end": _growing(b"id: 1\n"),
        "bytes one by one": _growing(b"event: message_delta\n", b"\x01\1\1\1\1\1\1"),
    },
)
