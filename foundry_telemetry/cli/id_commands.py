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
_WithContent = Annotated[
    bool,
    typer.Option(
        "--with-content",
        help="Show the messages and responses of the call, where they were logged and you may read them.",
        rich_help_panel=query_options.OUTPUT,
    ),
]
_DEFAULT: Final = "90d"
"""How long ago a call may be."""


class Given(NamedTuple):
    """What a command was given."""

    text: str
    span: Span
    with_content: bool


class Result(NamedTuple):
    """What was found: how each format writes it, and the exit code."""

    as_object: Callable[[], Any]
    markdown: Callable[[], str]
    show: Callable[["Console"], None]
    exit_code: int = exit_codes.OK


LookUp = Callable[["Source", Given], Result]


def command(name: str, argument: Any, look_up: LookUp) -> Callable[..., None]:
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
        with_content: _WithContent = False,
        source: SourceOptions,
    ) -> None:
        with repair():
            query_options.one_format(json=as_json, markdown=as_markdown)
            span = time.span(datetime.now(UTC), default=_DEFAULT)
            given = Given(read_text(text), span, with_content)
            with source.asked() as chosen:
                found = _found(chosen, given, look_up)
            _write(found, as_json=as_json, as_markdown=as_markdown)
        if found.exit_code:
            raise typer.Exit(found.exit_code)

    asked.__name__, asked.__doc__ = name, look_up.__doc__
    return grouped(asked)


def read_text(given: str) -> str:
    """What was given, or standard input for ``-``."""
    return sys.stdin.read(MOST_CHARACTERS) if given == "-" else given


def of_call(source: "Source", found: "Found", *, with_content: bool) -> Result:
    """A call as both commands write it, and its content below where that was asked for.

    Raises:
        SourceError: Its content was asked for, and what was kept of it cannot be.
    """
    from foundry_telemetry.investigate.ticket import markdown, rendering  # noqa: PLC0415 - takes a while

    result = Result(
        lambda: markdown.as_object(found),
        lambda: markdown.markdown(found),
        lambda console: rendering.show(found, console),
    )
    return _with_content(source, found, result) if with_content else result


def _with_content(source: "Source", found: "Found", result: Result) -> Result:
    from foundry_telemetry.investigate.ticket import content_rendering  # noqa: PLC0415 - takes a while
    from foundry_telemetry.investigate.ticket.content import read_content  # noqa: PLC0415 - as above

    content = read_content(source, found.call)

    def show(console: "Console") -> None:
        result.show(console)
        content_rendering.show(content, console)

    return Result(
        lambda: {**result.as_object(), "content": content_rendering.as_object(content)},
        lambda: "\n".join([result.markdown(), *content_rendering.markdown(content)]),
        show,
    )


def fail_not_found(source: "Source", identities: tuple["Identity", ...], span: Span) -> NoReturn:
    """End the process with what was searched.

    Raises:
        typer.Exit: Always.
    """
    from foundry_telemetry.investigate.ticket.lookup import not_found  # noqa: PLC0415 - takes a while

    query_options.fail(not_found(source, identities, span), exit_codes.ATTENTION)


def _found(source: "Source", given: Given, look_up: LookUp) -> Result:
    from foundry_telemetry.investigate.ticket.ids import IdError  # noqa: PLC0415 - takes a while

    try:
        return look_up(source, given)
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
