"""Whose span is it? Somebody's who already stands for the call, then we enrich it; else ours.

*Owner span*: a span that another library opened for the logical call (the anthropic SDK's own, a GenAI
instrumentor's). Two spans with usage for one call would double every sum, so there is never a second one.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Mapping
from typing import Final

import msgspec
from opentelemetry import context as context_api
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanContext, SpanKind, Status, StatusCode, Tracer

from foundry_telemetry import conventions as names
from foundry_telemetry.observation import Observation, RequestIds
from foundry_telemetry.once import Once
from foundry_telemetry.signals.fields import ANSWERED, ASKED, MEASURED, USAGE, Attributes, read, read_tags
from foundry_telemetry.signals.span_limits import fit, fit_for_start
from foundry_telemetry.wire.recognise import Request, url_of

_GENAI_CONTEXT: Final = "opentelemetry.genai.client.inference.context"
"""Context key of opentelemetry-util-genai; where it is set, the standard metrics are recorded by it."""

_SDK_SCOPE: Final = "com.anthropic.sdk.python"
_INFERENCE: Final = frozenset({"chat", "generate_content", "text_completion"})
_FINISH_REASONS: Final = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "tool_use": "tool_call",
}
_ATTEMPT_FIELDS: Final[tuple[str, ...]] = (
    names.STATUS_CODE,
    names.ERROR_TYPE,
    names.AZURE_REQUEST_ID,
    names.ANTHROPIC_REQUEST_ID,
)
_ERROR: Final = Status(StatusCode.ERROR)
_encode: Final = msgspec.json.Encoder().encode
_log: Final = logging.getLogger("foundry_telemetry")


class Link:
    """What ties an attempt to the trace, from the request to the end of the body.

    Args:
        span: The owner's span, or ours; ``None`` when the trace is not recorded.
        ours: Whether we started `span`.
        call_id: 16 hex digits.
        context: Context in which metrics and the ledger event are recorded.
        asked: The request's fields, by name.
        standard: Whether the standard GenAI metrics are ours to record.
    """

    __slots__ = ("asked", "call_id", "context", "is_enriched", "number", "ours", "span", "standard")

    def __init__(
        self,
        span: Span | None,
        *,
        ours: bool,
        call_id: str,
        context: Context,
        asked: Attributes,
        standard: bool,
    ) -> None:
        self.span = span
        self.ours = ours
        self.call_id = call_id
        self.context = context
        self.asked = asked
        self.standard = standard
        self.number = 1
        self.is_enriched = False

    @property
    def trace_id(self) -> str | None:
        """32 hex digits, also of a trace that is not sampled; ``None`` without a trace."""
        where = trace.get_current_span(self.context).get_span_context()
        return f"{where.trace_id:032x}" if where.trace_id else None

    @property
    def of_sdk(self) -> bool:
        """Whether the span is the anthropic SDK's own."""
        return self.span is not None and _is_sdk(self.span)


def unlinked(request: Request, context: Context) -> Link:
    """A link to no span at all."""
    where = trace.INVALID_SPAN_CONTEXT
    return Link(
        None, ours=False, call_id=_hex(where), context=context, asked=read(ASKED, request), standard=True
    )


def describe(seen: Observation) -> Attributes:
    """The fields that our span and the ledger event share, beyond the request's."""
    fields = read(ANSWERED, seen)
    if seen.usage.is_told:
        fields |= read(USAGE, seen.usage)
    if seen.failure is not None:
        fields[names.ERROR_TYPE] = seen.failure.type
    return fields | read_tags(seen.tags) if seen.tags else fields


def open_link(tracer: Tracer, request: Request, context: Context, started_ns: int) -> Link:
    """Find the owner's span in `context`, or start ours."""
    asked = read(ASKED, request)
    current = trace.get_current_span(context)
    where = current.get_span_context()
    standard = context_api.get_value(_GENAI_CONTEXT, context) is None
    if current.is_recording() and _is_owner(current):
        if not standard and _is_sdk(current):
            warn_of_doubled_usage()
        return Link(current, ours=False, call_id=_hex(where), context=context, asked=asked, standard=standard)
    if _is_unsampled_owner(where, request, standard=standard):
        return Link(None, ours=False, call_id=_hex(where), context=context, asked=asked, standard=standard)
    span = tracer.start_span(
        f"{request.operation or request.method} {request.deployment or request.path}",
        context,
        SpanKind.CLIENT,
        fit_for_start(asked | _opening(request), tracer),
        start_time=started_ns,
    )
    return Link(
        span,
        ours=True,
        call_id=_hex(span.get_span_context()),
        context=trace.set_span_in_context(span, context),
        asked=asked,
        standard=standard,
    )


@Once
def warn_of_doubled_usage() -> None:
    """Say once that two libraries count the same tokens."""
    _log.warning(
        "the anthropic SDK and a GenAI instrumentor both write token usage onto spans of the same call, so "
        "sums over spans count it twice; pass open_telemetry=False to the client, or drop the instrumentor"
    )


def _hex(where: SpanContext) -> str:
    """The span id; a random one where no provider gives ids, since attempts need something to be told by."""
    return f"{where.span_id or random.getrandbits(64):016x}"


def _scope(span: Span) -> str:
    return getattr(getattr(span, "instrumentation_scope", None), "name", "")


def _is_sdk(span: Span) -> bool:
    return _scope(span).startswith(_SDK_SCOPE)


def _is_owner(span: Span) -> bool:
    if getattr(span, "kind", None) is not SpanKind.CLIENT or _scope(span) == names.SCOPE:
        return False  # the SDK's spans of tools and tool runners are no calls either
    if _is_sdk(span):
        return True
    attributes = getattr(span, "attributes", None) or {}
    return attributes.get(names.OPERATION) in _INFERENCE or attributes.get("openinference.span.kind") == "LLM"


def _is_unsampled_owner(where: SpanContext, request: Request, *, standard: bool) -> bool:
    """Whether an owner stands for the call in a trace that was sampled out.

    Such a span has neither scope nor attributes. But the SDK has already written its id into the request,
    and util-genai into the context.
    """
    if not where.is_valid or where.trace_flags.sampled:
        return False
    return not standard or f"{where.span_id:016x}".encode() in (request.traceparent or b"")


def _opening(request: Request) -> Attributes:
    """What only our span has, known before the request leaves, so that a sampler sees it."""
    fields: Attributes = {names.RESOURCE_PROVIDER: names.COGNITIVE_SERVICES}
    if request.server_address is not None:
        fields[names.PEER_SERVICE] = request.server_address
        fields[names.SERVER_PORT] = request.server_port
        fields[names.URL_FULL] = request.url
    if request.operation is not None:
        fields[names.PROVIDER] = names.PROVIDER_ANTHROPIC
        fields[names.SYSTEM] = names.PROVIDER_ANTHROPIC
    if request.stream:
        fields[names.REQUEST_STREAM] = True
    if request.effort is not None:
        fields[names.REASONING_LEVEL] = request.effort
    return fields


def enrich_early(link: Link, request: Request, ids: RequestIds, tags: Mapping[str, str]) -> None:
    """Write the ids onto an owner's span as soon as the headers of a stream are here.

    When a stream is closed early, its owner ends the span before we hear of it. Any other answer is read to
    its end before the owner goes on, so there all is written at once: that costs less.
    """
    if not link.ours and link.span is not None and link.span.is_recording():
        fields = _identity(link, link.span, request, ids, tags)
        link.span.set_attributes(fit(fields, link.span, ours=False))
        link.is_enriched = True


def _identity(
    link: Link, span: Span, asked: Request | Observation, ids: RequestIds, tags: Mapping[str, str]
) -> Attributes:
    """What an owner's span lacks, known with the headers."""
    fields: Attributes = {
        names.SYSTEM: names.PROVIDER_ANTHROPIC,
        names.RESOURCE_PROVIDER: names.COGNITIVE_SERVICES,
        names.AUTH_SCHEME: asked.auth_scheme,
        names.ATTEMPT_COUNT: link.number,
    }
    if asked.resource is not None:
        fields[names.RESOURCE] = asked.resource
    if ids.apim_request_id is not None:
        fields[names.AZURE_REQUEST_ID] = ids.apim_request_id
    if ids.request_id is not None and not _is_sdk(span):
        fields[names.ANTHROPIC_REQUEST_ID] = ids.request_id
    return fields | read_tags(tags)


def close_span(
    tracer: Tracer, link: Link, seen: Observation, answered: Attributes, has_http_span: Callable[[], bool]
) -> None:
    """End our span, or write onto the owner's what it lacks and give a failed or re-sent attempt its own."""
    span = link.span
    if span is None:
        return
    if link.ours:
        span.set_attributes(fit(answered | _closing(seen), span, ours=True))
        if seen.failure is not None:
            span.set_status(_ERROR)
        span.end(_end_ns(seen))
        return
    if span.is_recording():
        fields = _outcome(seen)
        fields[names.OUTCOME] = seen.outcome
        if not link.is_enriched:
            fields |= _identity(link, span, seen, seen.ids, seen.tags)
        span.set_attributes(fit(fields, span, ours=False))
    was_sent = seen.outcome != "not_sent"
    if was_sent and (seen.failure is not None or seen.attempt_number > 1) and not has_http_span():
        _attempt_span(tracer, link, seen, answered)


def _attempt_span(tracer: Tracer, link: Link, seen: Observation, answered: Attributes) -> None:
    """A span for one exchange below the owner's; without usage, so that sums over spans stay right."""
    fields: Attributes = {name: answered[name] for name in _ATTEMPT_FIELDS if name in answered}
    fields[names.METHOD] = seen.method
    if seen.attempt_number > 1:
        fields[names.RESEND_COUNT] = seen.attempt_number - 1
    if seen.server_address is not None:
        fields[names.SERVER_ADDRESS] = seen.server_address
        fields[names.SERVER_PORT] = seen.server_port
        fields[names.URL_FULL] = url_of(seen.scheme, seen.server_address, seen.server_port, seen.path)
    if seen.failure is not None:
        fields[names.LAST_ERROR] = seen.failure.type
    span = tracer.start_span(
        seen.method,
        link.context,
        SpanKind.CLIENT,
        fit_for_start(fields, tracer),
        start_time=seen.started_ns,
    )
    if seen.failure is not None:
        span.set_status(_ERROR)
    span.end(_end_ns(seen))


def _end_ns(seen: Observation) -> int:
    return seen.started_ns + int(seen.duration_s * 1e9)


def _closing(seen: Observation) -> Attributes:
    """What only our span has, known at the end."""
    fields = _outcome(seen)
    fields[names.ATTEMPT_COUNT] = seen.attempt_number
    if seen.time_to_first_token_s is not None:
        fields[names.TIME_TO_FIRST_CHUNK] = seen.time_to_first_token_s
    if seen.attempt_number > 1:
        fields[names.RESEND_COUNT] = seen.attempt_number - 1
    return fields


def _outcome(seen: Observation) -> Attributes:
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


def _finish_reason(seen: Observation) -> str | None:
    if seen.outcome == "truncated":
        return "error"
    return _FINISH_REASONS.get(seen.stop_reason, seen.stop_reason) if seen.stop_reason else None
