"""Five incidents, found by an agent that has the tools alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.incident_drills.answer import read
from tests.incident_drills.judge import judge
from tests.incident_drills.named import NAMED, THURSDAY
from tests.incident_drills.scenarios import play
from tests.incident_drills.stage import Stage
from tests.incident_drills.world import World
from tests.mcp.client import Agent, agent

pytestmark = pytest.mark.slow

BY_NAME = {drill.name: drill for drill in NAMED}
ASKED = (
    "key rotated, one instance has the old",
    "role missing for tokens",
    "slow region",
    "refusals",
    "service silent",
)


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """What is compared with: the day before, and the same hours of last week."""
    hour = THURSDAY.replace(minute=0)
    last_week = World.made(start=hour - timedelta(days=7, hours=2), end=hour - timedelta(days=7, hours=-1))
    before = World.made(start=hour - timedelta(days=1, hours=2), end=hour + timedelta(hours=1))
    with Stage(World([*last_week.calls, *before.calls])) as stage:
        yield stage


@pytest.fixture(scope="module")
def asking(stage: Stage) -> Iterator[Agent]:
    """An agent that asks the stage."""
    with agent("--url", stage.url) as asking:
        yield asking


def reported(records: list[dict[str, Any]]) -> dict[str, Any]:
    """The report that the records are of, as `incident --json` has it."""
    findings = {one["findings"]: one for one in records if one["record"] == "incident.findings"}
    for one in findings.values():
        one |= {"owner": one.get("owner"), "extent": [], "first_seen": []}
    for one in records:
        where = one["record"].rpartition(".")[2]
        if where in ("extent", "first_seen") and one["record"] == f"incident.findings.{where}":
            findings[one["findings"]][where].append({"unaffected": [], **one})
    return {"verdict": records[0]["verdict"], "findings": list(findings.values())}


@pytest.mark.parametrize("name", ASKED)
def test_an_agent_finds_the_cause(stage: Stage, asking: Agent, name: str) -> None:
    """Cause, owner, since when, who and who not: all that the drill made is in the answer of `incident`."""
    drill = BY_NAME[name]
    played = play(drill, stage.world)
    stage.play(played)
    since, to = (moment.isoformat() for moment in (drill.start, drill.end))
    judged = judge(played, read(reported(asking.records("incident", since=since, to=to))))
    assert judged.verdict == "right", judged.notes


def test_from_the_incident_to_a_call_and_its_cause(stage: Stage, asking: Agent) -> None:
    """An example of `incident` leads by `explain` to the same cause, and `causes` says what to do."""
    drill = BY_NAME[ASKED[0]]
    played = play(drill, stage.world)
    stage.play(played)
    since, to = (moment.isoformat() for moment in (drill.start, drill.end))
    records = asking.records("incident", since=since, to=to)
    example = next(one for one in records if one["record"] == "incident.findings.examples")
    call = asking.records("explain", text=example["support_code"], since="2026-11-01", to=to)[0]
    assert call["cause"]["error_type"] == "auth_invalid_key" == records[1]["cause"]
    steps = asking.records("causes", cause=call["cause"]["error_type"])
    assert [one["text"] for one in steps if one["record"] == "cause.steps"]
