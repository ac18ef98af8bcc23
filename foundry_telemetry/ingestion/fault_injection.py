"""The switch that makes ingestion fail, to try a service against every answer that Azure may give.

::

    from foundry_telemetry.ingestion.fault_injection import InjectedError
    from foundry_telemetry.local.api.server import LocalAzureMonitor

    with LocalAzureMonitor() as azure:
        azure.fault_injection.set(InjectedError(status=429, retry_after_s=2), times=3)

Over HTTP: ``PUT /fault-injection`` with the header ``x-foundry-token`` and a body such as
``{"status": 429, "retryAfterS": 2, "times": 3}``; ``{}`` ends it.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from itertools import repeat
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

PARTIAL_SUCCESS: Final = 206
"""The status of a body of which some items are refused."""

_SUCCESS: Final = (200, PARTIAL_SUCCESS)

ANSWERS: Final[Mapping[int, str]] = {
    206: "some items are rejected",
    307: "the resource has moved temporarily",
    308: "the resource has moved permanently",
    400: "the telemetry is rejected",
    401: "the credential is missing or wrong",
    402: "the quota is reached",
    403: "the credential is not permitted to write",
    404: "the resource does not exist",
    408: "the request timed out",
    413: "the body is too large",
    415: "the compression of the body is not supported",
    429: "too many requests",
    439: "the daily cap is reached",
    500: "the service failed",
    502: "a gateway failed",
    503: "the service is not available",
    504: "a gateway timed out",
}
"""Every status that can be injected, and its message."""

_Seconds = Annotated[float, Meta(ge=0, le=3600)]


class InjectedError(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """One answer in place of the sound one. A field that is not set means what a sound server does."""

    status: int = 200
    """One of `ANSWERS`; nothing is stored then, but for 206. 200 is no error."""
    retry_after_s: _Seconds | None = None
    """For the header ``Retry-After``."""
    location: str | None = None
    """For the header ``Location`` of 307 and 308."""
    errors: Mapping[int, int] = {}
    """For 206: place of an item in the body to the status it is refused with."""
    delay_s: _Seconds = 0
    """Seconds before the request is processed."""
    hang: bool = False
    """Never answer, until the switch is set anew or the client disconnects."""
    close: bool = False
    """Close the connection in place of an answer."""
    keep: bool = False
    """Store the items although the client cannot know."""

    @property
    def is_success(self) -> bool:
        """Whether the status reports stored items."""
        return self.status in _SUCCESS

    @property
    def stores(self) -> bool:
        """Whether items that are not refused one by one are stored."""
        return self.keep or (self.is_success and not self.close)

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers of the answer besides its own."""
        retry_after = None if self.retry_after_s is None else f"{self.retry_after_s:g}"
        headers = {"retry-after": retry_after, "location": self.location}
        return {name: value for name, value in headers.items() if value is not None}

    def __post_init__(self) -> None:
        if self.status not in (200, *ANSWERS):
            raise ValueError(f"status {self.status}: expected one of {', '.join(map(str, ANSWERS))}")
        if bool(self.errors) != (self.status == PARTIAL_SUCCESS):
            raise ValueError(f"status {PARTIAL_SUCCESS} and errors of single items go together")


NO_ERROR: Final = InjectedError()
"""The answer of a sound server."""


class _SetError(InjectedError, frozen=True):
    times: Annotated[int, Meta(ge=1)] | None = None


class FaultInjection:
    """The switch: a script of the next answers, then the same answer always. Any thread may set it.

    Args:
        errors: The script.
    """

    def __init__(self, *errors: InjectedError) -> None:
        self._lock = threading.Lock()
        self._script: deque[Iterator[InjectedError]] = deque([iter(errors)])
        self._always = NO_ERROR
        self._hanging: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()

    def script(self, *errors: InjectedError) -> None:
        """Answer the next requests with these, in order, after what is in the script already."""
        with self._lock:
            self._script.append(iter(errors))

    def always(self, error: InjectedError | None) -> None:
        """Answer every request after the script with `error`; ``None`` for the sound answer."""
        with self._lock:
            self._always = error or NO_ERROR

    def set(self, error: InjectedError, *, times: int | None = None) -> None:
        """Answer with `error` from now on, in place of all that was set; hanging requests are released.

        Args:
            error: How to answer.
            times: For so many requests; ``None`` until it is replaced or cleared.
        """
        if times is None:
            self._replace(error, deque())
        else:
            self._replace(NO_ERROR, deque([repeat(error, times)]))

    def set_from_json(self, body: bytes) -> None:
        """Set the switch to the body of ``PUT /fault-injection``.

        Raises:
            ValueError: It describes no error; the message has what is expected.
        """
        setting = msgspec.json.decode(body, type=_SetError)
        fields = {name: getattr(setting, name) for name in InjectedError.__struct_fields__}
        self.set(InjectedError(**fields), times=setting.times)

    def clear(self) -> None:
        """Answer as a sound server again; hanging requests are released."""
        self._replace(NO_ERROR, deque())

    def take(self) -> InjectedError:
        """The answer to the request that has come."""
        with self._lock:
            while self._script:
                error = next(self._script[0], None)
                if error is not None:
                    return error
                self._script.popleft()
            return self._always

    async def released(self) -> None:
        """Return when hanging requests are released."""
        waiting = (asyncio.get_running_loop(), asyncio.Event())
        with self._lock:
            self._hanging.add(waiting)
        try:
            await waiting[1].wait()
        finally:
            with self._lock:
                self._hanging.discard(waiting)

    def _replace(self, always: InjectedError, script: deque[Iterator[InjectedError]]) -> None:
        with self._lock:
            self._always, self._script = always, script
            for loop, released in self._hanging:
                loop.call_soon_threadsafe(released.set)
