"""Whose fault, since when, who is hit, whether retries hide it, what changed, and what to do: of a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Final, Literal

from msgspec import Struct

from foundry_telemetry.advice import Advice, advice_for
from foundry_telemetry.dashboards.parameters import TimeRange
from foundry_telemetry.investigate import questions, spread
from foundry_telemetry.investigate.causes import Cause, Totals, causes, totals
from foundry_telemetry.investigate.change import Change, change
from foundry_telemetry.investigate.questions import Bin, Failure, Group
from foundry_telemetry.investigate.sources import Source

EXAMPLES: Final = 3

Verdict = Literal["wrong", "nothing wrong", "no calls"]


class Main(Struct, frozen=True, kw_only=True):
    """What is known of the worst cause."""

    cause: Cause
    change: Change
    advice: Advice
    hits: tuple[spread.Hit, ...]
    tags: tuple[spread.Hit, ...]
    """Of the newest 500 failures."""
    news: tuple[spread.New, ...]
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


def look(source: Source, window: TimeRange, say: Callable[[str], object]) -> Incident:
    """Look at a time.

    Args:
        source: Who is asked.
        window: From when to when.
        say: Told what is being done.

    Raises:
        SourceError: There is no answer.
    """
    say(f"asking {source.name} what happened")
    with ThreadPoolExecutor(3) as pool:
        asked = (
            pool.submit(questions.groups, source, window),
            pool.submit(questions.timeline, source, window),
            pool.submit(questions.calls, source, window),
        )
        groups, bins, calls = asked[0].result(), asked[1].result(), asked[2].result()
    found = causes(groups, calls)
    whole = totals(groups, calls)
    main = None
    if found and found[0].wrong:
        say(f"asking {source.name} who is hit")
        main = _main(source, window, found[0], groups, bins)
    verdict: Verdict = "wrong" if main else "nothing wrong" if whole.attempts else "no calls"
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
    changed = change(bins, (cause.error_type or None, cause.fault or None)) or Change(
        cause.first_seen, window.end, None, over=False
    )
    start = min(changed.since, window.start)
    failures = questions.failures(
        source, cause.error_type, cause.fault, TimeRange(_floor(start), window.end, window.grain)
    )
    return Main(
        cause=cause,
        change=changed,
        advice=advice_for(cause.error_type, cause.fault or None),
        hits=tuple(spread.hits(groups, cause.error_type, cause.fault)),
        tags=tuple(spread.tags(failures)),
        news=tuple(spread.news(groups, changed.since)),
        examples=examples([one for one in failures if one.ended >= changed.since] or failures),
    )


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
