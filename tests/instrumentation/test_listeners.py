"""The tuple of listeners: its order, its guard, and how a further one is added."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any, ClassVar

import pytest
from msgspec import json

from foundry_telemetry.abandoned_bodies import flush_abandoned_bodies
from foundry_telemetry.dropped_items import Reason, Signal, dropped
from foundry_telemetry.instrumentation import make_tracker
from foundry_telemetry.instrumentation.listeners import make_listeners
from foundry_telemetry.instrumentation.tracker import Tracker
from foundry_telemetry.instrumentation.transport import attach_process, detach_process
from foundry_telemetry.internal_errors import internal_errors
from foundry_telemetry.observation import Observation
from foundry_telemetry.signals import SpanBinding, make_signals
from tests.hostile.harness import transport
from tests.support.capture import Capture
from tests.support.families import FAMILIES

ANSWER = (
    b'{"type":"message","id":"msg_1","model":"claude-sonnet-5","usage":{"input_tokens":9,"output_tokens":3}}'
)
URL = "http://127.0.0.1/anthropic/v1/messages"
FAMILY = next(family for family in FAMILIES if not family.is_async)
JSON = [("content-type", "application/json")]
ORDER = [
    "Price",
    "CallSpans",
    "Metrics",
    "Ledger",
    "AttemptCollector",
    "Limits",
    "ExceptionNotes",
    "SinkListener",
]


class JsonLines:
    """The listener that somebody might add: a file with a line for each attempt."""

    signal: ClassVar = Signal.SINKS
    reason: ClassVar = Reason.SINK_ERROR
    is_deferred: ClassVar = False

    def __init__(self, path: Path) -> None:
        self._path = path

    def finished(self, observation: Observation, binding: SpanBinding) -> None:
        """Write the line."""
        with self._path.open("ab") as file:
            file.write(
                json.encode([observation.call_id, observation.usage.output_tokens, binding.ours]) + b"\n"
            )


class Failing(JsonLines):
    """One that fails."""

    def finished(self, observation: Observation, binding: SpanBinding) -> None:
        """Fail."""
        raise ValueError(observation, binding)


def posted(capture: Capture, *further: Any, stream: bool = False) -> None:
    """One call, read or dropped, with further listeners before the others."""
    settings = make_tracker(**capture.options)._settings
    attach_process(Tracker(settings._replace(listeners=(*further, *settings.listeners))))
    try:
        with FAMILY.module.Client(transport=transport(FAMILY, lambda _: (200, JSON, [ANSWER]))) as client:
            body = {"model": "claude-sonnet-5"}
            if stream:
                client.send(client.build_request("POST", URL, json=body), stream=True)
            else:
                client.post(URL, json=body)
    finally:
        detach_process()
    gc.collect()


def test_order() -> None:
    """The price comes first, as it completes what the others get; what calls the application comes last."""
    listeners = make_listeners(make_signals(), sinks=[print], exception_notes=True)
    assert [type(listener).__name__ for listener in listeners] == ORDER
    deferred = [listener.is_deferred for listener in listeners]
    assert deferred == sorted(deferred)


@pytest.mark.parametrize("dropped_unread", [False, True])
def test_a_further_listener(capture: Capture, tmp_path: Path, *, dropped_unread: bool) -> None:
    """A class with `finished` and a place in the tuple are all that a further listener needs."""
    lines = tmp_path / "attempts.jsonl"
    posted(capture, JsonLines(lines), stream=dropped_unread)
    flush_abandoned_bodies()
    (seen,) = capture.observations
    assert json.decode(lines.read_bytes()) == [seen.call_id, None if dropped_unread else 3, True]


@pytest.mark.parametrize("dropped_unread", [False, True])
def test_one_that_fails(capture: Capture, tmp_path: Path, *, dropped_unread: bool) -> None:
    """A listener that fails costs what it says, once, and no other listener anything."""
    before, count = dropped.totals(), internal_errors.count
    posted(capture, Failing(tmp_path), stream=dropped_unread)
    flush_abandoned_bodies()
    lost = dropped.totals() - before
    reason = Reason.INTERNAL_ERROR if dropped_unread else Reason.SINK_ERROR
    internal_errors.count -= 1  # wanted here
    assert (dict(lost), internal_errors.count) == ({(reason, Signal.SINKS): 1}, count)
    assert len(capture.observations) == len(capture.spans) == len(capture.ledger) == 1


def test_deferred_until_the_reader_is_done(capture: Capture) -> None:
    """While a metric reader collects, a dropped body is recorded, and sinks wait for the next flush."""
    posted(capture, stream=True)
    flush_abandoned_bodies(is_collecting=True)
    assert (len(capture.ledger), capture.observations) == (1, [])
    flush_abandoned_bodies()
    assert len(capture.observations) == 1
