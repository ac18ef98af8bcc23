"""Calls to hosts that nobody named: those of a Foundry client are recorded, of others one line says so."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import threading
from typing import Any

import anthropic
import pytest
from opentelemetry import trace

import foundry_telemetry
from foundry_telemetry.instrumentation import tracker as tracker_module
from foundry_telemetry.instrumentation.unnamed_hosts import UnnamedHosts
from tests.instrumentation.replay import Step, replay, steps_named
from tests.instrumentation.sdk import MESSAGE, call, close, make_client
from tests.support.capture import Capture
from tests.support.families import FAMILIES, Family, httpx, sdk_has_spans, sdk_httpx

GATEWAY = "https://gw.example.com/anthropic"
URL = f"{GATEWAY}/v1/messages"
CLAUDE = {"anthropic-version": "2023-06-01", "x-api-key": "k"}
ASYNC = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])


def token(audience: object) -> str:
    """A JWT for this audience."""
    claims = base64.urlsafe_b64encode(json.dumps({"aud": audience}).encode()).rstrip(b"=").decode()
    return f"e30.{claims}.c2ln"


FOUNDRY_TOKEN = token("https://ai.azure.com")


def as_sent(user_agent: str, sdk: str, **credential: str) -> dict[str, str]:
    """The headers of a framework that has changed the user agent, as it sends them."""
    return {
        "User-Agent": user_agent,
        "X-Stainless-Lang": "python",
        "X-Stainless-Package-Version": sdk,
        "anthropic-version": "2026-10-21" if sdk.startswith("2.") else "2023-06-01",
        **credential,
    }


KEYS = {"x-api-key": "key-1", "api-key": "key-1"}
BEARER = {"Authorization": f"Bearer {FOUNDRY_TOKEN}"}
FRAMEWORKS = {
    "pydantic-ai 2.68": ("pydantic-ai/2.68.0", "2.14.0"),
    "agent-framework 1.23": ("agent-framework-python/1.23.0", "1.17.0"),
    "langchain-azure-ai 1.2": ("langchain-anthropic/1.7.10", "0.125.0"),
}
"""User agent and version of the SDK, as seen at a server; credentials are sent as the SDK's client does."""

NO_FOUNDRY_CLIENT = {
    "a plain client of the SDK": as_sent("Anthropic/Python 1.17.0", "1.17.0", **{"x-api-key": "key-1"}),
    "a plain client of the SDK 2": as_sent("Anthropic/Python 2.14.0", "2.14.0", Authorization="Bearer key-1"),
    "a token for somebody else": as_sent(
        "langchain-anthropic/1.7.10", "0.125.0", Authorization=f"Bearer {token('api://gateway')}"
    ),
    "a token whose audience is none": as_sent(
        "pydantic-ai/2.68.0", "2.14.0", Authorization=f"Bearer {token(['https://ai.azure.com'])}"
    ),
    "two keys that differ": as_sent("x/1", "2.14.0", **{"x-api-key": "key-1", "api-key": "key-2"}),
    "an empty second key": as_sent("x/1", "2.14.0", **{"x-api-key": "key-1", "api-key": ""}),
    "no SDK at all": {"anthropic-version": "2023-06-01", **KEYS, **BEARER},
}


@pytest.fixture(autouse=True)
def hosts(monkeypatch: pytest.MonkeyPatch) -> UnnamedHosts:
    """Of this test alone: what earlier ones called is not known."""
    fresh = UnnamedHosts()
    monkeypatch.setattr(tracker_module, "unnamed_hosts", fresh)
    return fresh


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was logged of unnamed hosts."""
    return [text for text in caplog.messages if "are not recorded: they look like" in text]


def post(headers: dict[str, str], *urls: str, family: Family = FAMILIES[0]) -> None:
    """One call to each URL."""

    async def scenario() -> None:
        async with family.client(transport=replay(family.module, [Step(200)] * len(urls))) as client:
            for url in urls:
                assert (await client.request("POST", url, json={}, headers=headers)).status_code == 200

    family.run(scenario)


@pytest.mark.parametrize("credential", [KEYS, BEARER], ids=["key", "entra"])
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_frameworks(
    framework: str,
    credential: dict[str, str],
    instrumented: Capture,
    family: Family,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A Foundry client behind a framework that changes its user agent is known by the credential it sends."""
    user_agent, sdk = FRAMEWORKS[framework]
    post(as_sent(user_agent, sdk, **credential), URL, family=family)
    (seen,) = instrumented.observations
    assert (seen.client, seen.server_address) == (user_agent, "gw.example.com")
    assert not lines(caplog)


@pytest.mark.parametrize("case", NO_FOUNDRY_CLIENT)
def test_no_foundry_client(case: str, instrumented: Capture, caplog: pytest.LogCaptureFixture) -> None:
    """What other clients send is no evidence: the call is not recorded, and that is said."""
    post(NO_FOUNDRY_CLIENT[case], URL)
    assert not instrumented.observations
    assert len(lines(caplog)) == 1


@ASYNC
@pytest.mark.parametrize(
    "options",
    [
        {"api_key": "key-1"},
        {"azure_ad_token_provider": lambda: FOUNDRY_TOKEN},
        {"azure_ad_token_provider": lambda: "opaque", "open_telemetry": True},
        {"azure_ad_token_provider": lambda: token("api://gateway"), "open_telemetry": True},
    ],
    ids=["key", "token for Foundry", "opaque token", "token for a gateway"],
)
def test_sdk_with_another_user_agent(options: dict[str, Any], is_async: bool, capture: Capture) -> None:
    """The real SDK's Foundry client is known without its name: by its credential, or by its own span."""
    with_spans = options.get("open_telemetry")
    if with_spans and not sdk_has_spans:
        pytest.skip("the installed anthropic opens no spans of its own")
    traces = {"open_telemetry": {"tracer_provider": capture.options["tracer_provider"]}} if with_spans else {}
    foundry_telemetry.instrument(**capture.options)
    client = make_client(
        is_async,
        steps=steps_named("ok_json_basic"),
        base_url=GATEWAY,
        default_headers={"User-Agent": "pydantic-ai/2.68.0"},
        **options | traces,
    )

    async def scenario() -> None:
        await call(client)
        await close(client)

    asyncio.run(scenario())
    assert [seen.server_address for seen in capture.observations] == ["gw.example.com"]


@pytest.mark.skipif(not sdk_has_spans, reason="the installed anthropic opens no spans of its own")
@pytest.mark.parametrize("user_agent", ["Anthropic/Python 2.14.0", "pydantic-ai/2.68.0"])
def test_plain_client_with_spans(user_agent: str, capture: Capture, caplog: pytest.LogCaptureFixture) -> None:
    """The span of a plain client of the SDK does not make its call one to Foundry."""
    foundry_telemetry.instrument(**capture.options)
    with anthropic.Anthropic(
        base_url=GATEWAY,
        api_key="key-1",
        default_headers={"User-Agent": user_agent},
        open_telemetry={"tracer_provider": capture.options["tracer_provider"]},
        http_client=sdk_httpx.Client(transport=replay(sdk_httpx, steps_named("ok_json_basic"))),
    ) as client:
        client.messages.create(**MESSAGE)  # type: ignore[call-overload]
    assert not capture.observations
    assert len(lines(caplog)) == 1


def test_tools_of_a_foundry_client(capture: Capture, caplog: pytest.LogCaptureFixture) -> None:
    """What a tool calls while a Foundry client runs it is a call of the tool's own."""
    foundry_telemetry.instrument(**capture.options)
    tracer = capture.options["tracer_provider"].get_tracer("com.anthropic.sdk.python.foundry")
    with tracer.start_as_current_span("tool", kind=trace.SpanKind.INTERNAL):
        post(CLAUDE, URL)
    assert not capture.observations
    assert len(lines(caplog)) == 1


def test_one_line_a_host(instrumented: Capture, family: Family, caplog: pytest.LogCaptureFixture) -> None:
    """However often a host is called, and on whatever port and path, one line says what to do."""
    urls = (URL, f"{URL}/count_tokens?beta=true", "http://gw.example.com:8080/v1/messages")
    post(CLAUDE, *urls, "https://other.example.com/v1/messages", family=family)
    first, second = lines(caplog)
    assert 'configure(hosts=["gw.example.com"])' in first
    assert 'instrument(hosts=["other.example.com"])' in second
    assert {record.levelno for record in caplog.records if record.message in (first, second)} == {
        logging.WARNING
    }
    assert not instrumented.observations


@pytest.mark.parametrize("host", ["gw.example.com", "127.0.0.1:8000", "[::1]:8000", "bücher.example"])
def test_advice_works(host: str, capture: Capture, caplog: pytest.LogCaptureFixture) -> None:
    """What the line says to name is taken by `hosts=`, and then the calls are recorded."""
    foundry_telemetry.instrument(**capture.options | {"hosts": ()})
    post(CLAUDE, f"https://{host}/v1/messages")
    (line,) = lines(caplog)
    named = line.partition('configure(hosts=["')[2].partition('"')[0]
    foundry_telemetry.instrument(**capture.options | {"hosts": [named]})
    post(CLAUDE, f"https://{host}/v1/messages")
    assert len(capture.observations) == 1


@pytest.mark.parametrize(
    ("url", "headers"),
    [
        ("https://api.anthropic.com/v1/messages", CLAUDE),
        ("https://API.Anthropic.com./v1/messages", CLAUDE),
        ("https://anthropic.com/v1/messages", CLAUDE),
        ("https://bedrock-mantle.us-east-1.api.aws/anthropic/v1/messages", CLAUDE),
        ("https://aws-external-anthropic.us-east-1.api.aws/v1/messages", CLAUDE),
        ("https://bedrock-runtime.us-east-1.amazonaws.com/model/m/invoke", CLAUDE),
        ("https://claude.googleapis.com/v1/messages", CLAUDE),
        ("https://us-aiplatform.googleapis.com/v1/publishers/anthropic/models/m:rawPredict", CLAUDE),
        ("https://gw.example.com/v1/messages/batches", CLAUDE),
        ("https://gw.example.com/v1/messagesx", CLAUDE),
        ("https://gw.example.com/v1/chat/completions", CLAUDE),
        ("https://gw.example.com/anthropic/v1/models", CLAUDE),
        ("https://gw.example.com/search?next=/v1/messages", CLAUDE),
        ("https://gw.example.com/v1/messages", {"x-api-key": "k"}),
    ],
)
def test_no_line(
    url: str, headers: dict[str, str], instrumented: Capture, caplog: pytest.LogCaptureFixture
) -> None:
    """Claude of Anthropic itself and of other clouds is no lost call of Foundry; nor is what is no Claude."""
    post(headers, url)
    assert not lines(caplog)
    assert not instrumented.observations


def test_twenty_hosts(instrumented: Capture, caplog: pytest.LogCaptureFixture, hosts: UnnamedHosts) -> None:
    """At most twenty hosts are logged, and no more are remembered."""
    post(CLAUDE, *(f"https://host-{number}.example.com/v1/messages" for number in range(500)))
    assert len(lines(caplog)) == 20
    assert len(hosts._known) == 20


def test_threads_log_a_host_once(instrumented: Capture, caplog: pytest.LogCaptureFixture) -> None:
    """Threads that call a host at the same time make one line of it, and twenty of a hundred hosts."""
    start = threading.Barrier(8)

    def calls() -> None:
        start.wait()
        post(CLAUDE, *(f"https://host-{number}.example.com/v1/messages" for number in range(100)))

    threads = [threading.Thread(target=calls) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(lines(caplog)) == len(set(lines(caplog))) == 20


def ask() -> None:
    """One call, without an event loop."""
    with httpx.Client(transport=replay(httpx, [Step(200)])) as client:
        assert client.post(URL, json={}, headers=CLAUDE).status_code == 200


class Calls(logging.Handler):
    """A handler that calls Claude itself, through the same host, and then raises."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Call, and raise."""
        self.count += 1
        ask()
        raise RuntimeError("a handler that fails")


def test_handlers_that_call_and_raise(instrumented: Capture) -> None:
    """A handler of the log may call the same host and may raise: the application's call is as without it."""
    handler, logger = Calls(), logging.getLogger("foundry_telemetry")
    logger.addHandler(handler)
    try:
        ask()
    finally:
        logger.removeHandler(handler)
    assert handler.count == 1


def test_hooks_have_the_last_word(instrumented: Capture, caplog: pytest.LogCaptureFixture) -> None:
    """Where hooks of their own hosts record the call, the process does not say that nobody does."""
    seen: list[Any] = []
    hooks = foundry_telemetry.event_hooks(
        **instrumented.options | {"hosts": ["gw.example.com"], "sinks": [seen.append]}
    )
    steps = steps_named("ok_json_basic") * 2
    with httpx.Client(transport=replay(httpx, steps), event_hooks=hooks) as client:
        client.post(URL, json={}, headers=CLAUDE)
        assert len(seen) == 1
        assert not lines(caplog)
        client.post("https://other.example.com/v1/messages", json={}, headers=CLAUDE)
    assert len(lines(caplog)) == 1
