"""What doctor says of other libraries at the same calls: by what real attempts met, not by package names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from weakref import WeakSet

import pytest
from opentelemetry.sdk.metrics import MeterProvider

import foundry_telemetry
from foundry_telemetry.instrumentation import exception_notes
from foundry_telemetry.investigate.doctor import process
from foundry_telemetry.investigate.doctor.finding import Finding
from foundry_telemetry.signals import doubling
from foundry_telemetry.signals import metrics as metrics_module
from foundry_telemetry.testing import FakeFoundry
from tests.instrumentation.frameworks import CHAT, FRAMEWORKS, Framework
from tests.investigate.doctor.scenes import named, scene
from tests.support.capture import Capture
from tests.support.families import httpx

SDK = Framework("com.anthropic.sdk.python.foundry", "anthropic.messages.create", at_start=CHAT)
TOKENS = "gen_ai.client.token.usage"


@pytest.fixture(autouse=True)
def _forgets(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What earlier tests have instrumented, and perhaps nobody has collected yet, is not of this process."""
    monkeypatch.setattr(metrics_module, "_all", WeakSet())
    doubling.clear()
    yield
    doubling.clear()


def look(check: str) -> Finding:
    """One finding of the process."""
    found: Finding = named(process.check(scene()), check)
    return found


def call_below(capture: Capture, *frameworks: Framework) -> None:
    """A real call, below a span of each of these."""
    foundry_telemetry.instrument(**capture.options)
    tracers: Any = capture.tracer_provider
    with (
        FakeFoundry() as foundry,
        httpx.Client(verify=False, trust_env=False) as client,
        ExitStack() as stack,
    ):
        for framework in frameworks:
            stack.enter_context(framework.span(tracers.get_tracer(framework.scope), "dep"))
        client.post(f"{foundry.base_url}/v1/messages", json={"model": "dep"})


def test_no_call() -> None:
    """Without an attempt nothing is known, whatever is installed, and it says how to find out."""
    found = look("duplicate spans")
    assert found.state == "skipped"
    assert "doctor --app" in str(found.fix)


@pytest.mark.parametrize("name", [None, *FRAMEWORKS])
def test_one_library(name: str | None, capture: Capture) -> None:
    """One library with a span for each call doubles nothing, and is named."""
    call_below(capture, *([FRAMEWORKS[name]] if name else []))
    found = look("duplicate spans")
    assert found.state == "ok"
    assert (FRAMEWORKS[name].scope if name else "foundry_telemetry") in found.seen


@pytest.mark.parametrize("name", ["openinference", "strands", "agent-framework"])
def test_two_libraries(name: str, capture: Capture) -> None:
    """Two that had a span for the same call are a warning with their scopes, and how to end it."""
    call_below(capture, FRAMEWORKS[name], FRAMEWORKS["traceloop"])
    found = look("duplicate spans")
    assert found.state == "warning"
    assert FRAMEWORKS[name].scope in found.seen
    assert FRAMEWORKS["traceloop"].scope in found.seen
    assert "(1 attempt)" in found.seen
    assert "ANTHROPIC_OPEN_TELEMETRY" not in str(found.fix)


def test_the_sdk_and_another(capture: Capture) -> None:
    """Where one of them is the SDK, its own switch is the fix."""
    call_below(capture, FRAMEWORKS["openinference"], SDK)
    assert look("duplicate spans").fix == "export ANTHROPIC_OPEN_TELEMETRY=false"


def test_an_agent_is_no_second_library(capture: Capture) -> None:
    """The spans of agents and tools above a call do not stand for it."""
    agent = Framework("agents", "invoke_agent x", at_start={"gen_ai.operation.name": "invoke_agent"})
    call_below(capture, agent, FRAMEWORKS["strands"])
    assert look("duplicate spans").state == "ok"


def test_standard_metrics(capture: Capture) -> None:
    """The scope that records a standard metric in our place is named; before a call nothing is said."""
    assert "standard metrics" not in {found.check for found in process.check(scene())}
    call_below(capture)
    assert "recorded by this library" in look("standard metrics").seen
    capture.meter_provider.get_meter("another.library").create_histogram(TOKENS)
    found = look("standard metrics")
    assert found.state == "ok"
    assert "another.library" in found.seen
    assert TOKENS in found.seen
    assert "foundry.client.*" in found.seen


def test_metrics_of_another_provider(capture: Capture) -> None:
    """A library that records into a provider of its own doubles none of ours."""
    call_below(capture)
    other = MeterProvider(shutdown_on_exit=False)
    other.get_meter("third.library").create_histogram(TOKENS)
    assert "third.library" not in look("standard metrics").seen


@pytest.mark.parametrize("on", [True, False])
def test_exception_notes(on: bool, capture: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """On, it is shown where notes get lost; off, how to switch them on."""
    monkeypatch.setattr(exception_notes, "_writers", type(exception_notes._writers)())
    foundry_telemetry.instrument(**capture.options, exception_notes=on)
    found = look("exception notes")
    if not on:
        assert (found.state, found.seen) == ("skipped", "off")
        assert "exception_notes=True" in str(found.fix)
        return
    assert found.state == "ok"
    assert found.seen.startswith("on")
    assert "from None" in found.seen
    assert "last_attempt()" in found.seen
