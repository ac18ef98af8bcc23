"""One attempt together with the span it belongs to, from the first byte sent to the record."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from opentelemetry import context as context_api
from opentelemetry.context import _SUPPRESS_HTTP_INSTRUMENTATION_KEY, _SUPPRESS_INSTRUMENTATION_KEY, Context

from foundry_telemetry.abandoned_bodies import add_abandoned
from foundry_telemetry.attempt import Attempt
from foundry_telemetry.config.options import HttpSpans
from foundry_telemetry.dropped_items import Signal
from foundry_telemetry.instrumentation.azure_monitor import azure_monitor
from foundry_telemetry.instrumentation.calls import FailedAttempt, Origin, failed_attempts, note_end
from foundry_telemetry.instrumentation.families import LeftOut
from foundry_telemetry.instrumentation.http_headers import lowered
from foundry_telemetry.instrumentation.notify import Listener, notify, notify_quietly
from foundry_telemetry.instrumentation.other_instrumentation import makes_http_span
from foundry_telemetry.instrumentation.propagation import inject
from foundry_telemetry.instrumentation.redirects import note_redirect
from foundry_telemetry.internal_errors import internal_errors
from foundry_telemetry.observation import Failure, Observation
from foundry_telemetry.outcomes import SAME_REQUEST, Ending
from foundry_telemetry.signals import Signals, SpanBinding
from foundry_telemetry.wire.request_matcher import Hosts

if TYPE_CHECKING:
    from foundry_telemetry.content.listener import ContentListener
    from foundry_telemetry.instrumentation.transport_layers import Sending

_SILENT: Final = True
"""Value of the context key by which HTTP instrumentors know that they should make no span."""


class Settings(NamedTuple):
    """What an integration was attached with."""

    signals: Signals
    listeners: tuple[Listener, ...] = ()
    hosts: Hosts = frozenset()
    http_spans: HttpSpans | None = None
    """As for `instrument()`."""
    content: ContentListener | None = None
    """What keeps requests and answers, where that was asked for."""

    @property
    def suppress_http(self) -> bool:
        """Whether HTTP instrumentors make no span for our attempts."""
        if self.http_spans is None:
            return azure_monitor.takes_spans  # a distro may come later than we
        return self.http_spans == "suppress"


class HttpRequest(Protocol):
    """What we use of a request of either family."""

    method: str
    url: Any
    headers: Any
    extensions: Any


class HttpResponse(Protocol):
    """What we use of a response of either family."""

    status_code: int
    headers: Any
    stream: Any
    is_closed: bool

    @property
    def content(self) -> bytes:
        """The body, if it was read."""


class TrackedRequest(LeftOut):
    """One attempt and the span it belongs to. No method raises.

    Args:
        settings: What the integration was attached with.
        attempt: The attempt.
        binding: Its tie to the trace.
        origin: What the application sent for it.
        resent: Whether the same request was sent before.
    """

    __slots__ = (
        "_resent",
        "attempt",
        "binding",
        "is_on_its_way",
        "origin",
        "sending",
        "settings",
        "transport",
        "waiting",
    )

    def __init__(
        self, settings: Settings, attempt: Attempt, binding: SpanBinding, origin: Origin, *, resent: bool
    ) -> None:
        self.settings = settings
        self._resent = resent
        self.attempt = attempt
        self.binding = binding
        self.origin = origin
        self.transport: object = None
        self.is_on_its_way = False
        """Whether the transport that the client chose is at it."""
        self.sending: Sending | None = None
        """Its way through transports below that one, once it has come to one."""
        self.waiting: FailedAttempt | None = None
        """What a retry finds this attempt by, once it has failed."""

    def attach(self, request: HttpRequest) -> Any:
        """Make our span current while the transport works; returns the token for `detach`."""
        try:
            suppress = self.settings.suppress_http
            context = self.binding.context
            if self._must_propagate():
                inject(request.headers, context, again=self._resent)
            if suppress:
                context = context_api.set_value(_SUPPRESS_HTTP_INSTRUMENTATION_KEY, _SILENT, context)
            return context_api.attach(context) if suppress or self.binding.ours else None
        except Exception as error:
            internal_errors.add(error, Signal.TRACE_CONTEXT)
            return None

    def _must_propagate(self) -> bool:
        """Whether nobody else writes the trace context of this call onto its request.

        That is so for a span of ours without an HTTP instrumentor, and where we silence that instrumentor;
        but the SDK writes its own unless its user switched that off.
        """
        if self.attempt.request.traceparent is not None and not self._resent:
            return False
        if self.binding.ours:
            return not self.has_http_span()
        return self.settings.suppress_http and (makes_http_span(self.transport) or not self.binding.of_sdk)

    def has_http_span(self) -> bool:
        """Whether an HTTP instrumentor makes a span for this exchange."""
        if self.settings.suppress_http or not makes_http_span(self.transport):
            return False
        return not _is_silenced(self.binding.context)

    def answered(self, response: HttpResponse) -> None:
        """The response headers are here."""
        attempt = self.attempt
        status = response.status_code
        attempt.headers(status, lowered(response.headers))
        if status in SAME_REQUEST:
            note_redirect(attempt, response)
        if not self.binding.ours and attempt.is_stream:
            try:
                self.settings.signals.span.responded(self.binding, attempt.request, attempt.ids, attempt.tags)
            except Exception as error:  # a span that cannot be written to costs no record
                internal_errors.add(error, Signal.TRACES)

    def fail(self, error: BaseException) -> None:
        """The exchange ended with an exception. Cancellation is no failure of the service."""
        self.end("failed" if isinstance(error, Exception) else "cancelled", error)

    def close(self) -> None:
        """The body was closed, perhaps before its end, perhaps because the caller was cancelled."""
        cause = sys.exc_info()[1]
        cancelled = cause is not None and not isinstance(cause, (Exception, GeneratorExit))
        self.end("cancelled" if cancelled else "closed")

    def end(
        self,
        how: Ending,
        error: BaseException | None = None,
        *,
        failure: Failure | None = None,
    ) -> None:
        """End the exchange; only the first call counts.

        Args:
            how: How it ended.
            error: The exception, for ``failed``.
            failure: What `error` means, where the integration knows better.
        """
        try:
            if self.binding.content is not None:
                self.binding.content.flush()
            seen = self.attempt.end(how, error, failure=failure)
            if seen is None:
                return
            binding = self.binding
            if seen.failure is not None or seen.attempt_number > 1 or failed_attempts.waiting:
                binding.error = error
                self._relate(seen, in_its_task=True)
            notify(self.settings.listeners, seen, binding)
            binding.error = None  # it leads back to us
        except Exception as problem:
            internal_errors.add(problem)

    def end_abandoned(self, at_ns: int) -> Callable[[], object] | None:
        """End an exchange whose body was dropped at `at_ns`; gives what notifies those who must wait."""
        try:
            context_api.attach(self.binding.context)
            if self.binding.content is not None:
                self.binding.content.flush()
            seen = self.attempt.end("closed", at_ns=at_ns)
            if seen is None:
                return None
            self._relate(seen, in_its_task=False)
            listeners = self.settings.listeners
            at_once = [listener for listener in listeners if not listener.is_deferred]
            deferred = [listener for listener in listeners if listener.is_deferred]
            notify_quietly(at_once, seen, self.binding)
            return partial(notify, deferred, seen, self.binding)
        except Exception as problem:
            internal_errors.add_quietly(problem)
            return None

    def _relate(self, seen: Observation, *, in_its_task: bool) -> None:
        """Set the attempt beside others: those of its call, and the span that somebody else has of it.

        Args:
            seen: The attempt, which failed, or is not the first of its call, or others wait for a retry.
            in_its_task: Whether it is the task of the call that runs.
        """
        add = internal_errors.add if in_its_task else internal_errors.add_quietly
        binding = self.binding
        try:
            binding.has_http_span = not binding.ours and self.has_http_span()
        except Exception as error:
            add(error, Signal.TRACES)
        try:  # let a retry find the attempt, if it failed; a success ends what waits
            if seen.failure is not None or failed_attempts.waiting:
                self.waiting = note_end(
                    self.origin, binding, seen, perf_counter_ns(), in_its_task=in_its_task
                )
        except Exception as error:
            add(error)

    def drop(self) -> None:
        """The body was dropped unread or half read. Called by finalizers, so it only takes a note."""
        try:
            if self.attempt.is_open:
                add_abandoned(self, perf_counter_ns())
        except Exception as error:  # at interpreter exit names may be gone
            internal_errors.add_quietly(error)


def _is_silenced(context: Context) -> bool:
    """Whether the application itself keeps HTTP instrumentors from making spans here."""
    keys = (_SUPPRESS_HTTP_INSTRUMENTATION_KEY, _SUPPRESS_INSTRUMENTATION_KEY)
    return any(context_api.get_value(key, context) for key in keys)
