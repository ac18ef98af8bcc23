"""The command ``foundry-telemetry``.

The base package does not bring what a command line needs; `main` says so where it is missing. Sub-commands
import what they need when they run, so that ``--help`` is quick.
"""

# No `from __future__ import annotations`: typer reads the annotations of functions made inside functions.

import sys
from typing import TYPE_CHECKING, Annotated, Final

if TYPE_CHECKING:
    import typer

_REPAIR: Final = "pip install 'foundry-telemetry[demo]'"
_SECONDS: Final = 12.0
_MOST_SECONDS: Final = 600.0


def main() -> None:
    """Run the command line and end the process.

    Raises:
        SystemExit: Always, with the exit code or a message.
    """
    try:
        try:
            import rich  # noqa: F401, PLC0415 - part of the extra, and so is the next
            import typer  # noqa: PLC0415
        except ModuleNotFoundError as missing:
            sys.exit(_missing(missing))
        app = typer.Typer(
            add_completion=False,
            no_args_is_help=True,
            pretty_exceptions_enable=False,
            rich_markup_mode="rich",
        )
        _add_version(app)
        _add_demo(app)
        app()
    except KeyboardInterrupt:
        sys.exit(130)


def _missing(error: ModuleNotFoundError) -> str:
    package = (error.name or "a package").partition(".")[0]
    return (
        f"foundry-telemetry: the command line needs {package!r}, which is not installed; "
        f"repair with\n    {_REPAIR}"
    )


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


def _add_demo(app: "typer.Typer") -> None:
    import typer  # noqa: PLC0415

    def seconds_of(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = 0.0
        if not 1 <= value <= _MOST_SECONDS:
            raise typer.BadParameter(
                f"{text!r}: expected a number from 1 to {_MOST_SECONDS:g}; "
                f"try `foundry-telemetry demo --seconds {_SECONDS:g}`"
            )
        return value

    @app.command()
    def demo(
        *,
        seconds: Annotated[
            float,
            typer.Option(parser=seconds_of, metavar="SECONDS", help="How long to make calls, 1 to 600."),
        ] = _SECONDS,
        as_json: Annotated[
            bool, typer.Option("--json", help="Ledger rows as JSON, one a line, in place of the table.")
        ] = False,
    ) -> None:
        """Watch the ledger of a mixed load: real clients, a fake Foundry, the real Azure exporter.

        Everything stays on this machine, and nothing is written to its disk.
        """
        try:
            from foundry_telemetry.demo.stage import run  # noqa: PLC0415 - brings the SDK and Azure's exporter

            code = run(seconds, as_json=as_json)
        except ModuleNotFoundError as missing:
            sys.exit(_missing(missing))
        raise typer.Exit(code)
