"""When each call is made: the story once, spread over the time, and ordinary calls between."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from itertools import cycle
from typing import Final

from foundry_telemetry import attribute
from foundry_telemetry.demo.clients import ORDINARY, STORY, Call, Clients

_ORDINARY_PER_S: Final = 3.5
_TENANTS: Final = ("acme", "globex", "acme")


class Load:
    """Makes the calls, in a thread with an event loop of its own.

    Args:
        base_url: Where the service is.
        seconds: How long calls are begun; the last ones take a little longer.
    """

    def __init__(self, base_url: str, seconds: float) -> None:
        self._base_url = base_url
        self._seconds = seconds
        self._loop: asyncio.AbstractEventLoop | None = None
        self._calls: asyncio.Task[None] | None = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="foundry-demo-load", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wait(self, seconds: float) -> bool:
        """Wait for the end, but not longer than this.

        Returns:
            Whether the load still runs.

        Raises:
            BaseException: What ended the load, where that was no call that failed as it should.
        """
        self._thread.join(seconds)
        if self._error is not None:
            raise self._error
        return self._thread.is_alive()

    def stop(self) -> None:
        """Cancel what is under way; sync calls are waited for, at most a few seconds."""
        if self._loop is not None and self._calls is not None:
            with suppress(RuntimeError):  # it ended by itself just now
                self._loop.call_soon_threadsafe(self._calls.cancel)
        self._thread.join(5.0)

    def _run(self) -> None:
        try:
            asyncio.run(self._play())
        except asyncio.CancelledError:
            pass
        except BaseException as error:  # raised in the thread that waits
            self._error = error

    async def _play(self) -> None:
        self._loop, self._calls = asyncio.get_running_loop(), asyncio.current_task()
        started = self._loop.time()
        async with Clients(self._base_url) as clients, asyncio.TaskGroup() as group:
            tenants = cycle(_TENANTS)
            for at, call in _schedule(self._seconds):
                await asyncio.sleep(started + at - self._loop.time())
                group.create_task(_call(call, clients, next(tenants)))


def _schedule(seconds: float) -> list[tuple[float, Call]]:
    """Pairs of a time in seconds and a call, in order."""
    calls = [(seconds * (index + 0.5) / len(STORY), call) for index, call in enumerate(STORY)]
    ordinary = max(round(seconds * _ORDINARY_PER_S), len(ORDINARY))
    calls += [(seconds * n / ordinary, ORDINARY[n % len(ORDINARY)]) for n in range(ordinary)]
    return sorted(calls, key=lambda pair: pair[0])


async def _call(call: Call, clients: Clients, tenant: str) -> None:
    """Make one call. Many fail, on purpose; the ledger has which and why."""
    with attribute(tenant=tenant), suppress(Exception):
        await call(clients)
