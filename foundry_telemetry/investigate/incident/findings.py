"""Findings made of changes: named, with their extent, their time and what stands for them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from msgspec import structs

from foundry_telemetry.investigate import queries
from foundry_telemetry.investigate.incident import duplicates
from foundry_telemetry.investigate.incident.asked import Asked
from foundry_telemetry.investigate.incident.dimensions import DIMENSIONS, OF_UNITS, TAG, tag
from foundry_telemetry.investigate.incident.evidence import example
from foundry_telemetry.investigate.incident.extents import Extent, Slices
from foundry_telemetry.investigate.incident.finding import Change, Finding, FirstSeen, Period
from foundry_telemetry.investigate.incident.judging import ENOUGH, MOST_FAILED, NO_HISTORY, Judge
from foundry_telemetry.investigate.incident.measures import MEASURES, Measure
from foundry_telemetry.investigate.incident.merging import LATENCY, Merged
from foundry_telemetry.investigate.incident.period import Timed, period
from foundry_telemetry.investigate.incident.scan import Found
from foundry_telemetry.investigate.incident.slices import EMPTY, Slice, Sums, Unit, added
from foundry_telemetry.investigate.incident.statistics import Compared
from foundry_telemetry.investigate.incident.terms import terms
from foundry_telemetry.investigate.queries import Failure
from foundry_telemetry.kql.literals import literal
from foundry_telemetry.kql.parameters import TimeRange

_SHORTLY: Final = timedelta(hours=2)
"""How long before a finding something new counts as a change that may be its cause: the token that a release
brought lives an hour."""
_AFTER: Final = timedelta(minutes=2)
"""A new version is seen at its first attempt, which may fail: so a little later than the finding begins."""
_FURTHER: Final = 2
"""Findings whose beginning is looked for further back, where it must be."""
_MILLISECOND: Final = timedelta(milliseconds=1)
_NEW: Final = ("version", "deployment", "model", "client", "auth_scheme", "max_tokens", "resource", "region")
"""Dimensions whose new values are named."""
_MOST_HAVE: Final = 0.5
"""Share of the attempts of now; a value of a few calls a day is often seen for the first time."""
_MOST_READ: Final = 25
"""Examples whose duration is read."""
_LONGEST_MS: Final = 3_600_000.0
_PART: Final = 0.4
"""Of the larger effect, from which the other part of a duration is slower too."""
HITS: Final = {
    "stop_reason:max_tokens": "stop_reason == 'max_tokens'",
    "stop_reason:refusal": "stop_reason == 'refusal'",
    "stop_reason:tool_use": "stop_reason == 'tool_use'",
    "cache_hit_rate": "cache_read_tokens == 0",
    "attempts": "attempt_number > 1",
    "clock_skew": "abs(clock_offset_s) >= 30",
    "time_to_first_token": "isnotnull(time_to_first_token_ms)",
}
"""What an attempt has that stands for a change, as a predicate; of others any that succeeded."""
_OF_ONE: Final = dict.fromkeys(("failed_calls", "recovered_calls"), 0)
_UNCHANGED: Final = {measure.name: measure for measure in MEASURES}
_DURATION: Final = _UNCHANGED[LATENCY[0]]._replace(fields=("latency_n", "latency_sum", "latency_squares"))
"""Latency is judged at the same length of response; what a reader knows is how long a call takes."""


def finding(asked: Asked, merged: Merged, place: int) -> Finding | None:
    """A finding, its time and its examples asked for; nothing where no time bears it out.

    Args:
        asked: Of whom.
        merged: What changed.
        place: Among the findings, the first is 0.
    """
    main = _named(asked, merged)
    extent = main.extent
    scope = f"({asked.scope}) and {scoped(asked.slices, extent)}"
    timed = _period(asked, main, scope, is_further=place < _FURTHER)
    if timed is None:
        return None
    now, own = timed.whole, _examples(asked, main, scope, timed.period)
    when = _known(timed, main, own)
    units = _active(extent)
    return Finding(
        cause=main.name,
        owner=_owner(main),
        main=change(main, asked.slices, timed.changed),
        also=tuple(change(other, asked.slices) for other in merged.also if other.name != main.name),
        extent=tuple(terms(asked.slices, main)),
        services=tuple(sorted({unit.service for unit in units})),
        deployments=tuple(sorted({unit.deployment for unit in units})),
        period=when,
        attempts=round(now["attempts"]),
        calls=round(now["calls"]),
        failed_calls=own[0].failed_calls if own and main.measure.error else 0,
        recovered_calls=own[0].recovered_calls if own and main.measure.error else 0,
        error_codes=tuple(Counter(one.error_code for one in own if one.error_code).most_common()),
        first_seen=tuple(_first_seen(asked, extent, when)),
        examples=_chosen(own),
    )


def _known(timed: Timed, main: Found, own: Sequence[Failure]) -> Period:
    """The period, which is not over where failures that take long may only not be recorded yet."""
    took = sorted(one.duration_ms for one in map(example, own[:_MOST_READ]) if one.duration_ms is not None)
    if timed.period.state != "ended" or not main.measure.error or not took:
        return timed.period
    late = timedelta(milliseconds=min(took[len(took) // 2], _LONGEST_MS))
    if round(late / timed.width) == 0 or timed.is_over(late):
        return timed.period
    return structs.replace(timed.period, state="ongoing")


def _active(extent: Extent) -> frozenset[Unit]:
    """The units of an extent that have traffic; all where none has: then it is silent."""
    return frozenset(one.unit for one in extent.slices if one.now is not EMPTY) or extent.units


def _named(asked: Asked, merged: Merged) -> Found:
    """A change of speed is called by its part, where only one part is slower."""
    main = merged.main
    if main.name not in LATENCY:
        return main
    parts = [_again(asked.slices, main, _UNCHANGED[name]) for name in LATENCY[1:]]
    effects = [max(part.measure.effect(part.compared), 0.0) for part in parts]
    if not all(part.compared.count for part in parts) or min(effects) >= _PART * max(effects):
        return _again(asked.slices, main, _UNCHANGED["latency"])
    return parts[effects.index(max(effects))]


def _again(slices: Slices, found: Found, measure: Measure) -> Found:
    """The same extent and time by another measure."""
    compared = Judge(measure, slices).compare(found.extent.slices, found.interval)
    return found._replace(measure=measure, compared=compared)


def _period(asked: Asked, main: Found, scope: str, *, is_further: bool) -> Timed | None:
    if main.measure is duplicates.MEASURE:
        return duplicates.period(main.extent, asked.origin, asked.start)
    return period(asked, main, scope, is_further=is_further)


def _examples(asked: Asked, main: Found, scope: str, when: Period) -> list[Failure]:
    error = main.measure.error
    hit = f"error_type == {literal(error[0])}" if error else HITS.get(main.name, "isempty(error_type)")
    begin = max(when.since, asked.start) if main.name != "volume:silent" else when.since - _SHORTLY
    until = min(when.last + _MILLISECOND, asked.end) if when.state == "ended" else asked.end
    time = TimeRange(_floor(begin), max(_floor(until), _floor(begin) + _MILLISECOND), _MILLISECOND)
    return queries.examples(asked.source, scope, hit, error[0] if error else "", time)


def _floor(moment: datetime) -> datetime:
    return moment - timedelta(microseconds=moment.microsecond % 1_000)


def _chosen(own: Sequence[Failure]) -> tuple[Failure, ...]:
    """Three calls that stand for all: the first, one that is unlike others where there is one, the newest.

    Args:
        own: The newest first.
    """
    ordered = sorted({one.call_id: one for one in own}.values(), key=lambda one: one.ended)
    if not ordered:
        return ()
    first, newest = ordered[0], ordered[-1]
    between = [one for one in ordered if one is not first and one is not newest]
    known = {_kind(first), _kind(newest)}
    other = next((one for one in between if _kind(one) not in known), None)
    middle = [other] if other else between[len(between) // 2 :][:1]
    chosen = {one.call_id: one for one in (first, *middle, newest)}.values()
    return tuple(structs.replace(one, **_OF_ONE) for one in chosen)


def _kind(failure: Failure) -> tuple[str | None, str | None, int | None]:
    return failure.service, failure.deployment, failure.status


def _owner(found: Found) -> str | None:
    if found.name == "clock_skew":
        return "client"
    return (found.measure.error[1] or None) if found.measure.error else None


def change(found: Found, slices: Slices, changed: Sums = EMPTY) -> Change:
    """A change as a report has it.

    Args:
        found: The change.
        slices: Where it was found.
        changed: The attempts of its time, where they are known more exactly than in coarse bins.
    """
    measure, result = found.measure, _exactly(found, changed)
    shown = result
    if measure.name == LATENCY[0]:
        shown = _exactly(_again(slices, found, _DURATION), changed)
    return Change(
        measure=measure.name,
        unit=measure.unit,
        direction=measure.direction,
        now=shown.now,
        baseline=None if measure is duplicates.MEASURE else _measured(found, shown.baseline),
        count=round(result.count),
        changed=round(result.affected) if measure.kind == "share" else None,
        ratio=result.now / result.baseline if shown is not result and result.baseline else None,
    )


def _measured(found: Found, baseline: float | None) -> float | None:
    """The baseline as it was: an outage is none, and without history there is none."""
    if not found.measure.error:
        return baseline
    before = added(part for one in found.extent.slices for part in one.before)
    failed, attempts = found.measure.values(before)
    if attempts < ENOUGH:
        return None if baseline == NO_HISTORY.value else baseline
    return failed / attempts if failed > MOST_FAILED * attempts else baseline


def _exactly(found: Found, changed: Sums) -> Compared:
    """A comparison with its values of now from some attempts, if there are any."""
    measure, result = found.measure, found.compared
    if measure.kind == "count" or not changed["attempts"]:
        return result
    values = measure.values(changed)
    count = values[1] if measure.kind == "share" else values[0]
    if not count:
        return result
    if measure.kind == "share":
        return structs.replace(result, now=values[0] / count, affected=values[0], count=count)
    return structs.replace(result, now=math.exp(values[1] / count), affected=count, count=count)


def _first_seen(asked: Asked, extent: Extent, when: Period) -> Iterator[FirstSeen]:
    """Values of the affected that nobody of the same service had before, and that are about as old."""
    services = {unit.service for unit in extent.units}
    own = [unit for unit in asked.slices.wholes if unit.service in services]
    for dimension in _NEW:
        values: dict[str, list[Slice]] = {}
        for unit in own:
            for value, one in asked.slices.values[unit].get(dimension, {}).items():
                values.setdefault(value, []).append(one)
        known = _had(values, extent.units) or _had(values, frozenset(own))
        whole = sum(one.now["attempts"] for slices in values.values() for one in slices)
        for value, slices in values.items():
            before = tuple(one for one in known if one != value)
            if not before or not _may_be_new(slices, whole) or not _is_of(slices, extent):
                continue
            at = asked.moment(min(part.oldest_ms for one in slices for part in one.all))
            if when.since - _SHORTLY <= at <= when.since + _AFTER:
                yield FirstSeen(dimension=dimension, value=value, at=at, before=before)


def _had(values: Mapping[str, Iterable[Slice]], units: frozenset[Unit]) -> list[str]:
    """Values that some units had before."""
    of_units = {value: [one for one in slices if one.unit in units] for value, slices in values.items()}
    return [value for value, slices in of_units.items() if _before(slices) >= ENOUGH]


def _may_be_new(slices: Iterable[Slice], whole: float) -> bool:
    """Whether nobody had a value before, or most have it now: it may have begun before the time asked for."""
    own = list(slices)
    now = sum(one.now["attempts"] for one in own)
    return now > 0 and (not _before(own) or now >= _MOST_HAVE * whole)


def _before(slices: Iterable[Slice]) -> float:
    return sum(part["attempts"] for one in slices for part in one.before)


def _is_of(slices: Iterable[Slice], extent: Extent) -> bool:
    return bool({one.unit for one in slices} & extent.units)


def scoped(slices: Slices, extent: Extent) -> str:
    """The attempts of an extent as a predicate of KQL."""
    known = {one.name: one for one in DIMENSIONS}
    parts = []
    for one in extent.slices:
        terms = [
            f"AppRoleName == {literal(one.unit.service)}",
            f"deployment == {literal(one.unit.deployment)}",
        ]
        dimension = one.dimension
        if dimension and dimension not in OF_UNITS and slices.value_of(one.unit, dimension) is None:
            by = known.get(dimension) or tag(dimension.removeprefix(TAG))
            terms.append(by.is_(literal(one.value)))
        parts.append(f"({' and '.join(terms)})")
    return f"({' or '.join(parts)})" if parts else "true"
