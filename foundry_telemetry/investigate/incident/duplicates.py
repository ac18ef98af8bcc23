"""Records that are there twice: a change of what was recorded, not of what happened.

Every attempt has one record. There is no baseline to ask for: one copy in a thousand is what a lost
acknowledgement of the exporter can leave.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from msgspec import structs

from foundry_telemetry.investigate.incident.extents import Extent, Slices
from foundry_telemetry.investigate.incident.finding import Period
from foundry_telemetry.investigate.incident.measures import Measure
from foundry_telemetry.investigate.incident.period import Timed
from foundry_telemetry.investigate.incident.scan import Found, changes
from foundry_telemetry.investigate.incident.slices import (
    EMPTY,
    Failed,
    Slice,
    Sums,
    Unit,
    added,
    counted,
    made,
)
from foundry_telemetry.investigate.incident.statistics import Edge
from foundry_telemetry.investigate.queries import InstanceCalls

MEASURE: Final = Measure("duplicates", "share", "share", ("copies", "records"), Edge(1.5, 0.01), 0.03, 5)
_USUAL: Final = counted(copies=1, records=1_000, attempts=1_000)
_COPIES: Final = ("duplicates", "")
_ENDED: Final = 4.0
"""Copies that there would be since the last, if it went on; none is then a chance of 2 %."""


def found(calls: Iterable[InstanceCalls], origin: datetime) -> list[Found]:
    """Where there are duplicates."""
    by_unit: dict[Unit, list[Slice]] = {}
    for one in calls:
        unit = Unit(one.service, one.deployment)
        by_unit.setdefault(unit, []).append(_slice(unit, one.instance, _sums(one, origin)))
    slices = [one for own in by_unit.values() for one in own]
    wholes = [_slice(unit, "", added(one.now for one in own)) for unit, own in by_unit.items()]
    return changes(MEASURE, Slices([*wholes, *slices]))[0]


def _slice(unit: Unit, instance: str, now: Sums) -> Slice:
    return made(unit, "instance" if instance else "", instance, (now,), (EMPTY,), (EMPTY,), _USUAL)


def _sums(one: InstanceCalls, origin: datetime) -> Sums:
    sums = counted(copies=one.copies, records=one.records - one.copies, attempts=one.records)
    first, last, newest = (_ms(moment, origin) for moment in (one.first_copy, one.last_copy, one.last_record))
    if first is None or last is None:
        return sums
    copies = {_COPIES: Failed(one.copies, one.copies, first, last)}
    return structs.replace(sums, errors=copies, oldest_ms=first, newest_ms=last if newest is None else newest)


def _ms(moment: datetime | None, origin: datetime) -> float | None:
    return (moment - origin) / timedelta(milliseconds=1) if moment is not None else None


def period(extent: Extent, origin: datetime, start: datetime) -> Timed:
    """From the first copy on; ended where there were records since the last, and many would be copies."""
    sums = added(one.now for one in extent.slices)
    copies = sums.errors[_COPIES]
    first, last = copies.oldest_ms, copies.newest_ms
    since, until = (origin + timedelta(milliseconds=one) for one in (first, last))
    pace = copies.attempts / max(last - first, 1.0)
    is_ended = pace * (sums.newest_ms - last) > _ENDED
    when = Period(
        since=since,
        is_earliest=since - start < timedelta(minutes=1),
        last=until,
        state="ended" if is_ended else "ongoing",
        newest=until,
    )
    return Timed(when, sums, sums)
