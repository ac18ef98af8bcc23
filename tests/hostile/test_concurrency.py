"""Many calls at once, and calls from places where nobody expects one."""

from __future__ import annotations

import ast
import asyncio
import gc
import signal
import sys
import threading
import tracemalloc
import warnings
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import foundry_telemetry
from foundry_telemetry import last_attempt
from foundry_telemetry.abandoned_bodies import flush_abandoned_bodies
from tests.hostile.harness import (
    ASK,
    JSON,
    SSE,
    URL,
    Got,
    RawServer,
    events,
    message,
    plain_answer,
    playing,
    settled,
    transport,
)
from tests.support.capture import Capture
from tests.support.families import FAMILIES, Family, httpx
from tests.support.patience import PATIENCE_S

SYNC = [family for family in FAMILIES if not family.is_async]
ASYNC = [family for family in FAMILIES if family.is_async]
PACKAGE = str(Path(foundry_telemetry.__file__).parent)


def numbered(number: str) -> tuple[list[tuple[str, str]], bytes]:
    """An answer in which every id and counter is the number of the request; odd ones are streams."""
    ids = [("apim-request-id", f"az-{number}"), ("request-id", f"req_{number}")]
    if int(number) % 2:
        body = b"".join(events()).replace(b'"input_tokens": 11', b'"input_tokens": %d' % int(number))
        return [SSE[0], *ids], body
    return [JSON[0], *ids], message(input_tokens=int(number))


def assert_distinct(capture: Capture, count: int) -> None:
    """Each of `count` calls is reported once, and nothing in its records belongs to another."""
    assert len(capture.observations) == len(capture.ledger) == count
    spans = {
        span.attributes["gen_ai.request.model"]: span for span in capture.spans if span.kind.name == "CLIENT"
    }
    assert len(spans) == count
    for seen in capture.observations:
        number = (seen.deployment or "").removeprefix("dep-")
        assert seen.ids.apim_request_id == f"az-{number}"
        assert seen.ids.request_id == f"req_{number}"
        assert seen.usage.input_tokens == int(number)
        assert seen.call_id == f"{spans[f'dep-{number}'].context.span_id:016x}"
    for record in capture.ledger:
        assert record["azure.service.request.id"].removeprefix("az-") == record["gen_ai.request.model"][4:]
    assert len({seen.call_id for seen in capture.observations}) == count


@pytest.mark.row(51)
@pytest.mark.parametrize("family", SYNC, ids=str)
def test_threads_share_a_client(family: Family, instrumented: Capture) -> None:
    """120 calls over 12 threads: each gets its own answer, span, parent and `last_attempt()`."""

    def answer(got: Got) -> Iterable[bytes]:
        headers, body = numbered(got.all("x-number")[0])
        return plain_answer(body, headers)

    tracer = instrumented.tracer_provider.get_tracer("application")

    def call(number: int) -> tuple[int, str | None]:
        with tracer.start_as_current_span(f"work-{number}"):
            asked = ASK | {"model": f"dep-{number}"}
            response = client.post(server.url, json=asked, headers={"x-number": str(number)})
            assert response.content == numbered(str(number))[1]
            seen = last_attempt()
            return number, seen and seen.ids.apim_request_id

    with RawServer(answer) as server, family.module.Client() as client, ThreadPoolExecutor(12) as pool:
        reported = list(pool.map(call, range(120)))
    assert reported == [(number, f"az-{number}") for number in range(120)]
    assert_distinct(instrumented, 120)
    parents = {
        span.context.span_id: span.name for span in instrumented.spans if span.name.startswith("work-")
    }
    for span in instrumented.spans:
        if span.kind.name == "CLIENT":
            assert span.parent is not None
            assert parents[span.parent.span_id] == span.attributes["gen_ai.request.model"].replace(
                "dep", "work"
            )


def gathering(family: Family, number: int, meanwhile: Callable[[], Any]) -> list[bytes]:
    """`number` calls that are all open at once, then `meanwhile`, then their answers."""

    async def scenario() -> list[bytes]:
        opened, go = asyncio.Semaphore(0), asyncio.Event()
        playback = transport(family, lambda request: (200, *numbered_pieces(request.headers["x-number"])))

        async def call(n: int) -> bytes:
            asked, headers = ASK | {"model": f"dep-{n}"}, {"x-number": str(n)}
            async with client.stream("POST", URL, json=asked, headers=headers) as response:
                opened.release()
                await go.wait()
                return await response.aread()

        async with family.module.AsyncClient(transport=playback) as client:
            tasks = [asyncio.create_task(call(n)) for n in range(number)]
            for _ in tasks:
                await opened.acquire()
            meanwhile()
            go.set()
            return await asyncio.gather(*tasks)

    return asyncio.run(scenario())


def numbered_pieces(number: str) -> tuple[list[tuple[str, str]], list[bytes]]:
    """`numbered`, its body in pieces."""
    headers, body = numbered(number)
    return headers, [body[:50], body[50:]]


@pytest.mark.row(52)
@pytest.mark.parametrize("family", ASYNC, ids=str)
def test_thousand_tasks(family: Family, capture: Capture) -> None:
    """1000 calls open at once give the answers they give without us, and each is reported as itself."""
    plain = gathering(family, 1000, lambda: None)
    foundry_telemetry.instrument(**capture.options)
    watched = gathering(family, 1000, lambda: None)
    assert watched == plain
    assert len(capture.observations) == 1000
    assert {seen.deployment: seen.usage.input_tokens for seen in capture.observations} == {
        f"dep-{n}": n for n in range(1000)
    }


@pytest.mark.slow
@pytest.mark.row(52)
@pytest.mark.parametrize("family", ASYNC, ids=str)
def test_memory_of_an_open_call(family: Family, capture: Capture) -> None:
    """An open call costs less than 8 KiB on top of what it costs without us, the SDK's span included."""
    held: list[int] = []

    def weigh() -> None:
        gc.collect()
        held.append(tracemalloc.get_traced_memory()[0])

    def run() -> None:
        gathering(family, 10, lambda: None)  # what is made once is no cost of a call
        tracemalloc.start()
        try:
            gathering(family, 250, weigh)
        finally:
            tracemalloc.stop()

    run()
    foundry_telemetry.instrument(**capture.options)
    run()
    assert (held[1] - held[0]) / 250 < 8 * 1024


@pytest.mark.slow
@pytest.mark.row(53)
@pytest.mark.parametrize("family", ASYNC, ids=str)
def test_two_event_loops(family: Family, capture: Capture) -> None:
    """A client that outlives its event loop fails as it does without us, and the next call is seen."""

    def outcomes() -> list[Any]:
        with RawServer(lambda _: plain_answer(message())) as server:
            client = family.module.AsyncClient()

            async def call() -> bytes:
                return (await client.post(server.url, json=ASK)).content

            return [asyncio.run(settled(call())) for _ in range(2)]

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # the first loop's connection is left behind
        plain = outcomes()
        foundry_telemetry.instrument(**capture.options)
        watched = outcomes()
        gc.collect()
    assert watched == plain
    assert plain[0] == message()
    assert len(capture.observations) == 2


LOCKS = {"Lock", "RLock", "Condition", "Semaphore", "BoundedSemaphore", "Event", "Barrier", "Queue"}
ROOMS = ("instrumentation", "signals", "wire", "attempt.py", "observation.py")


@pytest.mark.row(54)
def test_core_has_no_lock() -> None:
    """Nothing on the path of a call can wait: no lock is made there, so none is held across foreign code.

    Green threads (gevent, eventlet) switch wherever code waits; a lock held there would stop all of them.
    """
    makers = set()
    for path in Path(PACKAGE).rglob("*.py"):
        if path.relative_to(PACKAGE).parts[0] in ROOMS:
            for node in ast.walk(ast.parse(path.read_text())):
                name = getattr(node, "attr", None) or getattr(node, "id", None) or getattr(node, "name", None)
                if name in LOCKS:
                    makers.add(path.name)
    assert makers == set()


@pytest.mark.row(54)
def test_calls_make_no_lock_and_no_thread(family: Family, instrumented: Capture) -> None:
    """A call through us takes no lock of ours: those made meanwhile are the client's and the SDK's own."""
    makers: set[str] = set()
    real = threading.Lock

    def lock() -> Any:
        caller = sys._getframe(1).f_code.co_filename
        if caller.startswith(PACKAGE):
            makers.add(caller)
        return real()

    async def scenario() -> None:
        for headers, body in ((JSON, [message()]), (SSE, events())):
            playback = transport(family, lambda _, answer=(200, headers, body): answer)
            async with family.client(transport=playback) as client:
                assert (await client.request("POST", URL, json=ASK)).content == b"".join(body)

    before = threading.active_count()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(threading, "Lock", lock)
        patch.setattr(threading, "RLock", lock)
        family.run(scenario)
        instrumented.reader.collect()
    assert not makers
    assert threading.active_count() == before
    assert len(instrumented.observations) == 2


def in_thread(work: Callable[[], Any]) -> None:
    """Run in a thread that a dead-lock cannot take the test run down with."""
    failed: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(PATIENCE_S)
    assert not thread.is_alive(), "dead-lock"
    if failed:
        raise failed[0]


class Interruptions:
    """Makes a call of its own at every line of ours that runs, as a signal handler or finalizer may."""

    def __init__(self, interrupt: Callable[[], Any]) -> None:
        self._interrupt = interrupt
        self._busy = False
        self.places: set[tuple[str, int]] = set()

    def __call__(self, frame: FrameType, what: str, _: object) -> Any:
        """What `sys.settrace` calls."""
        if not frame.f_code.co_filename.startswith(PACKAGE):
            return None
        place = (frame.f_code.co_filename, frame.f_lineno)
        if what == "line" and not self._busy and place not in self.places:
            self.places.add(place)
            self._busy = True
            try:
                self._interrupt()
            finally:
                self._busy = False
        return self

    def during(self, work: Callable[[], Any]) -> None:
        """Do `work`, interrupted."""
        sys.settrace(self)
        try:
            work()
        finally:
            sys.settrace(None)


CACHED = {"cache_read_input_tokens": 5, "cache_creation_input_tokens": 3}


@pytest.mark.slow
@pytest.mark.row(55)
@pytest.mark.parametrize("drops", [False, True], ids=["call", "drop"])
def test_interrupted_at_every_line(drops: bool, instrumented: Capture) -> None:
    """A handler that calls, or drops a body, at any line of ours: no dead-lock, nothing lost or doubled."""
    whole = playing(200, JSON, [message(**CACHED)])
    streamed = playing(200, SSE, events(**CACHED))
    refused = playing(
        401, JSON, [b'{"error":{"code":"401","message":"Unauthorized. Access token is missing"}}']
    )
    count = 0

    def interrupt() -> None:
        nonlocal count
        count += 1
        if drops:
            whole.send(whole.build_request("POST", URL, json=ASK), stream=True)
            gc.collect(0)
        else:
            assert whole.post(URL, json=ASK).content == message(**CACHED)

    def work() -> None:
        assert whole.post(URL, json=ASK).content == message(**CACHED)
        assert b"".join(iterate(streamed)) == b"".join(events(**CACHED))
        refused.post(URL, json=ASK)
        instrumented.reader.collect()

    interruptions = Interruptions(interrupt)
    in_thread(lambda: interruptions.during(work))
    gc.collect()
    points = instrumented.points()
    flush_abandoned_bodies()
    assert len(interruptions.places) == count > 150
    assert len(instrumented.observations) == count + 3
    reported = sum(seen.usage.cache_read_input_tokens or 0 for seen in instrumented.observations)
    counted = sum(point.value for point in points["gen_ai.client.inference.usage.cache_read.input_tokens"])
    assert counted == reported == 5 * (2 if drops else count + 2)


def iterate(client: httpx.Client) -> Iterable[bytes]:
    """A streamed call, read in pieces."""
    with client.stream("POST", URL, json=ASK) as response:
        yield from response.iter_bytes()


@pytest.mark.row(55)
def test_real_signal_handler_calls(instrumented: Capture) -> None:
    """A signal handler that calls while a body is being read: both calls are reported, each once."""
    inner = playing(200, JSON, [message(input_tokens=99)])
    before = signal.signal(signal.SIGUSR1, lambda *_: inner.post(URL, json=ASK))
    try:
        for piece in iterate(playing(200, SSE, events())):
            assert piece
            signal.raise_signal(signal.SIGUSR1)
    finally:
        signal.signal(signal.SIGUSR1, before)
    inputs = sorted(seen.usage.input_tokens or 0 for seen in instrumented.observations)
    assert inputs == [11] + [99] * len(events())


@pytest.mark.slow
@pytest.mark.row(55)
def test_no_sink_runs_during_collection_of_metrics(capture: Capture) -> None:
    """A reader that collects holds locks a sink may want: what was dropped is reported, sinks come later."""
    client = playing(200, JSON, [message()])
    foundry_telemetry.instrument(**capture.options)
    client.send(client.build_request("POST", URL, json=ASK), stream=True)
    gc.collect()
    in_thread(capture.reader.collect)
    assert [event["foundry.outcome"] for event in capture.ledger] == ["abandoned"]
    assert not capture.observations
    flush_abandoned_bodies()
    assert [seen.outcome for seen in capture.observations] == ["abandoned"]
