"""Readers of the wire against everything a wire can carry."""

from __future__ import annotations

import base64
import json
import sys
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import foundry_telemetry
from foundry_telemetry.attempt import Attempt
from foundry_telemetry.observation import Observation
from foundry_telemetry.wire.clean import MAX_COUNT
from foundry_telemetry.wire.credentials import read_entra_error, read_token
from foundry_telemetry.wire.errors import read_error
from foundry_telemetry.wire.headers import read_request_headers, read_response_headers
from foundry_telemetry.wire.recognise import read_request
from foundry_telemetry.wire.sse import MAX_EVENT, MessageStream
from foundry_telemetry.wire.usage import USAGE_FIELDS, read_message, read_usage
from tests.hostile.harness import ASK, JSON, SSE, URL, playing
from tests.support.capture import Capture
from tests.support.recorded import answered, body_of

fuzz = settings(
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None
)

STREAMS = {case["id"]: body_of(case) for case in answered() if case["id"].startswith("sse_")}


def scanned(pieces: list[bytes]) -> tuple[Any, ...]:
    """All that a scanner tells of a stream."""
    stream = MessageStream(lambda: 1)
    for piece in pieces:
        stream.feed(piece)
    stream.finish()
    error = stream.error and json.loads(stream.error)
    return stream.answer(), stream.stopped, stream.first_token_ns, error


# --- any cut, any spelling --------------------------------------------------------------------------------


def spelled(draw: st.DrawFn, body: bytes) -> bytes:
    """The same stream as other servers would write it: endings, comments, spaces, split data, a BOM."""
    endings = draw(st.sampled_from([[b"\n"], [b"\r\n"], [b"\r"], [b"\n", b"\r\n"], [b"\n", b"\r", b"\r\n"]]))
    tight, split, chatty = (draw(st.booleans()) for _ in range(3))
    out = b"\xef\xbb\xbf" if draw(st.booleans()) else b""
    last = b"\n"
    for line in body.split(b"\n")[:-1]:
        field, colon, value = line.partition(b": ")
        lines = [line]
        if split and field == b"data":
            lines = [b"data: " + part for part in _spread(value)]
        if tight and colon:
            lines = [part.replace(b": ", b":", 1) for part in lines]
        if chatty and draw(st.integers(0, 5)) == 0:
            lines.insert(0, draw(st.sampled_from([b":", b": ping", b"id: 7", b"retry: 10", b"unknown", b":\0"])))
        for text in lines:
            # An empty line that ends in LF after a CR would be one line ending, not two.
            fitting = [ending for ending in endings if text or last != b"\r" or ending != b"\n"]
            last = draw(st.sampled_from(fitting or [b"\r"])) if len(endings) > 1 else endings[0]
            out += text + last
    return out


def _spread(value: bytes) -> list[bytes]:
    try:
        return json.dumps(json.loads(value), indent=1).encode().split(b"\n")
    except ValueError:
        return [value]


def cuts(draw: st.DrawFn, body: bytes) -> list[bytes]:
    """The stream in pieces: single bytes, a fixed size, or anywhere, with empty pieces in between."""
    size = draw(st.sampled_from([1, 2, 3, 17, 0, 0, 0]))
    if size:
        places = list(range(0, len(body), size))
    else:
        places = sorted(draw(st.lists(st.integers(0, len(body)), max_size=30)))
    at = [0, *places, len(body)]
    return [body[start:end] for start, end in zip(at, at[1:], strict=False)]


@st.composite
def streams(draw: st.DrawFn) -> tuple[str, list[bytes]]:
    """The name of a recorded stream, and the stream spelled and cut in some way."""
    name = draw(st.sampled_from(sorted(STREAMS)))
    body = STREAMS[name]
    return name, cuts(draw, spelled(draw, body) if draw(st.booleans()) else body)


@settings(fuzz, max_examples=300)
@given(streams())
def test_any_cut_and_spelling(case: tuple[str, list[bytes]]) -> None:
    """However a stream is written and cut, it tells what the recorded one tells."""
    name, pieces = case
    assert scanned(pieces) == scanned([STREAMS[name]])


@pytest.mark.parametrize("name", sorted(STREAMS))
@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"\r"], ids=["LF", "CRLF", "CR"])
def test_every_single_cut(name: str, ending: bytes) -> None:
    """Cut in two at any place, with an empty piece between, a stream tells the same."""
    whole = scanned([STREAMS[name]])
    body = STREAMS[name].replace(b"\n", ending)
    if len(body) > 4000:
        body = b"\xef\xbb\xbf" + body
    for at in range(0, len(body), 1 + len(body) // 400):
        assert scanned([body[:at], b"", body[at:]]) == whole


def test_empty_piece_inside_a_line_ending() -> None:
    """CR, an empty piece, LF: that is one line ending. Decoders do give empty pieces."""
    start = b'event: message_start\r|\ndata: {"message":{"usage":{"input_tokens":5}}}\r|\n\r|\n'
    answer = scanned([part for piece in start.split(b"|") for part in (piece, b"")])[0]
    assert answer.usage.input_tokens == 5


def test_carriage_returns_inside_a_quiet_stream() -> None:
    """A counter behind lone CRs is read, also where the pieces before it were passed over unread."""
    token = b'event: content_block_delta\ndata: {"delta":{}}\n\n'
    hidden = (
        b'event: content_block_delta\ndata: {"delta":{}}\r\r'
        b'event: message_delta\rdata: {"usage":{"output_tokens":7}}\n\n'
    )
    assert scanned([token, token, hidden])[0].usage.output_tokens == 7


def test_a_long_piece_is_as_good_as_short_ones() -> None:
    """A piece of megabytes, as decoders give them, tells what its parts would."""
    name = "sse_text"
    token = b'event: content_block_delta\ndata: {"delta":{"text":"' + b"x" * 3000 + b'"}}\n\n'
    start, _, rest = STREAMS[name].partition(b"event: content_block_delta")
    body = start + token * 1000 + b"event: content_block_delta" + rest
    assert scanned([body]) == scanned([STREAMS[name]])


def test_kept_counters_are_all_that_is_read() -> None:
    """The counters a stream keeps are those that are read: no reader looks at another."""
    looked: set[str] = set()

    class Usage(dict):  # type: ignore[type-arg]
        def get(self, name: str, default: object = None) -> object:
            looked.add(name)
            return super().get(name, default)

    read_usage(Usage(), final=True)
    assert looked == USAGE_FIELDS


# --- random bytes -----------------------------------------------------------------------------------------

FRAGMENTS = [
    b"event: message_start\n", b"event: message_delta\r\n", b"event:error\r", b"data: {", b'"usage":{"', b"}\n\n",
    b'"output_tokens":', b'{"message":{"usage":null}}', b"\r", b"\n", b"\n\n", b"\xef\xbb\xbf", b"\xff\xfe", b"\0",
    b'"\\ud800"', b"[" * 3000, b'{"a":' * 2000, b"9" * 5000, b"1e999", b"NaN", b"-1", b": ", b"true", b"data",
    b'{"error":{"message":', b'"code":[]', b'"type":{}', b"<html>", b'{"error":"x","statusCode":', b"message_stop",
    b"event: content_block_delta\ndata: {}\n\n", b'"stop_reason":"', b'"iterations":[{"type":"compaction"}]',
]  # fmt: skip
noise = st.lists(st.one_of(st.binary(max_size=40), st.sampled_from(FRAGMENTS)), max_size=25)


@fuzz
@given(noise)
def test_scanner_never_raises(pieces: list[bytes]) -> None:
    """Whatever bytes come, the scanner answers, and holds no more than a few events."""
    stream = MessageStream(lambda: 1)
    for piece in pieces:
        stream.feed(piece)
        assert len(stream._line) <= MAX_EVENT
    stream.finish()
    check_usage(stream.answer().usage)
    if stream.error is not None:
        read_error(stream.error, b"")


@fuzz
@given(noise.map(b"".join), st.sampled_from([b"", b"application/json", b"text/html"]))
def test_bodies_never_raise(body: bytes, media_type: bytes) -> None:
    """Whatever bytes come as an answer or an error, the readers answer with clean values or with nothing."""
    error = read_error(body, media_type)
    for value in (error.code, error.api_type, error.request_id, error.activity_id):
        assert value is None or printable(value)
    answer = read_message(body)
    if answer is not None:
        check_usage(answer.usage)


@st.composite
def tokens(draw: st.DrawFn) -> bytes:
    """Bearer values: three parts of noise, or of claims of all shapes."""
    claims = st.dictionaries(st.sampled_from(["aud", "exp", "tid", "appid", "azp", "idtyp", "x"]), anything)
    part = st.one_of(
        st.binary(max_size=40),
        claims.map(lambda found: base64.urlsafe_b64encode(json.dumps(found).encode()).rstrip(b"=")),
        noise.map(lambda parts: base64.urlsafe_b64encode(b"".join(parts))),
    )
    return b"Bearer " + b".".join(draw(st.lists(part, min_size=1, max_size=4)))


anything = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.just("\ud800"),
        st.integers(2**52, 2**70), st.just("x" * 10_000),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=5,
)  # fmt: skip


@fuzz
@given(tokens())
def test_tokens_never_raise(value: bytes) -> None:
    """Whatever a token holds, its facts are numbers, GUIDs, words and URLs, or nothing."""
    facts = read_token(value, 1e9)
    if facts is not None:
        assert facts.expires_in_s is None or type(facts.expires_in_s) is int
        for text in (facts.audience, facts.tenant, facts.application, facts.identity_type):
            assert text is None or printable(text)


@fuzz
@given(st.text(max_size=300), st.lists(st.sampled_from(["AADSTS700016", "Trace ID: ", "0" * 36, "\ud800"])))
def test_provider_texts_never_raise(text: str, parts: list[str]) -> None:
    """Whatever a token provider's exception says, only ids of known shape are found in it."""
    entra = read_entra_error(text.join(parts))
    for value in (entra.code, entra.trace_id, entra.correlation_id):
        assert value is None or printable(value)


HEADERS = [
    b"content-type", b"Content-Encoding", b"apim-request-id", b"REQUEST-ID", b"x-ms-region", b"retry-after",
    b"retry-after-ms", b"user-agent", b"anthropic-version", b"x-stainless-retry-count", b"authorization", b"",
]  # fmt: skip
VALUES = [
    b"nan", b"inf", b"-1", b"1e400", b"9" * 400, b"Sun, 99 Nov 9999 99:99:99 GMT", b"Sun, 22 Nov 0000 00:00:00",
    b"Mon, 1 Jan 1 0:0:0 +9999", b" ", b"Sun, 22 Nov 2026 10:00:60 -0000", b"\xb2", b"0001", b"\xff", b"1_0",
    b"Thu, 01 Jan 99999999999 00:00:00 GMT", b",,,,", b"x\0y", b"text/event-stream;" * 50,
]  # fmt: skip
headers = st.lists(st.tuples(st.sampled_from(HEADERS), st.one_of(st.binary(max_size=50), st.sampled_from(VALUES))))


@settings(fuzz, max_examples=300)
@given(headers)
def test_headers_never_raise(raw: list[tuple[bytes, bytes]]) -> None:
    """Whatever headers say, what is read of them is clean, and a wait is a sane number of seconds."""
    asked, told = read_request_headers(raw), read_response_headers(raw, 1.8e9)
    ids = (told.ids.apim_request_id, told.ids.request_id, told.region, asked.client, asked.anthropic_version)
    assert all(value is None or printable(value) for value in ids)
    assert told.retry_after_s is None or 0 <= told.retry_after_s <= 86_400
    assert 0 <= asked.retry_count < 1000


def printable(value: str) -> bool:
    """Whether a value may stand in a log line."""
    return value.isascii() and value.isprintable() and 0 < len(value) <= 128


def check_usage(usage: foundry_telemetry.TokenUsage) -> None:
    """Every counter is absent, or a whole number that JSON and Azure hold exactly; sums as well."""
    for name in (*usage.__struct_fields__, "total_input_tokens", "uncached_input_tokens"):
        value = getattr(usage, name)
        if type(value) is int:
            assert 0 <= value < 2**53, name
        else:
            assert value is None or type(value) is bool or printable(value), name


# --- hostile values ---------------------------------------------------------------------------------------

RAW_VALUES = [
    "null", "true", "false", "0", "1", "-1", "-0", "1.0", "1.5", "1e999", "-1e999", "NaN", "Infinity", "-Infinity",
    "9007199254740991", "9007199254740993", "18446744073709551616", "9" * 400, "9" * 5000, '"5"', '""', '"\\ud800"',
    '"\\u0000"', '"\\u202e\\u2028"', "[]", "[1]", "{}", '{"input_tokens":5}', "[" * 2000 + "]" * 2000,
    "[" * 100_000, '"' + "m" * 2_000_000 + '"', '"\udcff"', '"=cmd|calc"', '"\\n\\r\\t\\u001b[31m"', '"end_turn"',
    "[" * 500 + "]" * 500, str(MAX_COUNT - 1),
]  # fmt: skip
raw_value = st.sampled_from(RAW_VALUES)
counters = st.dictionaries(
    st.sampled_from([*sorted(USAGE_FIELDS), "thinking_tokens", "new_counter", "output_tokens", "input_tokens"]),
    raw_value,
    max_size=8,
).map(lambda found: "{" + ",".join(f'"{name}":{value}' for name, value in found.items()) + "}")


@st.composite
def answers(draw: st.DrawFn) -> tuple[int, list[Any], list[bytes]]:
    """An answer, whole, streamed or failed, with hostile values in every field we read."""
    usage = draw(st.one_of(counters, counters, raw_value))
    value = {name: draw(raw_value) for name in ("id", "model", "stop_reason", "stop_details", "input_tokens")}
    fields = ",".join(f'"{name}":{text}' for name, text in value.items() if draw(st.booleans()))
    message = "{" + ",".join(part for part in (fields, f'"usage":{usage}') if part) + "}"
    kind = draw(st.sampled_from(["json", "sse", "error"]))
    if kind == "json":
        return 200, JSON, [message.encode("utf-8", "surrogateescape")]
    if kind == "error":
        error = draw(st.one_of(raw_value, st.just("{" + fields.replace('"id"', '"code"').replace("model", "type") + "}")))
        body = '{"type":"error","error":%s,"request_id":%s,"activityId":%s}' % (error, draw(raw_value), draw(raw_value))
        return draw(st.sampled_from([400, 401, 429, 500])), JSON, [body.encode("utf-8", "surrogateescape")]
    parts = [
        f'event: message_start\ndata: {{"message":{message}}}\n\n',
        "event: content_block_delta\ndata: {}\n\n",
        f'event: message_delta\ndata: {{"delta":{{"stop_reason":{value["stop_reason"]}}},"usage":{usage}}}\n\n',
        draw(st.sampled_from(["", "event: message_stop\ndata: {}\n\n", f"event: error\ndata: {message}\n\n"])),
    ]
    return 200, SSE, ["".join(parts).encode("utf-8", "surrogateescape")]


def check_attributes(capture: Capture) -> None:
    """Every attribute that is exported encodes, is short, and if it is a count, is one."""
    records: list[Any] = [span.attributes for span in capture.spans] + capture.ledger
    assert records
    for attributes in records:
        for name, value in attributes.items():
            for item in value if isinstance(value, tuple) else (value,):
                if isinstance(item, str):
                    assert len(item.encode()) <= 256, name
                    assert item.isprintable(), name
                elif type(item) is int:
                    assert 0 <= item < 2**53, name
                else:
                    assert type(item) in (bool, float), name
                    assert item == item  # noqa: PLR0124 - NaN alone differs from itself
    capture.span_exporter.clear()
    capture.log_exporter.clear()


def test_hostile_json(instrumented: Capture, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever values an answer holds, what we export of it is clean, and the caller gets its bytes."""

    @fuzz
    @given(answers())
    def run(answer: tuple[int, list[Any], list[bytes]]) -> None:
        with playing(*answer) as client:
            assert client.post(URL, json=ASK).content == b"".join(answer[2])
        seen = instrumented.observations.pop()
        check_usage(seen.usage)
        assert not instrumented.observations
        check_attributes(instrumented)

    run()
    for points in instrumented.points().values():
        for point in points:
            assert all(len(str(value)) <= 256 for value in point.attributes.values())
    assert not [record for record in caplog.records if record.name.startswith(("opentelemetry", "foundry"))]


def test_hostile_requests(instrumented: Capture) -> None:
    """Whatever the request holds, which is the application's own doing, what we export of it is clean."""

    @fuzz
    @given(raw_value, raw_value, raw_value, st.binary(max_size=20))
    def run(model: str, stream: str, limit: str, tail: bytes) -> None:
        body = f'{{"model":{model},"stream":{stream},"max_tokens":{limit}}}'.encode("utf-8", "surrogateescape")
        with playing(200, JSON, [b"{}"]) as client:
            client.post(URL, content=body + tail.strip())
        instrumented.observations.pop()
        check_attributes(instrumented)

    run()


@pytest.mark.parametrize("url", [
    URL.replace("/anthropic", "/a" * 30_000),
    URL.replace("/messages", "/models/" + "x" * 30_000),
    URL.replace("example-resource", "r" * 5_000),
    URL.replace("/anthropic", "/%0d%0a%1b%E2%80%A8"),
], ids=["path", "unsupported", "host", "escapes"])  # fmt: skip
def test_hostile_urls(url: str, instrumented: Capture) -> None:
    """A URL of any length leaves attributes and a span name of bounded length."""
    with playing(200, JSON, [b"{}"]) as client:
        assert client.post(url, json=ASK).content == b"{}"
    for attributes in (instrumented.spans[0].attributes, instrumented.ledger[0]):
        assert max(len(value) for value in (attributes or {}).values() if isinstance(value, str)) <= 600
    assert len(instrumented.spans[0].name) <= 512


def test_sums_of_huge_counters() -> None:
    """Counters that are allowed one by one are allowed in sum: whatever is added up stays exact."""
    huge = MAX_COUNT - 1
    inputs = dict.fromkeys(("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"), huge)
    usage = read_usage(
        inputs | {"output_tokens": huge, "iterations": [{"type": "compaction", **inputs}] * 50}, final=True
    )
    check_usage(usage)


def observe(status: int, media_type: str, pieces: list[bytes]) -> Observation:
    """Lead an answer through an attempt, without any client."""
    url = httpx.URL(URL)
    request = read_request(
        method="POST", scheme="https", host=url.raw_host, port=None, raw_path=url.raw_path, headers=[],
        body=lambda: None, hosts=frozenset(),
    )  # fmt: skip
    assert request is not None
    attempt = Attempt(request, call_id="0" * 16, number=1)
    attempt.headers(status, [(b"content-type", media_type.encode())])
    for piece in pieces:
        attempt.feed(piece)
    seen = attempt.end("complete")
    assert seen is not None
    assert sys.getsizeof(attempt._body) < 100
    return seen


@fuzz
@given(noise, st.integers(100, 599), st.sampled_from(["application/json", "text/event-stream", "text/html"]))
def test_attempts_never_raise(pieces: list[bytes], status: int, media_type: str) -> None:
    """Whatever status, type and bytes come together, the attempt ends with an observation."""
    seen = observe(status, media_type, pieces)
    check_usage(seen.usage)
    assert (seen.outcome in ("error", "stream_error", "truncated")) == (seen.failure is not None)
