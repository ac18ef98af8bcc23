"""``foundry-telemetry fake --failure``: the credential that it prints leads to the cause that it names."""

from __future__ import annotations

import re

import httpx
import pytest

from foundry_telemetry import instrument
from foundry_telemetry.cli.fake import _credential
from foundry_telemetry.observation import Observation
from foundry_telemetry.testing import INCIDENTS, FakeFoundry

OF_CREDENTIALS = [name for name, incident in INCIDENTS.items() if incident.credential is not None]


@pytest.mark.parametrize("name", OF_CREDENTIALS)
def test_the_cause_is_recorded(name: str) -> None:
    """A call with what is printed, a key, a token or none, is recorded with the cause of the failure."""
    takes_key, instead = _credential(name)
    token = re.search(r"azure_ad_token_provider=lambda: '(.+)'", instead)
    headers = {"x-api-key": "fake", "api-key": "fake"} if takes_key else {}
    if token:
        headers = {"authorization": f"Bearer {token[1]}"}
    seen: list[Observation] = []
    with FakeFoundry(INCIDENTS[name].make()) as foundry, httpx.Client(headers=headers) as client:
        instrument(client, hosts=(foundry.host,), sinks=(seen.append,))
        client.post(f"{foundry.base_url}/v1/messages", json={"model": "d", "max_tokens": 1, "messages": []})
    assert [one.failure and one.failure.type for one in seen] == [INCIDENTS[name].error]


def test_others_take_the_key() -> None:
    """Without a failure, and for one that no credential decides, the key is printed and nothing else."""
    assert _credential(None) == _credential("overloaded") == (True, "")
