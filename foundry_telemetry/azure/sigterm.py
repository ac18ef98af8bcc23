"""The time between the request to terminate and the end: it may end in a kill, so nothing waits in it.

Servers let requests end after SIGTERM; the exit handlers run when the last of them is done, and never where
that takes too long. So from the signal on every pipeline is flushed again and again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Final

_EVERY_S: Final = 0.2
"""Seconds from one flush to the next: what ended half a second before the process is killed has arrived."""
_POLL_S: Final = 0.005


class GracePeriod:
    """Flushes again and again, in a thread that exists before.

    Args:
        flush: Sends all that waits in the pipelines and lets them go on.
    """

    def __init__(self, flush: Callable[[], object]) -> None:
        self._flush = flush
        self._gate = threading.Lock()
        self._is_open = self._is_flushing = self._is_closed = False

    def start(self) -> None:
        """Start the thread; in a forked child start it anew."""
        # A bare lock, not an event: opening it takes no other lock, so a signal handler may do it.
        self._gate = threading.Lock()
        self._gate.acquire()  # opened by `begin`, never by the thread
        self._is_open = self._is_flushing = self._is_closed = False
        _start_thread(partial(self._run, self._gate))

    def begin(self) -> None:
        """Flush from now on. Safe in a signal handler."""
        self._is_open = True
        with suppress(RuntimeError):
            self._gate.release()

    def begin_when(self, is_due: Callable[[], bool]) -> None:
        """The same as soon as something becomes true of which there is no event."""

        def wait() -> None:
            while not (is_due() or self._is_closed):
                time.sleep(_EVERY_S)
            self.begin()

        _start_thread(wait)

    def close(self, until: float) -> None:
        """The same as `end`, for the pipelines are shut down next."""
        self._is_closed = True
        with suppress(RuntimeError):
            self._gate.release()
        self.end(until)

    def end(self, until: float) -> None:
        """Begin no further flush, and wait for the one that runs, which holds what it has yet to send.

        Args:
            until: On the monotonic clock.
        """
        self._is_open = False
        while self._is_flushing and time.monotonic() < until:
            time.sleep(_POLL_S)

    def _run(self, gate: threading.Lock) -> None:
        while not self._is_closed:
            gate.acquire()
            while self._flush_once():
                time.sleep(_EVERY_S)

    def _flush_once(self) -> bool:
        self._is_flushing = True  # before it is asked whether to, for `end` asks the other way round
        try:
            if self._is_open and not self._is_closed:
                with suppress(Exception):
                    self._flush()
            return self._is_open and not self._is_closed
        finally:
            self._is_flushing = False


def _start_thread(target: Callable[[], object]) -> None:
    threading.Thread(target=target, name="foundry-flush-grace-period", daemon=True).start()
