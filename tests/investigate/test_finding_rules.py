"""What a finding says of a change: its name, what is new, its predicate; and records that are there twice."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from foundry_telemetry.investigate.incident import duplicates
from foundry_telemetry.investigate.incident.asked import Asked
from foundry_telemetry.investigate.incident.extents import Extent, Slices
from foundry_telemetry.investigate.incident.finding import FirstSeen, Period
from foundry_telemetry.investigate.incident.findings import _active, _first_seen, _named, scoped
from foundry_telemetry.investigate.incident.judging import Interval
from foundry_telemetry.investigate.incident.measures import MEASURES, failures
from foundry_telemetry.investigate.incident.merging import Merged
from foundry_telemetry.investigate.incident.period import Timed
from foundry_telemetry.investigate.incident.scan import Found
from foundry_telemetry.investigate.incident.slices import (
    BINS,
    EMPTY,
    Failed,
    Slice,
    Sums,
    Unit,
    counted,
    shifted,
)
from foundry_telemetry.investigate.incident.statistics import NOTHING
from foundry_telemetry.investigate.queries import InstanceCalls
from foundry_telemetry.investigate.sources import Source
from tests.investigate.slices import BOT, ERROR, SHOP, attempts, of, spread

END = datetime(2026, 11, 22, 12, tzinfo=UTC)
ORIGIN = END - timedelta(days=1)
SINCE = END - timedelta(minutes=30)
MEASURE = {one.name: one for one in MEASURES}


def asked(*slices: Slice) -> Asked:
    """About these slices."""
    return Asked(cast("Source", None), Slices(slices), END - timedelta(hours=1), END, ORIGIN, "true")


# --- what is new ------------------------------------------------------------------------------------------


def version(value: str, seen: timedelta, before: int, unit: Unit = SHOP) -> Slice:
    """A version first seen so long before the change, or known from before."""
    at = (SINCE - seen - ORIGIN) / timedelta(milliseconds=1)
    now = structs.replace(attempts(40), oldest_ms=at)
    return of(unit, "version", value, spread(now), attempts(before))


def seen(*versions: Slice, unit: Unit = SHOP) -> list[FirstSeen]:
    """What is new where all of a service is affected."""
    units = {one.unit for one in versions}
    wholes = [of(one, "", "", spread(attempts(100)), attempts(100)) for one in sorted(units)]
    about = asked(*wholes, *versions)
    when = Period(since=SINCE, is_earliest=False, last=END, state="ongoing")
    return list(_first_seen(about, Extent((), (about.slices.wholes[unit],)), when))


@pytest.mark.parametrize(
    ("minutes", "known", "is_said"),
    [(5, 0, True), (119, 0, True), (121, 0, False), (-1, 0, True), (-3, 0, False), (5, 1, False)],
)
def test_what_is_new_shortly_before_is_said(minutes: int, known: int, is_said: bool) -> None:
    """A version that nobody had before, first seen at most two hours before the change, or with it."""
    found = seen(version("2", timedelta(minutes=minutes), known), version("1", timedelta(hours=9), 100))
    assert [(one.value, one.before) for one in found] == ([("2", ("1",))] if is_said else [])


def test_what_is_new_without_anything_before_is_no_change() -> None:
    """Where no version is known from before, each is new: that says nothing."""
    assert seen(version("2", timedelta(minutes=5), 0), version("1", timedelta(minutes=9), 0)) == []


def test_a_new_version_of_another_service_is_no_change_of_this_one() -> None:
    """Only what the affected have is said to be new."""
    own = (version("1", timedelta(hours=9), 100), version("0", timedelta(hours=9), 100))
    other = (version("9", timedelta(minutes=5), 0, BOT), version("8", timedelta(hours=9), 100, BOT))
    assert seen(*own, *other) == []


# --- names ------------------------------------------------------------------------------------------------


def speed(first: float, token: float) -> Sums:
    """Attempts with a time to first token and one per output token, and the latency of both."""
    number = 50.0
    columns: dict[str, float] = {}
    for prefix, value in (("first", first), ("token", token), ("pace", first / 300 + token)):
        columns |= {
            f"{prefix}_n": number,
            f"{prefix}_sum": number * math.log(value),
            f"{prefix}_squares": number * (math.log(value) ** 2 + 0.04),
        }
    return attempts(50, **columns)


@pytest.mark.parametrize(
    ("first", "token", "name"),
    [
        (4_000.0, 20.0, "time_to_first_token"),
        (800.0, 60.0, "time_per_output_token"),
        (2_400.0, 60.0, "latency"),
    ],
)
@pytest.mark.parametrize("found", ["latency", "time_to_first_token", "time_per_output_token"])
def test_speed_is_named_by_its_part(first: float, token: float, name: str, found: str) -> None:
    """Whichever measure found it: where one part alone is slower it is called so, else latency."""
    slow = of(SHOP, "", "", spread(speed(first, token)), speed(800.0, 20.0))
    about = asked(slow)
    main = Found(MEASURE[found], Extent((), (slow,)), Interval(0, BINS), NOTHING)
    assert _named(about, Merged(main, ())).name == name


def test_who_has_no_traffic_is_not_affected() -> None:
    """Units without a call in the time are not named, unless it is silence that is found."""
    busy, idle = of(SHOP, "", "", spread(attempts(9))), of(BOT, "", "", spread(EMPTY), attempts(9))
    assert _active(Extent((), (busy, idle))) == {SHOP}
    assert _active(Extent((), (idle,))) == {BOT}


def test_a_predicate_selects_the_affected() -> None:
    """One of a unit with several values names the value; what its unit has alone is not asked for."""
    one, other = (of(SHOP, "instance", value, spread(attempts(9))) for value in ("a'b", "c"))
    bot = of(BOT, "region", "north", spread(attempts(9)))
    wholes = [of(unit, "", "", spread(attempts(18))) for unit in (SHOP, BOT)]
    slices = Slices([*wholes, one, other, bot])
    text = scoped(slices, Extent((), (one, slices.values[BOT]["region"]["north"])))
    assert text == (
        "((AppRoleName == 'shop' and deployment == 'shop-chat' and AppRoleInstance == 'a\\'b')"
        " or (AppRoleName == 'bot' and deployment == 'bot-chat'))"
    )


# --- when ------------------------------------------------------------------------------------------------


def test_failures_of_one_call_are_one() -> None:
    """What is retried fails again: calls are counted, unless first attempts hardly fail."""
    retried, later = (
        structs.replace(attempts(30), errors={ERROR: Failed(12, calls, 0.0, 1.0)}) for calls in (4, 0)
    )
    measure = failures(ERROR)
    assert measure.independent(retried)(retried) == (4, 30)
    assert measure.independent(later)(later) == (12, 30)
    assert MEASURE["attempts"].independent(retried)(retried) == (0, 30)


@pytest.mark.parametrize(("late", "is_over"), [(0, True), (1, True), (2, False)])
def test_what_is_recorded_late_is_awaited(late: int, is_over: bool) -> None:
    """A minute counts for the end where what fails in it would be recorded by now."""
    when = Period(since=SINCE, is_earliest=False, last=END, state="ended")
    timed = Timed(when, EMPTY, EMPTY, after=[2.0, 2.0, 2.0, 0.5])
    assert timed.is_over(timedelta(minutes=late)) is is_over


@given(st.lists(st.floats(0.1, 1e4), min_size=1, max_size=9), st.floats(-9, 9))
def test_moved_logarithms(values: list[float], by: float) -> None:
    """Sums of moved logarithms are those that the moved values would have."""
    fields = MEASURE["latency"].fields

    def sums(moved: float) -> Sums:
        logs = [math.log(value) + moved for value in values]
        own = (len(logs), sum(logs), sum(one * one for one in logs))
        return counted(**dict(zip(fields, own, strict=True)))

    assert shifted(sums(0.0), fields, by).numbers == pytest.approx(sums(by).numbers, abs=1e-6)


# --- records that are there twice -------------------------------------------------------------------------


def instance(
    name: str, records: int, copies: int, minutes: tuple[int, int, int] = (50, 1, 0)
) -> InstanceCalls:
    """An instance with so many records, some of them copies: the first, the last and the newest of all."""
    times = [END - timedelta(minutes=one) for one in minutes] if copies else [None] * 3
    return InstanceCalls(
        failed=0,
        recovered=0,
        records=records,
        copies=copies,
        service="shop",
        deployment="shop-chat",
        instance=name,
        first_copy=times[0],
        last_copy=times[1],
        last_record=times[2],
    )


def test_a_lost_acknowledgement_is_no_incident() -> None:
    """A batch that was sent twice is odd; of an instance that has each record twice it is said."""
    assert duplicates.found([instance("a", 5_000, 20), instance("b", 5_000, 0)], ORIGIN) == []
    (found,) = duplicates.found([instance("a", 100, 50), instance("b", 100, 0)], ORIGIN)
    assert found.extent.terms == (("instance", "a"),)


@pytest.mark.parametrize(
    ("last", "newest", "state"), [(1, 0, "ongoing"), (25, 0, "ended"), (25, 25, "ongoing")]
)
def test_duplicates_end(last: int, newest: int, state: str) -> None:
    """They have ended where many more would have come since; where no records came nobody knows."""
    (found,) = duplicates.found([instance("a", 100, 50, (50, last, newest)), instance("b", 100, 0)], ORIGIN)
    when = duplicates.period(found.extent, ORIGIN, END - timedelta(hours=1)).period
    assert when.since == END - timedelta(minutes=50)
    assert (when.state, when.is_earliest) == (state, False)
