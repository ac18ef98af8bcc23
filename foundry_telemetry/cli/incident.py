"""``foundry-telemetry incident``."""

# No `from __future__ import annotations`: typer reads the annotations.

import json
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Final

import typer

from foundry_telemetry.cli import query_options
from foundry_telemetry.cli.arguments import between
from foundry_telemetry.cli.missing_extras import repair

if TYPE_CHECKING:
    from foundry_telemetry.investigate.incident.report import Incident
    from foundry_telemetry.kql.parameters import TimeRange

WRONG: Final = 3
"""Exit code: there is an answer, and it is that something is wrong."""

_SINCE: Final = timedelta(minutes=30)
_LONGEST: Final = timedelta(days=31)
_EVERY_S: Final = 10.0
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_SPAN: Final = re.compile(r"([0-9]{1,6})([smhd])", re.ASCII)

_every = between(1.0, 3_600.0, float, "foundry-telemetry incident --watch --every 10")


def _read_span(text: str) -> timedelta:
    match = _SPAN.fullmatch(text.strip())
    span = timedelta(**{_UNITS[match[2]]: int(match[1])}) if match else timedelta()
    if not timedelta() < span <= _LONGEST:
        raise typer.BadParameter(
            f"{text!r}: expected a number and s, m, h or d, up to 31d; "
            "try `foundry-telemetry incident --since 2h`"
        )
    return span


def _read_moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise typer.BadParameter(
            f"{text!r}: expected a time such as 2026-11-22T03:00 (UTC) or 2026-11-22T03:00+01:00; try "
            "`foundry-telemetry incident --from 2026-11-22T03:00 --to 2026-11-22T04:00`"
        ) from None


_Since = Annotated[
    timedelta | None,
    typer.Option(parser=_read_span, metavar="TIME", help="How far back: 30m, 2h, 1d. Default: 30m."),
]
_From = Annotated[
    datetime | None,
    typer.Option("--from", parser=_read_moment, metavar="TIME", help="From when: 2026-11-22T03:00, UTC."),
]
_To = Annotated[
    datetime | None,
    typer.Option("--to", parser=_read_moment, metavar="TIME", help="Until when. Default: now."),
]
_Watch = Annotated[bool, typer.Option("--watch", help="Again and again, until Ctrl-C.")]
_Every = Annotated[
    float, typer.Option(parser=_every, metavar="SECONDS", help="How long to wait between two looks.")
]


def incident(
    *,
    since: _Since = None,
    start: _From = None,
    end: _To = None,
    watch: _Watch = False,
    every: _Every = _EVERY_S,
    as_json: query_options.AsJson = False,
    source: query_options.SourceName = None,
    workspace: query_options.Workspace = None,
    url: query_options.Url = None,
) -> None:
    """Whose fault, since when, who is hit, and what to do: of the last half hour, or of any time.

    Exit code 0: nothing is wrong; 1: no answer; 2: bad options; 3: something is wrong, or no call was made.
    """
    with repair():
        window = _window(since, start, end, watch=watch)
        with query_options.asked(source, workspace, url) as asked:
            from foundry_telemetry.investigate.incident.report import investigate  # noqa: PLC0415 - takes a while

            def find() -> "Incident":
                with query_options.progress() as on_progress:
                    return investigate(asked, window(), on_progress)

            if watch:
                _watch(find, every, as_json=as_json)
                return
            found = find()
        _print(found, as_json=as_json)
    raise typer.Exit(0 if found.verdict == "ok" else WRONG)


def _window(
    since: timedelta | None, start: datetime | None, end: datetime | None, *, watch: bool
) -> Callable[[], "TimeRange"]:
    """A function that gives the time to look at, which moves on where its end is now."""
    from foundry_telemetry.kql.parameters import TimeRange  # noqa: PLC0415 - takes a while

    if since is not None and start is not None:
        query_options.fail("--since and --from: expected one of them; try `--since 2h`", query_options.USAGE)
    if watch and end is not None:
        query_options.fail(
            "--watch and --to: what is over does not change; leave one of them out", query_options.USAGE
        )

    def window() -> TimeRange:
        until = end or datetime.now(UTC)
        begin = start or until - (since or _SINCE)
        if not timedelta() < until - begin <= _LONGEST:
            query_options.fail(
                f"from {begin:%Y-%m-%dT%H:%M:%S} to {until:%Y-%m-%dT%H:%M:%S} UTC: expected a time that ends "
                "after it begins, and at most 31 days; try `--from 2026-11-22T03:00 --to 2026-11-22T04:00`",
                query_options.USAGE,
            )
        return TimeRange(begin, until, timedelta(minutes=1))

    window()
    return window


def _watch(find: Callable[[], "Incident"], every: float, *, as_json: bool) -> None:
    from foundry_telemetry.investigate.formatting import console  # noqa: PLC0415
    from foundry_telemetry.investigate.sources import SourceError  # noqa: PLC0415 - takes a while

    out = console()
    try:
        while True:
            try:
                found = find()
            except SourceError as error:
                query_options.tell(str(error))  # it may be back at the next look
            else:
                if out.is_terminal and not as_json:
                    out.clear()
                _print(found, as_json=as_json)
                if out.is_terminal and not as_json:
                    out.print(f"\nagain every {every:g} s; Ctrl-C ends it", style="dim")
            time.sleep(every)
    except KeyboardInterrupt:
        return  # it is how one ends it


def _print(found: "Incident", *, as_json: bool) -> None:
    from foundry_telemetry.investigate.formatting import console  # noqa: PLC0415
    from foundry_telemetry.investigate.incident import rendering  # noqa: PLC0415 - takes a while

    if as_json:
        typer.echo(json.dumps(rendering.as_object(found)))
    else:
        rendering.show(found, console())
