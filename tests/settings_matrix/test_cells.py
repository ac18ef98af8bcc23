"""Every cell of the matrix, each a process of its own beside its controls."""

from __future__ import annotations

import pytest

from tests.settings_matrix.cells import CELLS, Cell, outcome
from tests.settings_matrix.expected import UNKNOWN, expected
from tests.settings_matrix.stage import SENT, Stage
from tests.settings_matrix.table import FILE, text


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Without ``--long`` there are no cells, rather than a thousand that are skipped."""
    if "cell" in metafunc.fixturenames:
        metafunc.parametrize("cell", CELLS if metafunc.config.getoption("--long") else (), ids=str)


@pytest.mark.long
@pytest.mark.row(81, 88, 89)
def test_cell(cell: Cell, stage: Stage) -> None:
    """Calls are as without us, and the ledger is whole or its loss is counted, or the set-up is refused."""
    assert outcome(stage, cell) is expected(cell)


@pytest.mark.long
def test_without_telemetry(stage: Stage) -> None:
    """The control: without telemetry the calls bring the bytes that Foundry sends."""
    ran = stage.run("plain")
    assert (ran.code, ran.reached, ran.bytes) == (0, "end", SENT)


def test_the_table_is_up_to_date() -> None:
    """The table is what `python -m tests.settings_matrix` would write now, and no row of it is of no cell."""
    assert not UNKNOWN
    assert FILE.read_text("utf-8") == text(), "run: python -m tests.settings_matrix"
