"""The usual message, decoded straight into typed counters: a third of the price of reading it field by field.

Whatever deviates from these types in anything that `usage.read_message` looks at is not decoded here but
there, so both ways lead to the same `Answer`.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from foundry_telemetry.wire.sanitize import MAX_COUNT, UNREADABLE

Count = Annotated[int, Meta(ge=0, lt=MAX_COUNT)]


class _Writes(Struct, gc=False, forbid_unknown_fields=True):
    ephemeral_5m_input_tokens: Count | None = None
    ephemeral_1h_input_tokens: Count | None = None


class _Tools(Struct, gc=False, forbid_unknown_fields=True):
    web_search_requests: Count | None = None
    web_fetch_requests: Count | None = None


class _Details(Struct, gc=False):
    thinking_tokens: Count | None = None


NO_WRITES: Final = _Writes()
NO_TOOLS: Final = _Tools()
NO_DETAILS: Final = _Details()


class TypedUsage(Struct, gc=False):
    """A ``usage`` object without passes of other models and without credits."""

    input_tokens: Count
    output_tokens: Count
    cache_read_input_tokens: Count | None = None
    cache_creation_input_tokens: Count | None = None
    cache_creation: _Writes | None = None
    server_tool_use: _Tools | None = None
    output_tokens_details: _Details | None = None
    service_tier: Literal["standard", "priority", "batch"] | None = None
    inference_geo: Literal["global", "us", "not_available"] | None = None
    speed: Literal["standard", "fast"] | None = None
    iterations: None = None
    fallback_credit: None = None


class TypedMessage(Struct, gc=False):
    """The fields that are read of a Message which is neither an error nor a count of tokens."""

    type: Literal["message"]
    id: str
    model: str
    usage: TypedUsage
    stop_reason: str | None = None
    stop_details: None = None
    error: None = None
    input_tokens: None = None


_decode: Final = msgspec.json.Decoder(TypedMessage).decode


def read_typed(body: bytes | bytearray) -> TypedMessage | None:
    """Decode a body; ``None`` where it is anything but the usual message."""
    try:
        return _decode(body)
    except UNREADABLE:
        return None
