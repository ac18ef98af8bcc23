"""Every recorded answer through the real SDK: the same observation, and the SDK's own exception."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from anthropic import _base_client

import foundry_telemetry
from foundry_telemetry import attempt as attempt_module
from tests.instrumentation.replay import NO_ANSWER, case_named, step_of, steps_named
from tests.instrumentation.sdk import (
    as_raised,
    call,
    caught,
    client_for,
    close,
    make_client,
    middleware_of,
    no_waits,
)
from tests.support.capture import Capture
from tests.support.recorded import as_expected, canaries, cases, expected, index

PLAYABLE = [case for case in cases() if case["response"] or case["id"] in NO_ANSWER]
WAYS = [(is_async, native) for is_async in (False, True) for native in (True, False)]
WAY_NAMES = [
    f"{'async' if is_async else 'sync'}-{'native' if native else 'own'}" for is_async, native in WAYS
]


@pytest.fixture(params=PLAYABLE, ids=lambda case: case["id"])
def case(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Each recorded case in turn, judged at the time it was recorded."""
    now = request.param["request"]["auth"]["now"]
    if now is not None:
        monkeypatch.setattr(attempt_module, "time_ns", lambda: now * 10**9)
    return request.param


def tracing(capture: Capture, native: bool) -> Any:
    """The SDK's own spans, on or off."""
    return {"tracer_provider": capture.tracer_provider} if native else False


def form_of(case: dict[str, Any]) -> str:
    """The call that the case recorded."""
    if case["expect"]["operation"] == "messages.count_tokens":
        return "count_tokens"
    return "create_stream" if case["expect"]["streamed"] else "create"


def wanted(case: dict[str, Any]) -> dict[str, Any]:
    """The recorded request as keywords of the SDK."""
    body = dict(case["request"]["body"])
    known = {name: body.pop(name) for name in ("model", "max_tokens", "messages") if name in body}
    body.pop("stream", None)
    return {**known, "extra_body": body}


async def attempt(client: Any, case: dict[str, Any], form: str) -> BaseException | None:
    """Make the recorded call; the exception the caller got."""
    try:
        await call(client, form, beta="beta=true" in case["request"]["path"], **wanted(case))
    except Exception as error:
        return error
    finally:
        await close(client)
    return None


def check(capture: Capture, case: dict[str, Any], error: BaseException | None, native: bool) -> None:
    """One attempt as expected, the exception as expected, one span with usage, and no secret anywhere."""
    assert [as_expected(seen, case) for seen in capture.observations] == [expected(case)]
    assert len(capture.ledger) == 1
    known = case["expect"]["error"]
    assert caught(error) == (as_raised(known["sdk_exception"]) if known else None)
    assert sum("gen_ai.usage.input_tokens" in (span.attributes or {}) for span in capture.spans) <= 1
    names = [span.name for span in capture.spans]
    if native:
        failed = capture.observations[0].failure is not None
        # At an error event the SDK ends its span before it closes the body, so the order is no rule.
        assert sorted(names) == ["POST"] * failed + [f"anthropic.{expected(case)['operation']}"]
    else:
        assert len(names) == 1
    everything = capture.everything()
    assert not [canary for canary in canaries(case) if canary in everything]


@pytest.mark.parametrize(("is_async", "native"), WAYS, ids=WAY_NAMES)
def test_process(case: dict[str, Any], is_async: bool, native: bool, capture: Capture) -> None:
    """`instrument()` sees in a call of the SDK what it sees in the bare exchange."""
    foundry_telemetry.instrument(**capture.options | {"hosts": ()})
    client = client_for(
        case, is_async, steps=[step_of(case)], max_retries=0, open_telemetry=tracing(capture, native)
    )
    error = asyncio.run(attempt(client, case, form_of(case)))
    check(capture, case, error, native)


@pytest.mark.parametrize(("is_async", "native"), WAYS, ids=WAY_NAMES)
def test_middleware(case: dict[str, Any], is_async: bool, native: bool, capture: Capture) -> None:
    """`FoundryMiddleware` sees the same, failures before an answer included."""
    client = client_for(
        case,
        is_async,
        steps=[step_of(case)],
        max_retries=0,
        open_telemetry=tracing(capture, native),
        middleware=[middleware_of(capture)],
    )
    error = asyncio.run(attempt(client, case, form_of(case)))
    check(capture, case, error, native)


STREAMS = ["sse_text", "sse_thinking", "sse_error_overloaded", "sse_truncated", "sse_connection_reset"]


@pytest.mark.parametrize("integration", ["process", "client", "middleware"])
@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("name", STREAMS)
def test_stream_helper(name: str, is_async: bool, integration: str, capture: Capture) -> None:
    """`messages.stream()` is observed as `create(stream=True)` is, byte by byte as well."""
    case = case_named(name)
    middleware = [middleware_of(capture)] if integration == "middleware" else []
    client = client_for(
        case,
        is_async,
        steps=[step_of(case, 1)],
        max_retries=0,
        open_telemetry=tracing(capture, native=True),
        middleware=middleware,
    )
    if integration != "middleware":
        foundry_telemetry.instrument(client if integration == "client" else None, **capture.options)
    error = asyncio.run(attempt(client, case, "stream"))
    check(capture, case, error, native=True)


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("form", ["create", "count_tokens"])
def test_raw_responses(form: str, is_async: bool, instrumented: Capture) -> None:
    """`with_raw_response` is observed once, whether or not the caller parses the body."""
    case = case_named("ok_json_basic" if form == "create" else "ok_count_tokens")
    client = client_for(case, is_async, steps=[step_of(case)], open_telemetry=False)

    async def scenario() -> None:
        raw = client.messages.with_raw_response
        asked = wanted(case)
        made = getattr(raw, form)(**asked)
        answer = await made if is_async else made
        assert answer.status_code == 200
        await close(client)

    asyncio.run(scenario())
    assert [as_expected(seen, case) for seen in instrumented.observations] == [expected(case)]


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds the SDK would have waited before each retry; it does not wait."""
    waited: list[float] = []
    original = _base_client.BaseClient._calculate_retry_timeout
    monkeypatch.setattr(_base_client.BaseClient, "_calculate_retry_timeout", no_waits(waited, original))
    return waited


SEQUENCES = {sequence["id"]: sequence for sequence in index()["sequences"]}


@pytest.mark.parametrize("integration", ["process", "middleware"])
@pytest.mark.parametrize(("is_async", "native"), WAYS, ids=WAY_NAMES)
@pytest.mark.parametrize("name", SEQUENCES)
def test_sequences(  # noqa: PLR0917 - fixtures and parameters
    name: str,
    is_async: bool,
    native: bool,
    integration: str,
    waits: list[float],
    capture: Capture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Retries of the SDK: each attempt is one record, numbered, and under a native span they share a call."""
    steps = SEQUENCES[name]["sequence"]
    expect = SEQUENCES[name]["expect"]
    last = case_named(steps[-1])
    now = last["request"]["auth"]["now"]
    if now is not None:
        monkeypatch.setattr(attempt_module, "time_ns", lambda: now * 10**9)
    if integration == "process":
        foundry_telemetry.instrument(**capture.options)
    client = client_for(
        last,
        is_async,
        steps=steps_named(*steps),
        open_telemetry=tracing(capture, native),
        middleware=[middleware_of(capture)] if integration == "middleware" else [],
    )
    transport = client._client._transport
    asyncio.run(attempt(client, last, form_of(last)))

    assert [headers["x-stainless-retry-count"] for headers in transport.requests] == (
        expect["retry_count_headers"]
    )
    seen = capture.observations
    assert [each.attempt_number for each in seen] == list(range(1, expect["attempts"] + 1))
    assert seen[-1].outcome == expect["outcome"]
    assert (seen[-1].failure and seen[-1].failure.type) == expect.get("error_class")
    assert [as_expected(each, case_named(step)) for each, step in zip(seen, steps, strict=True)] == [
        {**expected(case_named(step)), **form_facts(last)} for step in steps
    ]
    assert len({each.call_id for each in seen}) == 1
    assert sum(waits) * 1000 >= expect.get("min_wait_ms", 0)
    call_span = [dict(span.attributes or {}) for span in capture.spans if span.name != "POST"][-1]
    assert call_span.get("http.request.resend_count", 0) == expect["resend_count"]
    assert call_span["foundry.attempt.count"] == expect["attempts"]


def form_facts(case: dict[str, Any]) -> dict[str, Any]:
    """What an attempt owes to the call, not to its own recording."""
    return {name: case["expect"][name] for name in ("operation", "streamed", "request_model")}


class RefusedError(Exception):
    """What a token provider raises."""


@pytest.mark.parametrize("others", [False, True], ids=["alone", "with-instrument"])
@pytest.mark.parametrize("beta", [False, True], ids=["plain", "beta"])
@pytest.mark.parametrize(("is_async", "native"), WAYS, ids=WAY_NAMES)
def test_token_provider_that_raises(
    is_async: bool, native: bool, beta: bool, others: bool, capture: Capture
) -> None:
    """A credential that is refused is reported once, with what Entra support asks for, not its text."""
    case = case_named("noresp_credential_error")
    error = RefusedError(case["expect"]["client_exception_message"])

    def provider() -> str:
        raise error

    if others:
        foundry_telemetry.instrument(**capture.options)
    client = client_for(
        case,
        is_async,
        steps=[],
        azure_ad_token_provider=provider,
        open_telemetry=tracing(capture, native),
        middleware=[middleware_of(capture)],
    )

    async def scenario() -> BaseException | None:
        try:
            await call(client, beta=beta, **wanted(case))
        except Exception as raised:
            return raised
        finally:
            await close(client)
        return None

    assert asyncio.run(scenario()) is error
    assert client._client._transport.requests == []
    (seen,) = capture.observations
    assert as_expected(seen, case) == expected(case)
    assert seen.failure is not None
    assert seen.failure.exception_type == "RefusedError"
    (event,) = capture.ledger
    entra = case["expect"]["entra"]
    assert event["foundry.entra.code"] == event["foundry.error.code"] == entra["aadsts_code"]
    assert event["foundry.entra.trace_id"] == entra["trace_id"]
    assert event["foundry.entra.correlation_id"] == entra["correlation_id"]
    assert event["url.template"] == "/v1/messages"
    assert "http.response.status_code" not in event
    everything = capture.everything()
    for text in (*canaries(case), "client secret", "expired. Trace ID"):
        assert text not in everything


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_other_exceptions_of_middleware_are_not_ours(is_async: bool, capture: Capture) -> None:
    """What another middleware raises passes through unchanged and is not taken for a failed credential."""
    from anthropic import Middleware

    error = RefusedError("CANARY")

    class Other(Middleware):
        def handle(self, request: Any, call_next: Any) -> Any:
            raise error

        async def handle_async(self, request: Any, call_next: Any) -> Any:
            raise error

    client = make_client(
        is_async, steps=[], open_telemetry=False, middleware=[middleware_of(capture), Other()]
    )

    async def scenario() -> None:
        try:
            with pytest.raises(RefusedError) as raised:
                await call(client)
            assert raised.value is error
        finally:
            await close(client)

    asyncio.run(scenario())
    assert capture.observations == []
