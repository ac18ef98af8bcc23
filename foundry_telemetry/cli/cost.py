"""``foundry-telemetry cost`` and ``foundry-telemetry reconcile``."""

# No `from __future__ import annotations`: typer reads the annotations.

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from foundry_telemetry.cli import query_options, time_options
from foundry_telemetry.cli.arguments import completing
from foundry_telemetry.cli.missing_extras import repair
from foundry_telemetry.cli.output import write, write_json

_PIPE: Final = 140
"""Columns where there is no terminal."""

_DEFAULT: Final = "this-month"

_Settings = Annotated[
    str | None, typer.Option("--settings", metavar="FILE", help="TOML file with your prices.")
]
_Meter = Annotated[
    str | None,
    typer.Option(
        metavar="TEXT",
        help="Text in the meter name of the Claude rows. Default: claude, anthropic, consumption unit, CCU.",
        show_default=False,
    ),
]
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
    during: time_options.During = None,
    settings: _Settings = None,
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
        begin, until = time_options.span(
            since, start, end, datetime.now(UTC), during=during, default=_DEFAULT
        )
        try:
            way = queries.check_way(by)
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="--by") from error
        _read_prices(settings)
        with query_options.asked(source, workspace, url) as asked, query_options.progress() as on_progress:
            on_progress(texts.QUERY.format(source=asked.name))
            report = read_report(queries.Questions(asked.answer, begin, until), way, begin, until)
        if not _wrote(rendering, report, as_json=as_json, as_csv=as_csv):
            _show(report, asked.doctor_options)


def reconcile(
    file: Annotated[Path, typer.Argument(metavar="USAGE.csv", help="Cost file exported from Azure.")],
    *,
    meter: _Meter = None,
    since: time_options.Since = None,
    start: time_options.From = None,
    end: time_options.To = None,
    during: time_options.During = None,
    settings: _Settings = None,
    as_json: query_options.AsJson = False,
    as_csv: query_options.AsCsv = False,
    source: query_options.SourceName = None,
    workspace: query_options.Workspace = None,
    url: query_options.Url = None,
) -> None:
    """Compare the Azure invoice with the ledger, day by day.

    Covers the days of the file by default. Lists likely causes of each difference.

    \b
    Columns, in any order. For each value, the first one in the file is used:
      day       Date, UsageDateTime, UsageDate, ChargePeriodStart
      currency  BillingCurrency, BillingCurrencyCode, Currency; else USD
      CCU       Quantity, UsageQuantity, ConsumedQuantity
      cost      CostInBillingCurrency, PreTaxCost, Cost, BilledCost

    \b
    Billed amount of a row, in USD: CostInUSD; if absent and the currency is
    USD: the cost; otherwise: CCU x usd_per_ccu of --settings.

    \b
    --meter searches all of these columns: MeterName, MeterSubCategory,
    MeterCategory, ProductName, Product, PublisherName, ChargeDescription,
    SkuMeter, UnitOfMeasure.
    """  # noqa: D301 - \b is for the layout of the help
    with repair():
        from foundry_telemetry.investigate.cost import invoice, reconcile, texts, usage  # noqa: PLC0415 - as above
        from foundry_telemetry.investigate.cost.queries import Questions  # noqa: PLC0415 - as above
        from foundry_telemetry.investigate.formatting import console  # noqa: PLC0415 - as above

        query_options.one_format(json=as_json, csv=as_csv)
        now = datetime.now(UTC)
        _read_prices(settings)
        try:
            billed = usage.read_usage(file, meter)
        except usage.UsageError as error:
            query_options.fail(str(error))
        if since or start or end or during:
            span = time_options.span(since, start, end, now, during=during, default=str(min(billed)))
            billed = _within(span, billed)
        begin, until = time_options.midnight(min(billed)), time_options.midnight(max(billed))
        with query_options.asked(source, workspace, url) as asked, query_options.progress() as on_progress:
            on_progress(texts.QUERY.format(source=asked.name))
            days = Questions(asked.answer, begin, until + timedelta(days=1)).own("cost_days")
        found = reconcile.reconcile(billed, days, now)
        if not _wrote(invoice, found, as_json=as_json, as_csv=as_csv):
            invoice.show(found, billed, console(width_of_files=_PIPE))


def _within(span: time_options.Span, billed: Mapping[date, Any]) -> dict[date, Any]:
    """The days of a range."""
    first, last = time_options.days(span)
    found = {day: reported for day, reported in billed.items() if first <= day <= last}
    if not found:
        raise typer.BadParameter(
            f"{first} to {last}: expected days of the file, {min(billed)} to {max(billed)}; "
            f"example: --from {min(billed)} --to {max(billed)}"
        )
    return found


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


def _read_prices(settings: str | None) -> None:
    from foundry_telemetry.config import SettingsError, load_environment, load_settings  # noqa: PLC0415

    try:
        load_environment() if settings is None else load_settings(settings)
    except SettingsError as error:
        query_options.fail(str(error))
