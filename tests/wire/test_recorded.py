"""The recorded answers, fed straight into an attempt."""

from __future__ import annotations

from typing import Any

import pytest

from foundry_telemetry import attempt as attempt_module
from foundry_telemetry.attempt import Attempt
from foundry_telemetry.observation import Observation
from foundry_telemetry.wire.request_matcher import read_request
from tests.support.families import httpx
from tests.support.recorded import (
    answered,
    as_expected,
    canaries,
    expected,
    pieces_of,
    request_body,
    request_headers,
    url_of,
)


def observe(case: dict[str, Any], size: int | None) -> Observation:
    """Lead the case through an attempt, its body in pieces of `size` bytes."""
    url = httpx.URL(url_of(case))
    request = read_request(
        method=case["request"]["method"],
        scheme=url.scheme,
        host=url.raw_host,
        port=url.port,
        raw_path=url.raw_path,
        headers=[(name.encode(), value.encode()) for name, value in request_headers(case)],
        body=lambda: request_body(case),
        hosts=frozenset(),
    )
    assert request is not None
    attempt = Attempt(request, call_id="0" * 16, number=1)
    attempt.headers(
        case["response"]["status"],
        [(name.encode(), value.encode()) for name, value in case["response"]["headers"]],
    )
    for piece in pieces_of(case, size):
        attempt.feed(piece)
    if case["response"]["ends"] == "transport_error":
        seen = attempt.end("failed", httpx.RemoteProtocolError("cut"))
    else:
        seen = attempt.end("complete")
    assert seen is not None
    return seen


@pytest.mark.row(67)
@pytest.mark.parametrize("size", [None, 1, 7, 1 << 20], ids=["recorded", "bytes", "sevens", "whole"])
@pytest.mark.parametrize("case", answered(), ids=lambda case: case["id"])
def test_observation_equals_expectation(
    case: dict[str, Any], size: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However the body is cut, the observation is what the recording expects, and holds no secret."""
    now = case["request"]["auth"]["now"]
    if now is not None:
        monkeypatch.setattr(attempt_module, "time_ns", lambda: now * 10**9)
    seen = observe(case, size)
    assert as_expected(seen, case) == expected(case)
    assert not [canary for canary in canaries(case) if canary in repr(seen)]
