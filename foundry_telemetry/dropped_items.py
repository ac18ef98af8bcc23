"""How much telemetry was lost, from the attempt to Azure, and why.

*Signal*: traces, logs (the ledger among them) or metrics, or the part of a record that is missing. *Item*:
one span, span event, log record or metric point, or one such part.

Whoever drops an item counts it here; the total is the metric ``foundry.telemetry.dropped``.
"""

from __future__ import annotations

import os
import threading
from collections import Counter, deque
from enum import StrEnum
from typing import Final

_MAX_NOTES: Final = 1024


class Signal(StrEnum):
    """What was lost."""

    TRACES = "traces"
    LOGS = "logs"
    METRICS = "metrics"
    ATTEMPTS = "attempts"
    """Whole records of attempts: span, metrics and ledger event at once."""
    TOKENS = "tokens"
    """The token usage of an attempt; all else of it is recorded."""
    TIMINGS = "timings"
    """A time of an attempt; all else of it is recorded."""
    TRACE_CONTEXT = "trace_context"
    """The ``traceparent`` of a request; the attempt is recorded."""
    EXCEPTION_NOTES = "exception_notes"
    """The note on an exception; the attempt is recorded."""
    BUDGETS = "budgets"
    """The sum of a budget; the attempt is recorded."""
    SINKS = "sinks"
    """One call of a sink; the attempt is recorded."""


class Reason(StrEnum):
    """Why it was lost."""

    INTERNAL_ERROR = "internal_error"
    """Our own code failed."""
    SINK_ERROR = "sink_error"
    """A sink of the application raised; the record is whole."""
    SAMPLER_ERROR = "sampler_error"
    """A sampler or span processor of the application raised, so an attempt has no span."""
    PROCESSOR_ERROR = "processor_error"
    """A processor of the application raised when it was given a finished span or a ledger event."""
    FORMAT_ERROR = "format_error"
    """A log line of the application does not fit the logging format or its own arguments."""
    QUEUE_FULL = "queue_full"
    """More came in five seconds than the queue holds (``OTEL_BSP_MAX_QUEUE_SIZE``, ``OTEL_BLRP_…``)."""
    AFTER_SHUTDOWN = "after_shutdown"
    """It came after the providers were shut down."""
    EXPORT_ERROR = "export_error"
    """The exporter raised, or could not make a request of it."""
    REFUSED = "refused"
    """Azure answered that it does not want it, now or ever: 400, 404, 413 and the like."""
    QUOTA = "quota"
    """Azure answered 402 or 439: the quota or the daily cap is reached."""
    INGESTION_SAMPLING = "ingestion_sampling"
    """Azure answered that its own sampling left it out."""
    STORAGE_DISABLED = "storage_disabled"
    """It could not be sent, and the exporter has no disk to keep it on."""
    STORAGE_FULL = "storage_full"
    """It could not be sent, and the exporter's disk space (``storage_max_size``) is used up."""
    STORAGE_FAILED = "storage_failed"
    """It could not be sent, and writing it to disk failed."""
    EXPIRED = "expired"
    """It waited on disk for longer than ``storage_retention_period``."""
    EXIT = "exit"
    """The process ended before it was sent or on disk."""


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
        self._told: Counter[Loss] = Counter()

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

    def tell(self) -> Counter[Loss]:
        """For a metric reader: the totals, and once more what it was told and could not hand on."""
        self._told = self.totals() + self._again
        return Counter(self._told)

    def requeue(self, loss: Loss, count: int) -> None:
        """The metric points that told of a loss were themselves lost.

        The SDK hands on the difference to the last time only, so the total is raised by what nobody got.
        """
        self._again[loss] += count

    def unreported(self) -> Counter[Loss]:
        """What no metric reader was told yet."""
        return self.totals() + self._again - self._told

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
