"""Which transport answers: every call to Foundry is played, all else goes where it always went.

A client's own transport is replaced only where it would open a socket. One that wraps another, such as for
retries or a cache, stays, and the one it wraps is answered for; one that answers inside the process, such as
a mock, is the test's own answer and stays too.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any, Final

from foundry_telemetry.attach.exchange import Exchange
from foundry_telemetry.attach.recorder import MARK, body_in_memory
from foundry_telemetry.attach.swap import swap_transports
from foundry_telemetry.attach.unnamed_hosts import in_foundry_span
from foundry_telemetry.testing.kit.patches import Patches
from foundry_telemetry.testing.transports import Clock, Plays, is_played, make_transport
from foundry_telemetry.wire.recognise import Hosts, may_concern_us, read_request

_FAMILIES: Final = ("httpx", "httpx2")
_IN_PROCESS: Final = ("ASGITransport", "MockTransport", "WSGITransport")
_ON_SOCKETS: Final = (("HTTPTransport", "handle_request"), ("AsyncHTTPTransport", "handle_async_request"))


class Router:
    """Sends calls to Foundry to a play, for the whole process.

    Args:
        play: Says what to answer.
        clock: Moved on by waits.
        hosts: Hosts that count as Foundry besides Azure's own and those the application names.
        before: Called with each request that will be answered.
    """

    def __init__(self, play: Plays, clock: Clock, hosts: Hosts, before: Callable[[Any], None]) -> None:
        self._hosts = hosts
        self._before = before
        self._played = {
            family: make_transport(import_module(family), play, None, clock)
            for family in _FAMILIES
            if find_spec(family)
        }
        self._patches = Patches()
        self._is_open = False
        self._undo: Callable[[], None] = lambda: None
        self.passed: list[str] = []
        """Requests that look like calls to Claude, but went elsewhere."""

    def open(self) -> None:
        """Begin to answer."""
        self._is_open = True
        self._undo = swap_transports(self._choose)
        for family, played in self._played.items():
            for name, method in _ON_SOCKETS:
                kind = getattr(import_module(family), name)
                self._patches.set(kind, method, self._under_wrappers(getattr(kind, method), played, method))

    def close(self) -> None:
        """Put everything back; where somebody patched over us, only step aside."""
        self._is_open = False
        self._patches.undo()
        self._undo()

    def answers(self, request: Any) -> bool:
        """Whether a request is a call to Foundry, which is about to be answered."""
        answered = self._concerns(request)
        if answered:
            self._before(request)
        return answered

    def _concerns(self, request: Any) -> bool:
        """Whether a door said that it is a call to Foundry, or it is one by the hosts of the test."""
        url = request.url
        if isinstance(request.extensions.get(MARK), Exchange):
            return True
        if not may_concern_us(url.raw_path):
            return False
        facts = read_request(
            method=request.method,
            scheme=url.scheme,
            host=url.raw_host,
            port=url.port,
            raw_path=url.raw_path,
            headers=request.headers.raw,
            body=lambda: body_in_memory(request),
            hosts=self._hosts,
            in_foundry_span=lambda: in_foundry_span(None),
        )
        if facts is None:
            self.passed.append(f"{request.method} {url.scheme}://{url.netloc.decode('ascii')}{url.path}")
        return facts is not None

    def _choose(self, transport: Any, url: Any) -> Any:
        family = sys.modules[type(url).__module__.partition(".")[0]]
        if not may_concern_us(url.raw_path) or _stays(transport, family):
            return transport
        return _Fork(transport, self._played[family.__name__], self.answers)

    def _under_wrappers(self, original: Callable[..., Any], played: Any, method: str) -> Callable[..., Any]:
        """A method for the families' own transports, which wrappers of them reach."""

        def handle(transport: Any, request: Any) -> Any:
            if self._is_open and may_concern_us(request.url.raw_path) and self.answers(request):
                return getattr(played, method)(request)
            return original(transport, request)

        return handle


class _Fork:
    """Stands where a transport would, and lets a play answer calls to Foundry."""

    def __init__(self, inner: Any, played: Any, answers: Callable[[Any], bool]) -> None:
        self._inner = inner
        self._played = played
        self._answers = answers

    def handle_request(self, request: Any) -> Any:
        return (self._played if self._answers(request) else self._inner).handle_request(request)

    async def handle_async_request(self, request: Any) -> Any:
        chosen = self._played if self._answers(request) else self._inner
        return await chosen.handle_async_request(request)


def _stays(transport: object, family: ModuleType) -> bool:
    """Whether a transport answers inside the process, or wraps one that we answer for."""
    kinds = tuple(getattr(family, name) for name in _IN_PROCESS)
    if is_played(transport) or isinstance(transport, kinds):
        return True
    own = tuple(getattr(family, name) for name, _ in _ON_SOCKETS)
    if type(transport) in own:
        return False
    base = (family.BaseTransport, family.AsyncBaseTransport)
    return isinstance(transport, own) or any(isinstance(part, base) for part in _parts(transport))


def _parts(transport: object) -> Iterator[object]:
    """The values of an object's attributes, in slots too."""
    yield from getattr(transport, "__dict__", {}).values()
    for kind in type(transport).__mro__:
        slots = getattr(kind, "__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            yield getattr(transport, name, None)
