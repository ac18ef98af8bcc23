"""The times that a query is limited to, in the ISO 8601 forms that Log Analytics takes.

A duration (the time up to now), ``start/end``, ``start/duration``, ``duration/end``. A year counts 365 days,
a month 30, as .NET reads durations. Instants without an offset are UTC.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from foundry_telemetry.local.engine.errors import QueryError

_DURATION: Final = re.compile(
    r"P(?=\d|T\d)(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+(?:\.\d+)?)D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d+(?:\.\d+)?)H)?(?:(?P<minutes>\d+(?:\.\d+)?)M)?"
    r"(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?",
    re.ASCII,
)
_DAYS: Final = {"years": 365, "months": 30}


@dataclass(frozen=True)
class Timespan:
    """From one instant to another, both included; UTC without a time zone."""

    start: datetime
    end: datetime


def read_timespan(text: str, now: datetime) -> Timespan:
    """The times that a text means.

    Args:
        text: One of the forms above.
        now: The end of a duration that has no other; UTC without a time zone.

    Raises:
        QueryError: It is none of them, or its end comes before its start.
    """
    try:
        return _timespan(text, now)
    except (ValueError, OverflowError) as error:
        raise QueryError(
            f"Invalid timespan {text[:100]!r}: expected an ISO 8601 duration such as PT1H, or "
            "start/end, start/duration or duration/end.",
            reason="InvalidTimespan",
            construct="timespan",
        ) from error


def _timespan(text: str, now: datetime) -> Timespan:
    first, slash, second = text.strip().partition("/")
    start, end = _instant_or_duration(first), _instant_or_duration(second) if slash else now
    if isinstance(start, datetime) and isinstance(end, timedelta):
        end = start + end
    elif isinstance(start, timedelta) and isinstance(end, datetime):
        start = end - start
    elif not slash:
        raise ValueError(text)
    if not (isinstance(start, datetime) and isinstance(end, datetime)) or end < start:
        raise ValueError(text)
    return Timespan(start, end)


def _instant_or_duration(text: str) -> datetime | timedelta:
    if not text.upper().startswith("P"):
        instant = datetime.fromisoformat(text)
        return instant.astimezone(UTC).replace(tzinfo=None) if instant.tzinfo else instant
    match = _DURATION.fullmatch(text.upper())
    if match is None:
        raise ValueError(text)
    parts = {name: float(value) for name, value in match.groupdict(default="0").items()}
    days = parts.pop("days") + sum(parts.pop(name) * count for name, count in _DAYS.items())
    return timedelta(days=days, **parts)
