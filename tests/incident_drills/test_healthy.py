"""No false alarms on healthy days, and that what is computed in memory is what the query answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest

from foundry_telemetry.investigate import sources
from foundry_telemetry.investigate.incident.dimensions import DIMENSIONS, tag
from foundry_telemetry.investigate.incident.extents import Slices
from foundry_telemetry.investigate.incident.slice_query import ask, window
from foundry_telemetry.investigate.incident.slices import BINS, Slice, Sums
from foundry_telemetry.local.api.server import LocalAzureMonitor
from tests.incident_drills import ledger
from tests.incident_drills.healthy import MOST_ALARMS, lines, sweep
from tests.incident_drills.healthy_days import START, HealthyDays
from tests.incident_drills.in_memory import Cells

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
SEED = 18_018
_FEW = HealthyDays(SEED, size=0.4, services=("support-bot", "night-batch"))


@pytest.mark.slow
def test_ten_healthy_days_have_no_alarm() -> None:
    """Asked every hour of ten healthy days, with doubled traffic and quiet nights: at most one alarm."""
    asked = list(sweep(_FEW, 10, _HOUR, _HOUR))
    alarms = [one for one in asked if one.findings]
    assert len(asked) == 10 * 24
    assert max(one.comparisons for one in asked) > 300
    assert len(alarms) <= MOST_ALARMS, [line for one in alarms for line in lines(one)]


@pytest.mark.slow
def test_slices_in_memory_are_those_of_the_query() -> None:
    """The windows of `sweep` are what `slices.kql` answers over the same ledger."""
    asked = START + 7 * _DAY
    days = (START, START + 6 * _DAY, asked)
    calls = [one for day in days for one in _FEW.calls(day)]
    cells = Cells(START, _HOUR / BINS)
    cells.add(ledger.envelopes(calls))
    dimensions = (*DIMENSIONS, tag("tenant"), tag("feature"))
    with LocalAzureMonitor(retention_days=36_500) as azure, sources.local(azure.url) as source:
        ledger.put(azure.store, calls)
        for end in (asked + 11 * _HOUR, asked + 3 * _HOUR + _HOUR / 4):
            of = window(end - _HOUR, end)
            found = _by_key(ask(source, of, "true", dimensions))
            expected = _by_key(cells.slices(end - _HOUR, end))
            assert found.keys() == expected.keys()
            shift = (of.day.start - START) / timedelta(milliseconds=1)
            for key, slice_ in expected.items():
                assert _numbers(found[key], shift) == pytest.approx(_numbers(slice_, 0.0), abs=1e-6), key


def _by_key(slices: list[Slice]) -> Mapping[tuple[object, str, str], Slice]:
    """As a report has them: a dimension with one value has the numbers of its unit."""
    known = Slices(slices)
    found = {(unit, "", ""): one for unit, one in known.wholes.items()}
    for unit, dimensions in known.values.items():
        for dimension, values in dimensions.items():
            found |= {(unit, dimension, value): one for value, one in values.items()}
    return found


def _numbers(one: Slice, shift: float) -> list[float]:
    """All numbers of a slice, in an order of their own."""
    every = (*one.now_bins, *one.same_bins, *one.week_bins, one.day, one.now, one.same, one.week)
    return [number for sums in every for number in _of_sums(sums, shift)]


def _of_sums(sums: Sums, shift: float) -> list[float]:
    times = [sums.oldest_ms + shift, sums.newest_ms + shift]
    for _, failed in sorted(sums.errors.items()):
        times += failed.attempts, failed.oldest_ms + shift, failed.newest_ms + shift
    return [*sums.numbers, *times]
