"""What changed, where, since when and why: the questions of one run, and the report made of their answers.

A run asks twelve questions at most: how much there is, for the tags, the slices and the calls, and of each
of three findings for its time, of two for what is further back, and for its examples.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import msgspec

from foundry_telemetry.investigate import filters as filtering
from foundry_telemetry.investigate import queries
from foundry_telemetry.investigate.concurrency import run_concurrently
from foundry_telemetry.investigate.filters import Filters
from foundry_telemetry.investigate.incident import duplicates, findings, texts
from foundry_telemetry.investigate.incident import slice_query as questions
from foundry_telemetry.investigate.incident.asked import Asked
from foundry_telemetry.investigate.incident.dimensions import DIMENSIONS, tag
from foundry_telemetry.investigate.incident.extents import Extent, Slices
from foundry_telemetry.investigate.incident.finding import Change, Finding, Report, Term, Totals, Unjudged
from foundry_telemetry.investigate.incident.judging import ENOUGH, Interval, Judge
from foundry_telemetry.investigate.incident.measures import failures
from foundry_telemetry.investigate.incident.merging import Merged, merged
from foundry_telemetry.investigate.incident.scan import Found, scan
from foundry_telemetry.investigate.incident.slices import BINS, Sums, added
from foundry_telemetry.investigate.queries import InstanceCalls, Size
from foundry_telemetry.investigate.sources import Source
from foundry_telemetry.kql.parameters import TimeRange
from foundry_telemetry.schema.value import TAG_PREFIX

_MOST: Final = 3
"""Findings whose time and examples are asked for."""
_MOST_TAGS: Final = 3
_EDGE: Final = failures(("", "")).edge
_MOST_LOOKED_AT: Final = 250_000
"""Attempts that are compared, baseline included; of more, a part of the calls stands for all. Tags of more
are not read: each must be found in the properties, which costs more than all else."""
_ONE_IN_16: Final = "call_id startswith_cs '0'"
_TOO_FEW: Final = 10
"""Attempts of a service up to which it is named as not judged."""


def investigate(
    source: Source, window: TimeRange, on_progress: Callable[[str], object], filters: Filters | None = None
) -> Report:
    """Look at a time.

    Args:
        source: Who is asked.
        window: From when to when.
        on_progress: Given what is being done.
        filters: What is looked at; all traffic without them.

    Raises:
        SourceError: There is no answer.
    """
    of = questions.window(_floor(window.start), _floor(window.end))
    only = filters or Filters()
    scope = filtering.kql(only, TimeRange(min(of.day.start, of.week.start), of.now.end, of.now.grain))
    on_progress(texts.QUERY_CALLS.format(source=source.name))
    size, slices, calls = _compared(source, of, scope)
    found, comparisons = scan(slices)
    found += duplicates.found(calls, of.day.start)
    ordered = sorted(merged(found), key=_harm)[:_MOST]
    if ordered:
        on_progress(texts.QUERY_FAILURES.format(source=source.name))
    said = _said(Asked(source, slices, of.now.start, of.now.end, of.day.start, scope), ordered)
    others = list(_others(slices, said))
    return Report(
        verdict="incident" if said else "ok" if size.now else "no data",
        source=source.name,
        start=of.now.start,
        end=of.now.end,
        totals=_totals(of, size, slices, calls),
        findings=said,
        notes=tuple(one for one in others if not _is_at_baseline(one)),
        at_baseline=tuple(filter(_is_at_baseline, others)),
        unjudged=tuple(_unjudged(slices, is_large=size.attempts > _MOST_LOOKED_AT)),
        filters=tuple(Term(dimension=name, value=value, number=1) for name, value in only.named),
        comparisons=comparisons,
    )


def _compared(source: Source, of: questions.Window, scope: str) -> tuple[Size, Slices, list[InstanceCalls]]:
    """How much there is, its slices, and how its calls ended."""
    size, properties = run_concurrently(
        partial(queries.size, source, scope, of.times), partial(queries.properties, source, scope, of.now)
    )
    is_large = size.attempts > _MOST_LOOKED_AT
    by = DIMENSIONS if is_large else (*DIMENSIONS, *map(tag, _tag_keys(properties)))
    rows, calls = run_concurrently(
        partial(questions.ask, source, of, f"{scope} and {_sample(size.attempts)}", by),
        partial(queries.calls, source, scope, of.now, _ONE_IN_16 if is_large else "true"),
    )
    return size, Slices(rows), calls


def _said(asked: Asked, ordered: Sequence[Merged]) -> tuple[Finding, ...]:
    """The findings, each asked for."""
    made = run_concurrently(
        *(partial(findings.finding, asked, one, number) for number, one in enumerate(ordered))
    )
    return tuple(one for one in made if one is not None)


def _floor(moment: datetime) -> datetime:
    """Whole milliseconds, as queries have them; never later."""
    return moment - timedelta(microseconds=moment.microsecond % 1_000)


def _sample(attempts: int) -> str:
    """A predicate of as many calls as can be compared: ids of calls are random, and hexadecimal."""
    digits = math.ceil(math.log(max(attempts, 1) / _MOST_LOOKED_AT, 16))
    return f"call_id startswith_cs '{'0' * digits}'" if digits > 0 else "true"


def _tag_keys(properties: Iterable[str]) -> list[str]:
    """The keys of tags, those that most attempts have first; what is stored can be anything."""
    counts: Counter[str] = Counter()
    for text in properties:
        with suppress(msgspec.DecodeError, RecursionError, UnicodeEncodeError):
            names = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
            keys = (name.removeprefix(TAG_PREFIX) for name in names if name.startswith(TAG_PREFIX))
            counts.update(filter(filtering.is_key, keys))
    return sorted(counts, key=lambda key: (-counts[key], key))[:_MOST_TAGS]


def _harm(one: Merged) -> tuple[float, ...]:
    """Failures before what is slower, dearer or missing; then by how clear it is."""
    return (one.main.measure.error is None, -one.main.compared.gain)


def _totals(of: questions.Window, size: Size, slices: Slices, calls: Sequence[InstanceCalls]) -> Totals:
    wholes = slices.wholes.values()
    now = added(one.now for one in wholes)
    before = added(sums for one in wholes for sums in one.before)
    active = [one.unit for one in wholes if one.now["attempts"]]
    return Totals(
        attempts=size.now,
        calls=size.calls,
        failed_calls=sum(one.failed for one in calls),
        recovered_calls=sum(one.recovered for one in calls),
        baseline_attempts=size.attempts - size.now,
        oldest=_moment(of, before, before.oldest_ms),
        newest=_moment(of, now, now.newest_ms) or _moment(of, before, before.newest_ms),
        services=tuple(sorted({unit.service for unit in active})),
        deployments=tuple(sorted({unit.deployment for unit in active})),
    )


def _moment(of: questions.Window, sums: Sums, milliseconds: float) -> datetime | None:
    return of.day.start + timedelta(milliseconds=milliseconds) if sums["attempts"] else None


def _is_at_baseline(one: Change) -> bool:
    return one.baseline is not None and one.now <= max(
        one.baseline * _EDGE.ratio, one.baseline + _EDGE.points
    )


def _others(slices: Slices, said: Sequence[Finding]) -> Iterator[Change]:
    """Failures that are no finding."""
    causes = {one.cause for one in said}
    whole = Extent((), tuple(slices.wholes.values()))
    now = added(one.now for one in whole.slices)
    for error in sorted(now.errors, key=lambda error: -now.errors[error].attempts):
        if error[0] not in causes:
            measure = failures(error)
            interval = Interval(0, BINS)
            compared = Judge(measure, slices).compare(whole.slices, interval)
            yield findings.change(Found(measure, whole, interval, compared), slices)


def _unjudged(slices: Slices, *, is_large: bool) -> Iterator[Unjudged]:
    """What is too little to judge, or has nothing to be compared with."""
    by_service: dict[str, list[Sums]] = {}
    for unit, one in slices.wholes.items():
        by_service.setdefault(unit.service, []).append(one.now)
        before = added(one.before)["attempts"]
        if one.now["attempts"] > _TOO_FEW and before < ENOUGH:
            yield Unjudged(what=unit.deployment, why="no baseline", calls=round(one.now["calls"]))
    for service, sums in by_service.items():
        now = added(sums)
        if 0 < now["attempts"] <= _TOO_FEW:
            yield Unjudged(what=service, why="too few calls", calls=round(now["calls"]))
    volume = _unjudged_volume(slices)
    if volume:
        yield Unjudged(what=volume, why="no baseline")
    if is_large:
        yield Unjudged(what=texts.TAGS, why="not asked", calls=0)


def _unjudged_volume(slices: Slices) -> str:
    """What of the number of calls nothing says how it was: all, or that there are more."""
    wholes = slices.wholes.values()
    if not any(one.now["calls"] for one in wholes):
        return ""
    if not any(one.same["calls"] for one in wholes):
        return texts.VOLUME
    return "" if any(one.week["calls"] for one in wholes) else texts.HIGHER_VOLUME
