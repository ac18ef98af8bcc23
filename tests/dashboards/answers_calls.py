"""What the queries of single calls, releases and filters must answer, worked out in plain Python."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from tests.dashboards.others import Other, others_of
from tests.dashboards.reference_answers import (
    Answer,
    Choice,
    bins,
    calls_of,
    floor,
    reported_total,
    rounded,
    shown,
    total,
    within,
)
from tests.dashboards.rows import Row

MS = timedelta(milliseconds=1)
MOST_LISTED = 250
UNSAFE = frozenset("\"'`\\*${}")
"""Signs that no name of a filter has: they could end a string, begin a variable, or mean all names."""


def support_code(call_id: str) -> str:
    """What users are shown of a call."""
    return f"FT-{call_id[:5]}-{call_id[5:10]}".upper()


def outcome_of(call: list[Row]) -> str:
    """How a call ended."""
    if call[-1].failed:
        return "failed"
    if call[-1].is_abandoned:
        return "abandoned"
    return "recovered" if any(row.failed for row in call) else "succeeded"


def took_ms(call: list[Row]) -> float:
    """From the start of the first attempt to the end of the last."""
    return (call[-1].at - min(row.sent for row in call)) / MS


def calls(rows: list[Row], choice: Choice) -> Answer:
    """Which calls were made, the newest, slowest, dearest or largest first, and how did they end?"""
    found = [
        {
            "TimeGenerated": call[-1].at,
            "call_outcome": outcome_of(call),
            "service": call[-1].service,
            "deployment": call[-1].deployment or "",
            "call_ms": took_ms(call),
            "first_token_ms": min(
                (one for row in call if (one := row.time_to_first_token_ms) is not None), default=None
            ),
            "attempts": len(call),
            "input_tokens": reported_total(call, "input_tokens"),
            "output_tokens": reported_total(call, "output_tokens"),
            "cost_usd": reported_total(call, "cost_usd"),
            "status": call[-1].status,
            "error_type": call[-1].error_type or "",
            "error_owner": call[-1].error_owner or "",
            "support_code": support_code(call[-1].call_id),
            "call_id": call[-1].call_id,
        }
        for call in calls_of(shown(rows, choice))
        if choice.call_outcome in ("all", outcome_of(call))
    ]
    ranks = {
        "slowest": lambda one: -one["call_ms"],
        "dearest": lambda one: math.inf if one["cost_usd"] is None else -one["cost_usd"],
        "largest": lambda one: -((one["input_tokens"] or 0) + (one["output_tokens"] or 0)),
        "newest": lambda _: 0,
    }
    rank = ranks[choice.call_order]
    found.sort(key=lambda one: (rank(one), -one["TimeGenerated"].timestamp(), one["call_id"]))
    return found[:MOST_LISTED]


def slowest_by_tag(rows: list[Row], choice: Choice) -> Answer:
    """Which call of each tag's value was the slowest today?"""
    begin = (choice.time.end - MS).replace(hour=0, minute=0, second=0, microsecond=0)
    by_value: dict[str, list[list[Row]]] = defaultdict(list)
    for call in calls_of(within(rows, begin, choice.time.end)):
        value = max(dict(row.tags).get(choice.tag_key, "") for row in call)
        if value and min(row.sent for row in call) >= begin:
            by_value[value].append(call)
    found = []
    for value, all_of_it in by_value.items():
        call = max(all_of_it, key=took_ms)
        found.append(
            {
                "tag_value": value,
                "call_ms": took_ms(call),
                "waited_ms": rounded(max(0.0, took_ms(call) - total(call, "duration_ms")), 3),
                "attempts": len(call),
                "call_outcome": outcome_of(call),
                "started": min(row.sent for row in call),
                "service": call[-1].service,
                "deployment": call[-1].deployment or "",
                "calls": len(all_of_it),
                "call_id": call[-1].call_id,
            }
        )
    return sorted(found, key=lambda one: (-one["call_ms"], one["tag_value"]))


def _bucket(value: float, least: float) -> int:
    """The place of the bucket among those that begin with 1, 2 and 5 times a power of ten."""
    value = max(value, least)
    power = math.floor(math.log10(value))
    share = value / 10.0**power
    return 3 * (power + 10) + (2 if share >= 5 else 1 if share >= 2 else 0)


def _sized(attempts: list[Row], what: str) -> list[tuple[datetime, int]]:
    """When each attempt or call ended, and the place of its bucket, if it has the value."""
    values: list[tuple[datetime, float | None]]
    if what == "latency":
        answers = [row for row in attempts if row.outcome == "ok" and row.operation == "chat"]
        values = [(row.at, row.duration_ms) for row in answers]
    elif what == "first_token":
        values = [(row.at, row.time_to_first_token_ms) for row in attempts]
    else:
        values = [
            (call[-1].at, _spent(call) if what == "tokens" else reported_total(call, "cost_usd"))
            for call in calls_of(attempts)
        ]
    return [(at, _bucket(value, _least(what))) for at, value in values if value is not None]


def _least(what: str) -> float:
    return 0.0001 if what == "cost" else 1.0


def _spent(call: list[Row]) -> float | None:
    known = [row for row in call if (row.input_tokens, row.output_tokens) != (None, None)]
    return float(total(known, "input_tokens") + total(known, "output_tokens")) if known else None


def _written(bound: float, what: str) -> str:
    if what == "tokens":
        return f"{bound:.0f}"
    if what == "cost":
        return f"${bound:.4f}"
    return f"{bound:.0f} ms" if bound < 1000 else f"{bound / 1000:.0f} s"


def distribution(rows: list[Row], choice: Choice) -> Answer:
    """How are latency, time to first token, tokens or cost distributed over the calls?"""
    what, least = choice.distribution, _least(choice.distribution)
    places = [place for _, place in _sized(shown(rows, choice), what)]
    if not places:
        return []
    found = []
    for place in range(min(places), max(places) + 1):
        low = 10.0 ** (place // 3 - 10) * (1, 2, 5)[place % 3]
        high = low * (2.5 if place % 3 == 1 else 2)
        ends = (
            f"< {_written(high, what)}"
            if low <= least * 1.01
            else f"{_written(low, what)} \N{EN DASH} {_written(high, what)}"
        )
        found.append({"bucket": ends, "calls": places.count(place), "place": place})
    return found


_UNITS = {"tokens": ".0f", "cost": ".4f", "latency": ".0f", "first_token": ".0f"}
_NAMED = {"tokens": "", "cost": " USD", "latency": " ms", "first_token": " ms"}


def distribution_over_time(rows: list[Row], choice: Choice) -> Answer:
    """How does the distribution of latency, time to first token, tokens or cost change?"""
    what, grain = choice.distribution, choice.time.grain
    sized = _sized(shown(rows, choice), what)
    if not sized:
        return []
    places = [place for _, place in sized]
    cells = Counter((floor(at, grain), place) for at, place in sized)
    found = []
    for at in bins(choice.time):
        for place in range(min(places), max(places) + 1):
            low = 10.0 ** (place // 3 - 10) * (1, 2, 5)[place % 3]
            bound = 0.0 if low <= _least(what) * 1.01 else low
            name = f"{bound:{_UNITS[what]}}{_NAMED[what]}"
            found.append({"TimeGenerated": at + grain, "bucket": name, "Value": cells[at, place]})
    return found


def releases(rows: list[Row], choice: Choice) -> Answer:
    """Which release changed the share of failed attempts?"""
    by_version: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in within(rows, choice.time.end - timedelta(days=30), choice.time.end):
        if row.version:
            by_version[row.service, row.version].append(row)
    first = {one: min(row.at for row in reported) for one, reported in by_version.items()}
    percent = {
        one: rounded(100 * sum(row.failed for row in reported) / len(reported), 4)
        for one, reported in by_version.items()
    }
    found = []
    for one, reported in by_version.items():
        earlier = [each for each in first if each[0] == one[0] and first[each] < first[one]]
        before = max(earlier, key=lambda each: first[each], default=None)
        causes: dict[Any, int] = defaultdict(int)
        for row in reported:
            causes[row.error_type or "", row.error_owner or ""] += row.failed
        error_type, error_owner = min(causes, key=lambda cause: (-causes[cause], cause))
        found.append(
            {
                "service": one[0],
                "version": one[1],
                "change_points": rounded(percent[one] - percent[before], 2) if before else None,
                "failed_percent": percent[one],
                "earlier_version": before[1] if before else "",
                "failed_before_percent": percent[before] if before else None,
                "failed": sum(row.failed for row in reported),
                "attempts": len(reported),
                "error_type": error_type,
                "error_owner": error_owner,
                "first_seen": first[one],
                "last_seen": max(row.at for row in reported),
            }
        )
    none = -math.inf
    return sorted(
        found,
        key=lambda each: (
            -(none if each["change_points"] is None else each["change_points"]),
            each["service"],
            -each["first_seen"].timestamp(),
        ),
    )


# --- the trace of a call -----------------------------------------------------------------------------------


def _trace(rows: list[Row], choice: Choice) -> str | None:
    """The operation of the call that is chosen."""
    return max((row.OperationId for row in rows if row.call_id == choice.call_id), default=None)


def call_trace(rows: list[Row], choice: Choice) -> Answer:
    """What happened in the trace of one call, and when?"""
    trace = _trace(rows, choice)
    spans = [
        *_attempts(rows, trace, choice),
        *(_span(one) for one in others_of(rows) if one.operation == trace),
    ]
    spans = [one for one in spans if one["span_type"]]
    if not spans:
        return []
    begins = min(one["started"] for one in spans)
    ends = max(one["started"] + one["took_ms"] * MS for one in spans)
    return [
        _drawn(one, begins, ends)
        for one in sorted(spans, key=lambda one: (one["started"], -one["took_ms"], one["name"]))
    ]


def _attempts(rows: list[Row], trace: str | None, choice: Choice) -> Iterator[dict[str, Any]]:
    for row in rows:
        if row.call_id == choice.call_id or row.OperationId == trace:
            yield {
                "name": f"{row.deployment or ''}, attempt {row.attempt_number}",
                "span_type": "attempt",
                "result": row.error_type or row.outcome,
                "failed": row.failed,
                "started": row.sent,
                "took_ms": row.duration_ms or 0.0,
                "service": row.service,
                "span_id": "",
                "parent_id": "",
            }


def _span(one: Other) -> dict[str, Any]:
    kinds = {"AppRequests": "request", "AppDependencies": "dependency"}
    return {
        "name": one.name,
        "span_type": kinds.get(one.table, ""),
        "result": one.result,
        "failed": not one.succeeded,
        "started": one.at,
        "took_ms": one.duration_ms,
        "service": one.service,
        "span_id": one.span_id,
        "parent_id": one.parent_id,
    }


def _drawn(one: dict[str, Any], begins: datetime, ends: datetime) -> dict[str, Any]:
    all_ms, before_ms = (ends - begins) / MS, rounded((one["started"] - begins) / MS, 3)
    begin = int(39 * before_ms / (all_ms or 1.0) + 1e-6)
    left_ms = all_ms - before_ms if all_ms > before_ms else 1.0
    length = 1 + int((39 - begin) * one["took_ms"] / left_ms + 1e-6)
    return {
        "name": one["name"],
        "span_type": one["span_type"],
        "result": one["result"],
        "time_bar": "░" * begin + "█" * length + "░" * (40 - begin - length),
        "before_ms": before_ms,
        "took_ms": one["took_ms"],
        "ok_ms": 0.0 if one["failed"] else one["took_ms"],
        "failed_ms": one["took_ms"] if one["failed"] else 0.0,
        "after_ms": rounded(max(0.0, all_ms - before_ms - one["took_ms"]), 3),
        **{name: one[name] for name in ("started", "service", "span_id", "parent_id")},
    }


LEVELS = ("verbose", "information", "warning", "error", "critical")


def call_logs(rows: list[Row], choice: Choice) -> Answer:
    """What did the services log in the trace of one call?"""
    trace = _trace(rows, choice)
    found = [
        one
        for one in others_of(rows)
        if one.table in ("AppTraces", "AppExceptions") and one.operation == trace
    ]
    return [
        {
            "logged": one.at,
            "level": LEVELS[one.level],
            "exception_type": one.name,
            "message": one.message[:1000],
            "service": one.service,
        }
        for one in sorted(found, key=lambda one: (one.at, one.message))
    ]


# --- filters -----------------------------------------------------------------------------------------------


def is_choosable(name: str) -> bool:
    """Whether a filter offers a name: at most 128 signs that are printed, none of them unsafe."""
    return 0 < len(name) <= 128 and name.isprintable() and not UNSAFE & set(name)


def _newest(rows: list[Row], choice: Choice, most: int) -> list[Row]:
    return sorted(within(rows, choice.time.start, choice.time.end), key=lambda row: row.at)[-most:]


def version_names(rows: list[Row], choice: Choice) -> Answer:
    """Which versions of services made calls?"""
    found = {row.version for row in within(rows, choice.time.start, choice.time.end)}
    return [{"AppVersion": one} for one in sorted(found) if is_choosable(one)]


def tag_keys(rows: list[Row], choice: Choice) -> Answer:
    """By which tags can be filtered?"""
    found = {key for row in _newest(rows, choice, 1000) for key, _ in row.tags}
    return [{"value": key, "label": key} for key in sorted(found | {"tenant"}) if found]


def tag_values(rows: list[Row], choice: Choice) -> Answer:
    """Which values does the chosen tag have?"""
    found = {dict(row.tags).get(choice.tag_key, "") for row in _newest(rows, choice, 10_000)}
    return [{"tag_value": one} for one in sorted(found) if is_choosable(one)]
