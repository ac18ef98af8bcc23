"""From a call to Claude over a socket to the rows in Azure, with nothing faked in between."""

from __future__ import annotations

from pathlib import Path

import pytest

from foundry_telemetry.azure.distros import DistroName
from foundry_telemetry.testing import FakeFoundry
from foundry_telemetry.testing.ingestion import FakeIngestion
from tests.azure.process import LATE, both_distros, run

pytestmark = pytest.mark.slow

CALL = """
import foundry_telemetry
from tests.support.families import httpx
foundry_telemetry.configure(hosts=(os.environ["FOUNDRY"],), distro=DISTRO)
client = httpx.Client(base_url=os.environ["FOUNDRY"], headers={"api-key": "secret-key"})
messages = [{"role": "user", "content": "secret prompt"}]
body = {"model": "my-deployment", "max_tokens": 64, "messages": messages}
"""

PROJECT_ID = "microsoft.foundry.project.id"
PROJECT = "/subscriptions/0a1b/resourceGroups/rg/providers/Microsoft.CognitiveServices/accounts/a/projects/p"

SHORT_WAY = """
from foundry_telemetry.signals import ledger_queue
agent = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.id": "7", "gen_ai.agent.name": "planner"}
with trace.get_tracer("framework").start_as_current_span("agent", attributes=agent):
    status = client.post("/v1/messages", json=body).status_code
say(status=status, is_short=ledger_queue.active is not None)
"""

STREAM = """
request = client.build_request("POST", "/v1/messages", json={**body, "stream": True})
def abandon():
    response = client.send(request, stream=True)
    next(response.iter_lines())
abandon()
import gc; gc.collect()  # httpx ties response and stream into a cycle
"""


@both_distros
def test_call(distro: DistroName, tmp_path: Path) -> None:
    """A call is one row of type GenAI, below its agent, one ledger event by the short way, and no secret."""
    script = CALL + SHORT_WAY
    with FakeFoundry() as foundry, FakeIngestion() as azure:
        variables = {"FOUNDRY": foundry.base_url, "FOUNDRY_PROJECT_ARM_ID": PROJECT}
        ended = run(script, azure, tmp_path, distro=distro, **variables)
        assert ended.said == [{"status": 200, "is_short": True}], ended.errors
        row, agent = azure.dependencies()
        (event,) = azure.events("foundry.attempt")
        (parent_id,) = (
            envelope["tags"]["ai.operation.parentId"]
            for envelope in azure.envelopes
            if envelope["data"]["baseType"] == "EventData"
        )
        sent = str(azure.envelopes)
    assert (row["type"], row["target"], row["success"]) == ("GenAI | anthropic", foundry.host, True)
    assert row["properties"]["gen_ai.usage.input_tokens"]
    assert row["properties"][PROJECT_ID] == PROJECT
    assert (PROJECT_ID in event, PROJECT_ID in agent["properties"]) == (False, False)
    assert row["properties"]["microsoft.gen_ai.main_agent.name"] == "planner"
    assert (agent["properties"]["gen_ai.agent.id"], agent["properties"]["gen_ai.agent.name"]) == (
        "7",
        "planner",
    )
    assert (event["foundry.outcome"], event["gen_ai.request.model"]) == ("ok", "my-deployment")
    assert parent_id == row["id"]
    assert "foundry.call.id" not in event
    assert "secret" not in sent
    assert not ended.errors


def test_stream_dropped_before_exit(tmp_path: Path) -> None:
    """A stream dropped shortly before the exit is recorded in time for the last delivery."""
    script = CALL + STREAM
    with FakeFoundry() as foundry, FakeIngestion() as azure:
        ended = run(script, azure, tmp_path, FOUNDRY=foundry.base_url)
        (event,) = azure.events("foundry.attempt")
        assert event["foundry.outcome"] == "abandoned"
        assert azure.dependencies()
    assert not ended.errors


def test_exception_notes(tmp_path: Path) -> None:
    """`configure(exception_notes=True)` explains a refusal on its exception; without it nothing is added."""
    script = (
        CALL.replace("hosts=", "exception_notes=NOTES, hosts=")
        + """
try:
    client.post("/v1/messages", json=body).raise_for_status()
except httpx.HTTPStatusError as error:
    say(notes=getattr(error, "__notes__", []))
"""
    )
    for wanted in (True, False):
        with FakeFoundry("err_404_deployment_not_found") as foundry, FakeIngestion() as azure:
            ended = run(script.replace("NOTES", str(wanted)), azure, tmp_path, FOUNDRY=foundry.base_url)
        (reported,) = ended.said
        assert [note.split(":")[0] for note in reported["notes"]] == [
            "[foundry-telemetry] deployment_not_found"
        ] * wanted
        assert "secret" not in f"{reported}"


@pytest.mark.parametrize("compression", ["gzip", "none"])
def test_one_connection(compression: str, tmp_path: Path) -> None:
    """All three signals leave over one connection, as gzip unless the call says otherwise.

    Two that leave at the same time need two, so none leaves by its timer.
    """
    script = f"""
import foundry_telemetry
foundry_telemetry.configure(compression="{compression}")
from foundry_telemetry.exporters import azure_exporters
emit("one")
providers = trace.get_tracer_provider(), _logs.get_logger_provider(), metrics.get_meter_provider()
for provider in providers:
    provider.force_flush()
exporters = [exporter for provider in providers for exporter in azure_exporters(provider)]
sessions = {{exporter.client._client._pipeline._transport.session for exporter in exporters}}
managers = [session.get_adapter(os.environ["URL"]).poolmanager.pools for session in sessions]
opened = sum(pools[key].num_connections for pools in managers for key in pools.keys())
say(exporters=len(exporters), connections=opened)
"""
    with FakeIngestion() as azure:
        ended = run(script, azure, tmp_path, URL=azure.url, **LATE)
        assert ended.said == [{"exporters": 3, "connections": 1}], ended.errors
        assert {post.compressed for post in azure.posts} == {compression == "gzip"}
        assert azure.dependencies()
        assert azure.events("foundry.attempt")
        assert azure.metrics("count.one")
