"""The pieces of an answer, kept as they come: references, no copy, and never more than a bound.

*Run*: so many pieces are put into a list before anybody looks at them (`wire.message`). Here the list is
ours; when the run is over, its pieces are handed on to whom they were for.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from foundry_telemetry.wire.message import Run

_PLAIN_BYTES: Final = 4 * 1024 * 1024
"""Bytes of an answer that is no stream: the client holds it as a whole as well."""
_PIECE_BYTES: Final = 40
"""Bytes that a piece takes besides its own."""


class AnswerPieces:
    """Keeps the beginning and the end of an answer.

    Args:
        limit: Bytes of a stream at most; half of them for each.
    """

    __slots__ = ("_end", "_end_size", "_half", "_inner", "_unread", "beginning", "has_gap", "size")

    def __init__(self, limit: int) -> None:
        self._half = limit // 2
        self._unread: list[bytes] = []
        self._inner: Run | None = None
        self._end: deque[bytes] = deque()
        self._end_size = 0
        self.beginning: list[bytes] = []
        self.size = 0
        """Bytes that are held."""
        self.has_gap = False
        """Whether there was more between the beginning and the end."""

    @property
    def end(self) -> bytes:
        """What came last, where not all is held as the beginning."""
        return b"".join(self._end)

    def run(self, inner: Run) -> Run:
        """Where the next pieces are to be put in the place of another run, which gets them later."""
        self._inner = inner
        return self._unread, inner[1], self._next_run

    def _next_run(self) -> Run:
        self.flush()
        assert self._inner is not None  # noqa: S101 - `run` comes first
        return self.run(self._inner[2]())

    def flush(self) -> None:
        """Hand on what was put here since the last run."""
        unread = self._unread
        if not unread or self._inner is None:
            return
        self._inner[0].extend(unread)
        size = self.size + sum(map(len, unread)) + _PIECE_BYTES * len(unread)
        if self.beginning and not self._end and size <= self._half:  # as nearly always
            self.beginning += unread
            self.size = size
        else:
            for piece in unread:
                self.add(piece)
        unread.clear()

    def add(self, piece: bytes) -> None:
        """Keep the next piece."""
        size = len(piece) + _PIECE_BYTES
        if not self.beginning and piece.lstrip()[:1] == b"{":  # which is worth nothing without its middle
            self._half = _PLAIN_BYTES
        if not self._end and self.size + size <= self._half:
            self.beginning.append(piece)
            self.size += size
            return
        if size > self._half:
            piece, size, self.has_gap = piece[-self._half :], self._half, True
        self._end.append(piece)
        self._end_size += size
        self.size += size
        while self._end_size > self._half:
            lost = len(self._end.popleft()) + _PIECE_BYTES
            self._end_size -= lost
            self.size -= lost
            self.has_gap = True
