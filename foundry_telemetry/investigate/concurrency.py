"""Several questions at a time, none of which Ctrl-C has to wait for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Final

AT_A_TIME: Final = 5
"""Questions; a workspace answers five of a user at a time, and lets the others wait."""


def run_concurrently(*asks: Callable[[], Any]) -> list[Any]:
    """What each returns, in their order, when all have; `AT_A_TIME` run at a time.

    The threads are daemons: a pool's would be waited for at the end of the process, and an answer of Azure
    may take a minute.

    Raises:
        Exception: What one raised; of several the first in their order.
    """
    found: list[Any] = [None] * len(asks)
    raised: dict[int, BaseException] = {}
    free = threading.Semaphore(AT_A_TIME)

    def run(place: int) -> None:
        with free:
            try:
                found[place] = asks[place]()
            except BaseException as error:  # handed on below
                raised[place] = error

    threads = [threading.Thread(target=run, args=(place,), daemon=True) for place in range(len(asks))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if raised:
        raise raised[min(raised)]
    return found
