"""What the queries of the tabs Limits and Streams must answer, worked out in plain Python."""

from __future__ import annotations

import re
import statistics
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from foundry_telemetry.kql.parameters import ALL
from tests.dashboards.answers_incident import UNKNOWN, WEEK, deployment_of
from tests.dashboards.reference_answers import (
    Answer,
    Choice,
    bins,
    by_bin,
    floor,
    over_time,
    percentile,
    rounded,
    shown,
    within,
)
from tests.dashboards.rows import Row

MINUTE = timedelta(minutes=1)
WHAT = ("requests", "uncached_input", "output")
LINE = 15


@dataclass
class Minute:
    """One minute of what the limits count."""

    amount: int = 0
    limited: int = 0


Minutes = dict[tuple[str, str], dict[datetime, Minute]]


def minutes_of(rows: list[Row], choice: Choice) -> Minutes:
    """By deployment and what counts."""
    found: Minutes = defaultdict(lambda: defaultdict(Minute))
    end = choice.time.end
    for row in within(rows, min(choice.time.start, end - WEEK), end):
        if row.operation != "chat" or row.outcome == "not_sent":
            continue
        if choice.deployments != ALL and row.deployment not in choice.deployments:
            continue
        counted = {
            "requests": 1,
            "uncached_input": row.uncached_input_tokens or 0,
            "output": row.output_tokens or 0,
        }
        for what, amount in counted.items():
            at = floor(row.at if what == "output" else row.sent, MINUTE)
            minute = found[deployment_of(row), what][at]
            minute.amount += amount
            minute.limited += row.status == 429
    return found


def _declared(choice: Choice) -> dict[tuple[str, str], int]:
    found = {}
    for row in choice.limits.split(";"):
        reported = re.match(r"^\s*(\S+?)\s*=\s*(\d*)/(\d*)/(\d*)", row)
        for what, limit in (
            zip(("requests", "uncached_input", "output"), reported.groups()[1:], strict=True)
            if reported
            else ()
        ):
            if reported and limit:
                found[reported[1], what] = int(limit)
    return found


def limits(rows: list[Row], choice: Choice) -> Answer:
    """How near is each deployment to its limits, and when does it meet them?"""
    declared = _declared(choice)
    found = []
    for (deployment, what), minutes in minutes_of(rows, choice).items():
        here = {
            at: reported.amount for at, reported in minutes.items() if at >= floor(choice.time.start, MINUTE)
        }
        if not here:
            continue
        peak = max(here.values())
        quiet = max((reported.amount for reported in minutes.values() if not reported.limited), default=None)
        met = min(
            (reported.amount for reported in minutes.values() if reported.limited and reported.amount),
            default=None,
        )
        learnt = met if met is not None and met >= (quiet or 0) else None
        limit = declared.get((deployment, what), learnt)
        line = [minutes[at].amount if at in minutes else 0 for at in _line(choice.time.end)]
        rate = sum(line) / LINE
        found.append(
            {
                "deployment": deployment,
                "limit_type": what,
                "current_rate": rounded(rate, 1 if rate < 10 else 0),
                "peak_rate": peak,
                "peak_at": max(at for at, amount in here.items() if amount == peak),
                "limit": limit,
                "source": "configured"
                if (deployment, what) in declared
                else "observed"
                if limit is not None
                else "",
                "peak_percent": rounded(100 * peak / limit, 4) if limit else None,
                "time_to_limit_s": _to_limit(line, limit),
                "highest_unthrottled": quiet,
                "lowest_throttled": met,
            }
        )
    return sorted(
        found,
        key=lambda row: (row["deployment"], WHAT.index(row["limit_type"])),
    )


def _line(end: datetime) -> list[datetime]:
    return [floor(end, MINUTE) - (17 - number) * MINUTE for number in range(LINE)]


def _to_limit(line: list[int], limit: int | None) -> float | None:
    """Seconds until the straight line through the last minutes reaches the limit, where it clearly rises."""
    slope, start = statistics.linear_regression(range(LINE), line)
    off = sum((amount - start - slope * number) ** 2 for number, amount in enumerate(line))
    error = (off / (LINE - 2) / sum((number - 7) ** 2 for number in range(LINE))) ** 0.5
    if limit is None or slope <= 0 or slope <= 2 * error:
        return None
    minutes = max(0.0, (limit - start - slope * (LINE - 1)) / slope)
    return 60 * rounded(minutes) if minutes <= 1440 else None


def minutes_over_time(rows: list[Row], choice: Choice) -> Answer:
    """How much did the highest minute of each bin have, by deployment?"""
    grain, start = choice.time.grain, floor(choice.time.start, MINUTE)
    peaks: dict[Any, int] = defaultdict(int)
    for (deployment, what), minutes in minutes_of(rows, choice).items():
        for at, reported in minutes.items():
            if what == choice.measure and at >= start:
                key = (floor(floor(at, grain), MINUTE), deployment)
                peaks[key] = max(reported.amount, peaks[key])
    deployments = {deployment for _, deployment in peaks}
    declared = {
        f"{deployment} limit": limit
        for (deployment, what), limit in _declared(choice).items()
        if what == choice.measure and deployment in deployments
    }
    return [
        {
            "TimeGenerated": at,
            "deployment": name,
            "amount": declared[name] if name in declared else peaks.get((at, name), 0),
        }
        for at in sorted({floor(at, MINUTE) for at in bins(choice.time)})
        for name in sorted(deployments | declared.keys())
    ]


def _streams(rows: list[Row], choice: Choice) -> list[Row]:
    return [row for row in shown(rows, choice) if row.stream]


def stream_endings(rows: list[Row], choice: Choice) -> Answer:
    """How did streams end?"""

    def values(rows: list[Row]) -> dict[str, Any]:
        reported = {
            "completed": sum(row.outcome == "ok" for row in rows),
            "abandoned": sum(row.is_abandoned for row in rows),
            "truncated": sum(row.outcome == "truncated" for row in rows),
            "stream_error": sum(row.outcome == "stream_error" for row in rows),
        }
        return reported | {"failed_before_first_byte": len(rows) - sum(reported.values())}

    return over_time(_streams(rows, choice), choice, values)


def _pace(row: Row) -> float | None:
    rest = ((row.duration_ms or 0) - (row.time_to_first_token_ms or 0)) / 1000
    reported = (
        row.outcome == "ok" and row.time_to_first_token_ms is not None and row.output_tokens is not None
    )
    return (row.output_tokens or 0) / rest if reported and rest > 0 else None


def _reported(values: list[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def _firsts(rows: list[Row]) -> list[float]:
    """Seconds."""
    return [each / 1000 for each in _reported([row.time_to_first_token_ms for row in rows])]


def streams_over_time(rows: list[Row], choice: Choice) -> Answer:
    """How fast were the streams of each deployment, and how many were left or cut off?"""
    reported = _streams(rows, choice)
    found = by_bin(reported, choice)

    def amount(rows: list[Row]) -> float | None:
        if not rows:
            return None
        match choice.stream_measure:
            case "first_p50" | "first_p95":
                value = percentile(_firsts(rows), int(choice.stream_measure[-2:]))
            case "tokens_per_s_p50":
                value = percentile(_reported([_pace(row) for row in rows]), 50)
            case "abandoned":
                value = 100 * sum(row.is_abandoned for row in rows) / len(rows)
            case _:
                value = 100 * sum(row.outcome in ("truncated", "stream_error") for row in rows) / len(rows)
        return None if value is None else rounded(value, 4)

    return [
        {
            "TimeGenerated": at,
            "deployment": deployment,
            "amount": amount([row for row in found.get(at, []) if deployment_of(row) == deployment]),
        }
        for at in bins(choice.time)
        for deployment in sorted(set(map(deployment_of, reported)))
    ]


def streams_by_deployment(rows: list[Row], choice: Choice) -> Answer:
    """Which deployment has slow streams, and streams that are left or cut off?"""
    reported: dict[str, list[Row]] = defaultdict(list)
    for row in _streams(rows, choice):
        reported[row.deployment or UNKNOWN].append(row)
    found = []
    for deployment, streams in reported.items():
        paces = _reported([_pace(row) for row in streams])
        outcomes = [row.outcome for row in streams]
        slow = {f"tokens_per_s_p{percent}": percentile(paces, percent) for percent in (50, 10)}
        cut = {
            name: outcomes.count(outcome)
            for name, outcome in (("truncated", "truncated"), ("stream_errors", "stream_error"))
        }
        left = sum(row.is_abandoned for row in streams)
        found.append(
            {
                "deployment": deployment,
                "streams": len(streams),
                **{f"first_p{percent}_s": percentile(_firsts(streams), percent) for percent in (50, 95, 99)},
                **{name: None if value is None else rounded(value, 1) for name, value in slow.items()},
                "abandoned": left,
                "abandoned_percent": rounded(100 * left / len(streams), 4),
                **cut,
                "failed_before_first_byte": sum(row.failed for row in streams) - sum(cut.values()),
            }
        )
    return sorted(found, key=lambda row: (-row["streams"], row["deployment"]))
