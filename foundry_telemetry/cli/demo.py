"""``foundry-telemetry demo``."""

# No `from __future__ import annotations`: typer reads the annotations.

from typing import Annotated, Final

import typer

from foundry_telemetry.cli.arguments import between
from foundry_telemetry.cli.missing_extras import repair

_SECONDS: Final = 12.0

_seconds = between(1.0, 600.0, float, f"foundry-telemetry demo --seconds {_SECONDS:g}")


def demo(
    *,
    seconds: Annotated[
        float,
        typer.Option(parser=_seconds, metavar="SECONDS", help="How long to make calls, 1 to 600."),
    ] = _SECONDS,
    as_json: Annotated[
        bool, typer.Option("--json", help="Ledger rows as JSON, one a line, in place of the table.")
    ] = False,
    leave: Annotated[
        bool, typer.Option("--exit", help="End after the summary; so does input that is no terminal.")
    ] = False,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Do not open the page.")] = False,
) -> None:
    """Watch the ledger and the workbook of a mixed load: real clients, a fake Foundry, a local Azure Monitor.

    Everything stays on this machine, and nothing is written to its disk.
    """
    with repair():
        from foundry_telemetry.demo.run import run  # noqa: PLC0415 - brings the SDK and Azure's exporter

        code = run(seconds, as_json=as_json, leave=leave, browser=not no_browser)
    raise typer.Exit(code)
