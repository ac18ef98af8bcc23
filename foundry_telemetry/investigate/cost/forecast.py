"""What a month will cost by its end: the mean of each weekday in the last four weeks, for the days to come.

*Full days*: the days before today, at most 28, of those after the day of the first record; a day without
calls cost nothing. *Weekday mean*: from 14 full days on each day to come is expected to cost the mean of its
weekday. *Daily mean*: with fewer, the mean of all full days. The rest of today is its part of a day.

The range holds nine times in ten, if days vary as they did and independently: 1.645 standard deviations of
the sum of the days to come, the error of the means included. The query ``month`` of the workbook works out
the same; a test compares them.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal

from msgspec import Struct

from foundry_telemetry.investigate.cost.periods import DAY, midnight, month_end, month_start
from foundry_telemetry.investigate.sources import Row

FULL_DAYS: Final = 28
HISTORY: Final = (FULL_DAYS + 2) * DAY
"""How far back the full days and the day of the first record may be."""
ENOUGH: Final = 14
"""Full days for a mean of each weekday: two of each."""
_Z: Final = 1.645
"""Standard deviations on either side that hold nine of ten values of a normal distribution."""

Method = Literal["weekday mean", "daily mean"]


class Day(Struct, frozen=True, gc=False):
    """What one UTC day cost, as far as it is over."""

    day: datetime
    usd: float = 0.0
    partial_usd: float = 0.0
    """Of incomplete usage; no part of `usd`."""
    attempts: int = 0
    unpriced: int = 0


class Month(Struct, frozen=True, kw_only=True):
    """The month in which the time ends, in UTC, up to that end; US dollars."""

    usd: float
    forecast_usd: float | None
    """What it will have cost by its end; ``None`` before the first full day."""
    low_usd: float | None
    high_usd: float | None
    """Nine times in ten between these; ``None`` before the second full day."""
    method: Method | None
    run_rate_usd: float | None
    """Of a day, the mean of the full days."""
    full_days: int
    """At most 28."""
    unpriced: int
    end: datetime


class Rhythm(Struct, frozen=True):
    """What days cost by their weekday, Monday is 0; with too few of them, by no weekday."""

    method: Method
    means: Mapping[int, float]
    counts: Mapping[int, int]
    spread: float | None
    """Standard deviation of a day about its mean; ``None`` for a single day."""

    def key(self, day: datetime) -> int:
        """What a day's mean is found by."""
        return day.weekday() if self.method == "weekday mean" else 0

    def expected(self, since: datetime, until: datetime) -> float:
        """What a time to come will cost."""
        return math.fsum(length * self.means[self.key(day)] for day, length in pieces(since, until))

    def deviation(self, since: datetime, until: datetime) -> float | None:
        """The half width of the range of that."""
        if self.spread is None:
            return None
        lengths: dict[int, float] = defaultdict(float)
        for day, length in pieces(since, until):
            lengths[self.key(day)] += length
        of_means = math.fsum(length * length / self.counts[key] for key, length in lengths.items())
        return _Z * self.spread * math.sqrt(sum(lengths.values()) + of_means)

    def reaches(self, usd: float, since: datetime, until: datetime) -> datetime | None:
        """The day of a time to come by whose end so much more will be spent; ``None`` where it will not."""
        spent = 0.0
        for day, length in pieces(since, until):
            spent += length * self.means[self.key(day)]
            if spent >= usd:
                return day
        return None


def read_days(rows: Iterable[Row]) -> list[Day]:
    """The answer to ``cost_daily``."""
    names = [name for name in Day.__struct_fields__ if name != "day"]
    return [Day(row["day"], **{name: row[name] for name in names if name in row}) for row in rows]


def read_month(days: Sequence[Day], until: datetime) -> Month | None:
    """The month in which a time ends; nothing where there is no record.

    Args:
        days: Those with records, of the month and of `HISTORY` before its end, in order.
        until: The end of the time.
    """
    if not days:
        return None
    start = month_start(until)
    end = month_end(start)
    own = [one for one in days if one.day >= start]
    usd = math.fsum(one.usd for one in own)
    found = rhythm([one.usd for one in full_days(days, until)], midnight(until))
    forecast = None if found is None else usd + found.expected(until, end)
    half = None if found is None else found.deviation(until, end)
    return Month(
        usd=usd,
        forecast_usd=forecast,
        low_usd=None if forecast is None or half is None else max(usd, forecast - half),
        high_usd=None if forecast is None or half is None else forecast + half,
        method=None if found is None else found.method,
        run_rate_usd=None if found is None else _mean(found),
        full_days=0 if found is None else sum(found.counts.values()),
        unpriced=sum(one.unpriced for one in own),
        end=end,
    )


def full_days(days: Sequence[Day], until: datetime) -> list[Day]:
    """The full days before the end of a time, those without records among them."""
    if not days:
        return []
    today = midnight(until)
    known = {one.day: one for one in days}
    first = max(today - FULL_DAYS * DAY, midnight(days[0].day) + DAY)
    return [known.get(day, Day(day)) for day in _days(first, today)]


def rhythm(usd: Sequence[float], today: datetime) -> Rhythm | None:
    """The rhythm of the days before today; ``None`` without any.

    Args:
        usd: What each cost, without a gap, the last one is yesterday's.
        today: The begin of today.
    """
    if not usd:
        return None
    method: Method = "weekday mean" if len(usd) >= ENOUGH else "daily mean"
    by_key: dict[int, list[float]] = defaultdict(list)
    for number, one in enumerate(reversed(usd), 1):
        day = today - number * DAY
        by_key[day.weekday() if method == "weekday mean" else 0].append(one)
    means = {key: math.fsum(each) / len(each) for key, each in by_key.items()}
    squares = math.fsum((one - means[key]) ** 2 for key, each in by_key.items() for one in each)
    freedom = len(usd) - len(by_key)
    spread = math.sqrt(squares / freedom) if freedom > 0 else None
    return Rhythm(method, means, {key: len(each) for key, each in by_key.items()}, spread)


def pieces(since: datetime, until: datetime) -> Iterator[tuple[datetime, float]]:
    """The days of a time, each with how much of it is within, 0 to 1."""
    for day in _days(midnight(since), until):
        length = (min(day + DAY, until) - max(day, since)) / DAY
        if length > 0:
            yield day, length


def _days(first: datetime, until: datetime) -> Iterator[datetime]:
    while first < until:
        yield first
        first += timedelta(days=1)


def _mean(found: Rhythm) -> float:
    total = math.fsum(mean * found.counts[key] for key, mean in found.means.items())
    return total / sum(found.counts.values())
