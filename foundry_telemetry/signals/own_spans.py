"""The spans that we make: of a call, where nobody else has one, and of one exchange below an owner's."""

from __future__ import annotations

from typing import Final

import msgspec
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer

from foundry_telemetry.observation import Observation
from foundry_telemetry.schema import field as names
from foundry_telemetry.schema.value import COGNITIVE_SERVICES, PROVIDER_ANTHROPIC
from foundry_telemetry.signals.fields import MEASURED, Attributes, read
from foundry_telemetry.signals.span_limits import fit, fit_for_start
from foundry_telemetry.wire.request_matcher import Request, url_of

_FINISH_REASONS: Final = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "tool_use": "tool_call",
}
_EXCHANGE_FIELDS: Final[tuple[str, ...]] = (
    names.STATUS_CODE,
    names.ERROR_TYPE,
    names.AZURE_REQUEST_ID,
    names.ANTHROPIC_REQUEST_ID,
)
_ERROR: Final = Status(StatusCode.ERROR)
_encode: Final = msgspec.json.Encoder().encode


def start_call(
    tracer: Tracer, context: Context, request: Request, asked: Attributes, started_ns: int
) -> Span:
    """Start the span of a call.

    Args:
        tracer: Makes it.
        context: Of the caller.
        request: What is asked.
        asked: The request's fields, by name.
        started_ns: Nanoseconds since the epoch.
    """
    fields = asked | _opening(request, request.url)
    if request.effort is not None:
        fields[names.REASONING_LEVEL] = request.effort
    return tracer.start_span(
        f"{request.operation or request.method} {request.deployment or request.path}",
        context,
        SpanKind.CLIENT,
        fit_for_start(fields, tracer),
        start_time=started_ns,
    )


def end_call(span: Span, seen: Observation, answered: Attributes) -> None:
    """End the span of a call with its last attempt.

    Args:
        span: What `start_call` gave.
        seen: The finished attempt.
        answered: Its fields, by name.
    """
    fields = answered | outcome_of(seen)
    fields[names.ATTEMPT_COUNT] = seen.attempt_number
    if seen.time_to_first_token_s is not None:
        fields[names.TIME_TO_FIRST_CHUNK] = seen.time_to_first_token_s
    if seen.attempt_number > 1:
        fields[names.RESEND_COUNT] = seen.attempt_number - 1
    span.set_attributes(fit(fields, span, ours=True))
    _end(span, seen)


def late_call(
    tracer: Tracer, context: Context, seen: Observation, asked: Attributes, answered: Attributes
) -> None:
    """The span of a call whose owner has ended its own before, and without the usage; arguments as above."""
    fields = asked | _opening(seen, _url(seen))
    name = f"{seen.operation or seen.method} {seen.deployment or seen.path}"
    end_call(_start(tracer, context, name, seen, fields), seen, answered)


def exchange_span(tracer: Tracer, context: Context, seen: Observation, answered: Attributes) -> None:
    """A span for one exchange below the owner's; without usage, so that sums over spans stay right."""
    fields: Attributes = {name: answered[name] for name in _EXCHANGE_FIELDS if name in answered}
    fields[names.METHOD] = seen.method
    if seen.attempt_number > 1:
        fields[names.RESEND_COUNT] = seen.attempt_number - 1
    if seen.server_address is not None:
        fields[names.SERVER_ADDRESS] = seen.server_address
        fields[names.SERVER_PORT] = seen.server_port
        fields[names.URL_FULL] = _url(seen)
    if seen.failure is not None:
        fields[names.LAST_ERROR] = seen.failure.type
    _end(_start(tracer, context, seen.method, seen, fields), seen)


def outcome_of(seen: Observation) -> Attributes:
    """What goes on our span and on an owner's alike; there the last attempt wins."""
    fields: Attributes = {}
    measured = read(MEASURED, seen)
    if measured:
        fields[names.MEASUREMENTS] = _encode(measured).decode()
    finish = _finish_reason(seen)
    if finish is not None:
        fields[names.FINISH_REASONS] = (finish,)
    if seen.failure is not None:
        fields[names.LAST_ERROR] = seen.failure.type
    return fields


def _start(tracer: Tracer, context: Context, name: str, seen: Observation, fields: Attributes) -> Span:
    """A span of an attempt that is over."""
    return tracer.start_span(
        name, context, SpanKind.CLIENT, fit_for_start(fields, tracer), start_time=seen.started_ns
    )


def _end(span: Span, seen: Observation) -> None:
    if seen.failure is not None:
        span.set_status(_ERROR)
    span.end(seen.started_ns + int(seen.duration_s * 1e9))


def _opening(asked: Request | Observation, url: str | None) -> Attributes:
    """What only our span of a call has, known before the request leaves, so that a sampler sees it."""
    fields: Attributes = {names.RESOURCE_PROVIDER: COGNITIVE_SERVICES}
    if asked.server_address is not None:
        fields[names.PEER_SERVICE] = asked.server_address
        fields[names.SERVER_PORT] = asked.server_port
        fields[names.URL_FULL] = url
    if asked.operation is not None:
        fields[names.PROVIDER] = PROVIDER_ANTHROPIC
        fields[names.SYSTEM] = PROVIDER_ANTHROPIC
    if asked.stream:
        fields[names.REQUEST_STREAM] = True
    return fields


def _url(seen: Observation) -> str | None:
    """Scheme, host and path, as of a request."""
    if seen.server_address is None:
        return None
    return url_of(seen.scheme, seen.server_address, seen.server_port, seen.path)


def _finish_reason(seen: Observation) -> str | None:
    if seen.outcome == "truncated":
        return "error"
    return _FINISH_REASONS.get(seen.stop_reason, seen.stop_reason) if seen.stop_reason else None
