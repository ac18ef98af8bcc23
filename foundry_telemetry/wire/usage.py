"""A message, whole or put together from its events, as far as telemetry needs it."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from foundry_telemetry.wire.json_decoding import reader
from foundry_telemetry.wire.sanitize import (
    as_object,
    clean_count,
    clean_counts,
    clean_message_id,
    clean_name,
    clean_word,
)
from foundry_telemetry.wire.typed_message import NO_DETAILS, NO_TOOLS, NO_WRITES, TypedMessage, read_typed


class TokenUsage(Struct, frozen=True, kw_only=True, gc=False):
    """Token counters as the Anthropic API names them."""

    input_tokens: int | None = None
    """Input outside the cache."""
    output_tokens: int | None = None
    """Final output, thinking included; ``None`` until the service has reported the final number."""
    cache_read_input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_creation_5m: int | None = None
    """The part of ``cache_creation_input_tokens`` that lives five minutes."""
    cache_creation_1h: int | None = None
    """The part of ``cache_creation_input_tokens`` that lives an hour."""
    thinking_tokens: int | None = None
    """The part of ``output_tokens`` spent on thinking."""
    web_search_requests: int | None = None
    web_fetch_requests: int | None = None
    service_tier: str | None = None
    inference_geo: str | None = None
    speed: str | None = None
    compaction_input_tokens: int | None = None
    """Input of server-side compaction, cache included; not part of ``input_tokens``."""
    compaction_output_tokens: int | None = None
    """Output of server-side compaction; not part of ``output_tokens``."""
    has_other_charges: bool = False
    """Whether something was billed that these counters do not hold: another model (an advisor, a fallback),
    a credit, a tool, a cache lifetime or a term that we do not know."""
    complete: bool = False
    """Whether the final counters were seen."""

    @property
    def is_reported(self) -> bool:
        """Whether any token count is known."""
        return self.input_tokens is not None or self.output_tokens is not None

    @property
    def total_input_tokens(self) -> int | None:
        """All input: uncached, cache write and cache read. This is ``gen_ai.usage.input_tokens``."""
        if self.input_tokens is None:
            return None
        return (
            self.input_tokens + (self.cache_creation_input_tokens or 0) + (self.cache_read_input_tokens or 0)
        )

    @property
    def uncached_input_tokens(self) -> int | None:
        """Input plus cache write: what Foundry counts against the input limit."""
        if self.input_tokens is None:
            return None
        return self.input_tokens + (self.cache_creation_input_tokens or 0)


NO_USAGE = TokenUsage()
"""Nothing was reported."""


class Answer(Struct, frozen=True, kw_only=True, gc=False):
    """What a 2xx body reports."""

    is_message: bool = False
    """Whether it is what the API answers: a message, or a count of tokens."""
    is_error: bool = False
    """Whether it is an error in spite of its status."""
    response_id: str | None = None
    response_model: str | None = None
    stop_reason: str | None = None
    refusal_category: str | None = None
    usage: TokenUsage = NO_USAGE
    counted_input_tokens: int | None = None


NO_ANSWER: Final = Answer()


class Message(Struct, gc=False):
    """The fields we read of a Message. All typed ``object``: one bad field must not hide the others."""

    type: object = None
    error: object = None
    id: object = None
    model: object = None
    stop_reason: object = None
    stop_details: object = None
    usage: object = None
    input_tokens: object = None


_read: Final = reader(Message)


def read_message(body: bytes | bytearray) -> Answer | None:
    """Read the body of a JSON answer; ``None`` when it is no JSON object."""
    typed = read_typed(body)
    if typed is not None:
        return _typed_answer(typed)
    message = _read(body)
    if message is None:
        return None
    usage = as_object(message.usage)
    return read_answer(message, read_usage(usage, final=True) if usage else NO_USAGE)


def _typed_answer(message: TypedMessage) -> Answer:
    """What `read_answer` and `read_usage` give for the usual message."""
    usage = message.usage
    writes = usage.cache_creation or NO_WRITES
    tools = usage.server_tool_use or NO_TOOLS
    details = usage.output_tokens_details or NO_DETAILS
    return Answer(
        is_message=True,
        response_id=clean_message_id(message.id), response_model=clean_name(message.model),
        stop_reason=clean_word(message.stop_reason),
        usage=TokenUsage(
            input_tokens=usage.input_tokens, output_tokens=usage.output_tokens, complete=True,
            cache_read_input_tokens=usage.cache_read_input_tokens,
            cache_creation_input_tokens=usage.cache_creation_input_tokens,
            cache_creation_5m=writes.ephemeral_5m_input_tokens,
            cache_creation_1h=writes.ephemeral_1h_input_tokens,
            thinking_tokens=details.thinking_tokens,
            web_search_requests=tools.web_search_requests, web_fetch_requests=tools.web_fetch_requests,
            service_tier=usage.service_tier, inference_geo=usage.inference_geo, speed=usage.speed,
        ),
    )  # fmt: skip


def read_answer(message: Message, usage: TokenUsage) -> Answer:
    """The answer a decoded Message gives, with the usage already read."""
    details = message.stop_details
    is_error = bool(message.error) or message.type == "error"
    return Answer(
        is_message=not is_error and (message.type == "message" or _is_like_a_message(message)),
        is_error=is_error,
        response_id=clean_message_id(message.id),
        response_model=clean_name(message.model),
        stop_reason=clean_word(message.stop_reason),
        refusal_category=clean_word(details.get("category")) if type(details) is dict else None,
        usage=usage,
        counted_input_tokens=clean_count(message.input_tokens),
    )


def _is_like_a_message(message: Message) -> bool:
    """Whether an object without its type has a field that no other format has."""
    usage = as_object(message.usage)
    counts = (message.input_tokens, usage.get("input_tokens"), usage.get("output_tokens"))
    return message.type is None and any(value is not None for value in (message.stop_reason, *counts))


def read_usage(usage: dict[str, object], *, final: bool) -> TokenUsage:
    """Read a ``usage`` object.

    Args:
        usage: The object as decoded.
        final: Whether it holds the last counters. The output of ``message_start`` is a placeholder, so
            without a ``message_delta`` the output is unknown, not that number.
    """
    get = usage.get
    counts = clean_counts(usage)
    output = counts.get("output_tokens") if final else None
    cache = _counts_in(get("cache_creation"))
    tools = _counts_in(get("server_tool_use"))
    details = _counts_in(get("output_tokens_details")) if final else _NO_COUNTS
    iterations = get("iterations")
    compaction = _compaction(iterations) if type(iterations) is list else None
    tier, geo = clean_word(get("service_tier")), clean_word(get("inference_geo"))
    speed, credit = clean_word(get("speed")), get("fallback_credit")
    return TokenUsage(
        input_tokens=counts.get("input_tokens"), output_tokens=output, complete=output is not None,
        cache_read_input_tokens=counts.get("cache_read_input_tokens"),
        cache_creation_input_tokens=counts.get("cache_creation_input_tokens"),
        cache_creation_5m=cache.get("ephemeral_5m_input_tokens"),
        cache_creation_1h=cache.get("ephemeral_1h_input_tokens"),
        thinking_tokens=details.get("thinking_tokens"), service_tier=tier, inference_geo=geo, speed=speed,
        web_search_requests=tools.get("web_search_requests"),
        web_fetch_requests=tools.get("web_fetch_requests"),
        compaction_input_tokens=compaction[0] if compaction else None,
        compaction_output_tokens=compaction[1] if compaction else None,
        has_other_charges=bool(
            (iterations and _has_other_models(iterations))
            or (tier is None and get("service_tier"))
            or (geo is None and get("inference_geo"))
            or (speed is None and get("speed"))
            or (credit and as_object(credit).get("status") != "not_applied")
            or _has_more(get("cache_creation"), cache, _WRITES)
            or _has_more(get("server_tool_use"), tools, _TOOLS)
            or _has_unread(usage, counts)
        ),
    )  # fmt: skip


_NO_COUNTS: Final[dict[str, int]] = {}


def _counts_in(value: object) -> dict[str, int]:
    return clean_counts(value) if type(value) is dict else _NO_COUNTS


USAGE_FIELDS: Final = frozenset({
    "cache_creation",
    "cache_creation_input_tokens",
    "cache_read_input_tokens",
    "fallback_credit",
    "inference_geo",
    "input_tokens",
    "iterations",
    "output_tokens",
    "output_tokens_details",
    "server_tool_use",
    "service_tier",
    "speed",
})  # fmt: skip
"""What `read_usage` looks at. A stream may name ever new ones; it keeps none but these."""

_INPUTS: Final = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")


def _compaction(iterations: list[object]) -> tuple[int | None, int | None] | None:
    """Input and output of the compaction passes, which the top-level counters leave out."""
    passes = [item for item in map(as_object, iterations) if item.get("type") == "compaction"]
    if not passes:
        return None
    return (
        clean_count(sum(clean_count(item.get(name)) or 0 for item in passes for name in _INPUTS)),
        clean_count(sum(clean_count(item.get("output_tokens")) or 0 for item in passes)),
    )


_COUNTERS: Final = (*_INPUTS, "output_tokens")
_WRITES: Final = frozenset({"ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens"})
_TOOLS: Final = frozenset({"web_search_requests", "web_fetch_requests"})


def _has_unread(usage: dict[str, object], counts: dict[str, int]) -> bool:
    """Whether a counter holds something that is no count."""
    for name in _COUNTERS:  # noqa: SIM110 - on every answer's way, where a generator costs more
        if name not in counts and usage.get(name):
            return True
    return False


def _has_other_models(iterations: object) -> bool:
    """Whether an iteration is an advisor's, a fallback's or of an unknown kind, or they differ in model."""
    if type(iterations) is not list:
        return True
    items = [as_object(item) for item in iterations]
    kinds = {str(item.get("type")) for item in items}
    models = {str(item["model"]) for item in items if item.get("model")}
    return bool(kinds - {"message", "compaction"}) or len(models) > 1


def _has_more(part: object, counts: dict[str, int], known: frozenset[str]) -> bool:
    """Whether an object counts something that is not `known`, or that was not read into `counts`."""
    if not part:
        return False
    if type(part) is not dict:
        return True
    if len(counts) == len(part) and known.issuperset(part):
        return False
    return any(value and (name not in known or name not in counts) for name, value in part.items())
