"""``foundry-telemetry demo``."""

# No `from __future__ import annotations`: typer reads the annotations.

from typing import Annotated, Final

import typer

from foundry_telemetry.cli import exit_codes, query_options
from foundry_telemetry.cli.arguments import between
from foundry_telemetry.cli.missing_extras import repair

EXIT_CODES: Final = exit_codes.epilog({exit_codes.ATTENTION: "the ledger differs from what was served"})

_SECONDS: Final = 12.0

_seconds = between(1.0, 600.0, float, f"--seconds {_SECONDS:g}")


def demo(
    *,
    seconds: Annotated[
        float,
        typer.Option(parser=_seconds, metavar="SECONDS", help="How long to make calls, 1 to 600."),
    ] = _SECONDS,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json", help="Output each attempt as JSON, one per line.", rich_help_panel=query_options.OUTPUT
        ),
    ] = False,
    leave: Annotated[
        bool, typer.Option("--exit", help="Exit after the summary, even in a terminal.")
    ] = False,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Do not open the workbook in a browser.")
    ] = False,
) -> None:
    """Run a demo: real clients, a fake Foundry, the workbook.

    Makes calls that succeed and calls that fail. Lists each attempt with tokens and cost, and opens the
    workbook. Sends nothing to another machine and writes nothing to disk.
    """
    with repair():
        from foundry_telemetry.demo.run import run  # noqa: PLC0415 - brings the SDK and Azure's exporter

        code = run(seconds, as_json=as_json, leave=leave, browser=not no_browser)
    raise typer.Exit(code)
