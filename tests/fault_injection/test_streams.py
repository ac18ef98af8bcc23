"""Bodies that stall, break, or are left by their reader."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import pytest

from foundry_telemetry.abandoned_bodies import flush_abandoned_bodies
from tests.support.capture import Capture
from tests.support.compare import BODY, User, attempts, only, same
from tests.support.families import Family, pieces, settle
from tests.support.fault_server import EVENTS, FaultServer
from tests.support.patience import PATIENCE_S


async def first(response: Any, count: int) -> list[bytes]:
    """The first pieces of a body; what is left of the iteration is dropped."""
    got: list[bytes] = []
    if hasattr(response.stream, "__aiter__"):
        async for piece in response.aiter_bytes():
            got.append(piece)
            if len(got) == count:
                break
    else:
        for piece in response.iter_bytes():
            got.append(piece)
            if len(got) == count:
                break
    return got


async def collected(user: User, response: Any, how: str = "bytes", *args: Any) -> None:
    """Note each piece and the exception that ended the iteration."""
    got: list[Any] = []
    with user.fails():
        async for piece in pieces(response, how, *args):
            got.append(piece)
            if sum(map(len, got)) >= sum(map(len, EVENTS[:4])):
                user.server.gate.set()
    user.record(pieces=got)
    user.record_response(response)


async def settled() -> None:
    """Collect what was dropped, and let the event loop close the generators among it."""
    for _ in range(3):
        gc.collect()
        for _ in range(10):
            await asyncio.sleep(0)


@pytest.mark.row(40)
@pytest.mark.parametrize("integration", ["process", "hooks"])
def test_stream_read_to_its_end(
    family: Family, capture: Capture, server: FaultServer, integration: str
) -> None:
    """A stream that is read to its end is one attempt with the final counters."""

    async def scenario(user: User) -> None:
        async with user.stream("events") as response:
            await collected(user, response)

    reported = same(family, capture, server, scenario, integration=integration)
    assert reported.observed["pieces"] == list(EVENTS)
    seen = only(capture)
    assert (seen.outcome, seen.stop_reason, seen.usage.complete) == ("ok", "end_turn", True)
    assert (seen.usage.total_input_tokens, seen.usage.output_tokens) == (30, 9)
    assert seen.time_to_headers_s <= seen.time_to_first_token_s <= seen.duration_s


@pytest.mark.row(5)
def test_stalled_stream(family: Family, capture: Capture, server: FaultServer) -> None:
    """A stream that stalls times out as without us; the counters so far are kept, as incomplete."""

    async def scenario(user: User) -> None:
        async with user.stream("stall", timeout=PATIENCE_S) as response:
            response.request.extensions["timeout"]["read"] = 0.25  # the head is there
            got = []
            with user.fails():
                async for piece in pieces(response):
                    got.append(piece)  # noqa: PERF401  # what came before the exception counts
            user.record(pieces=got)
            user.record_response(response)

    reported = same(family, capture, server, scenario)
    assert reported.error == "ReadTimeout"
    assert reported.observed["pieces"] == list(EVENTS[:4])
    seen = only(capture)
    assert (seen.outcome, seen.failure.type, seen.timeout_s) == ("truncated", "client_timeout", 0.25)
    assert (seen.usage.total_input_tokens, seen.usage.output_tokens, seen.usage.complete) == (30, None, False)
    assert seen.time_to_first_token_s is not None


@pytest.mark.row(7, 8)
@pytest.mark.parametrize(("fault", "error"), [("reset", "ReadError"), ("cut", "RemoteProtocolError")])
@pytest.mark.parametrize("integration", ["process", "hooks"])
def test_broken_stream(
    family: Family, capture: Capture, server: FaultServer, *, fault: str, error: str, integration: str
) -> None:
    """A stream that breaks gives the pieces so far, then the exception it would without us."""

    async def scenario(user: User) -> None:
        async with user.stream(fault) as response:
            await collected(user, response)

    reported = same(family, capture, server, scenario, integration=integration)
    assert reported.error == error
    assert reported.observed["pieces"] == list(EVENTS[:4])
    seen = only(capture)
    assert (seen.outcome, seen.failure.type) == ("truncated", "stream_truncated")
    assert (seen.usage.total_input_tokens, seen.usage.output_tokens) == (30, None)


@pytest.mark.row(8)
def test_unfinished_stream(family: Family, capture: Capture, server: FaultServer) -> None:
    """A stream that ends cleanly but without ``message_stop`` is no exception, and is truncated."""

    async def scenario(user: User) -> None:
        async with user.stream("unfinished") as response:
            await collected(user, response)

    assert same(family, capture, server, scenario).observed["error"] is None
    seen = only(capture)
    assert (seen.outcome, seen.failure.type) == ("truncated", "stream_truncated")


@pytest.mark.row(20)
@pytest.mark.parametrize("integration", ["process", "hooks"])
def test_error_event(family: Family, capture: Capture, server: FaultServer, integration: str) -> None:
    """An ``error`` event behind a 200 reaches the user as sent, and is reported as a failure."""

    async def scenario(user: User) -> None:
        async with user.stream("error-event") as response:
            await collected(user, response)

    reported = same(family, capture, server, scenario, integration=integration)
    assert reported.observed["error"] is None
    seen = only(capture)
    assert (seen.outcome, seen.status_code, seen.failure.type) == ("stream_error", 200, "overloaded")
    assert (seen.ids.body_request_id, seen.usage.total_input_tokens) == ("req_fault03", 30)


async def _close_unread(user: User) -> None:
    async with user.stream("held") as response:
        pass
    user.record_response(response)


async def _break(user: User) -> None:
    async with user.stream("held") as response:
        user.record(pieces=await first(response, 2))
    user.record_response(response)


async def _break_and_close(user: User) -> None:
    response = await _open(user)
    user.record(pieces=await first(response, 1))
    await settle(response.aclose() if user.is_async else response.close())
    user.record_response(response)


async def _break_and_drop(user: User) -> None:
    response = await _open(user)
    user.record(pieces=await first(response, 1))
    del response
    await settled()


async def _drop(user: User) -> None:
    response = await _open(user)
    user.record(status=response.status_code)
    del response
    await settled()


async def _open(user: User) -> Any:
    request = user.face.raw.build_request("POST", user.server.url("held"), json={**BODY, "stream": True})
    return await user.face.send(request, stream=True)


LEAVINGS = [_close_unread, _break, _break_and_close, _break_and_drop, _drop]


@pytest.mark.row(41)
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # dropping one is the very thing tested
@pytest.mark.parametrize("leave", LEAVINGS, ids=lambda leave: leave.__name__.strip("_"))
@pytest.mark.parametrize("integration", ["process", "hooks"])
def test_abandoned_stream(
    family: Family, capture: Capture, server: FaultServer, leave: Any, integration: str
) -> None:
    """However a stream is left, it is one abandoned attempt, and its connection is freed as ever."""

    async def scenario(user: User) -> None:
        await leave(user)
        user.record(left=user.pool())

    reported = same(family, capture, server, scenario, integration=integration)
    assert len(reported.counts.requests) == 1
    flush_abandoned_bodies()
    seen = only(capture)
    assert (seen.outcome, seen.failure, seen.status_code) == ("abandoned", None, 200)
    assert seen.usage.output_tokens is None


@pytest.mark.row(41)
def test_dropped_stream_is_reported_by_the_next_attempt(
    family: Family, capture: Capture, server: FaultServer
) -> None:
    """A dropped stream waits for the next attempt, and keeps the time at which it was dropped."""

    async def scenario(user: User) -> None:
        async with user.stream("held") as response:
            pass
        await _break_and_drop(user)
        del response
        user.record_response(await user.post("ok"))

    same(family, capture, server, scenario)
    assert [seen.outcome for seen in attempts(capture, 3)] == ["abandoned", "abandoned", "ok"]


class MyError(Exception):
    """Raised by the user."""


@pytest.mark.row(42)
@pytest.mark.parametrize(
    ("error", "outcomes"),
    [
        (MyError, ("abandoned",)),
        (KeyboardInterrupt, ("cancelled", "abandoned")),
        (SystemExit, ("cancelled", "abandoned")),
    ],
)
@pytest.mark.parametrize("integration", ["process", "hooks"])
def test_exception_in_the_users_loop(
    family: Family,
    capture: Capture,
    server: FaultServer,
    *,
    error: type[BaseException],
    outcomes: tuple[str, ...],
    integration: str,
) -> None:
    """What the user raises between two pieces comes out as it is, and is no failure of the service.

    httpx2 closes a dropped iteration at once, before anybody can tell why it was dropped.
    """
    mine = error("CANARY")

    async def scenario(user: User) -> None:
        caught = None
        try:
            async with user.stream("held") as response, _each(response) as each:
                async for _ in each:
                    raise mine
        except error as came:
            caught = came
        user.record(same=caught is mine, context=repr(caught.__context__), cause=repr(caught.__cause__))
        user.record_response(response)

    assert same(family, capture, server, scenario, integration=integration).observed["same"] is True
    seen = only(capture)
    assert seen.outcome in (outcomes if str(family) == "httpx2-sync" else outcomes[:1])
    assert seen.failure is None
    assert "CANARY" not in capture.everything()


def _each(response: Any) -> aclosing[AsyncIterator[bytes]]:
    return aclosing(pieces(response))


@pytest.mark.row(43)
@pytest.mark.parametrize("integration", ["process", "hooks"])
def test_read_twice(family: Family, capture: Capture, server: FaultServer, integration: str) -> None:
    """A body that was read can be read again, one that was streamed cannot; as without us."""

    async def scenario(user: User) -> None:
        async with user.stream("events") as response:
            read = response.aread if user.is_async else response.read
            user.record(once=await settle(read()), twice=await settle(read()))
            user.record(again=[piece async for piece in pieces(response)])
        async with user.stream("events") as response:
            await collected(user, response)
            with user.fails("reread"):
                await settle((response.aread if user.is_async else response.read)())
            with user.fails("reiterated"):
                await first(response, 1)

    reported = same(family, capture, server, scenario, integration=integration)
    assert reported.observed["reread"][0].endswith(".StreamConsumed")
    assert [seen.outcome for seen in attempts(capture, 2)] == ["ok", "ok"]


@pytest.mark.row(43)
@pytest.mark.parametrize("integration", ["process", "hooks"])
def test_read_after_break(family: Family, capture: Capture, server: FaultServer, integration: str) -> None:
    """Reading on after a ``break`` fails as without us, open or closed."""

    async def scenario(user: User) -> None:
        async with user.stream("held") as response:
            user.record(pieces=await first(response, 1))
            with user.fails():
                await settle((response.aread if user.is_async else response.read)())
        with user.fails("closed"):
            await first(response, 1)
        user.record_response(response)

    assert same(family, capture, server, scenario, integration=integration).error == "StreamConsumed"
    assert only(capture).outcome == "abandoned"


@pytest.mark.row(44)
@pytest.mark.parametrize("integration", ["process", "hooks"])
def test_nothing_is_held_back(
    family: Family, capture: Capture, server: FaultServer, integration: str
) -> None:
    """The user has the first pieces while the server still waits for a sign to send the rest."""

    async def scenario(user: User) -> None:
        async with user.stream("held", timeout=PATIENCE_S) as response:
            got = []
            async with _each(response) as each:
                async for piece in each:
                    got.append(piece)
                    if len(got) == 4:
                        assert user.server.reached.wait(PATIENCE_S)
                        user.record(before=list(got))
                        user.server.gate.set()
            user.record(pieces=got)

    reported = same(family, capture, server, scenario, integration=integration)
    assert reported.observed["before"] == list(EVENTS[:4])
    assert reported.observed["pieces"] == list(EVENTS)
    assert only(capture).outcome == "ok"


@pytest.mark.row(45)
@pytest.mark.parametrize(
    ("how", "arguments"),
    [
        ("read", ()),
        ("bytes", ()),
        ("bytes", (7,)),
        ("raw", ()),
        ("raw", (7,)),
        ("text", ()),
        ("text", (7,)),
        ("lines", ()),
    ],
    ids=str,
)
@pytest.mark.parametrize("integration", ["process", "hooks"])
def test_each_way_of_reading(
    family: Family,
    capture: Capture,
    server: FaultServer,
    *,
    how: str,
    arguments: tuple[int, ...],
    integration: str,
) -> None:
    """Each way of reading gives the same pieces and leaves the same counters behind."""

    async def scenario(user: User) -> None:
        async with user.stream("events") as response:
            user.record_response(response)
            if how == "read":
                user.record(body=await settle((response.aread if user.is_async else response.read)()))
                user.record_response(response)
            else:
                counted = []
                got = []
                async for piece in pieces(response, how, *arguments):
                    got.append(piece)
                    counted.append(response.num_bytes_downloaded)
                user.record(pieces=got, counted=counted)
                user.record_response(response)
        user.record_response(response)

    same(family, capture, server, scenario, integration=integration)
    seen = only(capture)
    assert (seen.outcome, seen.usage.total_input_tokens, seen.usage.output_tokens) == ("ok", 30, 9)
