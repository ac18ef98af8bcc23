"""``foundry-telemetry cost`` and ``foundry-telemetry reconcile``."""

# No `from __future__ import annotations`: typer reads the annotations.

import sys
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from foundry_telemetry.cli import query_options
from foundry_telemetry.cli.missing_extras import repair

_PIPE: Final = 140
"""Columns where there is no terminal."""

_Settings = Annotated[
    str | None,
    typer.Option("--settings", metavar="FILE", help="Prices of your own, in TOML; see the README."),
]


def cost(
    *,
    by: Annotated[
        str,
        typer.Option(
            "--by", metavar="WHAT", help="deployment, model, service, tag (every tag) or tag.<key>."
        ),
    ] = "deployment",
    since: Annotated[
        str, typer.Option("--since", metavar="WHEN", help="7d, 24h, 2026-11-01 or month; in UTC.")
    ] = "month",
    settings: _Settings = None,
    as_json: query_options.AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Say the split as CSV.")] = False,
    source: query_options.SourceName = None,
    workspace: query_options.Workspace = None,
    url: query_options.Url = None,
) -> None:
    """Who spent what, what will the month have cost, and what was spent in vain?"""
    with repair():
        from foundry_telemetry.investigate.cost import queries, rendering, texts  # noqa: PLC0415 - reads the queries
        from foundry_telemetry.investigate.cost.report import read_report  # noqa: PLC0415 - as above

        now = datetime.now(UTC)
        try:
            way, begin = queries.check_way(by), queries.read_since(since, now)
        except ValueError as error:
            query_options.fail(str(error), query_options.USAGE)
        _read_prices(settings)
        with query_options.asked(source, workspace, url) as asked, query_options.progress() as on_progress:
            on_progress(texts.QUERY.format(source=asked.name))
            report = read_report(queries.Questions(asked.answer, begin, now), way, begin, now)
        if as_json or as_csv:
            _print(rendering.as_json(report) if as_json else rendering.as_csv(report))
            return
        _show(report)


def reconcile(
    file: Annotated[Path, typer.Argument(metavar="USAGE.csv", help="The cost file that Azure exports.")],
    *,
    meter: Annotated[
        str | None, typer.Option("--meter", metavar="TEXT", help="What names the rows of Claude in it.")
    ] = None,
    settings: _Settings = None,
    as_json: query_options.AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Say the days as CSV.")] = False,
    source: query_options.SourceName = None,
    workspace: query_options.Workspace = None,
    url: query_options.Url = None,
) -> None:
    """Does the invoice say what the ledger says? Day by day, with the likely causes where it does not."""
    with repair():
        from foundry_telemetry.investigate.cost import invoice, reconcile, texts, usage  # noqa: PLC0415 - as above
        from foundry_telemetry.investigate.cost.queries import Questions  # noqa: PLC0415 - as above
        from foundry_telemetry.investigate.formatting import console  # noqa: PLC0415 - as above

        _read_prices(settings)
        try:
            billed = usage.read_usage(file, meter)
        except usage.UsageError as error:
            query_options.fail(str(error))
        begin, end = (datetime.combine(day, time(), UTC) for day in (min(billed), max(billed)))
        with query_options.asked(source, workspace, url) as asked, query_options.progress() as on_progress:
            on_progress(texts.QUERY.format(source=asked.name))
            days = Questions(asked.answer, begin, end + timedelta(days=1)).own("cost_days")
        found = reconcile.reconcile(billed, days, datetime.now(UTC))
        if as_json or as_csv:
            _print(invoice.as_json(found) if as_json else invoice.as_csv(found))
            return
        invoice.show(found, console(width_of_files=_PIPE))


def _print(text: str) -> None:
    sys.stdout.write(text if text.endswith("\n") else f"{text}\n")


def _show(report: Any) -> None:
    from foundry_telemetry.investigate.cost.rendering import show  # noqa: PLC0415 - as above
    from foundry_telemetry.investigate.formatting import console  # noqa: PLC0415 - as above

    show(report, console(width_of_files=_PIPE))


def _read_prices(settings: str | None) -> None:
    from foundry_telemetry.config import SettingsError, load_environment, load_settings  # noqa: PLC0415

    try:
        load_environment() if settings is None else load_settings(settings)
    except SettingsError as error:
        query_options.fail(str(error))
