"""Retries above the client: attempts of one call with all four parts of the evidence, not with three."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import threading
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
import trio
from anthropic import APIStatusError

import foundry_telemetry
from foundry_telemetry.instrumentation import calls, tracker
from foundry_telemetry.instrumentation.calls import failed_attempts
from tests.instrumentation.replay import Step, replay
from tests.instrumentation.retrying import wrapping
from tests.instrumentation.sdk import call, close, hooks_of, make_client
from tests.support.capture import Capture
from tests.support.families import Family, httpx, sdk_httpx, settle

URL = "https://my-resource.services.ai.azure.com/anthropic/v1/messages"
BODY = b'{"model":"my-deployment","max_tokens":8,"messages":[]}'
OTHER = b'{"model":"my-deployment","max_tokens":9,"messages":[]}'
OK = Step(200, pieces=(b'{"type":"message"}',))
LIMITED = Step(429)
REFUSED = Step(400, (("content-type", "application/json"),), (b'{"error":{"type":"invalid_request_error"}}',))


def grouped(capture: Capture) -> list[tuple[int, int]]:
    """Each attempt as the index of its call, in order of appearance, and its number within that."""
    known: dict[str, int] = {}
    ids = [(event["foundry.call.id"], event["foundry.attempt.number"]) for event in capture.ledger]
    return [(known.setdefault(call_id, len(known)), number) for call_id, number in ids]


ONE_CALL = [(0, 1), (0, 2)]
TWO_CALLS = [(0, 1), (1, 1)]


def play(family: Family, steps: list[Step], sends: list[dict[str, Any]]) -> None:
    """Send these, one after the other, through one client."""

    async def scenario() -> None:
        async with family.client(transport=replay(family.module, steps), trust_env=False) as client:
            for asked in sends:
                await client.request(**{"method": "POST", "url": URL, "content": BODY, **asked})

    family.run(scenario)


EVIDENCE = {
    "all four": ([LIMITED, OK], [{}, {}], ONE_CALL),
    "no connection": ([Step(raises="ConnectError"), OK], [{}, {}], ONE_CALL),
    "until it works": ([LIMITED, Step(503), Step(529), OK], [{}] * 4, [(0, 1), (0, 2), (0, 3), (0, 4)]),
    "other body": ([LIMITED, OK], [{}, {"content": OTHER}], TWO_CALLS),
    "other query": ([LIMITED, OK], [{}, {"url": f"{URL}?beta=true"}], TWO_CALLS),
    "other path": ([LIMITED, OK], [{}, {"url": f"{URL}/count_tokens"}], TWO_CALLS),
    "other host": ([LIMITED, OK], [{}, {"url": URL.replace("my-", "other-")}], TWO_CALLS),
    "other port": ([LIMITED, OK], [{}, {"url": URL.replace(".com/", ".com:8443/")}], TWO_CALLS),
    "other method": ([LIMITED, OK], [{}, {"method": "PUT"}], TWO_CALLS),
    "no cure": ([REFUSED, OK], [{}, {}], TWO_CALLS),
    "no failure": ([OK, OK], [{}, {}], TWO_CALLS),
    "success between": (
        [LIMITED, OK, OK],
        [{}, {"content": OTHER}, {}],
        [(0, 1), (1, 1), (2, 1)],
    ),
    "failure between": (
        [LIMITED, LIMITED, OK],
        [{}, {"content": OTHER}, {}],
        [(0, 1), (1, 1), (0, 2)],
    ),
    "once only": ([LIMITED, OK, OK], [{}, {}, {}], [(0, 1), (0, 2), (1, 1)]),
}


@pytest.mark.parametrize("case", EVIDENCE)
def test_evidence(case: str, family: Family, instrumented: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """With all four parts the attempts are one call; without any one of them they stay apart."""
    steps, sends, expected = EVIDENCE[case]

    async def forgiving(client: Any, asked: dict[str, Any]) -> None:
        try:
            await client.request(**{"method": "POST", "url": URL, "content": BODY, **asked})
        except family.module.ConnectError:
            assert case == "no connection"

    async def scenario() -> None:
        async with family.client(transport=replay(family.module, steps), trust_env=False) as client:
            for asked in sends:
                await forgiving(client, asked)

    family.run(scenario)
    assert grouped(instrumented) == expected


def test_last_attempt_follows(instrumented: Capture) -> None:
    """`last_attempt()` is the last of the call, with its number, and so are metrics and notes."""
    with httpx.Client(transport=replay(httpx, [LIMITED, OK])) as client:
        for _ in range(2):
            client.post(URL, content=BODY)
    last = foundry_telemetry.last_attempt()
    assert last is not None
    assert (last.attempt_number, last.outcome) == (2, "ok")
    assert last.call_id == instrumented.observations[0].call_id
    retries = instrumented.points()["foundry.client.attempt.duration"]
    assert sorted(bool(point.attributes["foundry.attempt.retry"]) for point in retries) == [False, True]


def test_a_body_that_cannot_be_read_again(instrumented: Capture) -> None:
    """A streamed request body is not read, so there is no evidence, and each attempt is a call."""
    pieces_read: list[bytes] = []

    def body() -> Iterator[bytes]:
        pieces_read.append(BODY)
        yield BODY

    with httpx.Client(transport=httpx.MockTransport(answering(iter((429, 200))))) as client:
        for _ in range(2):
            client.post(URL, content=body())
    assert grouped(instrumented) == TWO_CALLS
    assert len(pieces_read) == 2


def answering(statuses: Iterator[int]) -> Callable[[Any], Any]:
    """A handler that gives these answers."""

    def handle(request: Any) -> Any:
        request.read()
        return httpx.Response(next(statuses), json={"type": "message"})

    return handle


def test_a_plain_call_is_not_hashed(instrumented: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """While nothing fails no body is hashed, and a failure of one task has none hashed in another."""
    hashed: list[calls.Origin] = []
    digest = calls.Origin.digest
    monkeypatch.setattr(calls.Origin, "digest", lambda origin: hashed.append(origin) or digest(origin))
    with httpx.Client(transport=httpx.MockTransport(answering(iter((200, 429, 200, 200))))) as client:
        client.post(URL, content=BODY)
        assert not hashed
        client.post(URL, content=BODY)
        assert len(hashed) == 1
        other = threading.Thread(target=lambda: client.post(URL, content=BODY))
        other.start()
        other.join()
        assert len(hashed) == 1
        client.post(URL, content=BODY)
    assert len(hashed) == 2
    assert grouped(instrumented) == [(0, 1), (1, 1), (2, 1), (1, 2)]


SECOND = 1_000_000_000


@pytest.mark.parametrize(
    ("wait_s", "headers", "expected"),
    [
        (50, (), ONE_CALL),
        (70, (), TWO_CALLS),
        (3600, (), TWO_CALLS),
        (100, (("retry-after", "50"),), ONE_CALL),
        (120, (("retry-after", "50"),), TWO_CALLS),
    ],
)
def test_time(
    wait_s: int,
    headers: tuple[tuple[str, str], ...],
    expected: list[tuple[int, int]],
    instrumented: Capture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A minute later, beyond what the service asked to wait, an equal request is no retry any more."""
    clock = tracker.perf_counter_ns
    with httpx.Client(transport=replay(httpx, [Step(429, headers), OK])) as client:
        client.post(URL, content=BODY)
        monkeypatch.setattr(tracker, "perf_counter_ns", lambda: clock() + wait_s * SECOND)
        client.post(URL, content=BODY)
    assert grouped(instrumented) == expected


def test_threads_stay_apart(instrumented: Capture) -> None:
    """Without a span around both, a request of another thread is none of this call's."""
    with httpx.Client(transport=replay(httpx, [LIMITED, OK])) as client:
        for _ in range(2):
            thread = threading.Thread(target=lambda: client.post(URL, content=BODY))
            thread.start()
            thread.join()
    assert grouped(instrumented) == TWO_CALLS


def test_context_of_each_attempt(instrumented: Capture) -> None:
    """Frameworks run each attempt in a copy of the context: the thread is the same all the same."""
    with httpx.Client(transport=replay(httpx, [LIMITED, OK])) as client:
        for _ in range(2):
            contextvars.copy_context().run(client.post, URL, content=BODY)
    assert grouped(instrumented) == ONE_CALL


def run_async(attempt: Callable[[Callable[[], Awaitable[Any]]], Awaitable[Any]], steps: list[Step]) -> None:
    """Make a call twice, each time as `attempt` does it, in one task."""

    async def scenario() -> None:
        async with httpx.AsyncClient(transport=replay(httpx, steps)) as client:
            for _ in range(2):
                await attempt(lambda: client.post(URL, content=BODY))

    asyncio.run(scenario())


async def in_child(send: Callable[[], Awaitable[Any]]) -> None:
    """As langchain does."""
    await asyncio.create_task(send())  # type: ignore[arg-type]


def test_child_tasks_below_one_span(instrumented: Capture) -> None:
    """Each attempt in a child task of its own is one call where one span is around them, and else is not."""
    tracer = instrumented.tracer_provider.get_tracer("test")
    run_async(in_child, [LIMITED, OK])
    assert grouped(instrumented) == TWO_CALLS
    with tracer.start_as_current_span("work"):
        run_async(in_child, [LIMITED, OK])
    assert grouped(instrumented)[2:] == [(2, 1), (2, 2)]


def test_threads_below_one_span(instrumented: Capture) -> None:
    """So it is with `asyncio.to_thread`, which takes whichever thread is free."""
    tracer = instrumented.tracer_provider.get_tracer("test")

    async def scenario() -> None:
        with httpx.Client(transport=replay(httpx, [LIMITED, OK])) as client:
            for _ in range(2):
                await asyncio.to_thread(client.post, URL, content=BODY)

    with tracer.start_as_current_span("work"):
        asyncio.run(scenario())
    assert grouped(instrumented) == ONE_CALL


def test_another_trace(instrumented: Capture) -> None:
    """The same thread serves one request after the other: in another trace it is another call."""
    tracer = instrumented.tracer_provider.get_tracer("test")
    with httpx.Client(transport=replay(httpx, [LIMITED, OK])) as client:
        for _ in range(2):
            with tracer.start_as_current_span("GET /answer"):
                client.post(URL, content=BODY)
    assert grouped(instrumented) == TWO_CALLS


@pytest.mark.parametrize("around", [False, True], ids=["no span", "one span"])
def test_equal_requests_in_parallel(around: bool, instrumented: Capture) -> None:
    """Two tasks that ask the same at the same time are two calls, and each retry goes to its own."""
    tracer = instrumented.tracer_provider.get_tracer("test")
    failed = asyncio.Barrier(2)
    statuses = {"first": iter((429, 200)), "second": iter((503, 200))}

    async def handle(request: Any) -> Any:
        await request.aread()
        return httpx.Response(next(statuses[request.headers["x-task"]]), json={"type": "message"})

    async def one(client: Any, name: str) -> None:
        await client.post(URL, content=BODY, headers={"x-task": name})
        await failed.wait()
        await client.post(URL, content=BODY, headers={"x-task": name})

    async def scenario() -> None:
        async with httpx.AsyncClient(transport=httpx.MockTransport(handle)) as client:
            await asyncio.gather(one(client, "first"), one(client, "second"))

    if around:
        with tracer.start_as_current_span("work"):
            asyncio.run(scenario())
    else:
        asyncio.run(scenario())
    by_call: dict[str, list[tuple[int, int | None]]] = {}
    for seen in instrumented.observations:
        by_call.setdefault(seen.call_id, []).append((seen.attempt_number, seen.status_code))
    assert sorted(by_call.values()) == [[(1, 429), (2, 200)], [(1, 503), (2, 200)]]


def test_a_task_that_still_runs_keeps_its_failure(instrumented: Capture) -> None:
    """A sibling that asks the same later, below the same span, does not take what its sibling may retry."""
    tracer = instrumented.tracer_provider.get_tracer("test")

    async def scenario() -> None:
        has_failed, may_retry = asyncio.Event(), asyncio.Event()
        async with httpx.AsyncClient(transport=replay(httpx, [LIMITED, OK, OK])) as client:

            async def first() -> None:
                await client.post(URL, content=BODY)
                has_failed.set()
                await may_retry.wait()

            async def second() -> None:
                await has_failed.wait()
                await client.post(URL, content=BODY)
                may_retry.set()

            await asyncio.gather(first(), second())

    with tracer.start_as_current_span("work"):
        asyncio.run(scenario())
    assert grouped(instrumented) == TWO_CALLS


def test_trio(instrumented: Capture) -> None:
    """Tasks of trio share a thread; a task is reported by itself there as well."""

    async def scenario() -> None:
        async with httpx.AsyncClient(transport=replay(httpx, [LIMITED, LIMITED, OK, OK])) as client:

            async def once(task_status: Any = trio.TASK_STATUS_IGNORED) -> None:
                await client.post(URL, content=BODY)
                task_status.started()

            async with trio.open_nursery() as nursery:
                await nursery.start(once)
                await once()
                await once()

    trio.run(scenario)
    assert grouped(instrumented) == [(0, 1), (1, 1), (1, 2)]


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("native", [False, True], ids=["our spans", "SDK's spans"])
@pytest.mark.parametrize("transport_tries", [1, 2])
def test_retries_of_a_framework_around_those_of_the_sdk(
    transport_tries: int, native: bool, is_async: bool, instrumented: Capture, no_sdk_waits: None
) -> None:
    """A framework that tries again, around the SDK, which does too, over a transport that does: one call."""
    family = Family(sdk_httpx, is_async)
    sent = 2 * transport_tries
    steps = [LIMITED] * (sent + 1) + [OK]
    inner = replay(sdk_httpx, steps)
    client = make_client(
        is_async,
        transport=wrapping(family, inner, tries=transport_tries) if transport_tries > 1 else inner,
        max_retries=1,
        open_telemetry={"tracer_provider": instrumented.tracer_provider} if native else False,
    )

    async def scenario() -> None:
        try:
            await call(client)
        except APIStatusError:
            await settle(client.messages.with_raw_response.create(**MESSAGE))
        await close(client)

    asyncio.run(scenario())
    assert len(inner.requests) == sent + 2
    assert grouped(instrumented) == [(0, number) for number in range(1, sent + 3)]


MESSAGE = {
    "model": "claude-sonnet-5-5",
    "max_tokens": 64,
    "messages": [{"role": "user", "content": "CANARY-PROMPT"}],
}


@pytest.fixture
def no_sdk_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK tries again at once."""
    from anthropic import _base_client

    monkeypatch.setattr(_base_client.BaseClient, "_calculate_retry_timeout", lambda *_, **__: 0.0)


def test_a_redirected_request_is_tried_again(family: Family, instrumented: Capture) -> None:
    """What counts is what the application sent: behind a redirect the failure is of another URL."""
    moved = Step(307, (("location", URL.replace("my-", "other-")),))

    async def scenario() -> None:
        transport = replay(family.module, [moved, LIMITED, moved, OK])
        async with family.client(transport=transport, follow_redirects=True, trust_env=False) as client:
            for _ in range(2):
                await client.request("POST", URL, content=BODY)

    family.run(scenario)
    assert grouped(instrumented) == [(0, 1), (0, 2), (0, 3), (0, 4)]


def test_through_hooks(family: Family, capture: Capture) -> None:
    """The public hooks group the same way."""

    async def scenario() -> None:
        client = family.client(
            transport=replay(family.module, [LIMITED, OK]),
            trust_env=False,
            event_hooks=hooks_of(capture, family.is_async),
        )
        async with client:
            for _ in range(2):
                await client.request("POST", URL, content=BODY)

    family.run(scenario)
    assert grouped(capture) == ONE_CALL


def test_a_dropped_answer_is_tried_again(instrumented: Capture) -> None:
    """A refused answer that was neither read nor closed ends when the retry begins, below the same span."""
    tracer = instrumented.tracer_provider.get_tracer("test")
    with (
        httpx.Client(transport=replay(httpx, [LIMITED, OK])) as client,
        tracer.start_as_current_span("work"),
    ):
        response = client.send(client.build_request("POST", URL, content=BODY), stream=True)
        assert response.status_code == 429
        del response
        gc.collect()
        client.post(URL, content=BODY)
    assert grouped(instrumented) == ONE_CALL


def test_memory_is_bounded(instrumented: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Failures that nobody retries are forgotten: the oldest first, those of a task that is gone at last."""
    monkeypatch.setattr(calls, "_MOST_SCOPES", 8)
    tracer = instrumented.tracer_provider.get_tracer("test")
    with httpx.Client(transport=replay(httpx, [LIMITED])) as client:
        for number in range(50):
            with tracer.start_as_current_span("work"):
                client.post(URL, content=b'{"max_tokens":%d}' % number)
        assert len(failed_attempts.waiting) == 8
        assert max(map(len, failed_attempts.waiting.values())) == calls._MOST_IN_SCOPE
    foundry_telemetry.uninstrument()
    assert not failed_attempts.waiting


def test_what_is_over_waits_no_more(instrumented: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """A success, or the end of the time for a retry, leaves nothing behind, so calls cost what they did."""
    tracer = instrumented.tracer_provider.get_tracer("test")
    with httpx.Client(transport=replay(httpx, [LIMITED, OK, LIMITED, OK])) as client:
        with tracer.start_as_current_span("work"):
            client.post(URL, content=BODY)
            client.post(URL, content=BODY)
        client.post(URL, content=OTHER)
        clock = tracker.perf_counter_ns
        monkeypatch.setattr(tracker, "perf_counter_ns", lambda: clock() + 3600 * SECOND)
        client.post(URL, content=BODY)
    assert not failed_attempts.waiting


def test_nothing_keeps_a_task_alive(instrumented: Capture) -> None:
    """What waits for a retry keeps neither the task nor the body of its request."""
    import weakref

    tasks: list[weakref.ref[Any]] = []

    async def scenario() -> None:
        async with httpx.AsyncClient(transport=replay(httpx, [LIMITED])) as client:
            task = asyncio.create_task(client.post(URL, content=BODY))
            tasks.append(weakref.ref(task))
            await task

    asyncio.run(scenario())
    gc.collect()
    assert failed_attempts.waiting
    assert tasks[0]() is None


def test_for_somebody_else(instrumented: Capture) -> None:
    """The same request for another tenant, from the same worker, is a call of its own."""
    with httpx.Client(transport=replay(httpx, [LIMITED, OK, LIMITED, OK])) as client:
        for tenant in ("a", "b", "b", "b"):
            with foundry_telemetry.attribute(tenant=tenant):
                client.post(URL, content=BODY)
    assert grouped(instrumented) == [(0, 1), (1, 1), (2, 1), (2, 2)]
