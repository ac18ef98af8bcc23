"""``foundry-telemetry ticket``."""

# No `from __future__ import annotations`: typer reads the annotations.

import json
from typing import TYPE_CHECKING, Annotated

import typer

from foundry_telemetry.cli import asking
from foundry_telemetry.cli.missing import repair

if TYPE_CHECKING:
    from foundry_telemetry.investigate.call import Found
    from foundry_telemetry.investigate.ids import Identity


def ticket(
    ident: Annotated[
        str,
        typer.Argument(
            metavar="ID",
            help="request-id, apim-request-id, response id, trace id, call id or support code.",
        ),
    ],
    *,
    as_json: asking.AsJson = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Say it as Markdown.")] = False,
    source: asking.SourceName = None,
    workspace: asking.Workspace = None,
    url: asking.Url = None,
) -> None:
    """What happened in one call, why, what to do next, and what to paste into a support ticket.

    Exit code 0: found; 1: no answer; 2: it is no id; 3: no attempt of the last 90 days has it.
    """
    with repair():
        from foundry_telemetry.investigate.call import find  # noqa: PLC0415 - takes a while

        if as_json and as_markdown:
            asking.fail("--json and --markdown: expected one of them", asking.USAGE)
        identity = _read(ident)
        with asking.asked(source, workspace, url) as asked, asking.progress() as say:
            name, found = asked.name, find(asked, identity, say)
        if found is None:
            asking.fail(
                f"no attempt of the last 90 days in {name} has the {identity.kind} {ident.strip()!r}: it may "
                "take minutes to come; is it the right workspace (--workspace ID) and does the service send "
                "its ledger there? `foundry-telemetry incident` shows what is there",
                asking.FOUND_NOTHING,
            )
        _say(found, as_json=as_json, as_markdown=as_markdown)


def _read(ident: str) -> "Identity":
    from foundry_telemetry.investigate.ids import IdError, read_id  # noqa: PLC0415 - takes a while

    try:
        return read_id(ident)
    except IdError as error:
        asking.fail(str(error), asking.USAGE)


def _say(found: "Found", *, as_json: bool, as_markdown: bool) -> None:
    from foundry_telemetry.investigate.ticket_markdown import as_object, markdown  # noqa: PLC0415
    from foundry_telemetry.investigate.ticket_text import show  # noqa: PLC0415 - takes a while
    from foundry_telemetry.investigate.words import console  # noqa: PLC0415

    if as_json:
        typer.echo(json.dumps(as_object(found)))
    elif as_markdown:
        typer.echo(markdown(found))
    else:
        show(found, console())
