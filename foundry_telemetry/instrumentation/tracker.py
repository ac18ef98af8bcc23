"""What every integration does: begin a tracked request, and place it in its call.

*Marker*: what an integration leaves in ``request.extensions``, so that others attached at the same time know
that the request is tracked. The clients copy these extensions to the next request of a redirect, which is how
hops find each other.
"""

from __future__ import annotations

from time import perf_counter_ns, time_ns
from typing import Any, Final

from opentelemetry import context as context_api
from opentelemetry.context import Context
from opentelemetry.trace import SpanContext, get_current_span

from foundry_telemetry.abandoned_bodies import flush_abandoned_bodies
from foundry_telemetry.attempt import Attempt, last_attempt
from foundry_telemetry.attribution import current_tags
from foundry_telemetry.dropped_items import Reason, Signal
from foundry_telemetry.instrumentation.calls import Origin, earlier_attempt, failed_attempts
from foundry_telemetry.instrumentation.families import LeftOut
from foundry_telemetry.instrumentation.http_headers import lowered
from foundry_telemetry.instrumentation.tracked_request import (
    HttpRequest,
    Settings,
    TrackedRequest,
)
from foundry_telemetry.instrumentation.unnamed_hosts import in_foundry_span, unnamed_hosts
from foundry_telemetry.internal_errors import internal_errors
from foundry_telemetry.observation import Observation
from foundry_telemetry.signals import SpanBinding, unbound
from foundry_telemetry.wire.request_matcher import Request, read_request

MARKER_KEY: Final = "foundry_telemetry"
"""Key in ``request.extensions``."""


class RequestMarker(LeftOut):
    """Left by an integration that sees a request leave, but begins to track it when something comes back.

    Args:
        previous: The exchange before this one in the same call, if any.
        reported: Whether it stands for `previous`, until something more comes of the request.
        context: The caller's; the current one by default.
    """

    __slots__ = ("clock_ns", "context", "previous", "reported", "started_ns")

    def __init__(
        self, previous: TrackedRequest | None, *, reported: bool = False, context: Context | None = None
    ) -> None:
        self.previous = previous
        self.reported = reported
        self.context = context_api.get_current() if context is None else context
        self.started_ns = time_ns()
        self.clock_ns = perf_counter_ns()


class Tracker:
    """One instrumentation.

    Args:
        settings: Where its signals go and what it looks at.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def begin(
        self, request: HttpRequest, transport: object = None, marker: RequestMarker | None = None
    ) -> TrackedRequest | None:
        """Open an exchange if `request` is a call to Foundry. Never raises.

        Args:
            request: The request, of either family.
            transport: The transport that will carry it, if known.
            marker: Of an integration that saw it leave earlier; now by default.
        """
        try:
            return self._begin(request, transport, marker)
        except Exception as error:
            internal_errors.add(error)
            return None

    def _begin(
        self, request: HttpRequest, transport: object, marker: RequestMarker | None
    ) -> TrackedRequest | None:
        url = request.url
        raw_path = url.raw_path
        body: bytes | None = None

        def read_body() -> bytes | None:
            nonlocal body
            body = body_in_memory(request)
            return body

        facts = read_request(
            method=request.method,
            scheme=url.scheme,
            host=url.raw_host,
            port=url.port,
            raw_path=raw_path,
            headers=lowered(request.headers),
            body=read_body,
            hosts=self._settings.hosts,
            in_foundry_span=lambda: in_foundry_span(marker.context if marker else None),
        )
        if facts is None:
            # Where hooks of an instrumentation of their own have left a mark, theirs is the last word.
            if marker is not None or not isinstance(request.extensions.get(MARKER_KEY), RequestMarker):
                unnamed_hosts.notice(request)
            return None
        flush_abandoned_bodies()
        marker = marker or RequestMarker(previous_request(request))
        tracked = self.open(Origin(facts, raw_path, body, marker.context, current_tags()), marker)
        tracked.transport = type(request) if transport is None else transport
        tracked.attempt.timeouts = request.extensions.get("timeout")
        request.extensions[MARKER_KEY] = tracked
        return tracked

    def open(self, origin: Origin, marker: RequestMarker) -> TrackedRequest:
        """Open an exchange for a request already read."""
        facts = origin.facts
        try:
            binding = self._settings.signals.span.started(facts, marker.context, marker.started_ns)
        except Exception as error:  # a sampler or span processor that raises costs the span, not the record
            internal_errors.add_foreign(error, Signal.TRACES, Reason.SAMPLER_ERROR)
            binding = unbound(marker.context)
        origin = _place_in_call(binding, origin, marker)
        attempt = Attempt(
            facts,
            call_id=binding.call_id,
            number=binding.number,
            trace_id=binding.trace_id,
            tags=origin.tags,
            started_ns=marker.started_ns,
            clock_ns=marker.clock_ns,
        )
        if self._settings.content is not None:
            binding.content = self._settings.content.begin(facts, origin.tags, origin.body)
        return TrackedRequest(self._settings, attempt, binding, origin, resent=marker.previous is not None)


def previous_request(request: HttpRequest) -> TrackedRequest | None:
    """The exchange that sent the same request, or redirected to it."""
    mark = request.extensions.get(MARKER_KEY)
    if isinstance(mark, RequestMarker):
        return mark.previous
    return mark if isinstance(mark, TrackedRequest) else None


def _place_in_call(binding: SpanBinding, origin: Origin, marker: RequestMarker) -> Origin:
    """Number the attempt within its call, and let attempts without a span in common share a call id.

    Returns:
        What the application sent for the call: behind a redirect that is another request than this one.
    """
    facts, previous = origin.facts, marker.previous
    if previous is not None and (binding.ours or _around(binding) == _around(previous.binding)):
        binding.call_id = previous.attempt.call_id
        binding.number = previous.attempt.number + 1
        if previous.waiting is not None:
            previous.waiting.claim()
        return previous.origin
    if failed_attempts.waiting:
        earlier = earlier_attempt(origin, binding, marker.clock_ns)
        if earlier is not None:
            binding.call_id, binding.number = earlier.call_id, earlier.number + 1
            return origin
    binding.number = facts.retry_count + 1
    last = last_attempt()
    if last is None or last.operation != facts.operation:
        return origin
    if last.call_id == binding.call_id:
        binding.number = last.attempt_number + 1
    elif facts.retry_count and _is_retry_of(last, facts):
        binding.call_id = last.call_id
    return origin


def _around(binding: SpanBinding) -> SpanContext:
    return get_current_span(binding.context).get_span_context()


def _is_retry_of(last: Observation, facts: Request) -> bool:
    """Whether the attempt before this one in the context is what the SDK, which alone knows, tries again."""
    same = last.deployment == facts.deployment and last.attempt_number == facts.retry_count
    return same and last.failure is not None


def body_in_memory(request: Any) -> bytes | None:
    """The body of a request, unless reading it would take it from the user."""
    try:
        content = request.content
    except Exception:  # RequestNotRead of either family: a generator, a file, multipart
        return None
    return content if isinstance(content, bytes) else None
