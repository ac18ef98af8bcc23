"""How many calls there are, against the same hours of the day and of the week before.

*Silent*: no call, or hardly one, for so long that the usual number of calls makes it no chance. *More*:
several times the calls of each of the times before; twice as many are a busy hour.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Final

from foundry_telemetry.investigate.incident.dimensions import OF_UNITS, TAG
from foundry_telemetry.investigate.incident.extents import Slices
from foundry_telemetry.investigate.incident.slices import SAME, WEEK, Slice, added
from foundry_telemetry.investigate.incident.statistics import Compared, count_gain

if TYPE_CHECKING:
    from foundry_telemetry.investigate.incident.scan import Compare, Interval

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


def _is_of(one: Slice, slices: Slices) -> bool:
    return (
        not one.dimension
        or one.dimension in _OF
        or one.dimension.startswith(TAG)
        or slices.value_of(one.unit, one.dimension) is not None
    )


def _calls(own: Iterable[Slice], interval: Interval) -> tuple[float, list[float]]:
    """Calls of an interval, and those of the same hours before, a day and a week."""
    calls, same, week, number = 0.0, 0.0, 0.0, 1
    for one in own:
        number = len(one.bins)
        calls += sum(sums["calls"] for sums in one.bins[interval.first : interval.end])
        same, week = same + one.of(SAME)["calls"], week + one.of(WEEK)["calls"]
    share = (interval.end - interval.first) / number
    return calls, [same * share, week * share]


def _more(slices: Slices) -> Compare:
    def compare(own: Iterable[Slice], interval: Interval) -> Compared | None:
        own = tuple(own)
        calls, before = _calls(own, interval)
        usual = max(before)
        if not all(_is_of(one, slices) for one in own):
            return None
        if calls < _FEWEST_CALLS or not min(before) or calls < _MORE_LEAST * usual:
            return None
        gain = count_gain(calls, usual, MORE)
        return Compared(gain, calls, usual, calls, calls, gain)

    return compare


def _silent(slices: Slices) -> Compare:

    def compare(own: Iterable[Slice], interval: Interval) -> Compared | None:
        own = tuple(own)
        calls, before = _calls(own, interval)
        usual = min(before)
        if not all(_is_of(one, slices) for one in own) or calls > _FEWER_LEAST * usual:
            return None
        gain = count_gain(calls, usual, FEWER, lower=True)
        return Compared(gain, calls, usual, calls, usual, gain)

    return compare


VOLUMES: Final[Mapping[str, Callable[[Slices], Compare]]] = {"volume:silent": _silent, "volume:more": _more}
"""By name of the measure."""
