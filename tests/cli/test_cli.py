"""The command itself: what it says of itself, what it refuses, and what it does without its packages."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

import foundry_telemetry
from foundry_telemetry import cli
from foundry_telemetry.schema.value import SCHEMA
from tests.cli.process import run

WITHOUT = "import sys; sys.modules.update(dict.fromkeys({names!r})); "
LATER = "import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr)); "
SLOW = {"anthropic", "azure", "httpx", "httpx2", "opentelemetry", "starlette", "uvicorn"}


def call(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> object:
    """Run the command in this process, and return what it exits with."""
    monkeypatch.setattr(sys, "argv", ["foundry-telemetry", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return ended.value.code


def test_version(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """--version names the program, the version of the package and the schema of its ledger."""
    monkeypatch.setitem(vars(foundry_telemetry), "__version__", "1.2.3")
    assert call(monkeypatch, "--version") == 0
    assert capsys.readouterr().out == f"foundry-telemetry 1.2.3 (ledger schema {SCHEMA})\n"


def test_help_is_light(tmp_path: Path) -> None:
    """--help names the sub-commands, and imports nothing that takes long."""
    ended = run(tmp_path, "--help", before=LATER)
    assert ended.code == 0
    assert "demo" in ended.out
    assert not SLOW & {name.partition(".")[0] for name in ended.err.split()}


def test_no_command_shows_help(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a sub-command the help is shown."""
    assert call(monkeypatch) == 2
    said = capsys.readouterr()
    assert "demo" in said.out + said.err


@pytest.mark.parametrize("seconds", ["0", "-1", "601", "nan", "inf", "soon", ""])
def test_bad_seconds(
    seconds: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A bad --seconds is refused with the value, what was expected, and a command that works."""
    monkeypatch.setenv("COLUMNS", "200")
    assert call(monkeypatch, "demo", "--seconds", seconds) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert f"{seconds!r}: expected a number from 1 to 600" in said.err
    assert "example: --seconds 12" in said.err


@pytest.mark.row(82)
@pytest.mark.parametrize("name", ["typer", "rich"])
def test_base_install(name: str, tmp_path: Path) -> None:
    """Without the packages of the command line it says which is missing, and the command that repairs."""
    ended = run(tmp_path, "--help", before=WITHOUT.format(names=[name]))
    assert ended.code == 1
    assert ended.out == ""
    assert f"needs {name!r}" in ended.err
    assert "pip install 'foundry-telemetry[demo]'" in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.slow
@pytest.mark.row(82)
@pytest.mark.parametrize("name", ["anthropic", "uvicorn", "starlette", "httpx2"])
def test_demo_without_its_packages(name: str, tmp_path: Path) -> None:
    """The demonstration says the same of the packages it needs besides."""
    ended = run(tmp_path, "demo", before=WITHOUT.format(names=[name]))
    assert ended.code == 1
    assert ended.out == ""
    assert re.search(rf"^foundry-telemetry: .* needs '{name}'", ended.err, re.MULTILINE)
    assert "pip install 'foundry-telemetry[demo]'" in ended.err
    assert "Traceback" not in ended.err
