"""``foundry-telemetry incident``."""

# No `from __future__ import annotations`: typer reads the annotations.

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Final

import typer

from foundry_telemetry.cli import exit_codes, query_options
from foundry_telemetry.cli.arguments import between
from foundry_telemetry.cli.filter_options import FilterOptions
from foundry_telemetry.cli.missing_extras import repair
from foundry_telemetry.cli.option_groups import grouped
from foundry_telemetry.cli.output import write_json
from foundry_telemetry.cli.time_options import TimeOptions

if TYPE_CHECKING:
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


@grouped
def incident(
    *,
    filters: FilterOptions,
    time: TimeOptions,
    watch: _Watch = False,
    every: _Every = _EVERY_S,
    as_json: query_options.AsJson = False,
    source: query_options.SourceOptions,
) -> None:
    """Report incidents: cause, owner, start, affected, next step.

    Checks failures, latency, stop reasons, tokens, cost and volume. Covers the last 30 minutes by default, at
    most 31 days. The baseline is the day before, and the same hours of the week before.
    """
    with repair():
        window = _window(time, watch=watch)
        only = filters.filters()
        with source.asked() as asked:
            from foundry_telemetry.investigate.incident.report import investigate  # noqa: PLC0415 - takes a while

            def find() -> "Report":
                with query_options.progress() as on_progress:
                    return investigate(asked, window(), on_progress, filters=only)

            if watch:
                _watch(find, every, asked, as_json=as_json)
                return
            found = find()
        _print(found, asked, as_json=as_json)
    raise typer.Exit(exit_codes.OK if found.verdict == "ok" else exit_codes.ATTENTION)


def _window(options: TimeOptions, *, watch: bool) -> Callable[[], "TimeRange"]:
    """A function that gives the range to look at, which moves on where its end is now."""
    from foundry_telemetry.kql.parameters import TimeRange  # noqa: PLC0415 - takes a while

    if watch and (options.end is not None or options.during is not None):
        given = "--during" if options.end is None else "--to"
        raise typer.BadParameter(f"--watch and {given}: expected one of them; example: --watch --since 2h")

    def window() -> TimeRange:
        found = options.span(datetime.now(UTC), default=_DEFAULT, longest=_LONGEST)
        return TimeRange(found.start, found.end, timedelta(minutes=1))

    window()
    return window


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
