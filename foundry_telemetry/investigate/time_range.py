"""Ranges of time as people write them: the same values and meaning wherever data is read.

*Period*: a value that names more than an instant, such as a day. A range begins where a period begins and
ends where it ends. Everything is UTC unless the value says otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, NamedTuple

_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_SPAN: Final = re.compile(r"([0-9]{1,6})([smhdw])", re.ASCII)
_MONTH: Final = re.compile(r"[0-9]{4}-[0-9]{2}", re.ASCII)
_DAY: Final = timedelta(days=1)

VALUES: Final = (
    "a duration (30m, 2h, 7d), today, yesterday, this-month, last-month, a month (2026-10), a date "
    "(2026-11-01) or a time (2026-11-22T03:00 in UTC, or 2026-11-22T03:00+01:00)"
)
"""What a value can be."""


class RangeError(ValueError):
    """A text that is no time, or times that are no range; the message says what would be one."""


class Span(NamedTuple):
    """From when to when."""

    start: datetime
    end: datetime


class When(NamedTuple):
    """A time or a period as it was written, to be read at a given time: with ``--watch`` that moves on."""

    text: str
    """As it was given."""
    ago: timedelta | None
    """So long before the end of the range, or before now where it is the end."""
    period: Callable[[datetime], Span] | None
    """Takes the present."""


_UNKNOWN: Final = "{given}: expected times from 1970 to 2199; example: --since 7d"
_KNOWN: Final = Span(datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))
"""Times that can be asked about: from others no period before or after could be reckoned."""


def midnight(day: date) -> datetime:
    """When a day begins."""
    return datetime.combine(day, time(), UTC)


def days(span: Span) -> tuple[date, date]:
    """The first and the last day of a range, where days are whole."""
    return span.start.date(), (span.end - timedelta(microseconds=1)).date()


def _month(day: date) -> Span:
    """The month that a day is in."""
    first = day.replace(day=1)
    return Span(midnight(first), midnight((first + timedelta(days=32)).replace(day=1)))


def _day(day: date) -> Span:
    return Span(midnight(day), midnight(day) + _DAY)


NAMES: Final[dict[str, Callable[[datetime], Span]]] = {
    "now": lambda now: Span(now, now),
    "today": lambda now: _day(now.date()),
    "yesterday": lambda now: _day(now.date() - _DAY),
    "this-month": lambda now: _month(now.date()),
    "last-month": lambda now: _month(_month(now.date()).start.date() - _DAY),
    "month": lambda now: _month(now.date()),  # an older name of this-month
}


def read(text: str) -> When:
    """A time or a period.

    Raises:
        RangeError: It is none.
    """
    given = text.strip()
    if match := _SPAN.fullmatch(given):
        return When(given, timedelta(**{_UNITS[match[2]]: int(match[1])}), None)
    period = NAMES.get(given.lower()) or _written(given)
    if period is None:
        raise RangeError(f"{text!r}: expected {VALUES}; example: 2h")
    return When(given, None, period)


def _written(text: str) -> Callable[[datetime], Span] | None:
    """A month, a date or a time as ISO 8601 writes it."""
    try:
        if _MONTH.fullmatch(text):
            span = _month(date.fromisoformat(f"{text}-01"))
        elif len(text) <= len("2026-11-22"):
            span = _day(date.fromisoformat(text))
        else:
            at = datetime.fromisoformat(text)
            at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
            span = Span(at, at)
    except (ValueError, OverflowError):
        return None
    return lambda _: span


def span(
    start: When | None,
    end: When | None,
    now: datetime,
    *,
    default: str,
    longest: timedelta | None = None,
    during: When | None = None,
) -> Span:
    """The range that two values mean.

    Args:
        start: Where it begins.
        end: Where it ends; the present where it is not given.
        now: The present.
        default: Of `start`.
        longest: How long the range can be.
        during: The period that is the range, in place of the others.

    Raises:
        RangeError: No range of time is meant.
    """
    if during is not None:
        start = end = _period(during, start or end, now)
    first = start or read(default)
    given = f"{first.text} to {end.text if end else 'now'}"
    begin, until = _known(first, end, now, given)
    if begin >= until:
        raise RangeError(
            f"{given}: expected a start before the end; "
            "example: --from 2026-11-22T03:00 --to 2026-11-22T04:00"
        )
    if longest is not None and until - begin > longest:
        raise RangeError(f"{given}: expected at most {longest.days} days; example: --since 7d")
    return Span(begin, until)


def _known(first: When, end: When | None, now: datetime, given: str) -> tuple[datetime, datetime]:
    """Both ends, where Azure and the local store have such times."""
    try:
        until = _end(end, now)
        begin = _start(first, until, now)
    except OverflowError:
        raise RangeError(_UNKNOWN.format(given=given)) from None
    if _KNOWN.start <= begin and until <= _KNOWN.end:
        return begin, until
    raise RangeError(_UNKNOWN.format(given=given))


def period(value: When, now: datetime, name: str) -> Span:
    """The day or month that a value names.

    Args:
        value: It.
        now: The present.
        name: Of the option, for the message.

    Raises:
        RangeError: It names an instant or a duration.
    """
    found = None if value.period is None else value.period(now)
    if found is None or found.start == found.end:
        raise RangeError(f"{name} {value.text!r}: expected a day or a month; example: {name} last-month")
    return found


def _period(during: When, other: When | None, now: datetime) -> When:
    """The period that is the range.

    Raises:
        RangeError: It names none, or stands beside another value.
    """
    if other is not None:
        raise RangeError(
            "--during and --since, --from or --to: expected one of them; example: --during last-month"
        )
    period(during, now, "--during")
    return during


def _start(first: When, until: datetime, now: datetime) -> datetime:
    if first.period is not None:
        return first.period(now).start
    return until - (first.ago or timedelta())


def _end(end: When | None, now: datetime) -> datetime:
    """A time is taken as it is; a period that is not over ends now."""
    if end is None:
        return now
    if end.period is None:
        return now - (end.ago or timedelta())
    meant = end.period(now)
    return meant.end if meant.start == meant.end else min(meant.end, now)
