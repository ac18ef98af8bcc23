"""The main door: a shim around the transport that a client chose for a URL.

``_transport_for_url`` is a method of all four client classes, and every attempt asks it for its transport:
retries, redirects, re-sends of an auth flow, proxies, mounts. It is private, so it is touched in this file
alone and a test watches it in each family.
"""

from __future__ import annotations

import logging
import weakref
from collections.abc import Callable
from functools import wraps
from importlib import import_module
from importlib.util import find_spec
from time import perf_counter_ns
from typing import Any, Final

from opentelemetry import context as context_api

from foundry_telemetry.attach.body import AsyncBody, SyncBody, watch
from foundry_telemetry.attach.exchange import Exchange
from foundry_telemetry.attach.guard import losses
from foundry_telemetry.attach.recorder import Recorder
from foundry_telemetry.wire.recognise import may_concern_us

_log: Final = logging.getLogger("foundry_telemetry")
_SEAM: Final = "_transport_for_url"
_FAMILIES: Final = ("httpx", "httpx2")


class Shim:
    """Stands where the transport of one attempt would, and sees the attempt through.

    Args:
        inner: The transport the client chose.
        recorder: Whom to tell.
    """

    __slots__ = ("inner", "recorder")

    def __init__(self, inner: Any, recorder: Recorder) -> None:
        self.inner = inner
        self.recorder = recorder

    def handle_request(self, request: Any) -> Any:
        """Send, as the inner transport does."""
        exchange = self.recorder.begin(request, self.inner)
        if exchange is None:
            return self.inner.handle_request(request)
        _time_connect(request, exchange, timer=_ConnectTimer)
        token = exchange.attach(request)
        try:
            response = self.inner.handle_request(request)
        except BaseException as error:
            exchange.fail(error)
            raise
        finally:
            if token is not None:
                context_api.detach(token)
        watch(response, exchange, SyncBody)
        return response

    async def handle_async_request(self, request: Any) -> Any:
        """Send, as the inner transport does."""
        exchange = self.recorder.begin(request, self.inner)
        if exchange is None:
            return await self.inner.handle_async_request(request)
        _time_connect(request, exchange, timer=_AsyncConnectTimer)
        token = exchange.attach(request)
        try:
            response = await self.inner.handle_async_request(request)
        except BaseException as error:
            exchange.fail(error)
            raise
        finally:
            if token is not None:
                context_api.detach(token)
        watch(response, exchange, AsyncBody)
        return response


class _ConnectTimer:
    """httpcore's ``trace`` callback: how long a connection took to make, when one was made."""

    __slots__ = ("_exchange", "_started_ns")

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._started_ns = 0

    def __call__(self, event: str, _: object) -> Any:
        self._note(event)

    def _note(self, event: str) -> None:
        """Note an event. Never raises."""
        try:
            if event == "connection.connect_tcp.started":
                self._started_ns = perf_counter_ns()
            elif event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
                self._exchange.attempt.connect_ns = perf_counter_ns() - self._started_ns
        except Exception as error:
            losses.add(error)


class _AsyncConnectTimer(_ConnectTimer):
    """The same for the async transports, which insist on a coroutine."""

    __slots__ = ()

    async def __call__(self, event: str, _: object) -> None:
        self._note(event)


def _time_connect(request: Any, exchange: Exchange, *, timer: type[_ConnectTimer]) -> None:
    """Ask for connect times, unless the user has a ``trace`` callback there. Never raises."""
    try:
        theirs = request.extensions.get("trace")
        if theirs is None or isinstance(theirs, _ConnectTimer):
            request.extensions["trace"] = timer(exchange)
    except Exception as error:
        losses.add(error)


class _Seam:
    """Our hold on one client class, or on one client.

    Args:
        owner: A client class or a client.
        recorder: Whom its exchanges are told to.
    """

    def __init__(self, owner: Any, recorder: Recorder | None) -> None:
        _release_copy(owner)
        # A client keeps its seam; were it to keep the client in turn, only the collector could free the two.
        self._owner = weakref.ref(owner)
        self._own = vars(owner).get(_SEAM)
        self.recorder = recorder
        on_client = not isinstance(owner, type)
        self._of_class: Any = None if on_client else getattr(owner, _SEAM)
        self._ours: Any = self._for_client if on_client else _as_method(self._for_class)
        setattr(owner, _SEAM, self._ours)

    def _for_class(self, client: Any, url: Any) -> Any:
        return self._shimmed(self._of_class(client, url), url)

    def _for_client(self, url: Any) -> Any:
        if self._own is not None:
            return self._shimmed(self._own(url), url)
        client = self._owner()
        return self._shimmed(getattr(type(client), _SEAM)(client, url), url)

    def _shimmed(self, transport: Any, url: Any) -> Any:
        try:
            if self.recorder is None or not may_concern_us(url.raw_path):
                return transport
            # A client that is instrumented by itself wins over the whole process.
            inner = transport.inner if isinstance(transport, Shim) else transport
            return Shim(inner, self.recorder)
        except Exception as error:
            losses.add(error)
            return transport

    def release(self) -> None:
        """Put the original back; where somebody patched over us, only step aside."""
        self.recorder = None
        owner = self._owner()
        if owner is None or vars(owner).get(_SEAM) is not self._ours:
            return
        if self._own is not None:
            setattr(owner, _SEAM, self._own)
        else:
            delattr(owner, _SEAM)


def _as_method(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """A plain function, which a class turns into a method as it would not do with a bound one."""

    @wraps(function)
    def _transport_for_url(self: Any, url: Any) -> Any:
        return function(self, url)

    return _transport_for_url


def _release_copy(owner: Any) -> None:
    """Let go a hold that another copy of this module has: a reload forgets what it placed."""
    placed = vars(owner).get(_SEAM)
    seam: Any = getattr(getattr(placed, "__wrapped__", placed), "__self__", None)
    if (type(seam).__module__, type(seam).__name__) == (__name__, _Seam.__name__):
        seam.release()


_process: Final[list[_Seam]] = []
_clients: Final[weakref.WeakKeyDictionary[Any, weakref.ref[_Seam]]] = weakref.WeakKeyDictionary()
"""The hold on each client. The client itself keeps it; here it would keep the client alive."""


def _classes() -> list[type]:
    """The client classes of the installed families; one family's twice never, even when one is an alias."""
    modules = [import_module(family) for family in _FAMILIES if find_spec(family)]
    return list(
        dict.fromkeys(getattr(module, name) for module in modules for name in ("Client", "AsyncClient"))
    )


def attach_process(recorder: Recorder) -> None:
    """Watch every client of the process, those that exist and those to come; replaces an earlier recorder."""
    detach_process()
    for cls in _classes():
        if not hasattr(cls, _SEAM):
            _log.warning(
                "%s.%s has no %s(), so its calls are not seen; use event_hooks()",
                cls.__module__,
                cls.__name__,
                _SEAM,
            )
            continue
        _process.append(_Seam(cls, recorder))


def detach_process() -> None:
    """Stop watching every client of the process."""
    while _process:
        _process.pop().release()


def watches_process() -> bool:
    """Whether every client of the process is watched."""
    return bool(_process)


def process_recorder() -> Recorder | None:
    """Whom the exchanges of the whole process are told to, if it is watched."""
    return _process[0].recorder if _process else None


def attach_client(target: object, recorder: Recorder) -> None:
    """Watch one client; replaces an earlier recorder.

    Raises:
        TypeError: `target` is no client of httpx, httpx2 or the anthropic SDK.
    """
    client = http_client(target)
    detach_client(client)
    _clients[client] = weakref.ref(_Seam(client, recorder))


def detach_client(target: object) -> None:
    """Stop watching one client."""
    held = _clients.pop(http_client(target), None)
    seam = held() if held is not None else None
    if seam is not None:
        seam.release()


def http_client(target: object) -> Any:
    """The httpx or httpx2 client that `target` is, or that an SDK client holds.

    Raises:
        TypeError: It is neither.
    """
    for candidate in (target, getattr(target, "_client", None)):
        if (
            not isinstance(candidate, type)
            and isinstance(candidate, tuple(_classes()))
            and hasattr(candidate, _SEAM)
        ):
            return candidate
    raise TypeError(
        f"{target!r:.100} is no client; expected httpx.Client, httpx.AsyncClient, their httpx2 twins, "
        "AnthropicFoundry or AsyncAnthropicFoundry, or nothing for the whole process"
    )
