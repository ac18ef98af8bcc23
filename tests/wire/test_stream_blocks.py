"""Long streams: deltas are held in blocks, and what matters between them is found."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from itertools import islice, repeat
from typing import Literal

import pytest

from foundry_telemetry.wire.events import BUFFER_BYTES, MAX_EVENT, MAX_PIECE, MAX_REST, PIECE_BYTES
from foundry_telemetry.wire.message import MessageStream

Way = Literal["feed", "flush"]
"""Whether each piece is fed, or put where the stream says until that is full, as a watched body does."""
DELTAS = 100_000


def event(name: str, spaced: bool = True, end: str = "\n", **data: object) -> bytes:
    """One event of a stream, with or without the space that may follow a colon."""
    colon = ": " if spaced else ":"
    return f"event{colon}{name}{end}data{colon}{json.dumps({'type': name, **data})}{end}{end}".encode()


def delta(text: str = "word ") -> bytes:
    """One piece of text."""
    return event("content_block_delta", index=0, delta={"type": "text_delta", "text": text})


def totals(output: int, **named: object) -> bytes:
    """The counters, as told at the end of a message or, by tools of the server, before."""
    usage = {"output_tokens": output, "cache_read_input_tokens": 7}
    return event("message_delta", delta={"stop_reason": "end_turn"}, usage=usage, **named)


START = event("message_start", message={"id": "msg_1", "usage": {"input_tokens": 5, "output_tokens": 1}})
QUIET = START + delta()
"""After the first delta pieces are held."""
STOP = event("message_stop")
ERROR = event("error", error={"type": "overloaded_error", "message": "Overloaded"})

BLOCK = BUFFER_BYTES // (len(delta()) + PIECE_BYTES) + 1
"""Deltas of which the last makes what is held be searched."""


def block() -> list[bytes]:
    """Deltas that fill a block to the last byte, so that any further piece makes it be searched."""
    most = [delta()] * (BLOCK - 2)
    left = BUFFER_BYTES - len(most) * (len(delta()) + PIECE_BYTES) - PIECE_BYTES
    return [*most, delta("x" * (left - len(delta(""))))]


def fed(stream: MessageStream, pieces: Iterable[bytes], way: Way) -> Iterator[None]:
    """Give pieces to a stream; after each one."""
    tap, room = stream.feed, BUFFER_BYTES
    for piece in pieces:
        tap(piece)
        room -= len(piece) + PIECE_BYTES
        if way == "flush" and room < 0:
            tap, room = stream.flush_buffer(), BUFFER_BYTES
        yield


def quiet_stream(way: Way) -> MessageStream:
    """A stream that was given its start and its first delta."""
    stream = MessageStream(lambda: 1)
    stream.feed(QUIET)
    if way == "flush":
        stream.flush_buffer()
    return stream


def read(pieces: Iterable[bytes], way: Way = "feed", *, complete: bool = True) -> MessageStream:
    """A stream that was given these pieces after its start and its first delta."""
    stream = quiet_stream(way)
    for _ in fed(stream, pieces, way):
        pass
    stream.finish(complete=complete)
    return stream


def reported(stream: MessageStream) -> tuple[int | None, int | None, bool, bytes | None]:
    """Output tokens, cache read, whether the message was ended, and the error event."""
    usage = stream.answer().usage
    return usage.output_tokens, usage.cache_read_input_tokens, stream.stopped, stream.error


WAYS = pytest.mark.parametrize("way", ["feed", "flush"])
NOTHING = (None, None, False, None)
SPACED = pytest.mark.parametrize("spaced", [True, False], ids=["spaced", "unspaced"])
AT = (*range(3), *range(BLOCK - 3, BLOCK + 3), 5 * BLOCK)
"""Places in a run of deltas: at its beginning, around the border of a block, in a later block."""


@pytest.mark.row(67)
@WAYS
@SPACED
def test_counters_between_deltas(way: Way, spaced: bool) -> None:
    """Counters told in the middle of a long run of deltas count, wherever in a block they come."""
    for at in AT:
        pieces = [delta()] * (6 * BLOCK)
        pieces.insert(at, totals(42, spaced=spaced))
        stream = read(pieces, way)
        assert reported(stream) == (42, 7, False, None), at
        assert stream.answer().stop_reason == "end_turn"


@pytest.mark.row(67)
@WAYS
def test_later_counters_replace_earlier(way: Way) -> None:
    """Counters are running totals: the last ones count, in the same block or in another."""
    for at in AT:
        pieces = [totals(1)] + [delta()] * at + [totals(2), delta(), STOP]
        assert reported(read(pieces, way)) == (2, 7, True, None), at


@pytest.mark.row(67)
@WAYS
@SPACED
def test_error_between_deltas(way: Way, spaced: bool) -> None:
    """An error in the middle of a long run of deltas is kept word for word."""
    error = event("error", spaced, error={"type": "overloaded_error", "message": "Overloaded"})
    (data,) = [line for line in error.splitlines() if line.startswith(b"data")]
    for at in AT:
        pieces = [delta()] * (6 * BLOCK)
        pieces.insert(at, error)
        assert reported(read(pieces, way)) == (None, None, False, data.partition(b":")[2].strip()), at


TELLING = {
    "counters": (totals(42), (42, 7, False, None)),
    "counters, data first": (b"%b\n%b\n\n" % tuple(totals(42).split(b"\n")[1::-1]), (42, 7, False, None)),
    "counters, unspaced": (totals(42, spaced=False), (42, 7, False, None)),
    "error": (ERROR, (None, None, False, ERROR.splitlines()[1].removeprefix(b"data: "))),
    "stop": (STOP, (None, None, True, None)),
    "stop, unspaced": (event("message_stop", spaced=False), (None, None, True, None)),
}


@pytest.mark.row(67)
@WAYS
@pytest.mark.parametrize("name", TELLING)
@pytest.mark.parametrize("after", [0, 1, 2 * BLOCK])
def test_cut_at_the_border_of_a_block(name: str, after: int, way: Way) -> None:
    """An event that tells something may be cut at any byte by the border of a block."""
    telling, wanted = TELLING[name]
    text = delta() + telling + delta()
    full = block()
    assert sum(len(piece) + PIECE_BYTES for piece in full) == BUFFER_BYTES
    for cut in range(len(text) + 1):
        pieces = [*full, text[:cut], text[cut:], *[delta()] * after]
        assert reported(read(pieces, way)) == wanted, cut


@pytest.mark.row(67)
@WAYS
@pytest.mark.parametrize("name", TELLING)
def test_cut_in_many_pieces(name: str, way: Way) -> None:
    """However small the pieces are, the events among them are found."""
    telling, wanted = TELLING[name]
    text = delta() * 3 + telling + delta() * 3
    for size in range(1, len(text)):
        pieces = [text[at : at + size] for at in range(0, len(text), size)]
        assert reported(read(pieces, way)) == wanted, size


@pytest.mark.row(67)
def test_end_without_a_blank_line() -> None:
    """The last event needs no blank line where the body is complete, and counts nothing where it is cut."""
    for cut in range(1, 3):
        pieces = [delta()] * 3 + [totals(42), STOP[:-cut]]
        assert reported(read(pieces)) == (42, 7, True, None)
        assert reported(read(pieces, complete=False)) == (42, 7, False, None)


QUOTES = (
    "event: message_delta",
    "event:message_stop",
    'event: message_delta\ndata: {"usage": {"output_tokens": 999}}\n\n',
    "\n\nevent: error\ndata: {}\n\n",
    "\r\n\r\nevent:error\r\ndata:{}\r\n\r\n",
    "event: message_stop\n\n",
)


@WAYS
@pytest.mark.parametrize("quote", QUOTES)
def test_deltas_that_quote_events(quote: str, way: Way) -> None:
    """A text that quotes the protocol changes nothing, cut anywhere, and hides nothing that follows."""
    quoting = delta(f"As in {quote}, they say.")
    assert reported(read([quoting] * (3 * BLOCK), way)) == NOTHING
    assert reported(read([quoting] * (3 * BLOCK) + [totals(42), quoting, STOP], way)) == (42, 7, True, None)
    for cut in range(len(quoting)):
        pieces = [*block(), quoting[:cut], quoting[cut:], totals(42), STOP]
        assert reported(read(pieces, way)) == (42, 7, True, None), cut


@pytest.mark.row(67)
@WAYS
def test_other_line_endings_later(way: Way) -> None:
    """A stream that changes its line endings in the middle, as a proxy may make it do, is read to its end."""
    for end in ("\r\n", "\r"):
        run = [delta()] * BLOCK
        pieces = [*run, totals(42, end=end), *run, event("message_stop", end=end)]
        assert reported(read(pieces, way)) == (42, 7, True, None), end


@WAYS
def test_a_delta_longer_than_is_held(way: Way) -> None:
    """A delta too long to hold is passed over, and what follows it is read."""
    long = delta("x" * (2 * MAX_REST))
    pieces = [long[at : at + 1000] for at in range(0, len(long), 1000)]
    assert reported(read([*pieces, totals(42), *pieces, STOP], way)) == (42, 7, True, None)


BIG = delta() * (MAX_PIECE // len(delta()) + 1)
"""More bytes at once than are taken in one go: a decoder may give as many."""


@WAYS
def test_a_big_piece_between_events(way: Way) -> None:
    """A big piece is read like many small ones."""
    counters = totals(42)
    for pieces in ([counters + BIG, STOP], [delta(), counters, BIG, STOP], [BIG + counters, BIG + STOP]):
        assert reported(read(pieces, way)) == (42, 7, True, None)


@WAYS
@pytest.mark.parametrize("begun", [delta(), totals(42)], ids=["delta", "counters"])
def test_a_big_piece_within_an_event(begun: bytes, way: Way) -> None:
    """An event that begins in a small piece may end in a big one; nothing of it or after it is lost."""
    for cut in range(1, len(begun)):
        pieces = [totals(42), begun[:cut], begun[cut:] + BIG, STOP]
        assert reported(read(pieces, way)) == (42, 7, True, None), cut


def test_first_token_is_timed_once() -> None:
    """The clock is asked at the first delta, not at one of those that are held."""
    times = iter([11])
    stream = MessageStream(lambda: next(times))
    for piece in (START, *repeat(delta(), 3 * BLOCK), totals(42), delta(), STOP):
        stream.feed(piece)
    stream.finish(complete=True)
    assert (stream.first_token_ns, stream.stopped) == (11, True)


def whole() -> Iterator[bytes]:
    """Each delta in a piece of its own."""
    while True:
        yield bytes(bytearray(delta()))  # a new object each time, as from a socket


def halves() -> Iterator[bytes]:
    """Each delta in two pieces."""
    for piece in whole():
        yield piece[:30]
        yield piece[30:]


def two_line_ends() -> Iterator[bytes]:
    """Deltas whose lines end in another way than before."""
    for piece in whole():
        yield piece.replace(b"\n", b"\r\n")


def quoting() -> Iterator[bytes]:
    """Deltas in which nothing is found."""
    while True:
        yield delta("event: message_delta")


def empty() -> Iterator[bytes]:
    """Pieces with nothing in them."""
    return repeat(b"")


def endless_line() -> Iterator[bytes]:
    """One delta without an end."""
    yield b"event: content_block_delta\ndata: "
    while True:
        yield bytes(bytearray(100))


def endless_event(name: bytes = b"event: message_delta\n") -> Iterator[bytes]:
    """One event with ever more lines of data."""
    yield name
    while True:
        yield bytes(bytearray(b"data: %b\n" % (b"1" * 60)))


def endless_other_event() -> Iterator[bytes]:
    """The same without a name."""
    return endless_event(b"")


SHAPES = (whole, halves, two_line_ends, quoting, empty, endless_line, endless_event, endless_other_event)


@pytest.mark.slow
@pytest.mark.row(66)
@WAYS
@pytest.mark.parametrize("shape", SHAPES)
def test_memory_is_bounded(shape: Callable[[], Iterator[bytes]], way: Way) -> None:
    """However long a stream is and however it is cut, about as much is held as one event may have."""
    stream = quiet_stream(way)
    tracemalloc.start()
    try:
        for _ in fed(stream, islice(shape(), DELTAS // 5), way):
            pass
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 4 * MAX_EVENT
    stream.finish(complete=True)


@pytest.mark.slow
@pytest.mark.row(66)
@WAYS
@pytest.mark.parametrize("shape", [whole, halves, quoting, empty])
def test_held_bytes_are_few(shape: Callable[[], Iterator[bytes]], way: Way) -> None:
    """Between two searches no more than a block is held, so a long stream costs a few kilobytes."""
    stream = quiet_stream(way)
    most = 0
    for _ in fed(stream, islice(shape(), DELTAS), way):
        assert len(stream._events.buffered) <= BUFFER_BYTES // PIECE_BYTES + 1
        most = max(most, sum(map(len, stream._events.buffered)))
    assert most <= 2 * BUFFER_BYTES
