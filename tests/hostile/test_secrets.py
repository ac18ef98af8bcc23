"""Canaries: put a secret everywhere a secret may be, then look for it everywhere we write."""

from __future__ import annotations

import base64
import gc
import json
import logging
import re
from collections.abc import Iterator
from typing import Any

import anthropic
import pytest
from opentelemetry import baggage, context

import foundry_telemetry
from foundry_telemetry.instrumentation import FoundryMiddleware, make_tracker, tracker
from foundry_telemetry.instrumentation.tracker import MARKER_KEY
from foundry_telemetry.instrumentation.unnamed_hosts import UnnamedHosts
from foundry_telemetry.internal_errors import internal_errors
from foundry_telemetry.wire.headers import read_request_headers
from tests.hostile.harness import ASK, JSON, SSE, URL, event, events, message, playing, settled, transport
from tests.support.capture import Capture
from tests.support.families import FAMILIES, Family, httpx, pieces, sdk_httpx
from tests.support.recorded import answered, canaries, pieces_of, request_body, request_headers, url_of

KEY = "CANARY0123456789abcdefCANARY0123456789ABCDEF"
CLAIMS = {
    "aud": "https://ai.azure.com",
    "exp": 1,
    "tid": "11111111-2222-4333-8444-555555555555",
    "upn": "CANARY-upn@example.com",
    "email": "CANARY-mail@example.com",
    "name": "CANARY Name",
    "oid": "99999999-cana-4333-8444-555555555555",
    "unique_name": "CANARY-unique",
    "ipaddr": "203.0.113.77",
}


def _part(claims: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()


TOKEN = f"{_part({'alg': 'none', 'kid': 'CANARY'})}.{_part(CLAIMS)}.CANARY-signature"
SECRETS = ["CANARY", "canary", "203.0.113.77", "99999999-cana", TOKEN, *TOKEN.split("."), KEY[:12], KEY[-12:]]
SECRETS.append(base64.b64encode(b"CANARY-user:CANARY-password").decode())
SECRETS += [
    base64.b64encode(text.encode()).decode().rstrip("=")[:-2] for text in (KEY, CLAIMS["upn"], "CANARY Name")
]

HEADERS = {
    "api-key": KEY,
    "x-api-key": KEY,
    "ocp-apim-subscription-key": KEY,
    "authorization": f"Bearer {TOKEN}",
    "cookie": "session=CANARY-cookie",
    "proxy-authorization": "Basic CANARY",
    "baggage": "tenant=CANARY-baggage",
    "x-user": "CANARY-user",
}
ASKED = ASK | {
    "messages": [{"role": "user", "content": "CANARY-prompt"}],
    "system": "CANARY-system",
    "metadata": {"user_id": "CANARY-user"},
}
SECRET_URL = (
    URL.replace("https://", "https://CANARY-user:CANARY-password@") + "?api-key=CANARY-query&x=1#CANARY"
)
UNNAMED = ["gw.example.com", "127.0.0.2:8000", f"{'a.' * 400}example.com", "a%0Ab'\"$(x);,=&"]
"""Hosts that nobody named, some longer and odder than any that exists."""
ANSWER_HEADERS = [("set-cookie", "CANARY=1"), ("www-authenticate", "CANARY"), ("x-canary", "CANARY")]
DELTA = event("content_block_delta", {"delta": {"text": "CANARY-completion"}})
ECHOES = {
    "message": {"message": f"Access denied, key {KEY} at CANARY"},
    "code": {"code": KEY, "message": "x"},
    "type": {"type": KEY, "message": "x"},
    "everything": {"code": KEY, "type": KEY, "message": KEY, "param": KEY, "innererror": {"code": KEY}},
    "list": [KEY],
    "text": KEY,
}


def leaks(*texts: str) -> list[str]:
    """The canaries that stand in any of the texts."""
    return [secret for secret in SECRETS for text in texts if secret in text]


class Listener(logging.Handler):
    """Keeps what our loggers and those of the SDK say, tracebacks included."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        self.lines.append(logging.Formatter().format(record) + repr(record.__dict__))


@pytest.fixture
def listener() -> Iterator[Listener]:
    """Listens to our loggers and the SDK's at every level. The clients' own lines are not ours."""
    handler = Listener()
    loggers = [logging.getLogger(name) for name in ("foundry_telemetry", "opentelemetry")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
    yield handler
    for logger, level in zip(loggers, levels, strict=True):
        logger.removeHandler(handler)
        logger.setLevel(level)


def assert_silent(capture: Capture, listener: Listener, capfd: pytest.CaptureFixture[str]) -> None:
    """No canary in any signal, any log line, or on the console."""
    out, err = capfd.readouterr()
    assert capture.observations
    assert not leaks(capture.everything(), *listener.lines, out, err)


def scenarios() -> dict[str, tuple[int, list[Any], list[bytes]]]:
    """Answers that hold canaries in every place an answer has."""
    found: dict[str, tuple[int, list[Any], list[bytes]]] = {
        "json": (200, [*JSON, *ANSWER_HEADERS], [message(), b""]),
        "content": (
            200,
            JSON,
            [json.dumps({"id": "msg_1", "content": [{"text": "CANARY-completion"}]}).encode()],
        ),
        "hidden in ids": (200, JSON, [json.dumps({"id": "CANARY key", "model": "CANARY key"}).encode()]),
        "sse": (200, [*SSE, *ANSWER_HEADERS], [*events()[:2], DELTA, *events()[2:]]),
        "sse cut": (200, SSE, [*events()[:2], DELTA, b'event: message_delta\ndata: {"CANARY']),
        "sse error": (
            200,
            SSE,
            [*events()[:1], event("error", {"error": {"type": "x", "message": f"CANARY {KEY}"}})],
        ),
        "html": (502, [("content-type", "text/html")], [f"<h1>CANARY {KEY}</h1>".encode()]),
        "redirect": (307, [("location", SECRET_URL + "&again=CANARY")], []),
    }
    for name, error in ECHOES.items():
        for status in (400, 401, 403, 429, 500):
            body = json.dumps({"type": "error", "error": error, "request_id": f"CANARY {KEY}"}).encode()
            found[f"{status} echo in {name}"] = (status, [*JSON[:1], *ANSWER_HEADERS], [body])
    return found


@pytest.mark.row(74, 76)
def test_canaries(
    family: Family, instrumented: Capture, listener: Listener, capfd: pytest.CaptureFixture[str]
) -> None:
    """Keys, tokens, claims, cookies, queries, userinfo, prompts, completions, echoes: none is kept."""

    async def scenario(url: str) -> None:
        for status, headers, parts in scenarios().values():
            playback = transport(family, lambda _, a=(status, headers, parts): a)
            async with family.client(transport=playback, follow_redirects=False) as client:
                request = client.raw.build_request("POST", url, json=ASKED, headers=HEADERS)
                response = await client.send(request, stream=True)
                assert b"".join([piece async for piece in pieces(response)]) == b"".join(parts)

    # Userinfo in the URL becomes an `authorization` header in place of the token.
    for url in (SECRET_URL, SECRET_URL.replace("CANARY-user:CANARY-password@", "")):
        family.run(lambda url=url: scenario(url))
    assert len(instrumented.observations) == 2 * len(scenarios())
    assert {seen.auth_scheme for seen in instrumented.observations} == {"entra_id", "gateway_key"}
    assert any(seen.failure and seen.failure.token for seen in instrumented.observations)
    assert_silent(instrumented, listener, capfd)


@pytest.mark.row(74)
def test_unnamed_hosts(
    family: Family,
    instrumented: Capture,
    listener: Listener,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The line about a host that nobody named holds the host, clean and bounded, and nothing of the call."""
    monkeypatch.setattr(tracker, "unnamed_hosts", UnnamedHosts())
    secret = SECRET_URL.replace("/anthropic/", "/CANARY-path/")
    headers = HEADERS | {"anthropic-version": "2023-06-01"}

    async def scenario() -> None:
        for host in UNNAMED:
            playback = transport(family, lambda _: (200, JSON, [message()]))
            async with family.client(transport=playback) as client:
                url = secret.replace("example-resource.services.ai.azure.com", host)
                await client.request("POST", url, json=ASKED, headers=headers)

    family.run(scenario)
    lines = [line for line in listener.lines if "not recorded" in line]
    assert len(lines) == len(UNNAMED)
    for line in lines:
        assert re.match(r"calls to [A-Za-z0-9._:?-]{1,253} are not recorded: they look like calls", line)
    assert not instrumented.observations
    assert not leaks(*lines, instrumented.everything(), *capfd.readouterr())


@pytest.mark.row(75)
@pytest.mark.parametrize(
    "error",
    [
        lambda: httpx.ConnectError(f"CANARY {KEY} {SECRET_URL}"),
        lambda: httpx.ReadTimeout("CANARY"),
        lambda: httpx.PoolTimeout("CANARY"),
        lambda: ValueError({"api-key": KEY}),
        lambda: ExceptionGroup("CANARY", [OSError(111, "CANARY")]),
        lambda: UnicodeDecodeError("utf-8", b"CANARY", 0, 1, "CANARY"),
    ],
    ids=["connect", "timeout", "pool", "value", "group", "unicode"],
)
@pytest.mark.parametrize("in_body", [False, True], ids=["headers", "body"])
def test_exception_texts(
    error: Any, in_body: bool, instrumented: Capture, listener: Listener, capfd: pytest.CaptureFixture[str]
) -> None:
    """What an exception says is passed on to the caller, and to nobody else."""
    raised = error()

    def body() -> Iterator[bytes]:
        yield events()[0]
        raise raised

    def answer(_: Any) -> Any:
        if not in_body:
            raise raised
        return 200, SSE, body()

    with (
        httpx.Client(transport=transport(FAMILIES[0], answer)) as client,
        pytest.raises(type(raised)) as caught,
    ):
        client.post(SECRET_URL, json=ASKED, headers=HEADERS)
    assert caught.value is raised
    assert_silent(instrumented, listener, capfd)


@pytest.mark.row(21, 75)
def test_failures_of_our_own(
    instrumented: Capture,
    listener: Listener,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What breaks inside us while it reads a secret is logged without its text."""

    def broken(*args: Any, **_: Any) -> Any:
        raise ValueError(f"CANARY {args!r}")

    tracker = "instrumentation.tracker"
    for place in (f"{tracker}.read_request", f"{tracker}._place_in_call", "pricing.cost"):
        with monkeypatch.context() as patch:
            patch.setattr(f"foundry_telemetry.{place}", broken)
            internal_errors._next_log_s.clear()
            with playing(200, JSON, [message()]) as client:
                assert client.post(SECRET_URL, json=ASKED, headers=HEADERS).content == message()
    with playing(200, JSON, [message()]) as client:
        client.post(SECRET_URL, json=ASKED, headers=HEADERS)
    assert any("telemetry dropped" in line for line in listener.lines)
    assert_silent(instrumented, listener, capfd)


@pytest.mark.row(74)
@pytest.mark.parametrize("case", answered(), ids=lambda case: case["id"])
def test_recorded_canaries(
    case: dict[str, Any], instrumented: Capture, listener: Listener, capfd: pytest.CaptureFixture[str]
) -> None:
    """Every recorded answer through a real client: none of the secrets recorded with it is ever written."""
    answer = case["response"]
    headers = [(name, value) for name, value in answer["headers"] if name != "content-length"]

    def parts(family: Family) -> Iterator[bytes]:
        yield from pieces_of(case)
        if answer["ends"] == "transport_error":
            raise family.module.ReadError("CANARY: connection reset")

    async def scenario(family: Family) -> None:
        playback = transport(family, lambda _: (answer["status"], headers, parts(family)))
        async with family.client(transport=playback) as client:
            options = {"content": request_body(case), "headers": request_headers(case)}
            await settled(client.request(case["request"]["method"], url_of(case), **options))

    foundry_telemetry.instrument(**(instrumented.options | {"hosts": (case["request"]["host"],)}))
    for family in FAMILIES:
        family.run(lambda family=family: scenario(family))
    assert len(instrumented.observations) == len(FAMILIES)
    written = "\n".join([instrumented.everything(), *listener.lines, *capfd.readouterr()])
    assert not [canary for canary in canaries(case) if canary in written]


def reachable(root: object) -> Iterator[object]:
    """Every object of ours that can be reached from `root`."""
    seen, left = set(), [root]
    while left:
        item = left.pop()
        if id(item) in seen or isinstance(item, type):
            continue
        seen.add(id(item))
        if type(item).__module__.startswith("foundry_telemetry"):
            yield item
            left += gc.get_referents(item)
            for name in getattr(type(item), "__struct_fields__", ()):
                left.append(getattr(item, name))
        elif isinstance(item, (dict, list, tuple, set)):
            left += gc.get_referents(item)


@pytest.mark.row(75)
@pytest.mark.parametrize("headers", [JSON, [*SSE, ("content-encoding", "gzip")]], ids=["json", "encoded"])
@pytest.mark.parametrize("url", [URL, SECRET_URL], ids=["token", "userinfo"])
def test_reprs(headers: list[Any], url: str, instrumented: Capture) -> None:
    """No object of ours shows a secret in its `repr`: crash reporters print local variables."""
    with playing(401, headers, [json.dumps({"error": ECHOES["everything"]}).encode()]) as client:
        request = client.build_request("POST", url, json=ASKED, headers=HEADERS)
        response = client.send(request, stream=True)
        tracker = make_tracker(**instrumented.options)
        shown = {type(item).__name__: repr(item) + str(item) for item in reachable(request.extensions)}
        shown |= {type(item).__name__: repr(item) for item in reachable(response.__dict__)}
        shown |= {type(item).__name__: repr(item) for item in reachable(tracker)}
        shown["headers"] = repr(read_request_headers(request.headers.raw))
        assert {"TrackedRequest", "Attempt", "Request", "Tracker", "Signals", "SpanBinding"} <= set(shown)
        assert not {name: leaks(text) for name, text in shown.items() if leaks(text)}
        response.close()
    attempt = request.extensions[MARKER_KEY].attempt
    assert bool(attempt.request.bearer) == (url == URL)
    assert not leaks(repr(attempt), f"{attempt.request}", str(attempt.request.bearer))


@pytest.mark.row(75)
def test_error_body_repr() -> None:
    """The message of an error is matched and forgotten: it does not show in the `repr` of what was read."""
    from foundry_telemetry.wire.error_body import read_error

    assert not leaks(repr(read_error(json.dumps({"error": ECHOES["message"]}).encode(), b"application/json")))


@pytest.mark.row(75)
@pytest.mark.parametrize(
    "host",
    [
        "https://CANARY:CANARY@gw.example.com",
        "CANARY@gw.example.com",
        "https://gw example.com/?key=CANARY",
        "/?CANARY",
    ],
)
def test_refused_hosts(host: str) -> None:
    """The error for a malformed host repeats neither its userinfo nor its query."""
    with pytest.raises(ValueError, match="hosts") as caught:
        foundry_telemetry.instrument(hosts=(host,))
    assert not leaks(str(caught.value))


@pytest.mark.row(74)
@pytest.mark.parametrize("http_spans", ["keep", "suppress"])
def test_no_baggage_leaves(family: Family, http_spans: Any, capture: Capture) -> None:
    """Baggage of the application never goes to the model provider through us, whoever owns the span."""
    sent: list[Any] = []

    def answer(request: Any) -> Any:
        sent.append(list(request.headers.items()))
        return 200, JSON, [message()]

    async def scenario() -> None:
        async with family.client(transport=transport(family, answer)) as client:
            await client.request("POST", URL, json=ASK)

    foundry_telemetry.instrument(**capture.options, http_spans=http_spans)
    token = context.attach(baggage.set_baggage("tenant", "CANARY-tenant"))
    try:
        with capture.tracer_provider.get_tracer("application").start_as_current_span("work"):
            family.run(scenario)
    finally:
        context.detach(token)
    names = {name for name, _ in sent[0]}
    assert "baggage" not in names
    assert not leaks(repr(sent))
    assert "traceparent" in names


def sdk_call(path: str, provider: Any, options: dict[str, Any]) -> None:
    """One call through the SDK's middleware."""
    client = anthropic.AnthropicFoundry(
        base_url="https://CANARY-user:CANARY-pw@gw.example.com/anthropic",
        azure_ad_token_provider=provider,
        max_retries=0,
        middleware=[FoundryMiddleware(**options)],
        http_client=anthropic.DefaultHttpxClient(
            transport=transport(Family(sdk_httpx, is_async=False), lambda _: (200, JSON, [message()]))
        ),
    )
    with client:
        client.post(path, body=ASKED, cast_to=object)


@pytest.mark.row(74, 76)
@pytest.mark.parametrize(
    "path",
    [
        "/v1/messages?api-key=CANARY-query",
        "https://CANARY:CANARY@gw.example.com/v1/messages?api-key=CANARY",
    ],
)
@pytest.mark.parametrize("fails", [True, False], ids=["provider fails", "provider works"])
def test_sdk_integration(
    path: str, fails: bool, capture: Capture, listener: Listener, capfd: pytest.CaptureFixture[str]
) -> None:
    """Through the SDK's middleware: no secret of URL, token or provider is kept."""

    def provider() -> str:
        if fails:
            raise RuntimeError(f"AADSTS700016 CANARY {KEY} Trace ID: {'c' * 36}")
        return TOKEN

    options = capture.options | {"hosts": ("gw.example.com",)}
    try:
        sdk_call(path, provider, options)
    except RuntimeError:
        assert fails
    assert_silent(capture, listener, capfd)
    assert capture.observations[0].path.endswith("/v1/messages")
    assert capture.observations[0].operation == "chat"
