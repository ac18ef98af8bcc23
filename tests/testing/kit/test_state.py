"""What the application set up is as it was after a test, and nothing of a test reaches it."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator
from typing import Any

import httpx
import httpx2
import pytest
from opentelemetry import trace
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor

import foundry_telemetry
from foundry_telemetry import azure, configure, event_hooks, instrument, uninstrument
from foundry_telemetry.azure.settings import CONNECTION_STRING
from foundry_telemetry.instrumentation import connect_timer as timer_module
from foundry_telemetry.instrumentation.transport import process_tracker
from foundry_telemetry.testing import FakeFoundry, FoundryKit
from tests.support.capture import Capture
from tests.testing.kit.calling import QUESTION, URL, ask, sdk

CLASSES = [getattr(module, name) for module in (httpx, httpx2) for name in ("Client", "AsyncClient")]
PLACES = [
    *((cls, "_transport_for_url") for cls in CLASSES),
    *((module.HTTPTransport, "handle_request") for module in (httpx, httpx2)),
    *((module.AsyncHTTPTransport, "handle_async_request") for module in (httpx, httpx2)),
    *((timer_module, name) for name in ("perf_counter_ns",)),
    *((foundry_telemetry.attempt, name) for name in ("perf_counter_ns", "time_ns", "_last")),
    *((azure, name) for name in ("_active", "_start", "read_settings")),
]
"""Whatever the kit replaces."""


def post() -> None:
    """One call over a bare client."""
    with httpx.Client() as client:
        client.post(URL, json=QUESTION)


def places() -> list[Any]:
    """What stands in each place."""
    return [vars(owner)[name] for owner, name in PLACES]


@pytest.mark.parametrize("instrumented", [False, True])
def test_everything_is_put_back(capture: Capture, instrumented: bool) -> None:
    """After the kit every place has what it had, even if the application came and went in between."""
    plain = places()
    if instrumented:
        instrument(**capture.options)
    before, recorder, handlers = (
        places(),
        process_tracker(),
        list(logging.getLogger("foundry_telemetry").handlers),
    )
    for steps in ([], [instrument], [uninstrument], [instrument, uninstrument, instrument]):
        with FoundryKit():
            assert places() != before
            for step in steps:
                step()
        if not instrumented:
            assert places() == before
        assert process_tracker() is recorder
        assert logging.getLogger("foundry_telemetry").handlers == handlers
    uninstrument()
    assert places() == plain


def test_a_failed_test_puts_back_too() -> None:
    """After an exception everything is restored, and another kit can begin."""
    before = places()
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), FoundryKit():
            raise ZeroDivisionError
    assert places() == before


def test_application_instrumented_before(capture: Capture) -> None:
    """Its sinks see the attempts of a test as in life; its providers get nothing; afterwards both do."""
    instrument(**capture.options)
    with FoundryKit() as foundry:
        post()
        assert len(foundry.calls.one().attempts) == len(foundry.spans) == len(foundry.ledger) == 1
    assert (len(capture.observations), capture.spans, capture.ledger) == (1, [], [])
    with FakeFoundry() as service, httpx.Client() as client:
        client.post(f"{service.base_url}/v1/messages", json=QUESTION)
    assert (len(capture.observations), len(capture.spans), len(capture.ledger)) == (2, 1, 1)
    assert foundry.calls.count == 1


def test_application_instruments_itself_in_the_test(capture: Capture, foundry: FoundryKit) -> None:
    """`instrument()` of the code under test counts the call once, for its sinks and notes too."""
    instrument(**capture.options, exception_notes=True)
    foundry.incident("deployment_not_found")
    with pytest.raises(Exception, match="DeploymentNotFound") as caught:
        ask(sdk())
    assert "deployment_not_found" in caught.value.__notes__[0]
    foundry.calls.one().has(error="deployment_not_found")
    assert (len(capture.observations), capture.spans) == (1, [])


def test_one_client_instrumented(capture: Capture) -> None:
    """A client that was instrumented by itself is answered, and recorded here."""
    with httpx.Client() as client:
        instrument(client, **capture.options)
        with FoundryKit() as foundry:
            client.post(URL, json=QUESTION)
            foundry.calls.one().has(attempts=1)
    assert (len(capture.observations), capture.spans) == (1, [])


def test_hooks(foundry: FoundryKit, capture: Capture) -> None:
    """A client with hooks of ours is counted once."""
    options = {name: value for name, value in capture.options.items() if name != "sinks"}
    with httpx.Client(event_hooks=event_hooks(**options)) as client:
        client.post(URL, json=QUESTION)
    foundry.calls.one().has(attempts=1)
    assert capture.spans == []


def test_uninstrumented_application(foundry: FoundryKit) -> None:
    """Once the code under test has called `uninstrument()`, calls are answered, but not recorded."""
    uninstrument()
    post()
    foundry.calls.none()
    assert len(foundry.requests) == 1


@pytest.fixture
def no_resource(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An environment without a connection string; `configure()` must leave the process as it is."""
    monkeypatch.delenv(CONNECTION_STRING, raising=False)
    monkeypatch.delenv("PYTEST_CURRENT_TEST")  # pytest changes it while the test runs
    before, provider = dict(os.environ), trace.get_tracer_provider()
    yield
    os.environ.pop("PYTEST_CURRENT_TEST", None)
    assert dict(os.environ) == before
    assert trace.get_tracer_provider() is provider


@pytest.mark.usefixtures("no_resource")
def test_configure_in_the_test(foundry: FoundryKit) -> None:
    """`configure()` of the code under test needs no connection string, starts nothing, calls its sinks."""
    observed: list[Any] = []
    configure(hosts=["gw.example.com"], sinks=[observed.append])
    configure(hosts=["gw.example.com"], sinks=[observed.append])
    with httpx.Client() as client:
        client.post("https://gw.example.com/v1/messages", json=QUESTION)
    foundry.calls.one().has(server_address="gw.example.com")
    assert len(observed) == 1


@pytest.mark.usefixtures("no_resource")
def test_flush_in_the_test(foundry: FoundryKit) -> None:
    """A handler that flushes at its end can be tested: nothing waits, so all of it was sent."""
    configure()
    assert azure.flush(timeout_s=0.1) is True


def test_configure_still_checks(foundry: FoundryKit) -> None:
    """What `configure()` refuses in production it refuses in a test."""
    with pytest.raises(TypeError, match="did you mean 'connection_string'"):
        configure(conection_string="x")
    with pytest.raises(ValueError, match="malformed connection string"):
        configure(connection_string="InstrumentationKey=1")


def test_configure_ends_with_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next test may configure another resource."""
    monkeypatch.delenv(CONNECTION_STRING, raising=False)
    for digit in "12":
        with FoundryKit():
            configure(connection_string=f"InstrumentationKey={digit * 8}-0000-0000-0000-000000000000")
            with pytest.raises(RuntimeError, match="already sends"):
                configure(connection_string=f"InstrumentationKey={'9' * 8}-0000-0000-0000-000000000000")


def test_time_that_others_set(foundry: FoundryKit, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where another tool sets the time of the process, attempts begin at that time."""
    monkeypatch.setattr(time, "time_ns", lambda: 1_000_000_000_000_000_000)
    post()
    post()
    began = [observed.started_ns for observed in foundry.attempts]
    assert began == [1_000_000_000_000_000_000, 1_000_000_000_110_000_000]


@pytest.mark.parametrize("when", ["before", "during"])
def test_beside_an_http_instrumentor(when: str, capture: Capture) -> None:
    """With an instrumentor of httpx on, whenever it came, there is one span for a call, and no socket.

    After the test it still makes its own.
    """
    instrumentor = HTTPXClientInstrumentor()
    places = (httpx.HTTPTransport, "handle_request"), (httpx.AsyncHTTPTransport, "handle_async_request")
    plain = [vars(owner)[name] for owner, name in places]
    try:
        if when == "before":
            instrumentor.instrument(tracer_provider=capture.tracer_provider)
        with FoundryKit() as foundry:
            if when == "during":
                instrumentor.instrument(tracer_provider=capture.tracer_provider)
            post()
            assert [span.name for span in foundry.spans] == ["chat support-chat-prod"]
        assert capture.spans == []
        with FakeFoundry() as service, httpx.Client() as client:
            client.post(f"{service.base_url}/v1/messages", json=QUESTION)
        assert [span.name for span in capture.spans] == ["POST"]
        assert foundry.calls.count == 1
    finally:
        instrumentor.uninstrument()
    if when == "before":
        assert [vars(owner)[name] for owner, name in places] == plain
