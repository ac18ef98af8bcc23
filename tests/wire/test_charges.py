"""Charges beside the counters: the usage says that there are some, so that the rest is not priced as all."""

from __future__ import annotations

import json
from typing import Any

import pytest

from foundry_telemetry.observation import TokenUsage
from foundry_telemetry.wire.message import MessageStream
from foundry_telemetry.wire.usage import read_message

COUNTERS: dict[str, Any] = {
    "input_tokens": 40,
    "output_tokens": 6,
    "cache_creation_input_tokens": 0,
    "cache_read_input_tokens": None,
    "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
    "server_tool_use": {"web_search_requests": 2, "web_fetch_requests": 0},
    "service_tier": "standard",
    "inference_geo": "global",
    "speed": "standard",
}
STEP = {"type": "message", "input_tokens": 40, "output_tokens": 6}
ORDINARY = {
    "counters": {},
    "no list of iterations": {"iterations": None},
    "an empty list of iterations": {"iterations": []},
    "steps of a tool loop": {"iterations": [STEP, STEP]},
    "steps on one model": {"iterations": [STEP | {"model": "claude-a"}, STEP | {"model": "claude-a"}]},
    "compaction, which has fields of its own": {"iterations": [STEP, STEP | {"type": "compaction"}]},
    "a credit that was not applied": {"fallback_credit": {"status": "not_applied", "reason": "expired"}},
    "no credit": {"fallback_credit": None},
    "a tool that was not used": {"server_tool_use": {"code_execution_requests": 0}},
    "no tool": {"server_tool_use": None},
    "a lifetime that was not used": {"cache_creation": {"ephemeral_24h_input_tokens": 0}},
    "a part of the output": {"output_tokens_details": {"thinking_tokens": 3, "other_tokens": 2}},
}
BEYOND = {
    "an advisor": {"iterations": [STEP, STEP | {"type": "advisor_message", "model": "claude-b"}]},
    "a fallback": {"iterations": [STEP | {"type": "fallback_message", "model": "claude-b"}]},
    "a kind that nobody knows": {"iterations": [STEP, STEP | {"type": "critic_message"}]},
    "an iteration without a kind": {"iterations": [{"input_tokens": 4}]},
    "an iteration that is no object": {"iterations": [7]},
    "iterations that are no list": {"iterations": {"type": "message"}},
    "steps on two models": {"iterations": [STEP | {"model": "claude-a"}, STEP | {"model": "claude-b"}]},
    "a credit that was redeemed": {"fallback_credit": {"status": "redeemed"}},
    "a credit of unknown state": {"fallback_credit": {"status": "half"}},
    "a credit that is no object": {"fallback_credit": "redeemed"},
    "a tool that nobody knows": {"server_tool_use": {"code_execution_requests": 1}},
    "searches that are no count": {"server_tool_use": {"web_search_requests": "2"}},
    "tools that are no object": {"server_tool_use": [2]},
    "a lifetime that nobody knows": {"cache_creation": {"ephemeral_24h_input_tokens": 9}},
    "cache reads that are no count": {"cache_read_input_tokens": "12"},
    "cache writes that are no count": {"cache_creation_input_tokens": 12.5},
    "a tier that is no word": {"service_tier": "Tier-2"},
    "a place that is no word": {"inference_geo": "eu-west-1"},
    "a speed that is no word": {"speed": 2},
}


def of_json(usage: dict[str, Any]) -> TokenUsage:
    """The usage of a whole message."""
    answer = read_message(json.dumps({"id": "msg_1", "usage": usage}).encode())
    assert answer is not None
    return answer.usage


def of_stream(usage: dict[str, Any]) -> TokenUsage:
    """The same, told at the end of a stream."""
    start = {"message": {"id": "msg_1", "usage": {"input_tokens": 1, "output_tokens": 1}}}
    delta = {"delta": {"stop_reason": "end_turn"}, "usage": usage}
    stream = MessageStream(lambda: 0)
    for name, data in (("message_start", start), ("message_delta", delta), ("message_stop", {})):
        stream.feed(f"event: {name}\ndata: {json.dumps({'type': name, **data})}\n\n".encode())
    stream.finish(complete=True)
    return stream.answer().usage


@pytest.mark.parametrize("read", [of_json, of_stream])
@pytest.mark.parametrize("case", ORDINARY)
def test_counters_hold_everything(case: str, read: Any) -> None:
    """What costs nothing more, or has a counter, is no charge beside the counters."""
    usage = read(COUNTERS | ORDINARY[case])
    assert usage.complete
    assert not usage.has_other_charges


@pytest.mark.parametrize("read", [of_json, of_stream])
@pytest.mark.parametrize("case", BEYOND)
def test_something_is_beyond_the_counters(case: str, read: Any) -> None:
    """Another model, a credit, an unknown tool, lifetime or term: said, whether told whole or in a stream."""
    usage = read(COUNTERS | BEYOND[case])
    assert usage.output_tokens == 6
    assert usage.has_other_charges
