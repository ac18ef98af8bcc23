"""Attempts that a transport makes by itself: a retrying transport sends one request again and again.

*Layer*: a transport that another one calls, or a method of its base class. *Sending*: one request on its way
through the layers below the transport that the client chose. The innermost layer that it reaches makes an
attempt; when it comes to a layer again after that, it is the next attempt of the same call.

The methods patched here are public. They are patched when a client is met whose transport is none of the
families' own, and put back by `uninstrument()`; a process without such a transport has nothing patched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from types import FunctionType
from typing import Any, Final

from opentelemetry import context as context_api
from wrapt import FunctionWrapper

from foundry_telemetry.instrumentation.body import AsyncBody, SyncBody, follow, watch
from foundry_telemetry.instrumentation.connect_timer import AsyncConnectTimer, ConnectTimer, time_connect
from foundry_telemetry.instrumentation.families import (
    FAMILY_NAMES,
    IN_PROCESS_TRANSPORTS,
    NETWORK_TRANSPORTS,
    LeftOut,
    loaded,
)
from foundry_telemetry.instrumentation.tracked_request import TrackedRequest
from foundry_telemetry.instrumentation.tracker import MARKER_KEY, RequestMarker, Tracker
from foundry_telemetry.internal_errors import internal_errors

_BASES: Final = (("BaseTransport", "handle_request"), ("AsyncBaseTransport", "handle_async_request"))

_SEND_ONCE: Final = frozenset((*(name for name, _ in NETWORK_TRANSPORTS), *IN_PROCESS_TRANSPORTS))
"""The families' own transports; a subclass may do as it likes."""

Body = type[SyncBody | AsyncBody]
Timer = type[ConnectTimer]


class Sending(LeftOut):
    """One request on its way through the layers.

    Args:
        first: Its first attempt, which began at the client.
    """

    __slots__ = ("_first", "_last", "_layers", "_tracker", "_unanswered")

    def __init__(self, first: TrackedRequest) -> None:
        self._tracker = Tracker(first.settings)
        self._first = self._last = first
        self._layers: set[object] = set()
        """Those that the last attempt has come through."""
        self._unanswered = {first}

    @property
    def is_over(self) -> bool:
        """Whether the client has its answer, so that nothing is on its way."""
        return not self._first.is_on_its_way

    def enter(self, layer: object, transport: object, request: Any, timer: Timer) -> Step | None:
        """The request has come to a layer; ``None`` if it is no call to Foundry any more.

        It is a new attempt if the one before has its answer, or if that one came through here as well: some
        transports send twice and take the faster answer.
        """
        if self._last in self._unanswered and layer not in self._layers:
            self._layers.add(layer)
            self._last.transport = transport
            return Step(self, self._last, None)
        marker = RequestMarker(self._last, context=self._first.origin.caller)
        tracked = self._tracker.begin(request, transport, marker)
        if tracked is None:
            return None
        tracked.sending = self
        self._last = tracked
        self._unanswered.add(tracked)
        self._layers = {layer}
        time_connect(request, tracked, timer=timer)
        return Step(self, tracked, tracked.attach(request))

    def resolve(self, tracked: TrackedRequest) -> bool:
        """An attempt has its answer, or failed; whether this is the first to be heard of it."""
        if tracked not in self._unanswered:
            return False
        self._unanswered.discard(tracked)
        return True

    def arrived(self, request: Any, response: Any, body: Body) -> None:
        """The client's transport has an answer: that of a layer, unless it made one by itself."""
        request.extensions[MARKER_KEY] = self._last
        if self.resolve(self._first):
            watch(response, self._first, body)
        else:
            follow(response, self._last)


class Step:
    """A request within one layer. No method raises.

    Args:
        sending: Its way so far.
        tracked: The attempt that it is.
        token: For `detach`, where the attempt began here.
    """

    __slots__ = ("_sending", "_token", "_tracked")

    def __init__(self, sending: Sending, tracked: TrackedRequest, token: Any) -> None:
        self._sending = sending
        self._tracked = tracked
        self._token = token

    def failed(self, error: BaseException) -> None:
        """The layer raised; one below may have answered all the same."""
        if self._resolves():
            self._tracked.fail(error)

    def left(self) -> None:
        """The layer is done."""
        if self._token is not None:
            context_api.detach(self._token)

    def answered(self, response: Any, body: Body) -> None:
        """The layer has an answer: that of its attempt, unless a layer below had it first."""
        if self._resolves():
            watch(response, self._tracked, body)

    def _resolves(self) -> bool:
        try:
            return self._sending.resolve(self._tracked)
        except Exception as error:
            internal_errors.add(error)
            return False


def arrived(tracked: TrackedRequest, request: Any, response: Any, body: Body) -> None:
    """The client's transport has an answer for an attempt that layers have followed. Never raises."""
    try:
        if tracked.sending is not None:
            tracked.sending.arrived(request, response, body)
    except Exception as error:
        internal_errors.add(error)


def _step(patch: LayerPatch, transport: object, request: Any, timer: Timer) -> Step | None:
    """A request has come to a layer; ``None`` if nobody follows it. Never raises."""
    try:
        tracked = request.extensions.get(MARKER_KEY)
        if type(tracked) is not TrackedRequest:
            return None
        sending = tracked.sending
        if sending is None:
            if not tracked.is_on_its_way or (transport is tracked.transport and type(transport) is patch.cls):
                return None  # the client itself has called this layer
            sending = tracked.sending = Sending(tracked)
        if sending.is_over:
            return None
        return sending.enter((patch, id(transport)), transport, request, timer)
    except Exception as error:
        internal_errors.add(error)
        return None


class LayerPatch:
    """Our patch of one method of a transport class.

    An instrumentor that has wrapped the method takes its wrapper off again by what the class has on top, so
    ours goes below such wrappers.

    Args:
        cls: Has a method `name` of its own.
        name: ``handle_request`` or ``handle_async_request``.
    """

    def __init__(self, cls: type, name: str) -> None:
        self.cls = cls
        self._name = name
        self._original: Any = None
        self._method: Any = None
        self.is_active = True

    def apply(self) -> None:
        """Put ours in, unless it is there."""
        place, name = self._bottom()
        found = vars(place)[name] if place is self.cls else place.__wrapped__
        if found is not self._method and isinstance(found, FunctionType):
            self._original = found
            self._method = (_sync_layer if self._name == _BASES[0][1] else _async_layer)(found, self)
            setattr(place, name, self._method)

    def restore(self) -> None:
        """Put the original back; where somebody has patched over ours, it stays, and does nothing."""
        self.is_active = False
        place, name = self._bottom()
        found = vars(place).get(name) if place is self.cls else place.__wrapped__
        if found is self._method and found is not None:
            setattr(place, name, self._original)

    def _bottom(self) -> tuple[Any, str]:
        place: Any = self.cls
        name, method = self._name, vars(self.cls).get(self._name)
        while isinstance(method, FunctionWrapper):
            place, name, method = method, "__wrapped__", method.__wrapped__
        return place, name


def _sync_layer(original: Callable[..., Any], patch: LayerPatch) -> Callable[..., Any]:
    @wraps(original)
    def handle_request(self: Any, request: Any, *args: Any, **options: Any) -> Any:
        step = _step(patch, self, request, ConnectTimer) if patch.is_active else None
        if step is None:
            return original(self, request, *args, **options)
        try:
            response = original(self, request, *args, **options)
        except BaseException as error:
            step.failed(error)
            raise
        finally:
            step.left()
        step.answered(response, SyncBody)
        return response

    return handle_request


def _async_layer(original: Callable[..., Any], patch: LayerPatch) -> Callable[..., Any]:
    @wraps(original)
    async def handle_async_request(self: Any, request: Any, *args: Any, **options: Any) -> Any:
        step = _step(patch, self, request, AsyncConnectTimer) if patch.is_active else None
        if step is None:
            return await original(self, request, *args, **options)
        try:
            response = await original(self, request, *args, **options)
        except BaseException as error:
            step.failed(error)
            raise
        finally:
            step.left()
        step.answered(response, AsyncBody)
        return response

    return handle_async_request


_patches: Final[dict[tuple[type, str], LayerPatch]] = {}
_own: Final[list[tuple[Mapping[str, Any], str, Any]]] = []
"""The families' own classes that use the network, which mocks patch as well: the class's names, the method's,
and the method that was on top when ours went in."""
_met: Final[set[type]] = set()
"""Classes of the transports that clients have chosen so far."""


def follow_layers(transport: object) -> None:
    """A client has chosen this transport: see that the layers below it, if any, are patched."""
    kind = type(transport)
    if kind in _met:
        for methods, name, ours in _own:
            if methods[name] is not ours:
                break
        else:
            return
    is_own = kind.__name__ in _SEND_ONCE and kind.__module__.partition(".")[0] in FAMILY_NAMES
    if _patches or not (is_own or getattr(kind, "sends_once", False)):
        _patch_layers()
    _met.add(kind)


def _patch_layers() -> None:
    """Patch every transport class there is, where that is not done yet."""
    for base, name in _BASES:
        for cls in _subclasses(loaded(base)):
            if name in vars(cls):
                patch = _patches.get((cls, name)) or _patches.setdefault((cls, name), LayerPatch(cls, name))
                patch.apply()
    _own[:] = [
        (vars(cls), name, vars(cls)[name]) for kind, name in NETWORK_TRANSPORTS for cls in loaded(kind)
    ]


def restore_layers() -> None:
    """Put every method back."""
    _met.clear()
    _own.clear()
    while _patches:
        _patches.popitem()[1].restore()


def _subclasses(classes: list[type]) -> Iterator[type]:
    """These classes and all below them, each once."""
    found: set[type] = set()
    while classes:
        cls = classes.pop()
        if cls not in found:
            found.add(cls)
            classes.extend(cls.__subclasses__())
            yield cls
