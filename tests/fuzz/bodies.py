"""The readers of JSON: answers, counted tokens, errors of every origin, and the bodies of requests.

An input is three bytes, then the body: which status, which media type, and where the body is cut in two.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from foundry_telemetry import Observation, TokenUsage
from foundry_telemetry.wire.sanitize import MAX_COUNT
from foundry_telemetry.wire.usage import read_message
from tests.fuzz.emitted import asked, check_attributes, observed, recorded
from tests.fuzz.harness import Harness
from tests.fuzz.spoiling import spoilt
from tests.hostile.fuzz import FRAGMENTS

HEAD = 3
STATUSES = (200, 200, 200, 400, 401, 403, 404, 408, 413, 429, 500, 503, 504, 529, 302, 418)
TYPES = (b"application/json", b"text/html", b"text/plain", b"")
BEARER = ((b"authorization", b"Bearer a.e30.b"),)
ASKED = {"model": "m", "max_tokens": 1, "stream": True, "output_config": {"effort": "low"}}
COUNTED = ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")


def check(data: bytes) -> None:
    """Whatever a body holds, what is told is clean, is the same in two pieces, and is what the body says."""
    if len(data) < HEAD:
        return
    status, media_type = STATUSES[data[0] % len(STATUSES)], TYPES[data[1] % len(TYPES)]
    body = data[HEAD:]
    at = data[2] * len(body) // 255
    headers = [(b"content-type", media_type)]
    request = asked(body, BEARER if data[2] & 1 else ())
    check_attributes({"model": request.deployment or "", "effort": request.effort or ""})
    assert request.max_tokens is None or 0 <= request.max_tokens < MAX_COUNT
    seen = observed(status, headers, [body], request=request)
    reported = observed(status, headers, [body[:at], b"", body[at:]], request=request)
    assert lasting(reported) == lasting(seen)
    check_said(body, seen)


def lasting(seen: Observation) -> tuple[object, ...]:
    """What does not depend on when it was seen."""
    return seen.outcome, seen.failure, seen.usage, seen.ids, seen.response_id, seen.stop_reason


def check_said(body: bytes, seen: Observation) -> None:
    """What is reported of a message stands in it, read by another reader; what is not, is no number."""
    answer = read_message(body)
    said = lenient(body)
    if answer is None or said is None:
        assert seen.usage == TokenUsage()
        return
    usage = said.get("usage")
    counters = usage if isinstance(usage, dict) else {}
    for name in COUNTED:
        value = counters.get(name)
        is_count = type(value) is int and 0 <= value < MAX_COUNT
        assert getattr(answer.usage, name) == (value if is_count else None), name
    for name, reported in (("id", answer.response_id), ("model", answer.response_model)):
        assert reported in (None, said.get(name)), name


def lenient(body: bytes) -> dict[str, Any] | None:
    """The object in a body, if the standard library finds one."""
    try:
        found = json.loads(body.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def seeds() -> Iterable[bytes]:
    """Every recorded body that is no stream, under its own status; and every recorded request."""
    for case, body in (*recorded("ok_"), *recorded("err_")):
        status = case["response"]["status"]
        place = STATUSES.index(status) if status in STATUSES else 0
        yield bytes([place, 0, 128]) + body
        yield b"\0\0\x81" + json.dumps(case["request"]["body"]).encode()
    yield from (
        b"\0\0\0" + text for _, body in recorded("ok_json_server") for text in spoilt(json.loads(body))
    )
    yield from (b"\4\0\1" + text for _, body in recorded("err_401_tok") for text in spoilt(json.loads(body)))
    yield from (b"\0\0\0" + text for text in spoilt(ASKED))
    yield b"\x0b\1\x10<html><body>Bad Gateway</body></html>"


def _growing(start: bytes, piece: bytes, end: bytes = b"") -> Callable[[int], bytes]:
    return lambda size: b"\0\0\0" + start + piece * (size // len(piece)) + end


HARNESS = Harness(
    check=check,
    seeds=seeds,
    words=(
        *(word for word in FRAGMENTS if len(word) <= 48),
        b'"usage":{',
        b'"input_tokens":',
        b'"cache_read_input_tokens":',
        b'"iterations":[',
        b'"request_id":"req_',
        b'"activityId":"',
        b'"statusCode":',
        b"lacks the required data action `",
        b"RequestId = (req_",
        b"not supported in your workspace",
        b"2251799813685248",
        b"9007199254740993",
        b"\\u0000",
        b"\\ud83d",
    ),
    growing={
        "open brackets": _growing(b'{"usage":', b"["),
        "open objects": _growing(b"", b'{"a":'),
        "digits": _growing(b'{"usage":{"input_tokens":', b"9", b"}}"),
        "counters": _growing(b'{"usage":{"a":1', b',"input_tokens":1', b"}}"),
        "iterations": _growing(b'{"usage":{"iterations":[0', b',{"type":"compaction"}', b"]}}"),
        "a long text": _growing(b'{"model":"', b"m", b'"}'),
        "escapes": _growing(b'{"id":"', b"\\u0041", b'"}'),
        "blanks": _growing(b"", b" ", b"<"),
        "no JSON": _growing(b'{"error":{"message":"', b"RequestId = ", b'"}}'),
    },
)
