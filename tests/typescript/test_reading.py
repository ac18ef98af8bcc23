"""Odd answers, read by the module in TypeScript and by the library: the same fields."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from foundry_telemetry.attempt import Attempt
from foundry_telemetry.observation import Observation
from foundry_telemetry.signals.ledger_event import NO_SPAN, record_in
from foundry_telemetry.wire.error_phrases import SIGNS
from foundry_telemetry.wire.request_matcher import parse_hosts, read_request
from tests.support.families import httpx
from tests.support.recorded import answered, body_of
from tests.typescript.absent import ABSENT
from tests.typescript.project import compiled, output
from tests.typescript.test_events import OF_THE_CALL
from tests.wire.test_as_clients_read import NO_TEXT
from tests.wire.test_evidence import APIM_ID, CODES, MODEL_ID, TEXTS, TYPES
from tests.wire.test_odd_answers import HOSTS, KEYS, ODD
from tests.wire.test_odd_answers import body_of as body_of_odd

pytestmark = pytest.mark.slow

Given = dict[str, Any]
STATUSES = (200, 302, 307, 400, 401, 403, 404, 408, 409, 413, 418, 422, 429, 500, 502, 503, 504, 529)
LABELS = ("text/event-stream", "application/json", "text/plain; charset=utf-8", "text/html", "")
STARTS = (b"", b"\xef\xbb\xbf", b": a comment\n\n", b"\n\n", b"retry: 3000\n\n", b"id: 1\r\n")
JSON = ("content-type", "application/json")
STREAM = ("content-type", "text/event-stream")
DATES = (
    "Sun, 22 Nov 2026 10:00:00 GMT",
    "Sun, 31 Feb 2026 10:00:00 GMT",
    "Sun, 22 Nov 2026 10:00:00 GMT+5",
    "Sun, 22 Nov 2026 24:00:00 GMT",
    "yesterday",
)
REFUSED = ("json_utf16", "json_utf32", "json_nan")
"""JSON that no client in JavaScript reads: `Response.json()` takes UTF-8 without `NaN`, and nothing else."""
WAITS = ("3", "0.5", "-1", "soon", "1e9", "", "0x10", "1_0", "nan", "+5", "5.", "2026-11-22", "Infinity")
NOTHINGS = (0, False, "", [], {}, None)
"""What Python and JavaScript do not agree about, in the place of something."""
WHOLE = (7.0, 1e3, 0.0, 7.5, -1.0, 2.0**51)


def given(
    body: bytes,
    headers: list[tuple[str, str]],
    *,
    status: int = 200,
    stream: bool = True,
    at: str = "foundry",
    auth: str = "api_key",
    how: str = "complete",
    size: int | None = None,
) -> Given:
    """An answer, as `test/read.ts` takes it."""
    cut = size or max(len(body), 1)
    pieces = [body[start : start + cut] for start in range(0, len(body), cut)]
    return {
        "url": f"https://{HOSTS[at]}/anthropic/v1/messages",
        "sent": [*KEYS[auth].items()],
        "body": json.dumps({"model": "dep[1m]", "stream": stream, "max_tokens": 5}),
        "status": status,
        "headers": headers,
        "pieces": [base64.b64encode(piece).decode() for piece in pieces],
        "how": how,
    }


def odd() -> Iterator[Given]:
    """The odd answers of the library's own tests."""
    for case, size in product((case for case in ODD if case["id"] not in REFUSED), (None, 1, 7)):
        headers = [(name, value) for name, value in case["headers"]]
        facts = {name: case[name] for name in ("status", "stream", "at", "auth", "how")}
        yield given(body_of_odd(case), headers, size=size, **facts)


def streams() -> Iterator[Given]:
    """Streams and messages under any label, with any start, any line ending and any end."""
    bodies = {case["id"]: body_of(case) for case in answered()}
    some = ("sse_text", "sse_server_tool", "sse_error_overloaded", "sse_truncated", "ok_json_basic")
    for name, label, asked in product(some, LABELS, (True, False)):
        headers = [("content-type", label)] if label else []
        yield from (given(bodies[name], headers, stream=asked, how=how) for how in ("complete", "closed"))
    for start, ending, size in product(STARTS, (b"\n", b"\r\n", b"\r"), (None, 1)):
        body = start + bodies["sse_cache"].replace(b"\n", ending)
        yield given(body, [("content-type", "text/event-stream")], size=size)
        nameless = b"\n".join(line for line in body.split(b"\n") if not line.startswith(b"event"))
        yield given(nameless, [("content-type", "text/event-stream")], size=size)
    for how, share in product(("closed", "failed", "cancelled"), (0.3, 0.8, 1)):
        body = bodies["sse_text"][: int(len(bodies["sse_text"]) * share)]
        yield given(body, [("content-type", "text/event-stream")], how=how)


def refusals() -> Iterator[Given]:
    """Every status with every shape of a body, from Azure and from a gateway, with ids and without."""
    errors = [
        *({"type": "error", "error": {"type": kind, "message": "no"}} for kind in TYPES),
        *({"error": {"code": code, "message": "no"}} for code in CODES),
        *({"statusCode": 429, "message": text} for text in TEXTS),
        {"error": "no", "request_id": "req_of a body"},
        {"message": "RequestId = req_upstream1"},
        [1],
    ]
    bodies = [*(json.dumps(each).encode() for each in errors), b"", b"<html>no</html>", b"no"]
    ids = ([], [APIM_ID], [MODEL_ID], [APIM_ID, ("x-request-id", "not an id!")])
    for status, body, more, at in product(STATUSES, bodies, ids, HOSTS):
        yield given(body, [JSON, *more], status=status, at=at, auth="gateway_key" if more else "none")


def signs() -> Iterator[Given]:
    """Every sign of a cause, of Azure and of a gateway."""
    for sign, at, shape in product(SIGNS, HOSTS, ("azure", "gateway")):
        code = sign.value if sign.evidence == "code" else "odd"
        text = f"{sign.value} and more" if sign.evidence == "phrase" else "no"
        body = (
            {"error": {"code": code, "message": text}}
            if shape == "azure"
            else {"statusCode": 4, "message": text}
        )
        status = sign.value if sign.evidence == "status" else 400
        yield given(json.dumps(body).encode(), [JSON], status=status, at=at)


def headers() -> Iterator[Given]:
    """Waits and dates, sound and odd."""
    for wait, milliseconds in product(WAITS, WAITS):
        hints = [("retry-after", wait), ("retry-after-ms", milliseconds)]
        yield given(b"{}", [JSON, *hints], status=429)
    for date in DATES:
        yield given(b"{}", [JSON, ("date", date), ("x-ms-region", f"East {date[:1]}")], status=429)


def values() -> Iterator[Given]:
    """What stands for nothing, whole numbers with a point, and characters of several bytes."""
    usage = {"input_tokens": 3, "output_tokens": 9}
    bodies: list[Any] = [b"\xef\xbb\xbf", b"\xef\xbb\xbf{}", "\u00a0<p>".encode(), b"\x0b<p>"]
    for nothing in NOTHINGS:
        bodies += [
            {"error": nothing, "message": "no", "statusCode": 429},
            {
                "error": {"message": nothing, "code": nothing},
                "message": "RequestId = req_1",
                "statusCode": 401,
            },
            {"type": "message", "error": nothing, "usage": usage},
        ]
    for number in WHOLE:
        counted = {
            "input_tokens": number,
            "output_tokens": 9,
            "cache_creation": {"ephemeral_5m_input_tokens": number},
        }
        bodies += [{"type": "message", "usage": counted}, {"error": {"code": number * 57}}]
    bodies += [
        {"error": {}, "request_id": text} for text in ("\U0001f3d4", "\u00e9" * 130, "\ud800", "req_1")
    ]
    for body, status in product(bodies, (200, 401, 503)):
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        yield given(sent, [JSON], status=status)
    for start, stop in product((None, {}, 5, {"usage": usage}), ("", 0, "end_turn", None)):
        events = [
            {"type": "message_delta", "delta": {"stop_reason": "max_tokens"}, "usage": usage},
            {"type": "message_start", "message": start},
            {"type": "message_delta", "delta": {"stop_reason": stop}, "usage": {}},
        ]
        sent = "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events).encode()
        yield given(sent, [("content-type", "text/event-stream")])
    for token in ("Bearer", "Bearer x", "bearer", "Bearerx", "Basic x"):
        yield {**given(b"{}", [JSON], status=401), "sent": [("authorization", token)]}


def no_text() -> Iterator[Given]:
    """Bytes that are no UTF-8, wherever a text may be: in answers, errors and streams."""
    for odd in NO_TEXT:
        usage = b'"usage":{"input_tokens":3,"output_tokens":9}'
        yield given(b'{"type":"message","id":"msg_1","model":"m%s",%s}' % (odd, usage), [JSON])
        yield given(b'{"type":"message","id":"msg_1","content":[{"text":"%s"}],%s}' % (odd, usage), [JSON])
        yield given(
            b'{"error":{"code":"429","message":"%s"},"request_id":"req_%s"}' % (odd, odd), [JSON], status=429
        )
        yield given(odd + b"<p>", [JSON], status=500)
        events = (
            b'{"type":"message_start","message":{"id":"msg_1","model":"m%s","usage":{"input_tokens":3}}}'
            % odd,
            b'{"type":"content_block_delta","delta":{"text":"%s"}}' % odd,
            b'{"type":"message_delta","delta":{"stop_reason":"end_turn%s"},"usage":{"output_tokens":9}}'
            % odd,
            b'{"type":"error","error":{"type":"overloaded_error","message":"%s"}}' % odd,
        )
        for size in (None, 1):
            yield given(b"".join(b"data: %s\n\n" % event for event in events), [STREAM], size=size)


def tokens() -> Iterator[Given]:
    """Refused tokens: with padding, with characters of no alphabet, and with claims that are no text.

    None has a time, for what is left of it differs from one reader to the next.
    """
    claims = base64.urlsafe_b64encode(b'{"aud":"https://ai.azure.com","idtyp":"app"}').decode().rstrip("=")
    spoilt = (b'{"tid":"%s","idtyp":"app"}' % odd for odd in (b"\\ud800", *NO_TEXT))
    payloads = (
        *(claims + more for more in ("", "=", "==", "====", "A", "AA", "AAAA", " ", "!")),
        *(claims[:8] + more + claims[8:] for more in ("!", "!!!!", "=", "==", ".")),
        *(base64.urlsafe_b64encode(each).decode() for each in (*spoilt, b'\xef\xbb\xbf{"idtyp":"app"}')),
        base64.b64encode(b'{"idtyp":"app","x":"\xc3\xbf>>??~~"}').decode(),
    )
    for payload in payloads:
        yield {**given(b"{}", [JSON], status=401), "sent": [("authorization", f"Bearer e30.{payload}.c2ln")]}


def halves() -> Iterator[Given]:
    """Deployments whose name has half of a surrogate pair, escaped as JSON does it."""
    for name in ("a\ud800", "\udc00b", "\ud83c\udfd4", "\ud83c \udfd4", "a\udfd4\ud83c", "\ud800" * 200):
        yield {**given(b"{}", [JSON]), "body": json.dumps({"model": name, "stream": True})}


ANSWERS = [*odd(), *streams(), *refusals(), *signs(), *headers(), *values(), *no_text(), *tokens(), *halves()]


def read_by_library(answer: Given) -> dict[str, Any]:
    """The event that the library writes of an answer."""
    url = httpx.URL(answer["url"])
    request = read_request(
        method="POST",
        scheme=url.scheme,
        host=url.raw_host,
        port=url.port,
        raw_path=url.raw_path,
        headers=[(name.encode(), value.encode()) for name, value in answer["sent"]],
        body=answer["body"].encode,
        hosts=parse_hosts(["gw.example.com"]),
    )
    assert request is not None
    attempt = Attempt(request, call_id="0" * 16, number=1)
    attempt.headers(answer["status"], [(name.encode(), value.encode()) for name, value in answer["headers"]])
    for piece in answer["pieces"]:
        attempt.feed(base64.b64decode(piece))
    error = httpx.RemoteProtocolError("cut") if answer["how"] == "failed" else None
    seen = attempt.end(answer["how"], error)
    assert isinstance(seen, Observation)
    return dict(record_in(seen, NO_SPAN).attributes or {})


def test_odd_answers_are_read_alike(subtests: pytest.Subtests) -> None:
    """Whatever comes, the fields that are known and their values are the library's."""
    project, done = compiled()
    assert done.returncode == 0, output(done)
    read = project.script("test/read.js", reported=json.dumps(ANSWERS).encode())
    assert read.returncode == 0, output(read)
    for answer, event in zip(ANSWERS, json.loads(read.answer), strict=True):
        expected = read_by_library(answer)
        if {**event, **dict.fromkeys(OF_THE_CALL)} == {**expected, **dict.fromkeys(OF_THE_CALL)}:
            continue
        with subtests.test(**answer):
            assert expected.keys() - ABSENT.keys() <= event.keys() <= expected.keys()
            compared = event.keys() - OF_THE_CALL
            assert {name: event[name] for name in compared} == {name: expected[name] for name in compared}
