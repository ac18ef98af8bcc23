"""Whose span stands for a call that is about to leave, and who else has one open for it.

*Owner span*: a span that another library opened for the logical call (the anthropic SDK's own, a GenAI
instrumentor's, a framework's). *Scope*: the name of the tracer that made a span.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from msgspec import Struct
from opentelemetry.trace import INVALID_SPAN, Span, SpanContext, SpanKind

from foundry_telemetry.schema import field_table as names
from foundry_telemetry.schema.value import CHAT, SCOPE
from foundry_telemetry.signals.open_spans import KINDS, OpenSpan, open_spans
from foundry_telemetry.wire.request_matcher import Request

_SDK_SCOPE: Final = "com.anthropic.sdk.python"

_SIGNS: Final[Mapping[str, frozenset[str]]] = {
    names.OPERATION: frozenset({"chat", "generate_content", "text_completion"}),
    "openinference.span.kind": frozenset({"LLM"}),
    "llm.request.type": frozenset({"chat", "completion"}),
    "langfuse.observation.type": frozenset({"generation"}),
}
"""Attributes that tell the span of one inference from that of an agent, a tool or a chain."""


_COMPARABLE: Final = re.compile(r"[A-Za-z0-9._:/-]+").fullmatch
"""Names of deployments that are the same on spans and in requests; others may be escaped in one of them."""


class Owner(Struct, frozen=True):
    """The span of the call, if another library has one."""

    span: Span | None = None
    claim: OpenSpan | None = None
    """Of a span that is not current; to be released where the attempt failed, since another may follow."""
    scopes: tuple[str, ...] = ()
    """The scopes of all spans of other libraries that stand for the call, sorted."""
    is_sdk: bool = False
    """Whether the span is the anthropic SDK's own."""
    above: SpanContext | None = None
    """Of the span above all those that stand for the call, one within the other; ``None`` above a root."""


_NOBODY: Final = Owner()


def find_owner(current: Span, request: Request) -> Owner:
    """The span of the call: the current one, or one below it that is open without being current.

    Args:
        current: The current span of the caller; an invalid one where there is none.
        request: What is asked. Counting tokens is no inference, so it takes no span that is not current.
    """
    scope = None if current is INVALID_SPAN else _owner_scope(current)
    opened = open_spans()
    if scope is not None:
        is_sdk = scope.startswith(_SDK_SCOPE)
        if len(opened) <= 1:
            return Owner(current, None, (scope,), is_sdk, _parent(current))
        around = _Around(opened, current)
        return Owner(current, None, around.scopes(scope), is_sdk, around.above(current))
    if not opened:
        return _NOBODY
    around = _Around(opened, current)
    found = around.below(request.deployment) if request.operation == CHAT else None
    if found is None:
        return Owner(scopes=around.scopes())
    claim, span, scope = found
    claim.is_claimed = True
    return Owner(span, claim, around.scopes(), scope.startswith(_SDK_SCOPE), around.above(span))


class _Around:
    """The open spans around a call.

    Args:
        opened: Oldest first.
        current: The current span of the caller.
    """

    def __init__(self, opened: tuple[OpenSpan, ...], current: Span) -> None:
        spans = [(one, span) for one in opened if (span := one.span) is not None]
        self._at = current.get_span_context().span_id
        self._parents = {_id(span): _parent_id(span) for _, span in spans}
        self._owners: list[tuple[OpenSpan, Span, str]] = [
            (one, span, scope) for one, span in spans if (scope := _owner_scope(span)) is not None
        ]
        """With their scopes."""

    def below(self, deployment: str | None) -> tuple[OpenSpan, Span, str] | None:
        """The newest that stands for a call below the current span, and for no other attempt yet."""
        for owner in reversed(self._owners):
            one, span, _ = owner
            if not one.is_claimed and _may_ask(span, deployment) and self._is_below(span):
                return owner
        return None

    def _is_below(self, span: Span) -> bool:
        return self._at in self._upwards(_parent_id(span))

    def scopes(self, *known: str) -> tuple[str, ...]:
        """Those `known`, and those of spans that are above the current span or hang from its branch."""
        branch = set(self._upwards(self._at))
        found = [scope for _, span, scope in self._owners if branch & {_id(span), _parent_id(span)}]
        return tuple(sorted({*found, *known}))

    def above(self, span: Span) -> SpanContext | None:
        """The span above `span`, and above those around it that stand for the same call."""
        owners = {_id(owner): owner for _, owner, _ in self._owners}
        parent = _parent(span)
        while parent is not None and parent.span_id in owners:
            parent = _parent(owners[parent.span_id])
        return parent

    def _upwards(self, at: int) -> Iterator[int]:
        """A span and all above it, as far as they are open here; 0 stands above a root."""
        yield at
        while at in self._parents:
            at = self._parents[at]
            yield at


def _owner_scope(span: Span) -> str | None:
    """The scope of a span that stands for a call; empty where it has none, ``None`` for any other span."""
    kind = getattr(span, "kind", None)
    if kind not in KINDS or not span.is_recording():
        return None
    scope: str = getattr(getattr(span, "instrumentation_scope", None), "name", "")
    if scope == SCOPE:
        return None
    if kind is SpanKind.CLIENT and scope.startswith(_SDK_SCOPE):
        return scope  # its spans of tools and tool runners are INTERNAL
    attributes = _attributes(span)
    return scope if any(attributes.get(name) in values for name, values in _SIGNS.items()) else None


def _may_ask(span: Span, deployment: str | None) -> bool:
    """Whether a span does not name another deployment; frameworks put a provider before the name."""
    reported = _attributes(span).get(names.REQUEST_MODEL)
    if deployment is None or not isinstance(reported, str) or not _COMPARABLE(reported):
        return True
    return reported.rpartition("/")[2] == deployment.rpartition("/")[2]


def _attributes(span: Span) -> Mapping[str, Any]:
    return getattr(span, "attributes", None) or {}


def _id(span: Any) -> int:
    number: int = span.get_span_context().span_id
    return number


def _parent(span: Any) -> SpanContext | None:
    parent = getattr(span, "parent", None)
    return parent if isinstance(parent, SpanContext) else None


def _parent_id(span: Any) -> int:
    return span.parent.span_id if span.parent is not None else 0
