"""Runs: where a watched body puts its pieces, and when they are read."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from foundry_telemetry.wire.events import BUFFER_BYTES, MAX_RUN
from foundry_telemetry.wire.message import MessageStream
from tests.wire.test_stream_blocks import ERROR, START, STOP, delta, reported, totals

ENDED = START + delta() * 40 + totals(42) + delta() * 40 + STOP
STREAMS = {
    "ended": ENDED,
    "failed": START + delta() * 40 + ERROR + delta() * 3,
    "other line endings": ENDED.replace(b"\n", b"\r\n"),
    "other line endings later": START
    + delta() * 40
    + (totals(42) + delta() * 3 + STOP).replace(b"\n", b"\r\n"),
    "nameless": b"".join(line + b"\n" for line in ENDED.split(b"\n") if not line.startswith(b"event")),
    "nothing": b"",
}


def put(pieces: Iterable[bytes]) -> tuple[MessageStream, list[int]]:
    """A stream that is given its pieces as a watched body gives them; with the bytes of each run."""
    stream, sizes, size = MessageStream(lambda: 1), [], 0
    held, left, next_run = stream.next_run()
    for piece in pieces:
        held.append(piece)
        left, size = left - 1, size + len(piece)
        if not left:
            held, left, next_run = next_run()
            sizes, size = [*sizes, size], 0
    stream.finish(complete=True)
    return stream, sizes


@pytest.mark.parametrize("name", STREAMS)
def test_runs_are_read_like_one_piece(name: str) -> None:
    """In pieces of any size, put aside in runs, a stream says what it says when it is fed whole."""
    body = STREAMS[name]
    whole = MessageStream(lambda: 1)
    whole.feed(body)
    whole.finish(complete=True)
    for size in (*range(1, 9), 100, len(delta()), 1000, BUFFER_BYTES):
        stream, _ = put(body[at : at + size] for at in range(0, len(body), size))
        assert reported(stream) == reported(whole), size
        assert stream.first_token_ns == whole.first_token_ns, size


def test_each_piece_is_read_until_the_first_token() -> None:
    """What comes before it is read at once, so that the first token is timed when it comes."""
    pieces = [START, delta(), *[delta()] * (2 * MAX_RUN)]
    _, sizes = put(pieces)
    assert sizes[:2] == [len(START), len(delta())]
    assert sizes[2] == MAX_RUN * len(delta())


def test_a_run_of_big_pieces_is_short() -> None:
    """After pieces that were big, fewer are put aside before they are read: as many as make a block."""
    for piece in (delta("x" * 1000), delta("x" * (2 * BUFFER_BYTES))):
        _, (_, _, first, *later) = put([START, delta(), *[piece] * (4 * MAX_RUN)])
        assert first == MAX_RUN * len(piece)
        assert later
        assert max(later) <= max(BUFFER_BYTES, len(piece))


def test_runs_grow_again() -> None:
    """When the pieces are small again, so many are put aside as before."""
    small = [delta()] * (4 * MAX_RUN)
    _, sizes = put([START, delta(), *[delta("x" * BUFFER_BYTES)] * MAX_RUN, *small])
    assert sizes[-1] == MAX_RUN * len(delta())
