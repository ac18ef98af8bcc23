"""The last telemetry of a process, and the first of a forked one.

The SDK waits up to thirty seconds for each signal at exit and does nothing at all on SIGTERM. Here every
pipeline has a thread, started at set-up because none may start at interpreter shutdown, that waits for the
end and then shuts its pipeline down; the process waits for them for a bounded time. What is neither sent nor
on disk by then is counted, and the count goes the way of the metrics, to the disk at the latest.
"""

from __future__ import annotations

import atexit
import logging
import os
import signal
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.context import _SUPPRESS_INSTRUMENTATION_KEY, attach, detach, set_value

from foundry_telemetry.azure.exit_hooks import Flusher
from foundry_telemetry.azure.forks import ForkSafeMetricReader
from foundry_telemetry.azure.servers import INIT
from foundry_telemetry.azure.sigterm import GracePeriod
from foundry_telemetry.dropped_items import OF_APPLICATION, dropped

if TYPE_CHECKING:
    from types import FrameType

    from foundry_telemetry.azure.drop_counting import Counted
    from foundry_telemetry.azure.request_hooks import RequestHooks

FLUSH_S: Final = 5.0
"""Seconds a process waits at most for its last telemetry."""
_STORE_S: Final = 1.0
"""Seconds of those kept back: a request that hangs is given up so that its batch still reaches the disk."""
_FINAL_REPORT_S: Final = 0.3
"""Seconds of those kept back to say how much was lost."""
_POLL_S: Final = 0.005
_log = logging.getLogger("foundry_telemetry.azure")


class Shutdown:
    """Ends the pipelines in time.

    Args:
        shutdown_callbacks: What ends each pipeline, by its name. One may block: it has a thread of its own.
        hooks: Learns the deadline when the process ends.
        flush_callbacks: The same for pipelines that end by themselves at exit, but not on SIGTERM.
        readers: Metric readers whose unsent counts must not be sent by a forked child as well, and that
            report the last drops.
        counted: For each pipeline, what counts its drops.
        before_exit: Called first at exit.
        drain_callbacks: What sends all that waits in a pipeline and lets it go on, for every pipeline.
    """

    def __init__(
        self,
        shutdown_callbacks: Mapping[str, Callable[[], object]],
        hooks: RequestHooks,
        *,
        flush_callbacks: Mapping[str, Callable[[], object]] = MappingProxyType({}),
        readers: Iterable[Any] = (),
        counted: Mapping[str, Iterable[Counted]] = MappingProxyType({}),
        before_exit: Callable[[], object] | None = None,
        drain_callbacks: Mapping[str, Callable[[], object]] = MappingProxyType({}),
    ) -> None:
        self._hooks = hooks
        self._closing = [_Worker(name, job) for name, job in shutdown_callbacks.items()]
        self._workers = self._closing + [_Worker(name, job) for name, job in flush_callbacks.items()]
        self._readers = [ForkSafeMetricReader(reader) for reader in readers]
        self._counted = {name: tuple(parts) for name, parts in counted.items()}
        self._final_report = _Worker("losses", self._report_drops)
        self._before_exit = before_exit
        self._drain_callbacks = dict(drain_callbacks)
        self._grace_period = GracePeriod(self._drain_changed)
        self._flusher = Flusher(self.flush, self._grace_period)
        self._deadline: float | None = None

    def register(self) -> None:
        """Start the threads and listen for the end of the process and for forks."""
        self._start_threads()
        atexit.register(self._at_exit)
        self._flusher.register()
        on_main = threading.current_thread() is threading.main_thread()
        # A handler of the application, or of its server, knows better when the end has come.
        if on_main and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            signal.signal(signal.SIGTERM, self._at_sigterm)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(
                before=_weakly(self._before_fork),
                after_in_child=_weakly(self._after_fork_in_child),
            )

    def drain(self, timeout_s: float) -> bool:
        """Send what waits in every pipeline, and let them go on.

        Args:
            timeout_s: Seconds to wait at most; what takes longer goes on in its thread.

        Returns:
            Whether all was done in time. What was not sent may be on disk by then.
        """
        return _run_at_once(self._drain_callbacks.values(), timeout_s)

    def _drain_changed(self) -> None:
        """The same, for as often as one likes: where nothing happened, nothing is sent, no gauge either."""
        callbacks = self._drain_callbacks | ({"metrics": self._send_counts} if self._readers else {})
        _run_at_once(callbacks.values(), FLUSH_S)

    def _send_counts(self) -> None:
        for reader in self._readers:
            reader.send_counts()

    def flush(self, *, everything: bool = True) -> bool:
        """End every pipeline; takes at most `FLUSH_S` seconds in all, however often it is called.

        Safe in a signal handler: no lock is taken that the interrupted code may hold.

        Args:
            everything: Empty the pipelines that end by themselves as well.

        Returns:
            Whether all of them ended in time.
        """
        if self._deadline is None:
            self._deadline = time.monotonic() + FLUSH_S
        self._hooks.deadline = self._deadline - _STORE_S
        self._grace_period.close(until=self._deadline - 2 * _STORE_S)
        workers = self._workers if everything else self._closing
        late = _wait(workers, until=self._deadline - _FINAL_REPORT_S)
        self._count_undelivered(late)
        _wait([self._final_report], until=self._deadline)
        with _of_the_export():  # the pipeline of logs has ended: these lines are for the terminal, no losses
            self._log_drops(late)
        return not late

    def _count_undelivered(self, late: Iterable[_Worker]) -> None:
        for worker in late:
            if not worker.is_lost:
                worker.is_lost = True
                for part in self._counted.get(worker.name, ()):
                    part.mark_lost()

    def _report_drops(self) -> None:
        """Export the metrics once more if something was lost after their last collection."""
        if not dropped.unreported():
            return
        with _of_the_export():
            for reader in (each.reader for each in self._readers):
                data = reader._collect(reader)  # noqa: SLF001 - nothing public collects without sending
                if data is not None:
                    reader._exporter.export(data)  # noqa: SLF001 - its own way waits for a hanging export

    def _log_drops(self, late: list[_Worker]) -> None:
        if late:
            names = ", ".join(worker.name for worker in late)
            _log.warning("the last %s were not exported within %g s", names, FLUSH_S)
        unreported = {
            loss: count for loss, count in dropped.unreported().items() if loss[0] not in OF_APPLICATION
        }
        if unreported:  # the log is all that is left
            lost = ", ".join(f"{count} {signal} ({reason})" for (reason, signal), count in unreported.items())
            _log.warning("telemetry dropped, and not reported to Azure: %s", lost)

    def _at_exit(self) -> None:
        with suppress(Exception):
            if self._before_exit is not None:
                self._before_exit()
        is_done = False
        while not is_done:
            # A handler that exits for every signal, as gunicorn's do, ends no process that exits already.
            with suppress(SystemExit):
                self.flush(everything=False)
                is_done = True

    def _at_sigterm(self, _signum: int, _frame: FrameType | None) -> None:
        # First, so that a second signal ends the process at once.
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        if os.getpid() == INIT:  # does not die of SIGTERM; it works on until it is killed
            self._grace_period.begin()
            return
        with suppress(Exception):
            self.flush()
        signal.raise_signal(signal.SIGTERM)

    def _before_fork(self) -> None:
        for reader in self._readers:
            reader.before_fork()

    def _after_fork_in_child(self) -> None:
        for reader in self._readers:
            reader.after_fork_in_child()
        self._deadline = self._hooks.deadline = None
        for parts in self._counted.values():
            for part in parts:
                part.after_fork()
        self._start_threads()

    def _start_threads(self) -> None:
        for worker in (*self._workers, self._final_report):
            worker.start()
        self._grace_period.start()


class _Worker:
    """A thread that waits for the end of the process and then does one job."""

    def __init__(self, name: str, job: Callable[[], object]) -> None:
        self.name = name
        self.ended = False
        self.is_lost = False
        """Whether what it could not deliver was counted."""
        self._job = job
        self._gate = threading.Lock()

    def start(self) -> None:
        """Start the thread; in a forked child start it anew."""
        if self.ended:
            return
        # A bare lock, not an event: opening it takes no other lock, so a signal handler may do it.
        self._gate = threading.Lock()
        self._gate.acquire()  # opened by `release`, never by this thread
        threading.Thread(
            target=self._run, args=(self._gate,), name=f"foundry-flush-{self.name}", daemon=True
        ).start()

    def release(self) -> None:
        """Let the job begin; once is enough."""
        with suppress(RuntimeError):
            self._gate.release()

    def _run(self, gate: threading.Lock) -> None:
        gate.acquire()
        try:
            self._job()
        except Exception:
            _log.debug("could not shut down %s", self.name, exc_info=True)
        finally:
            self.ended = True


@contextmanager
def _of_the_export() -> Iterator[None]:
    """Whatever is logged meanwhile is about an export, and no telemetry itself."""
    token = attach(set_value(_SUPPRESS_INSTRUMENTATION_KEY, True))  # noqa: FBT003 - its value
    try:
        yield
    finally:
        detach(token)


def _run_at_once(callbacks: Iterable[Callable[[], object]], timeout_s: float) -> bool:
    """Run callbacks in threads of their own; whether all were done in time."""
    until = time.monotonic() + timeout_s
    threads = [threading.Thread(target=callback, name="foundry-drain", daemon=True) for callback in callbacks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(until - time.monotonic(), 0))
    return not any(thread.is_alive() for thread in threads)


def _wait(workers: Iterable[_Worker], until: float) -> list[_Worker]:
    """Let workers do their jobs, and wait for them.

    Args:
        workers: Those to wait for.
        until: On the monotonic clock.

    Returns:
        Those that were not done by then.
    """
    workers = list(workers)
    for worker in workers:
        worker.release()
    while late := [worker for worker in workers if not worker.ended]:
        if time.monotonic() >= until:
            break
        time.sleep(_POLL_S)
    return late


def _weakly(method: Callable[[], None]) -> Callable[[], None]:
    """Hooks of a fork can never be removed; they must not keep their object alive."""
    reference = weakref.WeakMethod(method)

    def call() -> None:
        if alive := reference():
            alive()

    return call
