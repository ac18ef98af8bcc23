"""However a service is run and however it ends, each call that Foundry served is in Azure, or counted.

A cell of the matrix is real processes. What is killed has delivered what ended half a second before.
"""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.delivery.drivers import CONTAINER, Driven, driven
from tests.delivery.servers import CTRL_C, GRACE, INT, POOL, RECYCLED, Cell, cells
from tests.delivery.stage import Stage, staged

AFTERWARDS = 3
"""Calls that a request makes after the signal."""
HAS_CONTAINERS = subprocess.run([*CONTAINER, "true"], capture_output=True, check=False).returncode == 0
MEANINGFUL = [cell for cell in cells() if not cell.nonsense]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A fake Foundry and a local Azure Monitor."""
    with staged(tmp_path) as ready:
        yield ready


def _signal(driven: Driven, cell: Cell) -> None:
    """End a service as the cell says."""
    if not cell.ends_by_itself:
        # A pool leaves its children behind, so who ends one ends all of them.
        to_all = cell.ending == CTRL_C or cell.server.kind == POOL
        driven.service.send(signal.SIGINT if cell.ending in (INT, CTRL_C) else signal.SIGTERM, to_all=to_all)


@pytest.mark.parametrize("cell", MEANINGFUL, ids=str)
def test_cell(cell: Cell, stage: Stage) -> None:
    """Served is delivered and counted; of a killed process, all that ended half a second before the kill."""
    with driven(stage, cell) as run:
        run.work()
        if cell.ending == GRACE:
            before = stage.served
            run.never_end()
            stage.wait_for_served(before + 1)
        _signal(run, cell)
        if cell.is_killed:
            served = stage.wait_for_served(stage.served + (AFTERWARDS if cell.ending == GRACE else 0))
            stage.wait_for(served, run.service)
            return
        run.service.wait()
    seen = stage.accounts_for_all()
    assert stage.served > 0
    if cell.ending == RECYCLED and not cell.ends_by_itself:
        assert seen.workers > 2
