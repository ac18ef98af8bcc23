"""``foundry-telemetry dashboards``."""

# No `from __future__ import annotations`: typer reads the annotations.

import json
import sys
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn

import typer

from foundry_telemetry.cli.missing_extras import repair

app = typer.Typer(
    name="dashboards",
    no_args_is_help=True,
    help="Build, check and export the workbook, the alert rules and what deploys them.",
)

_STYLES: Final = {"ok": "green", "FAILED": "red", "left out": "yellow"}

_AsJson = Annotated[bool, typer.Option("--json", help="Say it as one JSON object.")]


@app.command()
def build(*, as_json: _AsJson = False) -> None:
    """Make every artefact from the queries and the layout; files that are up to date stay as they are."""
    with repair():
        from foundry_telemetry.dashboards import report  # noqa: PLC0415 - reads the queries
        from foundry_telemetry.dashboards.build import build as write  # noqa: PLC0415 - as above

        try:
            written = write()
        except OSError as error:
            _fail(f"{error}: build in a checkout, or where the package can be written to")
    _say({"written": written} if as_json else report.built(written))


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
    with repair():
        from foundry_telemetry.dashboards import report  # noqa: PLC0415 - reads the queries
        from foundry_telemetry.dashboards.check import WORKBOOK  # noqa: PLC0415 - as above
        from foundry_telemetry.dashboards.check import check as find  # noqa: PLC0415 - as above

        findings = find() if file is None else find(_workbook(file), WORKBOOK)
    if as_json:
        _say(report.as_json(findings))
    else:
        _show(report.lines(findings))
    raise typer.Exit(0 if report.holds(findings) else 1)


@app.command()
def export(
    folder: Annotated[
        Path, typer.Argument(file_okay=False, metavar="DIR", help="Made where it is not there.")
    ],
    *,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that differ.")] = False,
    as_json: _AsJson = False,
) -> None:
    """Copy the artefacts, their queries and how to deploy them into a folder."""
    with repair():
        from foundry_telemetry.dashboards.export import ExportError  # noqa: PLC0415 - reads the queries
        from foundry_telemetry.dashboards.export import export as copy  # noqa: PLC0415 - as above

        try:
            written = [str(path) for path in copy(folder, force=force)]
        except ExportError as error:
            _fail(str(error))
    _say({"written": written} if as_json else "\n".join(written) or "everything is there")


def _workbook(file: Path) -> Any:
    try:
        told = json.loads(file.read_bytes())
    except ValueError as error:
        _fail(f"{file} is no JSON: {error}")
    if not isinstance(told, dict) or not isinstance(told.get("items"), list):
        _fail(
            f"{file} is no workbook: expected the JSON of the portal's Advanced Editor, gallery template, "
            'with "version": "Notebook/1.0" and "items"'
        )
    return told


def _show(lines: Any) -> None:
    from rich.console import Console  # noqa: PLC0415 - only when something is shown
    from rich.text import Text  # noqa: PLC0415 - as above

    console = Console(highlight=False, soft_wrap=True)
    for line in lines:
        text = str(line)
        shown = Text(text)
        shown.stylize(_STYLES.get(line.state, ""), 0, len(line.state))
        console.print(shown)


def _say(told: object) -> None:
    typer.echo(told if isinstance(told, str) else json.dumps(told, ensure_ascii=False))


def _fail(why: str) -> NoReturn:
    print(f"foundry-telemetry: {why}", file=sys.stderr)  # noqa: T201 - this is what the command says
    raise typer.Exit(1)
