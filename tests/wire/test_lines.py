"""Lines of an event stream: any line ending, cut anywhere, of any length."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from foundry_telemetry.wire.lines import MAX_LINE, LineReader

TEXTS = {
    b"one\ntwo\n\nthree\n": [b"one", b"two", b"", b"three"],
    b"one\r\ntwo\r\n\r\nthree\r\n": [b"one", b"two", b"", b"three"],
    b"one\rtwo\r\rthree\r": [b"one", b"two", b"", b"three"],
    b"one\r\n\ntwo\n\r\n": [b"one", b"", b"two", b""],
    b"\xef\xbb\xbfone\ntwo\n": [b"one", b"two"],
    b"one\n\xef\xbb\xbftwo\n": [b"one", b"\xef\xbb\xbftwo"],
    "f\u00fcr \u2028\x0b\x0c\x85\n".encode(): ["f\u00fcr \u2028\x0b\x0c\x85".encode()],
}
"""Bytes, and the lines that they are; other separators of Unicode end no line."""


def lines_of(lines: LineReader, pieces: Iterable[bytes]) -> list[bytes]:
    """All lines of these pieces."""
    return [line for piece in pieces for line in lines.read(piece)]


@pytest.mark.parametrize("text", TEXTS)
def test_cut_anywhere(text: bytes) -> None:
    """However the bytes are cut, with empty pieces between them, they are the same lines."""
    for size in range(1, len(text) + 1):
        pieces = [text[at : at + size] for at in range(0, len(text), size)]
        assert lines_of(LineReader(), [part for piece in pieces for part in (piece, b"")]) == TEXTS[text]


def test_last_line_without_an_ending() -> None:
    """It is given at the end, and only then; a byte order mark is taken off it too."""
    lines = LineReader()
    assert lines_of(lines, [b"\xef\xbb\xbfone"]) == []
    assert not lines.is_between
    assert list(lines.finish()) == [b"one"]
    assert list(lines.finish()) == []


def test_state_between_pieces() -> None:
    """What readers of lines go by: whether any came, whether the last piece ended one, which endings came."""
    lines = LineReader()
    assert (lines.is_empty, lines.is_between, lines.lf_only) == (True, True, True)
    lines_of(lines, [b"a"])
    assert (lines.is_empty, lines.is_between, lines.lf_only) == (False, False, True)
    lines_of(lines, [b"\n"])
    assert (lines.is_empty, lines.is_between, lines.lf_only) == (False, True, True)
    lines_of(lines, [b"b\r\n", b"c\n"])
    assert (lines.is_empty, lines.is_between, lines.lf_only) == (False, True, False)


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"\r"])
def test_a_line_too_long_is_skipped(ending: bytes) -> None:
    """Nothing of it is given or held, and the line after it is whole; one of the greatest length is kept."""
    lines = LineReader()
    assert lines_of(lines, [b"x" * MAX_LINE, b"x"]) == []
    assert not lines.is_between
    assert len(lines._partial) == 0
    assert lines_of(lines, [b"x" * 9 + ending + b"next" + ending]) == [b"next"]
    assert lines_of(lines, [b"y" * MAX_LINE, ending]) == [b"y" * MAX_LINE]
    assert lines.is_between


def test_cleared() -> None:
    """A line that was begun and cleared is gone."""
    lines = LineReader()
    lines_of(lines, [b"begun"])
    lines.clear()
    assert list(lines.finish()) == []
