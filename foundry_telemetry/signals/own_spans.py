"""The spans that we make: of a call, where nobody else has one, and of one exchange below an owner's."""

from __future__ import annotations

from typing import Final

import msgspec
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer

from foundry_telemetry.observation import Observation
from foundry_telemetry.schema import field_table as names
from foundry_telemetry.schema.value import PROVIDER_ANTHROPIC
from foundry_telemetry.signals.fields import MEASUREMENTS, REQUEST, Attributes, read
from foundry_telemetry.signals.span_attributes import write
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
    tracer: Tracer, context: Context, request: Request, started_ns: int, constant: Attributes
) -> Span:
    """Start the span of a call.

    Args:
        tracer: Makes it.
        context: Of the caller.
        request: What is asked.
        started_ns: Nanoseconds since the epoch.
        constant: What `constant_of` the project gives.
    """
    fields = read(REQUEST, request) | _opening(request, request.url, constant)
    if request.effort is not None:
        fields[names.REASONING_LEVEL] = request.effort
    return tracer.start_span(
        f"{request.operation or request.method} {request.deployment or request.path}",
        context,
        SpanKind.CLIENT,
        fit_for_start(fields, tracer),
        start_time=started_ns,
    )


def end_call(span: Span, observation: Observation, response_fields: Attributes) -> None:
    """End the span of a call with its last attempt.

    Args:
        span: What `start_call` gave.
        observation: The finished attempt.
        response_fields: Its fields, by name.
    """
    fields = response_fields | outcome_of(observation)
    fields[names.ATTEMPT_COUNT] = observation.attempt_number
    if observation.time_to_first_token_s is not None:
        fields[names.TIME_TO_FIRST_CHUNK] = observation.time_to_first_token_s
    if observation.attempt_number > 1:
        fields[names.RESEND_COUNT] = observation.attempt_number - 1
    write(span, fit(fields, span, ours=True))
    _end(span, observation)


def late_call(
    tracer: Tracer,
    context: Context,
    observation: Observation,
    response_fields: Attributes,
    constant: Attributes,
) -> None:
    """The span of a call whose owner has ended its own before, and without the usage; arguments as above."""
    fields = read(REQUEST, observation) | _opening(observation, _url(observation), constant)
    name = f"{observation.operation or observation.method} {observation.deployment or observation.path}"
    end_call(_start(tracer, context, name, observation, fields), observation, response_fields)


def exchange_span(
    tracer: Tracer,
    context: Context,
    observation: Observation,
    response_fields: Attributes,
    project_id: str | None = None,
) -> None:
    """A span for one exchange below the owner's; without usage, so that sums over spans stay right."""
    fields: Attributes = {name: response_fields[name] for name in _EXCHANGE_FIELDS if name in response_fields}
    fields[names.METHOD] = observation.method
    if project_id is not None:
        fields[names.PROJECT_ID] = project_id
    if observation.attempt_number > 1:
        fields[names.RESEND_COUNT] = observation.attempt_number - 1
    if observation.server_address is not None:
        fields[names.SERVER_ADDRESS] = observation.server_address
        fields[names.SERVER_PORT] = observation.server_port
        fields[names.URL_FULL] = _url(observation)
    if observation.failure is not None:
        fields[names.LAST_ERROR] = observation.failure.type
    _end(_start(tracer, context, observation.method, observation, fields), observation)


def outcome_of(observation: Observation) -> Attributes:
    """What goes on our span and on an owner's alike; there the last attempt wins."""
    fields: Attributes = {}
    measured = read(MEASUREMENTS, observation)
    if measured:
        fields[names.MEASUREMENTS] = _encode(measured).decode()
    finish = _finish_reason(observation)
    if finish is not None:
        fields[names.FINISH_REASONS] = (finish,)
    if observation.failure is not None:
        fields[names.LAST_ERROR] = observation.failure.type
    return fields


def _start(tracer: Tracer, context: Context, name: str, observation: Observation, fields: Attributes) -> Span:
    """A span of an attempt that is over."""
    return tracer.start_span(
        name, context, SpanKind.CLIENT, fit_for_start(fields, tracer), start_time=observation.started_ns
    )


def _end(span: Span, observation: Observation) -> None:
    if observation.failure is not None:
        span.set_status(_ERROR)
    span.end(observation.started_ns + int(observation.duration_s * 1e9))


def _opening(source: Request | Observation, url: str | None, constant: Attributes) -> Attributes:
    """What only our span of a call has, known before the request leaves, so that a sampler sees it."""
    fields = constant.copy()
    if source.server_address is not None:
        fields[names.PEER_SERVICE] = source.server_address
        fields[names.SERVER_PORT] = source.server_port
        fields[names.URL_FULL] = url
    if source.operation is not None:
        fields[names.PROVIDER] = PROVIDER_ANTHROPIC
        fields[names.SYSTEM] = PROVIDER_ANTHROPIC
    if source.stream:
        fields[names.REQUEST_STREAM] = True
    return fields


def _url(observation: Observation) -> str | None:
    """Scheme, host and path, as of a request."""
    if observation.server_address is None:
        return None
    return url_of(observation.scheme, observation.server_address, observation.server_port, observation.path)


def _finish_reason(observation: Observation) -> str | None:
    if observation.outcome == "truncated":
        return "error"
    return (
        _FINISH_REASONS.get(observation.stop_reason, observation.stop_reason)
        if observation.stop_reason
        else None
    )
