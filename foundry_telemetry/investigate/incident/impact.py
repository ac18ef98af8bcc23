"""Who is affected, and what changed: what the failing attempts have in common, and what is new about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct

from foundry_telemetry.investigate.incident import texts
from foundry_telemetry.investigate.queries import Failure, Group, tags_of
from foundry_telemetry.schema.value import TAG_PREFIX

ALWAYS: Final = ("deployment", "service")
"""What is told of every incident."""
_TELLING: Final = ("version", "client", "auth_scheme", "server", "region")
"""What is told where it parts what fails from what does not."""
_CHANGING: Final = ("version", "deployment", "client", "auth_scheme", "server", "region")
SHORTLY: Final = timedelta(hours=2)
"""How long before an incident something new counts as its possible cause: the token that a release brought
lives an hour."""
_AFTER: Final = timedelta(minutes=1)
"""A new version is seen at its first attempt, which may fail: so a little later than the incident begins."""


class Share(Struct, frozen=True):
    """How many attempts of one service, deployment and so on failed for a cause."""

    value: str
    failed: int
    attempts: int


class Affected(Struct, frozen=True):
    """Who is affected, by one property of the attempts."""

    by: str
    shares: tuple[Share, ...]
    """Those that are affected, the worst first."""
    unaffected: int
    """How many others made attempts, and none failed so."""


class NewlySeen(Struct, frozen=True):
    """Something that was not there before."""

    what: str
    value: str
    service: str | None
    first_seen: datetime


def affected(groups: Sequence[Group], error_type: str, owner: str) -> Iterator[Affected]:
    """Who is affected by a cause: deployments, services, and what else parts them from others."""
    for by in (*ALWAYS, *_TELLING):
        whole: Counter[str] = Counter()
        bad: Counter[str] = Counter()
        for group in groups:
            value = getattr(group, by) or ""
            whole[value] += group.attempts
            if (group.error_type or "", group.error_owner or "") == (error_type, owner):
                bad[value] += group.attempts
        shares = [
            Share(value or texts.NO_VALUE, count, whole[value]) for value, count in bad.most_common() if count
        ]
        unaffected = sum(1 for value, count in whole.items() if value and count and not bad[value])
        # Failures often name no region or version: that parts nothing.
        reported = by in ALWAYS or (unaffected > 0 and len(shares) == 1 and not bad[""])
        if shares and reported:
            yield Affected(by, tuple(shares), unaffected)


def tags(failures: Iterable[Failure]) -> Iterator[Affected]:
    """The tags that failed attempts carry, each with how often."""
    counts: dict[str, Counter[str]] = {}
    number = 0
    for failure in failures:
        number += 1
        for key, value in tags_of(failure, TAG_PREFIX).items():
            counts.setdefault(key, Counter())[value] += 1
    for key, counter in sorted(counts.items()):
        shares = tuple(Share(value, count, number) for value, count in counter.most_common())
        yield Affected(texts.TAG.format(key=key), shares, 0)


def newly_seen(groups: Sequence[Group], since: datetime) -> Iterator[NewlySeen]:
    """What was first seen shortly before an incident, where the same service had something else before."""
    for by in _CHANGING:
        seen: dict[tuple[str | None, str], datetime] = {}
        for group in groups:
            value = getattr(group, by)
            if value is not None:
                key = group.service, value
                seen[key] = min(seen.get(key, group.first_seen), group.first_seen)
        earlier = {service for (service, _), first in seen.items() if first < since - SHORTLY}
        for (service, value), first in sorted(seen.items(), key=lambda item: item[1]):
            if service in earlier and since - SHORTLY <= first <= since + _AFTER:
                yield NewlySeen(by.replace("_", " "), value, service, first)
