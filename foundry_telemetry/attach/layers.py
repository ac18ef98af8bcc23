"""Attempts that a transport makes by itself: a retrying transport sends one request again and again.

*Layer*: a transport that another one calls, or a method of its base class. *Sending*: one request on its way
through the layers, as the client handed it over. The innermost layer that it reaches makes an attempt; when
the request comes to a layer again after that, it is the next attempt of the same call.

The methods patched here are public. They are patched when a client is met whose transport is none of the
families' own, and put back by `uninstrument()`; a process without such a transport has nothing patched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from types import FunctionType
from typing import Any, Final

from opentelemetry import context as context_api
from wrapt import FunctionWrapper

from foundry_telemetry.attach.body import AsyncBody, SyncBody, follow, watch
from foundry_telemetry.attach.connect_timer import AsyncConnectTimer, ConnectTimer, time_connect
from foundry_telemetry.attach.exchange import Exchange
from foundry_telemetry.attach.families import LeftOut, loaded
from foundry_telemetry.attach.guard import losses
from foundry_telemetry.attach.recorder import MARK, Recorder, Sent

_KEY: Final = "foundry_telemetry.sending"
"""In ``request.extensions`` while the request is on its way; wrappers that rebuild a request keep these."""

_BASES: Final = (("BaseTransport", "handle_request"), ("AsyncBaseTransport", "handle_async_request"))

Timer = type[ConnectTimer]


class Sending(LeftOut):
    """One request on its way through the layers.

    Args:
        recorder: Whom to tell.
        exchange: Its first attempt.
    """

    __slots__ = ("_caller", "_layers", "_recorder", "last", "unanswered")

    def __init__(self, recorder: Recorder, exchange: Exchange) -> None:
        self._recorder = recorder
        self._caller = exchange.origin.caller
        self._layers: set[object] = set()
        """Those that the last attempt has come through."""
        self.last = exchange
        self.unanswered = {exchange}

    def enter(self, layer: object, transport: object, request: Any, timer: Timer) -> Step | None:
        """The request has come to a layer; ``None`` if it is no call to Foundry any more.

        It is a new attempt if the one before has its answer, or if that one came through here as well: some
        transports send twice and take the faster answer.
        """
        if self.last in self.unanswered and layer not in self._layers:
            self._layers.add(layer)
            self.last.transport = transport
            return Step(self, self.last, request)
        exchange = self._recorder.begin(request, transport, Sent(self.last, context=self._caller))
        if exchange is None:
            return None
        self.last = exchange
        self.unanswered.add(exchange)
        self._layers = {layer}
        step = Step(self, exchange, request)
        step.begin(timer)
        return step


class Step:
    """A request within one layer. No method raises.

    Args:
        sending: Its way so far.
        exchange: The attempt that it is.
        request: As the layer got it.
        is_first: Whether the client itself calls this layer.
    """

    __slots__ = ("_exchange", "_is_first", "_request", "_sending", "_token")

    def __init__(self, sending: Sending, exchange: Exchange, request: Any, *, is_first: bool = False) -> None:
        self._sending = sending
        self._exchange = exchange
        self._request = request
        self._is_first = is_first
        self._token: Any = None

    def begin(self, timer: Timer) -> None:
        """An attempt begins here."""
        time_connect(self._request, self._exchange, timer=timer)
        self._token = self._exchange.attach(self._request)

    def failed(self, error: BaseException) -> None:
        """The layer raised; a layer below may have answered all the same."""
        self._sending.unanswered.discard(self._exchange)
        self._exchange.fail(error)

    def left(self) -> None:
        """The layer is done. A redirect copies the extensions, so nothing may stay there but the mark."""
        if self._token is not None:
            context_api.detach(self._token)
        if self._is_first:
            try:
                self._request.extensions.pop(_KEY, None)
                self._request.extensions[MARK] = self._sending.last
            except Exception as error:
                losses.add(error)

    def answered(self, response: Any, body: type[SyncBody | AsyncBody]) -> None:
        """The layer has an answer: that of its attempt, unless a layer below had it first."""
        if self._exchange in self._sending.unanswered:
            self._sending.unanswered.discard(self._exchange)
            watch(response, self._exchange, body)
        elif self._is_first:
            follow(response, self._sending.last)


def first_step(recorder: Recorder, transport: object, request: Any, timer: Timer) -> Step | None:
    """The client has handed a request over; ``None`` if it is no call to Foundry. Never raises."""
    exchange = recorder.begin(request, transport)
    if exchange is None:
        return None
    try:
        patch_layers()
        sending = request.extensions[_KEY] = Sending(recorder, exchange)
        step = Step(sending, exchange, request, is_first=True)
    except Exception as error:
        losses.add(error)
        exchange.end("closed")  # a short record is better than none
        return None
    step.begin(timer)
    return step


def _next_step(layer: object, transport: object, request: Any, timer: Timer) -> Step | None:
    """A request has come to a layer; ``None`` if nobody follows it. Never raises."""
    try:
        sending = request.extensions.get(_KEY)
        return sending.enter(layer, transport, request, timer) if sending is not None else None
    except Exception as error:
        losses.add(error)
        return None


def through(step: Step | None, handle: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """Call a layer, and see what comes of it."""
    if step is None:
        return handle(*args, **options)
    try:
        response = handle(*args, **options)
    except BaseException as error:
        step.failed(error)
        raise
    finally:
        step.left()
    step.answered(response, SyncBody)
    return response


async def through_async(step: Step | None, handle: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """Call an async layer, and see what comes of it."""
    if step is None:
        return await handle(*args, **options)
    try:
        response = await handle(*args, **options)
    except BaseException as error:
        step.failed(error)
        raise
    finally:
        step.left()
    step.answered(response, AsyncBody)
    return response


class LayerPatch:
    """Our patch of one transport class.

    An instrumentor that has wrapped the method takes its wrapper off again by what the class has on top, so
    ours goes below such wrappers.

    Args:
        cls: Has a method `name` of its own.
        name: ``handle_request`` or ``handle_async_request``.
    """

    def __init__(self, cls: type, name: str) -> None:
        self._cls = cls
        self._name = name
        self._place: Any = None
        self._original: Any = None
        self._method: Any = None
        self.is_active = True

    def apply(self) -> None:
        """Put ours in, unless it is there."""
        place, name = self._bottom()
        found = vars(place)[name] if place is self._cls else place.__wrapped__
        if found is self._method or not isinstance(found, FunctionType):
            return
        self._original = found
        self._method = (_sync_layer if self._name == _BASES[0][1] else _async_layer)(found, self)
        setattr(place, name, self._method)

    def restore(self) -> None:
        """Put the original back; where somebody has patched over ours, it stays, and does nothing."""
        self.is_active = False
        place, name = self._bottom()
        found = vars(place).get(name) if place is self._cls else place.__wrapped__
        if found is self._method:
            setattr(place, name, self._original)

    def _bottom(self) -> tuple[Any, str]:
        place: Any = self._cls
        name, method = self._name, vars(self._cls).get(self._name)
        while isinstance(method, FunctionWrapper):
            place, name, method = method, "__wrapped__", method.__wrapped__
        return place, name


def _sync_layer(original: Callable[..., Any], patch: LayerPatch) -> Callable[..., Any]:
    @wraps(original)
    def handle_request(self: Any, request: Any, *args: Any, **options: Any) -> Any:
        step = _next_step((patch, id(self)), self, request, ConnectTimer) if patch.is_active else None
        return through(step, original, self, request, *args, **options)

    return handle_request


def _async_layer(original: Callable[..., Any], patch: LayerPatch) -> Callable[..., Any]:
    @wraps(original)
    async def handle_async_request(self: Any, request: Any, *args: Any, **options: Any) -> Any:
        step = _next_step((patch, id(self)), self, request, AsyncConnectTimer) if patch.is_active else None
        return await through_async(step, original, self, request, *args, **options)

    return handle_async_request


_patches: Final[dict[tuple[type, str], LayerPatch]] = {}


def patch_layers() -> None:
    """Patch every transport class there is, where that is not done yet."""
    for base, name in _BASES:
        for cls in _subclasses(loaded(base)):
            if name in vars(cls):
                patch = _patches.get((cls, name)) or _patches.setdefault((cls, name), LayerPatch(cls, name))
                patch.apply()


def restore_layers() -> None:
    """Put every method back."""
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
