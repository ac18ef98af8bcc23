"""How attributes get onto a span: many at once, past the cleaning that each value gets from the SDK.

What we write is of types that the SDK keeps as they are, is not longer than a span may hold, and has room
(`span_limits`). So on the SDK's own spans the values go in as its `set_attributes` would have put them, at a
sixth of the price. Every other span, and the SDK's where it is not as we know it, is written the public way.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from opentelemetry.attributes import BoundedAttributes
from opentelemetry.trace import Span

_WAY: Final = ("_lock", "_end_time", "logger", "warning", "_attributes", "_set_items")
"""What the SDK's own method touches, in this order."""


def write(span: Span, fields: Mapping[str, Any]) -> None:
    """Set attributes, as `span.set_attributes` does.

    Args:
        span: Of any library.
        fields: What `span_limits.fit` gives for it.
    """
    if not (_is_known(span) and _put(span, fields)):
        span.set_attributes(fields)


def _is_known(span: Span) -> bool:
    """Whether a span is written by the SDK's own method: neither its class nor itself has another."""
    way = getattr(span.set_attributes, "__func__", None)
    return way is not None and way is _known_way(type(span))


@lru_cache(maxsize=16)
def _known_way(_kind: type) -> Any:
    """The SDK's own method, if it does nothing but what we know; asked once for each class of spans."""
    sdk = sys.modules.get("opentelemetry.sdk.trace")  # imported here, it would cost those who have none
    way = getattr(getattr(sdk, "Span", None), "set_attributes", None)
    return way if getattr(getattr(way, "__code__", None), "co_names", None) == _WAY else None


def _put(span: Any, fields: Mapping[str, Any]) -> bool:
    """Put the fields in, unless that takes more than that or the span has ended."""
    attributes = span._attributes  # noqa: SLF001
    if type(attributes) is not BoundedAttributes or attributes.max_value_len is not None:
        return False
    most: int | None = attributes.maxlen
    with span._lock, attributes._lock:  # noqa: SLF001
        kept: Any = attributes._dict  # noqa: SLF001 - its type differs from release to release
        if span._end_time is not None or not kept.keys().isdisjoint(fields):  # noqa: SLF001
            return False
        if most is not None and len(kept) + len(fields) > most:
            return False
        kept.update(fields)
    return True
