"""What the kit shows of a call, the same in every run."""

from __future__ import annotations

import asyncio
import time
from email.utils import formatdate
from typing import Any

import anyio
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

from foundry_telemetry import Observation, attribute, last_attempt
from foundry_telemetry.testing import FoundryKit, answer, error, stream
from tests.support.families import Family
from tests.testing.kit.calling import ask, post, read_stream, sdk


def run() -> list[Any]:
    """A call with a retry, and a stream, in a kit of their own; all that was recorded but for the moment."""
    with FoundryKit() as foundry:
        foundry.script(429, 200)
        ask(sdk())
        foundry.respond("One two three.", first_delta_after=1.5, between_deltas=0.25)
        ask(sdk(), stream=True)
        observed = [
            {**{name: getattr(one, name) for name in Observation.__struct_fields__}, "started_ns": None}
            for one in foundry.attempts
        ]
        return [observed, foundry.ledger]


def test_the_same_twice() -> None:
    """Ids, times and tokens of a test are the same in each run, the moment it ran apart."""
    assert run() == run()


def test_clock(foundry: FoundryKit, family: Family, monkeypatch: pytest.MonkeyPatch) -> None:
    """Headers take 0.1 s, each piece 0.01 s; waits of the script count in full and nobody waits for them."""
    foundry.script(answer("Whole."), stream(["a ", "b"], first_delta_after=60, between_deltas=1))
    waited = [0.0]
    slept, asleep = time.sleep, anyio.sleep

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        slept(seconds)

    async def sleep_async(seconds: float) -> None:
        waited.append(seconds)
        await asleep(seconds)

    monkeypatch.setattr(time, "sleep", sleep)
    monkeypatch.setattr(anyio, "sleep", sleep_async)

    async def scenario() -> None:
        async with family.client(timeout=120) as client:
            await post(client)
            await read_stream(client)

    family.run(scenario)
    complete, streamed = foundry.calls
    complete.has(time_to_headers_s=pytest.approx(0.1), duration_s=pytest.approx(0.11))
    streamed.has(
        time_to_headers_s=pytest.approx(0.1),
        time_to_first_token_s=pytest.approx(0.1 + 4 * 0.01 + 60),
        duration_s=pytest.approx(0.1 + 8 * 0.01 + 61),
    )
    assert foundry.clock.passed_s == pytest.approx(0.11 + 61.18)
    assert len(waited) > 1
    assert max(waited) == 0


def test_timeouts_take_their_time(foundry: FoundryKit, family: Family) -> None:
    """A timeout takes what the client waits, and a wait longer than that is one."""
    foundry.script("connect_timeout", "read_timeout", answer().paused(9, before="headers"), "connect_error")

    async def scenario() -> None:
        timeout = family.module.Timeout(7, connect=3)
        async with family.client(timeout=timeout) as client:
            for _ in range(4):
                with pytest.raises(family.module.TransportError):
                    await post(client)

    family.run(scenario)
    assert [round(observed.duration_s, 3) for observed in foundry.attempts] == [3, 7, 7.1, 0]


def test_no_wait_of_a_script_is_a_clock_offset(foundry: FoundryKit, family: Family) -> None:
    """Responses are dated by the clock of the test, so that only a `Date` of the test's own is an offset."""
    early = formatdate(foundry.clock.wall_ns() // 10**9 - 600, usegmt=True)
    foundry.script(answer().paused(30, before="headers"), error(529), answer().with_headers({"date": early}))

    async def scenario() -> None:
        async with family.client(timeout=120) as client:
            for _ in range(3):
                await post(client)
                foundry.clock.advance(1000)

    family.run(scenario)
    *others, last = foundry.attempts
    assert [seen.clock_offset_s for seen in others] == [None, None]
    assert (last.clock_offset_s or 0) >= 600 + 2000


def test_clock_goes_on(foundry: FoundryKit) -> None:
    """A test may move the clock on, but not back."""
    foundry.clock.advance(2.5)
    assert foundry.clock.passed_s == 2.5
    with pytest.raises(ValueError, match=r"advance\(-1\): expected 0 or more"):
        foundry.clock.advance(-1)


def test_ids_count(foundry: FoundryKit) -> None:
    """Call ids, trace ids and the ids of answers count from 1."""
    foundry.script(429, 200)
    ask(sdk())
    ask(sdk())
    first, second = foundry.calls
    first.has(
        support_code="FT-00000-00001",
        call_id="0000000001000000",
        azure_request_id="00000000-0000-4000-8000-000000000002",
        request_id="req_011000000000000000000001",
    )
    assert [observed.trace_id for observed in foundry.attempts] == [
        "1".zfill(32),
        "2".zfill(32),
        "3".zfill(32),
    ]
    second.has(support_code="FT-00000-00003", request_id="req_011000000000000000000002")


def test_signals(foundry: FoundryKit) -> None:
    """Span, ledger event and metrics of a call are at hand, tags included."""
    with attribute(tenant="acme"):
        ask(sdk())
    (span,) = foundry.spans
    assert (span.name, span.attributes["foundry.outcome"]) == ("chat support-chat-prod", "ok")
    (event,) = foundry.ledger
    assert (event["foundry.tag.tenant"], event["gen_ai.usage.output_tokens"]) == ("acme", 8)
    points = foundry.metrics["gen_ai.client.token.usage"]
    assert {point.attributes["gen_ai.token.type"]: (point.value, point.count) for point in points} == {
        "input": (14, 1),
        "output": (8, 1),
    }
    foundry.calls.one().has(tags={"tenant": "acme"})
    assert last_attempt() is foundry.calls.one().last


def test_owner_span(foundry: FoundryKit) -> None:
    """The SDK's own span, of the application's provider, is shown with what we wrote onto it."""
    application = TracerProvider(shutdown_on_exit=False)
    ask(sdk(open_telemetry={"tracer_provider": application}))
    (span,) = foundry.spans
    assert span.instrumentation_scope.name.startswith("com.anthropic")
    assert span.attributes["foundry.outcome"] == "ok"


def test_unsampled_traces_are_recorded(foundry: FoundryKit, family: Family) -> None:
    """Below a span that the application sampled out, a test gets its span still, in the same trace."""
    tracer = TracerProvider(sampler=ALWAYS_OFF, shutdown_on_exit=False).get_tracer("application")

    async def scenario() -> None:
        async with family.client() as client:
            await post(client)

    with tracer.start_as_current_span("request") as outer:
        family.run(scenario)
    (span,) = foundry.spans
    assert span.context.trace_id == outer.get_span_context().trace_id
    assert trace.get_current_span() is trace.INVALID_SPAN


def test_open_streams_are_hinted_at(foundry: FoundryKit) -> None:
    """A stream that is still open is no call yet, and the message counts it."""
    client = sdk()
    events = client.messages.create(
        model="m", max_tokens=1, stream=True, messages=[{"role": "user", "content": "x"}]
    )
    with pytest.raises(
        AssertionError,
        match=r"(?s)^no call was recorded, expected 1\n.*attempts still open: 1; read each body",
    ):
        foundry.calls.one()
    events.close()
    foundry.calls.one().has(outcome="abandoned", error=None, output_tokens=None)


def test_dropped_streams_are_recorded(foundry: FoundryKit) -> None:
    """A stream that nobody refers to any more is a call by the time the test reads it."""
    ask_and_drop(foundry)
    foundry.calls.one().has(outcome="abandoned")
    assert foundry.ledger[0]["foundry.outcome"] == "abandoned"


def ask_and_drop(foundry: FoundryKit) -> None:
    """Open a stream and forget it."""
    import gc

    import httpx

    client = httpx.Client()
    request = client.build_request(
        "POST", "https://r.services.ai.azure.com/anthropic/v1/messages", content=b"{}"
    )
    response = client.send(request, stream=True)
    client.close()
    del response, request
    gc.collect()
    assert len(foundry.requests) == 1


def test_calls_do_not_leak_into_the_next_test() -> None:
    """The first call of a kit is attempt 1, even where the last test ended with the same ids."""
    for _ in range(2):
        with FoundryKit() as foundry:
            assert last_attempt() is None
            ask(sdk())
            foundry.calls.one().has(attempts=1)
            assert foundry.calls.one().last.attempt_number == 1


def test_asyncio_and_threads_share_one_context(foundry: FoundryKit) -> None:
    """A sync call in a thread of an event loop is recorded like any other."""

    async def scenario() -> str:
        return await asyncio.to_thread(ask, sdk())

    assert asyncio.run(scenario())
    foundry.calls.one().has(error=None)
