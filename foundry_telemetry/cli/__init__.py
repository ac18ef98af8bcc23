"""The command ``foundry-telemetry``.

The base package does not bring what a command line needs; `main` says so where it is missing. Each
sub-command stands in a module of its own, which imports what it needs when it runs: ``--help`` is quick.
"""

# No `from __future__ import annotations`: typer reads the annotations of functions made inside functions.

import sys
from typing import TYPE_CHECKING, Annotated, Final

from foundry_telemetry.cli.exit_codes import INTERRUPTED
from foundry_telemetry.cli.missing_extras import repair
from foundry_telemetry.cli.output import accept_any_text

if TYPE_CHECKING:
    import typer

_HIDDEN: Final = ("install_completion", "show_completion")
"""Options of typer, for which there is the command ``completion``."""


def main() -> None:
    """Run the command line and end the process.

    Raises:
        SystemExit: Always, with the exit code or a message.
    """
    accept_any_text()
    try:
        with repair():
            _run()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def _run() -> None:
    import typer  # noqa: PLC0415 - part of the extra

    from foundry_telemetry.cli.completion import PROGRAM  # noqa: PLC0415 - needs typer

    command = typer.main.get_command(_application())
    for param in command.params:
        if param.name in _HIDDEN:
            param.hidden = True  # type: ignore[attr-defined]  # it is an option
    command(prog_name=PROGRAM)


def _application() -> "typer.Typer":
    import rich  # noqa: F401, PLC0415 - part of the extra, and so is the next
    import typer  # noqa: PLC0415

    from foundry_telemetry.cli import content, dashboards  # noqa: PLC0415 - needs typer, as do the next
    from foundry_telemetry.cli.commands import COMMANDS  # noqa: PLC0415
    from foundry_telemetry.cli.help import CONTEXT, Command  # noqa: PLC0415

    app = typer.Typer(
        context_settings=CONTEXT,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    _add_version(app)
    for command, exit_codes in COMMANDS:
        app.command(cls=Command, context_settings=CONTEXT, epilog=exit_codes)(command)
    app.add_typer(content.app)
    app.add_typer(dashboards.app)
    return app


def _version() -> str:
    from importlib.metadata import PackageNotFoundError  # noqa: PLC0415 - only when asked for

    try:
        from foundry_telemetry import __version__  # noqa: PLC0415 - as above
    except PackageNotFoundError:
        return "(not installed; run `pip install -e .`)"
    return str(__version__)


def _add_version(app: "typer.Typer") -> None:
    import typer  # noqa: PLC0415

    def show(value: bool) -> None:  # noqa: FBT001 - the form typer wants
        if value:
            from foundry_telemetry.schema.value import SCHEMA  # noqa: PLC0415 - only when asked for

            typer.echo(f"foundry-telemetry {_version()} (ledger schema {SCHEMA})")
            raise typer.Exit

    @app.callback()
    def foundry_telemetry(
        *,
        version: Annotated[
            bool,
            typer.Option(
                "--version",
                callback=show,
                is_eager=True,
                help="Show the version and the ledger schema, and exit.",
            ),
        ] = False,
    ) -> None:
        """Observability for Claude in Microsoft Foundry, in Azure Monitor."""
