"""What the portal puts in the place of a workbook's parameters.

*Reference*: ``{Name}`` or ``{Name:format}`` in a text. The portal replaces it with a text and escapes
nothing; quoting is left to the author of the query.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

_REFERENCE: Final = re.compile(r"\{([A-Za-z_]\w*)(?::([^{}\s]+))?\}")
ALL: Final = ("*",)
"""The values of a drop-down at "All", where its `selectAllValue` is an asterisk."""


@dataclass(frozen=True)
class TimeRange:
    """The value of a time parameter."""

    start: datetime
    end: datetime
    grain: timedelta
    """Width of the bins of charts; the portal chooses it by the length of the range."""


Value = str | tuple[str, ...] | TimeRange
"""A text, the chosen entries of a drop-down of many, or a time."""

UNFILTERED: Final[Mapping[str, Value]] = {
    **dict.fromkeys(("Deployment", "Service", "Model", "Version", "TagValue"), ALL),
    "TagKey": "tenant",
}
"""The filters at the top of the workbook as they stand at the beginning: everything."""


class UnknownReferenceError(ValueError):
    """A reference that has no value or no such format."""


@dataclass(frozen=True)
class Reference:
    """One reference in a text."""

    name: str
    format: str
    """Lower case; ``value`` where none is named."""


def references(text: str) -> Iterator[Reference]:
    """The references in a text, in order."""
    for match in _REFERENCE.finditer(text):
        yield Reference(match[1], (match[2] or "value").lower())


def without_references(text: str) -> str:
    """`text` with each reference blanked out."""
    return _REFERENCE.sub(" ", text)


def replaced(text: str, put: Callable[[Reference], str]) -> str:
    """`text` with what `put` makes of each reference in its place."""
    return _REFERENCE.sub(lambda match: put(next(references(match[0]))), text)


def substitute(text: str, values: Mapping[str, Value]) -> str:
    """`text` with each reference replaced as the portal would.

    Raises:
        UnknownReferenceError: A parameter has no value, or the format is none of its kind.
    """
    return _REFERENCE.sub(lambda match: _expand(match[0], next(references(match[0])), values), text)


def _expand(written: str, reference: Reference, values: Mapping[str, Value]) -> str:
    value = values.get(reference.name)
    if value is None:
        raise UnknownReferenceError(
            f"{written} has no value; there are {', '.join(sorted(values)) or 'none'}"
        )
    if isinstance(value, TimeRange):
        form = _TIME_FORMATS.get(reference.format)
        if form is not None:
            return form(value)
    else:
        text_form = _TEXT_FORMATS.get(reference.format)
        if text_form is not None:
            return text_form(value if isinstance(value, str) else ",".join(f"'{one}'" for one in value))
    raise UnknownReferenceError(f"{written}: no such format for this kind of parameter")


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _between(time: TimeRange) -> str:
    return f"between (datetime({_iso(time.start)}) .. datetime({_iso(time.end)}))"


_TIME_FORMATS: Final[Mapping[str, Callable[[TimeRange], str]]] = {
    "value": _between,
    "query": _between,
    "label": lambda time: f"{_iso(time.start)} to {_iso(time.end)}",
    "start": lambda time: f"datetime({_iso(time.start)})",
    "end": lambda time: f"datetime({_iso(time.end)})",
    "startiso": lambda time: _iso(time.start),
    "endiso": lambda time: _iso(time.end),
    "grain": lambda time: f"{int(time.grain.total_seconds())}s",
    "seconds": lambda time: str(int((time.end - time.start).total_seconds())),
    "durationiso": lambda time: f"PT{int((time.end - time.start).total_seconds())}S",
}

_TEXT_FORMATS: Final[Mapping[str, Callable[[str], str]]] = {
    "value": str,
    "label": str,
    "escapejson": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "base64": lambda text: b64encode(text.encode()).decode(),
}
