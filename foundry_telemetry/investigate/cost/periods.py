"""Which time a time is compared with. Days and months are of UTC."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

Period = tuple[datetime, datetime]
"""From when to when."""
Times = Mapping[str, Period]
"""By the name of the parameter of a query."""
DAY: Final = timedelta(days=1)
WEEK: Final = 7 * DAY


def month_start(at: datetime) -> datetime:
    """The begin of the month in which a time ends at `at`."""
    return midnight(at - timedelta(microseconds=1)).replace(day=1)


def month_end(start: datetime) -> datetime:
    """The end of the month that begins at `start`."""
    return (start + 32 * DAY).replace(day=1)


def midnight(at: datetime) -> datetime:
    """When the day of a time began."""
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


def previous(since: datetime, until: datetime) -> Period:
    """The period before: of the same length; of a calendar month, or its days so far, in the month before."""
    start = month_start(until)
    if since != start or until - since <= DAY:
        return since - (until - since), since
    before = month_start(start)
    if until == month_end(start):
        return before, start
    return before, min(before + (until - since), start)


def before(since: datetime, until: datetime) -> Period:
    """What a change is measured from: the same weekdays of earlier weeks; of a month the month before."""
    if since == month_start(until) and until - since > DAY:
        return previous(since, until)
    weeks = -(-(until - since) // WEEK) * WEEK
    return since - weeks, until - weeks


def compared(now: Period, against: Period | None) -> Period:
    """What a period is compared with: `before`, unless another one is asked for.

    Raises:
        ValueError: It does not end before the other begins.
    """
    other = before(*now) if against is None else against
    if other[1] > now[0]:
        raise ValueError(
            f"--against {other[0]:%Y-%m-%d}: expected a period before {now[0]:%Y-%m-%d %H:%M}; "
            "example: --during 2026-11-24 --against 2026-11-17"
        )
    return other
