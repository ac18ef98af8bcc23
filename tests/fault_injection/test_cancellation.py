"""Cancelled calls: at once, recorded, and with the pool as without us."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

import anyio
import anyio.lowlevel
import anyio.to_thread
import pytest
import trio

from tests.support.capture import Capture
from tests.support.compare import BODY, User, only, same
from tests.support.families import FAMILIES, Family
from tests.support.fault_server import EVENTS, FaultServer

ASYNC = [family for family in FAMILIES if family.is_async]
Work = Callable[[Callable[[], None]], Awaitable[None]]
"""What is to be cancelled; it calls its argument when it is time."""
Cancel = Callable[[Work], Awaitable[None]]

pytestmark = pytest.mark.parametrize("family", ASYNC, ids=str)


async def by_task(work: Work) -> None:
    """``task.cancel()``."""
    ready = asyncio.Event()
    task = asyncio.create_task(work(ready.set))
    await ready.wait()
    task.cancel()
    await task


async def by_wait_for(work: Work) -> None:
    """``asyncio.wait_for``."""
    ready = asyncio.Event()
    task = asyncio.create_task(work(ready.set))
    await ready.wait()
    await asyncio.wait_for(task, 0)


async def by_fail_after(work: Work) -> None:
    """``anyio.fail_after``."""
    with anyio.fail_after(60) as scope:

        def strike() -> None:
            scope.deadline = anyio.current_time() - 1

        await work(strike)


async def by_trio_scope(work: Work) -> None:
    """``trio.CancelScope``."""
    with trio.CancelScope() as scope:
        await work(scope.cancel)
    assert scope.cancelled_caught


WAYS = [
    pytest.param(by_task, asyncio.run, id="task"),
    pytest.param(by_wait_for, asyncio.run, id="wait-for"),
    pytest.param(by_fail_after, asyncio.run, id="fail-after"),
    pytest.param(by_fail_after, trio.run, id="trio-fail-after"),
    pytest.param(by_trio_scope, trio.run, id="trio-scope"),
]


def runner(run: Callable[..., Any]) -> Callable[..., Any]:
    """``asyncio.run`` takes a coroutine, ``trio.run`` a function."""
    return run if run is trio.run else lambda scenario: asyncio.run(scenario())


@pytest.mark.row(47)
@pytest.mark.parametrize(("cancel", "run"), WAYS)
def test_cancelled_before_headers(
    family: Family, capture: Capture, server: FaultServer, cancel: Cancel, run: Callable[..., Any]
) -> None:
    """A call cancelled while it waits for headers ends at once, and was cancelled, not failed."""

    async def scenario(user: User) -> None:
        async def work(strike: Callable[[], None]) -> None:
            async def when_reached() -> None:
                await anyio.to_thread.run_sync(server.reached.wait, 10)
                strike()

            async with anyio.create_task_group() as group:
                group.start_soon(when_reached)
                try:
                    await user.post("silent")
                except BaseException as error:
                    user.record(inner=type(error).__name__)
                    raise

        with user.fails():
            await cancel(work)
        user.record(left=user.pool())
        user.server.gate.set()
        user.record_response(await user.post("ok"))

    limits = family.module.Limits(max_connections=1)
    reported = same(family, capture, server, scenario, run=runner(run), limits=limits)
    assert reported.observed["inner"] in ("CancelledError", "Cancelled")
    cancelled, answered = capture.observations
    assert (cancelled.outcome, cancelled.failure, cancelled.status_code) == ("cancelled", None, None)
    assert (cancelled.timeout_s, answered.timeout_s) == (10.0, None)  # not what ended it
    assert answered.outcome == "ok"
    assert len(capture.spans) == len(capture.ledger) == 2


@pytest.mark.row(47)
@pytest.mark.parametrize(("cancel", "run"), WAYS)
def test_cancelled_in_the_body(
    family: Family, capture: Capture, server: FaultServer, cancel: Cancel, run: Callable[..., Any]
) -> None:
    """A stream cancelled while it waits for a piece keeps its counters, and frees its connection."""

    async def scenario(user: User) -> None:
        async def work(strike: Callable[[], None]) -> None:
            got = []
            async with user.stream("stall") as response, aclosing(response.aiter_bytes()) as body:
                try:
                    async for piece in body:
                        got.append(piece)
                        if len(got) == 4:
                            strike()
                            # `task.cancel()` comes from another task, which runs while we wait for more.
                except BaseException as error:
                    user.record(inner=type(error).__name__, pieces=got)
                    raise

        with user.fails():
            await cancel(work)
        user.record(left=user.pool())
        user.server.gate.set()
        user.record_response(await user.post("ok"))

    limits = family.module.Limits(max_connections=1)
    reported = same(family, capture, server, scenario, run=runner(run), limits=limits)
    assert reported.observed["pieces"] == list(EVENTS[:4])
    cancelled, answered = capture.observations
    assert (cancelled.outcome, cancelled.failure) == ("cancelled", None)
    assert (cancelled.usage.total_input_tokens, cancelled.usage.complete) == (30, False)
    assert answered.outcome == "ok"
    assert len(capture.spans) == len(capture.ledger) == 2


BACKENDS = [pytest.param(asyncio.run, id="asyncio"), pytest.param(trio.run, id="trio")]


@pytest.mark.row(48)
@pytest.mark.filterwarnings("ignore:Async generator:ResourceWarning")  # trio's, of the clients themselves
@pytest.mark.parametrize("run", BACKENDS)
@pytest.mark.parametrize("read", [0, 1, 4])
def test_cancelled_while_closing(
    family: Family, capture: Capture, server: FaultServer, run: Callable[..., Any], read: int
) -> None:
    """A body closed in a scope that is cancelled already frees its connection, as without us."""

    async def scenario(user: User) -> None:
        request = user.face.raw.build_request("POST", user.server.url("stall"), json=BODY)
        response = await user.face.send(request, stream=True)
        async with aclosing(response.aiter_bytes()) as body:
            user.record(pieces=[await anext(body) for _ in range(read)])
            with anyio.CancelScope() as scope:
                scope.cancel()
                await response.aclose()
            user.record(caught=scope.cancelled_caught, left=user.pool(), closed=response.is_closed)
        user.server.gate.set()
        user.record_response(await user.post("ok"))

    limits = family.module.Limits(max_connections=1)
    same(family, capture, server, scenario, run=runner(run), limits=limits)
    first, second = capture.observations
    assert (first.outcome, first.failure, second.outcome) == ("abandoned", None, "ok")


@pytest.mark.row(48)
@pytest.mark.parametrize("run", BACKENDS)
def test_inner_close_always_runs(
    family: Family, capture: Capture, server: FaultServer, run: Callable[..., Any]
) -> None:
    """Nothing of ours comes between a cancelled ``aclose`` and the one of the transport's body."""
    closed: list[str] = []

    class Body(family.module.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield EVENTS[0]

        async def aclose(self) -> None:
            closed.append("entered")
            await anyio.lowlevel.checkpoint()
            closed.append("not cancelled")

    class Transport(family.module.AsyncBaseTransport):
        async def handle_async_request(self, request: Any) -> Any:
            return family.module.Response(200, stream=Body(), headers={"content-type": "text/event-stream"})

    async def scenario(user: User) -> None:
        closed.clear()
        request = user.face.raw.build_request("POST", user.server.url("mock"), json=BODY)
        response = await user.face.send(request, stream=True)
        with anyio.CancelScope() as scope:
            scope.cancel()
            await response.aclose()
        user.record(closed=list(closed), caught=scope.cancelled_caught)

    reported = same(family, capture, server, scenario, run=runner(run), transport=Transport())
    assert reported.observed["closed"] == ["entered"]
    assert only(capture).outcome == "abandoned"


@pytest.mark.row(48)
@pytest.mark.usefixtures("instrumented")
@pytest.mark.parametrize("run", BACKENDS)
def test_inner_iteration_is_closed_in_the_same_task(family: Family, run: Callable[..., Any]) -> None:
    """To leave our body half read closes the iteration below it at once, in the task that left."""
    finished: list[bool] = []

    class Body(family.module.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            task = anyio.get_current_task()
            try:
                for event in EVENTS:
                    yield event
            finally:
                finished.append(anyio.get_current_task() == task)

    class Transport(family.module.AsyncBaseTransport):
        async def handle_async_request(self, request: Any) -> Any:
            return family.module.Response(200, stream=Body(), headers={"content-type": "text/event-stream"})

    async def scenario() -> None:
        async with family.module.AsyncClient(transport=Transport()) as client:
            request = client.build_request("POST", "http://127.0.0.1/v1/messages", json=BODY)
            response = await client._transport_for_url(request.url).handle_async_request(request)
            async with aclosing(response.stream.__aiter__()) as body:
                await anext(body)
            assert finished == [True]
            await response.stream.aclose()

    runner(run)(scenario)
