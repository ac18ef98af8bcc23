"""The last moments of processes that end past their exit handlers."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator
from multiprocessing import util
from typing import Any

import pytest
import uvicorn
from celery.signals import worker_process_shutdown

from foundry_telemetry.azure.exits import Flusher


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[uvicorn.Server]:
    """A server that handles SIGTERM, as uvicorn does while it imports an application."""
    found = uvicorn.Server(uvicorn.Config("no:app"))
    found.stopped = False  # type: ignore[attr-defined]

    async def shutdown(sockets: Any = None) -> None:
        found.stopped = True  # type: ignore[attr-defined]

    monkeypatch.setattr(found, "shutdown", shutdown)
    before = signal.signal(signal.SIGTERM, found.handle_exit)
    yield found
    signal.signal(signal.SIGTERM, before)


def test_flush_comes_after_the_shutdown(server: uvicorn.Server) -> None:
    """After a SIGTERM the server shuts down as ever, and then all is flushed."""
    seen: list[bool] = []
    Flusher(lambda: seen.append(server.stopped))._hook_into_uvicorn()  # type: ignore[attr-defined]
    server.handle_exit(signal.SIGTERM, None)
    asyncio.run(server.shutdown())
    assert seen == [True]


def test_without_a_signal_the_process_goes_on(server: uvicorn.Server) -> None:
    """A server that was asked to stop, or got a Ctrl-C, leaves the pipelines open."""
    seen: list[object] = []
    Flusher(lambda: seen.append(1))._hook_into_uvicorn()
    server.handle_exit(signal.SIGINT, None)
    asyncio.run(server.shutdown())
    assert seen == []


def test_the_exception_of_a_shutdown(server: uvicorn.Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shutdown that fails raises what it raised, and all is flushed still."""

    async def fail() -> None:
        raise OSError("of the server")

    monkeypatch.setattr(server, "shutdown", fail)
    seen: list[object] = []
    Flusher(lambda: seen.append(1))._hook_into_uvicorn()
    server.handle_exit(signal.SIGTERM, None)
    with pytest.raises(OSError, match="of the server"):
        asyncio.run(server.shutdown())
    assert seen == [1]


@pytest.mark.parametrize(
    "handler", [signal.SIG_DFL, signal.SIG_IGN, lambda *_: None], ids=["default", "ignored", "own"]
)
def test_nobody_to_hook_into(handler: Any) -> None:
    """Where no uvicorn handles the signal, nothing is changed."""
    before = signal.signal(signal.SIGTERM, handler)
    Flusher(pytest.fail)._hook_into_uvicorn()
    assert signal.getsignal(signal.SIGTERM) is handler
    signal.signal(signal.SIGTERM, before)


def test_child_of_multiprocessing() -> None:
    """A forked child, which never runs exit handlers, flushes before it ends; and its parent does not."""
    context = multiprocessing.get_context("fork")
    reader, writer = context.Pipe(duplex=False)
    flusher = Flusher(lambda: writer.send(os.getpid()))
    util.register_after_fork(flusher, Flusher._in_child)
    child = context.Process(target=print)
    child.start()
    child.join()
    assert reader.poll(0)
    assert reader.recv() == child.pid
    assert not reader.poll(0)


def test_worker_of_celery(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Celery is loaded, the end of a worker process is heard; where it is not, it is not imported."""
    seen: list[object] = []
    flusher = Flusher(lambda: seen.append(1))
    flusher.arm()
    worker_process_shutdown.send(sender=None, pid=1, exitcode=0)
    assert seen == [1]
    worker_process_shutdown.disconnect(flusher._at_end_of_worker)
    monkeypatch.delitem(sys.modules, "celery.signals")
    flusher.arm()
    assert "celery.signals" not in sys.modules
