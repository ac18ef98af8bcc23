"""``foundry-telemetry explain``."""

# No `from __future__ import annotations`: typer reads the annotations.

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final

import typer

from foundry_telemetry.cli import exit_codes, query_options, ticket, time_options
from foundry_telemetry.cli.missing_extras import repair
from foundry_telemetry.cli.output import write, write_json

if TYPE_CHECKING:
    from foundry_telemetry.investigate.sources import Source
    from foundry_telemetry.investigate.ticket.lookup import Explanation

EXIT_CODES: Final = exit_codes.epilog(
    {exit_codes.OK: "explained", exit_codes.ATTENTION: "the call was not found"}
)


def explain(
    text: Annotated[
        str,
        typer.Argument(
            metavar="TEXT",
            help="An exception, a log line, an ID as for ticket, or a cause such as rate_limited. "
            "Use `-` to read standard input.",
        ),
    ],
    *,
    since: time_options.Since = None,
    start: time_options.From = None,
    end: time_options.To = None,
    during: time_options.During = None,
    as_json: query_options.AsJson = False,
    as_markdown: query_options.AsMarkdown = False,
    source: query_options.SourceName = None,
    workspace: query_options.Workspace = None,
    url: query_options.Url = None,
) -> None:
    """Explain an exception or an ID: cause, owner, next step.

    With an ID, shows what ticket shows. Without one, reads the cause from the text: its status and error
    body, Entra code or exception class. Searches the last 90 days by default.
    """
    with repair():
        query_options.one_format(json=as_json, markdown=as_markdown)
        span = time_options.span(
            since, start, end, datetime.now(UTC), during=during, default=ticket.DEFAULT_SINCE
        )
        given = sys.stdin.read(ticket.MOST_CHARACTERS) if text == "-" else text
        with query_options.asked(source, workspace, url) as asked:
            explanation = _explained(asked, given, span)
            if explanation.found is None and explanation.read is None:
                _fail(asked, explanation, span)
        if explanation.found is not None:
            ticket.show_found(explanation.found, as_json=as_json, as_markdown=as_markdown)
        else:
            _show(explanation, as_json=as_json, as_markdown=as_markdown)
    if explanation.found is None and explanation.identities:
        raise typer.Exit(exit_codes.ATTENTION)


def _explained(source: "Source", text: str, span: time_options.Span) -> "Explanation":
    from foundry_telemetry.investigate.ticket.ids import IdError  # noqa: PLC0415 - takes a while
    from foundry_telemetry.investigate.ticket.lookup import explain as look_up  # noqa: PLC0415 - as above

    try:
        with query_options.progress() as on_progress:
            return look_up(source, text, span, on_progress)
    except IdError as error:
        incident = f"`foundry-telemetry incident{source.options}`"
        raise typer.BadParameter(f"{error}; {incident} shows IDs of failed calls") from error


def _fail(source: "Source", explanation: "Explanation", span: time_options.Span) -> None:
    from foundry_telemetry.investigate.ticket.lookup import not_found  # noqa: PLC0415 - takes a while

    query_options.fail(not_found(source, explanation.identities, span), exit_codes.ATTENTION)


def _show(explanation: "Explanation", *, as_json: bool, as_markdown: bool) -> None:
    from foundry_telemetry.investigate.formatting import console  # noqa: PLC0415
    from foundry_telemetry.investigate.ticket import read_rendering  # noqa: PLC0415 - takes a while

    if as_json:
        write_json(read_rendering.as_object(explanation))
    elif as_markdown:
        write(read_rendering.markdown(explanation))
    else:
        read_rendering.show(explanation, console())
