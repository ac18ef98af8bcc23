"""The processes of the matrix of servers: the recipes of ``examples/deploy``, and calls that do not end.

A recipe calls `configure` when it is imported, which is as soon as one of these functions is called. A module
that calls one at its import configures at import; a server that is given the function, in a factory.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from typing import Any, Final

from tests.support.patience import PATIENCE_S

PAUSE_S: Final = 0.1
"""Seconds between two calls of a request that does not end."""
CALLS: Final = 8
"""Of a script."""
DONE: Final = "all calls are answered"


def _wait_for_the_last() -> None:
    """Give the end of the process the time that a slow machine needs: nothing counts what it loses then."""
    from foundry_telemetry.azure import shutdown

    shutdown.FLUSH_S = PATIENCE_S


def wsgi() -> Callable[..., Iterable[bytes]]:
    """A WSGI application."""
    import wsgi_service

    _wait_for_the_last()

    def app(environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
        while environ["PATH_INFO"] == "/endless":
            wsgi_service.app(environ, lambda *_: None)
            time.sleep(PAUSE_S)
        return wsgi_service.app(environ, start_response)

    return app


def asgi() -> Any:
    """An ASGI application."""
    import asgi_service

    _wait_for_the_last()

    @asgi_service.app.get("/endless")
    async def endless() -> None:
        while True:
            await asgi_service.hello()
            await asyncio.sleep(PAUSE_S)

    return asgi_service.app


def celery(configured_at: str = "") -> Any:
    """A Celery application.

    Args:
        configured_at: The signal of Celery at which the recipe is imported; at once without it.
    """
    from celery import Celery, signals

    app = Celery("service", broker=os.environ["BROKER_URL"])
    if configured_at:
        getattr(signals, configured_at).connect(lambda **_: _task_of_recipe(), weak=False)
    else:
        _task_of_recipe()

    @app.task(name="hello")
    def hello() -> None:
        _task_of_recipe()()

    @app.task(name="endless")
    def endless() -> None:
        while True:
            hello()
            time.sleep(PAUSE_S)

    return app


def _task_of_recipe() -> Callable[[], None]:
    from tasks import hello

    _wait_for_the_last()
    return hello.run


def call() -> None:
    """Call Claude once, by the recipe for WSGI."""
    import wsgi_service

    _wait_for_the_last()
    wsgi_service.app({}, lambda *_: None)


def _task(_: int) -> None:
    call()


def script(*, is_endless: bool = False) -> None:
    """Call Claude and then wait for a signal; an endless one goes on calling."""
    for _ in range(CALLS):
        call()
    print(DONE, flush=True)  # noqa: T201  # the test waits for it
    while True:
        if is_endless:
            call()
        time.sleep(PAUSE_S)


def _configure() -> None:
    import wsgi_service  # noqa: F401


def pool(*, in_children: bool, is_recycled: bool) -> None:
    """Let the children of a pool call Claude, and then wait for a signal.

    Args:
        in_children: Whether its initializer configures.
        is_recycled: Whether a child is replaced after two tasks; then it ends by itself.
    """
    context = multiprocessing.get_context("fork")
    initializer = _configure if in_children else None
    if not in_children:
        _configure()
    if is_recycled:
        with context.Pool(2, initializer, maxtasksperchild=2) as children:
            children.map(_task, range(CALLS), chunksize=1)
            children.close()
            children.join()
    else:
        with ProcessPoolExecutor(2, context, initializer) as executor:
            list(executor.map(_task, range(CALLS)))
            print(DONE, flush=True)  # noqa: T201  # the test waits for it
            time.sleep(3600)
