"""Integrations used together: each attempt is counted once, in the ledger, in the metrics and in spans."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import pytest
from anthropic import APIConnectionError, AuthenticationError, _base_client

import foundry_telemetry
from tests.instrumentation.replay import NO_ANSWER, Step, case_named, replay, send, step_of, steps_named
from tests.instrumentation.sdk import call, close, hooks_of, make_client, middleware_of, no_waits
from tests.support.capture import Capture
from tests.support.families import Family, httpx2, settle

RAW_INTEGRATIONS = ("process", "client", "hooks")
SDK_INTEGRATIONS = (*RAW_INTEGRATIONS, "middleware")


def subsets(integrations: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Every choice of integrations but none."""
    return [choice for size in range(1, len(integrations) + 1) for choice in combinations(integrations, size)]


@pytest.fixture
def closed_port() -> str:
    """A loopback address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    return f"http://127.0.0.1:{port}/anthropic"


@pytest.fixture(autouse=True)
def _without_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    original = _base_client.BaseClient._calculate_retry_timeout
    monkeypatch.setattr(_base_client.BaseClient, "_calculate_retry_timeout", no_waits([], original))


def count(capture: Capture) -> int:
    """How many attempts were counted; all four records agree."""
    numbers = {
        "sink": len(capture.observations),
        "ledger": len(capture.ledger),
        "spans": len(capture.spans),
        "metric": sum(point.count for point in capture.points().get("foundry.client.attempt.duration", [])),
    }
    assert len(set(numbers.values())) == 1, numbers
    return numbers["ledger"]


@pytest.fixture
def opened(capture: Capture) -> Iterator[Any]:
    """Makes an SDK client with these integrations; they are taken out after the test."""
    clients = []

    def instrumented(integrations: tuple[str, ...], is_async: bool, **options: Any) -> Any:
        client = make_client(
            is_async,
            event_hooks=hooks_of(capture, is_async) if "hooks" in integrations else None,
            middleware=[middleware_of(capture)] if "middleware" in integrations else [],
            **options,
        )
        if "client" in integrations:
            clients.append(client)
            foundry_telemetry.instrument(client, **capture.options)
        if "process" in integrations:
            foundry_telemetry.instrument(**capture.options)
        return client

    yield instrumented
    for client in clients:
        foundry_telemetry.uninstrument(client)


SCENARIOS = {
    "plain": (["ok_json_basic"], "create", None, 1),
    "stream": (["sse_text"], "create_stream", None, 1),
    "refused": (["err_401_invalid_key"], "create", AuthenticationError, 1),
    "retried": (["err_429_foundry_rate_limit", "err_529_overloaded", "sse_text"], "stream", None, 3),
    "no answer": (["noresp_read_timeout"], "create", APIConnectionError, 3),
}


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("integrations", subsets(SDK_INTEGRATIONS), ids="+".join)
def test_sdk(
    integrations: tuple[str, ...], is_async: bool, scenario: str, opened: Any, capture: Capture
) -> None:
    """Whichever integrations an SDK client has, an attempt is one record; so is each retry."""
    names, form, error, attempts = SCENARIOS[scenario]
    client = opened(integrations, is_async, steps=steps_named(*names), open_telemetry=False)

    async def run() -> None:
        try:
            if error is None:
                await call(client, form)
            else:
                with pytest.raises(error):
                    await call(client, form)
        finally:
            await close(client)

    asyncio.run(run())
    # Hooks alone see no failure of a custom transport, which asks nobody for its trace.
    expected = 0 if integrations == ("hooks",) and names[0] in NO_ANSWER else attempts
    assert count(capture) == expected
    assert [seen.attempt_number for seen in capture.observations] == list(range(1, expected + 1))
    timeout_s = client.timeout.read if names[0] in NO_ANSWER else None
    assert {seen.timeout_s for seen in capture.observations} <= {timeout_s}


@pytest.mark.row(59)
@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("integrations", subsets(SDK_INTEGRATIONS), ids="+".join)
def test_sdk_under_a_native_span(
    integrations: tuple[str, ...], is_async: bool, opened: Any, capture: Capture
) -> None:
    """Under the SDK's span a retried call has one child for each attempt, whichever integrations it has."""
    client = opened(
        integrations,
        is_async,
        steps=steps_named("err_429_foundry_rate_limit", "ok_json_basic"),
        open_telemetry={"tracer_provider": capture.tracer_provider},
    )

    async def run() -> None:
        await call(client)
        await close(client)

    asyncio.run(run())
    owner = capture.spans[-1]
    assert [span.name for span in capture.spans] == ["POST", "POST", "anthropic.messages.create"]
    assert {span.parent and span.parent.span_id for span in capture.spans[:2]} == {owner.context.span_id}
    assert [event["foundry.attempt.number"] for event in capture.ledger] == [1, 2]
    assert {event["foundry.call.id"] for event in capture.ledger} == {f"{owner.context.span_id:016x}"}
    assert owner.attributes is not None
    assert owner.attributes["foundry.attempt.count"] == 2
    assert owner.attributes["foundry.last_error.type"] == "rate_limited"


@pytest.mark.row(1)
@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("integrations", subsets(SDK_INTEGRATIONS), ids="+".join)
def test_sdk_connection_refused(
    integrations: tuple[str, ...], is_async: bool, closed_port: str, opened: Any, capture: Capture
) -> None:
    """Each refused connection is reported once, with the name of the socket's error, by any integration."""
    client = opened(integrations, is_async, base_url=closed_port, max_retries=1, open_telemetry=False)

    async def run() -> None:
        with pytest.raises(APIConnectionError):
            await call(client)
        await close(client)

    asyncio.run(run())
    assert count(capture) == 2
    assert [(seen.outcome, seen.failure and seen.failure.code) for seen in capture.observations] == [
        ("no_response", "ECONNREFUSED")
    ] * 2


class SendAgain:
    """An auth flow that answers a 401 by sending the same request again."""

    def of(self, family: Family) -> Any:
        """As the family wants it."""

        class Auth(family.module.Auth):  # type: ignore[name-defined,misc]
            def auth_flow(self, request: Any) -> Iterator[Any]:
                response = yield request
                if response.status_code == 401:
                    request.headers["authorization"] = "Bearer CANARY-SECOND"
                    yield request

        return Auth()


def raw_client(integrations: tuple[str, ...], family: Family, capture: Capture, **options: Any) -> Any:
    """A client of the family with these integrations."""
    client = family.client(
        event_hooks=hooks_of(capture, family.is_async) if "hooks" in integrations else None,
        trust_env=False,
        verify=False,
        **options,
    )
    if "process" in integrations:
        foundry_telemetry.instrument(**capture.options)
    if "client" in integrations:
        foundry_telemetry.instrument(client.raw, **capture.options)
    return client


@pytest.mark.row(14)
@pytest.mark.parametrize("integrations", subsets(RAW_INTEGRATIONS), ids="+".join)
def test_redirect(integrations: tuple[str, ...], family: Family, capture: Capture) -> None:
    """Both hops of a redirect are attempts of one call."""
    moved = "https://other-resource.services.ai.azure.com/anthropic/v1/messages"
    case = case_named("ok_json_basic")
    steps = [Step(307, (("location", moved), ("apim-request-id", "hop-1"))), step_of(case)]
    client = raw_client(
        integrations, family, capture, transport=replay(family.module, steps), follow_redirects=True
    )

    async def scenario() -> None:
        async with client:
            await send(client, case, streamed=False)

    family.run(scenario)
    assert count(capture) == 2
    first, second = capture.observations
    assert (first.status_code, second.status_code) == (307, 200)
    assert (first.attempt_number, second.attempt_number) == (1, 2)
    assert first.call_id == second.call_id
    assert first.failure is second.failure is None
    assert [event["foundry.resource"] for event in capture.ledger] == ["example-resource", "other-resource"]


@pytest.mark.row(14)
@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_redirect_below_an_owner(is_async: bool, opened: Any, capture: Capture) -> None:
    """Under the SDK's span the hops of a redirect are numbered as well, and each resend has its span."""
    moved = "https://other-resource.services.ai.azure.com/anthropic/v1/messages"
    steps = [Step(307, (("location", moved),)), *steps_named("err_529_overloaded", "ok_json_basic")]
    client = opened(
        ("process",), is_async, steps=steps, open_telemetry={"tracer_provider": capture.tracer_provider}
    )

    async def run() -> None:
        await call(client)
        await close(client)

    asyncio.run(run())
    assert [seen.attempt_number for seen in capture.observations] == [1, 2, 3]
    assert len({seen.call_id for seen in capture.observations}) == 1
    assert [span.name for span in capture.spans] == ["POST", "POST", "anthropic.messages.create"]
    assert (capture.spans[-1].attributes or {})["foundry.attempt.count"] == 3


@pytest.mark.row(15)
@pytest.mark.parametrize("integrations", subsets(RAW_INTEGRATIONS), ids="+".join)
def test_auth_flow_that_sends_again(integrations: tuple[str, ...], family: Family, capture: Capture) -> None:
    """A request sent again by an auth flow is the second attempt of the same call."""
    case = case_named("ok_json_custom_deployment")
    steps = [step_of(case_named("err_401_token_rejected")), step_of(case)]
    client = raw_client(
        integrations, family, capture, transport=replay(family.module, steps), auth=SendAgain().of(family)
    )

    async def scenario() -> None:
        async with client:
            await send(client, case, streamed=False)

    family.run(scenario)
    assert count(capture) == 2
    first, second = capture.observations
    assert (first.status_code, second.status_code) == (401, 200)
    assert (first.attempt_number, second.attempt_number) == (1, 2)
    assert first.call_id == second.call_id
    assert "CANARY" not in capture.everything()


@pytest.mark.row(1)
@pytest.mark.parametrize("integrations", subsets(RAW_INTEGRATIONS), ids="+".join)
def test_connection_refused(
    integrations: tuple[str, ...], family: Family, closed_port: str, capture: Capture
) -> None:
    """A refused connection is reported once, through public hooks alone as well, and raises as without us."""
    client = raw_client(integrations, family, capture)

    async def scenario() -> None:
        async with client:
            with pytest.raises(family.module.ConnectError):
                await client.request("POST", f"{closed_port}/v1/messages", json={"model": "m"})

    family.run(scenario)
    assert count(capture) == 1
    (seen,) = capture.observations
    assert (seen.outcome, seen.failure and seen.failure.code) == ("no_response", "ECONNREFUSED")


@pytest.mark.parametrize("integrations", subsets(RAW_INTEGRATIONS), ids="+".join)
def test_same_request_sent_twice(integrations: tuple[str, ...], family: Family, capture: Capture) -> None:
    """A request object that the application sends twice is two attempts, and neither is lost or doubled."""
    case = case_named("ok_json_basic")
    client = raw_client(integrations, family, capture, transport=replay(family.module, [step_of(case)]))

    async def scenario() -> None:
        async with client:
            request = client.raw.build_request(
                "POST", "https://example-resource.services.ai.azure.com/anthropic/v1/messages", json={}
            )
            for _ in range(2):
                await client.send(request)

    family.run(scenario)
    assert count(capture) == 2
    assert [seen.attempt_number for seen in capture.observations] == [1, 2]


@pytest.mark.row(56)
@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_users_hooks_are_unchanged(is_async: bool, capture: Capture) -> None:
    """Lists of hooks that the user gave keep their elements, and the hooks run as before."""
    ran: list[str] = []

    def on_request(_: Any) -> None:
        ran.append("request")

    def on_response(_: Any) -> None:
        ran.append("response")

    async def on_async_request(_: Any) -> None:
        ran.append("request")

    async def on_async_response(_: Any) -> None:
        ran.append("response")

    theirs = (
        {"request": [on_async_request], "response": [on_async_response]}
        if is_async
        else {"request": [on_request], "response": [on_response]}
    )
    before = {name: list(hooks) for name, hooks in theirs.items()}
    client = make_client(is_async, steps=steps_named("ok_json_basic"), event_hooks=theirs)
    attached = {name: list(hooks) for name, hooks in client._client.event_hooks.items()}
    foundry_telemetry.instrument(**capture.options)
    foundry_telemetry.instrument(client, **capture.options)

    async def run() -> None:
        await call(client)
        assert client._client.event_hooks == attached
        foundry_telemetry.uninstrument(client)
        await close(client)

    asyncio.run(run())
    assert theirs == before
    assert ran == ["request", "response"]


def test_hooks_are_new_lists_each_time() -> None:
    """Two clients never share a list of hooks, so that adding one to the first leaves the second alone."""
    first, second = foundry_telemetry.event_hooks(), foundry_telemetry.event_hooks()
    assert first["request"] is not second["request"]
    assert set(first) == set(foundry_telemetry.async_event_hooks()) == {"request", "response"}


@pytest.mark.row(56)
def test_users_trace_extension_is_unchanged(family: Family, closed_port: str, capture: Capture) -> None:
    """A ``trace`` callback that the user gave is called as before; ours steps aside."""
    events: list[str] = []

    def trace(event: str, _: Any) -> None:
        events.append(event)

    async def trace_async(event: str, _: Any) -> None:
        events.append(event)

    client = raw_client(RAW_INTEGRATIONS, family, capture)

    async def scenario() -> None:
        async with client:
            with pytest.raises(family.module.ConnectError):
                await client.request(
                    "POST",
                    f"{closed_port}/v1/messages",
                    json={},
                    extensions={"trace": trace_async if family.is_async else trace},
                )

    family.run(scenario)
    assert events == ["connection.connect_tcp.started", "connection.connect_tcp.failed"]
    assert count(capture) == 1


def test_a_client_of_its_own_wins(capture: Capture) -> None:
    """A client with its own instrumentation tells its own recorder, whichever was set up first."""
    for client_first in (True, False):
        of_client, of_process = Capture(), Capture()
        client = httpx2.Client(transport=replay(httpx2, steps_named("ok_json_basic")))
        integrations = [(client, of_client), (None, of_process)]
        for target, where in integrations if client_first else reversed(integrations):
            foundry_telemetry.instrument(target, **where.options)
        with client:
            client.post("https://r.services.ai.azure.com/anthropic/v1/messages", json={})
        assert (len(of_client.observations), len(of_process.observations)) == (1, 0)
        foundry_telemetry.uninstrument(client)
        foundry_telemetry.uninstrument()


@pytest.mark.row(61)
@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_copies_of_an_sdk_client(is_async: bool, capture: Capture) -> None:
    """`client.with_options()` shares the HTTP client, so it is watched as well, and counted once."""
    client = make_client(is_async, steps=steps_named("ok_json_basic"), open_telemetry=False)
    foundry_telemetry.instrument(client, **capture.options)

    async def run() -> None:
        await settle(call(client.with_options(max_retries=5)))
        await close(client)

    asyncio.run(run())
    assert count(capture) == 1
