"""What the shipped queries must answer, worked out in plain Python from the rows."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

from foundry_telemetry.advice import advice_for
from foundry_telemetry.investigate.ticket.ids import support_code
from tests.dashboards import (
    answers_calls,
    answers_change,
    answers_cost,
    answers_health,
    answers_incident,
    answers_limits,
    answers_money,
)
from tests.dashboards.answers_cost import is_unpriced
from tests.dashboards.answers_incident import UNKNOWN, ticket
from tests.dashboards.reference_answers import (
    Answer,
    Choice,
    bins,
    by_bin,
    calls_of,
    last_failed,
    let_through,
    money,
    over_time,
    percentile,
    reported_total,
    rounded,
    share,
    shown,
    start_before,
    total,
    within,
)
from tests.dashboards.rows import END, Row

__all__ = ["Choice", "answer", "calls_of"]


def answer(name: str, rows: list[Row], choice: Choice) -> Answer:
    """The answer of the query `name`."""
    return _ANSWERS[name](rows, choice)


def call_tiles(rows: list[Row], choice: Choice) -> Answer:
    """How many calls, attempts, failed calls and tokens were there, against the period before?"""
    ours = shown(rows, choice)
    theirs = within(let_through(rows, choice), start_before(choice.time), choice.time.start)
    now, then = calls_of(ours), calls_of(theirs)
    if not now and not then:
        return []
    failed, failed_then = (sum(map(last_failed, calls)) for calls in (now, then))
    tries, tries_then = (sum(map(len, calls)) for calls in (now, then))
    recovered = sum(not last_failed(call) and any(row.failed for row in call) for call in now)
    return [
        _tile(1, "Calls", len(now), len(then), f"{recovered} recovered by retry"),
        _tile(2, "Attempts", tries, tries_then, f"{tries - len(now)} of them retries"),
        _tile(3, "Failed calls", failed, failed_then, f"{share(failed, len(now))} of calls"),
        *_token_tiles(ours, theirs),
        _burn_tile(now, then, choice),
    ]


def _token_tiles(now: list[Row], then: list[Row]) -> Answer:
    reported, given = (reported_total(now, name) for name in ("input_tokens", "output_tokens"))
    cached, thinking = total(now, "cache_read_tokens"), reported_total(now, "thinking_tokens")
    reads = "" if reported is None else f"{share(cached, reported)} read from cache"
    thought = f"{share(thinking or 0, given or 0)} thinking tokens"
    thought = "thinking tokens not reported" if thinking is None else thought
    return [
        _tile(4, "Input tokens", reported, total(then, "input_tokens"), reads),
        _tile(5, "Output tokens", given, total(then, "output_tokens"), thought),
    ]


def cost_tile(rows: list[Row], choice: Choice) -> Answer:
    """What did the attempts cost, against the period before?"""
    now = shown(rows, choice)
    then = within(let_through(rows, choice), start_before(choice.time), choice.time.start)
    if not now and not then:
        return []
    unpriced = sum(map(is_unpriced, now))
    gaps = any((row.input_tokens, row.output_tokens) != (None, None) for row in now)
    cost = None if gaps and all(row.cost_usd is None for row in now) else money(total(now, "cost_usd"))
    priced = f"{unpriced} unpriced" if unpriced else "list price"
    return [_tile(6, "Cost", cost, total(then, "cost_usd"), priced)]


def _tile(place: int, tile: str, value: float | None, before: float, detail: str) -> dict[str, Any]:
    percent = int(rounded(100 * abs((value or 0) - before) / before)) if before else 0
    if value is None:
        change = ""
    elif not before:
        change = "no previous data"
    elif not percent:
        change = "same as previous period"
    else:
        change = f"{'+' if value > before else '-'}{percent}% vs previous period"
    return {"place": place, "tile": tile, "value": value, "detail": detail, "change": change}


def _target(choice: Choice) -> float | None:
    entered = float(choice.target or 0)
    return entered if 0 < entered < 100 else None


def _burn_tile(now: list[list[Row]], then: list[list[Row]], choice: Choice) -> dict[str, Any]:
    target = _target(choice)

    def rate(calls: list[list[Row]]) -> float | None:
        if not calls or target is None:
            return None
        return 100 * sum(map(last_failed, calls)) / len(calls) / (100 - target)

    value = rate(now)
    detail = "enter a success target" if target is None else f"target {choice.target}%"
    shown_value = None if value is None else rounded(value, 2)
    return _tile(6, "Error budget burn rate", shown_value, rate(then) or 0, detail)


def calls_over_time(rows: list[Row], choice: Choice) -> Answer:
    """How many calls were made, by outcome?"""
    calls = calls_of(shown(rows, choice))
    state = {call[-1]: _state(call) for call in calls}

    def values(ended: list[Row]) -> dict[str, Any]:
        states = [state[row] for row in ended]
        names = ("succeeded", "recovered", "failed", "abandoned")
        return {name: states.count(name) for name in names}

    return over_time([call[-1] for call in calls], choice, values)


def _state(call: list[Row]) -> str:
    if last_failed(call):
        return "failed"
    if call[-1].outcome in ("abandoned", "cancelled"):
        return "abandoned"
    return "recovered" if any(row.failed for row in call) else "succeeded"


def tokens_over_time(rows: list[Row], choice: Choice) -> Answer:
    """How many tokens went in and out, and how much of the input came from the cache?"""
    reported = [row for row in shown(rows, choice) if (row.input_tokens, row.output_tokens) != (None, None)]

    def values(rows: list[Row]) -> dict[str, Any]:
        read, written = total(rows, "cache_read_tokens"), total(rows, "cache_write_tokens")
        return {
            "uncached_input": total(rows, "input_tokens") - read - written,
            "cache_read": read,
            "cache_write": written,
            "output": total(rows, "output_tokens"),
        }

    return over_time(reported, choice, values)


def _percentiles(rows: list[Row], choice: Choice, name: str) -> Answer:
    def values(rows: list[Row]) -> dict[str, Any]:
        reported = [getattr(row, name) for row in rows]
        return {f"p{percent}": percentile(reported, percent) for percent in (50, 95, 99)}

    return over_time(rows, choice, values)


def is_answer(row: Row) -> bool:
    """Whether the latency of this attempt counts."""
    return row.outcome == "ok" and row.operation == "chat"


def latency_over_time(rows: list[Row], choice: Choice) -> Answer:
    """How long do answers take, from the request to the end of the body?"""
    return _percentiles([row for row in shown(rows, choice) if is_answer(row)], choice, "duration_ms")


def first_token_over_time(rows: list[Row], choice: Choice) -> Answer:
    """How long do streams take to their first token?"""
    reported = [row for row in shown(rows, choice) if row.time_to_first_token_ms is not None]
    return _percentiles(reported, choice, "time_to_first_token_ms")


def by_deployment(rows: list[Row], choice: Choice) -> Answer:
    """Which deployment has the calls, the failures, the tokens and the cost?"""
    attempts = defaultdict(list)
    for row in shown(rows, choice):
        attempts[row.deployment].append(row)
    calls = calls_of(shown(rows, choice))
    found = []
    for deployment, reported in attempts.items():
        ended = [call for call in calls if call[-1].deployment == deployment]
        failed = sum(map(last_failed, ended))
        priced = [row for row in reported if row.cost_usd is not None]
        found.append(
            {
                "deployment": deployment or UNKNOWN,
                "calls": len(ended),
                "failed_calls": failed,
                "failed_calls_percent": rounded(100 * failed / len(ended), 4) if ended else None,
                "attempts": len(reported),
                "p95_ms": percentile([row.duration_ms or 0 for row in reported if is_answer(row)], 95),
                "input_tokens": reported_total(reported, "input_tokens"),
                "output_tokens": reported_total(reported, "output_tokens"),
                "cost_usd": money(total(priced, "cost_usd")) if priced else None,
            }
        )
    return sorted(found, key=lambda row: (-row["calls"], row["deployment"]))


def success_over_time(rows: list[Row], choice: Choice) -> Answer:
    """What is the success rate of calls and of attempts?"""
    attempts = shown(rows, choice)
    ends = {call[-1] for call in calls_of(attempts)}

    def percent(rows: list[Row]) -> float | None:
        return rounded(100 * sum(not row.failed for row in rows) / len(rows), 4) if rows else None

    def values(rows: list[Row]) -> dict[str, Any]:
        return {
            "calls_percent": percent([row for row in rows if row in ends]),
            "attempts_percent": percent(rows),
            "target_percent": _target(choice),
        }

    return over_time(attempts, choice, values)


def _failures(rows: list[Row], choice: Choice, name: str) -> Answer:
    failed = by_bin([row for row in shown(rows, choice) if row.failed], choice)
    kinds = sorted({getattr(row, name) or "unknown" for reported in failed.values() for row in reported})
    return [
        {
            "TimeGenerated": at,
            name: kind,
            "failed": sum((getattr(row, name) or "unknown") == kind for row in failed.get(at, [])),
        }
        for at in bins(choice.time)
        for kind in kinds
    ]


def failed_attempts(rows: list[Row], choice: Choice) -> Answer:
    """Which attempts failed last, why, with which ids, and did the call recover?"""
    ended = {call[-1].call_id: last_failed(call) for call in calls_of(shown(rows, choice))}
    failed = [row for row in shown(rows, choice) if row.failed]
    return [
        {
            "TimeGenerated": row.at,
            "service": row.service,
            "deployment": row.deployment or "",
            "status": row.status,
            "error_type": row.error_type,
            "error_owner": row.error_owner or "",
            "call_outcome": "failed" if ended[row.call_id] else "recovered",
            "outcome": row.outcome,
            "ticket": ticket(row, "A call to Claude in Microsoft Foundry failed."),
            "apim_request_id": row.apim_request_id or "",
            "request_id": row.request_id or "",
            "retryable": {None: "", True: "yes", False: "no"}[row.retryable],
            "attempt_number": row.attempt_number,
            "duration_ms": row.duration_ms,
            "call_id": row.call_id,
            "OperationId": row.OperationId,
        }
        for row in sorted(failed, key=lambda row: row.at, reverse=True)[:250]
    ]


def call_attempts(rows: list[Row], choice: Choice) -> Answer:
    """What happened in one call, attempt by attempt?"""
    call = sorted((row for row in rows if row.call_id == choice.call_id), key=lambda row: row.attempt_number)
    started = [row.at - timedelta(milliseconds=row.duration_ms or 0) for row in call]
    waits = [None] + [
        (begun - before.at) / timedelta(milliseconds=1)
        for (before, _), begun in zip(pairwise(call), started[1:], strict=True)
    ]
    return [
        {
            "attempt_number": row.attempt_number,
            "started": begun,
            "waited_ms": wait,
            "duration_ms": row.duration_ms,
            "status": row.status,
            "outcome": row.outcome,
            "error_type": row.error_type or "",
            "error_owner": row.error_owner or "",
            "retry_after_s": row.retry_after_s,
            "support_code": answers_calls.support_code(row.call_id),
            "apim_request_id": row.apim_request_id or "",
            "request_id": row.request_id or "",
            "response_id": row.response_id or "",
            "deployment": row.deployment or "",
            "model": row.model or "",
            "input_tokens": row.input_tokens,
            "output_tokens": row.output_tokens,
            "cost_usd": row.cost_usd,
            "call_id": row.call_id,
            "OperationId": row.OperationId,
            "trace_url": "",
        }
        for row, begun, wait in zip(call, started, waits, strict=True)
    ]


def call_explained(rows: list[Row], choice: Choice) -> Answer:
    """What became of one call, why, and who has to act? As `ticket` has it."""
    own = sorted((row for row in rows if row.call_id == choice.call_id), key=lambda row: row.attempt_number)
    if not own:
        return []
    last, failure = own[-1], next((row for row in reversed(own) if row.error_type), None)
    ended_by = last.outcome if last.outcome in ("abandoned", "cancelled") else None
    code = support_code(last.call_id)
    advice = advice_for(failure.error_type, failure.error_owner) if failure else None
    return [
        {
            "call_outcome": "failed"
            if last.error_type
            else ended_by or ("recovered" if failure else "succeeded"),
            "error_type": (failure.error_type if failure else None) or "",
            "error_owner": (failure.error_owner if failure else None) or "",
            "support_code": code,
            "meaning": advice.meaning if advice else "",
            "next_step": advice.next_step if advice else "",
            "command": f"foundry-telemetry explain {code}",
            "attempts": len(own),
            "call_id": last.call_id,
        }
    ]


def attempts_by_id(rows: list[Row], choice: Choice) -> Answer:
    """Which attempts carry an id that stands in the pasted text?"""
    words = {
        word.lower() for word in re.findall(r"[A-Za-z0-9][A-Za-z0-9._-]{6,126}[A-Za-z0-9]", choice.pasted)
    }
    found = re.findall(r"\bft[- ]?([0-9a-f]{5})[- ]?([0-9a-f]{5})\b", choice.pasted.lower())
    codes = {"".join(code) for code in found}
    names = ("apim_request_id", "request_id", "response_id", "call_id", "OperationId")
    names += ("entra_trace_id", "entra_correlation_id")
    found = [
        row
        for row in rows
        if row.at > END - timedelta(days=90)
        and (row.call_id[:10] in codes or words & {str(getattr(row, name)).lower() for name in names})
    ]
    return [
        {
            "TimeGenerated": row.at,
            "service": row.service,
            "deployment": row.deployment or "",
            "status": row.status,
            "outcome": row.outcome,
            "error_type": row.error_type or "",
            "error_owner": row.error_owner or "",
            "attempt_number": row.attempt_number,
            "ticket": ticket(
                row, "A call to Claude in Microsoft Foundry.", answers_calls.support_code(row.call_id)
            ),
            "support_code": answers_calls.support_code(row.call_id),
            "apim_request_id": row.apim_request_id or "",
            "request_id": row.request_id or "",
            "response_id": row.response_id or "",
            "duration_ms": row.duration_ms,
            "call_id": row.call_id,
            "OperationId": row.OperationId,
        }
        for row in sorted(found, key=lambda row: row.at, reverse=True)[:250]
    ]


def _names(rows: list[Row], choice: Choice, column: str, name: str) -> Answer:
    reported = {getattr(row, name) for row in within(rows, choice.time.start, choice.time.end)}
    return [{column: one} for one in sorted(filter(None, reported)) if answers_calls.is_choosable(one)]


_ANSWERS: dict[str, Callable[[list[Row], Choice], Answer]] = {
    "attempts_by_id": attempts_by_id,
    "by_deployment": by_deployment,
    "call_attempts": call_attempts,
    "call_explained": call_explained,
    "call_tiles": call_tiles,
    "call_content": lambda *_: [],
    "call_logs": answers_calls.call_logs,
    "call_trace": answers_calls.call_trace,
    "calls": answers_calls.calls,
    "calls_over_time": calls_over_time,
    "distribution": answers_calls.distribution,
    "distribution_over_time": answers_calls.distribution_over_time,
    "releases": answers_calls.releases,
    "slowest_by_tag": answers_calls.slowest_by_tag,
    "tag_keys": answers_calls.tag_keys,
    "tag_values": answers_calls.tag_values,
    "version_names": answers_calls.version_names,
    "deployment_names": lambda rows, choice: _names(rows, choice, "deployment", "deployment"),
    "failed_attempts": failed_attempts,
    "failures_by_class": lambda rows, choice: _failures(rows, choice, "error_type"),
    "failures_by_owner": lambda rows, choice: _failures(rows, choice, "error_owner"),
    "first_token_over_time": first_token_over_time,
    "latency_by_deployment": answers_incident.latency_by_deployment,
    "latency_over_time": latency_over_time,
    "model_names": lambda rows, choice: _names(rows, choice, "model", "model"),
    "service_names": lambda rows, choice: _names(rows, choice, "service", "service"),
    "success_over_time": success_over_time,
    "tokens_over_time": tokens_over_time,
    "cost_tile": cost_tile,
    "auth_causes": answers_incident.auth_causes,
    "auth_over_time": answers_incident.auth_over_time,
    "failure_heat_map": answers_incident.failure_heat_map,
    "failures_last_week": answers_incident.failures_last_week,
    "throttled_over_time": answers_incident.throttled_over_time,
    "cost_change": answers_change.cost_change,
    "cost_by_day": answers_cost.cost_by_day,
    "cost_over_time": answers_cost.cost_over_time,
    "spend_tiles": answers_cost.spend_tiles,
    "usage_by": answers_cost.usage_by,
    "month_to_date": answers_cost.month_to_date,
    "money_by": answers_money.money_by,
    "waste": answers_money.waste,
    "limits": answers_limits.limits,
    "minutes_over_time": answers_limits.minutes_over_time,
    "stream_endings": answers_limits.stream_endings,
    "streams_by_deployment": answers_limits.streams_by_deployment,
    "streams_over_time": answers_limits.streams_over_time,
    "ledger_against_metrics": answers_health.ledger_against_metrics,
    "cut_values": answers_health.cut_values,
    "stored": answers_health.stored,
    "telemetry_by_service": answers_health.telemetry_by_service,
    "unpriced": answers_health.unpriced,
}
