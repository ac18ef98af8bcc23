"""Next to the SDK's native span (N), a GenAI instrumentor (G) and the HTTP instrumentor (H), in every mix.

Over loopback, since the HTTP instrumentor makes spans only for the families' own transports. Our own spans
are O for the call and P for an attempt below somebody else's span; A is a span of the application.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import product
from typing import Any, NamedTuple

import pytest
from anthropic import _base_client
from opentelemetry import baggage, metrics, trace
from opentelemetry import context as context_api
from opentelemetry._logs import NoOpLoggerProvider
from opentelemetry.instrumentation import httpx as otel_httpx
from opentelemetry.instrumentation.genai.anthropic import AnthropicInstrumentor
from opentelemetry.instrumentation.httpx import HTTPX2ClientInstrumentor, HTTPXClientInstrumentor
from opentelemetry.instrumentation.utils import suppress_http_instrumentation
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

import foundry_telemetry
from foundry_telemetry.signals.duplicate_telemetry import doubling
from foundry_telemetry.testing import FakeFoundry, Item
from tests.instrumentation.sdk import call, close, hooks_of, make_client, middleware_of, no_waits
from tests.support.capture import Capture
from tests.support.families import Family, has_prices, httpx, pieces, sdk_httpx

SCOPES = {
    "com.anthropic.sdk.python.foundry": "N",
    "opentelemetry.instrumentation.genai.anthropic": "G",
    "opentelemetry.instrumentation.httpx": "H",
    "application": "A",
}
INSTRUMENTORS = {"httpx": HTTPXClientInstrumentor, "httpx2": HTTPX2ClientInstrumentor}
SCRIPTS: dict[str, tuple[list[Item], str]] = {
    "plain": ([200], "create"),
    "stream": ([200], "create_stream"),
    "retry": ([429, 200], "create"),
}


class Mix(NamedTuple):
    """Who else is watching, and what they see."""

    native: bool
    http: bool
    genai: bool
    is_async: bool
    script: str
    http_spans: str

    @property
    def attempts(self) -> int:
        """How many requests leave."""
        return len(SCRIPTS[self.script][0])

    @property
    def has_http_span(self) -> bool:
        """Whether each attempt has a span of the HTTP instrumentor."""
        return self.http and self.http_spans == "keep"

    @property
    def owner(self) -> str:
        """Whose span stands for the call; the inner one where two do."""
        return "N" if self.native else "G" if self.genai else "O"

    def __str__(self) -> str:
        others = [name for name in ("native", "http", "genai") if getattr(self, name)]
        kind = "async" if self.is_async else "sync"
        return "-".join(["+".join(others) or "alone", kind, self.script, self.http_spans])


MIXES = [Mix(*each) for each in product(*[[True, False]] * 3, [False, True], SCRIPTS, ["keep", "suppress"])]


class Server:
    """A fake service whose script each test sets."""

    def __init__(self) -> None:
        self.script: list[Item] = []
        self.foundry = FakeFoundry(lambda _: self.script.pop(0))

    def sent(self) -> list[Any]:
        """Headers of the requests since the last time."""
        taken, self._seen = self.foundry.requests[self._seen :], len(self.foundry.requests)
        return [request.headers for request in taken]

    _seen = 0


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One server for all; starting it takes longer than a test."""
    server = Server()
    with server.foundry:
        yield server


@pytest.fixture(autouse=True)
def _without_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    original = _base_client.BaseClient._calculate_retry_timeout
    monkeypatch.setattr(_base_client.BaseClient, "_calculate_retry_timeout", no_waits([], original))


def run_mix(
    mix: Mix,
    server: Server,
    capture: Capture,
    tracer_provider: Any,
    integration: str = "process",
    **options: Any,
) -> None:
    """Make the call of the mix below a span of the application, with baggage in its context."""
    server.sent()
    script, form = SCRIPTS[mix.script]
    server.script = list(script)
    providers = {"tracer_provider": tracer_provider, "meter_provider": capture.meter_provider}

    async def scenario() -> None:
        client = make_client(
            mix.is_async,
            base_url=server.foundry.base_url,
            open_telemetry={"tracer_provider": tracer_provider} if mix.native else False,
            middleware=[middleware_of(capture)] if integration == "middleware" else [],
            event_hooks=hooks_of(capture, mix.is_async) if integration == "hooks" else None,
        )
        token = context_api.attach(baggage.set_baggage("user", "CANARY-BAGGAGE"))
        try:
            with trace.get_tracer("application", tracer_provider=tracer_provider).start_as_current_span("A"):
                await call(client, form)
        finally:
            context_api.detach(token)
            await close(client)

    with ExitStack() as stack:
        if mix.http:
            instrumentor = INSTRUMENTORS[sdk_httpx.__name__]()
            instrumentor.instrument(**providers)
            stack.callback(instrumentor.uninstrument)
        if mix.genai:
            genai = AnthropicInstrumentor()
            genai.instrument(**providers, logger_provider=capture.logger_provider)
            stack.callback(genai.uninstrument)
        ours = {"tracer_provider": tracer_provider, "http_spans": mix.http_spans}
        if integration == "process":
            foundry_telemetry.instrument(**capture.options | ours | options)
        asyncio.run(scenario())


def letter(span: ReadableSpan) -> str:
    """Whose span it is."""
    scope = span.instrumentation_scope
    assert scope is not None
    if scope.name == "foundry_telemetry":
        return "P" if span.name == "POST" else "O"
    return SCOPES[scope.name]


def tree(capture: Capture) -> Counter[str]:
    """Each span with its parent, such as ``N/A``."""
    by_id = {span.context.span_id: letter(span) for span in capture.spans}
    assert len({span.context.trace_id for span in capture.spans}) == 1
    return Counter(
        f"{by_id[span.parent.span_id]}/{letter(span)}" if span.parent else letter(span)
        for span in capture.spans
    )


def spans_of(capture: Capture, whose: str) -> list[dict[str, Any]]:
    """Attributes of somebody's spans, in the order they started."""
    spans = sorted(capture.spans, key=lambda span: span.start_time or 0)
    return [dict(span.attributes or {}) for span in spans if letter(span) == whose]


def expected_tree(mix: Mix) -> Counter[str]:
    """The table of the design, row by row."""
    edges = Counter(["A"])
    if mix.genai:
        edges["A/G"] += 1
    if mix.native:
        edges["G/N" if mix.genai else "A/N"] += 1
    if mix.owner == "O":
        edges["A/O"] += mix.attempts
    if mix.has_http_span:
        edges[f"{mix.owner}/H"] += mix.attempts
    elif mix.owner != "O" and mix.attempts > 1:
        edges[f"{mix.owner}/P"] += mix.attempts
    return edges


def our_metrics(capture: Capture) -> dict[str, list[Any]]:
    """Data points of our own metrics, by name."""
    data = capture.reader.get_metrics_data()
    return {
        metric.name: list(metric.data.data_points)
        for resource in (data.resource_metrics if data else ())
        for scope in resource.scope_metrics
        if scope.scope.name == "foundry_telemetry"
        for metric in scope.metrics
        if metric.data.data_points
    }


def hex_ids(capture: Capture, whose: str) -> list[str]:
    """Span ids of somebody's spans, in the order they started."""
    spans = sorted(capture.spans, key=lambda span: span.start_time or 0)
    return [f"{span.context.span_id:016x}" for span in spans if letter(span) == whose]


@pytest.mark.row(59)
@pytest.mark.parametrize("mix", MIXES, ids=str)
def test_mix(mix: Mix, server: Server, capture: Capture) -> None:
    """Every row of the table: spans and parents, usage once, ids in place, metrics once, one traceparent."""
    run_mix(mix, server, capture, capture.tracer_provider)
    assert tree(capture) == expected_tree(mix)
    check_usage(mix, capture)
    check_ids(mix, capture)
    check_resends(mix, capture)
    check_metrics(mix, capture)
    check_wire(mix, server, capture)
    call_ids = [event["foundry.call.id"] for event in capture.ledger]
    assert call_ids == [seen.call_id for seen in capture.observations]
    owners = hex_ids(capture, mix.owner)
    assert call_ids == owners[:1] * mix.attempts


def check_usage(mix: Mix, capture: Capture) -> None:
    """Usage stands where it stood without us; on ours only where nobody else has the call, and there once."""
    with_usage = Counter(
        letter(span)
        for span in capture.spans
        if any(name.startswith("gen_ai.usage.") for name in span.attributes or {})
    )
    assert with_usage == Counter("N" * mix.native + "G" * mix.genai or "O")


def check_ids(mix: Mix, capture: Capture) -> None:
    """Azure's id is on the inner span of the call (the last attempt wins) and on our spans of attempts."""
    ids = [seen.ids.apim_request_id for seen in capture.observations]
    assert len(set(ids)) == mix.attempts
    name = "azure.service.request.id"
    found = {whose: [each.get(name) for each in spans_of(capture, whose)] for whose in "AGNHOP"}
    assert found.pop(mix.owner) == (ids if mix.owner == "O" else ids[-1:])
    assert found.pop("P") in ([], ids)
    assert not [each for others in found.values() for each in others if each is not None]
    (owner, *_) = spans_of(capture, mix.owner)
    assert owner["gen_ai.system"] == "anthropic"
    own = {"azure.resource_provider.namespace", "foundry.auth.scheme"}
    assert own & owner.keys() == (own if mix.owner == "O" else set())
    if mix.owner == "N":  # it has the host, and the reason as sent
        assert not {"foundry.resource", "gen_ai.response.finish_reasons"} & owner.keys()


def check_resends(mix: Mix, capture: Capture) -> None:
    """The count of resends is on our spans of second attempts; the attempts of a call are counted."""
    for whose in "OP":
        counts = [each.get("http.request.resend_count") for each in spans_of(capture, whose)]
        assert counts in ([], [None], [None, 1])
    owner = spans_of(capture, mix.owner)[-1]
    assert owner["foundry.attempt.count"] == mix.attempts
    if mix.native:
        assert owner.get("http.request.resend_count", 0) == mix.attempts - 1
    assert owner.get("foundry.last_error.type") == (
        "rate_limited" if mix.attempts > 1 and mix.owner != "O" else None
    )


def check_metrics(mix: Mix, capture: Capture) -> None:
    """The standard metrics are ours only where no GenAI instrumentor records them, and once per call."""
    ours = our_metrics(capture)
    standard = {name for name in ours if name.startswith("gen_ai.")}
    if mix.genai:
        assert not standard
    else:
        assert standard == {
            "gen_ai.client.operation.duration",
            "gen_ai.client.token.usage",
            *(["gen_ai.client.operation.time_to_first_chunk"] if mix.script == "stream" else []),
        }
        ended = sum(point.count for point in ours["gen_ai.client.operation.duration"])
        assert ended == (mix.attempts if mix.owner == "O" else 1)
    assert {name for name in ours if name.startswith("foundry.")} == {
        "foundry.client.attempt.duration",
        "foundry.client.cost" if has_prices else "foundry.client.cost.unpriced_attempts",
        "foundry.client.quota.used",
        "foundry.client.token.usage",
        "foundry.telemetry.heartbeat",
    }
    assert sum(point.count for point in ours["foundry.client.attempt.duration"]) == mix.attempts


def check_wire(mix: Mix, server: Server, capture: Capture) -> None:
    """One traceparent at most, of the innermost span there is; baggage only where others send it."""
    sent = server.sent()
    assert len(sent) == mix.attempts
    if mix.has_http_span:
        writers = hex_ids(capture, "H")
    elif mix.owner == "G" and mix.http_spans == "keep":
        writers = []  # as without us: it is the instrumentor's to decide
    else:
        writers = hex_ids(capture, mix.owner)
    parents = [headers["traceparent"] for headers in sent if "traceparent" in headers]
    assert all(parent.count("-") == 3 for parent in parents)
    written = [parent.split("-")[2] for parent in parents]
    assert written == (writers if len(writers) == mix.attempts else writers * mix.attempts)
    # The native span and the HTTP instrumentor send it by the global propagator; we never do.
    assert ["baggage" in headers for headers in sent] == [mix.has_http_span or mix.native] * mix.attempts


@pytest.mark.parametrize(
    "mix", [mix for mix in MIXES if mix.script != "plain" and mix.http_spans == "keep"], ids=str
)
def test_sampled_out(mix: Mix, server: Server, capture: Capture) -> None:
    """In a trace that is not sampled there are no spans, and metrics and ledger are as ever."""
    run_mix(mix, server, capture, TracerProvider(sampler=ALWAYS_OFF, shutdown_on_exit=False))
    assert capture.spans == []
    check_metrics(mix, capture)
    assert [event["foundry.attempt.number"] for event in capture.ledger] == [1, 2][: mix.attempts]
    assert len({event["foundry.call.id"] for event in capture.ledger}) == 1
    logs = [item.log_record for item in capture.log_exporter.get_finished_logs()]
    ledger = [record for record in logs if record.event_name == "foundry.attempt"]
    assert len({record.trace_id for record in ledger}) == 1
    assert ledger[0].trace_id
    for headers in server.sent():
        if mix.owner == "G" and not mix.has_http_span:
            assert "traceparent" not in headers
        else:
            assert not int(headers["traceparent"].split("-")[3], 16) & 1


@pytest.mark.parametrize(
    "mix",
    [mix for mix in MIXES if not (mix.http or mix.genai) and mix.http_spans == "keep"],
    ids=str,
)
def test_no_provider(mix: Mix, server: Server, capture: Capture) -> None:
    """Where the application set nothing up, nothing is made up: sinks are called, nothing is propagated."""
    nothing = {
        "meter_provider": metrics.NoOpMeterProvider(),
        "logger_provider": NoOpLoggerProvider(),
    }
    run_mix(mix, server, capture, trace.NoOpTracerProvider(), **nothing)
    assert [seen.attempt_number for seen in capture.observations] == [1, 2][: mix.attempts]
    assert all(len(seen.call_id) == 16 and int(seen.call_id, 16) for seen in capture.observations)
    assert capture.spans == capture.ledger == []
    assert not [headers for headers in server.sent() if "traceparent" in headers]


@pytest.mark.row(59)
def test_double_usage_is_reported_once(
    server: Server, capture: Capture, caplog: pytest.LogCaptureFixture
) -> None:
    """Native and GenAI spans together double every token sum without us; we say so, once."""
    doubling.clear()
    mix = Mix(native=True, http=False, genai=True, is_async=False, script="retry", http_spans="keep")
    run_mix(mix, server, capture, capture.tracer_provider)
    run_mix(mix, server, capture, capture.tracer_provider)
    reported = [record for record in caplog.records if record.name == "foundry_telemetry"]
    assert [record.levelno for record in reported] == [logging.WARNING]
    assert "open_telemetry=False" in reported[0].getMessage()
    scopes = ("com.anthropic.sdk.python.foundry", "opentelemetry.instrumentation.genai.anthropic")
    assert all(scope in reported[0].getMessage() for scope in scopes)
    assert doubling.attempts == {scopes: 4}


@pytest.fixture(params=[True, False], ids=["http", "no-http"])
def http(request: pytest.FixtureRequest, family: Family, capture: Capture) -> Iterator[bool]:
    """Whether the HTTP instrumentor of the family is on."""
    instrumentor = INSTRUMENTORS[family.module.__name__]()
    if request.param:
        instrumentor.instrument(tracer_provider=capture.tracer_provider)
    yield request.param
    if request.param:
        instrumentor.uninstrument()


@pytest.mark.row(58)
@pytest.mark.parametrize("http_spans", ["keep", "suppress"])
@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "stream"])
def test_raw_clients(  # noqa: PLR0917 - fixtures and parameters
    family: Family, http: bool, streamed: bool, http_spans: str, server: Server, capture: Capture
) -> None:
    """Without an SDK the call's span is ours, the parent of the HTTP span, and ends with the body."""
    server.sent()
    server.script = [200]
    foundry_telemetry.instrument(**capture.options | {"http_spans": http_spans})

    async def scenario() -> None:
        async with (
            family.client(verify=False, trust_env=False) as client,
            client.stream(
                "POST",
                f"{server.foundry.base_url}/v1/messages",
                json={"model": "m", "stream": streamed},
            ) as response,
        ):
            assert "O" not in {letter(span) for span in capture.spans}
            async for _ in pieces(response):
                pass

    family.run(scenario)
    kept = http and http_spans == "keep"
    assert tree(capture) == Counter(["O", "O/H"] if kept else ["O"])
    (headers,) = server.sent()
    assert headers["traceparent"].split("-")[2] == hex_ids(capture, "H" if kept else "O")[0]
    assert "baggage" not in headers
    (own,) = spans_of(capture, "O")
    assert own["gen_ai.usage.output_tokens"] == capture.observations[0].usage.output_tokens
    assert own["azure.service.request.id"] == capture.observations[0].ids.apim_request_id
    assert capture.observations[0].connect_s is not None


TRANSPORTS = {
    "httpx": ("SyncOpenTelemetryTransport", "AsyncOpenTelemetryTransport"),
    "httpx2": ("SyncOpenTelemetryTransportHttpx2", "AsyncOpenTelemetryTransportHttpx2"),
}
"""Names, for those of a family that is not installed are not there."""


@pytest.mark.row(58)
@pytest.mark.parametrize("how", ["instrument_client", "transport"])
def test_one_client_with_http_spans(family: Family, how: str, server: Server, capture: Capture) -> None:
    """An HTTP instrumentor on one client, or as its transport, is recognised like one for the process."""
    server.sent()
    server.script = [200]
    foundry_telemetry.instrument(**capture.options)
    options: dict[str, Any] = {}
    if how == "transport":
        kind = family.module.AsyncHTTPTransport if family.is_async else family.module.HTTPTransport
        wrap = getattr(otel_httpx, TRANSPORTS[family.module.__name__][family.is_async])
        options["transport"] = wrap(kind(verify=False), tracer_provider=capture.tracer_provider)

    async def scenario() -> None:
        async with family.client(verify=False, trust_env=False, **options) as client:
            if how == "instrument_client":
                INSTRUMENTORS[family.module.__name__].instrument_client(
                    client.raw, tracer_provider=capture.tracer_provider
                )
            await client.request("POST", f"{server.foundry.base_url}/v1/messages", json={})

    family.run(scenario)
    assert tree(capture) == Counter(["O", "O/H"])
    (headers,) = server.sent()
    assert headers["traceparent"].split("-")[2] == hex_ids(capture, "H")[0]


def test_http_spans_silenced_by_the_application(
    family: Family, http: bool, server: Server, capture: Capture
) -> None:
    """Where the application silences the HTTP instrumentor itself, the trace context is ours to write."""
    server.sent()
    server.script = [200]
    foundry_telemetry.instrument(**capture.options)

    async def scenario() -> None:
        async with family.client(verify=False, trust_env=False) as client:
            with suppress_http_instrumentation():
                await client.request("POST", f"{server.foundry.base_url}/v1/messages", json={})

    family.run(scenario)
    assert tree(capture) == Counter(["O"])
    (headers,) = server.sent()
    assert headers["traceparent"].split("-")[2] == hex_ids(capture, "O")[0]


@pytest.mark.parametrize("integration", ["hooks", "middleware"])
@pytest.mark.parametrize(
    "mix",
    [
        Mix(True, http, False, is_async, "retry", "keep")
        for http, is_async in (product([True, False], [True, False]))
    ],
    ids=str,
)
def test_light_integrations_see_the_http_spans_too(
    mix: Mix, integration: str, server: Server, capture: Capture
) -> None:
    """Integrations that never see the transport leave the attempts to the HTTP instrumentor as well."""
    run_mix(mix, server, capture, capture.tracer_provider, integration=integration)
    assert tree(capture) == expected_tree(mix)


@pytest.mark.parametrize("http_spans", ["keep", "suppress"])
def test_a_traceparent_of_the_user_is_unchanged(
    family: Family, http_spans: str, server: Server, capture: Capture
) -> None:
    """A trace context that the application wrote by hand reaches the service as it was written."""
    server.sent()
    server.script = [200]
    theirs = f"00-{1:032x}-{2:016x}-01"
    foundry_telemetry.instrument(**capture.options | {"http_spans": http_spans})

    async def scenario() -> None:
        async with family.client(verify=False, trust_env=False) as client:
            url = f"{server.foundry.base_url}/v1/messages"
            await client.request("POST", url, json={}, headers={"traceparent": theirs})

    family.run(scenario)
    assert [headers["traceparent"] for headers in server.sent()] == [theirs]


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_other_requests_keep_their_http_span(is_async: bool, server: Server, capture: Capture) -> None:
    """``http_spans="suppress"`` silences the HTTP instrumentor for Foundry attempts only."""
    server.script = [200, 200]
    family = Family(httpx, is_async)
    instrumentor = INSTRUMENTORS[httpx.__name__]()
    instrumentor.instrument(tracer_provider=capture.tracer_provider)
    foundry_telemetry.instrument(**capture.options | {"http_spans": "suppress"})

    async def scenario() -> None:
        async with family.client(verify=False, trust_env=False) as client:
            await client.request("POST", f"{server.foundry.base_url}/v1/messages", json={})
            await client.request("POST", f"http://{server.foundry.host}/other", json={})

    try:
        family.run(scenario)
    finally:
        instrumentor.uninstrument()
    assert [letter(span) for span in capture.spans] == ["O", "H"]
    assert capture.spans[1].parent is None
