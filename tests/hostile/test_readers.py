"""The readers of the wire against random bytes: none raises, and what they tell is clean."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundry_telemetry.wire.claims import read_entra_error, read_token
from foundry_telemetry.wire.error_body import read_error
from foundry_telemetry.wire.events import MAX_EVENT
from foundry_telemetry.wire.headers import read_request_headers, read_response_headers
from foundry_telemetry.wire.message import MessageStream
from foundry_telemetry.wire.usage import read_message
from tests.hostile.fuzz import check_usage, fuzz, noise, observe, printable

pytestmark = pytest.mark.row(68)


@fuzz
@given(noise)
def test_scanner_never_raises(pieces: list[bytes]) -> None:
    """Whatever bytes come, the scanner answers, and holds no more than a few events."""
    stream = MessageStream(lambda: 1)
    for piece in pieces:
        stream.feed(piece)
        assert len(stream._events._lines._partial) <= MAX_EVENT
    check_usage(stream.answer().usage)
    check_usage(observe(200, "text/event-stream", pieces).usage)


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
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=20),
        st.just("\ud800"),
        st.integers(2**52, 2**70),
        st.just("x" * 10_000),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


@pytest.mark.slow
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
    b"content-type",
    b"Content-Encoding",
    b"apim-request-id",
    b"REQUEST-ID",
    b"x-ms-region",
    b"retry-after",
    b"retry-after-ms",
    b"date",
    b"Age",
    b"user-agent",
    b"anthropic-version",
    b"x-stainless-retry-count",
    b"authorization",
    b"",
]
VALUES = [
    b"nan",
    b"inf",
    b"-1",
    b"1e400",
    b"9" * 400,
    b"Sun, 99 Nov 9999 99:99:99 GMT",
    b"Sun, 22 Nov 0000 00:00:00",
    b"Sun, 22 Nov 2026 10:00:00 GMT",
    b"Fri, 15 Jan 2027 07:00:00 GMT",
    b"Mon, 1 Jan 1 0:0:0 +9999",
    b" ",
    b"Sun, 22 Nov 2026 10:00:60 -0000",
    b"\xb2",
    b"0001",
    b"\xff",
    b"1_0",
    b"Thu, 01 Jan 99999999999 00:00:00 GMT",
    b",,,,",
    b"x\0y",
    b"text/event-stream;" * 50,
]
NOW_NS = 1_800_000_000 * 10**9
headers = st.lists(
    st.tuples(st.sampled_from(HEADERS), st.one_of(st.binary(max_size=50), st.sampled_from(VALUES)))
)


@settings(fuzz, max_examples=300)
@given(headers)
def test_headers_never_raise(raw: list[tuple[bytes, bytes]]) -> None:
    """Whatever headers say, what is read of them is clean, and a wait is a sane number of seconds."""
    asked, reported = read_request_headers(raw), read_response_headers(raw, NOW_NS, NOW_NS)
    ids = (
        reported.ids.apim_request_id,
        reported.ids.request_id,
        reported.region,
        asked.client,
        asked.anthropic_version,
    )
    assert all(value is None or printable(value) for value in ids)
    assert reported.retry_after_s is None or 0 <= reported.retry_after_s <= 86_400
    assert reported.clock_offset_s is None or 10 <= abs(reported.clock_offset_s) <= 86_400
    assert 0 <= asked.retry_count < 1000


@fuzz
@given(noise, st.integers(100, 599), st.sampled_from(["application/json", "text/event-stream", "text/html"]))
def test_attempts_never_raise(pieces: list[bytes], status: int, media_type: str) -> None:
    """Whatever status, type and bytes come together, the attempt ends with an observation."""
    seen = observe(status, media_type, pieces)
    check_usage(seen.usage)
    assert (seen.outcome in ("error", "stream_error", "truncated")) == (seen.failure is not None)
