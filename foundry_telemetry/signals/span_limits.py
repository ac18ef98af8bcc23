"""Room on a span: what of ours fits below the limits that the application set for its spans.

The SDK makes room by dropping the oldest attribute, perhaps another library's, and logs that while it holds
the span's lock; a handler that reads the span would then wait for ever. So nothing is written that the SDK
would have to drop or cut: half an id, a URL or a JSON text is no value either. The ledger has them whole.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, Final

from opentelemetry.trace import Span, Tracer

from foundry_telemetry.schema import field_table as names
from foundry_telemetry.warn_once import Once

_KEPT_FREE: Final = 4
"""Attributes on our own span: for what span processors add when it starts and ends."""
_KEPT_FREE_FOR_OWNER: Final = 32
"""Attributes on another library's span, which writes its own until the end."""

_FIRST: Final = (
    names.AZURE_REQUEST_ID,
    names.ANTHROPIC_REQUEST_ID,
    names.ERROR_TYPE,
    names.LAST_ERROR,
    names.OUTCOME,
    names.STATUS_CODE,
    names.INPUT_TOKENS,
    names.OUTPUT_TOKENS,
    names.MEASUREMENTS,
    names.OPERATION,
    names.SYSTEM,
    names.PEER_SERVICE,
    names.REQUEST_MODEL,
)
"""What is written first where not all fits."""
_RANKS: Final = {name: rank for rank, name in enumerate(_FIRST)}
_FROM_RESPONSE: Final = _FIRST.index(names.OPERATION)
"""So many of them are known with the response only."""

_log: Final = logging.getLogger("foundry_telemetry")


def fit_for_start(fields: Mapping[str, Any], tracer: Tracer) -> Mapping[str, Any]:
    """The fields that a span of ours starts with: those of the response still find room."""
    tracer = getattr(tracer, "_tracer", tracer)  # the API's proxy has the SDK's
    limits = getattr(tracer, "_span_limits", None)
    return _fit(fields, limits, {}, _KEPT_FREE + _FROM_RESPONSE)


def fit(fields: Mapping[str, Any], span: Span, *, ours: bool) -> Mapping[str, Any]:
    """The fields that find room on a span under way.

    Args:
        fields: What is to be written.
        span: Where to.
        ours: Whether we started it.
    """
    limits = getattr(span, "_limits", None)
    taken: Mapping[str, Any] = getattr(span, "_attributes", {})
    return _fit(fields, limits, taken, _KEPT_FREE if ours else _KEPT_FREE_FOR_OWNER)


def _fit(
    fields: Mapping[str, Any], limits: Any, taken: Mapping[str, Any], kept_free: int
) -> Mapping[str, Any]:
    if limits is None:
        return fields
    longest: int | None = limits.max_span_attribute_length
    most: int | None = limits.max_span_attributes
    if longest is not None and any(_is_longer(value, longest) for value in fields.values()):
        fields = {name: value for name, value in fields.items() if not _is_longer(value, longest)}
        _warn_once("VALUE_LENGTH_LIMIT", longest)
    if most is None or len(taken) + len(fields) + kept_free <= most:
        return fields
    room = most - kept_free - len(taken) + sum(name in taken for name in fields)
    if len(fields) <= room:
        return fields
    _warn_once("COUNT_LIMIT", most)
    first = sorted(fields, key=lambda name: _RANKS.get(name, len(_RANKS)))[: max(room, 0)]
    return {name: fields[name] for name in first}


def _is_longer(value: object, longest: int) -> bool:
    if isinstance(value, tuple):
        return any(_is_longer(part, longest) for part in value)
    return isinstance(value, str) and len(value) > longest


@Once
def _warn_once(limit: str, value: int) -> None:
    _log.warning(
        "OTEL_SPAN_ATTRIBUTE_%s (or SpanLimits) is %d, too low for all attributes of a Foundry call: its "
        "spans lack some; its ledger events are complete",
        limit,
        value,
    )
