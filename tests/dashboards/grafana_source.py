"""What Grafana and its Azure Monitor data source put in the place of variables and macros.

First Grafana replaces ``$name`` and ``${name:format}``; what it does not know stays. Then the data source
replaces its macros, such as ``$__timeFrom()``, and asks Log Analytics.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from foundry_telemetry.kql.parameters import ALL, TimeRange

Chosen = str | tuple[str, ...]
"""A text, or the chosen entries of a drop-down of many; `ALL` for all of them."""

_USE = re.compile(r"\$\{(\w+)(?::(\w+))?\}|\$(\w+)")
_MACRO = re.compile(r"\$__(timeFilter|timeFrom|timeTo|interval|contains|escapeMulti)(?:\(([^)]*)\))?")
_SPANS = (
    (timedelta(days=1), "d"),
    (timedelta(hours=1), "h"),
    (timedelta(minutes=1), "m"),
    (timedelta(seconds=1), "s"),
)


def fill(query: str, variables: list[dict[str, Any]], values: Mapping[str, Chosen], time: TimeRange) -> str:
    """The text that Log Analytics gets."""
    declared = {each["name"]: each for each in variables}

    def put(match: re.Match[str]) -> str:
        name, form = match[1] or match[3], match[2]
        if name == "__interval":
            return interval(time.grain)
        if name not in declared or name not in values:
            return match[0]
        return _formatted(declared[name], values[name], form)

    return macros(_USE.sub(put, query), time)


def _formatted(variable: Mapping[str, Any], value: Chosen, form: str | None) -> str:
    if value == ALL and variable.get("includeAll"):
        # A value for "All" goes in as it is, whatever the format; but for those of addresses.
        everything = variable["allValue"]
        return quote(everything, safe="") if form == "percentencode" else str(everything)
    entries = [value] if isinstance(value, str) else list(value)
    if form == "singlequote":
        return ",".join("'" + entry.replace("'", r"\'") + "'" for entry in entries)
    if form == "percentencode":
        return quote(value if isinstance(value, str) else "{" + ",".join(value) + "}", safe="")
    if form == "raw":
        return ",".join(entries)
    if form is not None:
        raise NotImplementedError(form)
    quoted = isinstance(value, tuple) or variable.get("multi")
    return ",".join(f"'{entry}'" if quoted else entry for entry in entries)


def interval(grain: timedelta) -> str:
    """Grafana's ``$__interval``: in the largest unit that makes a whole number."""
    for unit, sign in _SPANS:
        if grain % unit == timedelta(0):
            return f"{grain // unit}{sign}"
    return f"{grain // timedelta(milliseconds=1)}ms"


def macros(query: str, time: TimeRange) -> str:
    """The query with the data source's own macros replaced."""

    def put(match: re.Match[str]) -> str:
        start, end = _instant(time.start), _instant(time.end)
        match match[1]:
            case "timeFrom":
                return start
            case "timeTo":
                return end
            case "timeFilter":
                column = (match[2] or "TimeGenerated").strip()
                return f"['{column}'] >= {start} and ['{column}'] <= {end}"
            case "interval":
                return f"{time.grain // timedelta(milliseconds=1)}ms"
            case other:
                raise NotImplementedError(other)

    return _MACRO.sub(put, query)


def _instant(at: datetime) -> str:
    return f"datetime('{at:%Y-%m-%dT%H:%M:%SZ}')"
