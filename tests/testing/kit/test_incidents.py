"""Incidents: each by its name, and each recorded as what it is."""

from __future__ import annotations

import contextlib
import itertools
import time
from types import SimpleNamespace

import anthropic
import httpx2
import pytest

from foundry_telemetry.testing import INCIDENTS, FoundryKit, cases
from foundry_telemetry.testing.kit import clock as clock_module
from foundry_telemetry.wire.causes import CLASSES
from tests.support.families import FAMILIES, Family
from tests.testing.kit.calling import KEY, QUESTION, URL, ask, sdk

FAILING = [name for name, incident in INCIDENTS.items() if incident.error is not None]
HEALING = [name for name, incident in INCIDENTS.items() if incident.error is None]
OUT_OF_REACH = {
    "client_error",  # whatever else a client raises
    "credential_error",  # a token provider raises, and there is no request
    "decoding_error",
    "gateway_html",
    "unsupported_endpoint",
}
"""Classes of failures that are no incident of a call to Claude, or that take a broken encoding or a path."""


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("name", FAILING)
def test_error_type(foundry: FoundryKit, name: str, stream: bool) -> None:
    """Over a bare client, whole and streamed, the record ends with the class that the incident names."""
    incident = foundry.incident(name)
    with httpx2.Client() as client, contextlib.suppress(httpx2.TransportError):
        client.post(URL, json={**QUESTION, "stream": stream}, headers={"api-key": KEY})
    foundry.calls.one().has(error=incident.error, attempts=1)
    foundry.assert_no_content()


@pytest.mark.parametrize("family", FAMILIES, ids=str)
@pytest.mark.parametrize("name", ["expired_token", "stream_reset", "pool_timeout", "read_timeout"])
def test_families(foundry: FoundryKit, name: str, family: Family) -> None:
    """The same for each client class."""
    incident = foundry.incident(name)

    async def scenario() -> None:
        async with family.client() as client:
            with contextlib.suppress(family.module.TransportError):
                await client.request("POST", URL, json={**QUESTION, "stream": True})

    family.run(scenario)
    foundry.calls.one().has(error=incident.error)
    assert foundry.attempts[0].failure is not None


@pytest.mark.parametrize("name", HEALING)
def test_healing(foundry: FoundryKit, name: str) -> None:
    """An incident that trying again helps ends in an answer, after a failed attempt."""
    assert foundry.incident(name).error is None
    assert ask(sdk())
    call = foundry.calls.one().has(attempts=2, error=None, status=200)
    assert call.attempts[0].failure is not None


@pytest.mark.parametrize(
    "name", ["deployment_not_found", "expired_token", "stream_cut", "overloaded_in_stream"]
)
def test_sdk_raises_its_own(foundry: FoundryKit, name: str) -> None:
    """The SDK raises for an incident what it raises in life."""
    incident = foundry.incident(name)
    with pytest.raises((anthropic.APIStatusError, httpx2.TransportError)):
        ask(sdk(max_retries=0), stream=True)
    foundry.calls.one().has(error=incident.error)


@pytest.mark.parametrize("fraction", [0.0, 0.5, 0.95, 0.9999])
def test_credential_of_the_incident(
    foundry: FoundryKit, fraction: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What only the credential shows is recorded as of the incident, at whichever part of a second."""
    began_ns = (time.time_ns() // 10**9 + 1) * 10**9 + int(fraction * 1e9)
    ticks = itertools.count(began_ns, 300_000_000)  # a slow machine
    monkeypatch.setattr(foundry.clock, "_began_ns", began_ns)
    monkeypatch.setattr(clock_module, "time", SimpleNamespace(time_ns=lambda: next(ticks)))
    foundry.incident("expired_token")
    with pytest.raises(anthropic.AuthenticationError):
        ask(sdk())
    foundry.calls.one().has(
        auth_scheme="entra_id",
        token_expires_in_s=-600,
        token_audience="https://ai.azure.com",
        owner="caller_credential",
    )
    (span,) = foundry.spans
    assert span.attributes["foundry.auth.scheme"] == foundry.ledger[0]["foundry.auth.scheme"] == "entra_id"
    foundry.script(401)
    with pytest.raises(anthropic.AuthenticationError):
        ask(sdk())
    foundry.calls.last.has(auth_scheme="api_key", error="auth_invalid_key")


def test_every_class_has_an_incident() -> None:
    """Each failure class that a call can end with is some incident's, and no incident names another."""
    named = {incident.error for incident in INCIDENTS.values()} - {None}
    assert named <= set(CLASSES)
    assert set(CLASSES) - named == OUT_OF_REACH


def test_names() -> None:
    """Names are listed, those of credentials are recorded cases, and each has a title of its own."""
    with FoundryKit() as foundry:
        assert foundry.incidents == tuple(INCIDENTS)
    assert all(name == incident.name for name, incident in INCIDENTS.items())
    assert len({incident.title for incident in INCIDENTS.values()}) == len(INCIDENTS)
    assert {incident.credential for incident in INCIDENTS.values()} - {None} <= set(cases())


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("token_expired", "expired_token"),
        ("auth_token_expired", "expired_token"),
        ("rate_limit", "rate_limited"),
    ],
)
def test_unknown_name(foundry: FoundryKit, wrong: str, right: str) -> None:
    """A name that is none is refused with those like it, also by their words or their class."""
    with pytest.raises(ValueError, match=f"^unknown incident '{wrong}': expected one of '{right}'"):
        foundry.incident(wrong)
