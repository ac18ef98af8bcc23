"""The list of mutants cannot rot, and a mutant that nothing notices is reported."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.fault_injection.matrix import ROWS
from tests.fault_injection.table import held
from tests.mutants import __main__ as command
from tests.mutants.mutant import ROOT, Mutant, MutantError, control, mutated, tried
from tests.mutants.table import MUTANTS

LEAST = 15


def names_of(path: Path) -> set[str]:
    """The tests of a file."""
    tree = ast.parse(path.read_text("utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_there_are_enough() -> None:
    """Each mutant has a name of its own, and there are at least so many."""
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS) >= LEAST


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_mutant_fits(mutant: Mutant) -> None:
    """Its old text stands in its file once, with the new one it is still Python, and its tests are there."""
    ast.parse(mutated(mutant))
    assert mutated(mutant) != (ROOT / mutant.file).read_text("utf-8")
    assert mutant.tests
    for test in mutant.tests:
        path, _, name = test.partition("::")
        assert (ROOT / path).is_file()
        assert not name or name.partition("[")[0] in names_of(ROOT / path)


def test_rows_are_those_of_the_tests() -> None:
    """The rows of a mutant are rows of the matrix, and its tests are marked with them."""
    files = held()
    for mutant in MUTANTS:
        assert set(mutant.rows) <= {row.number for row in ROWS}
        for row in mutant.rows:
            reported = {path.relative_to(ROOT).as_posix() for path in files[row]}
            assert {test.partition("::")[0] for test in mutant.tests} & reported, mutant.name


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of one function and its test, which needs no plugin."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    (tmp_path / "half.py").write_text("def half(n):\n    return n / 2\n")
    (tmp_path / "test_half.py").write_text("from half import half\ndef test_it(): assert half(4) == 2\n")
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new", "fate", "words"),
    [
        ("n / 2", "n / 3", "caught", "test_half.py::test_it"),
        ("n / 2", "n // 2", "SURVIVED", "1 passed"),
        ("def half", "def third", "BROKEN", "ERROR test_half.py"),
        ("n / 4", "n / 3", "BROKEN", "half.py has its old text 0 times"),
    ],
    ids=["caught", "survived", "broken", "not there"],
)
def test_fate(project: Path, old: str, new: str, fate: str, words: str) -> None:
    """Caught is what a test fails on: not what nothing notices, nor what keeps the tests from running."""
    mutant = Mutant("it", "half.py", old, new, ("test_half.py",), ())
    trial = tried(mutant, project)
    assert trial.fate == fate
    assert words in trial.words
    assert (project / "half.py").read_text() == "def half(n):\n    return n / 2\n"


@pytest.mark.slow
def test_control(project: Path) -> None:
    """Tests that fail without a mutant are told first: with one they would prove nothing."""
    mutant = Mutant("it", "half.py", "n / 2", "n / 3", ("test_half.py",), ())
    assert control((mutant,), project) is None
    (project / "half.py").write_text("def half(n):\n    return 1\n")
    assert control((mutant,), project) == "test_half.py::test_it"


def test_text_that_is_there_twice(project: Path) -> None:
    """A text that could be replaced in two places is refused."""
    path = project / "half.py"
    path.write_text(path.read_text() * 2)
    with pytest.raises(MutantError, match="2 times, expected 1"):
        mutated(Mutant("it", "half.py", "n / 2", "n / 3", (), ()), project)


def test_list(capsys: pytest.CaptureFixture[str]) -> None:
    """`--list` names the mutants, all or those asked for, and tries none; an unknown name is reported."""
    assert command.main(["--list"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == [one.name for one in MUTANTS]
    assert command.main(["--list", "raw-ids"]) == 0
    assert capsys.readouterr().out.split()[0] == "raw-ids"
    with pytest.raises(SystemExit) as ended:
        command.main(["nobody"])
    assert ended.value.code == 2
    assert "no mutant 'nobody'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("terminal", "no_color", "coloured"), [(True, "", True), (True, "1", False), (False, "", False)]
)
def test_colours(terminal: bool, no_color: str, coloured: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Colours are for terminals, and not for those who want none."""
    monkeypatch.setenv("NO_COLOR", no_color)
    monkeypatch.setattr("sys.stdout", type("Out", (), {"isatty": lambda _: terminal})())
    assert ("\x1b[" in command._coloured("caught")) is coloured


@pytest.mark.slow
def test_exit_code(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One mutant that survives is a failure of the run, and so are tests that fail without any."""
    caught = Mutant("dies", "half.py", "n / 2", "n / 3", ("test_half.py",), ())
    lives = Mutant("lives", "half.py", "n / 2", "n // 2", ("test_half.py",), ())
    assert command._try_all((caught,), project) == 0
    assert command._try_all((caught, lives), project) == 1
    assert "1 of 2 caught" in capsys.readouterr().out
    (project / "half.py").write_text("def half(n):\n    return 1\n")
    assert command._try_all((caught,), project) == 1
