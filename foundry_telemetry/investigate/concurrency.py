"""Several questions at a time, none of which Ctrl-C has to wait for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any


def run_concurrently(*asks: Callable[[], Any]) -> list[Any]:
    """What each returns, in their order, when all have.

    The threads are daemons: a pool's would be waited for at the end of the process, and an answer of Azure
    may take a minute.

    Raises:
        Exception: What one raised; of several the first in their order.
    """
    found: list[Any] = [None] * len(asks)
    raised: dict[int, BaseException] = {}

    def run(place: int) -> None:
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
