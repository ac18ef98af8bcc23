"""The lines of an event stream become the few events that somebody reads; the others are skipped.

*Event*: the lines up to a blank one. *Buffering*: between two events, once the first token has come. Then
pieces are only held, and every few kilobytes the whole events among them are searched for the few that are
read; reading each delta as it comes would cost more than the rest of a long stream together.

A bounded number of bytes is held, whatever comes. Some proxies drop the ``event:`` lines; then the ``type``
in the data names the event, as it does for raw clients, and nothing is held back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from foundry_telemetry.wire.lines import MAX_LINE, LineReader
from foundry_telemetry.wire.stream_detection import UNNAMED, type_of

SseEvent = tuple[bytes, bytes]
"""Name and data; the data is empty where nobody reads it."""

FIRST_ONLY: Final = b"content_block_delta"
"""The bulk of a stream: the first is given, the others are skipped."""
WITH_DATA: Final = frozenset({b"message_start", b"message_delta", b"error"})
"""Events whose data is read."""
READ: Final = WITH_DATA | {b"message_stop"}
"""Events that are given each time they come."""

MAX_EVENT: Final = MAX_LINE
"""Bytes of one event that are kept; those that are read are a hundredth of it."""
_LINE_BYTES: Final = 64
"""Bytes that a line of data counts for besides its text."""

MAX_PIECE: Final = 64 * 1024
"""Bytes taken at once. What a decoder inflated may be a thousand times that, and is not to be copied."""
BUFFER_BYTES: Final = 4 * 1024
"""Bytes that are held before they are searched."""
PIECE_BYTES: Final = 16
"""Bytes that a held piece counts for besides its own, lest ever more empty ones are held."""
MAX_RUN: Final = 32
"""Pieces that may be put into the buffer before it is flushed; so many usual deltas make `BUFFER_BYTES`."""
MAX_REST: Final = 64 * 1024
"""Bytes of an unfinished event that are held for the next search; a longer one is read line by line."""

_BLANK: Final = b"\n\n"
_NAMELESS: Final = b"data:"
"""How an event begins that has no name, as where a gateway ends the stream of a service with an error."""
_MARKERS: Final = (b"event: message", b"event:message", b"event: error", b"event:error", _BLANK + _NAMELESS)
"""What whole events are searched for: every name of `READ` begins so. A delta may quote it: then its block is
read, and that is all."""
_HINTS: Final = (b"message_", b"error")
"""Whatever spells one of the above has one of these in it; two searches instead of four for most blocks."""


class EventReader:
    """Joins lines to events. What a method gives is to be read to the last before the next call."""

    __slots__ = (
        "_buffered_size",
        "_data",
        "_data_size",
        "_has_token",
        "_is_nameless",
        "_lines",
        "_name",
        "buffered",
        "buffering",
        "run",
    )

    def __init__(self) -> None:
        self._lines = LineReader()
        self._name = b""
        self._is_nameless = False
        self._data: list[bytes] = []
        self._data_size = 0
        self._has_token = False
        self._buffered_size = 0
        self.buffered: list[bytes] = []
        """Pieces that wait to be searched. While `buffering`, whoever calls `flush_buffer` after every `run`
        may put pieces here, at a quarter of the price of `read`."""
        self.buffering = False
        self.run = MAX_RUN
        """How many of them make `BUFFER_BYTES`, if they are as big as the last were. To add up their bytes
        one by one would cost more than to search them."""

    @property
    def is_empty(self) -> bool:
        """Whether no line has come yet."""
        return self._lines.is_empty

    def read(self, piece: bytes) -> Iterable[SseEvent]:
        """The events that the next bytes end, or none while they are held."""
        if self.buffering and len(piece) < MAX_PIECE:
            self.buffered.append(piece)
            self._buffered_size += len(piece) + PIECE_BYTES
            return self.flush_buffer() if self._buffered_size > BUFFER_BYTES else ()
        if self.buffered or len(piece) > MAX_PIECE:
            return self._drain_and_scan(piece)
        return self._scan(piece)

    def flush_buffer(self) -> Iterable[SseEvent]:
        """The events among what is held, but for one that has not ended."""
        held = self.buffered
        if not held:
            return ()
        if len(held[-1]) >= MAX_PIECE:
            return self._drain_and_scan(held.pop())
        block = b"".join(held)
        if len(block) > BUFFER_BYTES or self.run < MAX_RUN:
            self.run = min(MAX_RUN, len(held) * BUFFER_BYTES // (len(block) or 1)) or 1
        held.clear()
        self._buffered_size = 0
        # `in` would cost as much as the search itself: it first tries whether a number is looked for.
        is_whole = self.buffering and block[-2:] == _BLANK
        if is_whole and not (block.partition(_HINTS[0])[1] or block.partition(_HINTS[1])[1]):
            return ()  # as of nearly all
        return self._search(block)

    def finish(self, *, complete: bool) -> Iterator[SseEvent]:
        """The last events; no more bytes will come.

        Args:
            complete: Whether the body was read to its end; then an event may lack its blank line.
        """
        yield from self._drain()
        if complete:
            for line in self._lines.finish():
                self._add(line)
            if event := self._end_event():
                yield event
        self._lines.clear()
        self._data = []

    def _drain_and_scan(self, piece: bytes) -> Iterator[SseEvent]:
        yield from self._drain()
        for at in range(0, len(piece), MAX_PIECE):
            yield from self._scan(piece[at : at + MAX_PIECE])

    def _drain(self) -> Iterator[SseEvent]:
        """Read all that is held, an unfinished event at its end too."""
        yield from self.flush_buffer()
        rest = b"".join(self.buffered)
        self.buffered.clear()
        yield from self._scan(rest)

    def _search(self, block: bytes) -> Iterable[SseEvent]:
        """Read the whole events of a block if one of them is read at all; hold the rest."""
        end = block.rfind(_BLANK) + 2
        rest = block[end:] if end > 1 else block
        found = _from_marker(block[:end]) if end > 1 else b""
        if found or len(rest) > MAX_REST or not self.buffering:
            return self._scan_found(found, rest)
        if rest:
            self.buffered.append(rest)
        return ()

    def _scan_found(self, found: bytes, rest: bytes) -> Iterator[SseEvent]:
        yield from self._scan(found)
        if len(rest) > MAX_REST or not self.buffering:  # other line endings have come: nothing is held back
            yield from self._scan(rest)
        elif rest:
            self.buffered.append(rest)

    def _scan(self, piece: bytes) -> Iterator[SseEvent]:
        lines = self._lines
        for line in lines.read(piece):
            if line:
                self._add(line)
            elif event := self._end_event():
                yield event
        is_between_events = lines.is_between and not (self._name or self._data)
        self.buffering = is_between_events and lines.lf_only and self._has_token and not self._is_nameless

    def _add(self, line: bytes) -> None:
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"event":
            self._name = value
        elif field == b"data" and (self._name in WITH_DATA or self._name in UNNAMED):
            self._data_size += len(value) + _LINE_BYTES
            if self._data_size <= MAX_EVENT:
                self._data.append(value)

    def _end_event(self) -> SseEvent | None:
        """The event that ends here, if it is one that is read."""
        name, lines, size = self._name, self._data, self._data_size
        self._name, self._data, self._data_size = b"", [], 0
        if size > MAX_EVENT:
            return None
        data = b"\n".join(lines)
        if data and name in UNNAMED:
            self._is_nameless = True
            name = type_of(data)
        if name == FIRST_ONLY and not self._has_token:
            self._has_token = True
            return name, b""
        return (name, data) if name in READ else None


def _from_marker(events: bytes) -> bytes:
    """Whole events from the first on that is read; empty where there is none."""
    if events.startswith(_NAMELESS):
        return events
    found = [at for marker in _MARKERS if (at := events.find(marker)) >= 0]
    if not found:
        return b""
    before = events.rfind(b"\n\n", 0, min(found))
    return events[before + 2 :] if before >= 0 else events
