"""Clients that people change, subclass, copy or share with other instrumentations."""

from __future__ import annotations

import gc
import itertools
import pickle
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import anthropic
import pytest
from opentelemetry.instrumentation.httpx import HTTPX2ClientInstrumentor, HTTPXClientInstrumentor

import foundry_telemetry
from tests.support.capture import Capture
from tests.support.compare import BODY, TLS, User, attempts, only, same, shown
from tests.support.families import Face, Family, httpx, httpx2, pieces, sdk_httpx, settle
from tests.support.fault_server import EVENTS, MESSAGE, FaultServer


def hook(family: Family, action: Callable[[Any], None]) -> Callable[[Any], Any]:
    """A hook of the kind the client wants."""
    if not family.is_async:
        return action

    async def asynchronous(value: Any) -> None:
        action(value)

    return asynchronous


@pytest.mark.row(56)
def test_user_hooks(family: Family, capture: Capture, server: FaultServer) -> None:
    """The user's hooks run as often and in the same order, and their lists are unchanged."""
    calls: list[str] = []
    request = [
        hook(family, lambda asked: calls.append(f"a {asked.method}")),
        hook(family, lambda _: calls.append("b")),
    ]
    response = [hook(family, lambda came: calls.append(f"c {came.status_code} {came.is_closed}"))]
    hooks = {"request": list(request), "response": list(response)}

    async def scenario(user: User) -> None:
        calls.clear()
        user.record_response(await user.post("redirect", follow_redirects=True))
        user.record(calls=list(calls), same_lists=user.face.raw.event_hooks == hooks)

    reported = same(family, capture, server, scenario, event_hooks=hooks)
    assert len(reported.observed["calls"]) == 6
    assert hooks == {"request": request, "response": response}
    assert len(attempts(capture, 2)) == 2


@pytest.mark.row(56)
def test_user_trace_callback(family: Family, capture: Capture, server: FaultServer) -> None:
    """A ``trace`` callback of the user stays theirs and hears the same events."""
    events: list[str] = []

    def plain(event: str, _: object) -> None:
        events.append(event)

    async def asynchronous(event: str, _: object) -> None:
        events.append(event)

    trace = {"trace": asynchronous if family.is_async else plain}

    async def scenario(user: User) -> None:
        events.clear()
        user.record_response(await user.post("redirect", follow_redirects=True, extensions=trace))
        user.record(events=list(events), untouched=list(trace) == ["trace"])

    reported = same(family, capture, server, scenario)
    assert "connection.connect_tcp.complete" in reported.observed["events"]
    assert [seen.connect_s for seen in attempts(capture, 2)] == [None, None]


@pytest.mark.row(56)
@pytest.mark.parametrize("kind", ["request", "response"])
def test_user_hook_that_raises(family: Family, capture: Capture, server: FaultServer, kind: str) -> None:
    """A hook of the user that raises does so as without us, and is no failure of the service."""

    def fail(_: object) -> None:
        raise LookupError("CANARY")

    async def scenario(user: User) -> None:
        with user.fails():
            await user.post("ok")
        user.record(left=user.pool())

    reported = same(family, capture, server, scenario, event_hooks={kind: [hook(family, fail)]})
    assert reported.error == "LookupError"
    if kind == "request":
        assert (capture.observations, reported.counts.requests) == ([], [])
    else:
        assert (only(capture).outcome, only(capture).failure) == ("abandoned", None)
    assert "CANARY" not in capture.everything()


@pytest.mark.row(56)
def test_hook_of_the_wrong_kind(capture: Capture, server: FaultServer) -> None:
    """A plain function among the hooks of an async client fails as it does without us."""
    for module in (httpx, httpx2):

        async def scenario(user: User) -> None:
            with user.fails():
                await user.post("ok")

        reported = same(
            Family(module, is_async=True), capture, server, scenario, event_hooks={"request": [id]}
        )
        assert reported.error == "TypeError"


@pytest.mark.row(57)
def test_replaced_event_hooks(family: Family, capture: Capture, server: FaultServer) -> None:
    """New hooks on a client that is instrumented by itself neither break it nor put an end to it."""
    calls: list[int] = []

    async def scenario() -> None:
        async with family.client(verify=TLS, trust_env=False) as face:
            foundry_telemetry.instrument(face.raw, **capture.options)
            user = User(face, server)
            face.raw.event_hooks = {"response": [hook(family, lambda r: calls.append(r.status_code))]}
            async with user.stream("events") as response:
                assert [piece async for piece in pieces(response)] == list(EVENTS)
            face.raw.event_hooks = {}
            await user.post("ok")

    family.run(scenario)
    assert calls == [200]
    assert [seen.outcome for seen in attempts(capture, 2)] == ["ok", "ok"]


@pytest.mark.row(57)
def test_our_hooks_beside_the_users(family: Family, capture: Capture, server: FaultServer) -> None:
    """Our public hooks live beside the user's, and go with the hooks that are replaced."""
    make = foundry_telemetry.async_event_hooks if family.is_async else foundry_telemetry.event_hooks
    calls: list[int] = []
    hooks = make(**capture.options)
    hooks["response"].append(hook(family, lambda r: calls.append(r.status_code)))

    async def scenario() -> None:
        async with family.client(verify=TLS, trust_env=False, event_hooks=hooks) as face:
            user = User(face, server)
            async with user.stream("events") as response:
                assert [piece async for piece in pieces(response)] == list(EVENTS)
            face.raw.event_hooks = {}
            await user.post("ok")

    family.run(scenario)
    assert calls == [200]
    assert only(capture).usage.output_tokens == 9


def originals() -> list[Any]:
    """Everything that ours or theirs may replace."""
    return [
        vars(owner)[name]
        for module in (httpx, httpx2)
        for owner, name in (
            (module.Client, "_transport_for_url"),
            (module.AsyncClient, "_transport_for_url"),
            (module.HTTPTransport, "handle_request"),
            (module.AsyncHTTPTransport, "handle_async_request"),
        )
    ]


@pytest.fixture
def theirs(capture: Capture) -> Iterator[Callable[[bool], None]]:
    """Switch opentelemetry-instrumentation-httpx on and off."""
    instrumentors = (HTTPXClientInstrumentor(), HTTPX2ClientInstrumentor())

    def switch(on: bool) -> None:
        for one in instrumentors:
            if on and not one.is_instrumented_by_opentelemetry:
                one.instrument(tracer_provider=capture.tracer_provider, meter_provider=capture.meter_provider)
            elif not on and one.is_instrumented_by_opentelemetry:
                one.uninstrument()

    yield switch
    switch(False)


SWITCHES = [
    order
    for order in itertools.permutations(("ours", "theirs", "ours again", "theirs off", "ours off"))
    if order.index("theirs") < order.index("theirs off")
    and order.index("ours") < order.index("ours again") < order.index("ours off")
]


@pytest.mark.row(58)
@pytest.mark.parametrize("order", SWITCHES, ids=", ".join)
def test_switched_on_and_off_with_another(
    capture: Capture, server: FaultServer, theirs: Callable[[bool], None], order: tuple[str, ...]
) -> None:
    """Whatever the order, one span of ours for a call, and in the end every original is back."""
    before = originals()
    steps = {
        "ours": lambda: foundry_telemetry.instrument(**capture.options),
        "ours again": lambda: foundry_telemetry.instrument(**capture.options),
        "theirs": lambda: theirs(True),
        "theirs off": lambda: theirs(False),
        "ours off": foundry_telemetry.uninstrument,
    }
    expected = 0
    on: set[str] = set()
    with httpx.Client(verify=TLS, trust_env=False) as client:
        for step in order:
            steps[step]()
            on = on - {step[:-4]} if step.endswith(" off") else on | {step.split()[0]}
            response = client.post(server.url("ok"), json=BODY)
            assert response.content == MESSAGE
            expected += "ours" in on
            assert len(capture.observations) == expected
            assert sum(span.name.startswith("chat") for span in capture.spans) == expected
    assert originals() == before
    assert server.counts().connections == 1


@pytest.mark.row(58)
def test_both_on(
    family: Family, capture: Capture, server: FaultServer, theirs: Callable[[bool], None]
) -> None:
    """With the HTTP instrumentor on, its span stands below ours, and usage is on ours alone."""
    theirs(True)

    async def scenario(user: User) -> None:
        user.record_response(await user.post("ok"))
        async with user.stream("events") as response:
            user.record(pieces=[piece async for piece in pieces(response)])

    same(family, capture, server, scenario)
    ours = [span for span in capture.spans if span.name.startswith("chat")]
    below = [span for span in capture.spans if span.parent is not None]
    assert len(ours) == len(below) == 2
    assert {span.parent.span_id for span in below} == {span.context.span_id for span in ours}
    assert not [span for span in below if any(name.startswith("gen_ai.usage") for name in span.attributes)]


@pytest.mark.row(58)
def test_process_and_client(family: Family, capture: Capture, server: FaultServer) -> None:
    """A client instrumented by itself in a process that is instrumented too is reported once."""

    async def scenario() -> None:
        async with family.client(verify=TLS, trust_env=False) as face:
            foundry_telemetry.instrument(**capture.options)
            foundry_telemetry.instrument(face.raw, **capture.options)
            foundry_telemetry.instrument(face.raw, **capture.options)
            await User(face, server).post("ok")
            assert len(capture.observations) == 1
            foundry_telemetry.uninstrument(face.raw)
            assert "_transport_for_url" not in vars(face.raw)
            await User(face, server).post("ok")
            assert len(capture.observations) == 2
            foundry_telemetry.uninstrument(face.raw)
            foundry_telemetry.uninstrument()
            await User(face, server).post("ok")

    before = originals()
    family.run(scenario)
    assert originals() == before
    assert len(attempts(capture, 2)) == 2


@pytest.mark.row(58)
def test_uninstrumented_in_mid_stream(family: Family, capture: Capture, server: FaultServer) -> None:
    """A stream under way when we are switched off is still reported."""

    async def scenario() -> None:
        async with family.client(verify=TLS, trust_env=False) as face:
            foundry_telemetry.instrument(**capture.options)
            async with User(face, server).stream("held") as response:
                body = pieces(response)
                got = [await anext(body)]
                foundry_telemetry.uninstrument()
                server.gate.set()
                got += [piece async for piece in body]
            assert got == list(EVENTS)

    family.run(scenario)
    assert only(capture).usage.output_tokens == 9


@pytest.mark.row(58)
def test_an_instrumented_client_can_be_collected(family: Family, capture: Capture) -> None:
    """We do not keep a client alive that was instrumented by itself and then forgotten."""

    async def scenario() -> Any:
        async with family.client(verify=TLS, trust_env=False) as face:
            foundry_telemetry.instrument(face.raw, **capture.options)
            return weakref.ref(face.raw)

    forgotten = family.run(scenario)
    gc.collect()
    assert forgotten() is None


@pytest.mark.row(60)
def test_subclassed_client(family: Family, capture: Capture, server: FaultServer) -> None:
    """A subclass that chooses transports itself works as without us, and is seen."""
    parent = family.module.AsyncClient if family.is_async else family.module.Client

    class Mine(parent):
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            self.chosen = 0

        def _transport_for_url(self, url: Any) -> Any:
            self.chosen += 1
            return super()._transport_for_url(url)

    class MineFamily(Family):
        def client(self, **options: Any) -> Face:
            return Face(Mine(**options), self)

    async def scenario(user: User) -> None:
        user.record_response(await user.post("redirect", follow_redirects=True))
        user.record(chosen=user.face.raw.chosen)

    reported = same(MineFamily(family.module, family.is_async), capture, server, scenario)
    assert reported.observed["chosen"] == 2
    assert len(attempts(capture, 2)) == 2


@pytest.mark.row(60)
@pytest.mark.parametrize("integration", ["process", "client"])
def test_transport_with_slots(family: Family, capture: Capture, integration: str) -> None:
    """A transport that is no subclass and takes no attributes works as without us, and is seen."""

    class Plain:
        __slots__ = ("asked",)

        def __init__(self) -> None:
            self.asked = 0

        def handle_request(self, request: Any) -> Any:
            self.asked += 1
            headers = {"content-type": "application/json"}
            return family.module.Response(200, content=MESSAGE, headers=headers)

        async def handle_async_request(self, request: Any) -> Any:
            return self.handle_request(request)

        def close(self) -> None:
            """Close nothing."""

        async def aclose(self) -> None:
            """Close nothing."""

    transport = Plain()

    async def scenario() -> None:
        async with family.client(transport=transport) as face:
            foundry_telemetry.instrument(face.raw if integration == "client" else None, **capture.options)
            response = await face.request("POST", "http://127.0.0.1/v1/messages", json=BODY)
            assert response.content == MESSAGE

    family.run(scenario)
    assert transport.asked == 1
    assert only(capture).usage.output_tokens == 9


@pytest.mark.row(60)
@pytest.mark.parametrize(
    "target", [object(), httpx.Client, "client", 7], ids=["object", "class", "text", "number"]
)
def test_what_is_no_client(target: object) -> None:
    """What is no client is refused at set-up, with a word on what was expected."""
    with pytest.raises(TypeError, match=r"expected httpx\.Client"):
        foundry_telemetry.instrument(target)


@pytest.mark.row(61)
@pytest.mark.parametrize("fault", ["ok", "redirect", "echo-401"])
def test_pickled_response(family: Family, capture: Capture, server: FaultServer, fault: str) -> None:
    """A response that was read can be pickled, and comes back the same."""

    async def scenario(user: User) -> None:
        response = await user.post(fault, follow_redirects=True)
        again = pickle.loads(pickle.dumps(response))  # noqa: S301  # our own bytes
        user.record(content=again.content, status=again.status_code, url=str(again.url))
        user.record(state=sorted(vars(again)), elapsed=shown(lambda: type(again.elapsed)))
        user.record(history=[old.status_code for old in again.history])
        user.record(request=again.request.method, extensions=again.request.extensions)

    same(family, capture, server, scenario)
    assert len(capture.observations) == (2 if fault == "redirect" else 1)


@pytest.mark.row(61)
def test_pickled_unread_response(family: Family, capture: Capture, server: FaultServer) -> None:
    """So can one whose body was streamed away."""

    async def scenario(user: User) -> None:
        async with user.stream("events") as response:
            user.record(pieces=[piece async for piece in pieces(response)])
        again = pickle.loads(pickle.dumps(response))  # noqa: S301  # our own bytes
        user.record(status=again.status_code, consumed=again.is_stream_consumed, closed=again.is_closed)

    same(family, capture, server, scenario)
    assert only(capture).outcome == "ok"


@pytest.mark.row(61)
@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("copied", ["before", "after"])
def test_copied_sdk_client(capture: Capture, server: FaultServer, is_async: bool, copied: str) -> None:
    """A copy of an SDK client shares its HTTP client, so it is seen too, and once."""
    kind = anthropic.AsyncAnthropicFoundry if is_async else anthropic.AnthropicFoundry

    async def scenario() -> None:
        async with Family(sdk_httpx, is_async).client(verify=TLS, trust_env=False) as face:
            client = kind(api_key="key", base_url=f"{server.base}/ok", http_client=face.raw)
            copy = client.with_options(timeout=5)
            foundry_telemetry.instrument(client, **capture.options)
            if copied == "after":
                copy = client.with_options(timeout=5)
                foundry_telemetry.instrument(copy, **capture.options)
            await settle(copy.messages.create(**BODY))
            assert len(capture.observations) == 1
            foundry_telemetry.uninstrument(copy)
            await settle(client.messages.create(**BODY))

    Family(sdk_httpx, is_async).run(scenario)
    assert len(server.counts().requests) == 2
    assert only(capture).client.partition("/")[0] == kind.__name__


@pytest.mark.row(58)
def test_other_traffic_is_untouched(family: Family, capture: Capture, server: FaultServer) -> None:
    """A call to another host or path gets the very transport it would get without us."""

    async def scenario(user: User) -> None:
        client = user.face.raw
        other = client._transport_for_url(family.module.URL("http://127.0.0.1/v1/other"))
        user.record(same=other is client._transport)
        user.record_response(
            await user.face.request("POST", user.server.base + "/ok/v1/elsewhere", json=BODY)
        )

    reported = same(family, capture, server, scenario)
    assert reported.observed["same"] is True
    assert capture.observations == capture.spans == capture.ledger == []
