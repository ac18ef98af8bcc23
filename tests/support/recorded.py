"""The recorded answers, and an observation in the words of their `expect`."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from foundry_telemetry import Observation

DATA = Path(__file__).parents[1] / "data" / "wire"


@cache
def index() -> dict[str, Any]:
    """`index.json`."""
    return json.loads((DATA / "index.json").read_text())


def cases() -> list[dict[str, Any]]:
    """Every recorded case."""
    return index()["cases"]


def answered() -> list[dict[str, Any]]:
    """The cases in which an answer came."""
    return [case for case in cases() if case["response"]]


def body_of(case: dict[str, Any]) -> bytes:
    """The recorded body."""
    return (DATA / case["response"]["body_file"]).read_bytes()


def pieces_of(case: dict[str, Any], size: int | None = None) -> Iterator[bytes]:
    """The body in the recorded pieces, or in pieces of `size` bytes."""
    body = body_of(case)
    sizes = [size] * len(body) if size else case["response"].get("chunk_sizes") or []
    for length in sizes:
        if body:
            yield body[:length]
            body = body[length:]
    if body:
        yield body


def token_of(case: dict[str, Any]) -> str | None:
    """An unsigned token with the recorded claims and, as a canary, those that name a person."""
    claims = case["request"]["auth"]["claims"]
    if claims is None:
        return None
    personal = {"upn": "CANARY-UPN@example.com", "email": "CANARY-MAIL@example.com", "name": "CANARY-NAME"}
    parts = ({"alg": "none"}, {**claims, **personal})
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    return ".".join([*encoded, "CANARY-SIGNATURE"])


def request_headers(case: dict[str, Any]) -> list[tuple[str, str]]:
    """The recorded request headers, with a bearer token where the case has claims."""
    headers = [(name, value) for name, value in case["request"]["headers"]]
    token = token_of(case)
    return [*headers, ("authorization", f"Bearer {token}")] if token else headers


def url_of(case: dict[str, Any]) -> str:
    """The recorded URL."""
    request = case["request"]
    return f"{request['scheme']}://{request['host']}{request['path']}"


def request_body(case: dict[str, Any]) -> bytes:
    """The recorded request body."""
    return json.dumps(case["request"]["body"]).encode()


def canaries(case: dict[str, Any]) -> list[str]:
    """What must be recorded nowhere: the case's own values, and the token whole and in parts."""
    token = token_of(case)
    return [
        *case["expect"]["must_not_record"],
        "CANARY",
        *([token, *token.split(".")] if token else []),
    ]


OPERATIONS = {"chat": "messages.create", "count_tokens": "messages.count_tokens"}
USAGE_NAMES = {
    "total_input_tokens": "total_input_tokens",
    "cache_creation_5m": "cache_creation_5m",
    "cache_creation_1h": "cache_creation_1h",
}


def as_expected(observation: Observation, case: dict[str, Any]) -> dict[str, Any]:
    """The observation in the shape of the case's `expect`, with only the fields an observation has."""
    expect = case["expect"]
    usage = {name: getattr(observation.usage, name) for name in expect["usage"]}
    failure = observation.failure
    error = failure and {
        "class": failure.type,
        "origin": failure.origin,
        "code": failure.code,
        "type": failure.api_type,
        "retryable": failure.retryable,
        "auth_failure": failure.auth_failure,
    }
    result = {
        "operation": OPERATIONS.get(observation.operation or ""),
        "streamed": observation.stream,
        "request_model": observation.deployment,
        "response_model": observation.response_model,
        "response_id": observation.response_id,
        "stop_reason": observation.stop_reason,
        "usage": usage,
        "retry_after_ms": None
        if observation.retry_after_s is None
        else round(observation.retry_after_s * 1000),
        "error": error,
        "outcome": observation.outcome,
        "request_ids": {name: getattr(observation.ids, name) for name in expect["request_ids"]},
        "ms_region": observation.region,
    }
    optional = {
        "refusal_category": observation.refusal_category,
        "counted_input_tokens": observation.counted_input_tokens,
        "missing_data_action": failure and failure.missing_data_action,
    }
    return result | {name: value for name, value in optional.items() if name in expect}


def expected(case: dict[str, Any]) -> dict[str, Any]:
    """The case's `expect`, without what only the SDK or the test itself can know."""
    expect = dict(case["expect"])
    for name in ("must_not_record", "client_exception", "client_exception_message", "entra"):
        expect.pop(name, None)
    if expect["error"]:
        expect["error"] = {name: value for name, value in expect["error"].items() if name != "sdk_exception"}
    return expect
