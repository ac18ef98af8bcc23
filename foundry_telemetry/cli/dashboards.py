"""``foundry-telemetry dashboards``."""

# No `from __future__ import annotations`: typer reads the annotations.

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from foundry_telemetry.cli.missing_extras import repair

app = typer.Typer(
    name="dashboards",
    no_args_is_help=True,
    help="Export the workbook, the alert rules and what deploys them.",
)


@app.callback()
def _group() -> None:
    """Keeps ``export`` a sub-command, although it is the only one."""


@app.command()
def export(
    folder: Annotated[
        Path, typer.Argument(file_okay=False, metavar="DIR", help="Made where it is not there.")
    ],
    *,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that differ.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Output JSON.")] = False,
) -> None:
    """Copy the artefacts, their queries and how to deploy them into a folder."""
    with repair():
        from foundry_telemetry.kql.export import ExportError  # noqa: PLC0415 - reads the queries
        from foundry_telemetry.kql.export import export as copy  # noqa: PLC0415 - as above

        try:
            written = [str(path) for path in copy(folder, force=force)]
        except ExportError as error:
            print(f"foundry-telemetry: {error}", file=sys.stderr)  # noqa: T201 - what the command answers
            raise typer.Exit(1) from error
    typer.echo(json.dumps({"written": written}) if as_json else "\n".join(written) or "everything is there")
