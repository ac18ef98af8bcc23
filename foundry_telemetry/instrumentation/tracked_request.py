"""One attempt together with the span it belongs to, from the first byte sent to the record told."""

from __future__ import annotations

import contextvars
import sys
from collections import deque
from collections.abc import Callable, Iterator
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol, TypeVar

from opentelemetry import context as context_api
from opentelemetry.context import _SUPPRESS_HTTP_INSTRUMENTATION_KEY, _SUPPRESS_INSTRUMENTATION_KEY, Context

from foundry_telemetry import pricing
from foundry_telemetry.attempt import Attempt
from foundry_telemetry.config.options import Sink
from foundry_telemetry.dropped_items import Reason, Signal
from foundry_telemetry.instrumentation.attempt_collector import collect
from foundry_telemetry.instrumentation.calls import FailedAttempt, Origin, failed_attempts, note_end
from foundry_telemetry.instrumentation.families import LeftOut
from foundry_telemetry.instrumentation.other_instrumentation import makes_http_span
from foundry_telemetry.instrumentation.propagation import inject
from foundry_telemetry.instrumentation.redirects import note_redirect
from foundry_telemetry.instrumentation.sinks import notify
from foundry_telemetry.internal_errors import internal_errors
from foundry_telemetry.observation import Cost, Failure, Observation
from foundry_telemetry.outcomes import SAME_REQUEST, Ending
from foundry_telemetry.signals import Signals, SpanBinding
from foundry_telemetry.wire.request_matcher import Hosts, Request
from foundry_telemetry.wire.usage import Answer

if TYPE_CHECKING:
    from foundry_telemetry.instrumentation.transport_layers import Sending

Item = TypeVar("Item")

_SILENT: Final = True
"""Value of the context key by which HTTP instrumentors know that they should make no span."""


class Notes(Protocol):
    """Puts a note on the exception that the application gets."""

    def ended_with(self, tracked: TrackedRequest, error: BaseException | None) -> None:
        """A failed attempt ended, with this exception if there is one already."""

    def passed_by(self, tracked: TrackedRequest, error: BaseException) -> None:
        """This exception is on its way; it may be about something else."""


class Settings(NamedTuple):
    """What a door was opened with."""

    signals: Signals
    hosts: Hosts = frozenset()
    suppress_http: bool = False
    sinks: tuple[Sink, ...] = ()
    notes: Notes | None = None


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


def _price(request: Request, answer: Answer, at_ns: int) -> Cost | None:
    price = pricing.cost if answer.usage.complete else pricing.partial_cost
    return price(answer.response_model, answer.usage, at_ns, deployment=request.deployment)


class TrackedRequest(LeftOut):
    """One attempt and the span it belongs to. No method raises.

    Args:
        settings: What the door was opened with.
        attempt: The attempt.
        binding: Its tie to the trace.
        origin: What the application sent for it.
        resent: Whether the same request was sent before.
    """

    __slots__ = (
        "_resent",
        "attempt",
        "binding",
        "failed",
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
        self.failed: Observation | None = None
        """What a note is to say, where one was asked for."""

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
        attempt.headers(status, response.headers.raw)
        if status in SAME_REQUEST:
            note_redirect(attempt, response)
        if not self.binding.ours and attempt.is_stream:
            try:
                self.settings.signals.answered(self.binding, attempt.request, attempt.ids, attempt.tags)
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
        if cause is not None:
            try:
                self.passed_by(cause)
            except Exception as problem:
                internal_errors.add(problem, Signal.EXCEPTION_NOTES)

    def passed_by(self, error: BaseException) -> None:
        """An exception is on its way to the application, perhaps that of this exchange. May raise."""
        if self.failed is not None and self.settings.notes is not None:
            self.settings.notes.passed_by(self, error)

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
            failure: What is to be told of `error`, where the door knows better.
        """
        try:
            seen = self.attempt.end(how, error, failure=failure, price=_price)
            if seen is not None:
                self._tell(seen, error)
        except Exception as problem:
            internal_errors.add(problem)

    def _tell(self, seen: Observation, error: BaseException | None) -> None:
        self._record(seen, internal_errors.add_foreign, in_its_task=True)
        notify(self.settings.sinks, seen)
        if seen.failure is not None and self.settings.notes is not None:
            self.failed = seen
            try:
                self.settings.notes.ended_with(self, error)
            except Exception as problem:
                internal_errors.add(problem, Signal.EXCEPTION_NOTES)

    def _record(
        self, seen: Observation, lose: Callable[[Exception, Signal, Reason], object], *, in_its_task: bool
    ) -> None:
        self.settings.signals.close(self.binding, seen, self.has_http_span, lose)
        collect(seen, self.binding.context)
        # Let a retry find the attempt, if it failed; a success ends what waits. Most often neither.
        if seen.failure is not None or failed_attempts.waiting:
            self.waiting = note_end(
                self.origin, self.binding, seen, perf_counter_ns(), in_its_task=in_its_task
            )

    def end_abandoned(self, at_ns: int) -> None:
        """End an exchange whose body was dropped at `at_ns`. Budgets and sinks hear of it when they may."""
        try:
            context_api.attach(self.binding.context)
            seen = self.attempt.end("closed", at_ns=at_ns, price=_price)
            if seen is not None:
                self._record(seen, _add_quietly, in_its_task=False)
                _late.append((self, seen))
        except Exception as problem:
            internal_errors.add_quietly(problem)

    def notify(self, seen: Observation) -> None:
        """Let budgets and sinks know of a finished attempt."""
        notify(self.settings.sinks, seen)

    def drop(self) -> None:
        """The body was dropped unread or half read. Called by finalizers, so it only takes a note."""
        try:
            if self.attempt.is_open:
                _abandoned.append((self, perf_counter_ns()))
        except Exception as error:  # at interpreter exit names may be gone
            internal_errors.add_quietly(error)


def _is_silenced(context: Context) -> bool:
    """Whether the application itself keeps HTTP instrumentors from making spans here."""
    keys = (_SUPPRESS_HTTP_INSTRUMENTATION_KEY, _SUPPRESS_INSTRUMENTATION_KEY)
    return any(context_api.get_value(key, context) for key in keys)


def _add_quietly(error: Exception, signal: Signal, _: Reason) -> None:
    internal_errors.add_quietly(error, signal)


_abandoned: Final[deque[tuple[TrackedRequest, int]]] = deque()
"""Exchanges whose body nobody holds any more. A finalizer may run anywhere, even inside a lock of the SDK
in the same thread, so it must not record; the next attempt, export or exit does."""


_late: Final[deque[tuple[TrackedRequest, Observation]]] = deque()
"""Dropped attempts that are recorded, but that budgets and sinks do not know of yet."""


def flush_abandoned_bodies(*, run_sinks: bool = True) -> None:
    """End the exchanges whose bodies were dropped, each in a context of its own.

    Args:
        run_sinks: Whether to call budgets and sinks too, and to log; a metric reader that collects holds
            locks that their code may want.
    """
    for tracked, at_ns in _popped(_abandoned):
        contextvars.Context().run(tracked.end_abandoned, at_ns)
    if run_sinks:
        for tracked, seen in _popped(_late):
            contextvars.Context().run(tracked.notify, seen)
        internal_errors.log_pending()


def _popped(queue: deque[Item]) -> Iterator[Item]:
    """What is in the queue, each item once, whichever threads take from it."""
    while queue:
        try:
            yield queue.popleft()
        except IndexError:
            return
