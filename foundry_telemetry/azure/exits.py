"""Processes that end past their exit handlers, and the last moment each of them leaves.

- uvicorn takes SIGTERM for itself, shuts down, puts back the handler it found and raises the signal once
  more. An application that uvicorn imports calls `configure` in between: too late to be that handler.
- A forked child of `multiprocessing`, so of a ``ProcessPoolExecutor`` too, ends by ``os._exit``.
- So does a prefork worker of Celery.

gunicorn, hypercorn and granian let their processes exit.
"""

from __future__ import annotations

import asyncio
import inspect
import signal
import sys
from collections.abc import Callable
from multiprocessing import util
from typing import Any, Final

_BEFORE_CHILDREN: Final = 10
"""Of a finalizer: those from 0 run before a process waits for its own children."""


class Flusher:
    """Flushes at those moments.

    Args:
        flush: Ends the pipelines; blocks for some seconds at most.
    """

    def __init__(self, flush: Callable[[], object]) -> None:
        self._flush = flush

    def arm(self) -> None:
        """Listen for all of them."""
        self._hook_into_uvicorn()
        # Kept by weak reference there; called in each child, before its work begins.
        util.register_after_fork(self, Flusher._in_child)
        if (celery := sys.modules.get("celery.signals")) is not None:
            celery.worker_process_shutdown.connect(self._at_end_of_worker, weak=False)

    def _in_child(self) -> None:
        util.Finalize(None, self._flush, exitpriority=_BEFORE_CHILDREN)

    def _at_end_of_worker(self, **_: object) -> None:
        self._flush()

    def _hook_into_uvicorn(self) -> None:
        server: Any = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)
        if not type(server).__module__.startswith("uvicorn."):
            return
        shutdown = getattr(server, "shutdown", None)
        if not inspect.iscoroutinefunction(shutdown):
            return

        async def shutdown_and_flush(*args: Any, **options: Any) -> None:
            try:
                await shutdown(*args, **options)
            finally:
                # Ended by other means the process goes on, or exits with its exit handlers.
                if signal.SIGTERM in getattr(server, "_captured_signals", ()):
                    await asyncio.to_thread(self._flush)  # the loop goes on meanwhile

        server.shutdown = shutdown_and_flush
