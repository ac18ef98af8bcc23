"""Behind a framework that has a span for each call: tokens stand on one span, whichever of us writes them."""

from __future__ import annotations

import asyncio
import contextvars
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanKind

import foundry_telemetry
from foundry_telemetry.signals.duplicate_telemetry import doubling
from foundry_telemetry.signals.open_spans import open_spans, watch
from foundry_telemetry.testing import FakeFoundry, Item
from tests.instrumentation.frameworks import CHAT, FRAMEWORKS, Framework, tokens_on
from tests.support.capture import Capture
from tests.support.families import FAMILIES, Face, Family, httpx, pieces

ROOT = Path(__file__).parents[2]
UNAWARE = Framework("somebody", "chat", at_start=CHAT)
"""Of a library, or an application, that writes no usage."""


class Service:
    """A fake service, and what is asked of it."""

    def __init__(self) -> None:
        self.script: list[Item] = []
        self.foundry = FakeFoundry(lambda _: self.script.pop(0) if self.script else 200)

    async def ask(self, client: Face, *, stream: bool = False, model: str = "dep") -> None:
        """One attempt, read to the end."""
        async with client.stream("POST", self.url, json={"model": model, "stream": stream}) as response:
            async for _ in pieces(response):
                pass

    @property
    def url(self) -> str:
        """Of the messages."""
        return f"{self.foundry.base_url}/v1/messages"


@pytest.fixture(scope="module")
def server() -> Iterator[Service]:
    """One for all."""
    service = Service()
    with service.foundry:
        yield service


@pytest.fixture
def service(server: Service) -> Service:
    """Without what an earlier test left."""
    server.script = []
    return server


@pytest.fixture(autouse=True)
def _instrumented(capture: Capture) -> None:
    doubling.clear()
    foundry_telemetry.instrument(**capture.options)


@pytest.fixture(params=FAMILIES, ids=str)
def family(request: pytest.FixtureRequest) -> Family:
    """Each client class."""
    family: Family = request.param
    return family


def served(capture: Capture) -> int:
    """Input and output tokens of all attempts that were answered."""
    usages = [seen.usage for seen in capture.observations if seen.outcome == "ok"]
    return sum((usage.total_input_tokens or 0) + (usage.output_tokens or 0) for usage in usages)


def reported(capture: Capture) -> tuple[int, int]:
    """What a framework reads out of the last answer."""
    usage = capture.observations[-1].usage
    return usage.total_input_tokens or 0, usage.output_tokens or 0


def of_scope(capture: Capture, scope: str) -> list[ReadableSpan]:
    """The finished spans of one library."""
    return [
        span
        for span in capture.spans
        if span.instrumentation_scope and span.instrumentation_scope.name == scope
    ]


def tracer_of(capture: Capture, framework: Framework) -> Any:
    """The tracer of a framework."""
    return capture.tracer_provider.get_tracer(framework.scope)


def run_below(
    framework: Framework,
    family: Family,
    service: Service,
    capture: Capture,
    *,
    writes: bool,
    stream: bool = False,
    attempts: int = 1,
) -> None:
    """A call of a framework below a span of the application."""

    async def scenario() -> None:
        tracer = tracer_of(capture, framework)
        with trace.get_tracer("application", tracer_provider=capture.tracer_provider).start_as_current_span(
            "A"
        ):
            async with family.client(verify=False, trust_env=False) as client:
                with framework.span(tracer, "dep") as span:
                    for _ in range(attempts):
                        await service.ask(client, stream=stream)
                    if writes:
                        framework.write_usage(span, reported(capture))

    family.run(scenario)


@pytest.mark.row(59)
@pytest.mark.parametrize("writes", [True, False], ids=["writes", "unaware"])
@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
@pytest.mark.parametrize("name", FRAMEWORKS)
def test_tokens_stand_on_one_span(  # noqa: PLR0917 - fixtures and parameters
    name: str, stream: bool, writes: bool, family: Family, service: Service, capture: Capture
) -> None:
    """A call of a framework has no second span with its tokens, and one where the framework writes none."""
    framework = FRAMEWORKS[name]
    run_below(framework, family, service, capture, writes=writes, stream=stream)
    assert tokens_on(capture.spans) == [served(capture)]
    (span,) = of_scope(capture, framework.scope)
    attributes = dict(span.attributes or {})
    assert set(framework.usage if writes else UNAWARE.usage) <= attributes.keys()
    assert attributes["azure.service.request.id"] == capture.observations[0].ids.apim_request_id
    assert of_scope(capture, "foundry_telemetry") == []
    (event,) = capture.ledger
    assert event["foundry.call.id"] == f"{span.context.span_id:016x}"


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_retry(name: str, family: Family, service: Service, capture: Capture) -> None:
    """A failed attempt and the one after it belong to the framework's span; neither child has usage."""
    service.script = [529, 200]
    framework = FRAMEWORKS[name]
    run_below(framework, family, service, capture, writes=True, attempts=2)
    assert tokens_on(capture.spans) == [served(capture)]
    (owner,) = of_scope(capture, framework.scope)
    ours = of_scope(capture, "foundry_telemetry")
    assert [span.name for span in ours] == ["POST", "POST"]
    assert {span.parent.span_id for span in ours if span.parent} == {owner.context.span_id}
    assert {event["foundry.call.id"] for event in capture.ledger} == {f"{owner.context.span_id:016x}"}


@pytest.mark.parametrize("around", [name for name, each in FRAMEWORKS.items() if each.is_current])
def test_retry_below_spans_of_two_libraries(
    around: str, family: Family, service: Service, capture: Capture
) -> None:
    """A call and its retry are one where each has a root span of one library with another's in it."""
    service.script = [529, 200]
    outer, inner = FRAMEWORKS[around], UNAWARE

    async def scenario() -> None:
        async with family.client(verify=False, trust_env=False) as client:
            for _ in range(2):
                with outer.span(tracer_of(capture, outer)), inner.span(tracer_of(capture, inner)):
                    await service.ask(client)

    family.run(scenario)
    first, second = capture.ledger
    assert first["foundry.call.id"] == second["foundry.call.id"]
    assert [first["foundry.attempt.number"], second["foundry.attempt.number"]] == [1, 2]


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_as_root(name: str, family: Family, service: Service, capture: Capture) -> None:
    """The same where no span of the application is above it."""
    framework = FRAMEWORKS[name]

    async def scenario() -> None:
        async with family.client(verify=False, trust_env=False) as client:
            with framework.span(tracer_of(capture, framework)):
                await service.ask(client)

    family.run(scenario)
    assert tokens_on(capture.spans) == [served(capture)]
    assert len(capture.spans) == 1


def test_several_calls_below_one_span(family: Family, service: Service, capture: Capture) -> None:
    """The tokens of all calls that one span stands for are on it, where nobody else writes them."""
    run_below(UNAWARE, family, service, capture, writes=False, attempts=3)
    assert tokens_on(capture.spans) == [served(capture)]
    assert len(capture.observations) == 3


def test_span_that_ended_before_the_body(family: Family, service: Service, capture: Capture) -> None:
    """A span that ends at the headers, without usage, is followed by one of ours that has it."""
    theirs = tracer_of(capture, UNAWARE).start_span(UNAWARE.name, attributes=UNAWARE.at_start)

    async def scenario() -> None:
        asked = {"model": "dep", "stream": True}
        async with family.client(verify=False, trust_env=False) as client:
            with trace.use_span(theirs):
                request = client.raw.build_request("POST", service.url, json=asked)
                response = await client.send(request, stream=True)
            theirs.end()
            async for _ in pieces(response):
                pass

    family.run(scenario)
    assert tokens_on(capture.spans) == [served(capture)]
    (ours,) = of_scope(capture, "foundry_telemetry")
    assert ours.name == "chat dep"
    assert ours.parent == theirs.get_span_context()
    assert (ours.attributes or {})["foundry.outcome"] == "ok"


@pytest.mark.parametrize("how", ["task", "to_thread", "copied context"])
def test_span_goes_with_the_context(how: str, service: Service, capture: Capture) -> None:
    """A span that is not current is found in tasks and threads that inherit the context it began in."""
    framework = FRAMEWORKS["traceloop"]

    def ask() -> None:
        with httpx.Client(verify=False, trust_env=False) as client:
            client.post(service.url, json={"model": "dep"}).read()

    async def ask_async() -> None:
        async with httpx.AsyncClient(verify=False, trust_env=False) as client:
            await client.post(service.url, json={"model": "dep"})

    async def scenario() -> None:
        if how == "task":
            await asyncio.create_task(ask_async())
        else:
            await asyncio.to_thread(ask)

    with framework.span(tracer_of(capture, framework)):
        if how == "copied context":
            with ThreadPoolExecutor(1) as pool:
                pool.submit(contextvars.copy_context().run, ask).result()
        else:
            asyncio.run(scenario())
    assert tokens_on(capture.spans) == [served(capture)]
    assert len(capture.spans) == 1


def test_calls_at_the_same_time(service: Service, capture: Capture) -> None:
    """Of several calls under way below one span of the application each has its own framework's span."""
    framework = FRAMEWORKS["traceloop"]

    async def one(client: Any) -> str:
        with framework.span(tracer_of(capture, framework), "dep") as span:
            answered = await client.post(service.url, json={"model": "dep"})
            return f"{span.get_span_context().span_id:016x} {answered.headers['apim-request-id']}"

    async def scenario() -> list[str]:
        async with httpx.AsyncClient(verify=False, trust_env=False) as client:
            return await asyncio.gather(*(one(client) for _ in range(8)))

    with trace.get_tracer("application", tracer_provider=capture.tracer_provider).start_as_current_span("A"):
        pairs = asyncio.run(scenario())
    events = capture.ledger
    assert sorted(pairs) == sorted(
        f"{event['foundry.call.id']} {event['azure.service.request.id']}" for event in events
    )
    assert len(tokens_on(capture.spans)) == 8
    assert sum(tokens_on(capture.spans)) == served(capture)


def test_counting_before_the_call(service: Service, capture: Capture) -> None:
    """A framework that counts the tokens first still has the span of the call itself."""
    framework = FRAMEWORKS["traceloop"]
    with (
        httpx.Client(verify=False, trust_env=False) as client,
        framework.span(tracer_of(capture, framework), "dep") as span,
    ):
        client.post(f"{service.url}/count_tokens", json={"model": "dep"})
        client.post(service.url, json={"model": "dep"})
        framework.write_usage(span, reported(capture))
    assert [seen.operation for seen in capture.observations] == ["count_tokens", "chat"]
    assert tokens_on(capture.spans) == [served(capture)]


@pytest.mark.parametrize("first", ["redirect", "cancelled"])
def test_attempts_that_are_no_answer(first: str, family: Family, capture: Capture) -> None:
    """After a redirect, or an attempt that was cancelled, the next one is of the framework's span too."""
    framework = FRAMEWORKS["traceloop"]
    script = [first, "answer"]
    usage = {"input_tokens": 1000, "output_tokens": 1}
    url = "https://example-resource.services.ai.azure.com/anthropic/v1/messages"

    def answer(_: Any) -> Any:
        step = script.pop(0)
        if step == "cancelled":
            raise asyncio.CancelledError
        if step == "redirect":
            return family.module.Response(307, headers={"location": url})
        return family.module.Response(200, json={"type": "message", "usage": usage})

    async def scenario() -> None:
        options = {"transport": family.module.MockTransport(answer), "follow_redirects": True}
        async with family.client(**options) as client:
            with framework.span(tracer_of(capture, framework), "dep") as span:
                while script:
                    with suppress(asyncio.CancelledError):
                        await client.request("POST", url, json={"model": "dep"})
                framework.write_usage(span, reported(capture))

    family.run(scenario)
    assert len(capture.observations) == 2
    assert tokens_on(capture.spans) == [1001]


@pytest.mark.parametrize(
    ("reported_model", "deployment"),
    [("azure_ai/dep", "dep"), ("dep[1m]", "dep[1m]"), ("dep", None)],
    ids=["provider", "escaped", "unknown"],
)
def test_names_that_may_be_the_same(
    reported_model: str, deployment: str | None, service: Service, capture: Capture
) -> None:
    """A name that cannot be compared does not keep the framework's span from its call."""
    framework = FRAMEWORKS["traceloop"]
    with (
        httpx.Client(verify=False, trust_env=False) as client,
        framework.span(tracer_of(capture, framework), reported_model) as span,
    ):
        client.post(service.url, json={"model": deployment} if deployment else {})
        framework.write_usage(span, reported(capture))
    assert of_scope(capture, "foundry_telemetry") == []


NOT_THEIRS = {
    "answered": {},
    "other deployment": {"gen_ai.request.model": "another"},
    "embeddings": {"gen_ai.operation.name": "embeddings"},
    "agent": {"gen_ai.operation.name": "invoke_agent"},
    "tool": {"gen_ai.operation.name": "execute_tool"},
    "chain": {"gen_ai.operation.name": "", "openinference.span.kind": "CHAIN"},
}


@pytest.mark.row(59)
@pytest.mark.parametrize("case", NOT_THEIRS)
def test_open_span_of_another_call(case: str, service: Service, capture: Capture) -> None:
    """An open span that is not current does not take a call that is not its own, so no tokens get lost."""
    framework = FRAMEWORKS["traceloop"]
    with (
        httpx.Client(verify=False, trust_env=False) as client,
        framework.span(tracer_of(capture, framework)) as span,
    ):
        span.set_attributes(NOT_THEIRS[case])
        if case == "answered":
            client.post(service.url, json={"model": "dep"})
            framework.write_usage(span, reported(capture))
        client.post(service.url, json={"model": "dep"})
    (ours,) = of_scope(capture, "foundry_telemetry")
    assert (ours.attributes or {})["foundry.outcome"] == "ok"
    assert sum(tokens_on(capture.spans)) == served(capture)


@pytest.mark.parametrize("kind", [SpanKind.SERVER, SpanKind.PRODUCER, SpanKind.CONSUMER])
def test_span_of_another_kind(kind: SpanKind, service: Service, capture: Capture) -> None:
    """A span that serves or queues is no span of a call, whatever it says."""
    framework = Framework("somebody", "chat", kind, at_start=CHAT)
    with httpx.Client(verify=False, trust_env=False) as client, framework.span(tracer_of(capture, framework)):
        client.post(service.url, json={"model": "dep"})
    assert len(of_scope(capture, "foundry_telemetry")) == 1


def test_span_below_another_one(service: Service, capture: Capture) -> None:
    """An open span that is not current counts where it hangs from the current span, not from one above."""
    framework = FRAMEWORKS["traceloop"]
    tracer = trace.get_tracer("application", tracer_provider=capture.tracer_provider)
    with (
        httpx.Client(verify=False, trust_env=False) as client,
        framework.span(tracer_of(capture, framework)),
        tracer.start_as_current_span("A"),
    ):
        client.post(service.url, json={"model": "dep"})
    assert len(of_scope(capture, "foundry_telemetry")) == 1


LATER = """
import httpx
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
import foundry_telemetry

seen = []
foundry_telemetry.instrument(sinks=[seen.append])
trace.set_tracer_provider(TracerProvider())
tracer = trace.get_tracer("opentelemetry.instrumentation.anthropic")
answer = {"usage": {"input_tokens": 1, "output_tokens": 2}}
ids = []
with httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200, json=answer))) as client:
    for _ in range(3):
        span = tracer.start_span(
            "anthropic.chat", kind=trace.SpanKind.CLIENT, attributes={"gen_ai.operation.name": "chat"}
        )
        client.post("https://r.services.ai.azure.com/anthropic/v1/messages", json={"model": "dep"})
        ids.append(f"{span.get_span_context().span_id:016x}")
        span.end()
assert len(seen) == 3
assert [one.call_id for one in seen][1:] == ids[1:], (ids, seen)
"""


def test_provider_that_comes_later() -> None:
    """Where the provider is set up after `instrument()`, other spans are seen from the first attempt on."""
    subprocess.run([sys.executable, "-c", LATER], check=True, env=os.environ | {"PYTHONPATH": str(ROOT)})


def test_ended_spans_are_not_kept(capture: Capture) -> None:
    """However many spans one context starts and ends, in whichever order, it remembers but a few."""
    tracer = capture.tracer_provider.get_tracer("application")

    def overlapping() -> int:
        before = tracer.start_span("first")
        for _ in range(500):
            span = tracer.start_span("next")
            before.end()
            before = span
        held = [tracer.start_span("open") for _ in range(100)]
        most = len(open_spans())
        for span in (before, *held):
            span.end()
        tracer.start_span("last").end()
        assert len(open_spans()) == 1
        return most

    assert contextvars.Context().run(overlapping) <= 16


@dataclass
class Foreign:
    """A provider of another library, which cannot be hashed."""

    error: Exception | None = None
    processors: list[Any] = field(default_factory=list)

    def add_span_processor(self, processor: Any) -> None:
        """Keep it, or refuse it."""
        if self.error is not None:
            raise self.error
        self.processors.append(processor)


def test_provider_of_another_library() -> None:
    """It is watched once; one that refuses our processor costs no more than what that would see."""
    provider = Foreign()
    assert watch(provider)
    assert watch(provider)
    assert len(provider.processors) == 1
    assert watch(Foreign(RuntimeError("of the provider")))
    assert not watch(trace.ProxyTracerProvider())


TRACELOOP, LLM = FRAMEWORKS["traceloop"], FRAMEWORKS["openinference"]


@pytest.mark.parametrize("order", [(TRACELOOP, LLM), (LLM, TRACELOOP)], ids=["sibling", "below"])
def test_two_frameworks_at_one_call(
    order: tuple[Framework, Framework], service: Service, capture: Capture
) -> None:
    """Two libraries with a span for one call double without us, and are named; we write none of our own."""
    outer, inner = order
    with (
        httpx.Client(verify=False, trust_env=False) as client,
        outer.span(tracer_of(capture, outer)) as first,
        inner.span(tracer_of(capture, inner)) as second,
    ):
        client.post(service.url, json={"model": "dep"})
        outer.write_usage(first, reported(capture))
        inner.write_usage(second, reported(capture))
    assert tokens_on(capture.spans) == [served(capture)] * 2
    assert doubling.attempts == {tuple(sorted((TRACELOOP.scope, LLM.scope))): 1}
