"""`instrument()`: a transport of ours around the one that a client chose for a URL.

How client classes are patched, `class_patch` says; what ours does, `instrumented_transport`.
"""

from __future__ import annotations

import logging
import weakref
from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from foundry_telemetry.instrumentation.class_patch import PATCHED_METHOD, ClientPatch
from foundry_telemetry.instrumentation.families import LeftOut, client_classes, when_loaded
from foundry_telemetry.instrumentation.instrumented_transport import InstrumentedTransport
from foundry_telemetry.instrumentation.tracker import Tracker
from foundry_telemetry.instrumentation.transport_layers import follow_layers, restore_layers
from foundry_telemetry.internal_errors import internal_errors
from foundry_telemetry.wire.request_matcher import is_candidate

_log: Final = logging.getLogger("foundry_telemetry")
_TRACKER: Final = "_foundry_telemetry_tracker"
"""Attribute of a client that is instrumented by itself. A copy of the client takes it along."""


class _OfClient(LeftOut):
    """The tracker of a client that is instrumented by itself, and of the copies made of it."""

    __slots__ = ("__weakref__", "client", "over_own", "own", "tracker")

    def __init__(self, client: Any, tracker: Tracker) -> None:
        self.client = weakref.ref(client)
        """Not a copy of it."""
        self.tracker: Tracker | None = tracker
        self.own: Any = None
        """The method that the client had of its own, and ours over it."""
        self.over_own: Any = None


class _State:
    """Who records: for the whole process, and for single clients."""

    def __init__(self) -> None:
        self.tracker: Tracker | None = None
        self.clients: weakref.WeakSet[_OfClient] = weakref.WeakSet()
        self.patches: dict[type, ClientPatch] = {}

    @property
    def is_idle(self) -> bool:
        """Whether nobody records."""
        return self.tracker is None and not any(one.tracker for one in self.clients)


_state: Final = _State()


def _instrumented(client: Any, transport: Any, url: Any) -> Any:
    """The transport, with ours around it where somebody records; a client's own tracker wins."""
    try:
        if not is_candidate(url.raw_path):
            return transport
        of_client = getattr(client, _TRACKER, None)  # `vars` would make each later look at the client slower
        return _instrument(
            transport, (of_client.tracker if of_client is not None else None) or _state.tracker
        )
    except Exception as error:
        internal_errors.add(error)
        return transport


def _instrument(transport: Any, tracker: Tracker | None) -> Any:
    if tracker is None:
        return transport
    inner = transport.inner if isinstance(transport, InstrumentedTransport) else transport
    follow_layers(inner)
    return InstrumentedTransport(inner, tracker)


def patch(classes: list[type]) -> None:
    """Patch client classes, where that is not done yet."""
    for cls in classes:
        held = _state.patches.get(cls)
        if held is not None and held.is_in_place:
            continue
        if held is not None:
            held.restore()
        _state.patches[cls] = ClientPatch(cls, _instrumented)


def restore() -> list[type]:
    """Restore every client class; gives those that were patched."""
    held = list(_state.patches)
    while _state.patches:
        _state.patches.popitem()[1].restore()
    return held


def beneath_ours(cls: type) -> Any:
    """The method of a client class, below our patch of it."""
    held = _state.patches.get(cls)
    return held.original if held is not None and held.is_in_place else vars(cls).get(PATCHED_METHOD)


def attach(target: object, tracker: Tracker) -> None:
    """Watch one client, or every client of the process.

    Args:
        target: The client; ``None`` for the process.
        tracker: What is notified.

    Raises:
        TypeError: `target` is no client of httpx, httpx2 or the anthropic SDK.
    """
    if target is None:
        attach_process(tracker)
    else:
        attach_client(target, tracker)


def attach_process(tracker: Tracker) -> None:
    """Watch every client of the process, those that exist and those to come; replaces an earlier tracker."""
    _state.tracker = tracker
    when_loaded(_patch_process)


def _patch_process() -> None:
    if _state.tracker is None:
        return
    classes = client_classes()
    for cls in classes:
        if PATCHED_METHOD not in vars(cls):
            _log.warning(
                "calls of %s.%s are not recorded: it has no %s(). Use event_hooks()",
                cls.__module__,
                cls.__name__,
                PATCHED_METHOD,
            )
    patch([cls for cls in classes if PATCHED_METHOD in vars(cls)])


def detach_process() -> None:
    """Stop watching every client of the process."""
    _state.tracker = None
    _restore_if_idle()


def _restore_if_idle() -> None:
    if _state.is_idle:
        restore()
        restore_layers()


def watches_process() -> bool:
    """Whether every client of the process is watched."""
    return _state.tracker is not None


def process_tracker() -> Tracker | None:
    """That of the whole process, if it is watched."""
    return _state.tracker


def attach_client(target: object, tracker: Tracker) -> None:
    """Watch one client, and copies that are made of it; replaces an earlier tracker.

    Raises:
        TypeError: `target` is no client of httpx, httpx2 or the anthropic SDK.
    """
    client = http_client(target)
    detach_client(client)
    of_client = _OfClient(client, tracker)
    setattr(client, _TRACKER, of_client)
    _state.clients.add(of_client)
    patch([next(cls for cls in type(client).__mro__ if PATCHED_METHOD in vars(cls))])
    if PATCHED_METHOD in vars(client):  # somebody has given it a method of its own, which asks no class
        setattr(client, PATCHED_METHOD, _over_own(vars(client)[PATCHED_METHOD], of_client))


def _over_own(own: Callable[[Any], Any], of_client: _OfClient) -> Callable[[Any], Any]:
    @wraps(own)
    def _transport_for_url(url: Any) -> Any:
        transport = own(url)
        try:
            return _instrument(transport, of_client.tracker if is_candidate(url.raw_path) else None)
        except Exception as error:
            internal_errors.add(error)
            return transport

    of_client.over_own, of_client.own = _transport_for_url, own
    return _transport_for_url


def detach_client(target: object) -> None:
    """Stop watching one client, and copies that were made of it; of a copy, it alone."""
    client = http_client(target)
    of_client = vars(client).pop(_TRACKER, None)
    if of_client is not None and of_client.client() is client:
        of_client.tracker = None
        if of_client.own is not None and vars(client).get(PATCHED_METHOD) is of_client.over_own:
            setattr(client, PATCHED_METHOD, of_client.own)
    _restore_if_idle()


def http_client(target: object) -> Any:
    """The httpx or httpx2 client that `target` is, or that an SDK client holds.

    Raises:
        TypeError: It is neither.
    """
    for candidate in (target, getattr(target, "_client", None)):
        if (
            not isinstance(candidate, type)
            and isinstance(candidate, tuple(client_classes()))
            and hasattr(candidate, PATCHED_METHOD)
        ):
            return candidate
    raise TypeError(
        f"{target!r:.100} is not a client: expected httpx.Client, httpx.AsyncClient, their httpx2 "
        "twins, AnthropicFoundry or AsyncAnthropicFoundry, or no argument for the whole process"
    )
