"""What an incident report holds: findings, each with cause, owner, extent, time and evidence.

*Finding*: one thing that changed, said once, however many measures it moved. *Extent*: the narrowest set of
values that holds the change. *Baseline*: the same extent before.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

from foundry_telemetry.investigate.queries import Failure

Verdict = Literal["incident", "ok", "no data"]
State = Literal["ongoing", "ended", "intermittent", "no traffic"]
"""``no traffic``: no call of the affected since, so whether it has ended is unknown."""
Direction = Literal["higher", "lower"]
Unit = Literal["share", "ms", "tokens", "usd", "calls", "seconds", "attempts"]


class Term(Struct, frozen=True, kw_only=True):
    """One value that all affected attempts have in common."""

    dimension: str
    """``service``, ``deployment``, ``instance``, ``version``, ``tag tenant`` and so on."""
    value: str
    number: int
    """Of the values of this dimension that made attempts, within the terms before it."""
    unaffected: tuple[str, ...] = ()
    """Other values that made enough attempts to tell that they are not affected; the largest first."""


class Change(Struct, frozen=True, kw_only=True):
    """One measure of the affected attempts, before and since."""

    measure: str
    unit: Unit
    direction: Direction
    now: float
    """A share, a typical value (geometric mean), or calls."""
    baseline: float | None
    """Unknown where there is no earlier data."""
    count: int
    """What it is a share, a mean or a number of: attempts or calls."""
    changed: int | None = None
    """Attempts that have it, for shares."""
    ratio: float | None = None
    """Of latency: how many times as long as before, compared at the same length of response."""


class Period(Struct, frozen=True, kw_only=True):
    """When it began, and whether it goes on."""

    since: datetime
    is_earliest: bool
    """Whether the data reaches no further back, so that it may have begun earlier."""
    last: datetime
    """The last affected attempt; for silence the last call before it."""
    state: State
    times: int = 1
    """How often it came and went."""
    newest: datetime | None = None
    """The newest attempt of the affected, of whatever outcome."""


class FirstSeen(Struct, frozen=True, kw_only=True):
    """A value that the affected attempts have and earlier ones had not."""

    dimension: str
    value: str
    at: datetime
    before: tuple[str, ...] = ()
    """What it replaces."""


class Finding(Struct, frozen=True, kw_only=True):
    """One thing that changed."""

    cause: str
    """The failure class, or the measure: ``latency``, ``stop_reason:refusal``, ``volume:silent``."""
    owner: str | None
    """Who has to act; absent without evidence."""
    main: Change
    """The measure that it is about."""
    also: tuple[Change, ...]
    """What moved with it."""
    extent: tuple[Term, ...]
    """All terms hold; no terms: all traffic."""
    services: tuple[str, ...]
    deployments: tuple[str, ...]
    """Of the affected attempts."""
    period: Period
    attempts: int
    """Of the extent, in the period as far as it is in the time that is looked at."""
    calls: int
    failed_calls: int
    """Calls that ended with this failure; 0 for what is no failure."""
    recovered_calls: int
    error_codes: tuple[tuple[str, int], ...] = ()
    """Codes of the failed attempts with how many, of the newest 500."""
    first_seen: tuple[FirstSeen, ...] = ()
    examples: tuple[Failure, ...] = ()
    """Three at most: the first, the newest, and one that is unlike both."""


class Totals(Struct, frozen=True, kw_only=True):
    """What was looked at."""

    attempts: int
    calls: int
    failed_calls: int
    recovered_calls: int
    baseline_attempts: int
    oldest: datetime | None
    """The oldest attempt of the baseline; absent where there is none."""
    newest: datetime | None
    services: tuple[str, ...]
    deployments: tuple[str, ...]


class Unjudged(Struct, frozen=True, kw_only=True):
    """What could not be judged, and why."""

    what: str
    """A service, deployment or measure."""
    why: Literal["too few calls", "no baseline", "not asked"]
    calls: int = 0


class Report(Struct, frozen=True, kw_only=True):
    """The answer."""

    verdict: Verdict
    source: str
    start: datetime
    end: datetime
    totals: Totals
    findings: tuple[Finding, ...]
    """In order of harm."""
    notes: tuple[Change, ...]
    """Changes below what is an incident."""
    at_baseline: tuple[Change, ...]
    """Failures at their usual level."""
    unjudged: tuple[Unjudged, ...]
    filters: tuple[Term, ...] = ()
    """Of ``--service``, ``--deployment``, ``--model`` and ``--tag``."""
    comparisons: int = 0
    """How many were made."""

    @property
    def is_judged(self) -> bool:
        """Whether at least one service has enough calls."""
        few = {one.what for one in self.unjudged if one.why == "too few calls"}
        return self.comparisons > 0 and bool(set(self.totals.services) - few)
