"""What the fuzz tests share: an attempt without a client, and what a clean value is."""

from __future__ import annotations

import sys

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from foundry_telemetry import Observation, TokenUsage
from foundry_telemetry.attempt import Attempt
from foundry_telemetry.wire.request_matcher import read_request
from tests.hostile.harness import URL
from tests.support.families import httpx

fuzz = settings(
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None
)


def observe(status: int, media_type: str, pieces: list[bytes]) -> Observation:
    """Lead an answer through an attempt, without any client."""
    url = httpx.URL(URL)
    request = read_request(
        method="POST",
        scheme="https",
        host=url.raw_host,
        port=None,
        raw_path=url.raw_path,
        headers=[],
        body=lambda: None,
        hosts=frozenset(),
    )
    assert request is not None
    attempt = Attempt(request, call_id="0" * 16, number=1)
    attempt.headers(status, [(b"content-type", media_type.encode())])
    for piece in pieces:
        attempt.feed(piece)
    seen = attempt.end("complete")
    assert seen is not None
    assert sys.getsizeof(attempt._body) < 100
    return seen


def printable(value: str) -> bool:
    """Whether a value may stand in a log line."""
    return value.isascii() and value.isprintable() and 0 < len(value) <= 128


def check_usage(usage: TokenUsage) -> None:
    """Every counter is absent, or a whole number that JSON and Azure hold exactly; sums as well."""
    for name in (*usage.__struct_fields__, "total_input_tokens", "uncached_input_tokens"):
        value = getattr(usage, name)
        if type(value) is int:
            assert 0 <= value < 2**53, name
        else:
            assert value is None or type(value) is bool or printable(value), name


FRAGMENTS = [
    b"event: message_start\n",
    b"event: message_delta\r\n",
    b"event:error\r",
    b"data: {",
    b'"usage":{"',
    b"}\n\n",
    b'"output_tokens":',
    b'{"message":{"usage":null}}',
    b"\r",
    b"\n",
    b"\n\n",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\0",
    b'"\\ud800"',
    b"[" * 3000,
    b'{"a":' * 2000,
    b"9" * 5000,
    b"1e999",
    b"NaN",
    b"-1",
    b": ",
    b"true",
    b"data",
    b'{"error":{"message":',
    b'"code":[]',
    b'"type":{}',
    b"<html>",
    b'{"error":"x","statusCode":',
    b"message_stop",
    b"event: content_block_delta\ndata: {}\n\n",
    b'"stop_reason":"',
    b'"iterations":[{"type":"compaction"}]',
]
noise = st.lists(st.one_of(st.binary(max_size=40), st.sampled_from(FRAGMENTS)), max_size=25)
