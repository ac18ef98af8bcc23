"""Stops a query that is late, takes too much memory, or whose client has gone, whatever it does just then.

A *step* is what a query does: the engine reads it, in Python, or the database runs it. Each is interrupted in
a way of its own: by an exception in the thread that reads, and by the database's own interruption.
"""

from __future__ import annotations

import ctypes
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

import duckdb

from foundry_telemetry.local.engine.errors import QueryError, timed_out, too_large
from foundry_telemetry.local.store.memory import MIB, resident

TICK_S: Final = 0.01
"""Seconds from one look at the clock and the memory to the next, and from one interruption to the next."""

MOST_READING_S: Final = 30.0
"""Seconds that reading a text may take: it holds up other readers."""

_GROWTH: Final = 2
"""Queries may always take the share by this, though the process had more from its beginning."""

_BLAME: Final = 8
"""A query is stopped for its memory if the process has this part of the share more than at its beginning."""

_READERS: Final = ("antlr4.", "duckdb_kql.", "foundry_telemetry.kql.", "foundry_telemetry.local.engine.")
"""Where texts are read: the beginnings of the modules' names."""

TIMED_OUT: Final = "The query timed out after {seconds:.3g} s."
READ_TOO_LONG: Final = (
    "The query timed out after {seconds:.3g} s while it was read: its text is too long, or its functions and "
    "variables use each other too often."
)
TOO_LARGE: Final = (
    "The query exceeds the memory limit of the local store ({share:,} MiB): select fewer rows, columns or "
    "groups, or shorter lists and texts; `foundry-telemetry local --memory` sets more."
)


class _StoppedError(BaseException):
    """Raised in a thread that reads; no ``except Exception`` of the engine keeps it."""


class Stop:
    """Watches one query from its beginning to its end.

    Args:
        seconds: What it may take.
        share: Mebibytes that the process may take.
        idle: Bytes that it had before the first query, which may be more.
    """

    def __init__(self, seconds: float, share: int, idle: int = 0) -> None:
        self._seconds = seconds
        self._share = share
        self._end = time.monotonic() + seconds
        self._most = max(share * MIB, idle + share * MIB // _GROWTH)
        self._begun = resident()
        self._lock = threading.Lock()
        self._interrupt: Callable[[], object] | None = None
        self._stopping = threading.Event()
        self._over = threading.Event()
        self._reading_until: float | None = None
        self._is_large = False

    @property
    def remaining_s(self) -> float:
        """Seconds to the end, never negative."""
        return max(0.0, self._end - time.monotonic())

    def now(self) -> None:
        """Stop the query; after its end this does nothing."""
        self._stopping.set()

    def check(self) -> None:
        """Raise where the query is stopped between two steps."""
        if self._stopping.is_set():
            raise self.error()

    def error(self) -> QueryError:
        """Why the query was stopped."""
        if self._is_large:
            return too_large(TOO_LARGE.format(share=self._share))
        words = TIMED_OUT if self._reading_until is None else READ_TOO_LONG
        seconds = min(self._seconds, MOST_READING_S) if self._reading_until else self._seconds
        return timed_out(words.format(seconds=seconds))

    def again(self) -> None:
        """Let a query that took too much memory beside others begin again, in the time that is left."""
        self._is_large = False
        self._stopping.clear()
        self._begun = resident()

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Watch the query until the end of the block."""
        threading.Thread(target=self._watch, name="local-query-watch", daemon=True).start()
        try:
            yield
        finally:
            self._over.set()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """The step of this thread that reads the text.

        Raises:
            QueryError: It was stopped.
        """
        thread, raised = threading.get_ident(), False

        def interrupt() -> None:
            nonlocal raised
            if _reads(thread):
                raised = True
                _raise_in(thread, _StoppedError)

        self._reading_until = time.monotonic() + MOST_READING_S
        try:
            try:
                with self._interruptible(interrupt):
                    self.check()
                    yield
            finally:
                if raised:
                    _await_raised()
        except _StoppedError:
            raise self.error() from None
        self._reading_until = None

    @contextmanager
    def running(self, cursor: duckdb.DuckDBPyConnection) -> Iterator[None]:
        """The step that the database runs.

        Raises:
            QueryError: It was stopped.
        """
        try:
            with self._interruptible(cursor.interrupt):
                self.check()
                yield
        except duckdb.InterruptException as error:
            raise self.error() from error

    @contextmanager
    def _interruptible(self, interrupt: Callable[[], object]) -> Iterator[None]:
        with self._lock:
            before, self._interrupt = self._interrupt, interrupt
        try:
            yield
        finally:
            with self._lock:
                self._interrupt = before

    def _watch(self) -> None:
        while not self._over.wait(TICK_S):
            if not self._stopping.is_set() and self._is_beyond():
                self._stopping.set()
            if self._stopping.is_set():
                # Again and again: the database forgets an interruption that comes between two statements,
                # and Python one that comes while it collects garbage.
                with self._lock, suppress(duckdb.Error):
                    if self._interrupt is not None:
                        self._interrupt()

    def _is_beyond(self) -> bool:
        now = time.monotonic()
        has = resident()
        # Who has just begun is not to blame.
        self._is_large = has > self._most and has - self._begun > self._share * MIB // _BLAME
        reading_until = self._reading_until
        return self._is_large or now > self._end or (reading_until is not None and now > reading_until)


def _reads(thread: int) -> bool:
    """Whether a thread is just now in a module that reads texts.

    Anywhere else an exception could be lost, as in a callback of the garbage collector, or meet what is not
    prepared for it.
    """
    frame = sys._current_frames().get(thread)  # noqa: SLF001 - documented, the only way to see it
    module = "" if frame is None else str(frame.f_globals.get("__name__", ""))
    return module != __name__ and module.startswith(_READERS)


def _raise_in(thread: int, error: type[BaseException]) -> None:
    """Raise in another thread when it next runs Python."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(error))


def _await_raised() -> None:
    """Let what was raised in this thread, and came too late, come now.

    It is not taken back: Python 3.11 would look for it before every step of every thread, for ever, and a
    debugger or profiler would hang.
    """
    with suppress(_StoppedError):
        for _ in range(10_000):
            pass
