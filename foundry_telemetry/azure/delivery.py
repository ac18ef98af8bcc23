"""The last telemetry of a process, and the first of a forked one.

The SDK waits up to thirty seconds for each signal at exit and does nothing at all on SIGTERM. Here every
pipeline has a thread, started at set-up because none may start at interpreter shutdown, that waits for the
end and then shuts its pipeline down; the process waits for them for a bounded time.
"""

from __future__ import annotations

import atexit
import copy
import logging
import os
import signal
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from types import FrameType

FLUSH_S: Final = 5.0
"""Seconds a process waits at most for its last telemetry."""
_STORE_S: Final = 1.0
"""Seconds of those kept back: a request that hangs is given up so that its batch still reaches the disk."""
_LEAST_S: Final = 0.1
_POLL_S: Final = 0.005
_AGAIN_S: Final = 3600.0
"""Seconds until a refusal is reported again."""

_SILENT_REFUSALS: Final = {402: "the quota", 439: "the daily cap"}
"""Answers on which the exporter drops a batch without a log line."""

_log = logging.getLogger("foundry_telemetry.azure")


class RequestHooks:
    """What is done around every request of the exporters, through the two hooks azure-core offers.

    Args:
        read_timeout: Seconds to wait for an answer in normal times.
        on_request: The application's own hook, called after ours.
        on_response: The same for answers.
    """

    def __init__(
        self,
        read_timeout: float,
        on_request: Callable[[Any], object] | None = None,
        on_response: Callable[[Any], object] | None = None,
    ) -> None:
        self.deadline: float | None = None
        """When the process ends, on the monotonic clock."""
        self._read_timeout = read_timeout
        self._on_request = on_request
        self._on_response = on_response
        self._owners: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()
        self._left_to_parent: list[Any] = []
        self._reported_at = -_AGAIN_S

    def request(self, request: Any) -> None:
        """Keep a request within the life of the process, and a fork's connection out of its parent's."""
        with suppress(Exception):
            self._leave_connections_to_parent(request.context.transport)
        if self.deadline is not None:
            left = max(self.deadline - time.monotonic(), _LEAST_S)
            request.context.options["read_timeout"] = min(self._read_timeout, left)
            request.context.options["connection_timeout"] = left
        if self._on_request is not None:
            self._on_request(request)

    def response(self, response: Any) -> None:
        """Say aloud that Azure throws telemetry away, where the exporter would not."""
        reason = _SILENT_REFUSALS.get(response.http_response.status_code)
        now = time.monotonic()
        if reason is not None and now - self._reported_at >= _AGAIN_S:
            self._reported_at = now
            _log.warning("Azure Monitor refuses telemetry: %s is reached; what is sent now is lost", reason)
        if self._on_response is not None:
            self._on_response(response)

    def _leave_connections_to_parent(self, transport: Any) -> None:
        """Two processes that write on one inherited connection would read each other's answers."""
        pid = os.getpid()
        if self._owners.setdefault(transport, pid) == pid:
            return
        self._owners[transport] = pid
        session = transport.session
        for prefix, adapter in list(session.adapters.items()) if session is not None else ():
            session.mount(prefix, copy.copy(adapter))  # a copy has the settings, and connections of its own
            # Kept alive: letting a pool go would take a lock that a thread of the parent may have held.
            self._left_to_parent.append(adapter)


class Delivery:
    """Ends the pipelines in time.

    Args:
        jobs: For each pipeline its name and what ends it. A job may block; it runs in a thread of its own.
        hooks: Told when the process ends.
        flushes: The same for pipelines that end by themselves at exit, but not on SIGTERM.
        readers: Metric readers whose unsent counts must not be sent by a forked child as well.
        before_exit: Called first at exit.
    """

    def __init__(
        self,
        jobs: Mapping[str, Callable[[], object]],
        hooks: RequestHooks,
        *,
        flushes: Mapping[str, Callable[[], object]] = MappingProxyType({}),
        readers: Iterable[Any] = (),
        before_exit: Callable[[], object] | None = None,
    ) -> None:
        self._hooks = hooks
        self._enders = [_Worker(name, job) for name, job in jobs.items()]
        self._workers = self._enders + [_Worker(name, job) for name, job in flushes.items()]
        self._readers = tuple(readers)
        self._held: list[tuple[Any, Any]] = []
        self._before_exit = before_exit
        self._deadline: float | None = None

    def arm(self) -> None:
        """Start the threads and listen for the end of the process and for forks."""
        for worker in self._workers:
            worker.start()
        atexit.register(self._at_exit)
        on_main = threading.current_thread() is threading.main_thread()
        # A handler of the application, or of its server, knows better when the end has come.
        if on_main and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            signal.signal(signal.SIGTERM, self._at_sigterm)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(
                before=_weakly(self._before_fork),
                after_in_parent=_weakly(self._after_fork_in_parent),
                after_in_child=_weakly(self._after_fork_in_child),
            )

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
        workers = self._workers if everything else self._enders
        for worker in workers:
            worker.tell()
        while late := [worker.name for worker in workers if not worker.ended]:
            if time.monotonic() >= self._deadline:
                _log.warning("%g s were not enough to deliver the last %s", FLUSH_S, ", ".join(late))
                return False
            time.sleep(_POLL_S)
        return True

    def _at_exit(self) -> None:
        with suppress(Exception):
            if self._before_exit is not None:
                self._before_exit()
        self.flush(everything=False)

    def _at_sigterm(self, _signum: int, _frame: FrameType | None) -> None:
        # First, so that a second signal ends the process at once.
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        with suppress(Exception):
            self.flush()
        signal.raise_signal(signal.SIGTERM)

    def _before_fork(self) -> None:
        """Take the unsent counts out of the aggregation, or parent and child would both report them."""
        for reader in self._readers:
            with suppress(Exception):
                data = reader._collect(reader)  # noqa: SLF001 - nothing public collects without sending
                if data is not None:
                    self._held.append((reader, data))

    def _after_fork_in_parent(self) -> None:
        held, self._held = self._held, []
        if held and self._deadline is None:
            threading.Thread(target=_send, args=(held,), name="foundry-flush-fork", daemon=True).start()

    def _after_fork_in_child(self) -> None:
        self._held = []
        self._deadline = self._hooks.deadline = None
        for worker in self._workers:
            worker.start()


class _Worker:
    """A thread that waits for the end of the process and then does one job."""

    def __init__(self, name: str, job: Callable[[], object]) -> None:
        self.name = name
        self.ended = False
        self._job = job
        self._gate = threading.Lock()

    def start(self) -> None:
        """Start the thread; in a forked child start it anew."""
        if self.ended:
            return
        # A bare lock, not an event: opening it takes no other lock, so a signal handler may do it.
        self._gate = threading.Lock()
        self._gate.acquire()  # opened by `tell`, never by this thread
        threading.Thread(
            target=self._run, args=(self._gate,), name=f"foundry-flush-{self.name}", daemon=True
        ).start()

    def tell(self) -> None:
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


def _send(held: list[tuple[Any, Any]]) -> None:
    for reader, data in held:
        with suppress(Exception):
            reader._receive_metrics(data)  # noqa: SLF001 - see `_before_fork`


def _weakly(method: Callable[[], None]) -> Callable[[], None]:
    """Hooks of a fork can never be removed; they must not keep their object alive."""
    reference = weakref.WeakMethod(method)

    def call() -> None:
        if alive := reference():
            alive()

    return call
