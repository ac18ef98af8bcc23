"""What waits to be redacted, and the threads that do it: away from the calls, the ledger and the exit.

*Worker*: the thread that redacts, encodes and hands on. *Watch*: the thread that gives it one record at a
time, and waits for it. Functions of the application run in the worker; one that does not come back within
two seconds ends the logging of content for the process, and with it whatever waits.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Final

from foundry_telemetry.config.content import ContentPolicy
from foundry_telemetry.content import pipelines
from foundry_telemetry.content.record import PendingContent, record_of
from foundry_telemetry.content.redaction import Redactor
from foundry_telemetry.dropped_items import Reason, Signal, dropped
from foundry_telemetry.internal_errors import internal_errors

Sink = Callable[[dict[str, Any], PendingContent], object]
"""Takes a record, and what it was made of."""

HANG_S: Final = 2.0
"""Seconds that a function of the application has for one record."""
_STOP_S: Final = 1.0
_STALL_S: Final = 0.2
"""Seconds without a record after which an exit waits no longer."""
_SLICES: Final = 20
"""Parts that these are waited in: a process that is frozen for a while, as functions are, loses one."""
_log: Final = logging.getLogger("foundry_telemetry")


class ContentPipeline:
    """The way of content out of the process.

    Args:
        policy: What is kept.
        sink: Takes the records.
    """

    def __init__(self, policy: ContentPolicy, sink: Sink) -> None:
        self._policy = policy
        self._sink = sink
        self._redactor = Redactor(national_ids=policy.national_ids, redact=policy.redact)
        self.is_off = False
        """Whether a function of the application did not come back."""
        self._start_anew()
        pipelines.add(self)

    def _start_anew(self) -> None:
        self._waiting: deque[PendingContent] = deque()
        self._size = self._done = 0
        self._lock = threading.Lock()
        self._has_work = threading.Event()
        self._stopping = threading.Event()
        self._is_idle = threading.Event()
        self._is_idle.set()
        self._watch: threading.Thread | None = None

    def put(self, pending: PendingContent) -> None:
        """Take the content of an attempt, unless too much waits."""
        if self.is_off:
            dropped.add(Reason.SINK_ERROR, Signal.CONTENT)
            return
        size = pending.size
        with self._lock:
            has_room = self._size + size <= self._policy.queue_bytes
            if has_room:
                self._size += size
                self._waiting.append(pending)
                self._is_idle.clear()
        if not has_room:
            dropped.add(Reason.QUEUE_FULL, Signal.CONTENT)
            return
        if self._watch is None:
            self._start()
        self._has_work.set()

    def drain(self, timeout_s: float) -> bool:
        """Wait until all that waits is handed on, unless it does not go on; whether all was.

        Args:
            timeout_s: Seconds to wait at most.
        """
        until, done = time.monotonic() + timeout_s, -1
        while not self._is_idle.wait(_STALL_S):
            if time.monotonic() >= until or done == self._done:
                return False
            done = self._done
        return True

    def stop(self) -> None:
        """End the threads, once what waits is handed on; the next content starts them anew."""
        self.drain(_STOP_S)
        watch, self._watch = self._watch, None
        if watch is not None:
            self._stopping.set()
            self._has_work.set()
            watch.join(_STOP_S)
            self._stopping.clear()

    def after_fork(self) -> None:
        """In the child of a fork: what waits is the parent's."""
        self._start_anew()

    def _start(self) -> None:
        with self._lock:
            if self._watch is not None:
                return
            self._watch = threading.Thread(target=self._run, name="foundry-content-watch", daemon=True)
        self._watch.start()

    def _run(self) -> None:
        worker = _Worker(self._hand_on)
        while not self.is_off and not self._stopping.is_set():
            self._has_work.wait()
            self._has_work.clear()
            while self._waiting and not self.is_off:
                pending = self._waiting.popleft()
                if not worker.do(pending):
                    self._turn_off()
                with self._lock:
                    self._done += 1
                    self._size = max(self._size - pending.size, 0)
                    if not self._waiting:
                        self._is_idle.set()
        worker.stop()

    def _turn_off(self) -> None:
        self.is_off = True
        with self._lock:
            dropped.add(Reason.SINK_ERROR, Signal.CONTENT, 1 + len(self._waiting))
            self._waiting.clear()
            self._size = 0
        try:
            _log.warning(
                "content of requests and responses is no longer logged: a function of ContentPolicy or a log "
                "processor did not return within %g s. Calls and all other telemetry go on",
                HANG_S,
            )
        finally:
            self._is_idle.set()

    def _hand_on(self, pending: PendingContent) -> None:
        try:
            self._sink(record_of(pending, self._redactor, self._policy), pending)
        except Exception as error:
            internal_errors.add(error, Signal.CONTENT, Reason.SINK_ERROR)


class _Worker:
    """A thread that does one thing after the other, and is left behind where it hangs."""

    def __init__(self, job: Callable[[PendingContent], object]) -> None:
        self._job = job
        self._todo: deque[PendingContent] = deque()
        self._has_work = threading.Semaphore(0)
        self._is_done = threading.Event()
        self._is_stopping = False
        self._thread = threading.Thread(target=self._run, name="foundry-content", daemon=True)
        self._thread.start()

    def do(self, pending: PendingContent) -> bool:
        """Do it; whether it was done in time."""
        self._is_done.clear()
        self._todo.append(pending)
        self._has_work.release()
        return any(self._is_done.wait(HANG_S / _SLICES) for _ in range(_SLICES))

    def stop(self) -> None:
        """End the thread, unless it hangs."""
        self._is_stopping = True
        self._has_work.release()
        self._thread.join(_STALL_S)

    def _run(self) -> None:
        while True:
            self._has_work.acquire()
            if self._is_stopping:
                return
            self._job(self._todo.popleft())
            self._is_done.set()


def _after_fork() -> None:
    for pipeline in list(pipelines):
        if isinstance(pipeline, ContentPipeline):
            pipeline.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
