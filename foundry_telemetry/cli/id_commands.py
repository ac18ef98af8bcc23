"""What ``ticket`` and ``explain`` have in common: their options, what they refuse, how they write a call."""

# No `from __future__ import annotations`: typer reads the annotations.

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple, NoReturn

import typer

from foundry_telemetry.cli import exit_codes, query_options
from foundry_telemetry.cli.missing_extras import repair
from foundry_telemetry.cli.option_groups import grouped
from foundry_telemetry.cli.output import write, write_json
from foundry_telemetry.cli.query_options import SourceOptions
from foundry_telemetry.cli.time_options import Span, TimeOptions

if TYPE_CHECKING:
    from rich.console import Console

    from foundry_telemetry.investigate.sources import Source
    from foundry_telemetry.investigate.ticket.call import Found
    from foundry_telemetry.investigate.ticket.ids import Identity

MOST_CHARACTERS: Final = 1_000_000
"""Characters that are read of standard input."""
_DEFAULT: Final = "90d"
"""How long ago a call may be."""


class Result(NamedTuple):
    """What was found: how each format writes it, and the exit code."""

    as_object: Callable[[], Any]
    markdown: Callable[[], str]
    show: Callable[["Console"], None]
    exit_code: int = exit_codes.OK


def command(
    name: str, argument: Any, look_up: Callable[["Source", str, Span], Result]
) -> Callable[..., None]:
    """A command that takes an ID, or a text with one.

    Args:
        name: Of the command.
        argument: The first parameter of the command, as `typer.Argument` makes it.
        look_up: Gives what there is about a text, or raises `IdError` if there is no ID in it. Its docstring
            is that of the command.
    """

    def asked(
        text: Annotated[str, argument],
        *,
        time: TimeOptions,
        as_json: query_options.AsJson = False,
        as_markdown: query_options.AsMarkdown = False,
        source: SourceOptions,
    ) -> None:
        with repair():
            query_options.one_format(json=as_json, markdown=as_markdown)
            span = time.span(datetime.now(UTC), default=_DEFAULT)
            given = read_text(text)
            with source.asked() as chosen:
                found = _found(chosen, given, span, look_up)
            _write(found, as_json=as_json, as_markdown=as_markdown)
        if found.exit_code:
            raise typer.Exit(found.exit_code)

    asked.__name__, asked.__doc__ = name, look_up.__doc__
    return grouped(asked)


def read_text(given: str) -> str:
    """What was given, or standard input for ``-``."""
    return sys.stdin.read(MOST_CHARACTERS) if given == "-" else given


def of_call(found: "Found") -> Result:
    """A call as both commands write it."""
    from foundry_telemetry.investigate.ticket import markdown, rendering  # noqa: PLC0415 - takes a while

    return Result(
        lambda: markdown.as_object(found),
        lambda: markdown.markdown(found),
        lambda console: rendering.show(found, console),
    )


def fail_not_found(source: "Source", identities: tuple["Identity", ...], span: Span) -> NoReturn:
    """End the process with what was searched.

    Raises:
        typer.Exit: Always.
    """
    from foundry_telemetry.investigate.ticket.lookup import not_found  # noqa: PLC0415 - takes a while

    query_options.fail(not_found(source, identities, span), exit_codes.ATTENTION)


def _found(
    source: "Source", text: str, span: Span, look_up: Callable[["Source", str, Span], Result]
) -> Result:
    from foundry_telemetry.investigate.ticket.ids import IdError  # noqa: PLC0415 - takes a while

    try:
        return look_up(source, text, span)
    except IdError as error:
        incident = f"`foundry-telemetry incident{source.options}`"
        raise typer.BadParameter(f"{error}; {incident} shows IDs of failed calls") from error


def _write(found: Result, *, as_json: bool, as_markdown: bool) -> None:
    from foundry_telemetry.investigate.formatting import console  # noqa: PLC0415 - takes a while

    if as_json:
        write_json(found.as_object())
    elif as_markdown:
        write(found.markdown())
    else:
        found.show(console())
