"""``foundry-telemetry ticket``."""

# No `from __future__ import annotations`: typer reads the annotations.

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final

import typer

from foundry_telemetry.cli import exit_codes, query_options, time_options
from foundry_telemetry.cli.missing_extras import repair
from foundry_telemetry.cli.output import write, write_json

if TYPE_CHECKING:
    from foundry_telemetry.investigate.sources import Source
    from foundry_telemetry.investigate.ticket.call import Found
    from foundry_telemetry.investigate.ticket.content import Content
    from foundry_telemetry.investigate.ticket.ids import Identity

EXIT_CODES: Final = exit_codes.epilog({exit_codes.OK: "found", exit_codes.ATTENTION: "not found"})

MOST_CHARACTERS: Final = 1_000_000
"""Characters that are read of standard input."""
DEFAULT_SINCE: Final = "90d"


def ticket(
    ident: Annotated[
        str,
        typer.Argument(
            metavar="ID",
            help="request-id, apim-request-id, response ID, trace ID, call ID or support code; "
            "or a text that contains one, such as an exception. Use `-` to read standard input.",
        ),
    ],
    *,
    since: time_options.Since = None,
    start: time_options.From = None,
    end: time_options.To = None,
    during: time_options.During = None,
    as_json: query_options.AsJson = False,
    as_markdown: query_options.AsMarkdown = False,
    with_content: Annotated[
        bool,
        typer.Option(
            "--with-content",
            help="Show the messages and responses, where they were logged and you may read them.",
            rich_help_panel=query_options.OUTPUT,
        ),
    ] = False,
    source: query_options.SourceName = None,
    workspace: query_options.Workspace = None,
    url: query_options.Url = None,
) -> None:
    """Show one call: attempts, cause, next step, support ticket.

    Searches the last 90 days by default.
    """
    with repair():
        query_options.one_format(json=as_json, markdown=as_markdown)
        span = time_options.span(since, start, end, datetime.now(UTC), during=during, default=DEFAULT_SINCE)
        with query_options.asked(source, workspace, url) as asked:
            identities = _read(sys.stdin.read(MOST_CHARACTERS) if ident == "-" else ident, asked)
            found = _found(asked, identities, span)
            content = _content(asked, found) if with_content else None
        show_found(found, as_json=as_json, as_markdown=as_markdown, content=content)


def _read(text: str, source: "Source") -> tuple["Identity", ...]:
    from foundry_telemetry.investigate.ticket.ids import IdError, read_ids  # noqa: PLC0415 - takes a while

    try:
        return read_ids(text)
    except IdError as error:
        incident = f"`foundry-telemetry incident{source.options}`"
        raise typer.BadParameter(f"{error}; {incident} shows IDs of failed calls") from error


def _found(source: "Source", identities: tuple["Identity", ...], span: time_options.Span) -> "Found":
    from foundry_telemetry.investigate.ticket.lookup import look_up, not_found  # noqa: PLC0415 - takes a while

    with query_options.progress() as on_progress:
        found = look_up(source, identities, span, on_progress)
    if found is None:
        query_options.fail(not_found(source, identities, span), exit_codes.ATTENTION)
    return found


def _content(source: "Source", found: "Found") -> "Content":
    from foundry_telemetry.investigate.ticket.content import read_content  # noqa: PLC0415 - takes a while

    return read_content(source, found.call)


def show_found(found: "Found", *, as_json: bool, as_markdown: bool, content: "Content | None" = None) -> None:
    """Write a call as it was asked for, and its content below where that was asked for too."""
    from rich.text import Text  # noqa: PLC0415 - takes a while

    from foundry_telemetry.investigate import formatting  # noqa: PLC0415
    from foundry_telemetry.investigate.formatting import console  # noqa: PLC0415
    from foundry_telemetry.investigate.ticket import content_rendering  # noqa: PLC0415
    from foundry_telemetry.investigate.ticket.markdown import as_object, markdown  # noqa: PLC0415
    from foundry_telemetry.investigate.ticket.rendering import show  # noqa: PLC0415 - takes a while

    if as_json:
        kept = {} if content is None else {"content": content_rendering.as_object(content)}
        write_json(as_object(found) | kept)
    elif as_markdown:
        write("\n".join([markdown(found), *(content_rendering.markdown(content) if content else ())]))
    else:
        show(found, console())
        if content is not None:
            formatting.show([("", Text()), *content_rendering.lines(content)], console())
