"""What the events of a stream mean; how they are found, `test_events` and `test_stream_blocks` test."""

from __future__ import annotations

import json
from itertools import count

from foundry_telemetry.wire.events import FIRST_ONLY, READ, SseEvent
from foundry_telemetry.wire.message import MessageStream


def taken(*events: SseEvent) -> MessageStream:
    """A stream of these events, whose clock ticks when it is asked."""
    stream = MessageStream(count(1).__next__)
    stream._take(events)
    return stream


def event(name: str, **data: object) -> SseEvent:
    """One event."""
    return name.encode(), json.dumps(data).encode()


START = event(
    "message_start", message={"id": "msg_1", "model": "m", "usage": {"input_tokens": 5, "output_tokens": 1}}
)
TOKEN: SseEvent = (FIRST_ONLY, b"")


def test_every_event_that_is_given_has_a_meaning() -> None:
    """The two tables name the same events."""
    assert set(MessageStream._READERS) == READ | {FIRST_ONLY}


def test_placeholder_of_the_start_is_no_count() -> None:
    """The output of ``message_start`` is unknown; its input and its names count."""
    answer = taken(START).answer()
    assert (answer.response_id, answer.response_model) == ("msg_1", "m")
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (5, None)


def test_totals_replace_and_null_leaves() -> None:
    """A later counter takes the place of the earlier one; null and what is not there leave it."""
    first = event("message_delta", usage={"output_tokens": 7, "input_tokens": 6})
    second = event("message_delta", delta={"stop_reason": "end_turn"}, usage={"input_tokens": None})
    stream = taken(START, first, second)
    usage = stream.answer().usage
    assert (usage.input_tokens, usage.output_tokens) == (6, 7)
    assert (stream.answer().stop_reason, stream.finished) == ("end_turn", True)


def test_finished_needs_counters_and_reason() -> None:
    """The stop reason alone, or the counters alone, do not finish a message."""
    assert not taken(START, event("message_delta", delta={"stop_reason": "end_turn"})).finished
    assert not taken(START, event("message_delta", usage={"output_tokens": 7})).finished


def test_first_token_is_timed_once() -> None:
    """The clock is asked at the first delta alone."""
    assert taken(START).first_token_ns is None
    assert taken(START, TOKEN, TOKEN).first_token_ns == 1


def test_stop_and_error() -> None:
    """Both are kept: that the message stopped, and the error word for word."""
    stream = taken(START, (b"error", b"{}"), (b"message_stop", b""))
    assert (stream.stopped, stream.error) == (True, b"{}")


def test_unreadable_data_changes_nothing() -> None:
    """Data that is no object costs what it would have told, and nothing else."""
    stream = taken(START, (b"message_delta", b"[1"), (b"message_start", b"null"))
    assert stream.answer() == taken(START).answer()
