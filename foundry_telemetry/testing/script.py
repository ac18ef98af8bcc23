"""The script of a fake service: which request gets which answer."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable, Iterable
from types import ModuleType

from msgspec import Struct

from foundry_telemetry.testing.captured_request import ReceivedRequest
from foundry_telemetry.testing.recorded_responses import error, recorded
from foundry_telemetry.testing.recordings import cases, nearest
from foundry_telemetry.testing.response import FakeResponse
from foundry_telemetry.testing.responses import answer

Item = int | str | FakeResponse | BaseException | type[BaseException]
"""A status, the id of a recorded answer or the name of an error, a response, or an exception."""

Respond = Callable[[ReceivedRequest], Item]
"""Answers each request by itself. It must not block: it runs where the request is handled."""

_OK = 200
_SCRIPTED = "raised by the script of a fake Foundry"


class NoAnswer(Struct, frozen=True, kw_only=True):
    """A request that gets no answer, because the connection fails or an exception is raised."""

    name: str
    """Class name of the exception, as httpx has it."""
    exception: BaseException | None = None
    """The exception of the script, if it gave one."""

    def raised(self, family: ModuleType) -> BaseException:
        """The exception to raise: as scripted, but httpx's own as the family has them."""
        scripted = self.exception
        if scripted is not None and not type(scripted).__module__.startswith("httpx"):
            return scripted
        kind = getattr(family, self.name, None)
        if not (isinstance(kind, type) and issubclass(kind, family.TransportError)):
            raise TypeError(f"{family.__name__} has no transport error {self.name!r} to raise: {scripted!r}")
        made: BaseException = kind(_SCRIPTED if scripted is None else str(scripted))
        if self.name in _SOCKET_ERRORS:
            number = _SOCKET_ERRORS[self.name]
            # OSError picks its subclass by the number, such as ConnectionRefusedError.
            made.__cause__ = OSError(number, os.strerror(number))
        return made


_SOCKET_ERRORS = {"ConnectError": errno.ECONNREFUSED, "ReadError": errno.ECONNRESET}
"""The socket's error when such an exception is raised in earnest."""

NO_ANSWERS = {
    "connect_error": "ConnectError",
    "connect_timeout": "ConnectTimeout",
    "pool_timeout": "PoolTimeout",
    "read_error": "ReadError",
    "read_timeout": "ReadTimeout",
    "remote_protocol_error": "RemoteProtocolError",
    "write_error": "WriteError",
}
"""Names that a script may use for an exception of the client's family."""

SERVER_ERRORS = ("read_error", "read_timeout", "remote_protocol_error")
"""Those that a server can cause: it resets, keeps silent, or closes."""

_RECORDED_NO_ANSWERS = {"noresp_connect_error": "connect_error", "noresp_read_timeout": "read_timeout"}


class Play:
    """A script being played, and the requests that came. Safe to use from several threads."""

    def __init__(self, script: Item | Iterable[Item] | Respond, *, retry_after_s: float | None) -> None:
        self._retry_after_s = retry_after_s
        self._respond: Respond | None = None
        self._items: tuple[FakeResponse | NoAnswer, ...] = ()
        self._requests: list[ReceivedRequest] = []
        self._first = 0
        self._arrived = threading.Condition()
        self.change(script)

    def change(self, script: Item | Iterable[Item] | Respond) -> None:
        """Play another script from now on; a script that is not understood changes nothing."""
        respond: Respond | None = None
        items: tuple[FakeResponse | NoAnswer, ...] = ()
        if callable(script) and not isinstance(script, type):
            respond = script
        else:
            items = tuple(self._read(item, where) for where, item in enumerate(_listed(script)))
            if not items:
                raise ValueError(f"empty script {script!r}: expected at least one item, such as 200")
        with self._arrived:
            self._respond, self._items, self._first = respond, items, len(self._requests)

    @property
    def items(self) -> tuple[FakeResponse | NoAnswer, ...]:
        """The script as it was understood; empty when a callable answers."""
        return self._items

    @property
    def requests(self) -> list[ReceivedRequest]:
        """The requests that came so far, in order: a list of your own."""
        with self._arrived:
            return list(self._requests)

    def next(self, request: ReceivedRequest) -> FakeResponse | NoAnswer:
        """Record a request and take the next item; the last item is repeated."""
        with self._arrived:
            index = len(self._requests) - self._first
            respond, items = self._respond, self._items
            self._requests.append(request)
            self._arrived.notify_all()
        if respond is not None:
            item = self._read(respond(request), index)
        else:
            item = items[min(index, len(items) - 1)]
        return item.played(request) if isinstance(item, FakeResponse) else item

    def wait_for(self, count: int, timeout_s: float) -> list[ReceivedRequest]:
        """Wait until this many requests came.

        Raises:
            TimeoutError: They did not come in time.
        """
        with self._arrived:
            if not self._arrived.wait_for(lambda: len(self._requests) >= count, timeout_s):
                raise TimeoutError(f"{len(self._requests)} of {count} requests arrived within {timeout_s} s")
            return list(self._requests)

    def _read(self, item: object, where: int) -> FakeResponse | NoAnswer:
        """Understand one item of a script."""
        if isinstance(item, FakeResponse):
            return item
        if isinstance(item, int) and not isinstance(item, bool):
            return answer() if item == _OK else _error(item, where, self._retry_after_s)
        if isinstance(item, str):
            return _named(item, where)
        if isinstance(item, type) and issubclass(item, BaseException):
            item = item(_SCRIPTED)
        if isinstance(item, BaseException):
            return NoAnswer(name=type(item).__name__, exception=item)
        raise TypeError(
            f"script item {where + 1} is {item!r}: expected a status (200, or 400 to 599), the name of a "
            f"recorded response, a FakeResponse, an exception, or {nearest(str(item), NO_ANSWERS)}"
        )


def _listed(script: Item | Iterable[Item] | Respond) -> tuple[object, ...]:
    """The items of a script; one item alone is a script too."""
    if isinstance(script, Iterable) and not isinstance(script, (str, FakeResponse)):
        return tuple(script)
    return (script,)


def _error(status: int, where: int, retry_after_s: float | None) -> FakeResponse:
    try:
        return error(status, retry_after_s=retry_after_s)
    except ValueError:
        raise ValueError(f"script item {where + 1} is {status!r}: expected 200, or 400 to 599") from None


def _named(name: str, where: int) -> FakeResponse | NoAnswer:
    short = _RECORDED_NO_ANSWERS.get(name, name)
    if short in NO_ANSWERS:
        return NoAnswer(name=NO_ANSWERS[short])
    if name not in cases():
        known = nearest(name, (*cases(), *NO_ANSWERS))
        raise ValueError(f"script item {where + 1} is {name!r}, not a recorded response: expected {known}")
    return recorded(name)
