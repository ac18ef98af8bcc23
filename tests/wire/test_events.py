"""Events of a stream: those that are read are given, the bulk is skipped, and held while that is cheap."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from foundry_telemetry.wire.events import (
    _MARKERS,
    BUFFER_BYTES,
    FIRST_ONLY,
    MAX_EVENT,
    READ,
    WITH_DATA,
    EventReader,
    SseEvent,
)

DELTA = b'event: content_block_delta\ndata: {"type":"content_block_delta"}\n\n'
COUNTERS = b'event: message_delta\ndata: {"usage":{}}\n\n'
TOKEN: SseEvent = (FIRST_ONLY, b"")
TOTALS: SseEvent = (b"message_delta", b'{"usage":{}}')


def events_of(events: EventReader, *pieces: bytes, complete: bool | None = None) -> list[SseEvent]:
    """All events of these pieces, and of the end if there is one."""
    found = [event for piece in pieces for event in events.read(piece)]
    return found if complete is None else found + list(events.finish(complete=complete))


@pytest.mark.parametrize("name", sorted(READ))
def test_events_that_are_read(name: bytes) -> None:
    """Each is given every time, with its lines of data joined where somebody reads them."""
    event = b"id: 7\nevent: %b\n: comment\ndata: {\ndata:  }\nretry: 1\n\n" % name
    wanted = (name, b"{\n }" if name in WITH_DATA else b"")
    assert events_of(EventReader(), event * 2) == [wanted] * 2


def test_others_are_skipped() -> None:
    """Of the bulk only the first is given, of unknown events none."""
    unknown = b"event: ping\ndata: {}\n\n"
    assert events_of(EventReader(), unknown, DELTA, unknown, DELTA, DELTA) == [TOKEN]


def test_nameless_events() -> None:
    """Without ``event:`` lines the type in the data names the event, and nothing is held back."""
    events = EventReader()
    nameless = b'data: {"type":"%b"}\n\n'
    found = events_of(events, nameless % FIRST_ONLY, nameless % b"ping", nameless % b"message_stop")
    assert found == [TOKEN, (b"message_stop", b'{"type":"message_stop"}')]
    assert not events.buffering


@pytest.mark.parametrize("before", [b"", COUNTERS, DELTA])
def test_an_error_without_a_name_ends_a_stream_with_names(before: bytes) -> None:
    """A gateway writes it into the stream of the service; it is found among what is held."""
    error = b'data: {"type":"error"}\n\n'
    found = events_of(EventReader(), DELTA, before + error, complete=False)
    assert found == [TOKEN, *([TOTALS] if before == COUNTERS else []), (b"error", error[6:-2])]


def test_markers_find_every_event_that_is_read() -> None:
    """What is held is searched for markers: there is one before each name, with and without the space."""
    for name in READ:
        for line in (b"event: %b" % name, b"event:%b" % name):
            assert any(line.startswith(marker) for marker in _MARKERS), line
    assert not any(b"event: %b" % FIRST_ONLY in marker for marker in _MARKERS)


def test_buffering_begins_with_the_first_token() -> None:
    """Before it every event is given at once; after it pieces are held, until they are many or flushed."""
    events = EventReader()
    assert events_of(events, COUNTERS) == [TOTALS]
    assert not events.buffering
    assert events_of(events, DELTA) == [TOKEN]
    assert events.buffering
    assert events_of(events, COUNTERS) == []
    assert list(events.flush_buffer()) == [TOTALS]
    deltas = [DELTA] * (2 * BUFFER_BYTES // len(DELTA))
    assert events_of(events, *deltas) == []
    assert sum(map(len, events.buffered)) <= BUFFER_BYTES
    assert events_of(events, COUNTERS, complete=True) == [TOTALS]


@pytest.mark.parametrize("piece", [b"event: x\n", b"\r\n", b": half a line"])
def test_no_buffering_within_an_event_or_with_other_endings(piece: bytes) -> None:
    """Pieces are held back only from between two events of a stream with plain line ends."""
    events = EventReader()
    assert events_of(events, DELTA + piece) == [TOKEN]
    assert not events.buffering


def test_flush_keeps_an_unfinished_event() -> None:
    """An event in two pieces, with a flush between them, is given once it is whole."""
    for cut in range(1, len(COUNTERS)):
        events = EventReader()
        assert events_of(events, DELTA, COUNTERS[:cut]) == [TOKEN]
        first = list(events.flush_buffer())
        assert first + events_of(events, COUNTERS[cut:], complete=True) == [TOTALS], cut


@pytest.mark.parametrize(("complete", "wanted"), [(True, [TOKEN, TOTALS]), (False, [TOKEN])])
def test_end_without_a_blank_line(complete: bool, wanted: list[SseEvent]) -> None:
    """An event that lacks its end counts where the body was read to its end."""
    assert events_of(EventReader(), DELTA, COUNTERS.strip(), complete=complete) == wanted


def lines_of_data(count: int) -> Iterable[bytes]:
    """One event with so many lines."""
    yield b"event: message_delta\n"
    yield from [b"data: %b\n" % (b"1" * 1000)] * count
    yield b"\n"


def test_an_event_too_long_is_skipped() -> None:
    """Its data is not kept, and the event after it is given."""
    events = EventReader()
    pieces = list(lines_of_data(2 * MAX_EVENT // 1000))
    assert events_of(events, *pieces[:-1]) == []
    assert sum(map(len, events._data)) <= MAX_EVENT
    assert events_of(events, pieces[-1], COUNTERS) == [TOTALS]
