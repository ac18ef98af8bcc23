"""The page about the kit: its code runs, its tables are those of the code, its failure is a real one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.testing.kit.page import PAGE, blocks, made, shown
from tests.testing.kit.test_plugin import INSTALLED, MODULE, ROOT

pytestmark = pytest.mark.slow

EXAMPLE = ROOT / "examples" / "testing"
PLUGIN = () if INSTALLED else ("-p", MODULE)


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A project with the options of the page."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("COLUMNS", "200")
    (options,) = blocks("toml")
    pytester.makepyprojecttoml(f'{options}addopts = "-p no:cacheprovider"\nfilterwarnings = ["error"]\n')
    return pytester


def test_code_runs(project: pytest.Pytester) -> None:
    """All code of the page, put together, is a file of tests that pass."""
    code = "\n".join(blocks("python"))
    project.makepyfile(test_page=code)
    project.runpytest_subprocess(*PLUGIN).assert_outcomes(
        passed=len(re.findall(r"^(?:async )?def test_", code, re.MULTILINE)) + 2
    )


def test_failure_is_real(project: pytest.Pytester) -> None:
    """The failure that the page shows is what pytest shows."""
    (failing,) = blocks("python", fails=True)
    project.makepyfile(test_page="\n".join([*blocks("python")[:1], "import pytest", failing]))
    ended = project.runpytest_subprocess(*PLUGIN, "-k", "fails")
    ended.assert_outcomes(failed=1, deselected=2)
    (found,) = blocks("")
    assert found in ended.stdout.str()


@pytest.mark.parametrize("table", ["incidents", "fields"])
def test_tables(table: str) -> None:
    """The tables are those of the code; `python -m tests.testing.kit.page` writes them."""
    assert shown(table) == made()[table]


def test_links_lead_somewhere() -> None:
    """Each link leads to a file, or to a heading of the page."""
    text = PAGE.read_text(encoding="utf-8")
    headings = {
        f"#{line.removeprefix('## ').lower().replace(' ', '-')}"
        for line in text.splitlines()
        if line[:3] == "## "
    }
    for link in re.findall(r"\]\(([^)]+)\)", text):
        assert link in headings or (PAGE.parent / link).exists(), link


def test_example(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """The example's own tests pass with the command that its header names."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    command = "python -m pytest examples/testing"
    for found in (EXAMPLE / "test_assistant.py", EXAMPLE.parent / "README.md"):
        assert command in Path(found).read_text(encoding="utf-8")
    ended = pytester.runpytest_subprocess(*PLUGIN, "-p", "no:cacheprovider", "-W", "error", str(EXAMPLE))
    ended.assert_outcomes(passed=11)
