"""Weeks of data with one true answer for each task, decoys beside it, and plain Python's answers."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any

from tests.page import ledger
from tests.page.ledger import Attempt
from tests.page.long_ranges import metric

TENANT = "acme"
DECOYS = ("acme-eu", "globex", "initech")
"""Other tenants: one is called much the same, each has slower calls."""
BROKEN = ("shop.orders-api", "2.1.0")
"""The release that broke something."""
RELEASES = {
    "shop.orders-api": ("2.0.0", "2.0.1", "2.1.0", "2.1.1"),
    "shop.support-bot": ("7.1", "7.2", "7.3", "7.4"),
    "back-office.reports": ("0.9.0", "0.9.1", "0.9.2", "0.9.3"),
}
"""Versions of each service, one after the other in four equal parts of the weeks."""
WEEKS = timedelta(days=20)
DROPPING, LOST = "back-office.reports", 17
Call = list[Attempt]


@dataclass(frozen=True)
class Data:
    """Everything that was sent, and when it ends."""

    end: datetime
    attempts: list[Attempt]
    tenants: dict[str, str] = field(default_factory=dict)
    """Call id: the tenant."""

    def version(self, one: Attempt) -> str:
        """Of the service, when the attempt ended."""
        part = 3 - min(3, int((self.end - one.at) / (WEEKS / 4)))
        return RELEASES[one.service][part]

    def calls(self) -> list[Call]:
        """The attempts of each call, in order."""
        found: dict[str, Call] = defaultdict(list)
        for one in self.attempts:
            found[str(one.reported["call_id"])].append(one)
        return [
            sorted(call, key=lambda one: int(str(one.reported["attempt_number"]))) for call in found.values()
        ]

    def tenant(self, call: Call) -> str:
        """Whose call it is."""
        return self.tenants[str(call[0].reported["call_id"])]


def took_ms(call: Call) -> float:
    """From the start of the first attempt to the end of the last."""
    return (call[-1].at - call[0].begun) / timedelta(milliseconds=1)


def waits_ms(call: Call) -> list[float]:
    """Between an attempt's end and the start of the next."""
    return [(after.begun - before.at) / timedelta(milliseconds=1) for before, after in pairwise(call)]


def slowest(data: Data, tenant: str) -> Call:
    """The slowest call of a tenant that began today."""
    today = data.end.replace(hour=0, minute=0, second=0, microsecond=0)
    return max(
        (one for one in data.calls() if data.tenant(one) == tenant and one[0].begun >= today), key=took_ms
    )


def broken_release(data: Data) -> tuple[str, str]:
    """The version whose share of failed attempts rose most from that of the version before."""
    shares: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for one in data.attempts:
        shares[one.service, data.version(one)].append(one.failed)
    percent = {key: sum(failed) / len(failed) for key, failed in shares.items()}
    steps = [(service, pair) for service, versions in RELEASES.items() for pair in pairwise(versions)]
    service, (_, version) = max(
        steps, key=lambda step: percent[step[0], step[1][1]] - percent[step[0], step[1][0]]
    )
    return service, version


def error_groups(data: Data) -> dict[tuple[str, str, str], tuple[str, str]]:
    """Cause, owner and service: the versions in which that failure was first and last seen."""
    found: dict[tuple[str, str, str], list[tuple[datetime, str]]] = defaultdict(list)
    for one in data.attempts:
        if one.failed:
            owner = str(one.reported.get("error_owner", "unknown"))
            found[str(one.reported["error_type"]), owner, one.service].append((one.at, data.version(one)))
    return {group: (min(seen)[1], max(seen)[1]) for group, seen in found.items()}


def last_month(end: datetime) -> tuple[datetime, datetime]:
    """The month before the one that a time is in."""
    this = end.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (this - timedelta(days=1)).replace(day=1), this


def cost_by_day(data: Data, tenant: str) -> dict[date, dict[str, float]]:
    """What a tenant cost on each day of last month, by deployment."""
    start, end = last_month(data.end)
    found: dict[date, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for call in data.calls():
        for one in call if data.tenant(call) == tenant else ():
            if start <= one.at < end:
                usd = float(str(one.reported.get("cost_usd") or 0))
                found[one.at.date()][str(one.reported["deployment"])] += usd
    return found


def dear_day(data: Data) -> tuple[datetime, float, float]:
    """The dearest day of this month that can be compared, its cost, and that of a week earlier."""
    found: dict[datetime, float] = defaultdict(float)
    for one in data.attempts:
        if one.at < data.end:
            day = one.at.replace(hour=0, minute=0, second=0, microsecond=0)
            found[day] += float(str(one.reported.get("cost_usd") or 0))
    today = data.end.replace(hour=0, minute=0, second=0, microsecond=0)
    before = {day: found.get(day - timedelta(days=7), 0.0) for day in found}
    days = [
        day
        for day in found
        if day >= data.end.replace(day=1) - timedelta(days=1) and day.month == today.month
    ]
    day = max((one for one in days if before[one] and (one < today or len(days) == 1)), key=found.__getitem__)
    return day, found[day], before[day]


def _dear(end: datetime, known: list[Attempt]) -> Iterator[tuple[str, Call]]:
    """Calls of last month: a dear day of the tenant; dearer ones of others, and of the tenant this month."""
    start, this = last_month(end)
    template = next(one for one in known if one.reported.get("cost_usd"))
    days = [(TENANT, start + timedelta(days=number), 0.5) for number in range(0, 28, 3)]
    days += [(TENANT, start + timedelta(days=7), 4.0), (TENANT, this, 9.0)]
    days += [(tenant, start + timedelta(days=7), 11.0) for tenant in DECOYS]
    for number, (tenant, day, usd) in enumerate(days):
        call_id = f"6{number:03}".ljust(16, "0")
        reported = dict(template.reported) | {"call_id": call_id, "attempt_number": 1, "cost_usd": usd}
        reported["deployment"] = "claude-opus-5" if usd > 1 else "claude-sonnet-5-5"
        yield tenant, [replace(template, at=day + timedelta(seconds=2), reported=reported)]


NEAR = "claude-near-limit"
"""The deployment that reaches its limit of requests soon."""
RATES = {
    NEAR: lambda minute: 4 + minute,
    "claude-flat": lambda minute: 24 + minute % 2,
    "claude-falling": lambda minute: max(1, 25 - minute // 2),
    "claude-far": lambda minute: 1 + minute // 4,
}
"""Deployment: requests in each minute; three are near no limit, or never reach it."""
LIMITS = "claude-near-limit=70//; claude-flat=26//; claude-falling=26//; claude-far=9000//"
BACK, AHEAD = 20, 15
"""Minutes of them before the data ends, and after it: time goes on while the tests run."""


def _rising(end: datetime, known: list[Attempt]) -> Iterator[Attempt]:
    """Requests of the minutes around the end, by deployment."""
    template = next(one for one in known if not one.failed)
    number = 0
    for deployment, rate in RATES.items():
        for minute in range(BACK + AHEAD):
            at = end.replace(second=0) + timedelta(minutes=minute - BACK)
            for second in range(rate(minute)):
                number += 1
                reported = dict(template.reported) | {"call_id": f"7{number:05}".ljust(16, "0")}
                reported |= {"attempt_number": 1, "deployment": deployment, "duration_ms": 500.0}
                yield replace(template, at=at + timedelta(seconds=second + 1), reported=reported)


def make(end: datetime) -> Data:
    """The weeks, and the decoys of each task."""
    chance = Random(3)  # noqa: S311 - the same data every time
    attempts = ledger.demo(end, calls=4_000, hours=WEEKS / timedelta(hours=1) - 1, seed=5)
    data = Data(end, attempts)
    for call in data.calls():
        data.tenants[str(call[0].reported["call_id"])] = chance.choice((TENANT, *DECOYS))
    data.attempts[:] = [_broken(data, chance, one) for one in attempts]
    rising = [(DECOYS[2], [one]) for one in _rising(end, attempts)]
    for tenant, call in (*_slow(end), *_dear(end, attempts), *rising):
        data.attempts.extend(call)
        data.tenants[str(call[0].reported["call_id"])] = tenant
    return data


def _broken(data: Data, chance: Random, one: Attempt) -> Attempt:
    """More refused requests in the broken release; less of them, and an outage of others, as decoys."""
    more = {BROKEN: 0.2, ("shop.support-bot", "7.2"): 0.05, ("shop.orders-api", "2.0.1"): 0.02}
    share = more.get((one.service, data.version(one)), 0.0)
    if one.failed or chance.random() >= share:
        return one
    refused = {
        "outcome": "error",
        "status": 400,
        "error_type": "invalid_request",
        "error_owner": "caller_request",
    }
    kept = {
        name: value
        for name, value in one.reported.items()
        if name not in ("model", "cost_usd", "response_id")
    }
    return replace(one, reported=kept | refused)


def _slow(end: datetime) -> Iterator[tuple[str, Call]]:
    """A slow call of three attempts today; slower ones of yesterday and of others; one of one attempt."""
    midnight = end.replace(hour=0, minute=0, second=0, microsecond=0)
    yield TENANT, _call(end, "5107", (20_000, 150, 61_000), (7_000, 4_000))
    yield TENANT, _call(midnight - timedelta(seconds=5), "5207", (200_000,), ())
    yield DECOYS[0], _call(end, "5307", (99_000,), ())
    yield DECOYS[1], _call(end, "5407", (70_000, 70_000), (900,))
    yield TENANT, _call(end, "5507", (85_000,), ())


def _call(end: datetime, start_of_id: str, durations: tuple[int, ...], waits: tuple[int, ...]) -> Call:
    """A call that ends at `end`: all but its last attempt are refused for the quota."""
    chance = Random(start_of_id)  # noqa: S311 - the same data every time
    template = next(ledger.call(chance, end, end + timedelta(days=1)))
    at = end - timedelta(milliseconds=sum(durations) + sum(waits))
    call = []
    for number, duration in enumerate(durations, 1):
        at += timedelta(milliseconds=duration)
        reported = dict(template.reported) | {"call_id": start_of_id.ljust(16, "0"), "attempt_number": number}
        reported |= {"duration_ms": float(duration)}
        if number < len(durations):
            reported |= {
                "outcome": "error",
                "status": 429,
                "error_type": "rate_limited",
                "error_owner": "quota",
            }
        call.append(Attempt(at=at, service=template.service, trace=template.trace, reported=reported))
        at += timedelta(milliseconds=waits[number - 1] if number <= len(waits) else 0)
    return call


def bodies(key: str, data: Data) -> Iterator[bytes]:
    """What to post: the ledger, and heartbeats of each service."""
    yield json.dumps([_event(key, data, one) for one in data.attempts]).encode()
    yield json.dumps(list(_beats(key, data.end))).encode()


def _event(key: str, data: Data, one: Attempt) -> dict[str, Any]:
    envelope: dict[str, Any] = one.envelope(key)
    envelope["tags"]["ai.application.ver"] = data.version(one)
    envelope["data"]["baseData"]["properties"]["foundry.tag.tenant"] = data.tenants[
        str(one.reported["call_id"])
    ]
    return envelope


def _beats(key: str, end: datetime) -> Iterator[dict[str, Any]]:
    """Each service is alive and counts what it drops; one dropped some now, another yesterday."""
    counted = {"foundry.telemetry.losses_counted": "true"}
    for minutes in range(0, 30, 5):
        for service in RELEASES:
            at = end - timedelta(minutes=minutes, seconds=20)
            yield metric(key, at, service, "foundry.telemetry.heartbeat", 3600.0, **counted)
    reason = {"foundry.telemetry.signal": "logs", "foundry.telemetry.reason": "queue_full"}
    for service, ago in ((DROPPING, timedelta(minutes=7)), ("shop.orders-api", timedelta(days=1))):
        yield metric(key, end - ago, service, "foundry.telemetry.dropped", float(LOST), **reason)
