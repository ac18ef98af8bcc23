"""Wall clocks jump; durations come from one that does not."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle
from typing import Any

import pytest

import foundry_telemetry
from foundry_telemetry import attempt as attempt_module
from foundry_telemetry.instrumentation import tracker as tracker_module
from tests.hostile.harness import ASK, JSON, SSE, URL, events, message, transport
from tests.support.capture import Capture
from tests.support.families import Family
from tests.support.patience import PATIENCE_S

pytestmark = pytest.mark.row(80)

HOUR = 3600 * 10**9
NOW = 1_795_000_000 * 10**9

CLOCKS = {
    "back": lambda: iter(range(NOW, 0, -HOUR)),
    "forth and back": lambda: cycle([NOW, NOW + 1000 * HOUR, NOW - 1000 * HOUR]),
    "still": lambda: cycle([NOW]),
    "epoch": lambda: cycle([0]),
    "before the epoch": lambda: cycle([-HOUR]),
    "far": lambda: cycle([2**62]),
}


@pytest.mark.parametrize("clock", CLOCKS)
@pytest.mark.parametrize("sent_by", ["instrument", "hooks"])
def test_clock_jumps(
    family: Family, clock: str, sent_by: str, capture: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the wall clock does: durations are not negative, spans end after they start."""
    ticks: Iterator[int] = CLOCKS[clock]()
    for module in (attempt_module, tracker_module):
        monkeypatch.setattr(module, "time_ns", lambda: next(ticks))
    hooks: dict[str, Any] = {}
    if sent_by == "instrument":
        foundry_telemetry.instrument(**capture.options)
    else:
        make = foundry_telemetry.async_event_hooks if family.is_async else foundry_telemetry.event_hooks
        hooks = {"event_hooks": make(**capture.options)}
    date = ("retry-after", "Sun, 22 Nov 2026 10:00:00 GMT")
    answers = [(200, JSON, [message()]), (200, SSE, events()), (429, [*JSON, date], [b"{}"])]

    async def scenario() -> None:
        for answer in answers:
            playback = transport(family, lambda _, answer=answer: answer)
            async with family.client(transport=playback, **hooks) as client:
                response = await client.request("POST", URL, json=ASK)
                assert response.content == b"".join(answer[2])

    family.run(scenario)
    assert len(capture.observations) == len(capture.ledger) == len(capture.spans) == 3
    for seen in capture.observations:
        times = (
            seen.duration_s,
            seen.time_to_headers_s,
            seen.time_to_first_token_s,
            seen.connect_s,
            seen.retry_after_s,
        )
        assert all(value is None or value >= 0 for value in times)
        assert seen.duration_s < PATIENCE_S
        assert seen.retry_after_s is None or seen.retry_after_s <= 86_400
    for span in capture.spans:
        assert 0 <= (span.end_time or 0) - (span.start_time or 0) < 60 * 10**9
    for record in capture.ledger:
        assert record["foundry.duration_ms"] >= record["foundry.time_to_headers_ms"] >= 0
    assert capture.observations[1].time_to_first_token_s is not None
