"""A streamed answer: bytes as they come, in any pieces, become one ``Answer``.

*Event*: the lines up to a blank one. *Quiet*: between two events, with the first token already seen. Then
pieces are only held, and every few kilobytes the whole events among them are searched for the few that tell
something; reading each delta as it comes would cost more than the rest of a long stream together.

The scanner follows the event-stream rules (any line ending, comments, several data lines, a byte order
mark) and holds a bounded number of bytes, whatever comes. Some proxies drop the ``event:`` lines; then the
``type`` in the data names the event, as it does for raw clients, and nothing is held back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Final

from msgspec import Struct

from foundry_telemetry.observation import NO_USAGE
from foundry_telemetry.wire.json_decoding import reader
from foundry_telemetry.wire.sanitize import as_object
from foundry_telemetry.wire.stream_detection import UNNAMED, type_of
from foundry_telemetry.wire.usage import USAGE_FIELDS, Answer, Message, read_answer, read_usage

MAX_EVENT: Final = 256 * 1024
"""Bytes of one line or one event that we keep; the events we read are a hundredth of it."""

_MAX_PIECE: Final = 64 * 1024
"""Bytes taken at once. What a decoder inflated may be a thousand times that, and is not to be copied."""
_LINE: Final = 64
"""Bytes that a line costs to hold besides its text."""

HELD_BYTES: Final = 4 * 1024
"""Bytes that are held before they are searched."""
PIECE_BYTES: Final = 16
"""Bytes that a held piece counts for besides its own, lest ever more empty ones are held."""
_MAX_REST: Final = 64 * 1024
"""Bytes of an unfinished event that are held for the next search; a longer one is read line by line."""
_TELLING: Final = (b"event: message", b"event:message", b"event: error", b"event:error")
"""What whole events are searched for. A delta may quote it: then its block is read, and that is all."""
_HINTS: Final = (b"message_", b"error")
"""Whatever spells one of the above has one of these in it; two searches instead of four for most blocks."""


class _MessageStart(Struct, gc=False):
    message: Message


class _MessageDelta(Struct, gc=False):
    delta: object = None
    usage: object = None


_read_start: Final = reader(_MessageStart)
_read_delta: Final = reader(_MessageDelta)


class MessageStream:
    """Reads a stream of Message events.

    Args:
        clock: Monotonic clock, nanoseconds; asked once, at the first ``content_block_delta``.
    """

    __slots__ = (
        "_clock",
        "_data",
        "_data_size",
        "_final",
        "_held",
        "_held_size",
        "_lf_only",
        "_line",
        "_message",
        "_name",
        "_nameless",
        "_quiet",
        "_skipping",
        "_started",
        "_usage",
        "_was_cr",
        "error",
        "finished",
        "first_token_ns",
        "stopped",
    )

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._line = bytearray()
        self._name = b""
        self._nameless = False
        self._data: list[bytes] = []
        self._data_size = 0
        self._held: list[bytes] = []
        self._held_size = 0
        self._lf_only = True
        self._skipping = False
        self._was_cr = False
        self._started = False
        self._quiet = False
        self._message = Message()
        self._usage: dict[str, object] = {}
        self._final = False
        self.first_token_ns: int | None = None
        """When the first ``content_block_delta`` came, on the monotonic clock."""
        self.stopped = False
        """Whether ``message_stop`` was seen."""
        self.finished = False
        """Whether the last ``message_delta`` was seen, which has the stop reason and the last counters."""
        self.error: bytes | None = None
        """Data of the ``error`` event, if one came."""

    def feed(self, piece: bytes) -> None:
        """Take the next decoded bytes of the body."""
        if self._quiet and len(piece) < _MAX_PIECE:
            self._held.append(piece)
            self._held_size += len(piece) + PIECE_BYTES
            if self._held_size > HELD_BYTES:
                self._search()
            return
        self._let_go()
        for at in range(0, len(piece), _MAX_PIECE):
            self._scan(piece[at : at + _MAX_PIECE])

    def settle(self) -> Callable[[bytes], None]:
        """Search what is held. What this gives takes the next ``HELD_BYTES``, then it is to be called again.

        While the stream is quiet that is no function of ours, but the list's own, at a quarter of the price.
        """
        if self._held and len(self._held[-1]) >= _MAX_PIECE:
            self.feed(self._held.pop())
        self._search()
        return self._held.append if self._quiet else self.feed

    def _search(self) -> None:
        """Read the whole events among what is held if one of them tells something; hold the rest."""
        if not self._held:
            return
        block = b"".join(self._held)
        self._held.clear()
        self._held_size = 0
        end = block.rfind(b"\n\n") + 2
        rest = block[end:] if end > 1 else block
        if end > 1:
            self._read_telling(block[:end])
        if len(rest) > _MAX_REST or not self._quiet:  # other line endings have come: no more holding back
            self._scan(rest)
        elif rest:
            self._held.append(rest)

    def _let_go(self) -> None:
        """Read all that is held, an unfinished event at its end too."""
        self._search()
        rest = b"".join(self._held)
        self._held.clear()
        self._scan(rest)

    def _read_telling(self, events: bytes) -> None:
        """Read on from the first event that tells something, if there is one."""
        if _HINTS[0] not in events and _HINTS[1] not in events:
            return
        found = [at for telling in _TELLING if (at := events.find(telling)) >= 0]
        if found:
            before = events.rfind(b"\n\n", 0, min(found))
            self._scan(events[before + 2 :] if before >= 0 else events)

    @property
    def is_empty(self) -> bool:
        """Whether no line has come yet."""
        return not (self._started or self._line)

    def finish(self, *, complete: bool) -> None:
        """No more bytes will come.

        Args:
            complete: Whether the body was read to its end; then an event may lack its blank line.
        """
        self._let_go()
        if complete:
            if self._line:
                self._end_line(b"")
            self._end_event()
        self._line.clear()
        self._data = []

    def answer(self) -> Answer:
        """What the events seen so far told."""
        usage = read_usage(self._usage, final=self._final) if self._usage else NO_USAGE
        return read_answer(self._message, usage)

    def _scan(self, piece: bytes) -> None:
        if not piece:
            return
        if self._was_cr and piece[:1] == b"\n":  # the second half of a line ending that was cut in two
            piece = piece[1:]
        self._was_cr = piece[-1:] == b"\r"
        self._lf_only = self._lf_only and b"\r" not in piece
        if b"\n" in piece or b"\r" in piece:
            for line in piece.splitlines(keepends=True):
                if line[-1:] in b"\r\n":
                    self._end_line(line.rstrip(b"\r\n"))
                else:
                    self._keep(line)
        else:
            self._keep(piece)
        between_events = not (self._line or self._name or self._data or self._skipping)
        has_token = self.first_token_ns is not None
        self._quiet = between_events and self._lf_only and has_token and not self._nameless

    def _keep(self, part: bytes) -> None:
        """Hold the start of a line, or skip the line once it is longer than any we read."""
        if self._skipping or len(self._line) + len(part) > MAX_EVENT:
            self._skipping = True
            self._line.clear()
        else:
            self._line += part

    def _end_line(self, rest: bytes) -> None:
        if self._skipping:
            self._skipping = False
            return
        line = rest
        if self._line:
            line = bytes(self._line) + rest
            self._line.clear()
        if not self._started:
            self._started = True
            line = line.removeprefix(b"\xef\xbb\xbf")
        if not line:
            self._end_event()
            return
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"event":
            self._name = value
        elif field == b"data" and (not self._name or self._name in self._WITH_DATA):
            self._data_size += len(value) + _LINE
            if self._data_size <= MAX_EVENT:
                self._data.append(value)

    def _end_event(self) -> None:
        name, data, size = self._name, self._data, self._data_size
        self._name, self._data, self._data_size = b"", [], 0
        whole = b"\n".join(data) if size <= MAX_EVENT else b""
        if name in UNNAMED and whole:
            self._nameless = True
            name = type_of(whole)
        reader = self._READERS.get(name)
        if reader is not None and size <= MAX_EVENT:
            reader(self, whole)

    def _on_start(self, data: bytes) -> None:
        event = _read_start(data)
        if event is None:
            return
        self._message = event.message
        self._usage = dict(as_object(self._message.usage))

    def _on_token(self, _: bytes) -> None:
        if self.first_token_ns is None:
            self.first_token_ns = self._clock()

    def _on_delta(self, data: bytes) -> None:
        """Counters here are running totals: a new one replaces the old, an absent or null one leaves it."""
        event = _read_delta(data)
        if event is None:
            return
        delta, usage = as_object(event.delta), as_object(event.usage)
        self._message.stop_reason = delta.get("stop_reason") or self._message.stop_reason
        self._message.stop_details = delta.get("stop_details") or self._message.stop_details
        self._usage.update(
            (name, value) for name, value in usage.items() if value is not None and name in USAGE_FIELDS
        )
        self._final = self._final or usage.get("output_tokens") is not None
        self.finished = self.finished or (self._final and delta.get("stop_reason") is not None)

    def _on_stop(self, _: bytes) -> None:
        self.stopped = True

    def _on_error(self, data: bytes) -> None:
        self.error = data

    _READERS: ClassVar[dict[bytes, Callable[[MessageStream, bytes], None]]] = {
        b"message_start": _on_start,
        b"content_block_delta": _on_token,
        b"message_delta": _on_delta,
        b"message_stop": _on_stop,
        b"error": _on_error,
    }
    _WITH_DATA: ClassVar = frozenset(_READERS) - {b"content_block_delta", b"message_stop"} | UNNAMED
