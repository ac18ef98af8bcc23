"""Standard streams that take any text: a terminal or a pipe may know fewer characters than the texts have."""

from __future__ import annotations

import codecs
import json
import sys
from typing import Any, Final

_ESCAPES: Final = "foundry_telemetry.escapes"
"""Name of the error handler."""

_LIKE: Final = {
    "\N{HORIZONTAL ELLIPSIS}": "...",
    "\N{EN DASH}": "-",
    "\N{EM DASH}": "-",
    "\N{MIDDLE DOT}": "-",
    "\N{BULLET}": "*",
    "\N{RIGHTWARDS ARROW}": "->",
    "\N{MULTIPLICATION SIGN}": "x",
    "\N{BROKEN BAR}": "|",
}
"""Characters of our own texts, and what is written where the stream has no such character."""


def accept_any_text() -> None:
    """Let standard streams replace characters they have no code for, where they would raise."""
    codecs.register_error(_ESCAPES, _escaped)
    # A stream that was replaced, as tests do, may be of a class that has no encoding to fail with.
    for stream, errors in ((sys.stdout, _ESCAPES), (sys.stderr, _ESCAPES), (sys.stdin, "replace")):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors=errors)


def write_json(value: Any) -> None:
    """Write an object as one line of JSON, which is ASCII whatever the stream; fractions are `rounded`."""
    from foundry_telemetry.investigate.formatting import rounded  # noqa: PLC0415 - not for --help

    write(json.dumps(rounded(value)))


def write(text: str) -> None:
    """Write a text, with a line break at its end, at once: whoever reads a pipe may wait for it."""
    sys.stdout.write(text if text.endswith("\n") else f"{text}\n")
    sys.stdout.flush()


def is_unicode(stream: Any) -> bool:
    """Whether a stream has a code for every character."""
    return (getattr(stream, "encoding", None) or "").lower().replace("-", "").startswith("utf")


def _escaped(error: UnicodeError) -> tuple[str, int]:
    """As an error handler of `codecs`: what stands in the place of characters that have no code."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    missing = error.object[error.start : error.end]
    return "".join(_LIKE.get(one) or _escape(one) for one in missing), error.end


def _escape(character: str) -> str:
    """As JSON writes it."""
    return json.dumps(character)[1:-1]
