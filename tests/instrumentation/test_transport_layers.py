"""Retries inside a transport: each is an attempt of its own, and the user gets what the transport gives."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry.instrumentation.httpx import HTTPX2ClientInstrumentor, HTTPXClientInstrumentor

import foundry_telemetry
from foundry_telemetry.testing import FakeFoundry
from tests.instrumentation.replay import Step, replay
from tests.instrumentation.retrying import KINDS, derived, leaf, wrapping
from tests.instrumentation.sdk import call, close, hooks_of, make_client
from tests.support.capture import Capture
from tests.support.families import Family, httpx, sdk_httpx, settle

ASKED = {"model": "my-deployment", "max_tokens": 8, "messages": [{"role": "user", "content": "Hello"}]}


def transport_of(kind: str, family: Family) -> Any:
    """A retrying transport of this kind."""
    if kind == "httpx-retries" and family.module.__name__ != "httpx":
        pytest.skip("httpx-retries knows httpx alone")
    return KINDS[kind](family)


def post(family: Family, transport: Any, url: str, **options: Any) -> Any:
    """One call through a client with this transport; gives the answer, read."""

    async def scenario() -> Any:
        async with family.client(transport=transport, trust_env=False) as client:
            return await client.request("POST", url, json=ASKED, **options)

    return family.run(scenario)


def reported(capture: Capture) -> list[tuple[int, int | None, str]]:
    """Number, status and outcome of each attempt; they are of one call, and all three records agree."""
    assert len({seen.call_id for seen in capture.observations}) <= 1
    assert [event["foundry.attempt.number"] for event in capture.ledger] == [
        seen.attempt_number for seen in capture.observations
    ]
    points = capture.points().get("foundry.client.attempt.duration", [])
    assert sum(point.count for point in points) == len(capture.observations)
    return [(seen.attempt_number, seen.status_code, seen.outcome) for seen in capture.observations]


@pytest.mark.parametrize("kind", KINDS)
def test_each_attempt_is_recorded(kind: str, family: Family, instrumented: Capture) -> None:
    """Three served are three recorded, of one call, numbered; the last alone has tokens; the user has it."""
    with FakeFoundry((429, 529, 200)) as foundry:
        response = post(family, transport_of(kind, family), f"{foundry.base_url}/v1/messages")
        assert len(foundry.requests) == 3
    assert response.status_code == 200
    assert reported(instrumented) == [(1, 429, "error"), (2, 529, "error"), (3, 200, "ok")]
    assert [seen.usage.output_tokens is not None for seen in instrumented.observations] == [
        False,
        False,
        True,
    ]
    assert instrumented.observations[-1].response_id == response.json()["id"]
    assert len({seen.ids.apim_request_id for seen in instrumented.observations}) == 3


@pytest.mark.parametrize("kind", KINDS)
def test_a_stream_at_last(kind: str, family: Family, instrumented: Capture) -> None:
    """The last answer may be a stream, which is followed to its end, and compressed."""
    with FakeFoundry((429, 200)) as foundry:
        options = {"json": {**ASKED, "stream": True}, "headers": {"accept-encoding": "gzip"}}

        async def scenario() -> str:
            transport = transport_of(kind, family)
            async with (
                family.client(transport=transport, trust_env=False) as client,
                client.stream("POST", f"{foundry.base_url}/v1/messages", **options) as response,
            ):
                await settle(response.aread() if family.is_async else response.read())
                return str(response.text)

        assert "message_stop" in family.run(scenario)
        assert len(foundry.requests) == 2
    assert reported(instrumented) == [(1, 429, "error"), (2, 200, "ok")]
    assert instrumented.observations[-1].usage.complete


def test_all_attempts_fail(family: Family, instrumented: Capture) -> None:
    """When the transport gives up, the user has its last answer, and every attempt is a failed one."""
    with FakeFoundry(529) as foundry:
        response = post(family, wrapping(family), f"{foundry.base_url}/v1/messages")
        assert len(foundry.requests) == 3
    assert response.status_code == 529
    assert reported(instrumented) == [(number, 529, "error") for number in (1, 2, 3)]


def test_no_connection(family: Family, instrumented: Capture) -> None:
    """Attempts that find nobody are reported as such, each once, and the exception is that of the last."""
    with FakeFoundry(200) as foundry:
        url = f"{foundry.base_url}/v1/messages"
    with pytest.raises(family.module.ConnectError):
        post(family, wrapping(family), url)
    assert reported(instrumented) == [(number, None, "no_response") for number in (1, 2, 3)]


LEAVES = ("mock", "own")


@pytest.mark.parametrize("kind", LEAVES)
def test_leaves_without_a_socket(kind: str, family: Family, instrumented: Capture) -> None:
    """A transport below that needs no socket, the family's or the user's own, makes attempts as well."""
    answers = iter((429, 200))
    module = family.module
    leaves = {
        "mock": lambda: module.MockTransport(
            lambda _: module.Response(next(answers), json={"type": "message"})
        ),
        "own": lambda: replay(module, [Step(429), Step(200, pieces=(b'{"type":"message"}',))]),
    }
    url = "https://my-resource.services.ai.azure.com/anthropic/v1/messages"
    assert post(family, wrapping(family, leaves[kind]()), url).status_code == 200
    assert reported(instrumented) == [(1, 429, "error"), (2, 200, "ok")]


@pytest.mark.parametrize("retries", [False, True], ids=["plain", "wrapped"])
def test_once_where_both_see_it(retries: bool, family: Family, instrumented: Capture) -> None:
    """An attempt that client and leaf both meet is one record, whatever else has been patched."""
    with FakeFoundry(200) as foundry:
        url = f"{foundry.base_url}/v1/messages"
        post(family, wrapping(family), url)
        post(family, wrapping(family) if retries else leaf(family), url)
        assert len(foundry.requests) == 2
    assert [(seen.attempt_number, seen.outcome) for seen in instrumented.observations] == [(1, "ok")] * 2
    assert len({seen.call_id for seen in instrumented.observations}) == 2


def test_redirect_behind_retries(family: Family, instrumented: Capture) -> None:
    """The hop after a retried request, over another transport, is one attempt more, and is recorded once."""
    url = "https://my-resource.services.ai.azure.com/anthropic/v1/messages"
    moved = "https://other-resource.services.ai.azure.com/anthropic/v1/messages"
    module = family.module
    first = wrapping(family, replay(module, [Step(429), Step(307, (("location", moved),))]))
    second = module.MockTransport(lambda _: module.Response(200, json={"type": "message"}))

    async def scenario() -> int:
        client = family.client(
            mounts={"https://my-resource.services.ai.azure.com": first, "all://": second},
            follow_redirects=True,
            trust_env=False,
        )
        async with client:
            return int((await client.request("POST", url, json=ASKED)).status_code)

    assert family.run(scenario) == 200
    assert reported(instrumented) == [(1, 429, "error"), (2, 307, "ok"), (3, 200, "ok")]


def test_another_call_inside_the_transport(family: Family, instrumented: Capture) -> None:
    """A call that a transport makes by itself, with a request of its own, is a call of its own."""
    module = family.module
    inner = replay(module, [Step(200)])

    class Asking(type(wrapping(family))):  # type: ignore[misc]
        def handle_request(self, request: Any) -> Any:
            with module.Client(transport=replay(module, [Step(200)])) as client:
                client.post(request.url, json={"other": "call"})
            return super().handle_request(request)

        async def handle_async_request(self, request: Any) -> Any:
            async with module.AsyncClient(transport=replay(module, [Step(200)])) as client:
                await client.post(request.url, json={"other": "call"})
            return await super().handle_async_request(request)

    url = "https://my-resource.services.ai.azure.com/anthropic/v1/messages"
    assert post(family, Asking(inner), url).status_code == 200
    assert [seen.attempt_number for seen in instrumented.observations] == [1, 1]
    assert len({seen.call_id for seen in instrumented.observations}) == 2


def test_an_answer_of_the_transports_own(family: Family, instrumented: Capture) -> None:
    """Where a transport answers without asking anybody, as a cache does, that answer is the attempt."""
    module = family.module

    class Cache(module.BaseTransport, module.AsyncBaseTransport):  # type: ignore[name-defined,misc]
        def handle_request(self, _: Any) -> Any:
            return module.Response(200, json={"type": "message"})

        async def handle_async_request(self, _: Any) -> Any:
            return module.Response(200, json={"type": "message"})

    url = "https://my-resource.services.ai.azure.com/anthropic/v1/messages"
    assert post(family, Cache(), url).status_code == 200
    assert reported(instrumented) == [(1, 200, "ok")]


def test_a_response_of_the_transports_own(family: Family, instrumented: Capture) -> None:
    """A transport that puts the body into a response of its own costs no tokens, compressed or not."""
    module = family.module

    def copied(response: Any) -> Any:
        return module.Response(
            response.status_code,
            headers=response.headers,
            stream=response.stream,
            extensions=response.extensions,
        )

    class Copying(type(wrapping(family))):  # type: ignore[misc]
        def handle_request(self, request: Any) -> Any:
            return copied(super().handle_request(request))

        async def handle_async_request(self, request: Any) -> Any:
            return copied(await super().handle_async_request(request))

    with FakeFoundry((429, 200, 200)) as foundry:
        for encoding in ("gzip", "identity"):
            response = post(
                family,
                Copying(leaf(family)),
                f"{foundry.base_url}/v1/messages",
                headers={"accept-encoding": encoding},
            )
            assert response.json()["type"] == "message"
    assert [seen.usage.output_tokens for seen in instrumented.observations[1:]] == [
        response.json()["usage"]["output_tokens"]
    ] * 2


def test_both_of_two_at_once(family: Family, instrumented: Capture) -> None:
    """A transport that sends twice and takes the faster answer makes two attempts, and both are recorded."""
    if not family.is_async:
        pytest.skip("one thread sends one after the other")
    module = family.module
    both_sent = threading.Barrier(2)

    class Leaf(module.AsyncBaseTransport):  # type: ignore[name-defined,misc]
        async def handle_async_request(self, request: Any) -> Any:
            await request.aread()
            await asyncio.to_thread(both_sent.wait)
            return module.Response(200, json={"type": "message"})

    class Hedging(module.AsyncBaseTransport):  # type: ignore[name-defined,misc]
        def __init__(self) -> None:
            self.inner = Leaf()

        async def handle_async_request(self, request: Any) -> Any:
            first, second = await asyncio.gather(
                self.inner.handle_async_request(request), self.inner.handle_async_request(request)
            )
            await second.aclose()
            return first

    url = "https://my-resource.services.ai.azure.com/anthropic/v1/messages"
    assert post(family, Hedging(), url).status_code == 200
    assert sorted(seen.attempt_number for seen in instrumented.observations) == [1, 2]
    assert len({seen.call_id for seen in instrumented.observations}) == 1


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("native", [False, True], ids=["our spans", "SDK's spans"])
def test_below_the_sdk(native: bool, is_async: bool, instrumented: Capture) -> None:
    """Retries of the transport inside retries of the SDK are attempts of one call, under one span."""
    family = Family(sdk_httpx, is_async)
    with FakeFoundry((429, 529, 200), retry_after_s=0) as foundry:
        client = make_client(
            is_async,
            transport=wrapping(family, tries=2),
            base_url=foundry.base_url,
            max_retries=1,
            open_telemetry={"tracer_provider": instrumented.tracer_provider} if native else False,
        )

        async def scenario() -> None:
            await call(client)
            await close(client)

        asyncio.run(scenario())
        assert len(foundry.requests) == 3
    assert reported(instrumented) == [(1, 429, "error"), (2, 529, "error"), (3, 200, "ok")]
    if native:
        owner = instrumented.spans[-1]
        assert [span.name for span in instrumented.spans] == ["POST"] * 3 + ["anthropic.messages.create"]
        assert {span.parent and span.parent.span_id for span in instrumented.spans[:3]} == {
            owner.context.span_id
        }


def test_spans_of_ours_are_siblings(family: Family, instrumented: Capture) -> None:
    """Each attempt has a span of its own below that of the application, none below another attempt's."""
    tracer = instrumented.tracer_provider.get_tracer("test")
    with FakeFoundry((429, 200)) as foundry, tracer.start_as_current_span("work") as work:
        post(family, wrapping(family), f"{foundry.base_url}/v1/messages")
        sent = [request.headers["traceparent"].split("-")[2] for request in foundry.requests]
    spans = instrumented.spans[:-1]
    assert [span.parent and span.parent.span_id for span in spans] == [work.get_span_context().span_id] * 2
    assert sent == [f"{span.context.span_id:016x}" for span in spans]


def test_with_hooks_open_too(family: Family, instrumented: Capture) -> None:
    """Public hooks of the same client count no attempt a second time."""
    with FakeFoundry((429, 200)) as foundry:

        async def scenario() -> None:
            client = family.client(
                transport=wrapping(family),
                trust_env=False,
                event_hooks=hooks_of(instrumented, family.is_async),
            )
            async with client:
                await client.request("POST", f"{foundry.base_url}/v1/messages", json=ASKED)

        family.run(scenario)
    assert reported(instrumented) == [(1, 429, "error"), (2, 200, "ok")]


def methods(family: Family) -> list[object]:
    """The method of each transport class of the family that sends."""
    module = family.module
    names = {"HTTPTransport": "handle_request", "AsyncHTTPTransport": "handle_async_request"}
    return [vars(getattr(module, cls))[name] for cls, name in names.items()]


def test_nothing_is_patched_without_need(family: Family, instrumented: Capture) -> None:
    """A client with the family's own transport leaves every transport class as it is."""
    before = methods(family)
    with FakeFoundry(200) as foundry:
        post(family, leaf(family), f"{foundry.base_url}/v1/messages")
    assert methods(family) == before
    assert len(instrumented.observations) == 1


def test_uninstrument_puts_the_methods_back(family: Family, capture: Capture) -> None:
    """After `uninstrument()` each class has the very method it came with, the user's own classes too."""
    transport = derived(family)
    own = vars(type(transport)).copy()
    before = methods(family)
    foundry_telemetry.instrument(**capture.options)
    with FakeFoundry(200) as foundry:
        post(family, transport, f"{foundry.base_url}/v1/messages")
        assert methods(family) != before
    foundry_telemetry.uninstrument()
    assert methods(family) == before
    assert dict(vars(type(transport))) == dict(own)


@pytest.fixture
def http_instrumentor(family: Family) -> Iterator[Any]:
    """The family's HTTP instrumentor; off again behind the test."""
    kind = HTTPXClientInstrumentor if family.module is httpx else HTTPX2ClientInstrumentor
    instrumentor = kind()
    yield instrumentor
    if instrumentor.is_instrumented_by_opentelemetry:
        instrumentor.uninstrument()


@pytest.mark.parametrize("ours_first", [False, True], ids=["theirs first", "ours first"])
@pytest.mark.parametrize("theirs_ends_first", [False, True], ids=["ours ends first", "theirs ends first"])
def test_beside_an_http_instrumentor(
    theirs_ends_first: bool, ours_first: bool, family: Family, http_instrumentor: Any, capture: Capture
) -> None:
    """In whichever order both come and go, the class has its own method in the end, and counts are right."""
    before = methods(family)

    def theirs() -> None:
        http_instrumentor.instrument(tracer_provider=capture.tracer_provider)

    def ours() -> None:
        foundry_telemetry.instrument(**capture.options)
        with FakeFoundry((429, 200)) as foundry:
            post(family, wrapping(family), f"{foundry.base_url}/v1/messages")

    for start in (ours, theirs) if ours_first else (theirs, ours):
        start()
    assert reported(capture) == [(1, 429, "error"), (2, 200, "ok")]
    ends = [foundry_telemetry.uninstrument, http_instrumentor.uninstrument]
    for end in reversed(ends) if theirs_ends_first else ends:
        end()
    assert methods(family) == before


def test_a_mock_over_ours(family: Family, instrumented: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """A method that a test has put over ours is followed as well, and stays when we go."""
    with FakeFoundry(200) as foundry:
        post(family, wrapping(family), f"{foundry.base_url}/v1/messages")
    module = family.module
    answers = iter((429, 200))

    def mocked(self: Any, request: Any) -> Any:
        return module.Response(next(answers), json={"type": "message"})

    async def mocked_async(self: Any, request: Any) -> Any:
        return module.Response(next(answers), json={"type": "message"})

    before = methods(family)
    with monkeypatch.context() as patched:
        patched.setattr(module.HTTPTransport, "handle_request", mocked)
        patched.setattr(module.AsyncHTTPTransport, "handle_async_request", mocked_async)
        post(family, wrapping(family), "https://my-resource.services.ai.azure.com/anthropic/v1/messages")
    assert [seen.status_code for seen in instrumented.observations] == [200, 429, 200]
    assert methods(family) == before
