"""The last moments of processes that end past their exit handlers."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import pickle
import signal
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import uvicorn
from celery.signals import worker_process_init, worker_process_shutdown, worker_shutting_down
from uvicorn.lifespan.off import LifespanOff

from foundry_telemetry.azure import servers
from foundry_telemetry.azure.exit_hooks import Flusher

BY_DEFAULT = {signal.SIGTERM: signal.SIG_DFL, signal.SIGINT: signal.default_int_handler}


class Seen(list[str]):
    """What a flusher did; it stands for both its flush and its grace period."""

    def flush(self) -> None:
        """End the pipelines."""
        self.append("flushed")

    def begin(self) -> None:
        """Begin the grace period."""
        self.append("begun")

    def begin_when(self, is_due: Callable[[], bool]) -> None:
        """Begin it later."""
        self.is_due = is_due

    def end(self, until: float) -> None:
        """End it."""
        self.append("ended")


@pytest.fixture
def seen() -> Iterator[Seen]:
    """What a flusher does that is armed."""
    seen = Seen()
    flusher = Flusher(seen.flush, seen)  # type: ignore[arg-type]
    flusher.register()
    yield seen
    servers._listener = None
    for one in (worker_process_init, worker_process_shutdown, worker_shutting_down):
        assert one.disconnect(dispatch_uid=flusher.celery_id)


@pytest.fixture
def handlers() -> Iterator[None]:
    """Signal handlers as Python starts with, and afterwards those of before."""
    before = {number: signal.signal(number, handler) for number, handler in BY_DEFAULT.items()}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


class Server(uvicorn.Server):
    """One that serves nothing, and gets signals without a kill."""

    def __init__(self, *signals: int) -> None:
        super().__init__(uvicorn.Config("no:app"))
        self.signals = signals
        self.servers = []
        self.lifespan = LifespanOff(self.config)

    async def live(self) -> None:
        """Get the signals and shut down, within what replaces the handlers of the process."""
        with self.capture_signals():
            for number in self.signals:
                self.handle_exit(number, None)
            await self.shutdown()
            self._captured_signals.clear()  # or it would raise them


def test_nothing_is_patched_before(seen: Seen) -> None:
    """Where nobody listens any more, a server ends as ever."""
    servers._listener = None
    asyncio.run(Server(signal.SIGTERM).live())
    assert seen == []


@pytest.mark.row(32)
@pytest.mark.usefixtures("handlers")
def test_flush_comes_after_the_shutdown(seen: Seen) -> None:
    """From a SIGTERM on what waits is sent; after the shutdown, which kills the process, all is flushed."""
    asyncio.run(Server(signal.SIGTERM).live())
    assert seen == ["begun", "flushed"]


@pytest.mark.usefixtures("handlers")
def test_server_made_before(seen: Seen) -> None:
    """A server that ran before `configure` was called is no exception."""
    server = Server(signal.SIGTERM)
    with server.capture_signals():
        servers._replaced.clear()
        server.handle_exit(signal.SIGTERM, None)
        asyncio.run(server.shutdown())
        server._captured_signals.clear()
    assert seen == ["begun", "flushed"]


@pytest.mark.row(32)
@pytest.mark.usefixtures("handlers")
@pytest.mark.parametrize("known", [True, False])
def test_ctrl_c(seen: Seen, known: bool) -> None:
    """A Ctrl-C becomes a KeyboardInterrupt: the process has its exit handlers yet, so the pipelines stay."""
    server = Server(signal.SIGINT)
    with server.capture_signals():
        if not known:
            servers._replaced.clear()
        server.handle_exit(signal.SIGINT, None)
        asyncio.run(server.shutdown())
        server._captured_signals.clear()
    assert seen == ["begun", "ended"]


@pytest.mark.usefixtures("handlers")
def test_ctrl_c_under_gunicorn(seen: Seen, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its uvicorn worker has the default action for SIGINT too, which ends the process at once."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    asyncio.run(Server(signal.SIGINT).live())
    monkeypatch.setitem(sys.modules, "gunicorn.arbiter", signal)
    assert servers._usual_handlers()[signal.SIGINT] is signal.SIG_DFL
    assert seen == ["begun", "flushed"]


@pytest.mark.usefixtures("handlers")
def test_handler_of_the_application(seen: Seen) -> None:
    """A handler that uvicorn found is called by uvicorn: the application knows whether the process ends."""
    signal.signal(signal.SIGTERM, lambda *_: None)
    asyncio.run(Server(signal.SIGTERM).live())
    assert seen == ["begun", "ended"]


@pytest.mark.usefixtures("handlers")
def test_first_process(seen: Seen, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first process of a container does not die of the signal that uvicorn raises again."""
    monkeypatch.setattr("os.getpid", lambda: 1)
    asyncio.run(Server(signal.SIGTERM).live())
    assert seen == ["begun", "ended"]


@pytest.mark.usefixtures("handlers")
def test_without_a_signal_the_process_goes_on(seen: Seen) -> None:
    """A server that its own program stops changes nothing."""
    server = Server()
    server.should_exit = True
    asyncio.run(server.live())
    assert seen == []


@pytest.mark.usefixtures("handlers")
def test_the_exception_of_a_shutdown(seen: Seen) -> None:
    """A shutdown that fails raises what it raised, and all is flushed still."""
    server = Server(signal.SIGTERM)
    server.lifespan = None  # type: ignore[assignment]
    with pytest.raises(AttributeError, match="'shutdown'"):
        asyncio.run(server.live())
    assert seen == ["begun", "flushed"]


def test_an_observed_attribute(seen: Seen) -> None:
    """It is an attribute like any other: unset, set, deleted, pickled, and one of the class."""
    server = uvicorn.Server.__new__(uvicorn.Server)
    assert not hasattr(server, "should_exit")
    server.should_exit = True
    assert pickle.loads(pickle.dumps(server)).should_exit  # noqa: S301
    del server.should_exit
    with pytest.raises(AttributeError, match="should_exit"):
        _ = server.should_exit
    assert hasattr(uvicorn.Server, "should_exit")
    assert seen == []


def test_patched_once(seen: Seen) -> None:
    """Watching again, for a second `configure` of a test run, patches nothing again."""
    before = dict(vars(uvicorn.Server))
    servers.watch(Flusher(seen.flush, seen))  # type: ignore[arg-type]
    assert dict(vars(uvicorn.Server)) == before


@pytest.mark.parametrize("module", ["gunicorn.workers.base", "uvicorn.server"])
def test_a_server_that_changed(module: str) -> None:
    """Without the names that we know a server is not touched."""
    for flag in servers.SHUTDOWN_FLAGS:
        servers._patched(lambda module, flag=flag: servers._observe(flag, module), signal)
    servers._patched(servers._patch_uvicorn, signal)
    assert not hasattr(signal, "Server")


def _configured_in_a_child(writer: Any) -> None:
    flusher = Flusher(lambda: writer.send(os.getpid()), Seen())  # type: ignore[arg-type]
    flusher.register()


@pytest.mark.parametrize("where", ["parent", "child"])
def test_child_of_multiprocessing(where: str) -> None:
    """A forked child, which never runs exit handlers, flushes before it ends; and its parent does not."""
    context = multiprocessing.get_context("fork")
    reader, writer = context.Pipe(duplex=False)
    if where == "parent":
        flusher = Flusher(lambda: writer.send(os.getpid()), Seen())  # type: ignore[arg-type]
        flusher.register()
    child = context.Process(target=print if where == "parent" else _configured_in_a_child, args=[writer])
    child.start()
    child.join()
    servers._listener = None
    assert reader.poll(0)
    assert reader.recv() == child.pid
    assert not reader.poll(0)


@pytest.mark.row(33)
def test_worker_of_celery(seen: Seen) -> None:
    """The end of a worker process is heard, and that of its master in every worker process."""
    worker_process_init.send(sender=None)
    assert not seen.is_due()
    worker_shutting_down.send(sender=None, sig="SIGTERM", how="Warm", exitcode=0)
    assert seen.is_due()
    worker_process_shutdown.send(sender=None, pid=1, exitcode=0)
    assert seen == ["begun", "flushed"]
