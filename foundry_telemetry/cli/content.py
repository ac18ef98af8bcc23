"""``foundry-telemetry content``."""

# No `from __future__ import annotations`: typer reads the annotations.

import os
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

import typer

from foundry_telemetry.cli import exit_codes, price_options, query_options, time_options
from foundry_telemetry.cli.help import CONTEXT, Command
from foundry_telemetry.cli.missing_extras import repair
from foundry_telemetry.cli.option_groups import grouped
from foundry_telemetry.cli.output import write, write_json
from foundry_telemetry.cli.query_options import SourceOptions
from foundry_telemetry.cli.time_options import TimeOptions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from foundry_telemetry.investigate.erasure.management import Management, Outcome
    from foundry_telemetry.investigate.erasure.plan import Api, Plan, Request
    from foundry_telemetry.investigate.erasure.subject import Subject
    from foundry_telemetry.investigate.sources import Source

EXIT_CODES: Final = exit_codes.epilog(
    {
        exit_codes.OK: "everything found was deleted, or nothing was found",
        exit_codes.ATTENTION: "something was not deleted, or is not known to be",
    }
)
_WHOSE: Final = "Whose content (one of these)"
_AZURE: Final = "In Azure"
_MANAGEMENT: Final = "https://management.azure.com"

_Tenant = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Of calls with this tag tenant.", rich_help_panel=_WHOSE),
]
_User = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Of calls of this person: a tag user, user_id, email or another personal one, as given to "
        "attribute(), or its hash in the records. Needs the settings and the hash key of the service.",
        rich_help_panel=_WHOSE,
    ),
]
_Call = Annotated[
    str | None,
    typer.Option(metavar="ID", help="Of the call with this call ID or support code.", rich_help_panel=_WHOSE),
]
_Before = Annotated[
    time_options.When | None,
    typer.Option(
        "--before",
        parser=time_options.read,
        metavar="TIME",
        help=f"Only what was recorded before: {time_options.VALUES}. Default: now.",
        show_default=False,
    ),
]
_Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
_Print = Annotated[
    bool, typer.Option("--print", help="Print the requests as commands to copy, and delete nothing.")
]
_Purge = Annotated[
    bool,
    typer.Option(
        "--purge",
        help="Use the Purge API: 50 requests an hour, done within 30 days, for requests under privacy law. "
        "Default: the Delete Data API, 10 an hour, mostly done in minutes, for tables of the Analytics plan.",
        rich_help_panel=_AZURE,
    ),
]
_Resource = Annotated[
    str | None,
    typer.Option(
        "--workspace-resource-id",
        metavar="ID",
        help="Resource ID of the workspace, /subscriptions/.../workspaces/NAME.",
        rich_help_panel=_AZURE,
    ),
]
_ManagementUrl = Annotated[
    str,
    typer.Option(
        "--management-url",
        metavar="URL",
        help="Resource Manager of your cloud.",
        rich_help_panel=_AZURE,
    ),
]

app = typer.Typer(
    name="content",
    context_settings=CONTEXT,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Delete request and response logs.",
)


@app.callback()
def _group() -> None:
    """Keeps ``erase`` a sub-command, although it is the only one."""


@app.command(cls=Command, context_settings=CONTEXT, epilog=EXIT_CODES)
@grouped
def erase(
    *,
    tenant: _Tenant = None,
    user: _User = None,
    call: _Call = None,
    before: _Before = None,
    yes: _Yes = False,
    print_only: _Print = False,
    purge: _Purge = False,
    resource: _Resource = None,
    management_url: _ManagementUrl = _MANAGEMENT,
    settings: price_options.Settings = None,
    as_json: query_options.AsJson = False,
    source: SourceOptions,
) -> None:
    """Delete the logged content of a tenant, a person or a call.

    Shows what would be deleted, asks, deletes, and says what remains elsewhere.
    """
    asked_for = _Asked(
        "purge" if purge else "delete", resource, management_url, source.url, yes, print_only, as_json
    )
    with repair():
        _check(asked_for)
        price_options.read_prices(settings)
        subject = _subject(tenant, user, call)
        now = datetime.now(UTC)
        until = now if before is None else TimeOptions(since=before).span(now, default="1d").start
        with source.asked() as asked:
            _erase(asked, _planned(asked, subject, until), asked_for)


class _Asked(NamedTuple):
    """The options of one run."""

    api: "Api"
    resource: str | None
    management_url: str
    url: str | None
    yes: bool
    print_only: bool
    as_json: bool


def _check(asked: _Asked) -> None:
    """Refuse addresses that are none before anything is asked.

    Raises:
        typer.BadParameter: There is such.
    """
    from foundry_telemetry.investigate.erasure import management  # noqa: PLC0415 - takes a while

    try:
        management.check(asked.resource, asked.management_url)
    except management.EndpointError as error:
        raise typer.BadParameter(str(error)) from error


def _subject(tenant: str | None, user: str | None, call: str | None) -> "Subject":
    from foundry_telemetry.investigate.erasure.subject import (  # noqa: PLC0415 - takes a while
        SubjectError,
        read_subject,
    )

    try:
        return read_subject(tenant, user, call)
    except SubjectError as error:
        raise typer.BadParameter(str(error)) from error


def _planned(source: "Source", subject: "Subject", before: datetime) -> "Plan":
    from foundry_telemetry.investigate.erasure.plan import plan  # noqa: PLC0415 - takes a while

    return plan(source, subject, before)


def _erase(source: "Source", plan: "Plan", asked: _Asked) -> None:
    from foundry_telemetry.investigate.erasure import report  # noqa: PLC0415 - takes a while

    say = _silent if asked.as_json else write
    management = None if asked.print_only or not plan.found else _management(source, asked)
    for line in report.head(plan, source.name, asked.api):
        say(line)
    outcomes: list[Outcome] = []
    is_done = True
    if asked.print_only:
        for line in _commands(source, plan.requests(asked.api), asked):
            write(line)
        if asked.as_json:
            return
    elif management is not None:
        _confirm(asked)
        outcomes, is_done = _sent(source, plan, management, asked)
    if asked.as_json:
        write_json(report.as_object(plan, outcomes, is_local=source.is_local))
    for line in report.remains(is_local=source.is_local):
        say(line)
    if not is_done:
        raise typer.Exit(exit_codes.ATTENTION)


def _sent(
    source: "Source", plan: "Plan", management: "Management", asked: _Asked
) -> "tuple[list[Outcome], bool]":
    """What became of the requests, and whether all is done."""
    from foundry_telemetry.investigate.erasure import report, run, texts  # noqa: PLC0415 - takes a while

    say = _silent if asked.as_json else write
    with management:
        outcomes, waiting = run.erase(
            plan, management, asked.api, lambda outcome: say(report.line(outcome, asked.api))
        )
    if waiting and outcomes[-1].state == "forbidden":
        for line in _commands(source, waiting, asked):
            say(line)
    if any(run.kept_events(waiting)):
        say(texts.EVENTS_KEPT)
    return outcomes, not plan.has_more and run.is_done(outcomes, waiting)


def _commands(source: "Source", requests: "Iterable[Request]", asked: _Asked) -> "Iterator[str]":
    from foundry_telemetry.investigate.erasure import management, report  # noqa: PLC0415 - takes a while

    if source.is_local:
        return report.commands(requests, _local_url(asked), management.LOCAL_WORKSPACE)
    return report.commands(requests, asked.management_url, asked.resource or report.PLACEHOLDER)


def _management(source: "Source", asked: _Asked) -> "Management":
    from foundry_telemetry.investigate.erasure import management, texts  # noqa: PLC0415 - takes a while

    if source.is_local:
        return management.local(_local_url(asked), time.sleep)
    if asked.resource is None:
        raise typer.BadParameter(texts.NEEDS_RESOURCE)
    try:
        return management.azure(management.checked_resource(asked.resource), asked.management_url, time.sleep)
    except management.EndpointError as error:
        raise typer.BadParameter(str(error)) from error


def _local_url(asked: _Asked) -> str:
    from foundry_telemetry.investigate.sources import local_url  # noqa: PLC0415 - takes a while

    return (asked.url or local_url(os.environ)).rstrip("/")


def _confirm(asked: _Asked) -> None:
    """Ask on the terminal, unless that was answered before.

    Raises:
        typer.BadParameter: There is nobody to ask.
        typer.Exit: The answer is no.
    """
    from foundry_telemetry.investigate.erasure import texts  # noqa: PLC0415 - takes a while

    if asked.yes:
        return
    if not sys.stdin.isatty():
        raise typer.BadParameter(texts.NEEDS_YES)
    if not typer.confirm(texts.CONFIRM, err=True):
        query_options.fail(texts.NOT_DELETED, exit_codes.ATTENTION)


def _silent(_: str) -> None:
    """In the place of `write` where only JSON is written."""
