"""The command ``foundry-telemetry``.

The base package does not bring what a command line needs; `main` says so where it is missing. Each
sub-command stands in a module of its own, which imports what it needs when it runs: ``--help`` is quick.
"""

# No `from __future__ import annotations`: typer reads the annotations of functions made inside functions.

import sys
from typing import TYPE_CHECKING, Annotated

from foundry_telemetry.cli.missing_extras import repair

if TYPE_CHECKING:
    import typer


def main() -> None:
    """Run the command line and end the process.

    Raises:
        SystemExit: Always, with the exit code or a message.
    """
    try:
        with repair():
            _application()()
    except KeyboardInterrupt:
        sys.exit(130)


def _application() -> "typer.Typer":
    import rich  # noqa: F401, PLC0415 - part of the extra, and so is the next
    import typer  # noqa: PLC0415

    from foundry_telemetry.cli import (  # noqa: PLC0415 - all need typer
        audit,
        cost,
        dashboards,
        demo,
        doctor,
        incident,
        local,
        ticket,
    )

    app = typer.Typer(
        add_completion=False,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
    )
    _add_version(app)
    commands = (
        demo.demo,
        local.local,
        incident.incident,
        ticket.ticket,
        doctor.doctor,
        cost.cost,
        cost.reconcile,
        audit.audit,
    )
    for command in commands:
        app.command()(command)
    app.add_typer(dashboards.app)
    return app


def _version() -> str:
    from importlib.metadata import PackageNotFoundError  # noqa: PLC0415 - only when asked for

    try:
        from foundry_telemetry import __version__  # noqa: PLC0415 - as above
    except PackageNotFoundError:
        return "from a checkout that is not installed; repair with `pip install -e .`"
    return str(__version__)


def _add_version(app: "typer.Typer") -> None:
    import typer  # noqa: PLC0415

    def show(value: bool) -> None:  # noqa: FBT001 - the form typer wants
        if value:
            typer.echo(f"foundry-telemetry {_version()}")
            raise typer.Exit

    @app.callback()
    def foundry_telemetry(
        *,
        version: Annotated[
            bool, typer.Option("--version", callback=show, is_eager=True, help="Show the version and exit.")
        ] = False,
    ) -> None:
        """One truthful record for every attempt to call Claude in Microsoft Foundry."""
