"""Texts inside of texts: JSON strings with their escapes, URL encoding, spaces and dashes that are no ASCII.

Escapes that no secret has inside, as that of a new line, are replaced in place by as many bytes, so that they
part words. Where others stand, the scans read a decoded copy as well, and its spans are put back onto the
original, which alone is changed; so what is no secret keeps its encoding.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import accumulate
from typing import Any, Final, NamedTuple

from foundry_telemetry.content.redaction.spans import LEAF, Span

_MOST: Final = 3
"""Encodings around one another that are undone, besides those of one kind, which one step undoes."""

_PARTING: Final = (
    (b"\\n", b"\n\n"), (b"\\t", b"\t\t"), (b"\\r", b"\n\n"), (b"\\b", b"  "), (b"\\f", b"  "),
    (b'\\"', b'""'),
)  # fmt: skip
_ENCODED: Final = (
    rb"%(?:25){0,9}[0-9A-Fa-f]{2}|\\{1,33}(?:u00[0-9A-Fa-f]{2}|/)|&(?:amp|quot|lt|gt|#39|#64);"
    rb"|\xc2[\xa0\xad]|\xe2\x80[\x80-\x95\xaf]|\xe2\x81\xa0"
)
_MARKS: Final = (b"\\", b"%", b"&")
_NAMED: Final = {
    b"&amp;": b"&", b"&quot;": b'"', b"&lt;": b"<", b"&gt;": b">", b"&#39;": b"'", b"&#64;": b"@",
    b"\xc2\xad": b"", b"\xe2\x81\xa0": b"", b"+": b" ",
}  # fmt: skip
_ZERO_WIDTH: Final = (b"\x8b", b"\x8c", b"\x8d")
_FIRST_DASH, _LAST_DASH = b"\x90", b"\x95"
_ENCODED_IN_FORM: Final = _ENCODED + rb"|\+"
"""The same in a form, where a plus stands for a space."""
_SPARSE: Final = 300
"""Bytes for one escape, from which on a text has few."""
_LONGEST: Final = 40
"""Bytes of an escape: a backslash is doubled by each encoding."""
_NEAR: Final = 1_000
"""Bytes around an escape that a secret with it may stand in."""
_FORM: Final = (
    rb"[=&?%][^\s=&?]*[A-Za-z0-9)]\+[A-Za-z0-9(%]|[A-Za-z0-9)]\+[A-Za-z0-9(%][^\s+]*\+[A-Za-z0-9(%]"
)


@cache
def _compiled(pattern: bytes) -> Any:
    import re2

    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    return re2.compile(pattern, options)


class Decoded(NamedTuple):
    """A decoded copy of a buffer."""

    buffer: bytes
    pieces: list[bytes]
    """The original, split: every second piece is encoded."""
    meanings: list[bytes]

    def originals(self, spans: list[Span]) -> list[Span]:
        """Where spans of the copy stand in the original."""
        copied, first = ([0, *accumulate(map(len, texts))] for texts in (self.meanings, self.pieces))
        return [
            Span(_place(span.start, copied, first), _end(span.end, copied, first), span.kind)
            for span in spans
        ]


def parted(buffer: bytes) -> bytes:
    """The buffer with what parts words instead of its escape; of the same length."""
    if b"\\" in buffer:
        for escape, meaning in _PARTING:
            buffer = buffer.replace(escape, meaning)
    return buffer


def decoded_copies(buffer: bytes) -> Iterator[list[Decoded]]:
    """Copies, each decoded once more than the last one; each as the way that leads to it."""
    way: list[Decoded] = []
    while len(way) < _MOST:
        if b"+" in buffer and _compiled(_FORM).search(buffer) is not None:
            yield [*way, _decoded(buffer, _ENCODED_IN_FORM)]
        if not any(mark in buffer for mark in _MARKS) and buffer.isascii():
            return
        if _compiled(_ENCODED).search(buffer) is None:
            return
        way = [*way, _decoded(buffer, _ENCODED)]
        yield way
        buffer = way[-1].buffer


def _decoded(buffer: bytes, pattern: bytes) -> Decoded:
    pieces = _pieces(buffer, pattern)
    meanings = pieces.copy()
    meanings[1::2] = map(_meaning, pieces[1::2])
    return Decoded(parted(b"".join(meanings)), pieces, meanings)


def _pieces(buffer: bytes, pattern: bytes) -> list[bytes]:
    """The buffer, split: RE2 reads faster, the standard library makes more pieces a second."""
    pieces: list[bytes] = []
    at, most = 0, len(buffer) // _SPARSE + 2
    for number, found in enumerate(_compiled(pattern).finditer(buffer)):
        if number > most:
            return re.split(b"(" + pattern + b")", buffer)
        start, end = found.span()
        pieces += _shortened(buffer, at, start)
        pieces.append(buffer[start:end])
        at = end
    return pieces + _shortened(buffer, at, len(buffer))


def _shortened(buffer: bytes, start: int, end: int) -> list[bytes]:
    """What stands between two escapes; far from both of them it is read in the original alone."""
    if end - start <= 2 * _NEAR:
        return [buffer[start:end]]
    near, far = start + _NEAR, end - _NEAR
    return [buffer[start:near], buffer[near:far], buffer[far:end]]


def _meaning(encoded: bytes) -> bytes:
    return _short_meaning(encoded) if len(encoded) <= _LONGEST else LEAF


@lru_cache(maxsize=1024)
def _short_meaning(encoded: bytes) -> bytes:
    if encoded in _NAMED:
        return _NAMED[encoded]
    if encoded[-1:] == b"/":
        return b"/"
    if encoded[:1] in (b"%", b"\\"):
        return bytes((int(encoded[-2:], 16),))
    if encoded[2:] in _ZERO_WIDTH:
        return b""
    return b"-" if _FIRST_DASH <= encoded[2:] <= _LAST_DASH else b" "


def _place(offset: int, copied: list[int], first: list[int]) -> int:
    """The original of an offset in the copy. The beginning of what an escape gave is that of the escape."""
    piece = bisect_right(copied, offset) - 1
    if piece % 2 or piece >= len(first) - 1:
        return first[min(piece, len(first) - 1)]
    return first[piece] + offset - copied[piece]


def _end(offset: int, copied: list[int], first: list[int]) -> int:
    """The same for an end, which belongs to what stands before it."""
    piece = bisect_right(copied, offset - 1) - 1
    return first[piece + 1] if piece % 2 else first[piece] + offset - copied[piece]
