"""Every function of ours, found by looking, and a way to make one of them raise wherever it is used."""

from __future__ import annotations

import gc
import pkgutil
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any

import foundry_telemetry

ROOMS = (
    "foundry_telemetry.abandoned_bodies",
    "foundry_telemetry.instrumentation",
    "foundry_telemetry.attempt",
    "foundry_telemetry.attribution",
    "foundry_telemetry.limits",
    "foundry_telemetry.observation",
    "foundry_telemetry.pricing",
    "foundry_telemetry.signals",
    "foundry_telemetry.wire",
)
"""Where code lives that runs inside the user's call."""

GUARDS = frozenset({
    "foundry_telemetry.instrumentation.body.AsyncBody.__aiter__",
    "foundry_telemetry.instrumentation.body.AsyncBody.aclose",
    "foundry_telemetry.instrumentation.body.SyncBody.__iter__",
    "foundry_telemetry.instrumentation.body.SyncBody.close",
    "foundry_telemetry.instrumentation.body.ObservedDecoder.__getattr__",
    "foundry_telemetry.instrumentation.body.ObservedDecoder._feed",
    "foundry_telemetry.instrumentation.body.ObservedDecoder._pieces",
    "foundry_telemetry.instrumentation.body.ObservedDecoder._watch",
    "foundry_telemetry.instrumentation.body.ObservedDecoder.decode",
    "foundry_telemetry.instrumentation.body.ObservedDecoder.flush",
    "foundry_telemetry.instrumentation.body.ObservedStream.__del__",
    "foundry_telemetry.instrumentation.body.ObservedStream.__getattr__",
    "foundry_telemetry.instrumentation.body.ObservedStream._closed",
    "foundry_telemetry.instrumentation.body.ObservedStream._complete",
    "foundry_telemetry.instrumentation.body.ObservedStream._move_note",
    "foundry_telemetry.instrumentation.body.follow",
    "foundry_telemetry.instrumentation.body.watch",
    "foundry_telemetry.instrumentation.hooks.Hooks._answered",
    "foundry_telemetry.instrumentation.hooks.Hooks._leaves",
    "foundry_telemetry.instrumentation.hooks.Hooks.on_async_request",
    "foundry_telemetry.instrumentation.hooks.Hooks.on_async_response",
    "foundry_telemetry.instrumentation.hooks.Hooks.on_request",
    "foundry_telemetry.instrumentation.hooks.Hooks.on_response",
    "foundry_telemetry.instrumentation.hooks._AsyncFailureWatch.__call__",
    "foundry_telemetry.instrumentation.hooks._FailureWatch.__call__",
    "foundry_telemetry.instrumentation.hooks._FailureWatch._note",
    "foundry_telemetry.instrumentation.middleware.FoundryMiddleware._answered",
    "foundry_telemetry.instrumentation.middleware.FoundryMiddleware._failed",
    "foundry_telemetry.instrumentation.middleware.FoundryMiddleware.handle",
    "foundry_telemetry.instrumentation.middleware.FoundryMiddleware.handle_async",
    "foundry_telemetry.instrumentation.middleware._marker_of",
    "foundry_telemetry.instrumentation.tracked_request.TrackedRequest.attach",
    "foundry_telemetry.instrumentation.tracked_request.TrackedRequest.close",
    "foundry_telemetry.instrumentation.tracked_request.TrackedRequest.drop",
    "foundry_telemetry.instrumentation.tracked_request.TrackedRequest.end",
    "foundry_telemetry.instrumentation.tracked_request.TrackedRequest.fail",
    "foundry_telemetry.instrumentation.transport_layers.Step._resolves",
    "foundry_telemetry.instrumentation.transport_layers.Step.answered",
    "foundry_telemetry.instrumentation.transport_layers.Step.failed",
    "foundry_telemetry.instrumentation.transport_layers.Step.left",
    "foundry_telemetry.instrumentation.transport_layers._step",
    "foundry_telemetry.instrumentation.transport_layers.arrived",
    "foundry_telemetry.instrumentation.tracker.Tracker.begin",
    "foundry_telemetry.instrumentation.instrumented_transport.InstrumentedTransport.handle_async_request",
    "foundry_telemetry.instrumentation.instrumented_transport.InstrumentedTransport.handle_request",
    "foundry_telemetry.instrumentation.connect_timer.AsyncConnectTimer.__call__",
    "foundry_telemetry.instrumentation.connect_timer.ConnectTimer.__call__",
    "foundry_telemetry.instrumentation.connect_timer.ConnectTimer._note",
    "foundry_telemetry.instrumentation.transport._instrumented",
    "foundry_telemetry.instrumentation.transport._over_own.<locals>._transport_for_url",
    "foundry_telemetry.instrumentation.connect_timer.time_connect",
    "foundry_telemetry.instrumentation.class_patch.ClientPatch.__init__.<locals>._transport_for_url",
})  # fmt: skip
"""The integrations: they stand in the user's stack and hold the guards, or lead straight to one."""


class BrokenError(Exception):
    """What a broken function of ours raises."""


@dataclass(frozen=True)
class Internal:
    """One function of ours."""

    name: str
    owner: Any
    attribute: str
    code: CodeType


def internals() -> list[Internal]:
    """Every function and method of the rooms, by looking at the modules."""
    return [one for module in _modules() for one in _of_module(module)]


def _modules() -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(foundry_telemetry.__path__, "foundry_telemetry."):
        if any(found.name == room or found.name.startswith(room + ".") for room in ROOMS):
            yield import_module(found.name)


def _of_module(module: ModuleType) -> Iterator[Internal]:
    for name, value in vars(module).items():
        if getattr(value, "__module__", None) != module.__name__:
            continue
        plain = getattr(value, "__wrapped__", value)  # behind `lru_cache`
        if isinstance(plain, FunctionType):
            yield Internal(f"{module.__name__}.{name}", module, name, plain.__code__)
        elif isinstance(value, type):
            yield from _of_class(module, value)


def _of_class(module: ModuleType, cls: type) -> Iterator[Internal]:
    for name, value in vars(cls).items():
        function = value.fget if isinstance(value, property) else getattr(value, "__func__", value)
        if isinstance(function, FunctionType) and function.__module__ == module.__name__:
            yield Internal(f"{module.__name__}.{cls.__qualname__}.{name}", cls, name, function.__code__)


@contextmanager
def called() -> Iterator[set[CodeType]]:
    """The code that runs in this thread meanwhile."""
    codes: set[CodeType] = set()

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            codes.add(frame.f_code)

    gc.disable()  # what finalizers call depends on when they run
    sys.setprofile(note)
    try:
        yield codes
    finally:
        sys.setprofile(None)
        gc.enable()


@contextmanager
def broken(target: Internal) -> Iterator[list[str]]:
    """Make one function raise under each name that leads to it; gives the calls made meanwhile."""
    calls: list[str] = []

    def boom(*_: object, **__: object) -> Any:
        calls.append(target.name)
        raise BrokenError("CANARY")

    undo: list[Callable[[], None]] = []
    original = vars(target.owner)[target.attribute]
    replacement = property(boom) if isinstance(original, property) else boom
    if isinstance(original, (classmethod, staticmethod)):
        replacement = staticmethod(boom)
    try:
        for place, name in _places(target, original):
            undo.append(_put(place, name, replacement))
        yield calls
    finally:
        for step in undo:
            step()


def _places(target: Internal, original: object) -> Iterable[tuple[Any, Any]]:
    """The names of a function: where it is defined, the modules that import it, the tables that hold it."""
    places: list[tuple[Any, Any]] = [(target.owner, target.attribute)]
    if isinstance(target.owner, type):
        tables = [value for value in vars(target.owner).values() if isinstance(value, dict)]
        return places + [(table, key) for table in tables for key in table if table[key] is original]
    for name, module in list(sys.modules.items()):
        if name.startswith("foundry_telemetry") and module is not target.owner:
            places += [(module, key) for key, value in vars(module).items() if value is original]
    return places


def _put(place: Any, name: Any, value: object) -> Callable[[], None]:
    if isinstance(place, dict):
        old = place[name]
        place[name] = value
        return lambda: place.__setitem__(name, old)
    old = vars(place)[name]
    setattr(place, name, value)
    return lambda: setattr(place, name, old)
