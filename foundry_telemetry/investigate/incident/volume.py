"""How many calls there are, against the same hours of the day and of the week before.

*Silent*: no call, or hardly one, for so long that the usual number of calls makes it no chance. *More*:
several times the calls of each of the times before; twice as many are a busy hour.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from foundry_telemetry.investigate.incident.dimensions import OF_UNITS, TAG
from foundry_telemetry.investigate.incident.extents import Slices
from foundry_telemetry.investigate.incident.slices import Bins, Slice
from foundry_telemetry.investigate.incident.statistics import NOTHING, Compared, count_gain

MORE: Final = 2.0
"""Times the usual calls that are still usual."""
_MORE_LEAST: Final = 2.3
FEWER: Final = 2.0
"""As many times fewer calls are still usual."""
_FEWER_LEAST: Final = 0.15
"""Share of the usual calls up to which it is silent."""
_FEWEST_CALLS: Final = 25
_OF: Final = (*OF_UNITS, "instance", "resource", "region")
"""Whose volume is compared, beside tags: a version or a model is replaced by another one."""


def is_comparable(one: Slice, slices: Slices) -> bool:
    """Whether the calls of a slice can be compared by their number."""
    return (
        not one.dimension
        or one.dimension in _OF
        or one.dimension.startswith(TAG)
        or slices.value_of(one.unit, one.dimension) is not None
    )


def more(own: Sequence[Slice], first: int, end: int) -> Compared:
    """Whether there are several times the usual calls in some bins."""
    calls, same, week = _calls(own, first, end)
    if not min(same, week):
        return NOTHING
    usual = max(same, week)
    gain = count_gain(calls, usual, MORE)
    return Compared(gain, calls, usual, calls, calls, gain)


def silent(own: Sequence[Slice], first: int, end: int) -> Compared:
    """Whether there are hardly any of the usual calls in some bins."""
    calls, same, week = _calls(own, first, end)
    usual = min(same, week)
    gain = count_gain(calls, usual, FEWER, lower=True)
    return Compared(gain, calls, usual, calls, usual, gain)


def is_more(found: Compared) -> bool:
    """Whether it is enough to matter."""
    return found.count >= _FEWEST_CALLS and found.now >= _MORE_LEAST * (found.baseline or 0.0)


def is_silent(found: Compared) -> bool:
    """Whether it is as good as silent."""
    return found.now <= _FEWER_LEAST * (found.baseline or 0.0)


def _calls(own: Sequence[Slice], first: int, end: int) -> tuple[float, float, float]:
    """Calls of some bins, and of the same hours a day and a week before."""

    def counted(bins: Bins) -> float:
        return sum(sums["calls"] for sums in bins[first:end])

    return (
        sum(counted(one.now_bins) for one in own),
        sum(counted(one.same_bins) for one in own),
        sum(counted(one.week_bins) for one in own),
    )
