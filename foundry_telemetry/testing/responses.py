"""Builders of responses: what Claude in Microsoft Foundry answers, with ids of its own each time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any, TypedDict

import msgspec
from msgspec import Struct

from foundry_telemetry.testing.captured_request import ReceivedRequest
from foundry_telemetry.testing.id_rewriting import azure_id, date, message_id, request_id
from foundry_telemetry.testing.recorded_responses import error
from foundry_telemetry.testing.response import FakeResponse, Pause, built

DEFAULT_MODEL = "claude-sonnet-5-5"
DEFAULT_TEXT = "The capital of France is Paris."
DEFAULT_INPUT_TOKENS = 14

Usage = Mapping[str, Any]
"""Token counters under the names of the Anthropic API."""

_START_ONLY = ("cache_creation", "service_tier", "inference_geo", "speed")
"""Counters that a stream reports in ``message_start`` and never again."""

_LEADING_EVENTS = 3
"""Events of a stream before its first delta."""


class AnswerOptions(TypedDict, total=False):
    """What `answer` takes besides the text."""

    model: str | None
    usage: Usage | None
    stop_reason: str
    first_delta_after: Pause | None
    between_deltas: Pause | None


class _Completion(Struct, frozen=True, kw_only=True):
    """What Claude answers, in whatever form is requested."""

    deltas: tuple[str, ...]
    model: str | None
    usage: Usage | None
    stop_reason: str
    first_delta_after: Pause | None = None
    between_deltas: Pause | None = None

    @property
    def text(self) -> str:
        """The complete text."""
        return "".join(self.deltas)


def message(
    text: str = DEFAULT_TEXT,
    *,
    model: str | None = None,
    usage: Usage | None = None,
    stop_reason: str = "end_turn",
) -> FakeResponse:
    """A complete answer as JSON.

    Args:
        text: What Claude answers.
        model: Model of the answer; not given, the requested deployment.
        usage: Counters that replace or join the usual ones.
        stop_reason: Why the answer ends.
    """
    completion = _Completion(deltas=(text,), model=model, usage=usage, stop_reason=stop_reason)
    return built(partial(_message, completion))


def stream(
    deltas: Iterable[str] | str = DEFAULT_TEXT,
    *,
    model: str | None = None,
    usage: Usage | None = None,
    stop_reason: str = "end_turn",
    first_delta_after: Pause | None = None,
    between_deltas: Pause | None = None,
) -> FakeResponse:
    """An answer as server-sent events, one chunk for each event.

    ``message_start`` carries a placeholder for the output tokens, as the service does; ``message_delta``
    carries the final counters.

    Args:
        deltas: The pieces of text; one text is cut into words.
        model: Model of the answer; not given, the requested deployment.
        usage: Final counters that replace or join the usual ones.
        stop_reason: Why the answer ends.
        first_delta_after: Wait before the first delta, in seconds, or until an event is set.
        between_deltas: Wait before each further delta.
    """
    completion = _Completion(
        deltas=_deltas(deltas),
        model=model,
        usage=usage,
        stop_reason=stop_reason,
        first_delta_after=first_delta_after,
        between_deltas=between_deltas,
    )
    return built(partial(_stream, completion))


def count_tokens(input_tokens: int = DEFAULT_INPUT_TOKENS) -> FakeResponse:
    """The answer to a request to count tokens."""
    return built(partial(_json, {"input_tokens": input_tokens}))


def answer(
    text: Iterable[str] | str = DEFAULT_TEXT,
    *,
    model: str | None = None,
    usage: Usage | None = None,
    stop_reason: str = "end_turn",
    first_delta_after: Pause | None = None,
    between_deltas: Pause | None = None,
) -> FakeResponse:
    """The 200 in the requested form: as by `stream`, `message` or `count_tokens`.

    A complete answer waits ``first_delta_after`` before its headers. A path that Foundry does not serve gets
    the 404 it would get there. Arguments as in `stream`.
    """
    completion = _Completion(
        deltas=_deltas(text),
        model=model,
        usage=usage,
        stop_reason=stop_reason,
        first_delta_after=first_delta_after,
        between_deltas=between_deltas,
    )
    return built(partial(_answer, completion))


def _answer(completion: _Completion, request: ReceivedRequest) -> FakeResponse:
    if request.operation is None:
        return error("err_404_api_not_supported").played(request)
    if request.operation == "count_tokens":
        return _json({"input_tokens": _usage(completion)["input_tokens"]}, request)
    if request.wants_stream:
        return _stream(completion, request)
    complete = _message(completion, request)
    return (
        complete
        if completion.first_delta_after is None
        else complete.paused(completion.first_delta_after, before="headers")
    )


def _message(completion: _Completion, request: ReceivedRequest) -> FakeResponse:
    complete = _envelope(completion, request) | {
        "content": [{"type": "text", "text": completion.text}],
        "stop_reason": completion.stop_reason,
        "usage": _usage(completion),
    }
    return _json(complete, request)


def _stream(completion: _Completion, request: ReceivedRequest) -> FakeResponse:
    headers = (
        ("content-type", "text/event-stream; charset=utf-8"),
        ("cache-control", "no-cache"),
        *_identity(request),
        ("x-accel-buffering", "no"),
        ("transfer-encoding", "chunked"),
    )
    return FakeResponse(
        headers=headers, chunks=tuple(map(_event, _events(completion, request))), pauses=_pauses(completion)
    )


def _events(completion: _Completion, request: ReceivedRequest) -> Iterator[dict[str, Any]]:
    final = _usage(completion)
    start = _envelope(completion, request) | {"usage": final | {"output_tokens": 1}}
    totals = {name: value for name, value in final.items() if name not in _START_ONLY}
    stop = {"stop_reason": completion.stop_reason, "stop_sequence": None}
    yield {"type": "message_start", "message": start}
    yield {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
    yield {"type": "ping"}
    for text in completion.deltas:
        delta = {"type": "text_delta", "text": text}
        yield {"type": "content_block_delta", "index": 0, "delta": delta}
    yield {"type": "content_block_stop", "index": 0}
    yield {"type": "message_delta", "delta": stop, "usage": totals}
    yield {"type": "message_stop"}


def _pauses(completion: _Completion) -> tuple[tuple[int, Pause], ...]:
    waits = [completion.first_delta_after] + [completion.between_deltas] * (len(completion.deltas) - 1)
    return tuple((index, wait) for index, wait in enumerate(waits, _LEADING_EVENTS) if wait is not None)


def _json(body: Mapping[str, Any], request: ReceivedRequest) -> FakeResponse:
    encoded = msgspec.json.encode(body)
    kind, length = ("content-type", "application/json"), ("content-length", str(len(encoded)))
    return FakeResponse(headers=(kind, *_identity(request), length), chunks=(encoded,))


def _identity(request: ReceivedRequest) -> tuple[tuple[str, str], ...]:
    """The headers that a good answer carries in either form."""
    azure = azure_id()
    return (
        ("apim-request-id", azure),
        ("x-ms-region", "East US 2"),
        ("strict-transport-security", "max-age=31536000; includeSubDomains; preload"),
        ("x-content-type-options", "nosniff"),
        ("date", date()),
        ("request-id", request_id()),
        ("x-ms-client-request-id", request.headers.get("x-ms-client-request-id", azure)),
    )


def _envelope(completion: _Completion, request: ReceivedRequest) -> dict[str, Any]:
    return {
        "id": message_id(),
        "type": "message",
        "role": "assistant",
        "model": completion.model or request.model or DEFAULT_MODEL,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
    }


def _usage(completion: _Completion) -> dict[str, Any]:
    usual = {
        "input_tokens": DEFAULT_INPUT_TOKENS,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "output_tokens": len(completion.text) // 4 + 1,
        "service_tier": "standard",
        "inference_geo": "global",
    }
    return usual | dict(completion.usage or {})


def _deltas(text: Iterable[str] | str) -> tuple[str, ...]:
    """The pieces of a text; one that comes in one piece is cut after each space."""
    return tuple(re.findall(r"\S*\s|\S+$", text) if isinstance(text, str) else text)


def _event(event: Mapping[str, Any]) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (event["type"].encode(), msgspec.json.encode(event))
