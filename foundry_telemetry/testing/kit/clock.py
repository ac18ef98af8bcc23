"""Time and ids that are the same in every run.

The clock of a test stands still, but playing an answer moves it on: by `HEADERS_S` before the headers,
by `PIECE_S` before each piece of the body, and by the waits of the script, in whose place nobody waits. So a
duration is what the script sets, and not how busy the machine was.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from opentelemetry.sdk.trace.id_generator import IdGenerator

HEADERS_S: Final = 0.1
"""Seconds until the headers of an answer."""
PIECE_S: Final = 0.01
"""Seconds until each piece of its body."""


_STILL_S: Final = 30
"""Seconds of the process, busy as the machine may be, that are none of the test."""
_SECOND_NS: Final = 10**9


class Clock:
    """The clock by which attempts are measured in a test."""

    piece_s = PIECE_S

    def __init__(self) -> None:
        self._began_ns = time.time_ns()
        self._passed_ns = 0
        self._lock = threading.Lock()

    @property
    def passed_s(self) -> float:
        """Seconds that passed since the test began."""
        return self._passed_ns / 1e9

    def advance(self, seconds: float) -> None:
        """Move on.

        Raises:
            ValueError: `seconds` is negative.
        """
        if seconds < 0:
            raise ValueError(f"advance({seconds!r}): expected 0 or more; this clock does not run backwards")
        with self._lock:
            self._passed_ns += round(seconds * 1e9)

    def monotonic_ns(self) -> int:
        """In the place of `time.perf_counter_ns`."""
        return self._passed_ns

    def wall_ns(self) -> int:
        """In the place of `time.time_ns`: when the test began, in whole seconds, and what passed since.

        Tokens of the application expire by the clock of the process, which other tools may have set; where
        one of them moves it by more than `_STILL_S`, this one follows.
        """
        now = time.time_ns()
        if 0 <= now - self._began_ns < _STILL_S * _SECOND_NS:
            now = self._began_ns // _SECOND_NS * _SECOND_NS
        return now + self._passed_ns


class CountingSpanIds(IdGenerator):
    """Ids of spans and traces. The count is where a support code shows it: ``FT-00000-00001``."""

    def __init__(self) -> None:
        self._spans = itertools.count(1)
        self._traces = itertools.count(1)

    def generate_span_id(self) -> int:
        """The next one."""
        return int(f"{next(self._spans):010d}000000", 16)

    def generate_trace_id(self) -> int:
        """The next one."""
        return int(f"{next(self._traces):032d}", 16)


class CountingResponseIds:
    """Ids that the service gives, each kind counted by itself.

    An answer is also made while a script is written; only one that is played counts.
    """

    def __init__(self) -> None:
        self._counts: defaultdict[str, itertools.count[int]] = defaultdict(lambda: itertools.count(1))
        self._here = threading.local()

    @contextmanager
    def counting(self) -> Iterator[None]:
        """While an answer is played, in this thread."""
        self._here.plays = True
        try:
            yield
        finally:
            self._here.plays = False

    def text(self, prefix: str, length: int) -> str:
        """The next one of this kind."""
        return f"{self._next(prefix):0{length}d}"

    def guid(self) -> str:
        """The next one."""
        return f"00000000-0000-4000-8000-{self._next('guid'):012d}"

    def _next(self, kind: str) -> int:
        return next(self._counts[kind]) if getattr(self._here, "plays", False) else 0
