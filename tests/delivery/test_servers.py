"""However a service is run and however it ends, each call that Foundry served is in Azure, or counted.

A cell of the matrix is real processes. What is killed has delivered what ended half a second before.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.delivery.drivers import Driven, driven, is_installed
from tests.delivery.servers import (
    AT_FIRST,
    CTRL_C,
    ENDINGS,
    GRACE,
    INT,
    PLACES,
    POOL,
    RECYCLED,
    SERVERS,
    Cell,
    cells,
    is_quick,
)
from tests.delivery.stage import Stage, staged
from tests.delivery.table import README, readme

AFTERWARDS = 3
"""Calls that a request makes after the signal."""
RUN = [cell for cell in cells() if not cell.left_out]
MARKS = {True: pytest.mark.slow, False: pytest.mark.long}
CELLS = [pytest.param(cell, id=str(cell), marks=MARKS[is_quick(cell)]) for cell in RUN]


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


@pytest.mark.row(32, 33, 34, 36)
@pytest.mark.parametrize("cell", CELLS)
def test_cell(cell: Cell, stage: Stage) -> None:
    """Served is delivered and counted; of a killed process, all that ended half a second before the kill."""
    if not is_installed(cell.server):
        pytest.skip(f"this machine has no {cell.server.name}")
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
    seen = stage.accounts_for_all(cancelled=cell.ending == GRACE)
    assert stage.served > 0
    if cell.ending == RECYCLED and not cell.ends_by_itself:
        assert seen.workers > AT_FIRST


def test_fixed_choice() -> None:
    """Every test run has a cell of each server, and one of each ending; none of them is left out."""
    quick = [cell for cell in RUN if is_quick(cell)]
    assert [cell.server for cell in quick] == list(SERVERS)
    assert {cell.ending for cell in quick} == set(ENDINGS)


def test_table_is_up_to_date() -> None:
    """The table is what `python -m tests.fault_injection` would write now."""
    assert README.read_text("utf-8") == readme(), "run: python -m tests.fault_injection"


def test_every_cell_is_there() -> None:
    """The generator reports each combination once: it is run, or it says why it is not."""
    every = list(cells())
    assert len(set(every)) == len(every) == len(SERVERS) * 2 * len(PLACES) * len(ENDINGS)
    assert all(cell.left_out or cell in RUN for cell in every)
