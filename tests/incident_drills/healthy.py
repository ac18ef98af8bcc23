"""`python -m tests.incident_drills.healthy`: how many false alarms `foundry-telemetry incident` gives.

It is asked again and again on healthy days. The windows are added up in memory, since a local Azure Monitor
would take a day for them. The exit code is 1 with more than one alarm.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from foundry_telemetry.investigate.incident import scan
from foundry_telemetry.investigate.incident.extents import Slices
from foundry_telemetry.investigate.incident.merging import Merged, merged
from foundry_telemetry.investigate.incident.slices import BINS
from tests.incident_drills import ledger
from tests.incident_drills.healthy_days import START, HealthyDays
from tests.incident_drills.in_memory import Cells

FOR_SETTING = (*range(100, 110), 900, 901, *range(910, 922))
"""Seeds on which thresholds may be set."""
FOR_JUDGING = tuple(range(922, 930))
"""Seeds of which none was looked at when a threshold was set."""
MOST_ALARMS = 1
_DAY, _BEFORE = timedelta(days=1), timedelta(days=8)
"""Before the first day that is asked about there are those that it is compared with."""


class Asked(NamedTuple):
    """A question and its answer."""

    end: datetime
    comparisons: int
    findings: list[Merged]


def sweep(world: HealthyDays, days: int, every: timedelta, window: timedelta) -> Iterator[Asked]:
    """Ask at each moment of some healthy days.

    Args:
        world: Has the calls.
        days: How many.
        every: From one question to the next; whole cells.
        window: The time that is asked for; it has `BINS` cells or a multiple.
    """
    cells = Cells(START, window / BINS)
    for number in range(days + _BEFORE.days):
        day = START + number * _DAY
        cells.forget(day - _BEFORE)
        cells.add(ledger.envelopes(world.calls(day)))
        if number < _BEFORE.days:
            continue
        for place in range(_DAY // every):
            end = day + place * every
            found, comparisons = scan.scan(Slices(cells.slices(end - window, end)))
            yield Asked(end, comparisons, merged(found))


def lines(asked: Asked) -> Iterator[str]:
    """What an alarm says."""
    for one in (each for finding in asked.findings for each in (finding.main, *finding.also)):
        terms = ", ".join(f"{name} {value}" for name, value in one.extent.terms) or "all"
        got, bins = one.compared, f"bins {one.interval.first}-{one.interval.end}"
        yield (
            f"{asked.end:%a %Y-%m-%d %H:%M} {one.name} of {terms}, {bins}: gain {got.gain:.1f}, "
            f"{got.now:.4g} against {got.baseline or 0:.4g}, {got.affected:g} of {got.count:g}"
        )


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.incident_drills.healthy", description=__doc__)
    parser.add_argument("--days", type=int, default=200, help="how many (by default 200)")
    parser.add_argument("--seed", type=int, default=FOR_JUDGING[0], help="of the days")
    parser.add_argument("--every", type=int, default=15, help="minutes from question to question (15)")
    parser.add_argument("--window", type=int, default=60, help="minutes that are asked for (60)")
    parser.add_argument(
        "--clear", type=float, default=scan.CLEAR, help="gain of an alarm, beside the comparisons"
    )
    return parser.parse_args(given)


def main(given: list[str] | None = None) -> int:
    """Returns the exit code: 1 with more than one alarm."""
    options = arguments(given)
    scan.CLEAR = options.clear  # type: ignore[misc] - to see how close it is
    begun = time.process_time()
    every, window = timedelta(minutes=options.every), timedelta(minutes=options.window)
    alarms, comparisons = 0, []
    for asked in sweep(HealthyDays(options.seed), options.days, every, window):
        comparisons.append(asked.comparisons)
        alarms += bool(asked.findings)
        for line in lines(asked):
            _say(line)
    taken = time.process_time() - begun
    average, most = sum(comparisons) / len(comparisons), max(comparisons)
    _say(f"{len(comparisons):,} questions over {options.days} days: {alarms} alarms; {taken:.0f} s")
    _say(f"comparisons in a question: {average:,.0f} on average, {most:,} at most")
    return int(alarms > MOST_ALARMS)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
