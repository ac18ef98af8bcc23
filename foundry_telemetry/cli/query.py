"""``foundry-telemetry query``."""

# No `from __future__ import annotations`: typer reads the annotations.

import csv
import sys
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

import typer

from foundry_telemetry.cli import query_options
from foundry_telemetry.cli.arguments import between
from foundry_telemetry.cli.id_commands import read_text
from foundry_telemetry.cli.missing_extras import repair
from foundry_telemetry.cli.option_groups import grouped
from foundry_telemetry.cli.output import write_json

_MOST: Final = 1_000
_NO_ROWS: Final = "the result has no rows"

_Rows = Annotated[
    int,
    typer.Option(
        "--rows", parser=between(1, _MOST, int, "--rows 100"), metavar="NUMBER", help="Most rows, 1 to 1000."
    ),
]


@grouped
def query(
    kql: Annotated[
        str,
        typer.Argument(metavar="KQL", help="One query. Use `-` to read standard input."),
    ],
    *,
    rows: _Rows = _MOST,
    as_json: query_options.AsJson = False,
    source: query_options.SourceOptions,
) -> None:
    """Run one KQL query over the ledger. Outputs CSV.

    Tables: foundry_attempts (one row for each attempt), AppEvents, AppMetrics, AppRequests, AppDependencies,
    AppExceptions. Same rules as the tool query of mcp: content and other workspaces cannot be queried.

    \b
    Example:  foundry-telemetry query 'foundry_attempts | summarize count() by deployment'
    """  # noqa: D301 - \b is for the layout of the help
    with repair():
        from foundry_telemetry.mcp.query.run import run  # noqa: PLC0415 - takes a while
        from foundry_telemetry.mcp.query.walk import QueryRefusedError  # noqa: PLC0415 - as above

        text = read_text(kql)
        with source.asked() as asked:
            try:
                found = run(asked, text, rows)
            except QueryRefusedError as error:
                raise typer.BadParameter(str(error)) from error
        if as_json:
            write_json(list(found.rows))
        elif found.rows:
            _write(found.rows)
        else:
            query_options.report_error(_NO_ROWS)
        if found.cut:
            query_options.report_error(found.cut)


def _write(rows: Sequence[Mapping[str, Any]]) -> None:
    """CSV; a spreadsheet takes no cell for a formula."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(map(_cell, names))
    writer.writerows([_cell(row.get(name, "")) for name in names] for row in rows)
    sys.stdout.flush()


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@") else value
