"""How much days vary from week to week, from the days before: what is no change to speak of.

*Variation*: the logarithm of what a day cost, less that of the same weekday a week before; with fewer than
four such pairs, of the day before, where both are working days or both are not. Its *deviation* is the median
of its size times 1.4826, which is the standard deviation where it is normal, and is not moved by a single bad
day. *Usual* is within three deviations of no change, and at least 5 %.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Final

from msgspec import Struct

from foundry_telemetry.investigate.cost.periods import DAY, WEEK, Period
from foundry_telemetry.investigate.sources import Row

_ENOUGH: Final = 4
"""Pairs of days."""
_OF_MEDIAN: Final = 1.4826
_DEVIATIONS: Final = 3.0
_LEAST: Final = 0.05
_SATURDAY: Final = 5
WITHOUT_HISTORY: Final = 0.1
"""Deviation of the calls of a slice with too few days before."""


class Band(Struct, frozen=True, kw_only=True):
    """What is usual."""

    low_ratio: float
    """Of the cost before; -0.1 is a tenth less."""
    high_ratio: float
    pairs: int
    """Of days that it is made from."""

    def holds(self, before: float, now: float) -> bool:
        """Whether a change is usual."""
        return self.low_ratio * before <= now - before <= self.high_ratio * before


def read_band(rows: Iterable[Row], now: Period, before: Period) -> Band | None:
    """What is usual, from the answer to ``cost_daily``; nothing with too few days."""
    found = _deviation(rows, now, before, lambda row: row.get("usd", 0.0))
    if found is None:
        return None
    deviation, pairs = found
    days = max((now[1] - now[0]) / DAY, 1.0)
    width = max(_DEVIATIONS * deviation / math.sqrt(days), _LEAST)
    return Band(low_ratio=math.expm1(-width), high_ratio=math.expm1(width), pairs=pairs)


def calls_deviation(rows: Iterable[Row], now: Period, before: Period) -> float:
    """How much the number of attempts varies: a deviation of its logarithm."""
    found = _deviation(rows, now, before, lambda row: float(row["attempts"]))
    return WITHOUT_HISTORY if found is None else max(found[0], _LEAST)


def _deviation(
    rows: Iterable[Row], now: Period, before: Period, value: Callable[[Row], float]
) -> tuple[float, int] | None:
    """The deviation of a value of days, with how many pairs of days there are."""
    known = {row["day"]: value(row) for row in rows if not _within(row["day"], now)}
    if known:
        known.pop(min(known), None)  # the first day may be a part of one
    pairs = list(_pairs(known, WEEK, before))
    if len(pairs) < _ENOUGH:
        pairs = list(_pairs(known, DAY, before))
    if len(pairs) < _ENOUGH:
        return None
    return _OF_MEDIAN * statistics.median(map(abs, pairs)), len(pairs)


def _pairs(known: Mapping[datetime, float], apart: object, before: Period) -> Iterable[float]:
    distance = WEEK if apart == WEEK else DAY
    for day, usd in known.items():
        earlier = known.get(day - distance, 0.0)
        alike = (day.weekday() >= _SATURDAY) == ((day - distance).weekday() >= _SATURDAY)
        if alike and usd > 0 and earlier > 0 and day < before[1] + WEEK:
            yield math.log(usd / earlier)


def _within(day: datetime, period: Period) -> bool:
    return period[0] - DAY < day < period[1]
