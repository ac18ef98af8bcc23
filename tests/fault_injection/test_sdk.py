"""Retries and errors of the anthropic SDK: same waits, same requests, same exceptions."""

from __future__ import annotations

import time
from typing import Any

import anthropic
import anyio
import pytest
from anthropic import _base_client

from tests.instrumentation.sdk import as_raised
from tests.support.capture import Capture
from tests.support.compare import User, attempts, exception, only, same
from tests.support.families import Family, sdk_httpx, settle
from tests.support.fault_server import EVENTS, FaultServer

ASK: dict[str, Any] = {
    "model": "claude-faults",
    "max_tokens": 64,
    "messages": [{"role": "user", "content": "Hi"}],
}


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def family(request: pytest.FixtureRequest) -> Family:
    """The SDK takes clients of one family only."""
    return Family(sdk_httpx, request.param)


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits the SDK asks for, seconds; none is made."""
    asked: list[float] = []

    async def sleep(seconds: float) -> None:
        asked.append(seconds)

    monkeypatch.setattr(time, "sleep", asked.append)
    monkeypatch.setattr(anyio, "sleep", sleep)
    monkeypatch.setattr(_base_client, "random", lambda: 0.5)
    return asked


def sdk(user: User, fault: str, **options: Any) -> Any:
    """A Foundry client of the SDK that asks for a fault."""
    kind = anthropic.AsyncAnthropicFoundry if user.is_async else anthropic.AnthropicFoundry
    return kind(
        api_key="CANARY-KEY", base_url=f"{user.server.base}/{fault}", http_client=user.face.raw, **options
    )


def details(error: Any) -> tuple[Any, ...]:
    """What the SDK reports of an error beyond its text."""
    return (error.status_code, error.request_id, error.body, error.type, str(error.response.url))


@pytest.mark.row(18)
def test_waits_between_retries(
    family: Family, capture: Capture, server: FaultServer, waits: list[float]
) -> None:
    """The SDK waits as long as the service asks for, and makes the same number of attempts."""

    async def scenario(user: User) -> None:
        waits.clear()
        message = await settle(sdk(user, "limited", max_retries=2).messages.create(**ASK))
        user.record(message=message.to_dict(), waits=list(waits))

    reported = same(family, capture, server, scenario)
    assert reported.observed["waits"] == [1.25, 3.0]
    assert len(reported.counts.requests) == 3
    seen = attempts(capture, 3)
    assert [one.attempt_number for one in seen] == [1, 2, 3]
    assert [one.retry_after_s for one in seen] == [1.25, 3.0, None]
    assert [one.failure and one.failure.type for one in seen] == ["rate_limited", "rate_limited", None]
    assert "CANARY" not in capture.everything()


@pytest.mark.row(18, 19)
@pytest.mark.parametrize(
    ("fault", "error", "kind"),
    [("json-529", "OverloadedError", "overloaded"), ("html-503", "ServiceUnavailableError", "gateway_html")],
)
def test_retries_run_out(
    family: Family,
    capture: Capture,
    server: FaultServer,
    waits: list[float],
    *,
    fault: str,
    error: str,
    kind: str,
) -> None:
    """A service that stays down gives the same exception after the same attempts and waits."""

    async def scenario(user: User) -> None:
        waits.clear()
        with pytest.raises(anthropic.APIStatusError) as caught:
            await settle(sdk(user, fault, max_retries=2).messages.create(**ASK))
        user.record(error=exception(caught.value), reported=details(caught.value), waits=list(waits))

    reported = same(family, capture, server, scenario)
    assert reported.error == as_raised(error)
    assert len(reported.counts.requests) == 3
    assert len(reported.observed["waits"]) == 2
    assert [seen.failure.type for seen in attempts(capture, 3)] == [kind] * 3


@pytest.mark.row(11, 18)
def test_hang_up_is_retried_by_the_sdk_alone(
    family: Family, capture: Capture, server: FaultServer, waits: list[float]
) -> None:
    """Attempts that get no answer are retried as often as without us."""

    async def scenario(user: User) -> None:
        waits.clear()
        with user.fails():
            await settle(sdk(user, "garbage", max_retries=2).messages.create(**ASK))
        user.record(waits=list(waits))

    reported = same(family, capture, server, scenario)
    assert reported.error == "APIConnectionError"
    assert len(reported.counts.requests) == 3
    seen = attempts(capture, 3)
    assert [one.outcome for one in seen] == ["no_response"] * 3
    assert [one.attempt_number for one in seen] == [1, 2, 3]


@pytest.mark.row(20)
def test_error_event(family: Family, capture: Capture, server: FaultServer, waits: list[float]) -> None:
    """An ``error`` event raises the SDK's own exception, is not retried, and marks the span."""

    async def scenario(user: User) -> None:
        events = await settle(sdk(user, "error-event").messages.create(**ASK, stream=True))
        got = []
        with pytest.raises(anthropic.APIStatusError) as caught:
            if user.is_async:
                async for event in events:
                    got.append(event.to_dict())  # noqa: PERF401  # what came before the exception counts
            else:
                for event in events:
                    got.append(event.to_dict())  # noqa: PERF401
        user.record(events=got, error=exception(caught.value), reported=details(caught.value))
        await settle(events.close())

    reported = same(family, capture, server, scenario)
    assert len(reported.observed["events"]) == 3
    assert (len(reported.counts.requests), waits) == (1, [])
    seen = only(capture)
    assert (seen.outcome, seen.failure.type) == ("stream_error", "overloaded")


@pytest.mark.row(7, 8)
@pytest.mark.parametrize("fault", ["cut", "reset"])
def test_broken_stream_is_not_retried(
    family: Family, capture: Capture, server: FaultServer, waits: list[float], fault: str
) -> None:
    """A stream that breaks raises through the SDK as without us, and nothing is sent again."""

    async def scenario(user: User) -> None:
        events = await settle(sdk(user, fault).messages.create(**ASK, stream=True))
        with user.fails():
            if user.is_async:
                async for _ in events:
                    user.server.gate.set()
            else:
                for _ in events:
                    user.server.gate.set()
        await settle(events.close())

    reported = same(family, capture, server, scenario)
    assert reported.error in ("RemoteProtocolError", "ReadError")
    assert (len(reported.counts.requests), waits) == (1, [])
    assert only(capture).outcome == "truncated"


@pytest.mark.row(40)
def test_stream_helper(family: Family, capture: Capture, server: FaultServer) -> None:
    """The ``.stream()`` helper gives the same text and final message through a watched body."""

    async def scenario(user: User) -> None:
        if user.is_async:
            async with sdk(user, "events").messages.stream(**ASK) as stream:
                user.record(text=[text async for text in stream.text_stream])
                user.record(final=(await stream.get_final_message()).to_dict())
        else:
            with sdk(user, "events").messages.stream(**ASK) as stream:
                user.record(text=list(stream.text_stream))
                user.record(final=stream.get_final_message().to_dict())

    reported = same(family, capture, server, scenario)
    assert reported.observed["text"] == ["Hel", "lo"]
    assert len(reported.counts.requests) == 1
    assert only(capture).usage.output_tokens == 9


@pytest.mark.row(41)
def test_stream_left_early(family: Family, capture: Capture, server: FaultServer) -> None:
    """A ``break`` out of the SDK's stream is one abandoned attempt."""

    async def scenario(user: User) -> None:
        stream = await settle(sdk(user, "held").messages.create(**ASK, stream=True))
        if user.is_async:
            async for event in stream:
                user.record(event=event.type)
                break
        else:
            for event in stream:
                user.record(event=event.type)
                break
        await settle(stream.close())
        user.record(left=user.pool())

    same(family, capture, server, scenario)
    seen = only(capture)
    assert (seen.outcome, seen.failure) == ("abandoned", None)
    assert seen.usage.total_input_tokens in (None, 30)


@pytest.mark.row(45)
def test_raw_and_streaming_responses(family: Family, capture: Capture, server: FaultServer) -> None:
    """The SDK's own ways to the raw answer show the same headers, bytes and ``elapsed``."""

    async def scenario(user: User) -> None:
        client = sdk(user, "events")
        raw = await settle(client.messages.with_raw_response.create(**ASK, stream=True))
        user.record(retries=raw.retries_taken, head=raw.headers.raw, request_id=raw.request_id)
        stream = await settle(raw.parse())
        await settle(stream.close())
        if user.is_async:
            async with client.messages.with_streaming_response.create(**ASK, stream=True) as response:
                user.record(pieces=[piece async for piece in response.iter_bytes()])
                user.record_response(response.http_response)
        else:
            with client.messages.with_streaming_response.create(**ASK, stream=True) as response:
                user.record(pieces=list(response.iter_bytes()))
                user.record_response(response.http_response)

    reported = same(family, capture, server, scenario)
    assert reported.observed["pieces"] == list(EVENTS)
    assert [seen.outcome for seen in attempts(capture, 2)] == ["abandoned", "ok"]
