"""``foundry-telemetry local``."""

# No `from __future__ import annotations`: typer reads the annotations.

from pathlib import Path
from typing import Annotated, Final

import typer

from foundry_telemetry.cli.arguments import between
from foundry_telemetry.cli.missing_extras import repair

_MEMORY: Final = ":memory:"
_PORT: Final = 4319
_DAYS: Final = 30
_port = between(0, 65_535, int, f"foundry-telemetry local --port {_PORT}")
_days = between(1, 4_383, int, f"foundry-telemetry local --retention-days {_DAYS}")


_Port = Annotated[
    int, typer.Option(parser=_port, metavar="PORT", help="On 127.0.0.1; 0 lets the system choose.")
]
_Database = Annotated[
    str | None,
    typer.Option(metavar="FILE", help=f"Where rows are kept, or {_MEMORY}; else in your data folder."),
]
_Retention = Annotated[
    int, typer.Option(parser=_days, metavar="DAYS", help="Days after which rows are deleted, 1 to 4383.")
]
_Workbook = Annotated[
    Path | None,
    typer.Option(
        exists=True, dir_okay=False, metavar="FILE", help="Show this workbook in place of the shipped one."
    ),
]
_NoBrowser = Annotated[bool, typer.Option("--no-browser", help="Do not open the page.")]
_AsJson = Annotated[bool, typer.Option("--json", help="Say where it listens as one line of JSON.")]


def local(
    *,
    port: _Port = _PORT,
    db: _Database = None,
    retention_days: _Retention = _DAYS,
    workbook: _Workbook = None,
    no_browser: _NoBrowser = False,
    as_json: _AsJson = False,
) -> None:
    """Run an Azure Monitor on this machine: the Azure exporter posts to it, its page shows the workbook.

    Prints the connection string to give to your service and the address of the page. Ctrl-C ends it.
    """
    with repair():
        from foundry_telemetry.local.command import run  # noqa: PLC0415 - brings the database

        code = run(
            port=port,
            db=db,
            retention_days=retention_days,
            workbook=workbook,
            browser=not no_browser,
            as_json=as_json,
        )
    raise typer.Exit(code)
