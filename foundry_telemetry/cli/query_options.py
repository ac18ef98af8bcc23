"""What the commands that ask the ledger have in common: options, progress, and how they end."""

# No `from __future__ import annotations`: typer reads the annotations.

import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Final, Literal, NoReturn

import typer

if TYPE_CHECKING:
    from foundry_telemetry.investigate.sources import Source

FAILED: Final = 1
"""No answer: the source cannot be asked."""
USAGE: Final = 2
"""What was typed is not understood."""
FOUND_NOTHING: Final = 3
"""There is an answer, and it is that the id is not known."""

SourceName = Annotated[
    Literal["local", "azure"] | None,
    typer.Option(
        "--source",
        help="Who is asked: azure where a workspace is given, else the local Azure Monitor.",
        show_default=False,
    ),
]
Workspace = Annotated[
    str | None,
    typer.Option(
        envvar="FOUNDRY_TELEMETRY_WORKSPACE",
        metavar="ID",
        help="The workspace in Azure, a GUID; you need Log Analytics Reader on it.",
    ),
]
Url = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        help="Where the local Azure Monitor listens; found by your connection string, else by its port. "
        "With a workspace: the query API of another cloud.",
        show_default=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Say it as one JSON object.")]


@contextmanager
def asked(source: str | None, workspace: str | None, url: str | None) -> Iterator["Source"]:
    """The source that is meant; where it has no answer the process ends, and says what to check.

    Raises:
        SystemExit: There is no answer.
    """
    from foundry_telemetry.investigate.sources import SourceError, choose  # noqa: PLC0415 - takes a while

    try:
        with _silent("azure"), choose(source, workspace, url, os.environ) as chosen:
            yield chosen
    except SourceError as error:
        fail(str(error))


@contextmanager
def _silent(name: str) -> Iterator[None]:
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
    with err.status("") as status:
        yield lambda what: status.update(f"{what} …")


def fail(why: str, code: int = FAILED) -> NoReturn:
    """End the process with a message on standard error."""
    tell(why)
    raise typer.Exit(code)


def tell(why: str) -> None:
    """Say something on standard error."""
    print(f"foundry-telemetry: {why}", file=sys.stderr)  # noqa: T201 - this is what the command says
