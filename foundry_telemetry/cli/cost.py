"""``foundry-telemetry cost``."""

# No `from __future__ import annotations`: typer reads the annotations.

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from foundry_telemetry.cli import cost_why, query_options
from foundry_telemetry.cli.arguments import completing
from foundry_telemetry.cli.filter_options import FilterOptions
from foundry_telemetry.cli.missing_extras import repair
from foundry_telemetry.cli.option_groups import grouped
from foundry_telemetry.cli.output import write, write_json
from foundry_telemetry.cli.price_options import Settings, read_prices
from foundry_telemetry.cli.time_options import TimeOptions, When

if TYPE_CHECKING:
    from foundry_telemetry.investigate.cost.report import Report
    from foundry_telemetry.investigate.filters import Filters
    from foundry_telemetry.investigate.sources import Source

_PIPE: Final = 140
"""Columns where there is no terminal."""

_DEFAULT: Final = "this-month"

_SPLITS: Final = ("deployment", "model", "service", "tag", "version", "operation", "hour", "day", "month")


_By = Annotated[
    list[str] | None,
    typer.Option(
        "--by",
        metavar="DIMENSION",
        help="deployment, model, service, version, operation, hour, day, month, tag (every tag) or "
        "tag.<key>. Twice for two dimensions. Default: deployment. With --why: service for no tag, or "
        "tag.<key>.",
        autocompletion=completing(_SPLITS),
        show_default=False,
    ),
]


@grouped
def cost(
    *,
    by: _By = None,
    why: cost_why.Why = False,
    against: cost_why.Against = None,
    filters: FilterOptions,
    time: TimeOptions,
    settings: Settings = None,
    as_json: query_options.AsJson = False,
    as_csv: query_options.AsCsv = False,
    source: query_options.SourceOptions,
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
        query_options.one_format(json=as_json, csv=as_csv)
        _check(against, why=why)
        only = filters.filters()
        rendering, read = (cost_why.reader if why else _reader)(time, by, only, against)
        read_prices(settings)
        with source.asked() as asked:
            found = _asked(asked, read)
        if not _wrote(rendering, found, as_json=as_json, as_csv=as_csv):
            _show(rendering, found, asked.doctor_options)


def _asked(source: "Source", read: Callable[["Source"], Any]) -> Any:
    from foundry_telemetry.investigate.cost import texts  # noqa: PLC0415 - needs an extra

    with query_options.progress() as on_progress:
        on_progress(texts.QUERY.format(source=source.name))
        return read(source)


def _reader(
    time: TimeOptions, by: list[str] | None, filters: "Filters", _: When | None = None
) -> tuple[Any, Callable[["Source"], "Report"]]:
    """What writes the report, and what reads it from a source.

    Raises:
        typer.BadParameter: A dimension is none.
    """
    from foundry_telemetry.investigate.cost import dimensions, rendering  # noqa: PLC0415 - reads the queries
    from foundry_telemetry.investigate.cost.report import read_report  # noqa: PLC0415 - as above
    from foundry_telemetry.limits.budgets import declared  # noqa: PLC0415 - as above

    span, ways = time.span(datetime.now(UTC), default=_DEFAULT), tuple(by or ("deployment",))
    try:
        dimensions.read_all(ways)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--by") from error
    return rendering, lambda source: read_report(
        source.answer, *span, ways, filters=filters, budgets=declared()
    )


def _check(against: When | None, *, why: bool) -> None:
    """Refuse options that do not go together.

    Raises:
        typer.BadParameter: There are such.
    """
    if against is not None and not why:
        raise typer.BadParameter("--against: expected --why beside it; example: --why --against 2026-11-17")


def _wrote(rendering: Any, found: Any, *, as_json: bool, as_csv: bool) -> bool:
    """Write for programs, if that is asked for."""
    if as_json:
        write_json(json.loads(rendering.as_json(found)))
    elif as_csv:
        write(rendering.as_csv(found))
    return as_json or as_csv


def _show(rendering: Any, report: Any, doctor_options: str) -> None:
    from foundry_telemetry.investigate.formatting import console  # noqa: PLC0415 - as above

    rendering.show(report, console(width_of_files=_PIPE), doctor_options)
