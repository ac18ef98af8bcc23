"""The small call: against a Foundry and an Azure Monitor on loopback, through real clients and exporters."""

from __future__ import annotations

from typing import Any

import pytest

from foundry_telemetry.advice import advice_for
from foundry_telemetry.disabled import VARIABLE
from foundry_telemetry.investigate.doctor import live
from foundry_telemetry.local.api.server import LocalAzureMonitor
from foundry_telemetry.schema import field_table as names
from foundry_telemetry.testing import FakeFoundry, Item
from tests.investigate.doctor.scenes import named, scene

KEY = "ANTHROPIC_FOUNDRY_API_KEY"
STRING = "APPLICATIONINSIGHTS_CONNECTION_STRING"


def make(script: Item, **variables: str) -> tuple[list[live.Finding], live.Seen, FakeFoundry]:
    """Make the call to a Foundry that answers so."""
    seen = live.Seen()
    with FakeFoundry(script) as foundry:
        asked = scene(
            base_url=foundry.base_url, deployment="my-deployment", variables={KEY: "CANARY", **variables}
        )
        return list(live.check(asked, seen)), seen, foundry


def test_a_call_that_went_well() -> None:
    """One request with both key headers and few tokens; the finding names tokens, time and support code."""
    findings, seen, foundry = make(200)
    (found,) = findings
    assert found.state == "ok"
    assert seen.observation is not None
    assert seen.observation.support_code in found.seen
    (request,) = foundry.requests
    assert (request.headers["x-api-key"], request.headers["api-key"]) == ("CANARY", "CANARY")
    assert seen.event[names.REQUEST_MODEL] == "my-deployment"
    assert seen.event[names.OUTCOME] == "ok"
    assert "CANARY" not in f"{findings}{seen}"


@pytest.mark.parametrize("answer", ["err_401_invalid_key", "err_404_deployment_not_found", "err_429_no_hint"])
def test_a_call_that_was_refused(answer: str) -> None:
    """A refusal is named by its class, with the advice for it; it is not tried again."""
    (found,), seen, foundry = make(answer)
    assert found.state == "failure"
    assert seen.observation is not None
    failed = seen.observation.failure
    assert failed is not None
    assert failed.type in found.seen
    assert found.fix == advice_for(failed.type).next_step
    assert seen.observation.support_code in found.seen
    assert len(foundry.requests) == 1


def test_nobody_there() -> None:
    """A call without a response is shown as one."""
    with FakeFoundry() as foundry:
        address = foundry.base_url
    seen = live.Seen()
    (found,) = live.check(scene(base_url=address, deployment="d", variables={KEY: "CANARY"}), seen)
    assert found.state == "failure"
    assert "connection_error" in found.seen


def test_the_record_arrives() -> None:
    """With a connection string the record of the call is in AppEvents, and the finding says so."""
    with LocalAzureMonitor() as azure:
        findings, seen, _ = make(200, **{STRING: azure.connection_string})
        assert named(findings, "event export").state == "ok"
        ((code,),) = azure.query(
            "AppEvents | project coalesce(tostring(Properties['foundry.call.id']), ParentId)"
        ).rows
    assert code == seen.event[names.CALL_ID]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "instrumentation key is unknown"),
        (401, "a token is required"),
        (402, "quota"),
        (439, "daily cap"),
        (503, "503"),
    ],
)
def test_a_record_that_is_refused(status: int, words: str) -> None:
    """Why Azure Monitor rejects an event is shown; the exporter logs nothing of some of these."""
    with LocalAzureMonitor() as azure:
        azure.fault_injection.set_from_json(b'{"status": %d}' % status)
        found = named(make(200, **{STRING: azure.connection_string})[0], "event export")
    assert found.state == "failure"
    assert words in found.seen


def test_with_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a key the call is made with a token; without one it is not made."""
    monkeypatch.setattr(live, "get_token", lambda _: "CANARY-TOKEN")
    findings, seen, foundry = make(200, **{KEY: ""})
    assert foundry.requests[0].headers["authorization"] == "Bearer CANARY-TOKEN"
    assert "x-api-key" not in foundry.requests[0].headers
    assert "CANARY" not in f"{findings}{seen}"

    def refuse(_: Any) -> str:
        raise RuntimeError("AADSTS700016: CANARY")

    monkeypatch.setattr(live, "get_token", refuse)
    findings, _, foundry = make(200, **{KEY: ""})
    assert "AADSTS700016" in findings[0].seen
    assert not foundry.requests
    assert "CANARY" not in f"{findings}"


def test_switched_off() -> None:
    """Where the library is switched off no call is made: it would be paid for, and not recorded."""
    found, seen, foundry = make(200, **{VARIABLE: "true"})
    assert named(found, "live call").state == "skipped"
    assert (seen.observation, foundry.requests) == (None, [])


def test_no_address() -> None:
    """Without an address no call is made."""
    (found,) = live.check(scene(deployment="d"), live.Seen())
    assert found.state == "skipped"
