"""Odd answers, as bytes and through each client: what came, who answered, who has to act, what it costs."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from foundry_telemetry import instrument
from foundry_telemetry.attempt import Attempt
from foundry_telemetry.observation import Observation
from foundry_telemetry.pricing import Price
from foundry_telemetry.wire.request_matcher import Request
from tests.fuzz.emitted import REQUEST
from tests.support.capture import Capture
from tests.support.families import Family

ODD = json.loads((Path(__file__).parents[1] / "data" / "odd_answers.json").read_bytes())["cases"]
CASES = pytest.mark.parametrize("case", ODD, ids=lambda case: case["id"])
HOSTS = {"foundry": "example-resource.services.ai.azure.com", "gateway": "gw.example.com"}
KEYS = {
    "none": {},
    "api_key": {"api-key": "CANARY-API-KEY"},
    "gateway_key": {"ocp-apim-subscription-key": "CANARY-API-KEY"},
}


def body_of(case: dict[str, Any]) -> bytes:
    """The body of a case."""
    return base64.b64decode(case["body_base64"]) if "body_base64" in case else case["body"].encode()


def request_of(case: dict[str, Any]) -> Request:
    """What the request of a case tells."""
    return replace(
        REQUEST, stream=case["stream"], on_foundry_host=case["at"] == "foundry", auth_scheme=case["auth"]
    )


def seen_of(case: dict[str, Any], size: int | None) -> Observation:
    """Lead a case through an attempt, its body in pieces of `size` bytes."""
    attempt = Attempt(request_of(case), call_id="0" * 16, number=1)
    attempt.headers(case["status"], [(name.encode(), value.encode()) for name, value in case["headers"]])
    body = body_of(case)
    for start in range(0, len(body), size or max(len(body), 1)):
        attempt.feed(body[start : start + size] if size else body)
    seen = attempt.end(case["how"])
    assert seen is not None
    Price().finished(seen, None)
    return seen


def facts(seen: Observation) -> dict[str, Any]:
    """What a case expects, of an observation."""
    failure = seen.failure
    return {
        "outcome": seen.outcome,
        "error": failure and failure.type,
        "origin": failure and failure.origin,
        "owner": failure and failure.owner,
        "input_tokens": seen.usage.input_tokens,
        "output_tokens": seen.usage.output_tokens,
        "cost": seen.cost_usd is not None,
    }


@CASES
@pytest.mark.parametrize("size", [None, 1, 7], ids=["whole", "bytes", "sevens"])
def test_an_odd_answer_is_what_it_is(case: dict[str, Any], size: int | None) -> None:
    """However its body is cut, the record says what came, and nothing of what it may not hold."""
    seen = seen_of(case, size)
    assert facts(seen) == case["expect"]
    assert "CANARY" not in repr(seen)


@CASES
def test_through_each_client(case: dict[str, Any], family: Family, capture: Capture) -> None:
    """The same through each client, which gets the bytes as they were sent."""
    answer = family.module.Response(case["status"], headers=case["headers"], content=body_of(case))
    client = family.client(transport=family.module.MockTransport(lambda _: answer))
    instrument(**capture.options | {"hosts": (HOSTS["gateway"],)})

    async def scenario() -> bytes:
        async with client:
            url = f"https://{HOSTS[case['at']]}/anthropic/v1/messages"
            asked = {"model": "claude-sonnet-5-5", "max_tokens": 9, "stream": case["stream"]}
            return (await client.request("POST", url, json=asked, headers=KEYS[case["auth"]])).content

    assert family.run(scenario) == body_of(case)
    (seen,) = capture.observations
    if case["how"] == "complete":
        assert facts(seen) == case["expect"]
    (event,) = capture.ledger
    assert event.get("foundry.error.owner") == (seen.failure and seen.failure.owner)
    assert "CANARY" not in capture.everything()
