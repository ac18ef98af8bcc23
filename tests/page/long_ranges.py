"""Demo data for the pictures of all tabs: weeks of a ledger with tags and claims, its spans and metrics."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from tests.page import ledger
from tests.page.ledger import Attempt

VERSIONS = {"shop.orders-api": "1.4.2", "shop.support-bot": "2026.11.3", "back-office.reports": "0.9.0"}
EARLIER = {"shop.orders-api": "1.4.1", "shop.support-bot": "2026.11.2", "back-office.reports": "0.9.0"}
RELEASED = timedelta(days=5)
"""How long ago the versions of two services were new."""
MESSAGES = ("Order accepted", "Prompt built from 3 documents", "Answer sent to the customer")
TENANTS = ("acme", "globex", "initech", "umbrella")
MINUTE = timedelta(minutes=1)
RECENT = timedelta(hours=26)
"""How far back metrics go, and spans."""
SAMPLED = 5
"""One span of so many is kept."""
REFUSALS: tuple[dict[str, object], ...] = (
    {"error_type": "authz_missing_role", "error_owner": "caller_authorization", "status": 401},
    {
        "error_type": "auth_invalid_key",
        "error_owner": "caller_credential",
        "status": 401,
        "auth_scheme": "api_key",
    },
)
APPLICATION, TENANT = "5f0c9a52-8f5e-4a31-9a52-3d2b7c1e0a11", "72f988bf-86f1-41af-91ab-2d7cd011db47"


def bodies(key: str, end: datetime) -> Iterator[bytes]:
    """What to post: the ledger, then spans and metrics."""
    chance = Random(11)  # noqa: S311 - seeded, so that pictures are alike
    attempts = [_reported(chance, one) for one in _attempts(chance, end)]
    for begin in range(0, len(attempts), 5_000):
        yield json.dumps([_event(key, chance, one, end) for one in attempts[begin : begin + 5_000]]).encode()
    recent = [one for one in attempts if one.at > end - RECENT]
    yield json.dumps([*_spans(key, recent), *_tokens(key, recent, end), *_items(key, end)]).encode()


def _attempts(chance: Random, end: datetime) -> Iterator[Attempt]:
    """Two busy days, the quieter weeks before them, and a rush that is still going on."""
    yield from ledger.demo(end, calls=8_000)
    earlier = end - timedelta(hours=48)
    yield from ledger.demo(earlier, calls=60_000, hours=24 * 24, seed=8)
    for minute in range(20):
        for _ in range(3 * minute):
            begun = end - (20 - minute + chance.random()) * MINUTE
            rush = ledger.call(chance, begun, end, "claude-sonnet-5-5")
            yield from (one for one in rush if one.at <= end)


def _reported(chance: Random, one: Attempt) -> Attempt:
    """The attempt with what else it may tell: a caller who left, an answer cut off, a refused token."""
    reported = dict(one.reported)
    if reported.get("error_type") == "invalid_request" and chance.random() < 0.3:
        reported |= chance.choice(REFUSALS)
        reported.pop("request_id")  # Azure refuses it: Anthropic never saw the request
    if reported.get("error_type") == "auth_token_expired":
        reported |= {
            "token_expires_in_s": -chance.randint(20, 3000),
            "token_audience": "https://ai.azure.com",
        }
    if str(reported.get("error_type")).startswith("auth") and reported["auth_scheme"] == "entra_id":
        reported |= {"token_application": APPLICATION, "token_tenant": TENANT, "token_identity_type": "app"}
    cut = chance.random()
    if reported["outcome"] == "ok" and reported["stream"] and cut < 0.06:
        reported["partial_cost_usd"] = ledger.input_cost(reported)
        for name in ("output_tokens", "thinking_tokens", "cost_usd", "cost_source", "stop_reason"):
            del reported[name]
        reported |= {"usage_complete": False, "outcome": "abandoned" if cut < 0.045 else "truncated"}
        if cut >= 0.045:
            reported |= {"error_type": "stream_truncated", "error_owner": "network", "retryable": True}
    elif reported["outcome"] == "ok" and cut > 0.995:
        reported |= {"model": "claude-next-preview"}
        del reported["cost_usd"], reported["cost_source"]
    return replace(one, reported=reported)


def _event(key: str, chance: Random, one: Attempt, end: datetime) -> dict[str, Any]:
    envelope: dict[str, Any] = one.envelope(key)
    versions = VERSIONS if one.at > end - RELEASED else EARLIER
    envelope["tags"] |= {"ai.application.ver": versions[one.service], "ai.operation.parentId": one.trace[:16]}
    tags = {"tenant": chance.choices(TENANTS, (6, 3, 2, 1))[0], "feature": chance.choice(("search", "chat"))}
    properties = envelope["data"]["baseData"]["properties"]
    properties |= {f"foundry.tag.{name}": value for name, value in tags.items()}
    return envelope


def _envelope(key: str, at: datetime, service: str, kind: str, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": f"Microsoft.ApplicationInsights.{kind}",
        "iKey": key,
        "time": at.isoformat().replace("+00:00", "Z"),
        "tags": {"ai.cloud.role": service, "ai.application.ver": VERSIONS.get(service, "")},
        "data": {"baseType": f"{kind}Data", "baseData": {"ver": 2, **data}},
    }


def _spans(key: str, attempts: list[Attempt]) -> Iterator[dict[str, Any]]:
    """The request, the call's span and the log lines of each fifth trace."""
    of_trace: dict[str, list[Attempt]] = defaultdict(list)
    for one in attempts:
        of_trace[one.trace].append(one)
    for tries in list(of_trace.values())[::SAMPLED]:
        begun, ended, one = tries[0].begun, tries[-1].at, tries[-1]
        call = {"name": f"chat {one.reported['deployment']}", "id": one.trace[:16], "success": not one.failed}
        call |= {
            "duration": _duration(ended - begun),
            "properties": {"foundry.attempt.count": str(len(tries))},
        }
        yield _traced(key, begun, one, "RemoteDependency", one.trace[16:], call)
        lead = timedelta(milliseconds=40)
        asked = {"name": "POST /answers", "id": one.trace[16:], "success": True, "responseCode": "200"}
        asked |= {"duration": _duration(ended - begun + 2 * lead)}
        yield _traced(key, begun - lead, one, "Request", "", asked)
        for at, words in zip((begun - lead / 2, begun - lead / 4, ended + lead / 2), MESSAGES, strict=True):
            line = {"message": words, "severityLevel": "Information"}
            yield _traced(key, at, one, "Message", one.trace[16:], line)


def _traced(  # noqa: PLR0917 - one for each thing that differs
    key: str, at: datetime, one: Attempt, kind: str, parent: str, data: dict[str, Any]
) -> dict[str, Any]:
    """An envelope of the trace of an attempt."""
    envelope = _envelope(key, at, one.service, kind, data)
    envelope["tags"] |= {"ai.operation.id": one.trace, "ai.operation.parentId": parent}
    return envelope | {"sampleRate": 100 / SAMPLED}


def _duration(length: timedelta) -> str:
    minutes, rest = divmod(length, timedelta(minutes=1))
    return f"0.00:{minutes:02}:{rest.seconds:02}.{rest.microseconds:06}"


def metric(key: str, at: datetime, service: str, name: str, value: float, **reported: str) -> dict[str, Any]:
    """An envelope of a metric."""
    data = {"metrics": [{"name": name, "value": value, "count": 1}], "properties": reported}
    return _envelope(key, at, service, "Metric", data)


def _tokens(key: str, attempts: list[Attempt], end: datetime) -> Iterator[dict[str, Any]]:
    """The counters' values just before the end of each minute."""
    sums: dict[tuple[datetime, str, str, str], int] = defaultdict(int)
    for one in attempts:
        at = end - (end - one.at) // MINUTE * MINUTE - timedelta(milliseconds=1)
        for kind in ("input", "output"):
            sums[at, one.service, str(one.reported["deployment"]), kind] += int(
                str(one.reported.get(f"{kind}_tokens", 0))
            )
    for (at, service, deployment, kind), total in sums.items():
        reported = {"gen_ai.request.model": deployment, "gen_ai.token.type": kind}
        yield metric(key, at, service, "foundry.client.token.usage", total, **reported)


def _items(key: str, end: datetime) -> Iterator[dict[str, Any]]:
    """A heartbeat each quarter of an hour, and what one service lost at the end of a process."""
    counted = {"foundry.telemetry.losses_counted": "true"}
    for quarter in range(4 * 26):
        at = end - quarter * 15 * MINUTE - MINUTE / 2
        for service in VERSIONS:
            since_s = 900 * (4 * 26 - quarter)
            yield metric(key, at, service, "foundry.telemetry.heartbeat", since_s, **counted)
    for signal, reason, lost in (("traces", "queue_full", 31), ("traces", "exit", 7)):
        reported = {"foundry.telemetry.signal": signal, "foundry.telemetry.reason": reason}
        at = end - 9.5 * 15 * MINUTE
        yield metric(key, at, "back-office.reports", "foundry.telemetry.dropped", lost, **reported)
