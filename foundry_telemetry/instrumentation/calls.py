"""Which attempts belong to one call, where the requests themselves do not say so.

A retry of the SDK says it is one (``x-stainless-retry-count``). One of a framework is a request like any
other. It is an attempt of the call before it by evidence, and only with all four parts of it:

1. the same task or thread, or the same parent span;
2. the same method, URL and body bytes, for the same tags;
3. the earlier attempt ended in a failure that a retry can cure;
4. no success since.

*Failed attempt*: what is kept of one until a retry takes it up, or the time for that is over.
"""

from __future__ import annotations

import hashlib
import sys
import threading
import weakref
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

from msgspec import Struct
from opentelemetry import trace
from opentelemetry.context import Context

from foundry_telemetry.observation import Observation
from foundry_telemetry.signals import SpanBinding
from foundry_telemetry.wire.request_matcher import Request

_PATIENCE_S: Final = 60.0
"""Seconds from a failure, beyond those that the service asked to wait, in which a retry begins: the longest
pause that the usual policies make (langchain and tenacity's jitter 60, litellm 8, the SDK 8)."""

_MOST_SCOPES: Final = 512
"""Tasks, threads and parent spans that failed attempts are kept of."""

_MOST_IN_SCOPE: Final = 16
"""Failed attempts that are kept of one of them; the oldest goes first."""


class Origin(Struct, frozen=True):
    """What the application sent, before any redirect, and where. The body is the client's own, not a copy."""

    facts: Request
    raw_path: bytes
    body: bytes | None
    caller: Context
    tags: Mapping[str, str]
    """For whom: a worker may ask the same for two tenants, one after the other."""

    def __repr__(self) -> str:
        """Nothing of what was sent: crash reporters print local variables."""
        return "Origin(...)"

    def digest(self) -> bytes | None:
        """Stands for method, URL, body and tags; ``None`` where the body is not in memory."""
        if self.body is None:
            return None
        facts = self.facts
        url = (facts.method, facts.scheme, facts.server_address, facts.server_port, self.raw_path)
        digest = hashlib.sha256(repr((url, sorted(self.tags.items()))).encode())
        digest.update(self.body)
        return digest.digest()


class FailedAttempt:
    """What is kept of a failed attempt.

    Args:
        seen: The attempt.
        digest: Stands for what was sent.
        place: Where it was sent from.
        until_ns: When it is too late for a retry, on the monotonic clock.
    """

    __slots__ = ("_free", "_task", "call_id", "digest", "number", "place", "retryable", "until_ns")

    def __init__(self, seen: Observation, digest: bytes, place: Place, until_ns: int) -> None:
        self.call_id = seen.call_id
        self.number = seen.attempt_number
        self.retryable = seen.failure is not None and seen.failure.retryable
        self.digest = digest
        self.until_ns = until_ns
        self.place = Place(None, place.parent, place.trace_id)  # nothing of ours keeps a task alive
        self._task = weakref.ref(place.task) if place.task is not None else _nobody
        self._free = [True]

    @property
    def is_free(self) -> bool:
        """Whether no retry has taken it up."""
        return bool(self._free)

    def claim(self) -> bool:
        """Take it up; of several attempts that try, one succeeds."""
        try:
            return self._free.pop()
        except IndexError:
            return False

    def fits(self, place: Place, scope: Hashable) -> bool:
        """Whether an attempt from `place` may try again what this one tried, both being of `scope`."""
        task = self._task()
        if scope == place.parent:  # a task that still runs would try again by itself
            return task is None or task is place.task or getattr(task, "done", _always)()
        return task is place.task and self.place.trace_id == place.trace_id


class Place(Struct, frozen=True):
    """Where an attempt is made: the parts of the evidence that do not depend on what is sent."""

    task: Any
    """The task, or the thread of code that is in none; ``None`` where that is unknown."""
    parent: tuple[int, int] | None
    """Trace and span id of the span around the call, if there is one."""
    trace_id: int

    def scopes(self) -> Iterator[Hashable]:
        """What may tie two attempts together, the stronger first."""
        if self.task is not None:
            yield id(self.task)
        if self.parent is not None:
            yield self.parent


class FailedAttempts:
    """Those that wait for a retry. No lock is taken: what two threads do here at once comes to no harm."""

    def __init__(self) -> None:
        self.waiting: dict[Hashable, list[FailedAttempt]] = {}

    def add(self, failed: FailedAttempt, scopes: Iterator[Hashable], now_ns: int) -> None:
        """Let a failed attempt wait."""
        self._expire(now_ns)
        for scope in scopes:
            waiting = self.waiting.pop(scope, [])
            waiting.append(failed)
            del waiting[:-_MOST_IN_SCOPE]
            self.waiting[scope] = waiting  # the latest last
        with suppress(StopIteration, RuntimeError):  # another thread is at it
            while len(self.waiting) > _MOST_SCOPES:
                self.waiting.pop(next(iter(self.waiting)), None)

    def find(
        self, place: Place, digest: Callable[[], bytes | None], now_ns: int, *, is_resent: bool
    ) -> FailedAttempt | None:
        """The failed attempt that is tried again here, the latest, which no other retry can have then.

        Args:
            place: Where from.
            digest: Gives what stands for the request; asked only where something waits.
            now_ns: On the monotonic clock.
            is_resent: Whether the client says that it is a retry.
        """
        self._expire(now_ns)
        wanted: bytes | None = None
        for scope in place.scopes():
            for failed in reversed(self.waiting.get(scope, ())):
                may_follow = failed.is_free and now_ns <= failed.until_ns and (failed.retryable or is_resent)
                if may_follow and failed.fits(place, scope):
                    wanted = wanted or digest()
                    if failed.digest == wanted and failed.claim():
                        return failed
        return None

    def resolve(self, place: Place, digest: Callable[[], bytes | None]) -> None:
        """An attempt succeeded, so what failed before it is over.

        That is all of its task. Below its parent span it is only what is equal to it, and only for others:
        a sibling that still runs may try again what it sent itself.
        """
        for failed in self.waiting.pop(id(place.task), ()):
            failed.claim()
        siblings = [failed for failed in self.waiting.get(place.parent, ()) if failed.is_free]
        if siblings:
            wanted = digest()
            self.waiting[place.parent] = [failed for failed in siblings if failed.digest != wanted]

    def _expire(self, now_ns: int) -> None:
        """Drop from the front what is too late for a retry, and what is taken up."""
        with suppress(StopIteration, RuntimeError):  # all is gone, or another thread is at it
            while True:
                scope, waiting = next(iter(self.waiting.items()))
                if any(failed.is_free and failed.until_ns >= now_ns for failed in waiting):
                    return
                self.waiting.pop(scope, None)


failed_attempts: Final = FailedAttempts()
"""Those of the process."""


def earlier_attempt(origin: Origin, binding: SpanBinding, now_ns: int) -> FailedAttempt | None:
    """The failed attempt that a new one tries again, by evidence.

    Args:
        origin: What is sent.
        binding: Its tie to the trace.
        now_ns: On the monotonic clock.
    """
    if origin.body is None:
        return None
    place = _place(origin, binding, _current_task())
    return failed_attempts.find(place, origin.digest, now_ns, is_resent=origin.facts.retry_count > 0)


def note_end(
    origin: Origin, binding: SpanBinding, seen: Observation, now_ns: int, *, in_its_task: bool
) -> FailedAttempt | None:
    """Take note of how an attempt ended; gives what waits for its retry then.

    Args:
        origin: What was sent.
        binding: Its tie to the trace.
        seen: The attempt.
        now_ns: On the monotonic clock.
        in_its_task: Whether it is the task of the call that runs.
    """
    place = _place(origin, binding, _current_task() if in_its_task else None)
    if seen.failure is None:
        if seen.outcome == "ok":
            failed_attempts.resolve(place, origin.digest)
        return None
    digest = origin.digest()
    if digest is None:
        return None
    until_ns = now_ns + int((_PATIENCE_S + (seen.retry_after_s or 0.0)) * 1e9)
    failed = FailedAttempt(seen, digest, place, until_ns)
    failed_attempts.add(failed, place.scopes(), now_ns)
    return failed


def _place(origin: Origin, binding: SpanBinding, task: Any) -> Place:
    around = _around(origin, binding)
    if around is None or not around.is_valid:
        return Place(task, None, 0)
    return Place(task, (around.trace_id, around.span_id), around.trace_id)


def _around(origin: Origin, binding: SpanBinding) -> trace.SpanContext | None:
    """The span around those that stand for the call: a retry of a framework has such spans of its own."""
    return trace.get_current_span(origin.caller).get_span_context() if binding.ours else binding.around


def _current_task() -> Any:
    """The task that runs, else the thread. Libraries are asked for theirs only if they are loaded."""
    for library, ask in _TASKS:
        module = sys.modules.get(library)
        if module is not None:
            with suppress(RuntimeError):  # none of its loops runs here
                task = ask(module)
                if task is not None:
                    return task
    return threading.current_thread()


_TASKS: Final[tuple[tuple[str, Callable[[Any], Any]], ...]] = (
    ("asyncio", lambda asyncio: asyncio.current_task()),
    ("trio", lambda trio: trio.lowlevel.current_task()),
)


def _nobody() -> None:
    """In the place of a weak reference to a task that is unknown."""


def _always() -> bool:
    return True
