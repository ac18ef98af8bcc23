"""Bodies that a client reads are read here too, whatever a proxy has made of their labels."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from msgspec.structs import replace

from foundry_telemetry.observation import Observation
from foundry_telemetry.outcomes import Ending
from foundry_telemetry.wire.error_body import read_error
from foundry_telemetry.wire.message import MessageStream
from tests.fuzz.emitted import REQUEST, asked, observed
from tests.support.recorded import answered, body_of

STREAMS = {case["id"]: body_of(case) for case in answered() if case["id"].startswith("sse_")}
MESSAGES = {
    case["id"]: body_of(case)
    for case in answered()
    if case["id"].startswith("ok_json") and body_of(case)[:1] == b"{"
}
LABELS = (None, b"application/json", b"application/octet-stream", b"text/plain; charset=utf-8")
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32")
BYTEWISE = "one byte at a time"


def seen(
    body: bytes, label: bytes | None, *, cut: str = "whole", asked: bool = True, how: Ending = "complete"
) -> dict[str, Any]:
    """What is recorded of a body, without what differs from one time to another."""
    headers = [] if label is None else [(b"content-type", label)]
    pieces = [body[at : at + 1] for at in range(len(body))] if cut == BYTEWISE else [body]
    return facts(observed(200, headers, pieces, how, replace(REQUEST, stream=asked)))


def facts(seen: Observation) -> dict[str, Any]:
    """The facts of an observation that do not depend on the clock."""
    names = ("usage", "outcome", "failure", "response_id", "response_model", "stop_reason")
    return {name: getattr(seen, name) for name in names} | {"token": seen.time_to_first_token_s is not None}


def as_recorded(body: bytes) -> dict[str, Any]:
    """What is recorded of a stream that is labelled as one."""
    return seen(body, b"text/event-stream")


@pytest.mark.parametrize("asked", [True, False], ids=["asked for", "not known to be asked for"])
@pytest.mark.parametrize("cut", ["whole", BYTEWISE])
@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("name", STREAMS)
def test_stream_by_any_label(name: str, label: bytes | None, cut: str, *, asked: bool) -> None:
    """A stream is one by its first bytes, however it is labelled."""
    assert seen(STREAMS[name], label, cut=cut, asked=asked) == as_recorded(STREAMS[name])


@pytest.mark.parametrize(
    "start", [b"\xef\xbb\xbf", b": a comment\n\n", b"\n\n", b"retry: 3000\n\n", b"id: 1\n"]
)
@pytest.mark.parametrize("cut", ["whole", BYTEWISE])
def test_stream_that_begins_oddly(start: bytes, cut: str) -> None:
    """A byte order mark, comments, blank lines and other fields may come first."""
    body = STREAMS["sse_text"]
    assert seen(start + body, b"application/json", cut=cut) == as_recorded(body)


@pytest.mark.parametrize("cut", ["whole", BYTEWISE])
@pytest.mark.parametrize("label", [*LABELS, b"text/event-stream"])
@pytest.mark.parametrize("name", MESSAGES)
def test_message_by_any_label(name: str, label: bytes | None, cut: str) -> None:
    """A JSON answer is one by its first bytes, also where it is labelled as a stream nobody asked for."""
    body = MESSAGES[name]
    assert seen(body, label, cut=cut, asked=False) == seen(body, b"application/json", asked=False)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("name", MESSAGES)
def test_encodings_of_json(name: str, encoding: str) -> None:
    """What `json.loads` reads of bytes is read: a byte order mark, UTF-16, UTF-32."""
    body = MESSAGES[name].decode("utf-8").encode(encoding)
    assert json.loads(body) == json.loads(MESSAGES[name])
    assert seen(body, b"application/json", asked=False) == seen(
        MESSAGES[name], b"application/json", asked=False
    )


@pytest.mark.parametrize("extra", ['"x": NaN', '"x": -Infinity', '"x": "\\ud800"', '"x": 1e999'])
def test_what_python_takes_for_json(extra: str) -> None:
    """So is what no other JSON has, beside the fields that count."""
    body = MESSAGES["ok_json_basic"]
    odd = b"{" + extra.encode() + b"," + body.lstrip()[1:]
    json.loads(odd)
    assert seen(odd, b"application/json", asked=False) == seen(body, b"application/json", asked=False)


NO_TEXT = (b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xf0\x9f")
"""What is no UTF-8: no character, half of one, half of a surrogate pair."""


@pytest.mark.parametrize("odd", NO_TEXT)
def test_bytes_that_are_no_text(odd: bytes) -> None:
    """They cost the field that they are in, as where a client reads them as U+FFFD, and no other."""
    body = MESSAGES["ok_json_basic"]
    spoilt = body.replace(b'"end_turn"', b'"end_turn%s"' % odd)
    assert spoilt != body
    answered = {**seen(body, b"application/json", asked=False), "stop_reason": None}
    assert seen(spoilt, b"application/json", asked=False) == answered
    error = b'{"error": {"code": "DeploymentNotFound", "message": "%s"}}' % odd
    assert read_error(error, b"application/json").code == "DeploymentNotFound"


@pytest.mark.parametrize("name_left", [b"", b"event: message\n"], ids=["no event line", "the default name"])
@pytest.mark.parametrize("cut", ["whole", BYTEWISE])
@pytest.mark.parametrize("name", STREAMS)
def test_events_without_names(name: str, cut: str, name_left: bytes) -> None:
    """Where a proxy drops the names of events, the type in the data names them, as for raw clients."""
    body = STREAMS[name]
    nameless = re.sub(rb"^event: .*\n", name_left, body, flags=re.MULTILINE)
    assert nameless != body
    assert seen(nameless, b"text/event-stream", cut=cut) == as_recorded(body)


STOP = b"event: message_stop"


@pytest.mark.parametrize("name", ["sse_text", "sse_cache"] if "sse_cache" in STREAMS else ["sse_text"])
def test_stream_closed_after_the_last_counters(name: str) -> None:
    """A reader that leaves between the last ``message_delta`` and ``message_stop`` has the whole answer."""
    body = STREAMS[name]
    before = body[: body.index(STOP)]
    assert seen(before, b"text/event-stream", how="closed") == as_recorded(body)
    assert seen(before, b"text/event-stream", how="complete")["outcome"] == "truncated"


def test_stream_closed_before_the_last_counters() -> None:
    """One that leaves earlier has abandoned it."""
    body = STREAMS["sse_text"]
    before = body[: body.index(b"event: message_delta")]
    assert seen(before, b"text/event-stream", how="closed")["outcome"] == "abandoned"


CUT_EMOJI = json.dumps({"text": "\ud83d"}).encode()[1:-1]
"""A member with half of a surrogate pair, as a text has that was cut within an emoji."""
ODD_MEMBERS = (CUT_EMOJI, b'"temperature": NaN', b'"limit": -Infinity')


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("member", ODD_MEMBERS)
def test_odd_requests(encoding: str, member: bytes) -> None:
    """A request that Python can write is read: its deployment, whether it is a stream, its limit."""
    body = b'{%s, "model": "my-dep", "stream": true, "max_tokens": 7}' % member
    request = asked(body.decode().encode(encoding))
    assert (request.deployment, request.stream, request.max_tokens) == ("my-dep", True, 7)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("member", ODD_MEMBERS)
def test_odd_errors(encoding: str, member: bytes) -> None:
    """The body of an error that Python reads is read: its class is not that of the status."""
    body = b'{"error": {%s, "code": "DeploymentNotFound", "message": "m"}}' % member
    assert read_error(body.decode().encode(encoding), b"application/json").code == "DeploymentNotFound"


@pytest.mark.parametrize("member", ODD_MEMBERS)
def test_odd_events(member: bytes) -> None:
    """So are the events of a stream that count."""
    stream = MessageStream(lambda: 0)
    start = b'{%s, "message": {%s, "model": "m", "usage": {"input_tokens": 5}}}' % (member, member)
    delta = b'{%s, "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 7}}' % member
    events = ((b"message_start", start), (b"message_delta", delta), (b"message_stop", b"{}"))
    for name, data in events:
        stream.feed(b"event: %s\ndata: %s\n\n" % (name, data))
    stream.finish(complete=True)
    answer = stream.answer()
    counted = (answer.usage.input_tokens, answer.usage.output_tokens)
    assert (answer.response_model, answer.stop_reason, counted) == ("m", "end_turn", (5, 7))
