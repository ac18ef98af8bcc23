"""What the answers are worked out with: what is chosen, and the sums of plain Python."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from foundry_telemetry.kql.parameters import ALL, TimeRange, Value
from tests.dashboards.rows import SHOWN, Row

Answer = list[dict[str, Any]]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What is chosen at the top of the workbook and below."""

    time: TimeRange = SHOWN
    deployments: tuple[str, ...] = ALL
    services: tuple[str, ...] = ALL
    models: tuple[str, ...] = ALL
    versions: tuple[str, ...] = ALL
    tag_key: str = "tenant"
    tag_values: tuple[str, ...] = ALL
    call_order: str = "slowest"
    call_outcome: str = "all"
    distribution: str = "latency"
    call_id: str = ""
    pasted: str = ""
    usd_per_unit: str = "0.01"
    discount: str = "0.9"
    target: str = "99.5"
    period: str = "range"
    split_by: str = "tag"
    then_by: str = "model"
    budget: str = ""
    limits: str = (
        "claude-sonnet-5-5=20/40000/ ; support-chat-prod =/1/8000;nonsense; claude-haiku-5-5 = 5/5/5"
    )
    measure: str = "requests"
    stream_measure: str = "first_p95"

    @property
    def values(self) -> dict[str, Value]:
        """The same as parameters of the workbook."""
        return {
            "TimeRange": self.time,
            "Deployment": self.deployments,
            "Service": self.services,
            "Model": self.models,
            "Version": self.versions,
            "TagKey": self.tag_key,
            "TagValue": self.tag_values,
            "CallOrder": self.call_order,
            "CallOutcome": self.call_outcome,
            "Distribution": self.distribution,
            "CallId": self.call_id,
            "Id": self.pasted,
            "UsdPerUnit": self.usd_per_unit,
            "Discount": self.discount,
            "Target": self.target,
            "Period": self.period,
            "SplitBy": self.split_by,
            "ThenBy": self.then_by,
            "Budget": self.budget,
            "Limits": self.limits,
            "Measure": self.measure,
            "StreamMeasure": self.stream_measure,
            "Portal": "https://portal.azure.com",
        }


# --- rows --------------------------------------------------------------------------------------------------


def within(rows: Iterable[Row], start: datetime, end: datetime) -> list[Row]:
    """The rows from `start` on, those of `end` not among them."""
    return [row for row in rows if start <= row.at < end]


def start_before(time: TimeRange) -> datetime:
    """Where the period before begins, which is as long."""
    return time.start - (time.end - time.start)


def let_through(rows: list[Row], choice: Choice) -> list[Row]:
    """The rows that the filters let through, at any time."""
    recent = within(rows, start_before(choice.time), choice.time.end)
    served = {row.deployment for row in recent if row.model in choice.models}

    def of_model(row: Row) -> bool:
        if choice.models == ALL or row.model in choice.models:
            return True
        return row.model is None and row.deployment in served

    return [
        row
        for row in rows
        if (choice.deployments == ALL or row.deployment in choice.deployments)
        and (choice.services == ALL or row.service in choice.services)
        and (choice.versions == ALL or row.version in choice.versions)
        and (choice.tag_values == ALL or dict(row.tags).get(choice.tag_key) in choice.tag_values)
        and of_model(row)
    ]


def shown(rows: list[Row], choice: Choice) -> list[Row]:
    """The rows that the filters and the time let through."""
    return within(let_through(rows, choice), choice.time.start, choice.time.end)


def calls_of(rows: Iterable[Row]) -> list[list[Row]]:
    """The rows of each call, its attempts in order."""
    calls = defaultdict(list)
    for row in rows:
        calls[row.call_id].append(row)
    return [sorted(call, key=lambda row: row.attempt_number) for call in calls.values()]


def last_failed(call: list[Row]) -> bool:
    """Whether a call failed in the end."""
    return call[-1].failed


# --- numbers -----------------------------------------------------------------------------------------------


def total(rows: Iterable[Row], name: str) -> Any:
    """The sum of what is known."""
    return sum(getattr(row, name) or 0 for row in rows)


def reported_total(rows: Iterable[Row], name: str) -> Any:
    """The sum of what is known; ``None`` where nothing is."""
    reported = [value for row in rows if (value := getattr(row, name)) is not None]
    return sum(reported) if reported else None


def percentile(values: list[float], percent: int) -> float | None:
    """The smallest value that at least so many percent do not exceed."""
    ranked = sorted(values)
    return ranked[math.ceil(percent / 100 * len(ranked)) - 1] if ranked else None


def rounded(value: float, digits: int = 0) -> float:
    """Halves away from zero."""
    return math.copysign(math.floor(abs(value) * 10**digits + 0.5) / 10**digits, value)


def money(value: float) -> float:
    """A cost as it is shown."""
    return rounded(value, 4)


def share(part: int, whole: int) -> str:
    """A part in percent: what happened is never 0 %."""
    if not part or not whole:
        return "0%"
    if 1000 * part < whole:
        return "<0.1%"
    tenths = int(rounded(1000 * part / whole))
    return f"{tenths // 10}.{tenths % 10}%"


# --- bins --------------------------------------------------------------------------------------------------


def floor(at: datetime, grain: timedelta) -> datetime:
    """The beginning of the bin that `at` is in."""
    return EPOCH + (at - EPOCH) // grain * grain


def bins(time: TimeRange) -> Iterator[datetime]:
    """The beginning of each bin, empty ones too."""
    at = floor(time.start, time.grain)
    while at < time.end:
        yield at
        at += time.grain


def by_bin(rows: Iterable[Row], choice: Choice) -> dict[datetime, list[Row]]:
    """The rows by the bin they are in."""
    found = defaultdict(list)
    for row in rows:
        found[floor(row.at, choice.time.grain)].append(row)
    return found


def over_time(rows: list[Row], choice: Choice, values: Callable[[list[Row]], dict[str, Any]]) -> Answer:
    """One row for each bin; none at all where there are no `rows`."""
    found = by_bin(rows, choice)
    return [{"TimeGenerated": at, **values(found.get(at, []))} for at in bins(choice.time) if rows]
