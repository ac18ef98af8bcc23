"""How much telemetry was lost, from the attempt to Azure, and why.

*Signal*: traces, logs (the ledger among them) or metrics, or the part of a record that is missing. *Item*:
one span, span event, log record or metric point, or one such part.

Whoever drops an item counts it here; the total is the metric ``foundry.telemetry.dropped``.
"""

from __future__ import annotations

import os
import threading
from collections import Counter, deque
from typing import Final

from foundry_telemetry.schema.value import Reason, Signal

__all__ = ["OF_APPLICATION", "Dropped", "Loss", "Reason", "Signal", "dropped"]

_MAX_NOTES: Final = 1024

OF_APPLICATION: Final = frozenset({Reason.SINK_ERROR, Reason.PROCESSOR_ERROR, Reason.FORMAT_ERROR})
"""Reasons for which our record may be whole: code of the application failed on it."""

Loss = tuple[Reason, Signal]


class Dropped:
    """The count. Adding is safe anywhere: in a finalizer, a signal handler, under locks of the SDK."""

    def __init__(self) -> None:
        self.is_counted = False
        """Whether somebody counts what is lost between the SDK and Azure: `configure()` does."""
        self._notes: deque[tuple[Loss, int]] = deque()
        self._totals: Counter[Loss] = Counter()
        self._folding = threading.Lock()
        self._again: Counter[Loss] = Counter()
        self._reported: Counter[Loss] = Counter()

    def add(self, reason: Reason, signal: Signal, count: int = 1) -> None:
        """Count `count` items."""
        if count <= 0:
            return
        self._notes.append(((reason, signal), count))
        if len(self._notes) > _MAX_NOTES:
            self._fold()

    def totals(self) -> Counter[Loss]:
        """Items since the start of the process; a copy."""
        self._fold()
        return Counter(self._totals)

    def report(self) -> Counter[Loss]:
        """For a metric reader: the totals, and once more what was reported to it and it could not hand on."""
        self._reported = self.totals() + self._again
        return Counter(self._reported)

    def requeue(self, loss: Loss, count: int) -> None:
        """The metric points that reported a loss were themselves lost.

        The SDK hands on the difference to the last time only, so the total is raised by what nobody got.
        """
        self._again[loss] += count

    def unreported(self) -> Counter[Loss]:
        """What was reported to no metric reader yet."""
        return self.totals() + self._again - self._reported

    def _fold(self) -> None:
        # Never waits: whoever holds the lock folds, or is this very thread further down.
        if not self._folding.acquire(blocking=False):
            return
        try:
            while self._notes:
                loss, count = self._notes.popleft()
                self._totals[loss] += count
        finally:
            self._folding.release()

    def after_fork(self) -> None:
        """In the child of a fork: another thread of the parent may have held the lock."""
        self._folding = threading.Lock()


dropped: Final = Dropped()
"""Of this process."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=dropped.after_fork)
