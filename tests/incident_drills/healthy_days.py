"""Days on which nothing goes wrong, each of its own kind: the calls of the drills' world with more rhythm.

Traffic grows from week to week and varies from day to day and from hour to hour; nights have three calls an
hour; on some days all traffic doubles for hours, or that of a service or a tenant; new versions come, one
instance after the other, and change nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache

from tests.incident_drills.topology import HOURS, SERVICES, TENANTS, Service
from tests.incident_drills.world import Call, calls, chance, pick, rate

START = datetime(2026, 3, 2, tzinfo=UTC)
"""A Monday."""
_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)
_GROWTH = 1.01
"""Traffic of a week, as a share of that of the week before."""
_VARIES = 0.08
"""By how much the traffic of a day, and of a service in an hour, differs from what is usual: a logarithm."""
_NIGHT, _CALLS_AT_NIGHT = range(5), 3.0
"""Hours, and calls in each, but for the job that runs at night."""
_BY_DAY = sum(one.calls for one in SERVICES if one.hours is HOURS)
_DOUBLES = 2.0
_DOUBLING_DAYS = 0.25
_RELEASES = 0.12
"""Share of the days on which a service gets a new version."""
_ROLLOUT = timedelta(minutes=10)
"""From one instance to the next."""


@dataclass(frozen=True)
class Doubling:
    """Hours in which traffic doubles."""

    start: datetime
    end: datetime
    service: str = ""
    tenant: str = ""

    def holds(self, service: str, at: datetime) -> bool:
        """Whether a service has twice as many calls then, all or those of a tenant."""
        return self.start <= at < self.end and self.service in {"", service}


@dataclass(frozen=True)
class HealthyDays:
    """The calls of healthy days; the same for the same seed.

    Attributes:
        seed: Of all chance.
        size: Traffic, as a share of what it is in drills.
        services: Those that call; all without.
    """

    seed: int
    size: float = 1.0
    services: tuple[str, ...] = tuple(one.name for one in SERVICES)

    def calls(self, day: datetime) -> list[Call]:
        """All calls of a day."""
        doubling = self.doubling(day)
        found = calls(self.seed, day, day + _DAY, self._expected)
        if doubling and doubling.tenant:
            own = chance(self.seed, "thinned", day.date())
            found = [
                one
                for one in found
                if not doubling.holds(one.service, one.at)
                or one.tenant == doubling.tenant
                or own.random() < 1 / _DOUBLES
            ]
        return [replace(one, version=self._version(one)) for one in found]

    def doubling(self, day: datetime) -> Doubling | None:
        """When traffic doubles on a day."""
        own = chance(self.seed, "doubling", day.date())
        if own.random() >= _DOUBLING_DAYS:
            return None
        begin = day + own.randrange(6, 18) * _HOUR
        end = begin + own.randrange(1, 7) * _HOUR
        of = own.choice(("all", "all", "service", "tenant"))
        service = own.choice(SERVICES).name if of == "service" else ""
        return Doubling(begin, end, service, pick(own, TENANTS) if of == "tenant" else "")

    def _expected(self, service: Service, hour: datetime) -> float:
        if service.name not in self.services:
            return 0.0
        day = hour.replace(hour=0)
        usual = rate(service, hour) * self.size
        if hour.hour in _NIGHT and service.hours is HOURS:
            usual = _CALLS_AT_NIGHT * service.calls / _BY_DAY
        doubling = self.doubling(day)
        if doubling and doubling.holds(service.name, hour):
            usual *= _DOUBLES
        growth = _GROWTH ** ((hour - START) / (7 * _DAY))
        return usual * growth * self._varied(day.date()) * self._varied(service.name, hour)

    def _varied(self, *parts: object) -> float:
        return chance(self.seed, "varied", *parts).lognormvariate(0, _VARIES)

    def _version(self, call: Call) -> str:
        day = START + (call.at - START) // _DAY * _DAY
        number, since = _released(self.seed, call.service, day)
        if since is not None:
            instance = int(call.instance.rpartition("-")[2])
            number -= call.at < since + instance * _ROLLOUT
        return f"{call.version}.{number}"


@cache
def _released(seed: int, service: str, day: datetime) -> tuple[int, datetime | None]:
    """How many new versions a service has had until the end of a day, and when it got one on that day."""
    number, since = 0, None
    for past in range((day - START) // _DAY + 1):
        own = chance(seed, "release", service, past)
        since = None
        if own.random() < _RELEASES:
            number, since = number + 1, START + past * _DAY + timedelta(hours=own.uniform(7, 16))
    return number, since
