"""The switch that makes ingestion fail, so that a service can be tried against every way Azure may answer.

::

    with LocalAzureMonitor() as azure:
        azure.faults.set(Fault(status=429, retry_after_s=2), times=3)

Over HTTP: ``PUT /faults`` with the header ``x-foundry-token`` and a body such as
``{"status": 429, "retryAfterS": 2, "times": 3}``; ``{}`` ends it.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

PARTLY: Final = 206
"""The status of partial success."""

ANSWERS: Final[Mapping[int, str]] = {
    206: "part of the telemetry is refused",
    400: "the telemetry is refused",
    401: "the credential is missing or wrong",
    402: "the quota is reached",
    403: "the credential may not write here",
    408: "the request took too long",
    429: "too many requests",
    439: "the daily cap is reached",
    500: "the service failed",
    502: "a gateway failed",
    503: "the service is not available",
    504: "a gateway gave up waiting",
}
"""Every status that can be asked for, and what it says."""

_Seconds = Annotated[float, Meta(ge=0, le=3600)]


class Fault(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """One way to answer. Of those that are not set, each means what a sound server does."""

    status: int = 200
    """One of `ANSWERS`; nothing is stored then, but for 206. 200 is no fault."""
    retry_after_s: _Seconds | None = None
    """For the header ``Retry-After``."""
    errors: Mapping[int, int] = {}
    """For 206: place of an item in the body to the status it is refused with."""
    delay_s: _Seconds = 0
    """Seconds before the request is looked at."""
    hang: bool = False
    """Never answer, until the fault is replaced or the client leaves."""

    @property
    def stores(self) -> bool:
        """Whether items that are not refused one by one are stored."""
        return self.status in (200, PARTLY)

    @property
    def waits(self) -> bool:
        """Whether a request is kept waiting."""
        return self.hang or self.delay_s > 0

    def __post_init__(self) -> None:
        if self.status not in (200, *ANSWERS):
            raise ValueError(f"status {self.status}: expected one of {', '.join(map(str, ANSWERS))}")
        if bool(self.errors) != (self.status == PARTLY):
            raise ValueError(f"status {PARTLY} and errors of single items go together")


SOUND: Final = Fault()
"""No fault."""


class _Asked(Fault, frozen=True):
    times: Annotated[int, Meta(ge=1)] | None = None


class Faults:
    """The switch; any thread may set it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._fault: Fault | None = None
        self._left: int | None = None
        self._hanging: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()

    def set(self, fault: Fault, *, times: int | None = None) -> None:
        """Answer with `fault` from now on.

        Args:
            fault: How to answer.
            times: For so many requests; ``None`` until it is replaced or cleared.
        """
        self._replace(fault, times)

    def set_from_json(self, body: bytes) -> None:
        """Set the switch as ``PUT /faults`` asks.

        Raises:
            ValueError: It is no description of a fault; the message says what is expected.
        """
        asked = msgspec.json.decode(body, type=_Asked)
        fault = Fault(**{name: getattr(asked, name) for name in Fault.__struct_fields__})
        self.set(fault, times=asked.times)

    def clear(self) -> None:
        """Answer as a sound server again, and let go the requests that hang."""
        self._replace(None, None)

    def take(self) -> Fault | None:
        """The fault for a request that has come."""
        with self._lock:
            fault = self._fault
            if fault is not None and self._left is not None:
                self._left -= 1
                if self._left <= 0:
                    self._fault = self._left = None
            return fault

    async def wait(self, fault: Fault) -> None:
        """Return when a request has been kept waiting as `fault` says."""
        if fault.hang:
            await self._released()
        await asyncio.sleep(fault.delay_s)

    async def _released(self) -> None:
        waiting = (asyncio.get_running_loop(), asyncio.Event())
        with self._lock:
            self._hanging.add(waiting)
        try:
            await waiting[1].wait()
        finally:
            with self._lock:
                self._hanging.discard(waiting)

    def _replace(self, fault: Fault | None, times: int | None) -> None:
        with self._lock:
            self._fault, self._left = fault, times
            for loop, released in self._hanging:
                loop.call_soon_threadsafe(released.set)
