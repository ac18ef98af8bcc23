"""The Foundry project on the spans of calls, and what an agent's span says of the agent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

import foundry_telemetry
from foundry_telemetry.instrumentation.instrumentor import FoundryInstrumentor
from tests.support.capture import Capture
from tests.support.families import httpx

PROJECT = "/subscriptions/0a1b/resourceGroups/r.g/providers/Microsoft.CognitiveServices/accounts/a/projects/p"
OTHER = PROJECT.replace("/projects/p", "/projects/other")
NAME = "microsoft.foundry.project.id"
AGENT = {"gen_ai.agent.id": "7", "gen_ai.agent.name": "planner", "gen_ai.agent.version": "2"}


@pytest.fixture(autouse=True)
def _nobody_says(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("FOUNDRY_PROJECT_ARM_ID", raising=False)
    yield
    foundry_telemetry.uninstrument()


def call(status: int = 200) -> None:
    """One call to Claude."""
    transport = httpx.MockTransport(lambda _: httpx.Response(status, json={"type": "message"}))
    with httpx.Client(transport=transport) as client:
        client.post("http://127.0.0.1/v1/messages", json={"model": "my-deployment"})


def spans(capture: Capture) -> dict[str, Mapping[str, Any]]:
    """Attributes of each finished span, by its name."""
    return {span.name: span.attributes or {} for span in capture.spans}


@pytest.mark.parametrize(
    ("given", "variable", "expected"),
    [
        (None, None, None),
        (None, "", None),
        (PROJECT, None, PROJECT),
        (f" {PROJECT}/\n", OTHER, PROJECT),
        (None, PROJECT, PROJECT),
    ],
)
def test_who_says(
    given: str | None,
    variable: str | None,
    expected: str | None,
    capture: Capture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The call wins over the environment; where neither says the project, the span has no such attribute."""
    if variable is not None:
        monkeypatch.setenv("FOUNDRY_PROJECT_ARM_ID", variable)
    foundry_telemetry.instrument(project_id=given, **capture.options)
    call()
    (span,) = capture.spans
    assert (span.attributes or {}).get(NAME) == expected
    assert not any(NAME in event for event in capture.ledger)


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "p",
        "https://a.services.ai.azure.com/api/projects/p",
        f"{PROJECT}?api-key=CANARY",
        "https://me:CANARY@a.services.ai.azure.us/api/projects/p/",
        "/subscriptions/0a1b/resourceGroups/rg",
        PROJECT.replace("p", "p" * 600),
    ],
)
def test_no_arm_id(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is no ARM ID, as a project's endpoint, is refused at set-up, under the name of where it stands."""
    for integrate in (foundry_telemetry.instrument, foundry_telemetry.event_hooks):
        expected = r"^project_id=(?!.*CANARY).*expected the ARM ID of a Foundry project"
        with pytest.raises(ValueError, match=expected):
            integrate(project_id=wrong)
    if wrong:
        monkeypatch.setenv("FOUNDRY_PROJECT_ARM_ID", wrong)
        with pytest.raises(ValueError, match=r"^FOUNDRY_PROJECT_ARM_ID=.*expected the ARM ID"):
            foundry_telemetry.instrument()


@pytest.mark.parametrize(("own", "expected"), [({}, PROJECT), ({NAME: OTHER}, OTHER)], ids=["none", "own"])
def test_span_of_another_library(own: dict[str, str], expected: str, capture: Capture) -> None:
    """It gets the project where it has none, and so does an attempt that is shown below it."""
    foundry_telemetry.instrument(project_id=PROJECT, **capture.options)
    tracer = capture.tracer_provider.get_tracer("framework")
    attributes = {"gen_ai.operation.name": "chat", **own, **AGENT}
    with tracer.start_as_current_span("chat", attributes=attributes):
        call(503)
    found = spans(capture)
    assert found["chat"][NAME] == expected
    assert found["POST"][NAME] == PROJECT
    assert found["chat"].items() >= AGENT.items()


def test_agent_above(capture: Capture) -> None:
    """The span of an agent above a call is as its framework left it: agent, version, project."""
    foundry_telemetry.instrument(project_id=PROJECT, **capture.options)
    tracer = capture.tracer_provider.get_tracer("framework")
    with tracer.start_as_current_span("agent", attributes={"gen_ai.operation.name": "invoke_agent", **AGENT}):
        call()
    found = spans(capture)
    assert found["agent"] == {"gen_ai.operation.name": "invoke_agent", **AGENT}
    assert found["chat my-deployment"][NAME] == PROJECT
    assert not found["chat my-deployment"].keys() & AGENT.keys()


def test_instrumentor(capture: Capture) -> None:
    """The common interface of the instrumentors takes it, too."""
    FoundryInstrumentor().instrument(project_id=PROJECT, **capture.options)
    call()
    assert spans(capture)["chat my-deployment"][NAME] == PROJECT
    FoundryInstrumentor().uninstrument()


def test_metrics_are_shared(capture: Capture) -> None:
    """Integrations for different projects count into the same instruments: none is there twice."""
    for project in (PROJECT, OTHER, None):
        foundry_telemetry.instrument(project_id=project, **capture.options)
        call()
    points = capture.points()
    assert sum(point.count for point in points["gen_ai.client.operation.duration"]) == 3
    assert len(points["foundry.telemetry.heartbeat"]) == 1
