"""How many calls there are, against the same hours of the day and of the week before.

*Silent*: no call for so long that the usual number of calls makes it no chance. *More*: several times the
calls of each of the times before; twice as many are a busy hour.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from foundry_telemetry.investigate.incident.extents import Extent, Slices
from foundry_telemetry.investigate.incident.slices import NOW, SAME, WEEK, Sums, added
from foundry_telemetry.investigate.incident.statistics import Compared, count_gain

_MORE: Final = 2.0
"""Times the usual calls that are still usual."""
_MORE_LEAST: Final = 2.4
_FEWER: Final = 2.5
"""As many times fewer calls are still usual."""
_FEWEST_CALLS: Final = 30

Volume = Callable[[Extent], "Compared | None"]


def _usual(extent: Extent) -> list[float]:
    """Calls of the same hours before, a day and a week; only of days that have data at all."""
    found = []
    for period in (SAME, WEEK):
        sums = added(one.of(period) for one in extent.slices)
        found.append(sums["calls"])
    return found


def _now(extent: Extent) -> Sums:
    return added(one.of(NOW) for one in extent.slices)


def _more(slices: Slices) -> Volume:
    del slices

    def compare(extent: Extent) -> Compared | None:
        calls, usual = _now(extent)["calls"], max(_usual(extent))
        if calls < _FEWEST_CALLS or not usual or calls < _MORE_LEAST * usual:
            return None
        return Compared(count_gain(calls, usual, _MORE), calls, usual, calls, calls)

    return compare


def _silent(slices: Slices) -> Volume:
    everybody = added(one.of(NOW) for one in slices.wholes.values())
    end, start = everybody.newest_ms, everybody.oldest_ms
    length = max(end - start, 1.0)

    def compare(extent: Extent) -> Compared | None:
        now, usual = _now(extent), min(_usual(extent))
        newest = max(now.newest_ms, start)
        quiet = (end - newest) / length
        expected = usual * quiet
        if not expected:
            return None
        return Compared(expected / _FEWER, 0.0, expected, now["calls"], expected)

    return compare


VOLUMES: Final[Mapping[str, Callable[[Slices], Volume]]] = {"volume:silent": _silent, "volume:more": _more}
"""By name of the measure."""

