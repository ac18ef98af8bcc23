"""``foundry-telemetry dashboards``."""

# No `from __future__ import annotations`: typer reads the annotations.

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from foundry_telemetry.cli import query_options
from foundry_telemetry.cli.exit_codes import epilog
from foundry_telemetry.cli.help import CONTEXT, Command
from foundry_telemetry.cli.missing_extras import repair
from foundry_telemetry.cli.output import write, write_json


class OtherTable(StrEnum):
    """A table that may hold ledger events beside AppEvents; see `foundry_telemetry.kql.roads`."""

    APP_TRACES = "AppTraces"
    OTEL_LOGS = "OTelLogs"


app = typer.Typer(
    name="dashboards",
    context_settings=CONTEXT,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Export the workbook, alert rules and deployment files.",
)


@app.callback()
def _group() -> None:
    """Keeps ``export`` a sub-command, although it is the only one."""


@app.command(cls=Command, context_settings=CONTEXT, epilog=epilog())
def export(
    folder: Annotated[
        Path, typer.Argument(file_okay=False, metavar="DIR", help="Folder to write to; created if missing.")
    ],
    *,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that differ.")] = False,
    without: Annotated[
        list[OtherTable] | None,
        typer.Option(
            "--without",
            metavar="TABLE",
            help="Leave a table on the Basic plan out of all queries: AppTraces or OTelLogs. Repeatable.",
        ),
    ] = None,
    as_json: query_options.AsJson = False,
) -> None:
    """Copy workbook, alert rules, queries and templates to a folder."""
    with repair():
        from foundry_telemetry.kql.export import ExportError  # noqa: PLC0415 - reads the queries
        from foundry_telemetry.kql.export import export as copy  # noqa: PLC0415 - as above

        try:
            left_out = [table.value for table in without or ()]
            written = [str(path) for path in copy(folder, force=force, without=left_out)]
        except ExportError as error:
            query_options.fail(str(error))
    if as_json:
        write_json({"written": written})
    else:
        write("\n".join(written) or "All files are up to date.")
