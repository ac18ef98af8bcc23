"""Where secrets stand in a text, and the text without them.

*Buffer*: the text as UTF-8 bytes, in which all scans search. Leaves of a structure are joined to one buffer
with two separators that no pattern crosses, so that thousands of short texts cost one scan.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

LEAF: Final = b"\x1e"
"""Between two texts that have nothing to do with one another."""
PAIR: Final = b"\x1f"
"""Between a key and its value."""


class Span(NamedTuple):
    """A part of a buffer that is a secret."""

    start: int
    end: int
    kind: str
    """What stands in its place, in square brackets."""


def replaced(buffer: bytes, spans: Iterable[Span], *, quoted: frozenset[Span] = frozenset()) -> bytes:
    """The buffer with each span replaced by its kind; spans that overlap by that of the first.

    Args:
        buffer: The text.
        spans: Of it, in any order.
        quoted: Those that need quotes around them.
    """
    parts: list[bytes] = []
    at = 0
    for span in _merged(spans):
        name = f'"[{span.kind}]"' if span in quoted else f"[{span.kind}]"
        parts += (buffer[at : span.start], name.encode())
        at = span.end
    parts.append(buffer[at:])
    return b"".join(parts)


def numbers_in(encoded: bytes, spans: Iterable[Span]) -> frozenset[Span]:
    """The spans of JSON that are numbers, so that no quotes stand around them."""
    plain, at, is_in_text, found = None, 0, False, []
    for span in sorted(spans):
        if encoded[span.start - 1 : span.start] not in _BEFORE_NUMBER:
            continue
        if encoded[span.end : span.end + 1] not in _AFTER_NUMBER:
            continue
        if plain is None:
            plain = encoded.replace(rb"\\", b"__").replace(rb"\"", b"__")
        is_in_text ^= bool(plain.count(b'"', at, span.start) % 2)
        at = span.start
        if not is_in_text:
            found.append(span)
    return frozenset(found)


_BEFORE_NUMBER: Final = (b":", b"[", b",", b" ")
_AFTER_NUMBER: Final = (b",", b"]", b"}", b" ")


def _merged(spans: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for span in sorted(spans):
        last = merged[-1] if merged else None
        if last is None or span.start >= last.end:
            merged.append(span)
        elif span.end > last.end:
            merged[-1] = last._replace(end=span.end)
    return merged
