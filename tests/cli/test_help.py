"""Help texts, errors and exit codes: the same form on every command."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from shutil import which
from typing import Any

import pytest
import typer

from foundry_telemetry import cli
from foundry_telemetry.cli.completion import PROGRAM
from foundry_telemetry.cli.exit_codes import MEANINGS
from tests.cli import process
from tests.investigate.commands import run


def commands(group: Any, *path: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command with its names."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, *path, name)
        else:
            yield (*path, name), command


ROOT = typer.main.get_command(cli._application())
ALL = dict(commands(ROOT))


@pytest.fixture(params=ALL, ids=" ".join)
def names(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """Each command."""
    found: tuple[str, ...] = request.param
    return found


def test_short_option(names: tuple[str, ...]) -> None:
    """``-h`` shows the help, as ``--help`` does, and it ends with the exit codes."""
    asked, at_length = run(*names, "-h"), run(*names, "--help")
    assert (asked.code, asked.err) == (0, "")
    assert asked.out == at_length.out
    codes = [
        int(code) for code in re.findall(r"^    (\d+) +\S", asked.out.split("Exit codes:")[1], re.MULTILINE)
    ]
    assert codes[:3] == [0, 1, 2]
    assert set(codes) <= set(MEANINGS)


@pytest.mark.parametrize("group", [(), ("dashboards",)], ids=["all", "dashboards"])
def test_short_option_of_a_group(group: tuple[str, ...]) -> None:
    """A group of commands has it too."""
    asked = run(*group, "-h")
    assert asked.code == 0
    assert "-h, --help" in asked.out


def test_no_type_beside_a_flag(names: tuple[str, ...]) -> None:
    """A flag stands alone, and what takes a value has it in capitals, or as its choices."""
    out = run(*names, "-h").out
    assert "<" not in re.sub(r"<key>", "", out)
    flags = [param for param in ALL[names].params if getattr(param, "is_flag", False)]
    for flag in flags:
        assert re.search(rf"^  {re.escape(', '.join(flag.opts))}(  |$)", out, re.MULTILINE), flag.opts


def test_fits_a_terminal(names: tuple[str, ...]) -> None:
    """No line is wider than 80 columns but those to be copied, and every character is ASCII."""
    out = run(*names, "-h").out
    assert out.isascii()
    assert "\\b" not in out  # which keeps lines apart where a docstring is not raw
    assert [line for line in out.splitlines() if len(line) > 80 and PROGRAM not in line] == []


def test_one_line_says_what_a_command_does() -> None:
    """The list of commands has a whole sentence for each."""
    listed = run("-h").out.split("Commands:")[1]
    for line in filter(None, listed.splitlines()):
        assert line.endswith("."), line
        assert not line.endswith("..."), line


def test_an_option_that_is_none(names: tuple[str, ...]) -> None:
    """An unknown option is exit code 2 and named on standard error, with where to read on."""
    refused = run(*names, "--nonesuch")
    assert (refused.code, refused.out) == (2, "")
    assert "--nonesuch" in refused.err
    assert "-h' for help" in refused.err


def test_a_command_that_is_none() -> None:
    """A mistyped command is answered with the one that was meant."""
    assert "Did you mean 'cost'?" in run("cots").err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("incident", "--source", "gcp"), "'gcp': expected local or azure; example: --source local"),
        (
            ("completion", "tcsh"),
            "'tcsh': expected bash, zsh or fish; example: foundry-telemetry completion bash",
        ),
        (("ticket", "req_1", "--json", "--markdown"), "--json and --markdown: expected one of them"),
        (("audit", "--json", "--markdown"), "--json and --markdown: expected one of them; example: --json"),
        (("cost", "--by", "region"), "'region': expected deployment, model, service, tag"),
        (("doctor", "--live"), "--live: expected --deployment with it; example: --live --deployment"),
        (("fake", "--script", "200,999"), "999: expected 200, or 400 to 599; example: --script 429,200"),
        (("fake", "--script", "connect_error"), "cannot play 'ConnectError': expected one of 'read_error'"),
        (("fake", "--failure", "nope"), "unknown failure 'nope': expected one of"),
        (
            ("fake", "--failure", "overloaded", "--script", "200"),
            "'overloaded': expected no --script beside it",
        ),
        (
            ("fake", "--port", "70000"),
            "'70000': expected a whole number from 0 to 65535; example: --port 4320",
        ),
    ],
)
def test_errors(arguments: tuple[str, ...], message: str) -> None:
    """An error is exit code 2; it names the bad value, what is expected, and an example."""
    refused = run(*arguments)
    assert (refused.code, refused.out) == (2, "")
    assert message in refused.err
    assert "example: " in refused.err


BASH = """
source <("$1" completion bash)
offered() {
  COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _foundry_telemetry_completion "$1"; echo "${COMPREPLY[*]}"
}
offered "$1" in
offered "$1" incident --source ""
offered "$1" cost --since y
offered "$1" dashboards ""
"""


@pytest.mark.slow
@pytest.mark.skipif(which("bash") is None, reason="needs bash")
def test_bash_completes(tmp_path: Path) -> None:
    """The script for bash completes commands and the values of options."""
    program = tmp_path / PROGRAM
    program.write_text(f"#!/bin/sh\nexec {process.sys.executable} -c '{RUN}' \"$@\"\n")
    program.chmod(0o755)
    ended = subprocess.run(
        [
            "bash",
            "-c",
            BASH,
            "-",
            program,
        ],
        env=process.environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.stderr == ""
    assert ended.stdout.splitlines() == [
        "incident",
        "local azure",
        "yesterday",
        "export",
    ]


RUN = "from foundry_telemetry.cli import main; main()"


@pytest.mark.parametrize(
    ("shell", "words"),
    [
        ("bash", "complete -o default -F"),
        ("zsh", "#compdef foundry-telemetry"),
        ("fish", "complete --command"),
    ],
)
def test_scripts(
    shell: str, words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each shell has its script."""
    monkeypatch.setattr("sys.argv", [PROGRAM, "completion", shell])
    monkeypatch.setenv("_FOUNDRY_TELEMETRY_COMPLETE", "")
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 0
    assert words in capsys.readouterr().out
