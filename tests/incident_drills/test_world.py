"""The world: the same for the same seed, with the rhythm of days and weeks."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from tests.incident_drills.named import at
from tests.incident_drills.topology import SERVICES
from tests.incident_drills.world import DIMENSIONS, World, calls, rate

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def test_a_seed_makes_a_world() -> None:
    """The same seed makes the same calls, another seed others, and a shorter world has the same."""
    start = at(19, 9)
    made = calls(1, start, start + 2 * HOUR)
    assert made == calls(1, start, start + 2 * HOUR)
    assert made != calls(2, start, start + 2 * HOUR)
    assert [one for one in made if one.at < start + HOUR] == calls(1, start, start + HOUR)
    assert [one for one in made if one.at >= start + HOUR] == calls(1, start + HOUR, start + 2 * HOUR)


def test_every_call_is_one_of_its_own(two_days: World) -> None:
    """No two calls share an id, and they are in order."""
    ids = Counter(call.call_id for call in two_days.calls)
    assert max(ids.values()) == 1
    assert two_days.calls == sorted(two_days.calls, key=lambda one: (one.at, one.call_id))


def test_the_rhythm_of_days_and_weeks(two_days: World) -> None:
    """Nights are quiet but for the job that runs at night, Saturdays quieter than Fridays, weeks alike."""
    by_hour = Counter((call.service, call.at.hour) for call in two_days.calls)
    for service in SERVICES:
        noon, night = by_hour[service.name, 10], by_hour[service.name, 2]
        assert noon > 5 * night if service.name != "night-batch" else night > noon == 0
        friday = at(20, 10)
        assert rate(service, friday) == rate(service, friday - 7 * DAY) >= rate(service, friday + DAY)


@pytest.mark.parametrize("dimension", [name for name in DIMENSIONS if name != "operation"])
def test_every_dimension_has_values_to_tell_apart(two_days: World, dimension: str) -> None:
    """A dimension in which all calls are alike could not be named wrongly."""
    assert len({call.value(dimension) for call in two_days.calls}) > 1


def test_a_healthy_world_has_no_effect(two_days: World) -> None:
    """Without anything that goes wrong a call has no copies, no skew and no code, and few fail."""
    assert {(call.copies, call.skew_s, call.code) for call in two_days.calls} == {(1, 0.0, "")}
    failing = sum(bool(call.errors) for call in two_days.calls)
    assert 0 < failing < 0.02 * len(two_days.calls)
