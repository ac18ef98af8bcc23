"""``foundry-telemetry cost`` and ``foundry-telemetry reconcile``."""

# No `from __future__ import annotations`: typer reads the annotations.

import json
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import typer

from foundry_telemetry.cli import query_options, time_options
from foundry_telemetry.cli.arguments import completing
from foundry_telemetry.cli.missing_extras import repair
from foundry_telemetry.cli.output import write, write_json
from foundry_telemetry.cli.price_options import Settings, read_prices

_PIPE: Final = 140
"""Columns where there is no terminal."""

_DEFAULT: Final = "this-month"

_SPLITS: Final = ("deployment", "model", "service", "tag")


def cost(
    *,
    by: Annotated[
        str,
        typer.Option(
            "--by",
            metavar="DIMENSION",
            help="deployment, model, service, tag (every tag) or tag.<key>.",
            autocompletion=completing(_SPLITS),
        ),
    ] = "deployment",
    since: time_options.Since = None,
    start: time_options.From = None,
    end: time_options.To = None,
    settings: Settings = None,
    as_json: query_options.AsJson = False,
    as_csv: query_options.AsCsv = False,
    source: query_options.SourceName = None,
    workspace: query_options.Workspace = None,
    url: query_options.Url = None,
) -> None:
    """Show spend by deployment, model, service or tag.

    Covers this month by default. Also shows the forecast of this month, and wasted spend.

    \b
    Last month:  foundry-telemetry cost --from last-month --to last-month
    """  # noqa: D301 - \b is for the layout of the help
    with repair():
        from foundry_telemetry.investigate.cost import queries, rendering, texts  # noqa: PLC0415 - reads the queries
        from foundry_telemetry.investigate.cost.report import read_report  # noqa: PLC0415 - as above

        query_options.one_format(json=as_json, csv=as_csv)
        begin, until = time_options.span(since, start, end, datetime.now(UTC), default=_DEFAULT)
        try:
            way = queries.check_way(by)
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="--by") from error
        read_prices(settings)
        with query_options.asked(source, workspace, url) as asked, query_options.progress() as on_progress:
            on_progress(texts.QUERY.format(source=asked.name))
            report = read_report(queries.Questions(asked.answer, begin, until), way, begin, until)
        if not _wrote(rendering, report, as_json=as_json, as_csv=as_csv):
            _show(report, asked.doctor_options)


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
