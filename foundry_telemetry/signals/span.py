"""Whose span is it? Somebody's who already stands for the call, then we enrich it; else ours.

*Owner span*: a span that another library opened for the logical call; `owner` finds it. Two spans with usage
for one call would double every sum, so there is never a second one.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Final

from msgspec import Struct
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanContext, Tracer

from foundry_telemetry.observation import Observation, RequestIds
from foundry_telemetry.schema import field as names
from foundry_telemetry.schema.value import COGNITIVE_SERVICES, PROVIDER_ANTHROPIC
from foundry_telemetry.signals.call_span import find_owner
from foundry_telemetry.signals.duplicate_telemetry import doubling
from foundry_telemetry.signals.fields import ANSWERED, ASKED, FAILURE, USAGE, Attributes, read, read_tags
from foundry_telemetry.signals.missing_usage import has_usage, owe
from foundry_telemetry.signals.open_spans import OpenSpan
from foundry_telemetry.signals.own_spans import end_call, exchange_span, late_call, outcome_of, start_call
from foundry_telemetry.signals.span_limits import fit
from foundry_telemetry.wire.request_matcher import Request

_GENAI_CONTEXT: Final = "opentelemetry.genai.client.inference.context"
"""Context key of opentelemetry-util-genai; where it is set, the standard metrics are recorded by it."""


class SpanBinding(Struct, eq=False):
    """What ties an attempt to the trace, from the request to the end of the body."""

    span: Span | None
    """The owner's span, or ours; ``None`` when the trace is not recorded."""
    ours: bool
    """Whether we started `span`."""
    call_id: str
    """16 hex digits."""
    context: Context
    """Context in which metrics and the ledger event are recorded."""
    asked: Attributes
    """The request's fields, by name."""
    standard: bool
    """Whether the standard GenAI metrics are ours to record."""
    trace_id: str | None = None
    """32 hex digits, also of a trace that is not sampled; ``None`` without a trace."""
    claim: OpenSpan | None = None
    """What keeps other attempts from the owner's span, where that is not the current one."""
    of_sdk: bool = False
    """Whether the span is the anthropic SDK's own."""
    around: SpanContext | None = None
    """Of the span above those that stand for the call, if another library has one."""
    number: int = 1
    is_enriched: bool = False

    def __repr__(self) -> str:
        """Nothing of the call: crash reporters print local variables."""
        return "SpanBinding(...)"


def unbound(request: Request, context: Context) -> SpanBinding:
    """A link to no span at all."""
    where = trace.get_current_span(context).get_span_context()
    return SpanBinding(
        None,
        ours=False,
        call_id=_hex(trace.INVALID_SPAN_CONTEXT),
        context=context,
        asked=read(ASKED, request),
        standard=True,
        trace_id=f"{where.trace_id:032x}" if where.trace_id else None,
    )


def describe(seen: Observation) -> Attributes:
    """The fields that our span and the ledger event share, beyond the request's."""
    fields = read(ANSWERED, seen)
    if seen.usage.is_told:
        fields |= read(USAGE, seen.usage)
    if seen.failure is not None:
        fields |= read(FAILURE, seen.failure)
    return fields | read_tags(seen.tags) if seen.tags else fields


def bind_span(tracer: Tracer, request: Request, context: Context, started_ns: int) -> SpanBinding:
    """Find the owner's span in `context`, or start ours."""
    asked = read(ASKED, request)
    current = trace.get_current_span(context)
    where = current.get_span_context()
    standard = context.get(_GENAI_CONTEXT) is None
    owner = find_owner(current, request)
    doubling.note(owner.scopes)
    span, ours = owner.span, False
    if span is None and not _is_unsampled_owner(where, request, standard=standard):
        span, ours = start_call(tracer, context, request, asked, started_ns), True
    if span is not None and span is not current:
        where = span.get_span_context()
        context = trace.set_span_in_context(span, context)
    return SpanBinding(
        span,
        ours=ours,
        call_id=_hex(where),
        context=context,
        asked=asked,
        standard=standard,
        trace_id=f"{where.trace_id:032x}" if where.trace_id else None,
        claim=owner.claim,
        of_sdk=owner.is_sdk,
        around=owner.above,
    )


def _hex(where: SpanContext) -> str:
    """The span id; a random one where no provider gives ids, since attempts need something to be told by."""
    return f"{where.span_id or random.getrandbits(64):016x}"


def _is_unsampled_owner(where: SpanContext, request: Request, *, standard: bool) -> bool:
    """Whether an owner stands for the call in a trace that was sampled out.

    Such a span has neither scope nor attributes. But the SDK has already written its id into the request,
    and util-genai into the context.
    """
    if not where.is_valid or where.trace_flags.sampled:
        return False
    return not standard or f"{where.span_id:016x}".encode() in (request.traceparent or b"")


def enrich_early(binding: SpanBinding, request: Request, ids: RequestIds, tags: Mapping[str, str]) -> None:
    """Write the ids onto an owner's span as soon as the headers of a stream are here.

    When a stream is closed early, its owner ends the span before we hear of it. Any other answer is read to
    its end before the owner goes on, so there all is written at once: that costs less.
    """
    if not binding.ours and binding.span is not None and binding.span.is_recording():
        fields = _identity(binding, request, ids, tags)
        binding.span.set_attributes(fit(fields, binding.span, ours=False))
        binding.is_enriched = True


def _identity(
    binding: SpanBinding, asked: Request | Observation, ids: RequestIds, tags: Mapping[str, str]
) -> Attributes:
    """What an owner's span lacks, known with the headers."""
    fields: Attributes = {
        names.SYSTEM: PROVIDER_ANTHROPIC,
        names.RESOURCE_PROVIDER: COGNITIVE_SERVICES,
        names.AUTH_SCHEME: asked.auth_scheme,
        names.ATTEMPT_COUNT: binding.number,
    }
    if asked.resource is not None:
        fields[names.RESOURCE] = asked.resource
    if ids.apim_request_id is not None:
        fields[names.AZURE_REQUEST_ID] = ids.apim_request_id
    if ids.request_id is not None and not binding.of_sdk:
        fields[names.ANTHROPIC_REQUEST_ID] = ids.request_id
    return fields | read_tags(tags)


def close_span(
    tracer: Tracer,
    binding: SpanBinding,
    seen: Observation,
    answered: Attributes,
    *,
    has_http_span: Callable[[], bool],
    lose: Callable[[Exception], object],
) -> None:
    """End our span, or write onto the owner's what it lacks and give a failed or re-sent attempt its own."""
    span = binding.span
    if span is None:
        return
    if binding.ours:
        end_call(span, seen, answered)
        return
    if binding.claim is not None and _may_be_followed(seen):
        binding.claim.is_claimed = False
    if span.is_recording():
        fields = outcome_of(seen)
        fields[names.OUTCOME] = seen.outcome
        if not binding.is_enriched:
            fields |= _identity(binding, seen, seen.ids, seen.tags)
        span.set_attributes(fit(fields, span, ours=False))
    if seen.usage.complete and not binding.of_sdk and not has_usage(span):  # the SDK writes it, always
        if span.is_recording():
            owe(span, read(USAGE, seen.usage), lose)
        else:  # nobody will write it there any more
            late_call(tracer, binding.context, seen, binding.asked, answered)
    was_sent = seen.outcome != "not_sent"
    if was_sent and (seen.failure is not None or seen.attempt_number > 1) and not has_http_span():
        exchange_span(tracer, binding.context, seen, answered)


def _may_be_followed(seen: Observation) -> bool:
    """Whether the same call may make another attempt: after a failure, a redirect, or a cancelled one."""
    is_redirect = seen.status_code is not None and 300 <= seen.status_code < 400  # noqa: PLR2004
    return is_redirect or seen.failure is not None or seen.outcome == "cancelled"
