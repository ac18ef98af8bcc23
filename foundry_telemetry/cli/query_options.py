"""What the commands that query the ledger have in common: options, progress, and how they end."""

# No `from __future__ import annotations`: typer reads the annotations.

import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple, NoReturn

import typer

from foundry_telemetry.cli.arguments import one_of
from foundry_telemetry.cli.exit_codes import FAILED
from foundry_telemetry.cli.output import is_unicode

if TYPE_CHECKING:
    from foundry_telemetry.investigate.sources import Source

_SOURCE: Final = "Data source"
OUTPUT: Final = "Output"
"""Headings of groups of options."""

_SOURCES: Final = ("local", "azure")

_SourceName = Annotated[
    str | None,
    one_of(
        _SOURCES,
        "--source",
        example="--source local",
        text="What to query. Default: azure if --workspace is set, else local.",
        panel=_SOURCE,
    ),
]
_Workspace = Annotated[
    str | None,
    typer.Option(
        envvar="FOUNDRY_TELEMETRY_WORKSPACE",
        metavar="ID",
        help="Log Analytics workspace ID (GUID). Requires the role Log Analytics Reader.",
        rich_help_panel=_SOURCE,
    ),
]
_Url = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        help="Where to send queries. Source local: the address of the local Azure Monitor; the default is "
        "that of the connection string, or http://127.0.0.1:4319. Source azure: the query API, such as "
        "https://api.loganalytics.us; the default is https://api.loganalytics.io.",
        show_default=False,
        rich_help_panel=_SOURCE,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Output JSON.", rich_help_panel=OUTPUT)]
AddressAsJson = Annotated[
    bool, typer.Option("--json", help="Print the address as JSON.", rich_help_panel=OUTPUT)
]
AsCsv = Annotated[bool, typer.Option("--csv", help="Output CSV.", rich_help_panel=OUTPUT)]
AsMarkdown = Annotated[bool, typer.Option("--markdown", help="Output Markdown.", rich_help_panel=OUTPUT)]


class SourceOptions(NamedTuple):
    """The options that say whom to ask."""

    source: _SourceName = None
    workspace: _Workspace = None
    url: _Url = None

    @contextmanager
    def asked(self) -> Iterator["Source"]:
        """The source that is meant; where it does not answer the process ends with what to check.

        Raises:
            typer.BadParameter: The options name no source.
            typer.Exit: There is no answer.
        """
        from foundry_telemetry.investigate.sources import SourceError, choose  # noqa: PLC0415 - takes a while

        with silent("azure"):
            try:
                chosen = choose(self.source, self.workspace, self.url, os.environ)
            except SourceError as error:
                raise typer.BadParameter(str(error)) from error
            try:
                with chosen:
                    yield chosen
            except SourceError as error:
                fail(str(error))

    def check(self) -> None:
        """Refuse options that name no source before anything else is done.

        Raises:
            typer.BadParameter: They name none.
        """
        from foundry_telemetry.investigate.sources import SourceError, check  # noqa: PLC0415 - takes a while

        try:
            check(*self)
        except SourceError as error:
            raise typer.BadParameter(str(error)) from error


def one_format(**flags: bool) -> None:
    """Refuse two formats at a time.

    Args:
        **flags: The options by name, each with whether it is given.

    Raises:
        typer.BadParameter: There are two.
    """
    given = [f"--{name}" for name, is_given in flags.items() if is_given]
    if len(given) > 1:
        raise typer.BadParameter(f"{' and '.join(given)}: expected one of them; example: {given[0]}")


@contextmanager
def silent(name: str) -> Iterator[None]:
    """Keep a library's warnings off standard error, where they would stand in words of its own."""
    logger, handler = logging.getLogger(name), logging.NullHandler()
    propagated, logger.propagate = logger.propagate, False
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.propagate = propagated


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """Gives a function that says what is being done: on standard error, where that is a terminal."""
    from foundry_telemetry.investigate.formatting import console  # noqa: PLC0415 - takes a while

    err = console(stderr=True)
    if not err.is_terminal or err.is_dumb_terminal:
        yield lambda _: None
        return
    with err.status("", spinner="dots" if is_unicode(sys.stderr) else "line") as status:
        yield lambda what: status.update(f"{what} …")


def fail(why: str, code: int = FAILED) -> NoReturn:
    """End the process with a message on standard error.

    Raises:
        typer.Exit: Always.
    """
    report_error(why)
    raise typer.Exit(code)


def report_error(why: str) -> None:
    """Write a message to standard error."""
    print(f"foundry-telemetry: {why}", file=sys.stderr)  # noqa: T201 - this is what the command writes
