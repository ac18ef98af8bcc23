"""A streamed answer: bytes as they come, in any pieces, become one ``Answer``.

What a line is, `lines` knows; which events are given, `events`; here is what they mean.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, MutableSequence
from typing import ClassVar, Final

from msgspec import Struct

from foundry_telemetry.wire.events import EventReader, SseEvent
from foundry_telemetry.wire.json_decoding import reader
from foundry_telemetry.wire.sanitize import as_object
from foundry_telemetry.wire.usage import NO_USAGE, USAGE_FIELDS, Answer, Message, read_answer, read_usage


class _MessageStart(Struct, gc=False):
    message: Message


class _MessageDelta(Struct, gc=False):
    delta: object = None
    usage: object = None


Run = tuple[MutableSequence[bytes], int, Callable[[], "Run"]]
"""Where the next pieces are to be put, how many, and what is to be called once they are there. To append to a
list is the least that can be done with a piece: a third of the price of a call."""

_read_start: Final = reader(_MessageStart)
_read_delta: Final = reader(_MessageDelta)


class MessageStream:
    """Reads a stream of Message events.

    Args:
        clock: Monotonic clock, nanoseconds; asked once, at the first ``content_block_delta``.
    """

    __slots__ = (
        "_clock",
        "_events",
        "_final",
        "_message",
        "_unread",
        "_usage",
        "error",
        "finished",
        "first_token_ns",
        "stopped",
    )

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._events = EventReader()
        self._message = Message()
        self._usage: dict[str, object] = {}
        self._final = False
        self._unread: list[bytes] = []
        self.first_token_ns: int | None = None
        """When the first ``content_block_delta`` came, on the monotonic clock."""
        self.stopped = False
        """Whether ``message_stop`` was seen."""
        self.finished = False
        """Whether the last ``message_delta`` was seen, which has the stop reason and the last counters."""
        self.error: bytes | None = None
        """Data of the ``error`` event, if one came."""

    @property
    def is_empty(self) -> bool:
        """Whether no line has come yet."""
        return self._events.is_empty

    def feed(self, piece: bytes) -> None:
        """Take the next decoded bytes of the body."""
        events = self._events.read(piece)
        if events:
            self._take(events)

    def flush_buffer(self) -> Callable[[bytes], None]:
        """Read what is held. What this gives takes the pieces of the next `run`.

        While the stream is buffering that is the list's own function, at a quarter of the price of ours.
        """
        events = self._events
        found = events.flush_buffer()
        if found:
            self._take(found)
        return events.buffered.append if events.buffering else self.feed

    def next_run(self) -> Run:
        """Read what was put where the last run says, and return how the next pieces are to be given."""
        events = self._events
        if self._unread:
            self.feed(self._unread.pop())
        if events.buffering:
            self.flush_buffer()
        return (events.buffered, events.run, self.next_run) if events.buffering else self._single()

    def _single(self) -> Run:
        """What a piece says must be known before the next one comes."""
        return self._unread, 1, self.next_run

    def finish(self, *, complete: bool) -> None:
        """No more bytes will come.

        Args:
            complete: Whether the body was read to its end; then an event may lack its blank line.
        """
        self._take(self._events.finish(complete=complete))

    def _take(self, events: Iterable[SseEvent]) -> None:
        """Read the next events."""
        for name, data in events:
            self._READERS[name](self, data)

    def answer(self) -> Answer:
        """The message that the events so far make."""
        usage = read_usage(self._usage, final=self._final) if self._usage else NO_USAGE
        return read_answer(self._message, usage)

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

    _READERS: ClassVar[Mapping[bytes, Callable[[MessageStream, bytes], None]]] = {
        b"message_start": _on_start,
        b"content_block_delta": _on_token,
        b"message_delta": _on_delta,
        b"message_stop": _on_stop,
        b"error": _on_error,
    }
