"""Matrix, markers and README say the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fault_injection.matrix import ROWS, Row
from tests.fault_injection.table import README, Count, held, problems, readme

FILE = """
import pytest
pytestmark = [pytest.mark.row(1), pytest.mark.skipif(False, reason="")]

@pytest.mark.parametrize("x", [1])
@pytest.mark.row(2, 3)
def test_one(): ...

@pytest.mark.long
async def test_two(): ...

def no_test(): ...
"""


def test_every_row_is_held() -> None:
    """Each row has a test, or a command that tries it; no marker names a row that is none."""
    assert problems(ROWS, held()) == []


def test_readme_is_up_to_date() -> None:
    """The table is what `python -m tests.fault_injection` would write now."""
    assert README.read_text("utf-8") == readme(), "run: python -m tests.fault_injection"


def test_markers_are_found(tmp_path: Path) -> None:
    """Markers of a file count for each of its tests, those of a test for that test."""
    path = tmp_path / "test_it.py"
    path.write_text(FILE)
    assert held(tmp_path) == {1: {path: Count(1, 1)}, 2: {path: Count(1)}, 3: {path: Count(1)}}
    rows = tuple(Row(number, "fault", "holds", also="x") for number in (1, 2))
    first, second = readme(rows, held(tmp_path)).splitlines()[-2:]
    assert first.endswith("| normal run, `nox -s trust`, `x` |")
    assert second.endswith("(1) | normal run, `x` |")


def test_a_marker_is_a_number(tmp_path: Path) -> None:
    """A marker whose row cannot be read off the file is reported, not passed over."""
    (tmp_path / "test_it.py").write_text("import pytest\n@pytest.mark.row(n)\ndef test_it(): ...\n")
    with pytest.raises(ValueError, match="a row is a number, not n"):
        held(tmp_path)


def test_what_is_wrong_is_reported() -> None:
    """A row that nothing holds, a number that is none and a gap are each told; a command is enough."""
    rows = (Row(1, "a", "b"), Row(3, "c", "d", also="nox -s trust"))
    reported = problems(rows, {9: {Path("test_x.py"): Count(1)}})
    assert reported == [
        "the rows are not numbered one after the other",
        "row 9, of test_x.py, is not in the matrix",
        "row 1, a: no test and no command holds it",
    ]
