"""A stream tells the same, however it is written and cut."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundry_telemetry.observation import NO_USAGE, TokenUsage
from foundry_telemetry.wire.usage import USAGE_FIELDS, read_usage
from tests.hostile.fuzz import fuzz, observe
from tests.support.recorded import answered, body_of

pytestmark = pytest.mark.row(67)

STREAMS = {case["id"]: body_of(case) for case in answered() if case["id"].startswith("sse_")}


def scanned(pieces: list[bytes]) -> tuple[Any, ...]:
    """All that an attempt reports of a stream, but for the times."""
    seen = observe(200, "text/event-stream", pieces)
    reported = (seen.usage, seen.outcome, seen.failure, seen.ids, seen.response_id, seen.response_model)
    return (*reported, seen.stop_reason, seen.refusal_category, seen.time_to_first_token_s is None)


def spelled(draw: st.DrawFn, body: bytes) -> bytes:
    """The same stream as other servers would write it: endings, comments, spaces, split data, a BOM."""
    endings = draw(st.sampled_from([[b"\n"], [b"\r\n"], [b"\r"], [b"\n", b"\r\n"], [b"\n", b"\r", b"\r\n"]]))
    tight, split, chatty = (draw(st.booleans()) for _ in range(3))
    out = b"\xef\xbb\xbf" if draw(st.booleans()) else b""
    last = b"\n"
    as_recorded = draw(st.sampled_from([0, 0, draw(st.integers(0, body.count(b"\n")))]))
    for number, line in enumerate(body.split(b"\n")[:-1]):
        if number < as_recorded:
            out += line + b"\n"
            continue
        field, colon, value = line.partition(b": ")
        lines = [line]
        if split and field == b"data":
            lines = [b"data: " + part for part in _spread(value)]
        if tight and colon:
            lines = [part.replace(b": ", b":", 1) for part in lines]
        if chatty and draw(st.integers(0, 5)) == 0:
            lines.insert(
                0, draw(st.sampled_from([b":", b": ping", b"id: 7", b"retry: 10", b"unknown", b":\0"]))
            )
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
    return [body[start:end] for start, end in pairwise(at)]


@st.composite
def streams(draw: st.DrawFn) -> tuple[str, list[bytes]]:
    """The name of a recorded stream, and the stream spelled and cut in some way."""
    name = draw(st.sampled_from(sorted(STREAMS)))
    body = STREAMS[name]
    return name, cuts(draw, spelled(draw, body) if draw(st.booleans()) else body)


@pytest.mark.slow
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
    assert answer.input_tokens == 5


def test_carriage_returns_inside_a_quiet_stream() -> None:
    """A counter behind lone CRs is read, also where the pieces before it were passed over unread."""
    token = b'event: content_block_delta\ndata: {"delta":{}}\n\n'
    hidden = (
        b'event: content_block_delta\ndata: {"delta":{}}\r\r'
        b'event: message_delta\rdata: {"usage":{"output_tokens":7}}\n\n'
    )
    assert scanned([token, token, hidden])[0].output_tokens == 7


def test_a_late_carriage_return() -> None:
    """A stream that changes its line endings midway is read on in order: what was held comes first."""
    start = [b'event: message_start\ndata: {"message":{"usage":{"input_tokens":5}}}\n\n']
    token = b'event: content_block_delta\ndata: {"delta":{"text":"' + b"x" * 500 + b'"}}\n\n'
    block = token * 9 + b'event: message_delta\r\ndata: {"usage":{"output_tokens":6}}\n\nevent: message_d'
    rest = [b'elta\ndata: {"usage":{"output_', b'tokens":7}}\n\n', b"event: message_stop\ndata: {}\n\n"]
    usage, outcome, *_ = scanned([*start, token, block, *rest])
    assert (usage.input_tokens, usage.output_tokens, outcome) == (5, 7, "ok")


@pytest.mark.parametrize("ending", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
def test_many_events_without_a_name(ending: bytes) -> None:
    """Events we do not know, however many, take nothing from the room of those we read."""
    unknown = (b'data: {"type":"new","text":"' + b"x" * 900 + b'"}\n\n') * 400
    start = b'event: message_start\ndata: {"message":{"usage":{"input_tokens":5}}}\n\n' + unknown
    end = b'event: message_delta\ndata: {"usage":{"output_tokens":7}}\n\nevent: message_stop\ndata: {}\n\n'
    usage, outcome, *_ = scanned([part.replace(b"\n", ending) for part in (start, end)])
    assert (usage.input_tokens, usage.output_tokens, outcome) == (5, 7, "ok")


def test_a_long_piece_is_as_good_as_short_ones() -> None:
    """A piece of megabytes, as decoders give them, tells what its parts would."""
    name = "sse_text"
    token = b'event: content_block_delta\ndata: {"delta":{"text":"' + b"x" * 3000 + b'"}}\n\n'
    start, _, rest = STREAMS[name].partition(b"event: content_block_delta")
    body = start + token * 1000 + b"event: content_block_delta" + rest
    assert scanned([body]) == scanned([STREAMS[name]])


def test_kept_counters_are_all_that_is_read() -> None:
    """The counters a stream keeps are those that are read: no reader looks at another."""
    reported = {
        "cache_creation": {"ephemeral_5m_input_tokens": 1},
        "fallback_credit": {"status": "redeemed"},
        "iterations": [{"type": "compaction", "input_tokens": 1}],
        "output_tokens_details": {"thinking_tokens": 1},
        "server_tool_use": {"web_search_requests": 1},
        "service_tier": "standard",
        "inference_geo": "us",
        "speed": "fast",
    }
    names = reported.keys() | set(TokenUsage.__struct_fields__)
    looked = {name for name in names if read_usage({name: reported.get(name, 1)}, final=True) != NO_USAGE}
    assert looked == USAGE_FIELDS
