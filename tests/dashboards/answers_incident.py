"""What the queries of the tabs Incident and Auth must answer, worked out in plain Python."""

from __future__ import annotations

import math
from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from tests.dashboards.reference_answers import (
    Answer,
    Choice,
    bins,
    by_bin,
    let_through,
    over_time,
    percentile,
    rounded,
    shown,
    within,
)
from tests.dashboards.rows import Row

WEEK = timedelta(days=7)
MONTH = timedelta(days=30)
UNKNOWN = "(unknown)"


def deployment_of(row: Row) -> str:
    """As it is shown."""
    return row.deployment or UNKNOWN


def failures_last_week(rows: list[Row], choice: Choice) -> Answer:
    """Which failures are more than usual, of which service and instance?"""
    chosen, time = let_through(rows, choice), choice.time
    now, then = shown(rows, choice), within(chosen, time.start - WEEK, time.end - WEEK)
    found = []
    for kind in {_kind(row) for row in [*now, *then] if row.failed}:
        error_type, error_owner, service = kind
        all_ours, all_theirs = (
            [row for row in reported if row.service == service] for reported in (now, then)
        )
        ours, theirs = ([row for row in all_ if _kind(row) == kind] for all_ in (all_ours, all_theirs))
        failing, running = ({row.instance for row in reported} for reported in (ours, all_ours))
        back = within(chosen, min(time.start, time.end - MONTH), time.end)
        seen = sorted((row.at, row.version) for row in back if row.failed and _kind(row) == kind)
        found.append(
            {
                "error_type": error_type,
                "error_owner": error_owner,
                "service": service,
                "failed": len(ours),
                "last_week": len(theirs),
                "change_percent": _change(len(ours), len(theirs)),
                "first_seen": seen[0][0] if seen else None,
                "first_version": seen[0][1] if seen else "",
                "last_seen": seen[-1][0] if seen else None,
                "last_version": seen[-1][1] if seen else "",
                "failed_percent": rounded(100 * len(ours) / max(1, len(all_ours)), 4),
                "last_week_percent": rounded(100 * len(theirs) / max(1, len(all_theirs)), 4),
                "instance": min(failing) if len(failing) == 1 else "",
                "instances": f"{len(failing)}/{len(running)}" if ours else "",
            }
        )
    return sorted(found, key=lambda row: (-row["failed"], -row["last_week"], *list(row.values())[:3]))


def _kind(row: Row) -> tuple[str | None, str, str]:
    """Cause, owner and service."""
    return row.error_type, row.error_owner or "unknown", row.service


def _change(now: int, then: int) -> float | None:
    return rounded(100 * (now - then) / then, 1) if then else None


def failure_heat_map(rows: list[Row], choice: Choice) -> Answer:
    """When did attempts fail on each deployment?"""
    hours: dict[tuple[datetime, str], list[Row]] = defaultdict(list)
    for row in shown(rows, choice):
        hours[row.at.replace(minute=0, second=0, microsecond=0), deployment_of(row)].append(row)

    def percent(attempts: list[Row], minute: int) -> float | None:
        here = [row for row in attempts if row.at.minute // 5 * 5 == minute]
        return rounded(100 * sum(row.failed for row in here) / len(here), 1) if here else None

    found = [
        {
            "hour": hour,
            "deployment": deployment,
            "failed": sum(row.failed for row in attempts),
            **{f"m{minute:02}": percent(attempts, minute) for minute in range(0, 60, 5)},
        }
        for (hour, deployment), attempts in sorted(
            hours.items(), key=lambda one: (-one[0][0].timestamp(), one[0][1])
        )
        if any(row.failed for row in attempts)
    ]
    worst = sorted(found, key=lambda row: -row["failed"])[:24]
    return [row for row in found if row in worst]


def latency_by_deployment(rows: list[Row], choice: Choice) -> Answer:
    """How slow is each deployment, compared with the same hours before?"""
    time, chosen = choice.time, let_through(rows, choice)
    shift = timedelta(days=1 + (time.end - time.start - timedelta(milliseconds=1)) // timedelta(days=1))
    found = []
    for service, deployment in {(row.service, deployment_of(row)) for row in shown(rows, choice)}:
        now, then = (
            [
                row
                for row in within(chosen, time.start - back, time.end - back)
                if (row.service, deployment_of(row)) == (service, deployment)
                and row.outcome == "ok"
                and row.operation == "chat"
            ]
            for back in (timedelta(0), shift)
        )
        if now:
            before = _percentile(then, "duration_ms", 95)
            p95 = _percentile(now, "duration_ms", 95) or 0
            found.append(
                {
                    "service": service,
                    "deployment": deployment,
                    "answers": len(now),
                    "first_p95_ms": _percentile(now, "time_to_first_token_ms", 95),
                    "first_p95_before_ms": _percentile(then, "time_to_first_token_ms", 95),
                    "p50_ms": _percentile(now, "duration_ms", 50),
                    "p50_before_ms": _percentile(then, "duration_ms", 50),
                    "p95_ms": p95,
                    "p95_before_ms": before,
                    "slower_percent": rounded(100 * (p95 - before) / before, 1) if before else None,
                }
            )
    found.sort(key=lambda row: (row["service"], row["deployment"]))
    return sorted(found, key=lambda row: math.inf if (by := row["slower_percent"]) is None else -by)


def _percentile(rows: list[Row], name: str, percent: int) -> float | None:
    return percentile([value for row in rows if (value := getattr(row, name)) is not None], percent)


def throttled_over_time(rows: list[Row], choice: Choice) -> Answer:
    """How many attempts were throttled, and how long did their callers wait?"""
    attempts = shown(rows, choice)
    if not any(row.status == 429 for row in attempts):
        return []
    next_of = {(row.call_id, row.attempt_number - 1): row for row in attempts}

    def values(rows: list[Row]) -> dict[str, Any]:
        limited = [row for row in rows if row.status == 429]
        asked = [row.retry_after_s for row in limited if row.retry_after_s is not None]
        again = [(row, next_of.get((row.call_id, row.attempt_number))) for row in limited]
        waits = [(later.sent - row.at).total_seconds() for row, later in again if later]
        return {
            "throttled_percent": rounded(100 * len(limited) / len(rows), 4) if rows else None,
            "retry_after_s": rounded(sum(asked) / len(asked), 3) if asked else None,
            "waited_s": rounded(sum(waits) / len(waits), 3) if waits else None,
        }

    return over_time(attempts, choice, values)


def is_refused(row: Row) -> bool:
    """Whether the caller was refused because of who called or with what."""
    kind = row.error_type or ""
    return kind.startswith("auth") or kind in ("credential_error", "http_401", "http_403")


def auth_over_time(rows: list[Row], choice: Choice) -> Answer:
    """When were callers refused, and why?"""
    refused = [row for row in shown(rows, choice) if is_refused(row)]
    found = by_bin(refused, choice)
    return [
        {
            "TimeGenerated": at,
            "error_type": kind,
            "failed": sum(row.error_type == kind for row in found.get(at, [])),
        }
        for at in bins(choice.time)
        for kind in sorted({str(row.error_type) for row in refused})
    ]


_GROUP = (
    "error_type", "entra_code", "auth_scheme", "token_identity_type", "token_application", "token_tenant",
    "token_audience", "service", "resource", "server",
)  # fmt: skip


def auth_causes(rows: list[Row], choice: Choice) -> Answer:
    """Who was refused, why, with which credential, at which resource, since when?"""
    chosen, time = let_through(rows, choice), choice.time
    groups: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in within(chosen, min(time.start, time.end - MONTH), time.end):
        if is_refused(row):
            groups[tuple(getattr(row, name) or "" for name in _GROUP)].append(row)
    answered: dict[Any, Any] = {}
    for row in shown(rows, choice):
        if not row.failed:
            where = (row.service, row.resource, row.server, row.auth_scheme)
            answered[where] = max(row.at, answered.get(where, row.at))
    found = []
    for reported in groups.values():
        here = [row for row in reported if row.at >= time.start]
        if not here:
            continue
        one, last_seen = here[0], max(row.at for row in reported)
        lifetimes = [row.token_expires_in_s for row in here if row.token_expires_in_s is not None]
        works = answered.get((one.service, one.resource, one.server, one.auth_scheme))
        found.append(
            {
                "error_type": one.error_type,
                "state": "recovered" if works and works > last_seen else "failing",
                "attempts": len(here),
                "first_seen": min(row.at for row in reported),
                "last_seen": last_seen,
                "auth_scheme": one.auth_scheme or "",
                "service": one.service,
                "resource": one.resource or one.server or "",
                "token_application": one.token_application or "",
                "token_tenant": one.token_tenant or "",
                "token_audience": one.token_audience or "",
                "token_identity_type": one.token_identity_type or "",
                "entra_code": one.entra_code or "",
                "expired_s": max((-left for left in lifetimes if left < 0), default=None),
                "valid_s": min((left for left in lifetimes if left >= 0), default=None),
            }
        )
    return sorted(
        found,
        key=lambda row: (-row["attempts"], -row["last_seen"].timestamp(), row["error_type"], row["service"]),
    )


def ticket(row: Row, what: str, code: str = "") -> str:
    """The text for a ticket."""
    ended = row.at.strftime("%Y-%m-%d %H:%M:%S.") + f"{row.at.microsecond // 1000:03}"
    known = ("apim_request_id", "request_id", "error_code", "error_origin")
    reported = {
        name: ("not reported" if name in known else "") if getattr(row, name) is None else getattr(row, name)
        for name in (
            "apim_request_id", "request_id", "status", "error_type", "error_code", "error_origin",
            "deployment", "server", "region", "client",
        )
    }  # fmt: skip
    return (
        "{what}{code}\nEnded: {ended} UTC\n"
        "apim-request-id (Azure): {apim_request_id}\nrequest-id (Anthropic): {request_id}\n"
        "Status: {status}; cause: {error_type}; code: {error_code}; responded by: {error_origin}\n"
        "Deployment: {deployment}; host: {server}; region: {region}; client: {client}"
    ).format(what=what, code=code and f"\nSupport code: {code}", ended=ended, **reported)
