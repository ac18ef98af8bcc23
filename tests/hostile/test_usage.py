"""Counters that an answer does not tell: absent in every record, never zero."""

from __future__ import annotations

from typing import Any

import pytest

from tests.hostile.harness import ASK, JSON, SSE, URL, event, transport, twice
from tests.support.capture import Capture
from tests.support.families import Family

COUNTERS = {
    "input_tokens": "gen_ai.usage.input_tokens",
    "output_tokens": "gen_ai.usage.output_tokens",
    "cache_read_input_tokens": "gen_ai.usage.cache_read.input_tokens",
    "cache_creation_input_tokens": "gen_ai.usage.cache_write.input_tokens",
}
USAGES: dict[str, tuple[str, dict[str, int]]] = {
    "missing": ("{}", {}),
    "null": ('{"usage":null}', {}),
    "a list": ('{"usage":[{"input_tokens":5}]}', {}),
    "a number": ('{"usage":5}', {}),
    "empty": ('{"usage":{}}', {}),
    "null counters": ('{"usage":{"input_tokens":null,"output_tokens":null}}', {}),
    "new keys": ('{"usage":{"tokens_of_tomorrow":5}}', {}),
    "output alone": ('{"usage":{"output_tokens":7}}', {"output_tokens": 7}),
    "a real zero": (
        '{"usage":{"input_tokens":0,"output_tokens":7}}',
        {"input_tokens": 0, "output_tokens": 7},
    ),
    "repeated": (
        '{"usage":{"input_tokens":1,"output_tokens":1},"usage":{"input_tokens":5,"output_tokens":7}}',
        {"input_tokens": 5, "output_tokens": 7},
    ),
}


@pytest.mark.row(70)
@pytest.mark.parametrize("streamed", [False, True], ids=["json", "sse"])
@pytest.mark.parametrize("name", USAGES)
def test_what_is_not_reported(family: Family, capture: Capture, name: str, streamed: bool) -> None:
    """Span and ledger hold the counters that were reported and no others; the caller gets every byte."""
    body, reported = USAGES[name]
    parts = [body.encode()]
    if streamed:
        stop = event("message_stop", {})
        parts = [
            event("message_start", {"message": {}}),
            b"event: message_delta\ndata: %s\n\n" % parts[0],
            stop,
        ]
    playback = transport(family, lambda _: (200, SSE if streamed else JSON, parts))

    async def scenario() -> Any:
        async with family.client(transport=playback) as client:
            return (await client.request("POST", URL, json=ASK)).content

    assert twice(family, scenario, capture) == b"".join(parts)
    (seen,), (row,), (span,) = capture.observations, capture.ledger, capture.spans
    assert {key: getattr(seen.usage, key) for key in COUNTERS} == dict.fromkeys(COUNTERS) | reported
    expected = {COUNTERS[key]: value for key, value in reported.items()}
    for record in (row, span.attributes or {}):
        assert {key: value for key, value in record.items() if key in COUNTERS.values()} == expected
    assert seen.cost_usd is None  # no model was reported either, so there is no price
    assert "foundry.cost.usd" not in row
    points = capture.points().get("gen_ai.client.token.usage", [])
    kinds = {point.attributes["gen_ai.token.type"]: point.sum for point in points}
    assert kinds == {key[:-7]: reported[key] for key in ("input_tokens", "output_tokens") if key in reported}
