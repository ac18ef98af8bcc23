"""Calls of a healthy world, made by chance from a seed: the same seed, the same calls.

*Call*: one call as it was planned, with the numbers its attempts will have. What goes wrong changes calls;
the rows of the ledger are made of them last, in one place (`ledger`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import log
from random import Random
from typing import Any

from tests.incident_drills.topology import (
    BACKGROUND,
    DEPLOYMENTS,
    FEATURES,
    MAX_TOKENS,
    SERVICES,
    STOP_REASONS,
    TENANTS,
    WEEKDAYS,
    Service,
)

SEED = 1
START, END = datetime(2026, 11, 9, tzinfo=UTC), datetime(2026, 11, 22, tzinfo=UTC)
"""Of the whole world, a Monday and the night to a Sunday: drills are asked in its last six days."""
_HOUR = timedelta(hours=1)
_CACHED = 0.6
"""Share of the calls that find their prompt in the cache."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call. Times in milliseconds are those of its last attempt."""

    at: datetime
    """When it began, by a clock that is right."""
    call_id: str
    service: str
    instance: str
    version: str
    deployment: str
    model: str
    resource: str
    region: str
    auth_scheme: str
    client: str
    tenant: str
    feature: str
    stream: bool
    operation: str = "chat"
    max_tokens: int
    ttft_ms: float
    tpot_ms: float
    uncached: int
    cache_read: int
    output_tokens: int
    stop_reason: str
    errors: tuple[str, ...] = ()
    """The class of each attempt that failed, in order."""
    failed: bool = False
    """Whether the last of `errors` is how the call ended."""
    code: str = ""
    """The code of its errors."""
    copies: int = 1
    """How often each of its attempts is in the ledger."""
    skew_s: float = 0.0
    """How far the clock of its process is ahead."""

    def value(self, dimension: str) -> str:
        """What it has in one dimension."""
        return str(getattr(self, DIMENSIONS[dimension]))

    def matches(self, slice_: Slice) -> bool:
        """Whether it is one of a slice."""
        return all(self.value(dimension) == value for dimension, value in slice_)

    @property
    def attempts(self) -> int:
        """How many attempts it took."""
        return len(self.errors) + (not self.failed)


Slice = tuple[tuple[str, str], ...]
"""Dimensions with their values; all calls where there is none."""

DIMENSIONS = {
    "service": "service",
    "instance": "instance",
    "version": "version",
    "deployment": "deployment",
    "model": "model",
    "resource": "resource",
    "region": "region",
    "auth_scheme": "auth_scheme",
    "client": "client",
    "operation": "operation",
    "stream": "stream",
    "max_tokens": "max_tokens",
    "tag tenant": "tenant",
    "tag feature": "feature",
}
"""What a slice can be of, and where a call has it. The names are those of the JSON that is judged."""


def chance(*parts: object) -> Random:
    """Chance that is the same in each run for the same parts."""
    return Random("/".join(map(str, parts)))  # noqa: S311 - made-up data


def rate(service: Service, hour: datetime) -> float:
    """Calls that are expected in an hour."""
    share = service.hours[hour.hour] / sum(service.hours)
    return service.calls * WEEKDAYS[hour.weekday()] * share


def calls(
    seed: int, start: datetime, end: datetime, expected: Callable[[Service, datetime], float] = rate
) -> list[Call]:
    """All calls from `start` (a whole hour) until `end`, the oldest first.

    Args:
        seed: Of all chance.
        start: The beginning of an hour.
        end: Any moment.
        expected: Calls of a service in the hour that begins at a moment.
    """
    found = [one for service in SERVICES for one in _of_service(seed, service, start, end, expected)]
    return sorted(found, key=lambda one: (one.at, one.call_id))


def _of_service(
    seed: int,
    service: Service,
    start: datetime,
    end: datetime,
    expected: Callable[[Service, datetime], float],
) -> Iterator[Call]:
    """Hour by hour, each with chance of its own, so that a longer world has the same calls."""
    hour = start
    while hour < end:
        own = chance(seed, service.name, hour.isoformat())
        for at in _times(own, expected(service, hour), hour):
            if at < end:
                yield _call(own, service, at)
        hour += _HOUR


def _times(own: Random, expected: float, hour: datetime) -> Iterator[datetime]:
    at = own.expovariate(expected) if expected else 1.0
    while at < 1.0:
        yield _milliseconds(hour + at * _HOUR)
        at += own.expovariate(expected)


def _milliseconds(at: datetime) -> datetime:
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def _call(own: Random, service: Service, at: datetime) -> Call:
    deployment = DEPLOYMENTS[pick(own, service.deployments)]
    prompt = max(40, round(own.lognormvariate(log(2_400), 0.5)))
    cached = round(prompt * own.uniform(0.6, 0.85)) if own.random() < _CACHED else 0
    reason, max_tokens = pick(own, STOP_REASONS), pick(own, MAX_TOKENS)
    output = min(max_tokens, max(5, round(own.lognormvariate(log(220), 0.6))))
    return Call(
        at=at,
        call_id=f"{own.getrandbits(64):016x}",
        service=service.name,
        instance=f"{service.name}-{own.randrange(service.instances)}",
        version=service.version,
        deployment=deployment.name,
        model=deployment.model,
        resource=deployment.resource,
        region=deployment.region,
        auth_scheme=pick(own, service.credentials),
        client=service.client,
        tenant=pick(own, TENANTS),
        feature=pick(own, FEATURES),
        stream=own.random() < service.streamed,
        max_tokens=max_tokens,
        ttft_ms=own.lognormvariate(log(deployment.ttft_ms), 0.35),
        tpot_ms=own.lognormvariate(log(deployment.tpot_ms), 0.2),
        uncached=prompt - cached,
        cache_read=cached,
        output_tokens=max_tokens if reason == "max_tokens" else output,
        stop_reason=reason,
        **_background(own),
    )


def _background(own: Random) -> dict[str, Any]:
    """What fails now and then in a healthy world too."""
    at = own.random()
    for error_type, share, mended in BACKGROUND:
        if at < share:
            return {"errors": (error_type,), "failed": not mended}
        at -= share
    return {}


def pick(own: Random, weighted: tuple[tuple[Any, float], ...]) -> Any:
    """One value, each as often as its weight."""
    return own.choices([value for value, _ in weighted], [weight for _, weight in weighted])[0]


@dataclass(frozen=True)
class World:
    """The calls of a time."""

    calls: list[Call] = field(repr=False)

    @classmethod
    def made(cls, seed: int = SEED, start: datetime = START, end: datetime = END) -> World:
        """The world of a seed; a shorter one has the same calls."""
        return cls(calls(seed, start, end))

    def between(self, start: datetime, end: datetime) -> list[Call]:
        """Its calls of a time."""
        return [one for one in self.calls if start <= one.at < end]
