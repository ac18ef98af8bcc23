"""Since when: the point in time at which a share of failures changed, and whether it has changed back.

The ledger is cut where the failures before and after are told best by two shares and not by one: the cut with
the greatest likelihood ratio of two binomial shares. Where no cut is clearly better than none, it was so all
along.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from foundry_telemetry.investigate.queries import Bin

Key = tuple[str | None, str | None]
"""A failure class, and whose move it is."""

_CLEAR: Final = 8.0
"""Logarithm of the likelihood ratio from which a cut is better than none; a few hundred cuts are tried."""
_SURE: Final = 0.01
"""How likely so many good attempts in a row may be, by chance, before it is called over."""


class Change(NamedTuple):
    """When a cause began, and whether it goes on."""

    since: datetime
    """The first failure after the change."""
    last: datetime
    """The last failure."""
    good_before: datetime | None
    """An attempt without it before that; ``None`` where there was none, so it may have begun earlier."""
    over: bool
    """Whether the attempts after the last failure say that it has ended."""


class _Tick(NamedTuple):
    at_ms: float
    bad: int
    attempts: int
    oldest_ms: float
    """Of the failures."""
    newest_ms: float
    good_ms: float | None
    """Of the first other attempt."""


def change(bins: Iterable[Bin], cause: Key, start: datetime) -> Change | None:
    """When a cause began; ``None`` where it never occurred.

    Args:
        bins: Attempts by cause, in order of time.
        cause: The one that is meant.
        start: When the timeline begins.
    """
    ticks = _ticks(bins, cause)
    failing = [index for index, tick in enumerate(ticks) if tick.bad]
    if not failing:
        return None
    series = ticks[: failing[-1] + 1]
    gains = _gains(series)
    first = max(failing, key=lambda index: (gains[index], -index))
    if gains[first] < _CLEAR:
        first = failing[0]
    since = series[first].oldest_ms
    # In the bin that the timeline begins in, nobody knows what was before.
    known = series[first].at_ms > 0
    good = [tick.good_ms for tick in series[: first + 1] if tick.good_ms is not None and tick.good_ms < since]
    return Change(
        since=_at(start, since),
        last=_at(start, series[-1].newest_ms),
        good_before=_at(start, max(good)) if good and known else None,
        over=_is_over(series[first:], ticks[failing[-1] + 1 :]),
    )


def _at(start: datetime, milliseconds: float) -> datetime:
    return start + timedelta(milliseconds=milliseconds)


def _ticks(bins: Iterable[Bin], cause: Key) -> list[_Tick]:
    by_time: dict[float, list[Bin]] = {}
    for one in bins:
        by_time.setdefault(one.at_ms, []).append(one)
    return [_tick(by_time[at], cause) for at in sorted(by_time)]


def _tick(own: list[Bin], cause: Key) -> _Tick:
    bad = [one for one in own if (one.error_type, one.error_owner) == cause]
    good = [one.oldest_ms for one in own if (one.error_type, one.error_owner) != cause]
    return _Tick(
        own[0].at_ms,
        sum(one.attempts for one in bad),
        sum(one.attempts for one in own),
        min((one.oldest_ms for one in bad), default=0.0),
        max((one.newest_ms for one in bad), default=0.0),
        min(good, default=None),
    )


def _gains(series: list[_Tick]) -> list[float]:
    """For a cut before each tick, how much better two shares tell the failures than one does.

    Nothing where the failures became fewer.
    """
    bad, whole = _sums(series)
    bad_before = whole_before = 0
    gains = []
    for tick in series:
        bad_after, whole_after = bad - bad_before, whole - whole_before
        gain = _likelihood(bad_before, whole_before) + _likelihood(bad_after, whole_after)
        grew = bad_after * whole_before > bad_before * whole_after
        gains.append(gain - _likelihood(bad, whole) if grew else 0.0)
        bad_before, whole_before = bad_before + tick.bad, whole_before + tick.attempts
    return gains


def _sums(series: list[_Tick]) -> tuple[int, int]:
    return sum(tick.bad for tick in series), sum(tick.attempts for tick in series)


def _likelihood(bad: int, whole: int) -> float:
    """The logarithm of the likelihood of a share, at its best."""
    if bad in (0, whole):
        return 0.0
    share = bad / whole
    return bad * math.log(share) + (whole - bad) * math.log1p(-share)


def _is_over(during: list[_Tick], after: list[_Tick]) -> bool:
    bad, whole = _sums(during)
    _, good = _sums(after)
    # A share of one would call it over after a single good attempt.
    share = min(bad / whole, 0.9)
    return good * math.log1p(-share) < math.log(_SURE)
