"""Which spans are open where an attempt begins, current or not.

Some instrumentors never make their span current: they start it, make the call, and end it. A span processor
sees it start, in the task that will make the call, and notes it in a context variable, which child tasks
and threads that copy the context inherit. So what is found there is open, and began before the attempt in
the same line of execution; whether it stands for the call, `owner` decides.
"""

from __future__ import annotations

import weakref
from contextlib import suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.trace import SpanKind

from foundry_telemetry.schema.value import SCOPE

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import Span

_MOST: Final = 16
"""Open spans that one context remembers, the newest; a call is rarely more than five levels deep."""

KINDS: Final = (SpanKind.CLIENT, SpanKind.INTERNAL)
"""What the span of a call may be."""


class OpenSpan(weakref.ref["Span"]):
    """A span that was started and has not ended yet, as far as `span` gives one.

    It is held weakly: a context may live as long as the process.
    """

    is_claimed = False
    """Whether an attempt that may have succeeded belongs to it already; a span stands for one call."""

    @property
    def span(self) -> Span | None:
        """The span while it is open."""
        span = self()
        return span if span is not None and span.is_recording() else None


_open: Final[ContextVar[tuple[OpenSpan, ...]]] = ContextVar("foundry_telemetry.open_spans", default=())

open_spans: Final = _open.get
"""Gives what is open in this context, oldest first; some may have ended."""


def started(span: Span) -> None:
    """Note a span of the SDK that starts, if it may be that of a call and is not ours."""
    if span.kind not in KINDS:
        return
    scope = span.instrumentation_scope
    if scope is not None and scope.name == SCOPE:
        return
    opened = []
    for one in open_spans():  # not `one.span`, and no comprehension: this runs for every span of the process
        other = one()
        if other is not None and other.is_recording():
            opened.append(one)
    opened.append(OpenSpan(span))
    _open.set(tuple(opened[-_MOST:]))


_watched: Final[weakref.WeakValueDictionary[int, Any]] = weakref.WeakValueDictionary()
"""Providers by their identity: some cannot be hashed."""


def watch(provider: Any) -> bool:
    """Note the spans of a provider from now on; once, whoever asks. Never raises.

    Returns:
        Whether there is nothing more to do. A provider of the API alone has no processors yet.
    """
    add = getattr(provider, "add_span_processor", None)
    if add is None:
        return False
    with suppress(Exception):  # of a provider that takes none, spans that are not current are not seen
        if _watched.get(id(provider)) is not provider:
            from foundry_telemetry.signals.span_processor import SpanWatch  # noqa: PLC0415 - imports the SDK

            _watched[id(provider)] = provider
            add(SpanWatch())
    return True
