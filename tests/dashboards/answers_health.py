"""What the queries of the tab Telemetry health must answer, worked out in plain Python."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from tests.dashboards.answers_cost import is_incomplete, is_unpriced
from tests.dashboards.answers_incident import MONTH, UNKNOWN
from tests.dashboards.engine import BILLED
from tests.dashboards.others import Other, others_of
from tests.dashboards.reference_answers import Answer, Choice, reported_total, rounded, total, within
from tests.dashboards.rows import Row

MINUTE = timedelta(minutes=1)
DROPPED = "foundry.telemetry.dropped"
COUNTS = ("Item_Dropped_Count", DROPPED)
REASON = "foundry.telemetry.reason"
OF_APPLICATION = ("sink_error", "processor_error", "format_error")
HEARTBEAT = "foundry.telemetry.heartbeat"
TOKENS = "foundry.client.token.usage"


def _others(rows: list[Row], choice: Choice, table: str) -> list[Other]:
    time = choice.time
    return [one for one in others_of(rows) if one.table == table and time.start <= one.at < time.end]


def telemetry_by_service(rows: list[Row], choice: Choice) -> Answer:
    """When did each service last send telemetry, and what did it drop?"""
    time = choice.time
    known = within(rows, min(time.start, time.end - MONTH), time.end)
    spans = [one for one in _others(rows, choice, "AppDependencies") if one.properties]
    metrics = _others(rows, choice, "AppMetrics")
    found = []
    for key in {(row.service, row.version) for row in [*known, *spans]}:
        reported = [row for row in known if (row.service, row.version) == key]
        ours = [one for one in spans if (one.service, one.version) == key]
        theirs = [one for one in metrics if (one.service, one.version) == key]
        theirs = [one for one in theirs if dict(one.properties).get(REASON) not in OF_APPLICATION]
        lost = [one.total or 0 for one in theirs if one.name in COUNTS]
        reasons: dict[str, float] = defaultdict(float)
        for one in theirs:
            if one.name in COUNTS:
                reasons[_reason(dict(one.properties))] += one.total or 0
        beat = max((one.at for one in theirs if one.name == HEARTBEAT), default=None)
        attempts = len(within(reported, time.start, time.end)) if reported else None
        found.append(
            {
                "service": key[0],
                "version": key[1],
                "state": _state(
                    attempts,
                    sum(lost),
                    alive=beat is not None and beat >= time.end - 10 * MINUTE,
                    counted=_is_counted(reported, theirs, time.end),
                ),
                "last_record": max((row.at for row in reported), default=None),
                "last_heartbeat": beat,
                "attempts": attempts,
                "spans_kept_percent": rounded(100 * len(ours) / sum(one.count for one in ours), 4)
                if ours
                else None,
                "dropped": sum(lost) if lost else None,
                "main_reason": max(reasons, key=lambda reason: reasons[reason]) if sum(lost) else "",
            }
        )
    return sorted(found, key=lambda row: (row["service"], row["version"]))


def _reason(properties: dict[str, str]) -> str:
    """Of a loss, with its signal where it has one."""
    signal = properties.get("foundry.telemetry.signal")
    return properties.get(REASON, "") + (f" ({signal})" if signal else "")


def _is_counted(reported: list[Row], metrics: list[Other], end: datetime) -> bool:
    beats = [one for one in metrics if one.name == HEARTBEAT]
    if beats:
        newest = max(one.at for one in beats) - 2 * MINUTE
        marks = [
            dict(one.properties).get("foundry.telemetry.losses_counted") for one in beats if one.at >= newest
        ]
        return set(marks) == {"true"}
    return max((row.at for row in reported), default=end) >= end - 2 * MINUTE


def _state(attempts: int | None, lost: float, *, alive: bool, counted: bool) -> str:
    if attempts is None:
        return "no_ledger"
    if lost:
        return "dropping"
    if attempts:
        return "healthy" if counted else "drops_not_counted"
    return "idle" if alive else "no_heartbeat"


def ledger_against_metrics(rows: list[Row], choice: Choice) -> Answer:
    """Do the ledger and the metrics have the same number of tokens?"""
    start, end = choice.time.start, choice.time.end
    reported = [row for row in within(rows, start - MINUTE, end) if row.operation == "chat"]
    metrics: dict[str, dict[str, float]] = defaultdict(lambda: {"input": 0.0, "output": 0.0})
    for one in _others(rows, choice, "AppMetrics"):
        if one.name == TOKENS:
            properties = dict(one.properties)
            metrics[properties.get("gen_ai.request.model", "")][properties["gen_ai.token.type"]] += (
                one.total or 0
            )

    def ledger(deployment: str, kind: str, begin: datetime, stop: datetime) -> int:
        ours = [row for row in within(reported, begin, stop) if (row.deployment or "") == deployment]
        return int(total(ours, f"{kind}_tokens"))

    found = []
    for deployment in {row.deployment or "" for row in reported} | set(metrics):
        measured = metrics.get(deployment)
        line: dict[str, Any] = {"deployment": deployment or UNKNOWN, "state": "no_metrics"}
        agree, differences = [], {}
        for kind in ("input", "output"):
            ours = ledger(deployment, kind, start, end)
            theirs = None if measured is None else measured[kind]
            line |= {f"ledger_{kind}": ours, f"metrics_{kind}": theirs, f"{kind}_difference": None}
            differences[f"{kind}_difference"] = (theirs or 0) - ours
            least, most = (
                ledger(deployment, kind, start, end - MINUTE),
                ledger(deployment, kind, start - MINUTE, end),
            )
            agree.append(theirs is not None and least <= theirs <= most)
        if measured is not None:
            line |= {"state": "match"} if all(agree) else {"state": "mismatch", **differences}
        if measured is not None or any(
            ledger(deployment, kind, start - MINUTE, end) for kind in ("input", "output")
        ):
            found.append(line)
    return sorted(found, key=lambda row: row["deployment"])


def unpriced(rows: list[Row], choice: Choice) -> Answer:
    """Which attempts are unpriced or have incomplete usage, and why?"""
    groups: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for row in within(rows, choice.time.start, choice.time.end):
        if is_unpriced(row) or is_incomplete(row):
            groups[_why(row), row.model or "", row.deployment or ""].append(row)
    found = [
        {
            "reason": why,
            "model": model,
            "deployment": deployment,
            "attempts": len(reported),
            "input_tokens": reported_total(reported, "input_tokens"),
            "output_tokens": reported_total(reported, "output_tokens"),
            "last_seen": max(row.at for row in reported),
        }
        for (why, model, deployment), reported in groups.items()
    ]
    return sorted(found, key=lambda row: (-row["attempts"], row["reason"], row["model"], row["deployment"]))


def _why(row: Row) -> str:
    if is_incomplete(row):
        return "incomplete"
    return "unpriced_usage" if row.model else "no_model"


LONGEST = {"name": 1_024, "message": 32_768}
"""Of the texts that others have: characters that Azure keeps."""


def cut_values(rows: list[Row], choice: Choice) -> Answer:
    """Which values are as long as Azure keeps them, so that the rest was cut?"""
    times: dict[tuple[str, str], list[datetime]] = defaultdict(list)
    for table in ("AppDependencies", "AppRequests", "AppTraces", "AppExceptions", "AppMetrics"):
        for one in _others(rows, choice, table):
            for name, most in LONGEST.items():
                if len(getattr(one, name)) == most:
                    times[table, name.title()].append(one.at)
    found = [
        {"table_name": table, "field": field, "records": len(at), "last_seen": max(at)}
        for (table, field), at in times.items()
    ]
    return sorted(found, key=lambda row: (-row["last_seen"].timestamp(), row["table_name"], row["field"]))


def stored(rows: list[Row], choice: Choice) -> Answer:
    """How much data is stored and billable, by table, and how old is it?"""
    tables: dict[str, list[tuple[datetime, float]]] = defaultdict(list)
    for index, row in enumerate(rows):
        tables["AppEvents"] += [(row.at, BILLED)] * (2 if index % 10 == 0 else 1)
    for one in others_of(rows):
        tables[one.table].append((one.at, one.billed))
    start, end = choice.time.start, choice.time.end
    found = []
    for table, sizes in tables.items():
        times = [at for at, _ in sizes]
        here = [size for at, size in sizes if start <= at < end]
        found.append(
            {
                "table_name": table,
                "records": len(here),
                "billable_gb": sum(here) / 1e9,
                "billable_gb_a_day": sum(here) / 1e9 / ((end - start) / timedelta(days=1)),
                "oldest": min(times),
                "days_kept": rounded((end - min(times)) / timedelta(days=1), 1),
                "newest": max(times),
            }
        )
    return sorted(found, key=lambda row: (-row["billable_gb"], row["table_name"]))
