"""Streams and connections that an HTTP/2 server ends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.capture import Capture
from tests.support.compare import User, attempts, only, same
from tests.support.families import Family, pieces
from tests.support.fault_server import EVENTS
from tests.support.fault_server_h2 import H2FaultServer

OPTIONS = {"http1": False, "http2": True}


@pytest.fixture
def server() -> Iterator[H2FaultServer]:
    """A server that speaks HTTP/2 only."""
    with H2FaultServer() as running:
        yield running


async def _read(user: User, response: Any, name: str) -> None:
    got = []
    with user.fails(f"{name}_error"):
        async for piece in pieces(response):
            got.append(piece)  # noqa: PERF401  # what came before the exception counts
    user.record(**{name: b"".join(got)})
    user.record_response(response)


@pytest.mark.row(13)
def test_complete_stream(family: Family, capture: Capture, server: H2FaultServer) -> None:
    """A complete stream is the same over HTTP/2."""

    async def scenario(user: User) -> None:
        async with user.stream("events") as response:
            await _read(user, response, "body")

    reported = same(family, capture, server, scenario, **OPTIONS)
    assert (reported.observed["version"], reported.observed["body"]) == ("HTTP/2", b"".join(EVENTS))
    assert only(capture).usage.output_tokens == 9


@pytest.mark.row(13)
def test_one_stream_is_reset(family: Family, capture: Capture, server: H2FaultServer) -> None:
    """Of two streams on one connection only the one that is reset fails, each with its own span."""

    async def scenario(user: User) -> None:
        async with user.stream("held") as held:
            async with user.stream("reset") as reset:
                await _read(user, reset, "reset")
            await _read(user, held, "held")
        user.record(left=user.pool())

    reported = same(family, capture, server, scenario, **OPTIONS)
    assert reported.observed["reset_error"][0].endswith(".RemoteProtocolError")
    assert (reported.observed["held_error"], reported.observed["held"]) == (None, b"".join(EVENTS))
    assert reported.counts.connections == 1
    assert len(reported.counts.requests) == 2
    reset, held = attempts(capture, 2)
    assert (reset.outcome, reset.failure.type) == ("truncated", "stream_truncated")
    assert (held.outcome, held.failure) == ("ok", None)
    assert reset.call_id != held.call_id


@pytest.mark.row(13)
def test_connection_goes_away(family: Family, capture: Capture, server: H2FaultServer) -> None:
    """A connection that the server gives up raises as without us, and nothing is sent again."""

    async def scenario(user: User) -> None:
        with user.fails():
            async with user.stream("goaway") as response:
                await _read(user, response, "body")

    reported = same(family, capture, server, scenario, **OPTIONS)
    assert len(reported.counts.requests) == 1
    seen = only(capture)
    assert seen.outcome in ("truncated", "no_response")
    assert seen.failure.type in ("stream_truncated", "connection_error")
