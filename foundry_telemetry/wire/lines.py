"""Bytes in any pieces become the lines of an event stream: any line ending, a byte order mark before all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

MAX_LINE: Final = 256 * 1024
"""Bytes of one line that are kept, its last piece aside; a longer one is skipped whole."""
_LF, _CR = b"\n\r"
"""As numbers, which are found ten times faster than bytes are."""
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


class LineReader:
    """Cuts bytes into lines, and holds the start of the one that has not ended."""

    __slots__ = ("_after_cr", "_has_begun", "_partial", "_skipping", "lf_only")

    def __init__(self) -> None:
        self._partial = bytearray()
        self._skipping = False
        self._after_cr = False
        self._has_begun = False
        self.lf_only = True
        """Whether no other line ending has come."""

    @property
    def is_empty(self) -> bool:
        """Whether no line has come yet, nor the start of one."""
        return not (self._has_begun or self._partial)

    @property
    def is_between(self) -> bool:
        """Whether the last piece ended where a line does."""
        return not (self._partial or self._skipping)

    def read(self, piece: bytes) -> Iterator[bytes]:
        """The lines that end in a piece, without their endings; to be read to the last before the next piece.

        Args:
            piece: The next bytes.
        """
        if not piece:
            return
        if self._after_cr and piece[:1] == b"\n":  # the second half of a line ending that was cut in two
            piece = piece[1:]
        self._after_cr = piece[-1:] == b"\r"
        self.lf_only = self.lf_only and _CR not in piece
        if _LF not in piece and _CR not in piece:
            self._hold(piece)
            return
        for part in piece.splitlines(keepends=True):
            if part[-1:] not in b"\r\n":
                self._hold(part)
            elif self._skipping:
                self._skipping = False
            else:
                line = part.rstrip(b"\r\n")
                yield line if self._has_begun and not self._partial else self._whole(line)

    def finish(self) -> Iterator[bytes]:
        """The last line, where the bytes ended without a line ending."""
        if self._partial:
            yield self._whole(b"")

    def clear(self) -> None:
        """Forget the line that has not ended."""
        self._partial.clear()

    def _hold(self, part: bytes) -> None:
        """Hold the start of a line, or skip the line once it is longer than any that is read."""
        if self._skipping or len(self._partial) + len(part) > MAX_LINE:
            self._skipping = True
            self._partial.clear()
        else:
            self._partial += part

    def _whole(self, rest: bytes) -> bytes:
        """A line of which `rest` is the end."""
        line = rest
        if self._partial:
            line = bytes(self._partial) + rest
            self._partial.clear()
        if not self._has_begun:
            self._has_begun = True
            line = line.removeprefix(_BYTE_ORDER_MARK)
        return line
