"""The end of a process and the hooks around requests, without Azure."""

from __future__ import annotations

import atexit
import copy as copying
import logging
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from azure.core.exceptions import ServiceRequestError
from azure.core.pipeline.transport import RequestsTransport
from azure.core.rest import HttpRequest
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from foundry_telemetry import azure
from foundry_telemetry.azure import shutdown as delivery_module
from foundry_telemetry.azure.request_hooks import RequestHooks
from foundry_telemetry.azure.shutdown import Shutdown
from foundry_telemetry.serving import LoopbackServer

Arm = Callable[..., Shutdown]


@pytest.fixture
def release() -> Iterator[threading.Event]:
    """What hangs in a test waits for this; in the end it comes, also where the test fails."""
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def register(release: threading.Event) -> Iterator[Arm]:
    """Arms deliveries; afterwards their threads, their exit handlers and their signal handlers are gone."""
    armed: list[Shutdown] = []
    handler = signal.getsignal(signal.SIGTERM)

    def make(callbacks: dict[str, Callable[[], object]], **options: Any) -> Shutdown:
        armed.append(Shutdown(callbacks, options.pop("hooks", RequestHooks(10.0)), **options))
        armed[-1].register()
        return armed[-1]

    yield make
    signal.signal(signal.SIGTERM, handler)
    release.set()
    for delivery in armed:
        atexit.unregister(delivery._at_exit)
        delivery._deadline = None  # a test may have used it up
        assert delivery.flush()
    for thread in threading.enumerate():
        if thread.name.startswith("foundry-flush"):
            thread.join()


def test_flush_waits_for_every_job(register: Arm) -> None:
    """Each pipeline ends in a thread of its own, and one that fails does not keep the others."""
    names: set[str] = set()

    def note() -> None:
        names.add(threading.current_thread().name)

    delivery = register({"traces": note, "logs": lambda: 1 / 0, "metrics": note})
    assert delivery.flush()
    assert names == {"foundry-flush-traces", "foundry-flush-metrics"}


@pytest.mark.row(38)
def test_flush_is_bounded(
    register: Arm,
    release: threading.Event,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A pipeline that hangs holds the process for the bound and not longer, and the loss is said aloud."""
    monkeypatch.setattr(delivery_module, "FLUSH_S", 0.05)
    delivery = register({"traces": release.wait})
    assert not delivery.flush()
    assert not delivery.flush()  # the bound is one for the process, not one for each call
    assert "the last traces were not exported within" in caplog.text


@pytest.mark.row(38)
def test_the_bound_is_what_is_promised(
    register: Arm, release: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a clock of its own the end takes five seconds while all hangs, and nothing the second time."""
    passed = [0.0]

    def sleep(seconds: float) -> None:
        passed[0] += seconds

    played = SimpleNamespace(monotonic=lambda: passed[0], sleep=sleep)
    delivery = register({"traces": release.wait, "logs": release.wait})
    with monkeypatch.context() as patched:
        patched.setattr(delivery_module, "time", played)
        assert not delivery.flush()
        assert 4 < passed[0] < 5.1
        before = passed[0]
        assert not delivery.flush()
        assert passed[0] - before < 0.1


@pytest.mark.row(37)
def test_no_thread_is_started_at_the_end(register: Arm, monkeypatch: pytest.MonkeyPatch) -> None:
    """All threads exist before the end: starting one at interpreter shutdown hangs or fails."""
    delivery = register({"traces": lambda: None})
    monkeypatch.setattr(threading.Thread, "start", lambda _: pytest.fail("a thread was started"))
    assert delivery.flush()


@pytest.mark.row(32)
def test_handler_of_the_user(register: Arm) -> None:
    """A SIGTERM handler of the application stays; the default action is replaced."""

    def mine(*_: object) -> None: ...

    signal.signal(signal.SIGTERM, mine)
    register({})
    assert signal.getsignal(signal.SIGTERM) is mine
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    register({})
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    ours = register({})._at_sigterm
    assert signal.getsignal(signal.SIGTERM) == ours


@pytest.mark.row(32)
def test_not_in_the_main_thread(register: Arm) -> None:
    """In another thread, where Python sets no handlers, all but the handler is set up."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    thread = threading.Thread(target=register, args=({},))
    thread.start()
    thread.join()
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_exit_within_the_exit(register: Arm) -> None:
    """A signal handler that exits does not cut short the flush of a process that exits already."""
    calls: list[str] = []

    def end() -> None:
        calls.append("logs")

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
    delivery = register({"logs": end})
    close = delivery._grace_period.close

    def interrupted(until: float) -> None:
        delivery._grace_period.close = close  # type: ignore[method-assign]
        signal.raise_signal(signal.SIGTERM)

    delivery._grace_period.close = interrupted  # type: ignore[method-assign]
    delivery._at_exit()
    assert calls == ["logs"]


def test_pipelines_of_the_application(register: Arm) -> None:
    """At exit a pipeline that ends by itself is not touched; on SIGTERM it is emptied."""
    calls: list[str] = []
    delivery = register(
        {"logs": lambda: calls.append("logs")}, flush_callbacks={"traces": lambda: calls.append("traces")}
    )
    delivery._at_exit()
    assert calls == ["logs"]
    delivery.flush()
    assert calls == ["logs", "traces"]


def sent(hooks: RequestHooks) -> dict[str, Any]:
    """The options of a request after the hooks have seen it."""
    options: dict[str, Any] = {}
    hooks.request(SimpleNamespace(context=SimpleNamespace(transport=RequestsTransport(), options=options)))
    return options


def test_requests_near_the_end() -> None:
    """A request near the end gives up in time for its batch to reach the disk; before, as was set."""
    hooks = RequestHooks(10.0)
    assert sent(hooks) == {"read_timeout": 10.0}
    hooks.deadline = time.monotonic() + 3.0
    assert 0 < sent(hooks)["read_timeout"] <= 3.0
    hooks.deadline = time.monotonic() + 60.0
    assert sent(hooks)["read_timeout"] == 10.0


def test_requests_past_the_end() -> None:
    """When no time is left, a batch goes to the disk unsent; without a disk it has a short last chance."""
    hooks = RequestHooks(10.0)
    hooks.deadline = time.monotonic() - 3.0
    with pytest.raises(ServiceRequestError, match="kept on disk"):
        sent(hooks)
    hooks = RequestHooks(10.0, has_disk=False)
    hooks.deadline = time.monotonic() - 3.0
    assert 0 < sent(hooks)["read_timeout"] <= 0.1


def test_hooks_of_the_user() -> None:
    """The application's own hooks are called as well."""
    seen: list[object] = []
    hooks = RequestHooks(10.0, seen.append, seen.append)
    request = SimpleNamespace(context=SimpleNamespace(transport=None, options={}))
    response = SimpleNamespace(http_response=SimpleNamespace(status_code=200))
    hooks.request(request)
    hooks.response(response)
    assert seen == [request, response]


@pytest.mark.row(27)
def test_silent_refusals(caplog: pytest.LogCaptureFixture) -> None:
    """Answers on which the exporter drops a batch without a word are reported, once an hour."""
    hooks = RequestHooks(10.0)
    for status in (200, 429, 439, 439, 402):
        hooks.response(SimpleNamespace(http_response=SimpleNamespace(status_code=status)))
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "daily cap" in caplog.text


@pytest.mark.row(34)
def test_connections_of_the_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a fork the first request opens a connection; in one process it goes on with the one it has."""
    hooks = RequestHooks(10.0)
    ports: list[int] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        ports.append(scope["client"][1])
        await Response()(scope, receive, send)

    with LoopbackServer(app) as server, RequestsTransport() as transport:
        request = SimpleNamespace(context=SimpleNamespace(transport=transport, options={}))
        for forked in (False, False, True, True):
            with monkeypatch.context() as patch:
                if forked:
                    patch.setattr("os.getpid", lambda: -1)
                hooks.request(request)
            transport.send(HttpRequest("POST", server.url)).raise_for_status()
        for adapter in hooks._left_to_parent:
            adapter.close()
    assert ports[0] == ports[1] != ports[2] == ports[3]


def test_connections_after_a_fork_with_a_shared_transport(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exporters that send at once in a child each find an adapter, and no connection of the parent."""
    hooks = RequestHooks(1.0)
    with RequestsTransport() as transport:
        request = SimpleNamespace(context=SimpleNamespace(transport=transport, options={}))
        hooks.request(request)
        of_parent = dict(transport.session.adapters)
        seen: list[dict[str, object]] = []

        def copy_while_another_sends(adapter: object) -> object:
            monkeypatch.setattr("foundry_telemetry.azure.request_hooks.copy.copy", copy)
            hooks.request(request)
            seen.append(dict(transport.session.adapters))
            return copy(adapter)

        copy = copying.copy
        monkeypatch.setattr("foundry_telemetry.azure.request_hooks.copy.copy", copy_while_another_sends)
        monkeypatch.setattr("os.getpid", lambda: -1)
        hooks.request(request)
        seen.append(dict(transport.session.adapters))
    for adapters in seen:
        assert list(adapters) == list(of_parent)
        assert not set(adapters.values()) & set(of_parent.values())


def test_drain(register: Arm, release: threading.Event) -> None:
    """Emptying runs every job at once, says whether all were done in time, and ends nothing."""
    calls: list[str] = []
    delivery = register(
        {"traces": lambda: calls.append("end")},
        drain_callbacks={"logs": lambda: calls.append("empty"), "metrics": release.wait},
    )
    assert not delivery.drain(0.05)
    release.set()
    assert delivery.drain(60.0)
    assert set(calls) == {"empty"}


def test_flush_without_configure() -> None:
    """Where nothing is configured, nothing waits."""
    assert azure._active is None
    assert azure.flush()
