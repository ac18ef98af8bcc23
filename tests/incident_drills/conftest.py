"""Two days of the world, made once: those that most drills are asked in."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.incident_drills.composed import DAYS, composed
from tests.incident_drills.named import NAMED, at
from tests.incident_drills.scenarios import Drill, Played, play
from tests.incident_drills.world import World


@pytest.fixture(scope="session")
def two_days() -> World:
    """The world's calls of `DAYS`."""
    return World.made(start=at(min(DAYS), 0), end=at(max(DAYS), 0) + timedelta(days=1))


@pytest.fixture(scope="session")
def drills(two_days: World) -> list[Drill]:
    """All drills."""
    return [*NAMED, *composed(two_days)]


@pytest.fixture(scope="session")
def played(two_days: World, drills: list[Drill]) -> list[Played]:
    """All drills that are asked in these days, played."""
    return [play(drill, two_days) for drill in drills if drill.tail.day in DAYS or drill.parts]
