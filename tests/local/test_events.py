"""Word of new data: pages hear of it at most once a second, and the end of the server ends their waiting."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPResponse, IncompleteRead
from types import SimpleNamespace

import pytest

from foundry_telemetry.local.api import events
from tests.support.patience import PATIENCE_S
from tests.support.telemetry import event, fill
from tests.support.wire import Wire


def listen(wire: Wire) -> HTTPResponse:
    """A page that waits for news, and has heard that it is connected."""
    response = HTTPResponse(wire.send("GET", "/events"))
    response.begin()
    assert response.getheader("content-type", "").startswith("text/event-stream")
    assert next(messages(response)) == [": hello"]
    return response


def messages(response: HTTPResponse) -> Iterator[list[str]]:
    """The messages that come, each as its lines."""
    lines: list[str] = []
    while line := response.readline():
        if text := line.decode().rstrip("\n"):
            lines.append(text)
        else:
            yield lines
            lines = []


def ingested(message: list[str]) -> int:
    """The number in a message."""
    kind, data = message
    assert kind == "event: change"
    return int(json.loads(data.removeprefix("data: "))["ingested"])


def test_news(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every page hears of new rows, with their number; one that comes later hears only of later ones."""
    monkeypatch.setattr(events, "PAUSE_S", 0.0)
    first = listen(wire)
    fill(wire.azure.store, [event(name="a"), event(name="b")])
    assert ingested(next(messages(first))) == 2
    second = listen(wire)
    fill(wire.azure.store, [event(name="c")])
    assert [ingested(next(messages(page))) for page in (first, second)] == [3, 3]


def test_news_are_not_repeated_for_every_commit(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commits within the pause are reported together, when it is over."""
    over = threading.Event()
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        await asyncio.to_thread(over.wait)

    monkeypatch.setattr(events, "asyncio", SimpleNamespace(**{**vars(asyncio), "sleep": pause}))
    page = listen(wire)
    fill(wire.azure.store, [event(name="x")])
    assert ingested(next(messages(page))) == 1
    for _ in range(20):
        fill(wire.azure.store, [event(name="x")])
    over.set()
    assert ingested(next(messages(page))) == 21
    assert set(pauses) == {events.PAUSE_S}


def test_heartbeat(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """Silence is filled with comments, so that a lost connection shows."""
    monkeypatch.setattr(events, "HEARTBEAT_S", 0.01)
    page = messages(listen(wire))
    assert [next(page), next(page)] == [[": still here"], [": still here"]]


def test_pages_that_disconnect_are_forgotten(wire: Wire) -> None:
    """A closed page is no longer notified, and nothing of it stays in the store."""
    page = listen(wire)
    assert len(wire.azure.store._listeners) == 1
    page.close()
    for connection in wire._open:
        connection.close()
    while wire.azure.store._listeners:
        assert wire.ask("GET", "/status.json").status == 200


def test_the_end_of_the_server_ends_the_waiting(wire: Wire) -> None:
    """Open pages do not delay the end."""
    pages = [listen(wire) for _ in range(3)]
    ending = threading.Thread(target=wire.azure.__exit__, args=(None, None, None))
    ending.start()
    ending.join(PATIENCE_S)
    assert not ending.is_alive()
    for page in pages:
        with suppress(ConnectionError, IncompleteRead):
            assert page.read() == b""
    assert not wire.azure.store._listeners
