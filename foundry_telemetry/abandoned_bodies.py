"""Bodies of answers that nobody holds any more, until their attempts may end.

A finalizer may run anywhere, even inside a lock of the SDK in the same thread. So it only puts the body into
a queue here; the next attempt, export or exit ends what is in it.
"""

from __future__ import annotations

import contextvars
from collections import deque
from collections.abc import Callable, Iterator
from typing import Final, Protocol, TypeVar

from foundry_telemetry.internal_errors import internal_errors

Item = TypeVar("Item")


class Abandoned(Protocol):
    """Whose body was dropped."""

    def end_abandoned(self, at_ns: int, /) -> Callable[[], object] | None:
        """End it; gives what is to be done as soon as no lock of the SDK is held. Never raises."""


_abandoned: Final[deque[tuple[Abandoned, int]]] = deque()
_deferred: Final[deque[Callable[[], object]]] = deque()


def add_abandoned(body: Abandoned, at_ns: int) -> None:
    """Remember a body that was dropped.

    Args:
        body: Whose body it is.
        at_ns: When, on the monotonic clock.
    """
    _abandoned.append((body, at_ns))


def flush_abandoned_bodies(*, is_collecting: bool = False) -> None:
    """End the attempts whose bodies were dropped, each in a context of its own.

    Args:
        is_collecting: Whether a metric reader collects, which holds locks that the application's code may
            want: then nothing of it is called, nor anything logged, until the next flush.
    """
    if _abandoned:
        for body, at_ns in _popped(_abandoned):
            deferred = contextvars.Context().run(body.end_abandoned, at_ns)
            if deferred is not None:
                _deferred.append(deferred)
    if is_collecting:
        return
    if _deferred:
        for deferred in _popped(_deferred):
            contextvars.Context().run(deferred)
    internal_errors.log_pending()


def _popped(queue: deque[Item]) -> Iterator[Item]:
    """What is in the queue, each item once, whichever threads take from it."""
    while queue:
        try:
            yield queue.popleft()
        except IndexError:
            return
