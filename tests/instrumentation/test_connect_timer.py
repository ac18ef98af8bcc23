"""How long a connection took is asked for until there is one, and no longer."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

import foundry_telemetry
from foundry_telemetry.instrumentation import connect_timer
from foundry_telemetry.testing import FakeFoundry
from tests.support.capture import Capture
from tests.support.families import FAMILIES, Family


@pytest.mark.parametrize("family", FAMILIES, ids=str)
def test_no_more_events_than_needed(
    family: Family, capture: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first call hears of its connection, the second that there is one; neither hears of its answer."""
    events: list[str] = []
    note = connect_timer.ConnectTimer._note

    def noted(self: Any, event: str, info: Any) -> None:
        events.append(event)
        note(self, event, info)

    monkeypatch.setattr(connect_timer.ConnectTimer, "_note", noted)
    foundry_telemetry.instrument(**capture.options)

    async def scenario(url: str) -> list[Any]:
        async with family.client(trust_env=False) as client:
            send = partial(client.request, "POST", f"{url}/v1/messages", json={"model": "m"})
            return [await send(), await send()]

    with FakeFoundry() as foundry:
        responses = family.run(lambda: scenario(foundry.base_url))
    assert events == [
        *("connection.connect_tcp.started", "connection.connect_tcp.complete"),
        *("http11.send_request_headers.started", "http11.send_request_headers.complete") * 2,
    ]
    assert [seen.connect_s is not None for seen in capture.observations] == [True, False]
    assert all("trace" not in response.request.extensions for response in responses)
