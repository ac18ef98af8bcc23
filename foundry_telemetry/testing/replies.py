"""Builders of replies: what Claude in Microsoft Foundry answers, with ids of its own each time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from email.utils import formatdate
from functools import partial
from typing import Any
from uuid import uuid4

import msgspec

from foundry_telemetry.testing.received import ReceivedRequest
from foundry_telemetry.testing.reply import Pause, Reply, built
from foundry_telemetry.testing.renewal import message_id, request_id

DEFAULT_MODEL = "claude-sonnet-5-5"
DEFAULT_TEXT = "The capital of France is Paris."
DEFAULT_INPUT_TOKENS = 14

Usage = Mapping[str, Any]
"""Token counters under the names of the Anthropic API."""

_START_ONLY = ("cache_creation", "service_tier", "inference_geo", "speed")
"""Counters that a stream tells in ``message_start`` and never again."""


def message(
    text: str = DEFAULT_TEXT,
    *,
    model: str | None = None,
    usage: Usage | None = None,
    stop_reason: str = "end_turn",
) -> Reply:
    """A whole answer as JSON.

    Args:
        text: What Claude says.
        model: Model of the answer; not given, the deployment that was asked for.
        usage: Counters that replace or join the usual ones.
        stop_reason: Why the answer ends.
    """
    return built(partial(_message, text, model, usage, stop_reason))


def stream(
    deltas: Iterable[str] | str = DEFAULT_TEXT,
    *,
    model: str | None = None,
    usage: Usage | None = None,
    stop_reason: str = "end_turn",
    first_delta_after: Pause | None = None,
    between_deltas: Pause | None = None,
) -> Reply:
    """An answer as server-sent events, one chunk for each event.

    ``message_start`` carries a placeholder for the output tokens, as the service does; ``message_delta``
    carries the final counters.

    Args:
        deltas: The pieces of text; one text is cut into words.
        model: Model of the answer; not given, the deployment that was asked for.
        usage: Final counters that replace or join the usual ones.
        stop_reason: Why the answer ends.
        first_delta_after: Wait before the first delta, in seconds, or until an event is set.
        between_deltas: Wait before each further delta.
    """
    words = _words(deltas) if isinstance(deltas, str) else tuple(deltas)
    reply = built(partial(_stream, words, model, usage, stop_reason))
    if first_delta_after is not None:
        reply = reply.paused(first_delta_after, before=_LEADING_EVENTS)
    if between_deltas is not None:
        for index in range(1, len(words)):
            reply = reply.paused(between_deltas, before=_LEADING_EVENTS + index)
    return reply


def count_tokens(input_tokens: int = DEFAULT_INPUT_TOKENS) -> Reply:
    """The answer to a request to count tokens."""
    return built(partial(_json, {"input_tokens": input_tokens}))


def answer(
    text: str = DEFAULT_TEXT,
    *,
    model: str | None = None,
    usage: Usage | None = None,
    stop_reason: str = "end_turn",
    first_delta_after: Pause | None = None,
    between_deltas: Pause | None = None,
) -> Reply:
    """The 200 in the form that was asked for: `stream`, `message` or `count_tokens`.

    A whole answer waits ``first_delta_after`` before its headers. A path that Foundry does not serve gets
    the 404 it would get there.
    """

    def make(request: ReceivedRequest) -> Reply:
        if request.operation is None:
            return error("err_404_api_not_supported").played(request)
        if request.operation == "count_tokens":
            counted = (usage or {}).get("input_tokens", DEFAULT_INPUT_TOKENS)
            return count_tokens(counted).played(request)
        if request.wants_stream:
            streamed = stream(
                text,
                model=model,
                usage=usage,
                stop_reason=stop_reason,
                first_delta_after=first_delta_after,
                between_deltas=between_deltas,
            )
            return streamed.played(request)
        whole = message(text, model=model, usage=usage, stop_reason=stop_reason).played(request)
        return whole if first_delta_after is None else whole.paused(first_delta_after, before="headers")

    return built(make)


def _message(
    text: str, model: str | None, usage: Usage | None, stop_reason: str, request: ReceivedRequest
) -> Reply:
    whole = _envelope(model or request.model) | {
        "content": [{"type": "text", "text": text}],
        "stop_reason": stop_reason,
        "usage": _usage(text, usage),
    }
    return _json(whole, request)


def _stream(
    deltas: tuple[str, ...],
    model: str | None,
    usage: Usage | None,
    stop_reason: str,
    request: ReceivedRequest,
) -> Reply:
    final = _usage("".join(deltas), usage)
    start = _envelope(model or request.model) | {"usage": final | {"output_tokens": 1}}
    totals = {name: value for name, value in final.items() if name not in _START_ONLY}
    text = {"type": "text", "text": ""}
    events = (
        {"type": "message_start", "message": start},
        {"type": "content_block_start", "index": 0, "content_block": text},
        {"type": "ping"},
        *({"type": "content_block_delta", "index": 0, "delta": _delta(delta)} for delta in deltas),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": _stop(stop_reason), "usage": totals},
        {"type": "message_stop"},
    )
    headers = (
        ("content-type", "text/event-stream; charset=utf-8"),
        ("cache-control", "no-cache"),
        *_identity(request),
        ("x-accel-buffering", "no"),
        ("transfer-encoding", "chunked"),
    )
    return Reply(headers=headers, chunks=tuple(map(_event, events)))


_LEADING_EVENTS = 3
"""Events of a stream before its first delta."""


def _json(body: Mapping[str, Any], request: ReceivedRequest) -> Reply:
    encoded = msgspec.json.encode(body)
    kind, length = ("content-type", "application/json"), ("content-length", str(len(encoded)))
    return Reply(headers=(kind, *_identity(request), length), chunks=(encoded,))


def _identity(request: ReceivedRequest) -> tuple[tuple[str, str], ...]:
    """The headers that a good answer carries in either form."""
    azure = str(uuid4())
    return (
        ("apim-request-id", azure),
        ("x-ms-region", "East US 2"),
        ("strict-transport-security", "max-age=31536000; includeSubDomains; preload"),
        ("x-content-type-options", "nosniff"),
        ("date", formatdate(usegmt=True)),
        ("request-id", request_id()),
        ("x-ms-client-request-id", request.headers.get("x-ms-client-request-id", azure)),
    )


def _envelope(model: str | None) -> dict[str, Any]:
    return {
        "id": message_id(),
        "type": "message",
        "role": "assistant",
        "model": model or DEFAULT_MODEL,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
    }


def _usage(text: str, changes: Usage | None) -> dict[str, Any]:
    usual = {
        "input_tokens": DEFAULT_INPUT_TOKENS,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "output_tokens": len(text) // 4 + 1,
        "service_tier": "standard",
        "inference_geo": "global",
    }
    return usual | dict(changes or {})


def _words(text: str) -> tuple[str, ...]:
    """A text cut after each space."""
    words = text.split(" ")
    return tuple(word + " " for word in words[:-1]) + ((words[-1],) if words[-1] else ())


def _delta(text: str) -> dict[str, str]:
    return {"type": "text_delta", "text": text}


def _stop(reason: str) -> dict[str, str | None]:
    return {"stop_reason": reason, "stop_sequence": None}


def _event(event: Mapping[str, Any]) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (event["type"].encode(), msgspec.json.encode(event))


from foundry_telemetry.testing.replays import error  # noqa: E402
