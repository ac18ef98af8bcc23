"""Processes that end past their exit handlers or are killed, and the last moment each of them leaves.

- uvicorn takes the signals for itself, shuts down, puts back the handlers it found and raises the signal once
  more. Where that was the default action, which gunicorn's uvicorn worker sees to, the process is gone.
- A forked child of `multiprocessing`, so of a ``ProcessPoolExecutor`` too, ends by ``os._exit``.
- So does a prefork worker of Celery.
- Whoever is not done when its grace period is over is killed.

gunicorn's own workers, hypercorn and granian let their processes exit.
"""

from __future__ import annotations

import mmap
import time
from collections.abc import Callable
from multiprocessing import parent_process, util
from types import ModuleType
from typing import Final

from wrapt import register_post_import_hook  # type: ignore[import-untyped, unused-ignore]

from foundry_telemetry.azure import servers
from foundry_telemetry.azure.sigterm import GracePeriod

_BEFORE_CHILDREN: Final = 10
"""Of a finalizer: those from 0 run before a process waits for its own children."""


class Flusher:
    """Flushes at those moments.

    Args:
        flush: Ends the pipelines; blocks for some seconds at most.
        grace_period: Begun when the process is asked to terminate.
    """

    def __init__(self, flush: Callable[[], object], grace_period: GracePeriod) -> None:
        self._flush = flush
        self._grace_period = grace_period
        self.celery_id = f"foundry_telemetry-{id(self)}"
        """By which celery knows its receivers."""

    def register(self) -> None:
        """Listen for all of them."""
        servers.watch(self)
        # Kept by weak reference there; called in each child, before its work begins.
        util.register_after_fork(self, Flusher._in_child)
        if parent_process() is not None:
            self._in_child()
        register_post_import_hook(self._connect_to_celery, "celery.signals")

    def on_termination_request(self) -> None:
        """A server got a termination signal."""
        self._grace_period.begin()

    def on_shutdown(self, *, is_fatal: bool) -> None:
        """A server that got one has shut down."""
        if is_fatal:
            self._flush()
        else:  # the process exits with its exit handlers, which wait for the flush that runs, or goes on
            self._grace_period.end(until=time.monotonic())

    def _in_child(self) -> None:
        util.Finalize(None, self._flush, exitpriority=_BEFORE_CHILDREN)

    def _connect_to_celery(self, signals: ModuleType) -> None:
        self._master_ends = _SharedFlag()
        # Before 5.7 celery knows a method by its function alone, and ignores that of a second object.
        options = {"weak": False, "dispatch_uid": self.celery_id}
        signals.worker_process_shutdown.connect(self._at_end_of_worker, **options)
        signals.worker_process_init.connect(self._at_start_of_worker, **options)
        signals.worker_shutting_down.connect(self._at_end_of_master, **options)

    def _at_end_of_worker(self, **_: object) -> None:
        self._flush()

    def _at_start_of_worker(self, **_: object) -> None:
        self._grace_period.begin_when(self._master_ends.is_set)

    def _at_end_of_master(self, **_: object) -> None:
        """In a signal handler."""
        self._master_ends.set()
        self._grace_period.begin()


class _SharedFlag:
    """A flag that a process shares with those it forks.

    Celery signals nothing to a worker process that runs a task: it waits for the task to end.
    """

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, 1)

    def set(self) -> None:
        """Set it. Safe in a signal handler."""
        self._memory[0] = 1

    def is_set(self) -> bool:
        """Whether any of the processes has set it."""
        return self._memory[0] == 1
