"""The cause of an incident, its owner, since when, who is affected, what changed, and the next step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final, Literal

from msgspec import Struct

from foundry_telemetry.advice import Advice, advice_for
from foundry_telemetry.investigate import queries
from foundry_telemetry.investigate.concurrency import run_concurrently
from foundry_telemetry.investigate.incident import impact, texts
from foundry_telemetry.investigate.incident.causes import Cause, Totals, causes, totals
from foundry_telemetry.investigate.incident.change_point import Change, Key, change
from foundry_telemetry.investigate.queries import Bin, Failure, Group
from foundry_telemetry.investigate.sources import Source
from foundry_telemetry.kql.parameters import TimeRange

_ENOUGH: Final = 500
"""Failures that are looked at one by one."""
_MILLISECOND: Final = timedelta(milliseconds=1)

Verdict = Literal["incident", "ok", "no data"]

NO_DATA: Final = "no data"


class Main(Struct, frozen=True, kw_only=True):
    """What is known of the worst cause."""

    cause: Cause
    change: Change
    advice: Advice
    affected: tuple[impact.Affected, ...]
    tags: tuple[impact.Affected, ...]
    """Of the newest 500 failures."""
    newly_seen: tuple[impact.NewlySeen, ...]
    examples: tuple[Failure, ...]
    """Three calls at most, the first to fail before the others."""


class Incident(Struct, frozen=True, kw_only=True):
    """The answer."""

    verdict: Verdict
    source: str
    start: datetime
    end: datetime
    totals: Totals
    main: Main | None
    """The worst of what is wrong."""
    others: tuple[Cause, ...]
    """Every other cause, what is wrong before what is not."""


def investigate(source: Source, window: TimeRange, on_progress: Callable[[str], object]) -> Incident:
    """Look at a time.

    Args:
        source: Who is asked.
        window: From when to when.
        on_progress: Told what is being done.

    Raises:
        SourceError: There is no answer.
    """
    window = TimeRange(_floor(window.start), _floor(window.end), window.grain)
    on_progress(texts.QUERY_CALLS.format(source=source.name))
    groups, bins, calls = run_concurrently(
        partial(queries.groups, source, window),
        partial(queries.timeline, source, window),
        partial(queries.calls, source, window),
    )
    found = causes(groups, calls)
    whole = totals(groups, calls)
    main = None
    if found and found[0].wrong:
        on_progress(texts.QUERY_FAILURES.format(source=source.name))
        main = _main(source, window, found[0], groups, bins)
    verdict: Verdict = "incident" if main else "ok" if whole.attempts else NO_DATA
    return Incident(
        verdict=verdict,
        source=source.name,
        start=window.start,
        end=window.end,
        totals=whole,
        main=main,
        others=tuple(found[1:] if main else found),
    )


def _main(
    source: Source, window: TimeRange, cause: Cause, groups: Sequence[Group], bins: Sequence[Bin]
) -> Main:
    begin = queries.day(window).start
    key = (cause.error_type or None, cause.owner or None)
    changed = change(bins, key, begin) or Change(cause.first_seen, window.end, None, over=False)
    first = _floor(changed.since)
    failures = queries.failures(
        source,
        cause.error_type,
        cause.owner,
        TimeRange(first, first + _MILLISECOND, window.grain),
        TimeRange(_enough_from(bins, key, begin, first), window.end, window.grain),
    )
    return Main(
        cause=cause,
        change=changed,
        advice=advice_for(cause.error_type, cause.owner or None),
        affected=tuple(impact.affected(groups, cause.error_type, cause.owner)),
        tags=tuple(impact.tags(failures)),
        newly_seen=tuple(impact.newly_seen(groups, changed.since)),
        examples=examples(failures),
    )


def _enough_from(bins: Sequence[Bin], key: Key, begin: datetime, first: datetime) -> datetime:
    """From when on there are enough failures to tell from, or all of them since the first."""
    left = _ENOUGH
    for one in reversed(bins):
        left -= one.attempts if (one.error_type, one.error_owner) == key else 0
        if left <= 0:
            return max(first, begin + timedelta(milliseconds=one.at_ms))
    return first


def examples(failures: Sequence[Failure]) -> tuple[Failure, ...]:
    """Three calls that stand for all: the first, the newest, and one that is unlike both where there is one.

    Args:
        failures: The newest first.
    """
    by_call = {one.call_id: one for one in failures}
    if not by_call:
        return ()
    ordered = sorted(by_call.values(), key=lambda one: one.ended)
    first, newest = ordered[0], ordered[-1]
    between = [one for one in ordered if one is not first and one is not newest]
    known = {_kind(first), _kind(newest)}
    other = next((one for one in between if _kind(one) not in known), between[len(between) // 2 :][:1])
    chosen = [first, *([other] if isinstance(other, Failure) else other), newest]
    return tuple({one.call_id: one for one in chosen}.values())


def _kind(failure: Failure) -> tuple[str | None, str | None, int | None]:
    return failure.service, failure.deployment, failure.status


def _floor(moment: datetime) -> datetime:
    """Whole milliseconds, as queries have them; never later."""
    return moment - timedelta(microseconds=moment.microsecond % 1_000)
