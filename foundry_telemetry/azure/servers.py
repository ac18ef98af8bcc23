"""Servers that handle termination signals by themselves: where each shows that it ends, and how it ends.

A server notes the signal in a plain attribute of itself. A data descriptor in the place of that attribute is
asked whenever it is set, of servers made before `configure` and after it, in whichever process they appear;
no signal handler is touched. Nothing is patched before `watch` is called, and a server that is never imported
never.
"""

from __future__ import annotations

import os
import signal
import sys
import weakref
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial, wraps
from types import ModuleType
from typing import Any, Final, NamedTuple, Protocol

from wrapt import register_post_import_hook  # type: ignore[import-untyped, unused-ignore]

_MARK: Final = "foundry_telemetry"
"""Attribute of a method of ours."""
INIT: Final = 1
"""Process id of the first process of a container. The default action of a signal does not end it."""


class Listener(Protocol):
    """Who is notified."""

    def on_termination_request(self) -> None:
        """A termination signal arrived. Called in its handler, so no lock may be taken."""

    def on_shutdown(self, *, is_fatal: bool) -> None:
        """The server has shut down; `is_fatal` if the process ends now, past its exit handlers."""


class ShutdownFlag(NamedTuple):
    """The attribute by which a class of servers knows that it ends."""

    module: str
    owner: str
    name: str
    is_requested: Callable[[Any], bool]
    """Whether an instance ends because of a signal."""


SHUTDOWN_FLAGS: Final = (
    ShutdownFlag("gunicorn.workers.base", "Worker", "alive", lambda worker: not worker.alive),
    # A server that runs within a program is stopped by this attribute, too, and its process goes on.
    ShutdownFlag("uvicorn.server", "Server", "should_exit", lambda server: _captured(server) != ()),
)

_listener: Listener | None = None
"""Of the one `configure` of this process."""
_replaced: weakref.WeakKeyDictionary[Any, Mapping[int, Any]] = weakref.WeakKeyDictionary()
"""The handlers that a server of uvicorn replaced, and puts back before it raises its signals again."""


def watch(listener: Listener) -> None:
    """Notify a listener of every server of this process and of those forked from it."""
    global _listener  # noqa: PLW0603 - the patches of a process are one, and so is who is notified
    _listener = listener
    for flag in SHUTDOWN_FLAGS:
        register_post_import_hook(partial(_patched, partial(_observe, flag)), flag.module)
    register_post_import_hook(partial(_patched, _patch_uvicorn), "uvicorn.server")


def _patched(patch: Callable[[ModuleType], None], module: ModuleType) -> None:
    with suppress(AttributeError):  # a version of the server that has no such attribute
        patch(module)


class _ObservedAttribute:
    """A plain attribute that notifies when it is set."""

    def __init__(self, flag: ShutdownFlag) -> None:
        self._flag = flag

    def __get__(self, instance: Any, _owner: type | None = None) -> Any:
        if instance is None:
            return self
        try:
            return vars(instance)[self._flag.name]
        except KeyError:
            raise AttributeError(self._flag.name, name=self._flag.name, obj=instance) from None

    def __set__(self, instance: Any, value: Any) -> None:
        vars(instance)[self._flag.name] = value
        with suppress(Exception):
            if _listener is not None and self._flag.is_requested(instance):
                _listener.on_termination_request()

    def __delete__(self, instance: Any) -> None:
        vars(instance).pop(self._flag.name, None)


def _observe(flag: ShutdownFlag, module: ModuleType) -> None:
    owner = getattr(module, flag.owner)
    if flag.name not in vars(owner):  # neither ours already, nor a property of a version to come
        setattr(owner, flag.name, _ObservedAttribute(flag))


def _patch_uvicorn(module: ModuleType) -> None:
    server = module.Server
    capture_signals, shutdown = server.capture_signals, server.shutdown
    if getattr(shutdown, _MARK, False):
        return

    @wraps(capture_signals)
    def capture_signals_and_note(self: Any) -> Any:
        _replaced[self] = {number: signal.getsignal(number) for number in module.HANDLED_SIGNALS}
        return capture_signals(self)

    @wraps(shutdown)
    async def shutdown_and_flush(self: Any, *args: Any, **options: Any) -> Any:
        try:
            return await shutdown(self, *args, **options)
        finally:
            if _listener is not None and _captured(self):
                # The loop waits, as it would without us: uvicorn raises the signal in its next step.
                _listener.on_shutdown(is_fatal=_dies(self))

    setattr(shutdown_and_flush, _MARK, True)
    server.capture_signals, server.shutdown = capture_signals_and_note, shutdown_and_flush


def _captured(server: Any) -> tuple[int, ...]:
    return tuple(getattr(server, "_captured_signals", ()))


def _dies(server: Any) -> bool:
    """Whether a signal that a server raises again ends the process at once."""
    replaced = _replaced.get(server) or _usual_handlers()
    return os.getpid() != INIT and any(replaced.get(number) is signal.SIG_DFL for number in _captured(server))


def _usual_handlers() -> Mapping[int, Any]:
    """What a server replaced before `configure` was called: what Python has, or gunicorn."""
    of_interrupt = signal.SIG_DFL if "gunicorn.arbiter" in sys.modules else signal.default_int_handler
    return {signal.SIGTERM: signal.SIG_DFL, signal.SIGINT: of_interrupt}
