"""Which transport answers: every call to Foundry is played, all else goes where it always went.

A client's own transport is replaced only where it would open a socket. One that wraps another, such as for
retries or a cache, stays, and the one it wraps is answered for; one that answers inside the process, such as
a mock, is the test's own answer and stays too. So does an answer that the test has registered with another
library, which we ask before we answer.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import wraps
from importlib import import_module
from importlib.util import find_spec
from inspect import iscoroutinefunction
from types import ModuleType
from typing import Any, ClassVar

from foundry_telemetry.instrumentation.families import (
    CLIENTS,
    FAMILY_NAMES,
    IN_PROCESS_TRANSPORTS,
    NETWORK_TRANSPORTS,
)
from foundry_telemetry.instrumentation.tracked_request import TrackedRequest
from foundry_telemetry.instrumentation.tracker import MARKER_KEY, body_in_memory
from foundry_telemetry.instrumentation.transport_override import Swaps
from foundry_telemetry.instrumentation.unnamed_hosts import in_foundry_span
from foundry_telemetry.testing.kit.other_mocks import claims, no_match
from foundry_telemetry.testing.kit.patches import Patches
from foundry_telemetry.testing.transports import Clock, Plays, is_played, make_transport
from foundry_telemetry.wire.request_matcher import Hosts, is_candidate, read_request


class Router:
    """Sends calls to Foundry to a play, for the whole process.

    Args:
        play: Chooses the answer.
        clock: Moved on by waits.
        hosts: Hosts that count as Foundry besides Azure's own and those the application names.
        before: Called with each request that will be answered.
    """

    def __init__(self, play: Plays, clock: Clock, hosts: Hosts, before: Callable[[Any], None]) -> None:
        self._hosts = hosts
        self._before = before
        self._players: dict[str, _Player] = {}
        for name in filter(find_spec, FAMILY_NAMES):
            family = import_module(name)
            played = make_transport(family, play, None, clock)
            self._players[family.__name__] = _Player(family, played, self._concerns, before)
        self._patches = Patches()
        self._placed: set[object] = set()
        self._lock = threading.Lock()
        self._is_open = False
        self._swaps: Swaps | None = None
        self.passed: list[str] = []
        """Requests that look like calls to Claude, but went elsewhere."""

    def open(self) -> None:
        """Begin to answer."""
        self._is_open = True
        self._swaps = Swaps(self._choose)
        self._replace_methods()
        for player in self._players.values():
            for name in CLIENTS:
                kind = getattr(player.family, name)
                self._patches.set(kind, "send", self._on_top(kind.send))

    def close(self) -> None:
        """Put everything back; where somebody patched over us, only step aside."""
        self._is_open = False
        self._patches.undo()
        if self._swaps is not None:
            self._swaps.undo()

    def _on_top(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """`Client.send`, before which we come to the top."""

        @wraps(original)
        def send(*args: Any, **options: Any) -> Any:
            self._come_to_top()
            return original(*args, **options)

        @wraps(original)
        async def send_async(*args: Any, **options: Any) -> Any:
            self._come_to_top()
            return await original(*args, **options)

        return send_async if iscoroutinefunction(original) else send

    def _come_to_top(self) -> None:
        """A mock that was started since we opened stands over us, and would answer first."""
        if self._is_open and self._swaps is not None:
            with self._lock:
                self._swaps.come_to_top()
                self._replace_methods()

    def _replace_methods(self) -> None:
        """Stand in the methods of the families' own transports, which wrappers of them reach."""
        for player in self._players.values():
            for name, method in NETWORK_TRANSPORTS:
                kind = getattr(player.family, name)
                original = getattr(kind, method)
                if original not in self._placed:
                    handle = self._under_wrappers(original, player, method)
                    self._placed.add(handle)
                    self._patches.set(kind, method, handle)

    def _concerns(self, request: Any) -> bool:
        """Whether an integration has marked it as a call to Foundry, or the hosts of the test make it one."""
        url = request.url
        if isinstance(request.extensions.get(MARKER_KEY), TrackedRequest):
            return True
        if not is_candidate(url.raw_path):
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
        player = self._players[sys.modules[type(url).__module__.partition(".")[0]].__name__]
        if not is_candidate(url.raw_path) or _stays(transport, player.family):
            return transport
        return _Fork(transport, player)

    def _under_wrappers(
        self, original: Callable[..., Any], player: _Player, method: str
    ) -> Callable[..., Any]:
        """A method for the families' own transports."""
        answer = getattr(player, method)

        def handle(transport: Any, request: Any) -> Any:
            if self._is_open and is_candidate(request.url.raw_path):
                return answer(
                    request, transport, lambda request: original(transport, request), outermost=False
                )
            return original(transport, request)

        return handle


class _Player:
    """Answers the calls of one family, unless another library has an explicit answer.

    Args:
        family: The module of the family.
        played: Plays the script.
        concerns: Whether a request is a call to Foundry.
        before: Called with each request that will be answered.
    """

    def __init__(
        self,
        family: ModuleType,
        played: Any,
        concerns: Callable[[Any], bool],
        before: Callable[[Any], None],
    ) -> None:
        self.family = family
        self._played = played
        self._concerns = concerns
        self._before = before

    def handle_request(
        self, request: Any, transport: Any, send: Callable[[Any], Any], *, outermost: bool
    ) -> Any:
        """Answer, or let `send` carry the request to who does."""
        if not self._concerns(request):
            return send(request)
        request.read()
        if claims(request, transport, self.family, outermost=outermost):
            with suppress(*no_match()):
                return send(request)
        self._before(request)
        return self._played.handle_request(request)

    async def handle_async_request(
        self, request: Any, transport: Any, send: Callable[[Any], Any], *, outermost: bool
    ) -> Any:
        """Answer, or let `send` carry the request to who does."""
        if not self._concerns(request):
            return await send(request)
        await request.aread()
        if claims(request, transport, self.family, outermost=outermost):
            with suppress(*no_match()):
                return await send(request)
        self._before(request)
        return await self._played.handle_async_request(request)


class _Fork:
    """Stands where a transport would, and lets a play answer calls to Foundry."""

    sends_once: ClassVar = True

    def __init__(self, inner: Any, player: _Player) -> None:
        self._inner = inner
        self._player = player

    def handle_request(self, request: Any) -> Any:
        return self._player.handle_request(request, self._inner, self._inner.handle_request, outermost=True)

    async def handle_async_request(self, request: Any) -> Any:
        send = self._inner.handle_async_request
        return await self._player.handle_async_request(request, self._inner, send, outermost=True)


def _stays(transport: object, family: ModuleType) -> bool:
    """Whether a transport answers inside the process, or wraps one that we answer for."""
    kinds = tuple(getattr(family, name) for name in IN_PROCESS_TRANSPORTS)
    if is_played(transport) or isinstance(transport, kinds) or hasattr(transport, "app"):
        return True
    own = tuple(getattr(family, name) for name, _ in NETWORK_TRANSPORTS)
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
