"""The usual message is decoded into types, any other field by field: both ways lead to the same answer."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundry_telemetry.wire import usage
from foundry_telemetry.wire.sanitize import MAX_COUNT
from foundry_telemetry.wire.typed_message import read_typed

USUAL: Final[dict[str, Any]] = {
    "id": "msg_01",
    "type": "message",
    "role": "assistant",
    "model": "claude-sonnet-5-5",
    "content": [],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {
        "input_tokens": 14,
        "cache_creation_input_tokens": 7,
        "cache_read_input_tokens": 5,
        "cache_creation": {"ephemeral_5m_input_tokens": 3, "ephemeral_1h_input_tokens": 4},
        "output_tokens": 180,
        "output_tokens_details": {"thinking_tokens": 20},
        "server_tool_use": {"web_search_requests": 2, "web_fetch_requests": 1},
        "service_tier": "standard",
        "inference_geo": "global",
        "speed": "fast",
    },
}

ODD: Final = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, 1, -1, MAX_COUNT - 1, MAX_COUNT, 2**70, 1.0, 0.5]),
    st.sampled_from(["", "standard", "batch", "us", "fast", "end_turn", "message", "error", "<odd>"]),
    st.lists(st.just({"type": "message"}), max_size=2),
    st.dictionaries(
        st.sampled_from(["ephemeral_5m_input_tokens", "web_search_requests", "thinking_tokens", "new"]),
        st.sampled_from([None, 0, 5, -1, True, "not_applied"]),
        max_size=3,
    ),
)  # fmt: skip
"""What may stand where something else is expected."""

FIELDS: Final = st.sampled_from([*usage.USAGE_FIELDS, "new_counter"])
MESSAGE_FIELDS: Final = st.sampled_from([*usage.Message.__struct_fields__, "content"])


def by_field(body: bytes) -> usage.Answer | None:
    """The answer as read without the types."""
    message = usage._read(body)
    if message is None:
        return None
    found = usage.as_object(message.usage)
    return usage.read_answer(message, usage.read_usage(found, final=True) if found else usage.NO_USAGE)


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """The usual message with some fields of it, and of its usage, missing or changed."""
    counters = {**USUAL["usage"], **draw(st.dictionaries(FIELDS, ODD, max_size=3))}
    for name in draw(st.sets(FIELDS, max_size=3)):
        counters.pop(name, None)
    message = {**USUAL, "usage": counters, **draw(st.dictionaries(MESSAGE_FIELDS, ODD, max_size=2))}
    for name in draw(st.sets(MESSAGE_FIELDS, max_size=1)):
        message.pop(name, None)
    return json.dumps(message).encode()


@given(body=bodies())
@settings(max_examples=400, deadline=None)
def test_both_ways_give_the_same(body: bytes) -> None:
    """Whatever stands in a message, it is read as if there were no types."""
    assert usage.read_message(body) == by_field(body)


def test_the_usual_message_is_typed() -> None:
    """Every field that is read may be there, and the message is still typed; the answer has them all."""
    body = json.dumps(USUAL).encode()
    assert read_typed(body) is not None
    answer = usage.read_message(body)
    assert answer == by_field(body)
    assert answer is not None
    assert None not in {
        getattr(answer.usage, name) for name in answer.usage.__struct_fields__ if "compaction" not in name
    }


@pytest.mark.parametrize("name", ["usage", "usage.cache_creation", "stop_reason"])
def test_a_name_that_comes_twice(name: str) -> None:
    """Of a name that comes twice the last one counts, as with every reader of JSON."""
    plain = json.dumps(USUAL)
    last = name.rpartition(".")[2]
    value = USUAL["usage"]["cache_creation"] if "." in name else USUAL[name]
    twice = plain.replace(f'"{last}": ', f'"{last}": {json.dumps(value).replace("3", "9")}, "{last}": ', 1)
    for body in (plain, twice, twice.replace(json.dumps(value), "null")):
        assert usage.read_message(body.encode()) == by_field(body.encode())
