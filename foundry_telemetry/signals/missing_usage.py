"""Usage that an owner's span may lack: written when it ends, unless its owner has written it by then.

Most owners write the usage themselves, but only after the answer was read, so later than we. A span that
ends without it gets ours, so that tokens stand on one span of a call whoever made it, and on none twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Final

from opentelemetry.trace import Span

from foundry_telemetry.dropped_items import Signal
from foundry_telemetry.internal_errors import internal_errors
from foundry_telemetry.signals.fields import Attributes
from foundry_telemetry.signals.span_limits import fit

_OWED: Final = "foundry_telemetry_owed"
"""Attribute of our `end`, by which a second attempt finds what the first one owes."""

_USAGE: Final = ("usage", "token_count")
"""What the names of attributes with token counts contain, whichever convention a library follows."""
_OURS: Final = "foundry."


def has_usage(span: Span) -> bool:
    """Whether a span carries token counts."""
    attributes: Mapping[str, Any] = getattr(span, "attributes", None) or {}
    return any(part in name for name in attributes if not name.startswith(_OURS) for part in _USAGE)


def owe(span: Span, usage: Attributes) -> None:
    """Write the usage of an attempt onto an open span when that ends, if nobody else has until then.

    Args:
        span: Of the call.
        usage: Counts by name; those of further attempts below the same span are added.
    """
    span = getattr(span, "__wrapped__", span)  # some libraries make a proxy of a span current
    owed: Attributes | None = getattr(span.end, _OWED, None)
    if owed is not None:
        owed |= {name: owed.get(name, 0) + count for name, count in usage.items()}
        return
    try:
        span.end = _ending(span, dict(usage))  # type: ignore[method-assign]
    except AttributeError:  # one that takes no attributes: its owner may still write the same names over ours
        span.set_attributes(fit(usage, span, ours=False))


def _ending(span: Any, owed: Attributes) -> Callable[..., None]:
    original = span.end

    @wraps(original)
    def end(*args: Any, **options: Any) -> None:
        try:
            vars(span).pop("end", None)  # the class's own is back, and nothing holds on to the span
            if not has_usage(span):
                span.set_attributes(fit(owed, span, ours=False))
        except Exception as error:
            internal_errors.add_quietly(error, Signal.TRACES)  # in whatever code ends it
        original(*args, **options)

    setattr(end, _OWED, owed)
    return end
