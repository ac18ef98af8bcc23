"""Whose span is it? Somebody's who already stands for the call, then we enrich it; else ours.

*Owner span*: a span that another library opened for the logical call; `owner` finds it. Two spans with usage
for one call would double every sum, so there is never a second one.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import ClassVar, Final, Protocol

from msgspec import Struct
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanContext, Tracer, TracerProvider

from foundry_telemetry.dropped_items import Reason, Signal
from foundry_telemetry.observation import Observation, RequestIds
from foundry_telemetry.schema import field_table as names
from foundry_telemetry.schema.value import PROVIDER_ANTHROPIC, SCOPE
from foundry_telemetry.signals.call_span import find_owner
from foundry_telemetry.signals.duplicate_telemetry import doubling
from foundry_telemetry.signals.fields import USAGE, Attributes, constant_of, read, read_result, read_tags
from foundry_telemetry.signals.missing_usage import has_usage, owe
from foundry_telemetry.signals.open_spans import OpenSpan, watch
from foundry_telemetry.signals.own_spans import end_call, exchange_span, late_call, outcome_of, start_call
from foundry_telemetry.signals.span_attributes import write
from foundry_telemetry.signals.span_limits import fit
from foundry_telemetry.wire.message import Run
from foundry_telemetry.wire.request_matcher import Request

_GENAI_CONTEXT: Final = "opentelemetry.genai.client.inference.context"
"""Context key of opentelemetry-util-genai; where it is set, the standard metrics are recorded by it."""


class ContentHolder(Protocol):
    """Keeps the request and the answer of an attempt; of the room `content`."""

    def run(self, inner: Run) -> Run:
        """Where the next pieces are to be put in the place of another run."""

    def add(self, piece: bytes) -> None:
        """Keep the next piece."""

    def flush(self) -> None:
        """Hand on what came since the last run."""


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
    standard: bool
    """Whether the standard GenAI metrics are ours to record."""
    where: SpanContext = trace.INVALID_SPAN_CONTEXT
    """Of `context`: the call's span, also one that is not recorded."""
    trace_id: str | None = None
    """32 hex digits, also of a trace that is not sampled; ``None`` without a trace."""
    claim: OpenSpan | None = None
    """What keeps other attempts from the owner's span, where that is not the current one."""
    of_sdk: bool = False
    """Whether the span is the anthropic SDK's own."""
    around: SpanContext | None = None
    """Of the span above those that stand for the call, if another library has one."""
    project_id: str | None = None
    """Of the Foundry project, where it is known."""
    number: int = 1
    is_enriched: bool = False
    response_fields: Attributes | None = None
    """The answer's fields, by name, once they were read."""
    has_http_span: bool = False
    """Whether an HTTP instrumentor made a span for this attempt."""
    error: BaseException | None = None
    """What it ended with, while its listeners are notified."""
    failed: Observation | None = None
    """What a note on its exception says, where one was asked for."""
    content: ContentHolder | None = None
    """What keeps request and answer, where they are logged."""

    def __repr__(self) -> str:
        """Nothing of the call: crash reporters print local variables."""
        return "SpanBinding(...)"


def unbound(context: Context) -> SpanBinding:
    """A link to no span at all."""
    where = trace.get_current_span(context).get_span_context()
    return SpanBinding(
        None,
        ours=False,
        call_id=_hex(trace.INVALID_SPAN_CONTEXT),
        context=context,
        standard=True,
        where=where,
        trace_id=f"{where.trace_id:032x}" if where.trace_id else None,
    )


def read_response_fields(binding: SpanBinding, observation: Observation) -> Attributes:
    """The fields that our span and the ledger event share, beyond the request's; not to be changed."""
    if binding.response_fields is None:
        binding.response_fields = read_result(observation)
    return binding.response_fields


def bind_span(
    tracer: Tracer, request: Request, context: Context, started_ns: int, constant: Attributes
) -> SpanBinding:
    """Find the owner's span in `context`, or start ours."""
    current = trace.get_current_span(context)
    where = current.get_span_context()
    standard = context.get(_GENAI_CONTEXT) is None
    owner = find_owner(current, request)
    doubling.note(owner.scopes)
    span, ours = owner.span, False
    if span is None and not _is_unsampled_owner(where, request, standard=standard):
        span, ours = start_call(tracer, context, request, started_ns, constant), True
    if span is not None and span is not current:
        where = span.get_span_context()
        context = trace.set_span_in_context(span, context)
    return SpanBinding(
        span,
        ours=ours,
        call_id=_hex(where),
        context=context,
        standard=standard,
        where=where,
        trace_id=f"{where.trace_id:032x}" if where.trace_id else None,
        claim=owner.claim,
        of_sdk=owner.is_sdk,
        around=owner.above,
    )


def _hex(where: SpanContext) -> str:
    """The span id; a random one where no provider gives ids, since attempts need something to be known by."""
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
        write(binding.span, fit(fields, binding.span, ours=False))
        binding.is_enriched = True


def _identity(
    binding: SpanBinding, source: Request | Observation, ids: RequestIds, tags: Mapping[str, str]
) -> Attributes:
    """What an owner's span lacks, known with the headers.

    Not all that is known: its row is billed, and the ledger event below it has everything.
    """
    fields: Attributes = {names.SYSTEM: PROVIDER_ANTHROPIC, names.ATTEMPT_COUNT: binding.number}
    if source.resource is not None and not binding.of_sdk:  # the SDK writes the host
        fields[names.RESOURCE] = source.resource
    if ids.apim_request_id is not None:
        fields[names.AZURE_REQUEST_ID] = ids.apim_request_id
    if ids.request_id is not None and not binding.of_sdk:
        fields[names.ANTHROPIC_REQUEST_ID] = ids.request_id
    if binding.project_id is not None and names.PROJECT_ID not in getattr(binding.span, "attributes", ()):
        fields[names.PROJECT_ID] = binding.project_id
    return fields | read_tags(tags) if tags else fields


class CallSpans:
    """The spans of calls, ours and those of others: the listener that also hears of requests that leave.

    Args:
        provider: Of ours; the global one by default.
        on_provider: Called once there is one.
        project_id: ARM ID of the Foundry project, where it is known.
    """

    signal: ClassVar = Signal.TRACES
    reason: ClassVar = Reason.PROCESSOR_ERROR
    is_deferred: ClassVar = False

    def __init__(
        self,
        provider: TracerProvider | None = None,
        on_provider: Callable[[], object] = lambda: None,
        project_id: str | None = None,
    ) -> None:
        self._tracer = trace.get_tracer(SCOPE, tracer_provider=provider)
        self._provider = provider
        self._on_provider = on_provider
        self._project_id = project_id
        self._constant = constant_of(project_id)
        self._sees_spans = False
        self._watch_spans()

    def of_project(self, project_id: str) -> CallSpans:
        """The same, for the calls of one Foundry project."""
        return CallSpans(self._provider, self._on_provider, project_id)

    def started(self, request: Request, context: Context, started_ns: int) -> SpanBinding:
        """Find the span of the call, or start one, before the request leaves.

        Args:
            request: What is asked.
            context: The caller's context.
            started_ns: Nanoseconds since the epoch.
        """
        if not self._sees_spans:
            self._watch_spans()
        binding = bind_span(self._tracer, request, context, started_ns, self._constant)
        if self._project_id is not None:
            binding.project_id = self._project_id
        return binding

    def _watch_spans(self) -> None:
        """Note the spans that others start, once there is a provider to make them."""
        self._sees_spans = watch(self._provider or trace.get_tracer_provider())
        if self._sees_spans:
            self._on_provider()

    def responded(
        self, binding: SpanBinding, request: Request, ids: RequestIds, tags: Mapping[str, str]
    ) -> None:
        """The headers of a streamed answer are here."""
        enrich_early(binding, request, ids, tags)

    def finished(self, observation: Observation, binding: SpanBinding) -> None:
        """End our span; or write onto the owner's what it lacks, and give some attempts one of their own."""
        span = binding.span
        if span is None:
            return
        if binding.ours:
            end_call(span, observation, read_response_fields(binding, observation))
            return
        if binding.claim is not None and _may_be_followed(observation):
            binding.claim.is_claimed = False
        _write_outcome(span, observation, binding)
        if observation.usage.complete and not binding.of_sdk:  # the SDK writes it, always
            self._write_usage(span, observation, binding)
        if _has_own_exchange(observation) and not binding.has_http_span:
            fields = read_response_fields(binding, observation)
            exchange_span(self._tracer, binding.context, observation, fields, binding.project_id)

    def _write_usage(self, span: Span, observation: Observation, binding: SpanBinding) -> None:
        """See that the usage stands on one span of the call."""
        if has_usage(span):
            return
        if span.is_recording():
            owe(span, read(USAGE, observation.usage))
        else:  # nobody will write it there any more
            fields = read_response_fields(binding, observation)
            late_call(self._tracer, binding.context, observation, fields, self._constant)


def _write_outcome(span: Span, observation: Observation, binding: SpanBinding) -> None:
    if span.is_recording():
        fields = outcome_of(observation)
        fields[names.OUTCOME] = observation.outcome
        if binding.of_sdk:  # it has the reason as sent
            fields.pop(names.FINISH_REASONS, None)
        if not binding.is_enriched:
            fields |= _identity(binding, observation, observation.ids, observation.tags)
        write(span, fit(fields, span, ours=False))


def _has_own_exchange(observation: Observation) -> bool:
    """Whether an attempt below an owner's span is shown by itself: one that failed or was sent again."""
    return observation.outcome != "not_sent" and (
        observation.failure is not None or observation.attempt_number > 1
    )


def _may_be_followed(observation: Observation) -> bool:
    """Whether the same call may make another attempt: after a failure, a redirect, or a cancelled one."""
    is_redirect = observation.status_code is not None and 300 <= observation.status_code < 400  # noqa: PLR2004
    return is_redirect or observation.failure is not None or observation.outcome == "cancelled"
