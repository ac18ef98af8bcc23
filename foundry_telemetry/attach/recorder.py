"""What every door does: see an exchange begin, follow it, and tell of it once when it is over.

*Exchange*: one attempt together with the span it belongs to. *Mark*: what a door leaves in
``request.extensions``, so that other doors open at the same time know that the exchange is taken. The
clients copy these extensions to the next request of a redirect, which is how hops find each other.
"""

from __future__ import annotations

import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from time import perf_counter_ns, time_ns
from typing import Any, Final, Protocol

from opentelemetry import context as context_api
from opentelemetry.context import _SUPPRESS_HTTP_INSTRUMENTATION_KEY, _SUPPRESS_INSTRUMENTATION_KEY, Context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from foundry_telemetry import pricing
from foundry_telemetry.attach.guard import losses
from foundry_telemetry.attach.neighbours import makes_http_span
from foundry_telemetry.attempt import Attempt, Ending, last_attempt
from foundry_telemetry.attribution import current_tags
from foundry_telemetry.observation import Failure, Observation
from foundry_telemetry.signals import Link, Signals
from foundry_telemetry.wire.recognise import Hosts, Request, read_request
from foundry_telemetry.wire.usage import Answer

MARK: Final = "foundry_telemetry"
"""Key in ``request.extensions``."""

Sink = Callable[[Observation], object]
"""Called with each finished attempt."""

_propagator: Final = TraceContextTextMapPropagator()
"""Writes ``traceparent`` alone: baggage is none of the model provider's business."""


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
    def content(self) -> bytes: ...


class Sent:
    """The mark of a door that sees a request leave but opens the exchange only when something comes back.

    Args:
        previous: The exchange before this one in the same call, if any.
    """

    __slots__ = ("clock_ns", "context", "previous", "started_ns")

    def __init__(self, previous: Exchange | None) -> None:
        self.previous = previous
        self.context = context_api.get_current()
        self.started_ns = time_ns()
        self.clock_ns = perf_counter_ns()


class Recorder:
    """One instrumentation: where its signals go and what it looks at.

    Args:
        signals: Spans, metrics and the ledger.
        hosts: Extra hosts that count as Foundry.
        suppress_http: Whether to silence an HTTP instrumentor for these exchanges.
        sinks: Called with each finished attempt.
    """

    def __init__(
        self,
        signals: Signals,
        *,
        hosts: Hosts = frozenset(),
        suppress_http: bool = False,
        sinks: Sequence[Sink] = (),
    ) -> None:
        self.signals = signals
        self.hosts = hosts
        self.suppress_http = suppress_http
        self.sinks = tuple(sinks)

    def begin(
        self, request: HttpRequest, transport: object = None, sent: Sent | None = None
    ) -> Exchange | None:
        """Open an exchange if `request` is a call to Foundry. Never raises.

        Args:
            request: The request, of either family.
            transport: The transport that will carry it, if known.
            sent: The mark of a door that saw it leave earlier; now by default.
        """
        try:
            return self._begin(request, transport, sent)
        except Exception as error:
            losses.add(error)
            return None

    def _begin(self, request: HttpRequest, transport: object, sent: Sent | None) -> Exchange | None:
        url = request.url
        facts = read_request(
            method=request.method,
            scheme=url.scheme,
            host=url.raw_host,
            port=url.port,
            raw_path=url.raw_path,
            headers=request.headers.raw,
            body=lambda: body_in_memory(request),
            hosts=self.hosts,
        )
        if facts is None:
            return None
        tell_of_dropped()
        exchange = self.open(facts, sent or Sent(previous_exchange(request)))
        exchange.transport = type(request) if transport is None else transport
        request.extensions[MARK] = exchange
        return exchange

    def open(self, facts: Request, sent: Sent) -> Exchange:
        """Open an exchange for a request already read."""
        try:
            link = self.signals.open(facts, sent.context, sent.started_ns)
        except Exception as error:  # a sampler or span processor that raises costs the span, not the record
            losses.add(error)
            link = self.signals.without_span(facts, sent.context)
        _place_in_call(link, facts, sent.previous)
        attempt = Attempt(
            facts,
            call_id=link.call_id,
            number=link.number,
            tags=current_tags(),
            started_ns=sent.started_ns,
            clock_ns=sent.clock_ns,
        )
        return Exchange(self, attempt, link, resent=sent.previous is not None)


def previous_exchange(request: HttpRequest) -> Exchange | None:
    """The exchange that sent the same request, or redirected to it."""
    mark = request.extensions.get(MARK)
    if isinstance(mark, Sent):
        return mark.previous
    return mark if isinstance(mark, Exchange) else None


def _place_in_call(link: Link, facts: Request, previous: Exchange | None) -> None:
    """Number the attempt within its call. Where only the SDK knows of a retry, its header tells."""
    if link.ours and previous is not None:
        link.call_id = previous.attempt.call_id
        link.number = previous.attempt.number + 1
        return
    last = last_attempt()
    same_call = last is not None and last.call_id == link.call_id
    link.number = last.attempt_number + 1 if last is not None and same_call else facts.retry_count + 1


def body_in_memory(request: Any) -> bytes | None:
    """The body of a request, unless reading it would take it from the user."""
    try:
        content = request.content
    except Exception:  # RequestNotRead of either family: a generator, a file, multipart
        return None
    return content if isinstance(content, bytes) else None


def _price(request: Request, answer: Answer, at_ns: int) -> tuple[float, str] | None:
    cost = pricing.cost(answer.response_model, answer.usage, at_ns, deployment=request.deployment)
    return (cost.usd, cost.source) if cost is not None else None


class Exchange:
    """One attempt and the span it belongs to. No method raises.

    Args:
        recorder: Whose exchange this is.
        attempt: The attempt.
        link: Its tie to the trace.
        resent: Whether the same request was sent before.
    """

    __slots__ = ("_recorder", "_resent", "attempt", "link", "transport")

    def __init__(self, recorder: Recorder, attempt: Attempt, link: Link, *, resent: bool) -> None:
        self._recorder = recorder
        self._resent = resent
        self.attempt = attempt
        self.link = link
        self.transport: object = None

    def attach(self, request: HttpRequest) -> Any:
        """Make our span current while the transport works; returns the token for `detach`."""
        try:
            suppress = self._recorder.suppress_http
            context = self.link.context
            if self._must_propagate():
                _propagator.inject(request.headers, context)
            if suppress:
                context = context_api.set_value(_SUPPRESS_HTTP_INSTRUMENTATION_KEY, True, context)
            return context_api.attach(context) if suppress or self.link.ours else None
        except Exception as error:
            losses.add(error)
            return None

    def _must_propagate(self) -> bool:
        """Whether nobody else writes the trace context of this call onto its request."""
        carries_one = self.attempt.request.traceparent is not None and not self._resent
        if carries_one or not (self.link.ours or self._recorder.suppress_http):
            return False
        return not self.has_http_span()

    def has_http_span(self) -> bool:
        """Whether an HTTP instrumentor makes a span for this exchange."""
        if self._recorder.suppress_http or not makes_http_span(self.transport):
            return False
        return not _is_silenced(self.link.context)

    def answered(self, response: HttpResponse) -> None:
        """The response headers are here."""
        self.attempt.headers(response.status_code, response.headers.raw)
        self._recorder.signals.answered(self.link, self.attempt.request, self.attempt.ids)

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
        at_ns: int | None = None,
    ) -> None:
        """End the exchange; only the first call counts.

        Args:
            how: How it ended.
            error: The exception, for ``failed``.
            failure: What is to be told of `error`, where the door knows better.
            at_ns: When, on the monotonic clock; now by default.
        """
        try:
            seen = self.attempt.end(how, error, failure=failure, at_ns=at_ns, price=_price)
            if seen is not None:
                self._tell(seen)
        except Exception as problem:
            losses.add(problem)

    def _tell(self, seen: Observation) -> None:
        recorder = self._recorder
        for step in recorder.signals.close(self.link, seen, self.has_http_span):
            _try(step)
        if recorder.sinks and _nesting.depth < _MAX_NESTING:
            _nesting.depth += 1
            try:
                for sink in recorder.sinks:
                    _try(lambda sink=sink: sink(seen))  # type: ignore[misc]
            finally:
                _nesting.depth -= 1

    def drop(self) -> None:
        """The body was dropped unread or half read. Called by finalizers, so it only takes a note."""
        try:
            if self.attempt.is_open:
                _dropped.append((self, perf_counter_ns()))
        except Exception:  # at interpreter exit names may be gone; to log may take a lock held below us
            losses.count += 1


def _is_silenced(context: Context) -> bool:
    """Whether the application itself keeps HTTP instrumentors from making spans here."""
    keys = (_SUPPRESS_HTTP_INSTRUMENTATION_KEY, _SUPPRESS_INSTRUMENTATION_KEY)
    return any(context_api.get_value(key, context) for key in keys)


class _Nesting(threading.local):
    """How many sinks this thread is inside of."""

    depth = 0


_nesting: Final = _Nesting()
_MAX_NESTING: Final = 3
"""A sink may call Claude itself, or log to a handler that does. Without an end, each call would bring another."""


def _try(step: Callable[[], object]) -> None:
    try:
        step()
    except Exception as error:
        losses.add(error)


_dropped: Final[deque[tuple[Exchange, int]]] = deque()
"""Exchanges whose body nobody holds any more. A finalizer may run anywhere, even inside a lock of the SDK
in the same thread, so it must not record; the next attempt, export or exit does."""


def tell_of_dropped() -> None:
    """End the exchanges whose bodies were dropped."""
    while _dropped:
        try:
            exchange, at_ns = _dropped.popleft()
        except IndexError:  # another thread was faster
            break
        exchange.end("closed", at_ns=at_ns)
