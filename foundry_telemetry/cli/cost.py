"""``foundry-telemetry cost``."""

# No `from __future__ import annotations`: typer reads the annotations.

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple

import typer

from foundry_telemetry.cli import filter_options, query_options, time_options
from foundry_telemetry.cli.arguments import completing
from foundry_telemetry.cli.missing_extras import repair
from foundry_telemetry.cli.output import write, write_json
from foundry_telemetry.cli.price_options import Settings, read_prices

if TYPE_CHECKING:
    from foundry_telemetry.investigate.filters import Filters

_PIPE: Final = 140
"""Columns where there is no terminal."""

_DEFAULT: Final = "this-month"
_DEFAULT_OF_WHY: Final = "yesterday"

_SPLITS: Final = ("deployment", "model", "service", "tag", "version", "operation", "hour", "day", "month")


_By = Annotated[
    list[str] | None,
    typer.Option(
        "--by",
        metavar="DIMENSION",
        help="deployment, model, service, version, operation, hour, day, month, tag (every tag) or "
        "tag.<key>. Twice for two dimensions. Default: deployment.",
        autocompletion=completing(_SPLITS),
        show_default=False,
    ),
]


_Why = Annotated[
    bool,
    typer.Option(
        "--why",
        help="Compare with an earlier period, and split the change by cause. Covers yesterday by default, "
        "compared with the same day of the week before.",
    ),
]
_Against = Annotated[
    time_options.When | None,
    typer.Option(
        "--against",
        parser=time_options.read,
        metavar="TIME",
        help="With --why: the day or month to compare with. Default: as many weeks before as needed; for a "
        "month the month before.",
        show_default=False,
    ),
]


def cost(
    *,
    by: _By = None,
    why: _Why = False,
    against: _Against = None,
    service: filter_options.Service = None,
    deployment: filter_options.Deployment = None,
    model: filter_options.Model = None,
    tag: filter_options.Tag = None,
    since: time_options.Since = None,
    start: time_options.From = None,
    end: time_options.To = None,
    during: time_options.During = None,
    settings: Settings = None,
    as_json: query_options.AsJson = False,
    as_csv: query_options.AsCsv = False,
    source: query_options.SourceName = None,
    workspace: query_options.Workspace = None,
    url: query_options.Url = None,
) -> None:
    """Show spend by dimension, its change, causes and forecast.

    Covers this month by default, compared with the previous period. Also shows the forecast of the month,
    the day on which each budget of the settings is reached, and wasted spend.

    \b
    Tenant acme, last month, by day:
      foundry-telemetry cost --tag tenant=acme --during last-month --by day
    Each tenant and model, last month:
      foundry-telemetry cost --by tag.tenant --by model --during last-month
    Why a day cost more than the same day of the week before:
      foundry-telemetry cost --why --during 2026-11-24
    """  # noqa: D301 - \b is for the layout of the help
    with repair():
        from foundry_telemetry.investigate.cost import cost_texts, dimensions, rendering  # noqa: PLC0415 - reads the queries
        from foundry_telemetry.investigate.cost.report import read_report  # noqa: PLC0415 - as above
        from foundry_telemetry.limits import budgets  # noqa: PLC0415 - as above

        query_options.one_format(json=as_json, csv=as_csv)
        if against is not None and not why:
            raise typer.BadParameter(
                "--against: expected --why beside it; example: --why --against 2026-11-17"
            )
        now = datetime.now(UTC)
        default = _DEFAULT_OF_WHY if why else _DEFAULT
        span = time_options.span(since, start, end, now, during=during, default=default)
        filters = filter_options.filters(service, deployment, model, tag)
        if why:
            _why(
                by,
                _periods(span, against, now),
                filters,
                settings,
                _Output(as_json, as_csv),
                (source, workspace, url),
            )
            return
        ways = by or ["deployment"]
        try:
            dimensions.read_all(tuple(ways))
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="--by") from error
        read_prices(settings)
        with query_options.asked(source, workspace, url) as asked, query_options.progress() as on_progress:
            on_progress(cost_texts.QUERY.format(source=asked.name))
            report = read_report(asked.answer, *span, ways, filters=filters, budgets=budgets.declared())
        if not _wrote(rendering, report, as_json=as_json, as_csv=as_csv):
            _show(report, asked.doctor_options)


class _Output(NamedTuple):
    """How it is written."""

    as_json: bool
    as_csv: bool


def _periods(
    span: time_options.Span, against: time_options.When | None, now: datetime
) -> tuple[time_options.Span, time_options.Span]:
    """The period that is asked about, and the one it is compared with: whole days, or as it is given.

    Raises:
        typer.BadParameter: The second is no period before the first.
    """
    from foundry_telemetry.investigate.cost.periods import compared  # noqa: PLC0415 - not for --help

    other = None if against is None else time_options.period(against, now, "--against")
    try:
        return span, time_options.Span(*compared(span, other))
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def _why(  # noqa: PLR0917 - each once
    by: list[str] | None,
    periods: tuple[time_options.Span, time_options.Span],
    filters: "Filters",
    settings: str | None,
    output: _Output,
    where: tuple[str | None, str | None, str | None],
) -> None:
    """Compare two periods."""
    from foundry_telemetry.investigate.cost import why_rendering, why_texts  # noqa: PLC0415 - as above
    from foundry_telemetry.investigate.cost.why import read_why  # noqa: PLC0415 - as above
    from foundry_telemetry.investigate.formatting import console  # noqa: PLC0415 - as above

    if by:
        raise typer.BadParameter("--why and --by: expected one of them; example: --why --tag tenant=acme")
    read_prices(settings)
    with query_options.asked(*where) as asked, query_options.progress() as on_progress:
        on_progress(why_texts.QUERY.format(source=asked.name))
        found = read_why(asked.answer, *periods, filters)
    if not _wrote(why_rendering, found, as_json=output.as_json, as_csv=output.as_csv):
        why_rendering.show(found, console(width_of_files=_PIPE))


def _wrote(rendering: Any, found: Any, *, as_json: bool, as_csv: bool) -> bool:
    """Write for programs, if that is asked for."""
    if as_json:
        write_json(json.loads(rendering.as_json(found)))
    elif as_csv:
        write(rendering.as_csv(found))
    return as_json or as_csv


def _show(report: Any, doctor_options: str) -> None:
    from foundry_telemetry.investigate.cost.rendering import show  # noqa: PLC0415 - as above
    from foundry_telemetry.investigate.formatting import console  # noqa: PLC0415 - as above

    show(report, console(width_of_files=_PIPE), doctor_options)
