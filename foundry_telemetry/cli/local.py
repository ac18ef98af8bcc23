"""``foundry-telemetry local``."""

# No `from __future__ import annotations`: typer reads the annotations.

from pathlib import Path
from typing import Annotated, Final

import typer

from foundry_telemetry.cli import exit_codes, query_options
from foundry_telemetry.cli.arguments import between, port_option
from foundry_telemetry.cli.missing_extras import repair

_MEMORY: Final = ":memory:"
_PORT: Final = 4319
_DAYS: Final = 30
_mebibytes = between(512, 1_048_576, int, "--memory 2048")
_days = between(1, 4_383, int, f"--retention-days {_DAYS}")


_Port = Annotated[int, port_option(_PORT)]
_Database = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help=f"Database file, or {_MEMORY}. Default: foundry-telemetry/telemetry.duckdb in "
        "~/.local/share (Linux), ~/Library/Application Support (macOS) or %LOCALAPPDATA% (Windows).",
        show_default=False,
    ),
]
_Retention = Annotated[int, typer.Option(parser=_days, metavar="DAYS", help="Days to keep data, 1 to 4383.")]
_Workbook = Annotated[
    Path | None,
    typer.Option(
        exists=True, dir_okay=False, metavar="FILE", help="Workbook to show in place of the built-in one."
    ),
]
_NoBrowser = Annotated[bool, typer.Option("--no-browser", help="Do not open the workbook in a browser.")]

_Memory = Annotated[
    int | None,
    typer.Option(
        parser=_mebibytes,
        metavar="MIB",
        help="Memory it may take, in MiB, from 512. Default: a quarter of the machine's, at most 1,200.",
        show_default=False,
    ),
]
_AllowAnonymous = Annotated[
    bool,
    typer.Option(
        "--allow-anonymous", help="Let every user of this machine read the telemetry, without a token."
    ),
]

_GetLanguageService = Annotated[
    bool,
    typer.Option(
        "--get-language-service",
        help="Download Microsoft's language service for KQL, for completion in the console, and exit.",
    ),
]

EXIT_CODES: Final = exit_codes.epilog({exit_codes.OK: "stopped by Ctrl-C"}, serves=True)


def local(
    *,
    port: _Port = _PORT,
    db: _Database = None,
    retention_days: _Retention = _DAYS,
    workbook: _Workbook = None,
    memory: _Memory = None,
    allow_anonymous: _AllowAnonymous = False,
    no_browser: _NoBrowser = False,
    get_language_service: _GetLanguageService = False,
    as_json: query_options.AddressAsJson = False,
) -> None:
    """Run a local Azure Monitor that shows the workbook.

    Prints the connection string for your service and the link of the workbook. The link has an access token
    that is new at each start, unless FOUNDRY_TELEMETRY_LOCAL_TOKEN sets it. Press Ctrl-C to stop.
    """
    with repair():
        from foundry_telemetry.local.command import get_language_service as get  # noqa: PLC0415 - brings the database
        from foundry_telemetry.local.command import run  # noqa: PLC0415 - as above

        if get_language_service:
            raise typer.Exit(get())
        code = run(
            port=port,
            db=db,
            retention_days=retention_days,
            workbook=workbook,
            memory=memory,
            allow_anonymous=allow_anonymous,
            browser=not no_browser,
            as_json=as_json,
        )
    raise typer.Exit(code)
