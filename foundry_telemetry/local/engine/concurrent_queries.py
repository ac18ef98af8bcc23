"""Queries beside each other, and those that need all memory, which run one after the other."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from foundry_telemetry.local.engine.errors import too_large

BUSY: Final = (
    "The queries that run at the moment need all memory of the local store: ask again when they have ended."
)

PAUSE_S: Final = 2.0
"""Seconds that a query waits for one that runs alone, or for a processor."""
AT_ONCE: Final = max(2, os.cpu_count() or 1)
"""Queries that run at a time. Each takes one processor, and more push each other out of its cache: four at a
time on two take a quarter more processor time, and no less on the clock."""


class ConcurrentQueries:
    """Counts the queries that run at a time, and lets those that need all memory run one after the other."""

    def __init__(self) -> None:
        self._idle = threading.Condition()
        self._running = 0
        self._exclusive = 0
        self._turn = threading.Lock()

    @contextmanager
    def others(self, seconds: float) -> Iterator[Callable[[], bool]]:
        """Run beside others; gives what says later whether there were any.

        Whoever comes while another query is to run alone, or while all processors are taken, waits a moment.
        """
        had_others = False

        def note() -> bool:
            return had_others

        with self._idle:
            self._idle.wait_for(self._has_room, timeout=min(PAUSE_S, seconds))
            self._running += 1
            had_others = self._running > 1
        try:
            yield note
        finally:
            with self._idle:
                had_others = had_others or self._running > 1
                self._running -= 1
                self._idle.notify_all()

    @contextmanager
    def alone(self, seconds: float) -> Iterator[None]:
        """Run when the others have ended, or when half of the seconds are over."""
        if not self._turn.acquire(timeout=seconds):
            raise too_large(BUSY)
        try:
            with self._idle:
                self._exclusive += 1
                self._idle.wait_for(lambda: self._running == 0, timeout=seconds / 2)
            yield
        finally:
            with self._idle:
                self._exclusive -= 1
                self._idle.notify_all()
            self._turn.release()

    def _has_room(self) -> bool:
        return not self._exclusive and self._running < AT_ONCE
