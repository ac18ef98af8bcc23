"""``foundry-telemetry incident``."""

# No `from __future__ import annotations`: typer reads the annotations.

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Final

import typer

from foundry_telemetry.cli import exit_codes, query_options, time_options
from foundry_telemetry.cli.arguments import between
from foundry_telemetry.cli.missing_extras import repair
from foundry_telemetry.cli.output import write_json

if TYPE_CHECKING:
    from foundry_telemetry.investigate.incident.filters import Filters
    from foundry_telemetry.investigate.incident.finding import Report
    from foundry_telemetry.investigate.sources import Source
    from foundry_telemetry.kql.parameters import TimeRange

EXIT_CODES: Final = exit_codes.epilog(
    {
        exit_codes.OK: "no incident found",
        exit_codes.ATTENTION: "incident found, or no traffic to judge",
    }
)

_DEFAULT: Final = "30m"
_LONGEST: Final = timedelta(days=31)
_EVERY_S: Final = 10.0

_every = between(1.0, 3_600.0, float, "--watch --every 10")

_Watch = Annotated[bool, typer.Option("--watch", help="Refresh until Ctrl-C.")]
_Every = Annotated[
    float, typer.Option(parser=_every, metavar="SECONDS", help="Refresh interval of --watch, 1 to 3600.")
]
_PANEL: Final = "Filters (each can be repeated: one of the values)"

_Service = Annotated[
    list[str] | None, typer.Option(metavar="NAME", help="Only calls of this service.", rich_help_panel=_PANEL)
]
_Deployment = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME", help="Only calls to this deployment.", rich_help_panel=_PANEL),
]
_Model = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME",
        help="Only attempts that this model answered. Includes attempts that failed before a model answered, "
        "if their deployment serves the model.",
        rich_help_panel=_PANEL,
    ),
]
_Tag = Annotated[
    list[str] | None,
    typer.Option(
        metavar="KEY=VALUE",
        help="Only calls with this tag, such as tenant=acme. Different keys must all match.",
        rich_help_panel=_PANEL,
    ),
]


def incident(
    *,
    service: _Service = None,
    deployment: _Deployment = None,
    model: _Model = None,
    tag: _Tag = None,
    since: time_options.Since = None,
    start: time_options.From = None,
    end: time_options.To = None,
    watch: _Watch = False,
    every: _Every = _EVERY_S,
    as_json: query_options.AsJson = False,
    source: query_options.SourceName = None,
    workspace: query_options.Workspace = None,
    url: query_options.Url = None,
) -> None:
    """Report incidents: cause, owner, start, affected, next step.

    Checks failures, latency, stop reasons, tokens, cost and volume. Covers the last 30 minutes by default, at
    most 31 days. The baseline is the day before, and the same hours of the week before.
    """
    with repair():
        window = _window(since, start, end, watch=watch)
        filters = _filters(service, deployment, model, tag)
        with query_options.asked(source, workspace, url) as asked:
            from foundry_telemetry.investigate.incident.report import investigate  # noqa: PLC0415 - takes a while

            def find() -> "Report":
                with query_options.progress() as on_progress:
                    return investigate(asked, window(), on_progress, filters=filters)

            if watch:
                _watch(find, every, asked, as_json=as_json)
                return
            found = find()
        _print(found, asked, as_json=as_json)
    raise typer.Exit(exit_codes.OK if found.verdict == "ok" else exit_codes.ATTENTION)


def _window(
    since: time_options.When | None,
    start: time_options.When | None,
    end: time_options.When | None,
    *,
    watch: bool,
) -> Callable[[], "TimeRange"]:
    """A function that gives the range to look at, which moves on where its end is now."""
    from foundry_telemetry.kql.parameters import TimeRange  # noqa: PLC0415 - takes a while

    if watch and end is not None:
        raise typer.BadParameter("--watch and --to: expected one of them; example: --watch --since 2h")

    def window() -> TimeRange:
        now = datetime.now(UTC)
        found = time_options.span(since, start, end, now, default=_DEFAULT, longest=_LONGEST)
        return TimeRange(found.start, found.end, timedelta(minutes=1))

    window()
    return window


def _filters(
    services: list[str] | None,
    deployments: list[str] | None,
    models: list[str] | None,
    tags: list[str] | None,
) -> "Filters":
    """The filters that are given.

    Raises:
        typer.BadParameter: One of them is none.
    """
    from foundry_telemetry.investigate.incident.filters import FilterError, Filters  # noqa: PLC0415 - takes a while

    pairs = []
    for text in tags or ():
        key, equals, value = text.partition("=")
        if not equals:
            raise typer.BadParameter(f"--tag {text!r}: expected KEY=VALUE; example: --tag tenant=acme")
        pairs.append((key, value))
    try:
        return Filters(
            services=tuple(services or ()),
            deployments=tuple(deployments or ()),
            models=tuple(models or ()),
            tags=tuple(pairs),
        )
    except FilterError as error:
        raise typer.BadParameter(str(error)) from error


def _watch(find: Callable[[], "Report"], every: float, source: "Source", *, as_json: bool) -> None:
    from foundry_telemetry.investigate.formatting import console  # noqa: PLC0415
    from foundry_telemetry.investigate.sources import SourceError  # noqa: PLC0415 - takes a while

    out = console()
    try:
        while True:
            try:
                found = find()
            except SourceError as error:
                query_options.report_error(str(error))  # it may be back at the next refresh
            else:
                if out.is_terminal and not as_json:
                    out.clear()
                _print(found, source, as_json=as_json)
                if out.is_terminal and not as_json:
                    out.print(f"\nRefreshes every {every:g} s. Press Ctrl-C to stop.", style="dim")
            time.sleep(every)
    except KeyboardInterrupt:
        return  # a normal end


def _print(found: "Report", source: "Source", *, as_json: bool) -> None:
    from foundry_telemetry.investigate.formatting import console  # noqa: PLC0415
    from foundry_telemetry.investigate.incident import rendering  # noqa: PLC0415 - takes a while

    if as_json:
        write_json(rendering.as_object(found, source))
    else:
        rendering.show(found, console(), source)
