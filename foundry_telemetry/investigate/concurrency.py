"""Several questions at a time, none of which Ctrl-C has to wait for."""

from __future__ import annotations

import _thread
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, Final

AT_A_TIME: Final = 5
"""Questions; a workspace answers five of a user at a time, and lets the others wait."""


def run_concurrently(*asks: Callable[[], Any]) -> list[Any]:
    """What each returns, in their order, when all have; `AT_A_TIME` run at a time.

    Nothing waits for the threads at the end of the process: an answer of Azure may take a minute. They are
    begun and awaited in C, which Ctrl-C interrupts cleanly: `Thread.start` and `Thread.join` hold locks in
    Python, and where it comes between two of their steps there is a RuntimeError in its place.

    Raises:
        Exception: What one raised; of several the first in their order.
    """
    found: list[Any] = [None] * len(asks)
    raised: dict[int, BaseException] = {}
    free = threading.Semaphore(AT_A_TIME)
    done: SimpleQueue[int] = SimpleQueue()

    def run(place: int) -> None:
        with free:
            try:
                found[place] = asks[place]()
            except BaseException as error:  # handed on below
                raised[place] = error
            finally:
                done.put(place)

    for place in range(len(asks)):
        _thread.start_new_thread(run, (place,))
    for _ in asks:
        done.get()
    if raised:
        raise raised[min(raised)]
    return found
