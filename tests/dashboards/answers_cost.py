"""What the queries of the tab Tokens and cost must answer, worked out in plain Python."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from foundry_telemetry.kql.parameters import TimeRange
from tests.dashboards.answers_money import of_period, period_of, value_of
from tests.dashboards.reference_answers import (
    Answer,
    Choice,
    bins,
    by_bin,
    let_through,
    reported_total,
    rounded,
    share,
    total,
    within,
)
from tests.dashboards.rows import Row

DAY = timedelta(days=1)


def is_incomplete(row: Row) -> bool:
    """Whether the answer ended before it reported all usage."""
    reported = (row.input_tokens, row.output_tokens)
    is_whole = None not in reported and row.usage_complete is not False
    return row.cost_usd is None and reported != (None, None) and not is_whole


def is_unpriced(row: Row) -> bool:
    """Whether the usage is complete and the cost unknown."""
    return (
        row.cost_usd is None
        and (row.input_tokens, row.output_tokens) != (None, None)
        and not is_incomplete(row)
    )


def is_known(rows: list[Row]) -> bool:
    """Whether the cost of attempts is known: some have one, or those without have no usage."""
    bare = [row for row in rows if row.cost_usd is None]
    used = any((row.input_tokens, row.output_tokens) != (None, None) for row in bare)
    return bool(total(rows, "cost_usd")) or not used


def _wasted(rows: Iterable[Row]) -> list[Row]:
    return [row for row in rows if row.failed or row.is_abandoned]


def _midnight(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


@dataclass(frozen=True)
class Month:
    """The month in which the time shown ends, and the four weeks before today."""

    start: datetime
    stop: datetime
    end: datetime
    rows: list[Row]
    """Of this month."""
    days: dict[datetime, float]
    """What each full day cost that counts for the forecast."""
    is_known: bool
    """Whether any cost of these weeks is known."""

    @property
    def by_weekday(self) -> bool:
        """Whether there are two of each weekday."""
        return len(self.days) >= 14

    def like(self, day: datetime) -> list[float]:
        """What the full days cost whose mean a day is expected to cost."""
        return [
            usd for known, usd in self.days.items() if not self.by_weekday or known.weekday() == day.weekday()
        ]

    def left(self, day: datetime) -> float:
        """How much of a day is to come, 0 to 1."""
        return max(0.0, (day + DAY - max(day, self.end)) / DAY)

    @property
    def to_come(self) -> list[datetime]:
        """The days that are not over."""
        first = _midnight(self.end)
        days = [first + number * DAY for number in range((self.stop - first) // DAY)]
        return [day for day in days if self.left(day) > 0]

    def forecast(self, day: datetime) -> float:
        """What the rest of a day is expected to cost."""
        return self.left(day) * statistics.fmean(self.like(day)) if self.days else 0.0

    @property
    def half(self) -> float | None:
        """The half width of the range of the days to come."""
        groups = {day.weekday() if self.by_weekday else 0: self.like(day) for day in self.days}
        freedom = len(self.days) - len(groups)
        if freedom < 1:
            return None
        rest = sum(sum((usd - statistics.fmean(own)) ** 2 for usd in own) for own in groups.values())
        lengths: dict[int, float] = defaultdict(float)
        for day in self.to_come:
            lengths[day.weekday() if self.by_weekday else 0] += self.left(day)
        of_means = sum(length**2 / len(groups[key]) for key, length in lengths.items())
        return 1.645 * float((rest / freedom) ** 0.5 * (sum(lengths.values()) + of_means) ** 0.5)


def month_of(rows: list[Row], choice: Choice) -> Month | None:
    """The month, or nothing where there is no record of it."""
    end = choice.time.end
    start = _midnight((end - timedelta(milliseconds=1)).replace(day=1))
    stop = _midnight((start + 31 * DAY).replace(day=1))
    today = _midnight(end)
    known = within(let_through(rows, choice), min(start, today - 30 * DAY), end)
    if not known:
        return None
    first = max(today - 28 * DAY, _midnight(min(row.at for row in known)) + DAY)
    full = [first + number * DAY for number in range((today - first) // DAY)]
    days = {day: float(total(within(known, day, day + DAY), "cost_usd")) for day in full}
    return Month(start, stop, end, within(known, start, end), days, is_known(known))


def spend_tiles(rows: list[Row], choice: Choice) -> Answer:
    """What does this month cost, so far and by its end?"""
    month = month_of(rows, choice)
    if month is None:
        return []
    cost, lost = (float(total(reported, "cost_usd")) for reported in (month.rows, _wasted(month.rows)))
    bare = sum(map(is_unpriced, month.rows))
    units = int(rounded(cost * float(choice.discount) / float(choice.usd_per_unit)))
    priced = is_known(month.rows)
    days, half = len(month.days), month.half
    likely = None if not days else cost + sum(map(month.forecast, month.to_come))
    low, high = (max(cost, (likely or 0) + way * (half or 0)) for way in (-1, 1))
    reported: list[tuple[str, float | None, str, str]] = [
        (
            "Month to date", cost if priced else None,
            f"{units:,} CCU" if priced else "CCU unknown",
            f"{bare} unpriced" if bare else "all priced" if priced else "",
        ),
        (
            "Month forecast", likely if priced else None,
            f"{_dollars(low)} to {_dollars(high)}"
            if half is not None and priced
            else "after 1 full day, low and high after 2",
            f"full days of data: {days}",
        ),
        (
            "Wasted spend", lost if priced else None,
            f"{share(int(1e6 * lost), int(1e6 * cost))} of month to date" if priced else "",
            "failed or abandoned attempts",
        ),
    ]  # fmt: skip
    return [
        {"place": place, "tile": tile, "value": value, "detail": detail, "change": change}
        for place, (tile, value, detail, change) in enumerate(reported, 1)
    ]


def _dollars(usd: float) -> str:
    return f"${rounded(usd, 4):,.4f}"


def cost_by_day(rows: list[Row], choice: Choice) -> Answer:
    """What did each day of this month cost, and what are the days to come expected to cost?"""
    month = month_of(rows, choice)
    if month is None or not month.is_known:
        return []
    found = []
    for number in range((month.stop - month.start) // DAY):
        day = month.start + number * DAY
        reported = within(month.rows, day, day + DAY)
        lost = total(_wasted(reported), "cost_usd")
        found.append(
            {
                "TimeGenerated": day,
                "useful_usd": float(total(reported, "cost_usd") - lost),
                "wasted_usd": float(lost),
                "forecast_usd": month.forecast(day),
            }
        )
    return found


def _part(row: Row, choice: Choice) -> str:
    return value_of(row, choice.split_by, choice)


def month_to_date(rows: list[Row], choice: Choice) -> Answer:
    """What did the month cost up to each day, and what will it cost?"""
    month = month_of(rows, choice)
    if month is None or not month.is_known:
        return []
    budget = float(choice.budget or 0) or None
    found, spent, to_come = [], 0.0, 0.0
    for number in range((month.stop - month.start) // DAY):
        day = month.start + number * DAY
        spent += float(total(within(month.rows, day, day + DAY), "cost_usd"))
        to_come += month.forecast(day)
        is_ahead = day + DAY >= month.end and month.days
        found.append(
            {
                "TimeGenerated": day,
                "spent_usd": spent if day < month.end else None,
                "forecast_usd": spent + to_come if is_ahead else None,
                "budget_usd": budget,
            }
        )
    return found


def usage_by(rows: list[Row], choice: Choice) -> Answer:
    """Who used the tokens, how much of the input came from the cache, and what did it cost?"""
    parts: dict[str, list[Row]] = defaultdict(list)
    for row in of_period(rows, choice):
        parts[_part(row, choice)].append(row)
    found = []
    for part, reported in parts.items():
        cost = (
            float(total(reported, "cost_usd")) if any(row.cost_usd is not None for row in reported) else None
        )
        given, read, written = (
            reported_total(reported, name)
            for name in ("input_tokens", "cache_read_tokens", "cache_write_tokens")
        )
        units = (
            None if cost is None else rounded(cost * float(choice.discount) / float(choice.usd_per_unit), 1)
        )
        found.append(
            {
                "part": part,
                "cost_usd": cost,
                "units": units,
                "unpriced": sum(map(is_unpriced, reported)),
                "wasted_usd": None if cost is None else float(total(_wasted(reported), "cost_usd")),
                "partial_usd": _partial(reported),
                "attempts": len(reported),
                "new_input": None if given is None else given - (read or 0) - (written or 0),
                "cache_write": written,
                "cache_read": read,
                "hit_percent": rounded(100 * read / given, 4) if given and read is not None else None,
                "output": reported_total(reported, "output_tokens"),
                "thinking": reported_total(reported, "thinking_tokens"),
            }
        )
    return sorted(
        found,
        key=lambda row: (row["cost_usd"] is None, -(row["cost_usd"] or 0), -row["attempts"], row["part"]),
    )


def _partial(rows: list[Row]) -> float | None:
    """The input of answers with incomplete usage."""
    some = any(row.partial_cost_usd is not None for row in rows)
    return float(total(rows, "partial_cost_usd")) if some else None


def cost_over_time(rows: list[Row], choice: Choice) -> Answer:
    """When was the money spent, and by whom?"""
    start, end = period_of(choice)
    grain = choice.time.grain if choice.period == "range" else timedelta(hours=1)
    step = DAY if end - start > 2 * DAY else grain
    time = TimeRange(start, end, step)
    priced = [row for row in of_period(rows, choice) if row.cost_usd is not None]
    sums: dict[str, float] = defaultdict(float)
    for row in priced:
        sums[_part(row, choice)] += row.cost_usd or 0
    most = sorted(sums, key=lambda part: -sums[part])[:9]
    found = by_bin(priced, replace(choice, time=time))

    def name(row: Row) -> str:
        part = _part(row, choice)
        return part if part in most else "(other)"

    return [
        {
            "TimeGenerated": at,
            "part": part,
            "cost_usd": float(sum(row.cost_usd or 0 for row in found.get(at, []) if name(row) == part)),
        }
        for at in bins(time)
        for part in sorted(set(map(name, priced)))
    ]
