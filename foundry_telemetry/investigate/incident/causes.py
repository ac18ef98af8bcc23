"""What is wrong, and what is only usual: each cause of a time against the 24 hours before it.

*Usual*: as many failures as the day before lets one expect for as many attempts. A cause is *wrong* when it
has clearly more than usual, or when enough calls fail for it whatever is usual: a key that was rotated two
days ago is no better for it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from msgspec import Struct

from foundry_telemetry.investigate.queries import AffectedCalls, Group

_ENOUGH_BEFORE: Final = 50
"""Attempts that the day before must have to tell what is usual."""
_SIGMAS: Final = 3.0
_SPARE: Final = 2
"""Failures that may always occur: one or two are no incident."""
_MANY_CALLS: Final = 0.05
"""Share of the calls that fail for a cause from which it is wrong, however usual."""
_FEWEST_CALLS: Final = 3
_MANY_HIDDEN: Final = 0.02
"""Share of the attempts from which a cause is wrong although retries mended every call."""


class Cause(Struct, frozen=True, kw_only=True):
    """One cause of one owner, in the time looked at."""

    error_type: str
    owner: str
    attempts: int
    before: int
    """In the 24 hours before."""
    baseline: float | None
    """Attempts that would be usual; not told where there is too little to compare with."""
    affected: int
    """Calls with an attempt that failed so."""
    failed: int
    """Calls that failed so in the end."""
    recovered: int
    tries: int
    first_seen: datetime
    """In the week before, or since."""
    wrong: bool


class Totals(Struct, frozen=True, kw_only=True):
    """All of a time."""

    attempts: int
    calls: int
    failed: int
    recovered: int
    before: int
    """Attempts of the 24 hours before."""
    oldest: datetime | None
    """The first attempt that there is in the week before; ``None`` where there is none at all."""
    newest: datetime | None
    services: int
    deployments: int


def totals(groups: Sequence[Group], calls: Iterable[AffectedCalls]) -> Totals:
    """The sums."""
    every = next((one for one in calls if one.error_type is None), None)
    seen = [group for group in groups if group.attempts]
    return Totals(
        attempts=sum(group.attempts for group in groups),
        calls=every.affected if every else 0,
        failed=every.failed if every else 0,
        recovered=every.recovered if every else 0,
        before=sum(group.before for group in groups),
        oldest=min((group.first_seen for group in groups), default=None),
        newest=max((group.last_seen for group in groups), default=None),
        services=len({group.service for group in seen}),
        deployments=len({group.deployment for group in seen}),
    )


def causes(groups: Sequence[Group], calls: Sequence[AffectedCalls]) -> list[Cause]:
    """Every cause of the time, the worst first: what is wrong, then by calls that failed and by attempts."""
    whole = totals(groups, calls)
    by_cause: dict[tuple[str | None, str | None], list[Group]] = {}
    for group in groups:
        if group.error_type is not None:
            by_cause.setdefault((group.error_type, group.error_owner), []).append(group)
    by_key = {(one.error_type, one.error_owner): one for one in calls}
    found = (_cause(own, by_key.get(key), whole) for key, own in by_cause.items())
    present = [cause for cause in found if cause.attempts]
    return sorted(
        present, key=lambda cause: (not cause.wrong, -cause.failed, -cause.attempts, cause.error_type)
    )


def _cause(own: list[Group], calls: AffectedCalls | None, whole: Totals) -> Cause:
    attempts, before = sum(one.attempts for one in own), sum(one.before for one in own)
    baseline = before * whole.attempts / whole.before if whole.before >= _ENOUGH_BEFORE else None
    failed = calls.failed if calls else 0
    return Cause(
        error_type=own[0].error_type or "",
        owner=own[0].error_owner or "",
        attempts=attempts,
        before=before,
        baseline=baseline,
        affected=calls.affected if calls else 0,
        failed=failed,
        recovered=calls.recovered if calls else 0,
        tries=calls.tries if calls else 0,
        first_seen=min(one.first_seen for one in own),
        wrong=_is_wrong(attempts, failed, baseline, whole),
    )


def _is_wrong(attempts: int, failed: int, baseline: float | None, whole: Totals) -> bool:
    if failed >= max(_FEWEST_CALLS, _MANY_CALLS * whole.calls):
        return True
    enough = baseline is None or attempts > baseline + _SIGMAS * math.sqrt(baseline) + _SPARE
    hidden = not failed and attempts < _MANY_HIDDEN * whole.attempts
    return enough and not hidden
