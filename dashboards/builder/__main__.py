"""``python -m dashboards.builder build`` makes the dashboards' files; ``check`` checks them or a workbook."""

# No `from __future__ import annotations`: typer reads the annotations.

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn

import typer
from rich.console import Console
from rich.text import Text

from dashboards.builder import report
from dashboards.builder.build import build as write
from dashboards.builder.check import WORKBOOK
from dashboards.builder.check import check as find

NAME: Final = "python -m dashboards.builder"

app = typer.Typer(
    name=NAME,
    no_args_is_help=True,
    add_completion=False,
    help="Build and check the workbook, the alert rules and what deploys them.",
)

_STYLES: Final = {"ok": "green", "FAILED": "red", "left out": "yellow"}

_AsJson = Annotated[bool, typer.Option("--json", help="Output JSON.")]


@app.command()
def build(*, as_json: _AsJson = False) -> None:
    """Make every artefact from the queries and the layout; files that are up to date stay as they are."""
    try:
        written = write()
    except OSError as error:
        _fail(f"{error}: build in a checkout that can be written to")
    typer.echo(json.dumps({"written": written}) if as_json else report.built(written))


@app.command()
def check(
    *,
    file: Annotated[
        Path | None,
        typer.Argument(exists=True, dir_okay=False, metavar="[FILE]", help="A workbook of your own."),
    ] = None,
    as_json: _AsJson = False,
) -> None:
    """Check all artefacts, or a workbook of your own: one line a rule, exit code 1 when one is broken.

    A rule that needs what is not installed (Node, the local engine) is left out, and says so.
    """
    findings = find() if file is None else find(_workbook(file), WORKBOOK)
    if as_json:
        typer.echo(json.dumps(report.as_json(findings), ensure_ascii=False))
    else:
        _print(report.lines(findings))
    raise typer.Exit(0 if report.holds(findings) else 1)


def _workbook(file: Path) -> Any:
    try:
        content = json.loads(file.read_bytes())
    except ValueError as error:
        _fail(f"{file} is not valid JSON: {error}")
    if not isinstance(content, dict) or not isinstance(content.get("items"), list):
        _fail(
            f"{file} is not a workbook: expected the JSON of the portal's Advanced Editor, gallery template, "
            'with "version": "Notebook/1.0" and "items"'
        )
    return content


def _print(lines: Iterable[report.Line]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    for line in lines:
        text = Text(str(line))
        text.stylize(_STYLES.get(line.state, ""), 0, len(line.state))
        console.print(text)


def _fail(reason: str) -> NoReturn:
    typer.echo(f"{NAME}: {reason}", err=True)
    raise typer.Exit(1)


if __name__ == "__main__":
    sys.exit(app(prog_name=NAME))
