"""``foundry-telemetry ticket``."""

# No `from __future__ import annotations`: typer reads the annotations.

import json
import sys
from typing import TYPE_CHECKING, Annotated, Final

import typer

from foundry_telemetry.cli import query_options
from foundry_telemetry.cli.missing_extras import repair

if TYPE_CHECKING:
    from foundry_telemetry.investigate.sources import Source
    from foundry_telemetry.investigate.ticket.call import Found
    from foundry_telemetry.investigate.ticket.ids import Identity

_MOST: Final = 1_000_000
"""Characters that are read of standard input."""


def ticket(
    ident: Annotated[
        str,
        typer.Argument(
            metavar="ID",
            help="request-id, apim-request-id, response id, trace id, call id or support code; "
            "or a text in which one stands, such as an exception; - reads it from standard input.",
        ),
    ],
    *,
    as_json: query_options.AsJson = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Say it as Markdown.")] = False,
    source: query_options.SourceName = None,
    workspace: query_options.Workspace = None,
    url: query_options.Url = None,
) -> None:
    """What happened in one call, why, what to do next, and what to paste into a support ticket.

    Exit code 0: found; 1: no answer; 2: it is no id; 3: no attempt of the last 90 days has it.
    """
    with repair():
        if as_json and as_markdown:
            query_options.fail("--json and --markdown: expected one of them", query_options.USAGE)
        identities = _read(sys.stdin.read(_MOST) if ident == "-" else ident)
        with query_options.asked(source, workspace, url) as asked:
            found = _found(asked, identities)
        _print(found, as_json=as_json, as_markdown=as_markdown)


def _read(text: str) -> tuple["Identity", ...]:
    from foundry_telemetry.investigate.ticket.ids import IdError, read_ids  # noqa: PLC0415 - takes a while

    try:
        return read_ids(text)
    except IdError as error:
        query_options.fail(str(error), query_options.USAGE)


def _found(source: "Source", identities: tuple["Identity", ...]) -> "Found":
    from foundry_telemetry.investigate.ticket.call import find  # noqa: PLC0415 - takes a while

    with query_options.progress() as on_progress:
        tried = (find(source, identity, on_progress) for identity in identities)
        found = next((one for one in tried if one is not None), None)
    if found is None:
        named = ", ".join(f"{identity.kind} {identity.value!r}" for identity in identities)
        query_options.fail(
            f"no attempt of the last 90 days in {source.name} has the {named}: it may take minutes to come; "
            "is it the right workspace (--workspace ID) and does the service send its ledger there? "
            "`foundry-telemetry incident` shows what is there",
            query_options.FOUND_NOTHING,
        )
    return found


def _print(found: "Found", *, as_json: bool, as_markdown: bool) -> None:
    from foundry_telemetry.investigate.formatting import console  # noqa: PLC0415
    from foundry_telemetry.investigate.ticket.markdown import as_object, markdown  # noqa: PLC0415
    from foundry_telemetry.investigate.ticket.rendering import show  # noqa: PLC0415 - takes a while

    if as_json:
        typer.echo(json.dumps(as_object(found)))
    elif as_markdown:
        typer.echo(markdown(found))
    else:
        show(found, console())
