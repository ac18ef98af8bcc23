"""Cumulative series as the increases that the Azure exporter would have sent.

*Series*: the points of one metric with the same resource, scope, attributes and start. *Totals*: what a point
of it has counted since that start. A process that starts anew has another start, and so another series; two
processes that nothing else distinguishes have two. What a series counted before anybody received it here is
unknown, unless it started later than this server did: then its first point counts from zero.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from foundry_telemetry.local.ingest.otlp.values import ItemError

MOST_SERIES: Final = 50_000
"""Series that are remembered, at some 300 bytes each."""

IDLE_S: Final = 3600.0
"""Seconds without a point after which a series makes room for others; most senders send every minute."""

Totals = tuple[float, ...]


@dataclass(frozen=True)
class Increase:
    """What came since the point before."""

    totals: Totals
    whole: bool
    """Whether it is all that the series has counted since its start."""


@dataclass(frozen=True)
class _Last:
    """The newest point of a series."""

    time_ns: int
    totals: Totals
    seen_s: float


class CumulativeSeries:
    """Remembers the newest point of each series.

    What `increase` learns counts once it is kept, which is when the rows are stored: points of a request that
    could not be stored come again. Used by one request at a time.

    Args:
        started_ns: From when on a series that starts is known from its start.
        clock: Seconds that only go on, for series that are idle.
    """

    def __init__(self, started_ns: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._started_ns = started_ns
        self._clock = clock
        self._kept: OrderedDict[bytes, _Last] = OrderedDict()
        self._new: dict[bytes, _Last] = {}

    def increase(self, key: bytes, start_ns: int, time_ns: int, totals: Totals) -> Increase | None:
        """What a point adds to the one before.

        Args:
            key: Of the series.
            start_ns: When it started; 0 where that is unknown.
            time_ns: When the point was made.
            totals: The first of them only falls where the series began again at zero.

        Returns:
            ``None`` for a first point that only says where to count from, and for one that was sent again.

        Raises:
            ItemError: It is older than the point before, or there are too many series.
        """
        last = self._new.get(key) or self._kept.get(key)
        if last is None and not self._has_room():
            raise ItemError(
                f"more than {MOST_SERIES} cumulative series; ask the sender for delta temporality"
            )
        if last is not None and time_ns <= last.time_ns:
            if time_ns == last.time_ns:
                return None
            raise ItemError("a cumulative point that is older than the one before it")
        self._new[key] = _Last(time_ns, totals, self._clock())
        if last is None:
            return Increase(totals, whole=True) if start_ns >= self._started_ns else None
        if totals[0] < last.totals[0]:
            return Increase(totals, whole=True)
        return Increase(tuple(now - then for now, then in zip(totals, last.totals, strict=True)), whole=False)

    def keep(self) -> None:
        """What was learned counts from now on."""
        for key, last in self._new.items():
            self._kept[key] = last
            self._kept.move_to_end(key)
        self._new.clear()

    def forget(self) -> None:
        """What was learned since it was last kept does not count."""
        self._new.clear()

    def _has_room(self) -> bool:
        """Whether there is room for one more, if need be for an idle one's."""
        if len(self._kept) + len(self._new) < MOST_SERIES:
            return True
        key, last = next(iter(self._kept.items()), (b"", None))
        if last is None or self._clock() - last.seen_s < IDLE_S or key in self._new:
            return False
        del self._kept[key]
        # Should it come back, its first point must not count a second time.
        self._started_ns = max(self._started_ns, last.time_ns)
        return True
