"""Content on its way to Azure, from a real process over sockets, at every kind of end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from foundry_telemetry.testing import FakeFoundry
from foundry_telemetry.testing.ingestion import FakeIngestion
from tests.azure.process import run

pytestmark = pytest.mark.slow

EVENT = "gen_ai.client.inference.operation.details"
CALL = """
import foundry_telemetry, time
from foundry_telemetry.content import ContentPolicy
from tests.support.families import httpx
foundry_telemetry.configure(hosts=(os.environ["FOUNDRY"],), content=ContentPolicy(POLICY))
client = httpx.Client(base_url=os.environ["FOUNDRY"], headers={"api-key": "secret-key"})
messages = [{"role": "user", "content": "MARKER " * 3_000 + "write to bob@example.com"}]
body = {"model": "my-deployment", "max_tokens": 64, "messages": messages}
say(status=client.post("/v1/messages", json=body).status_code)
"""
TERMINATE = "import signal; os.kill(os.getpid(), signal.SIGTERM); time.sleep(30)"


@pytest.mark.parametrize("end", ["", TERMINATE], ids=["exit", "SIGTERM"])
def test_content_arrives_whole(end: str, tmp_path: Path) -> None:
    """The event is a row of its own, longer than other properties may be, in the trace of its call."""
    with FakeFoundry() as foundry, FakeIngestion() as azure:
        ended = run(CALL.replace("POLICY", "") + end, azure, tmp_path, FOUNDRY=foundry.base_url)
        assert ended.said == [{"status": 200}], ended.errors
        (event,) = azure.events(EVENT)
        (ledger,) = azure.events("foundry.attempt")
        (row,) = azure.dependencies()
        parents = {
            envelope["tags"]["ai.operation.parentId"]
            for envelope in azure.envelopes
            if envelope["data"]["baseType"] == "EventData"
        }
        sent = str(azure.envelopes)
    (message,) = json.loads(event["gen_ai.input.messages"])
    assert message["parts"][0]["content"] == "MARKER " * 3_000 + "write to [email]"
    assert json.loads(event["gen_ai.output.messages"])[0]["finish_reason"]
    assert parents == {row["id"]} == {event["foundry.call.id"]}
    assert "MARKER" not in str(ledger) + str(row)
    assert "bob@example.com" not in sent


def test_a_function_that_hangs_delays_no_exit(tmp_path: Path) -> None:
    """The ledger arrives all the same, and no content of that call."""
    policy = "redact=lambda text: time.sleep(60)"
    with FakeFoundry() as foundry, FakeIngestion() as azure:
        ended = run(CALL.replace("POLICY", policy), azure, tmp_path, FOUNDRY=foundry.base_url)
        assert ended.said == [{"status": 200}], ended.errors
        assert len(azure.events("foundry.attempt")) == 1
        assert not azure.events(EVENT)
        assert "MARKER" not in str(azure.envelopes)
