"""Some drills through the real command: one of a failure, of time, of content and of volume."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from tests.incident_drills.answer import read
from tests.incident_drills.judge import judge
from tests.incident_drills.named import NAMED, THURSDAY
from tests.incident_drills.scenarios import Drill, play
from tests.incident_drills.stage import Stage
from tests.incident_drills.world import World
from tests.investigate.commands import run

pytestmark = pytest.mark.slow

BY_NAME = {drill.name: drill for drill in NAMED}
ASKED = (
    "key rotated, one instance has the old",
    "slow region",
    "refusals",
    "service silent",
)
"""All are asked at the same time, so that one store has what is before them."""


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """What is compared with: the day before, and the same hours of last week."""
    assert {BY_NAME[name].end for name in ASKED} == {THURSDAY}
    hour = THURSDAY.replace(minute=0)
    last_week = World.made(start=hour - timedelta(days=7, hours=2), end=hour - timedelta(days=7, hours=-1))
    before = World.made(start=hour - timedelta(days=1, hours=2), end=hour + timedelta(hours=1))
    with Stage(World([*last_week.calls, *before.calls])) as stage:
        yield stage


@pytest.mark.parametrize("name", ASKED)
def test_the_command_answers(stage: Stage, name: str) -> None:
    """What, who has to act, since when, who and who not are right, and the exit code says there is one."""
    drill: Drill = BY_NAME[name]
    played = play(drill, stage.world)
    stage.play(played)
    said = run("incident", "--json", *_time(drill.start, drill.end), "--url", stage.url)
    judged = judge(played, read(said.reported))
    assert judged.verdict == "right", judged.notes
    assert said.code == 3


def _time(start: datetime, end: datetime) -> tuple[str, ...]:
    return ("--from", start.isoformat(), "--to", end.isoformat())
