"""What changed, where, since when and why: the questions of one run, and the report made of their answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from foundry_telemetry.investigate.concurrency import run_concurrently
from foundry_telemetry.investigate.incident import slices as questions
from foundry_telemetry.investigate.incident import texts
from foundry_telemetry.investigate.incident.dimensions import DIMENSIONS, OF_UNITS, TAG, tag
from foundry_telemetry.investigate.incident.extents import Extent, Pair, Slices
from foundry_telemetry.investigate.incident.finding import Change, Finding, Period, Report, Term, Totals
from foundry_telemetry.investigate.incident.merging import LATENCY, Merged, merged
from foundry_telemetry.investigate.incident.period import period
from foundry_telemetry.investigate.incident.scan import Found, scan
from foundry_telemetry.investigate.incident.slices import added
from foundry_telemetry.investigate.sources import Source
from foundry_telemetry.kql.literals import literal
from foundry_telemetry.kql.parameters import TimeRange

NO_DATA: Final = "no data"
_MOST: Final = 4
"""Findings whose time is asked for."""


def investigate(
    source: Source, window: TimeRange, on_progress: Callable[[str], object], filters: Any = None
) -> Report:
    """Look at a time.

    Args:
        source: Who is asked.
        window: From when to when.
        on_progress: Told what is being done.
        filters: What is looked at; all traffic without them.

    Raises:
        SourceError: There is no answer.
    """
    start, end = _floor(window.start), _floor(window.end)
    of = questions.window(start, end)
    on_progress(texts.QUERY_CALLS.format(source=source.name))
    rows = questions.ask(source, of, "true", (*DIMENSIONS, tag("tenant"), tag("feature")))
    whole = Slices(rows)
    totals = _totals(of, whole)
    if not totals.attempts:
        return _report(source, start, end, totals, (), 0)
    found, comparisons = scan(whole)
    ordered = sorted(merged(found), key=_harm)[:_MOST]
    made = [partial(_finding, source, whole, one, start, end) for one in ordered]
    findings = [one for one in run_concurrently(*made) if one is not None] if made else []
    return _report(source, start, end, totals, findings, comparisons)


def _report(  # noqa: PLR0917 - one for each part of it
    source: Source,
    start: datetime,
    end: datetime,
    totals: Totals,
    findings: Iterable[Finding],
    comparisons: int,
) -> Report:
    said = tuple(findings)
    return Report(
        verdict="incident" if said else "ok" if totals.attempts else "no data",
        source=source.name,
        start=start,
        end=end,
        totals=totals,
        findings=said,
        notes=(),
        usual=(),
        unjudged=(),
        comparisons=comparisons,
    )


def _harm(one: Merged) -> tuple[Any, ...]:
    error = one.main.measure.error is not None
    return not error, -one.main.compared.gain


def _totals(of: questions.Window, whole: Slices) -> Totals:
    now = added(one.now for one in whole.wholes.values())
    before = added(sums for one in whole.wholes.values() for sums in (one.same, one.day, one.week))
    origin = of.day.start
    return Totals(
        attempts=round(now["attempts"]),
        calls=round(now["calls"]),
        failed_calls=0,
        recovered_calls=0,
        baseline_attempts=round(before["attempts"]),
        oldest=_moment(origin, before.oldest_ms) if before["attempts"] else None,
        newest=_moment(origin, now.newest_ms) if now["attempts"] else None,
        services=tuple(sorted({unit.service for unit in whole.wholes})),
        deployments=tuple(sorted({unit.deployment for unit in whole.wholes})),
    )


def _moment(origin: datetime, milliseconds: float) -> datetime:
    return origin + timedelta(milliseconds=milliseconds)


def _finding(source: Source, whole: Slices, one: Merged, start: datetime, end: datetime) -> Finding | None:
    main = _named(one)
    when = period(source, one.main, _scope(whole, one.main.extent), start, end, whole)
    if when is None:
        return None
    units = one.main.extent.units
    return Finding(
        cause=main,
        owner=_owner(one.main),
        main=_change(one.main, main),
        also=tuple(_change(other, other.name) for other in one.also),
        extent=tuple(_terms(whole, one.main.extent)),
        services=tuple(sorted({unit.service for unit in units})),
        deployments=tuple(sorted({unit.deployment for unit in units})),
        period=when,
        attempts=round(one.main.compared.count),
        calls=round(added(slice_.now for slice_ in one.main.extent.slices)["calls"]),
        failed_calls=0,
        recovered_calls=0,
    )


def _named(one: Merged) -> str:
    """Of a change of speed, the part that it is."""
    return one.main.name


def _owner(found: Found) -> str | None:
    if found.name == "clock_skew":
        return "client"
    error = found.measure.error
    return (error[1] or None) if error else None


def _change(found: Found, name: str) -> Change:
    measure, result = found.measure, found.compared
    is_share = measure.kind == "share"
    return Change(
        measure=name,
        unit=measure.unit,
        direction=measure.direction,
        now=result.now,
        baseline=result.baseline,
        count=round(result.count),
        changed=round(result.hits) if is_share else None,
    )


def _terms(whole: Slices, extent: Extent) -> Iterable[Term]:
    """The terms of an extent, each with the values beside it."""
    units = list(whole.wholes)
    terms = extent.terms
    for dimension, value in terms:
        rest = [pair for pair in terms if pair[0] != dimension]
        beside = [unit for unit in units if all(_may(whole, unit, pair) for pair in rest)]
        values = {
            name: one.now["attempts"]
            for unit in beside
            for name, one in whole.values[unit].get(dimension, {}).items()
        }
        others = [name for name in sorted(values, key=lambda name: -values[name]) if name != value]
        yield Term(dimension=dimension, value=value, number=len(others) + 1, unaffected=tuple(others))


def _may(whole: Slices, unit: Any, pair: Pair) -> bool:
    return pair[1] in whole.values[unit].get(pair[0], {})


def _scope(whole: Slices, extent: Extent) -> str:
    """The attempts of an extent as a predicate of KQL."""
    by_name = {one.name: one.kql for one in DIMENSIONS}
    parts = []
    for one in extent.slices:
        terms = [f"AppRoleName == {literal(one.unit.service)}", f"deployment == {literal(one.unit.deployment)}"]
        narrow = one.dimension and one.dimension not in OF_UNITS
        if narrow and whole.value_of(one.unit, one.dimension) is None:
            kql = by_name.get(one.dimension) or tag(one.dimension.removeprefix(TAG)).kql
            terms.append(f"{kql} == {literal(one.value)}")
        parts.append(f"({' and '.join(terms)})")
    return " or ".join(parts)


def _floor(moment: datetime) -> datetime:
    """Whole milliseconds, as queries have them; never later."""
    return moment - timedelta(microseconds=moment.microsecond % 1_000)


