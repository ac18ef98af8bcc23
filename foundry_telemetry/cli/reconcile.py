"""``foundry-telemetry reconcile``: the cost that Azure billed against the ledger."""

# No `from __future__ import annotations`: typer reads the annotations.

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

import typer

from foundry_telemetry.cli import query_options, time_options
from foundry_telemetry.cli.arguments import between, one_of
from foundry_telemetry.cli.exit_codes import ATTENTION, epilog
from foundry_telemetry.cli.missing_extras import repair
from foundry_telemetry.cli.option_groups import grouped
from foundry_telemetry.cli.output import write, write_json
from foundry_telemetry.cli.price_options import Settings, read_prices
from foundry_telemetry.cli.time_options import TimeOptions

EXIT_CODES: Final = epilog(
    {0: "the difference is within --tolerance", ATTENTION: "it is not, or no day is complete in the export"}
)

_PIPE: Final = 140
"""Columns where there is no terminal."""
_EXPORT: Final = "How the export is read"

_Files = Annotated[
    list[Path],
    typer.Argument(metavar="FILE...", help="Cost export: files, a folder, or a pattern.", show_default=False),
]
_Meter = Annotated[
    str | None,
    typer.Option(
        metavar="TEXT",
        help="Text that names the meter of the Claude rows; * takes every row. "
        "Default: Claude, Anthropic or CCU in the columns below.",
        show_default=False,
        rich_help_panel=_EXPORT,
    ),
]
_Rate = Annotated[
    list[str] | None,
    typer.Option(
        metavar="[CURRENCY=]NUMBER",
        help="US dollars for 1 of the billing currency, such as EUR=1.08. Used where the export has "
        "neither an amount in US dollars nor an exchange rate.",
        show_default=False,
        rich_help_panel=_EXPORT,
    ),
]
_Dates = Annotated[
    str | None,
    one_of(
        ("mdy", "dmy"),
        example="--dates dmy",
        text="Order of dates such as 03/04/2026. Default: decided by all dates of the files.",
        panel=_EXPORT,
    ),
]
_Decimal = Annotated[
    str | None,
    one_of(
        ("point", "comma"),
        "--decimal",
        example="--decimal comma",
        text="Decimal sign of amounts. Default: decided by all amounts of the files.",
        panel=_EXPORT,
    ),
]
_Tolerance = Annotated[
    float,
    typer.Option(
        parser=between(0.0, 100.0, float, "--tolerance 2"),
        metavar="PERCENT",
        help="Difference that is a match, in percent of billed.",
    ),
]


class _ExportOptions(NamedTuple):
    """How the export is read."""

    meter: _Meter = None
    rate: _Rate = None
    dates: _Dates = None
    decimal: _Decimal = None


@grouped
def reconcile(
    files: _Files,
    *,
    tolerance: _Tolerance = 1.0,
    reading: _ExportOptions,
    time: TimeOptions,
    settings: Settings = None,
    as_json: query_options.AsJson = False,
    as_csv: query_options.AsCsv = False,
    source: query_options.SourceOptions,
) -> None:
    """Compare the Azure invoice with the ledger, day by day.

    Covers the days of the export by default. Names what explains a difference,
    with its amount, or that nothing does.

    \b
    Where to get the export, in the Azure portal:
      Cost Management > Exports > Create > Cost and usage details (actual) or
      FOCUS, of the billing account; download the folder of a run. Or:
      Cost Management > Cost analysis, group by Meter, granularity Daily,
      Download > CSV.

    \b
    Takes CSV (also .gz, .zip) and Parquet (extra `local`), and a folder with
    its manifest.json; the columns of EA, MCA, MPA, CSP and pay-as-you-go
    exports, of FOCUS 1.0-preview to 1.2, and of Cost analysis.

    \b
    A row is Claude in Foundry if Claude or Anthropic is in MeterName,
    ProductName, MeterCategory or their like, Anthropic in PublisherName, or
    CCU in the meter or unit. Not: Databricks, Snowflake, GitHub, AWS, Google.

    \b
    Amount of a row: its US dollars; else the cost divided by the exchange
    rate of the export; else the cost times --rate.
    Taxes, credits, refunds and adjustments are shown, not compared.
    """  # noqa: D301 - \b is for the layout of the help
    with repair():
        from foundry_telemetry.investigate.reconcile.comparison import compare  # noqa: PLC0415 - takes a while

        query_options.one_format(json=as_json, csv=as_csv)
        rates, now = _rates(reading.rate or ()), datetime.now(UTC)
        read_prices(settings)
        export = _within(time, _read(files, reading, rates, now), now)
        found = compare(export, _ledger(export, source), Decimal(repr(tolerance)), now)
        _write(found, export, as_json=as_json, as_csv=as_csv)
    if found.verdict != "match":
        raise typer.Exit(ATTENTION)


def _read(files: list[Path], reading: _ExportOptions, rates: Mapping[str, Decimal], now: datetime) -> Any:
    from foundry_telemetry.investigate.reconcile.errors import ExportError  # noqa: PLC0415 - takes a while
    from foundry_telemetry.investigate.reconcile.export import Options, read_export  # noqa: PLC0415 - as above

    given: Any = reading  # names of the list are read by the parsers of the options
    options = Options(meter=given.meter, rates=rates, dates=given.dates, decimal=given.decimal)
    try:
        with query_options.progress() as on_progress:
            return read_export([str(file) for file in files], options, now, on_progress)
    except ExportError as error:
        query_options.fail(str(error))


def _ledger(export: Any, source: query_options.SourceOptions) -> Any:
    from foundry_telemetry.investigate.cost.queries import Questions  # noqa: PLC0415 - as above
    from foundry_telemetry.investigate.reconcile import texts  # noqa: PLC0415 - as above

    begin, until = time_options.midnight(min(export.days)), time_options.midnight(max(export.days))
    with source.asked() as asked, query_options.progress() as on_progress:
        on_progress(texts.QUERY.format(source=asked.name))
        return Questions(asked.answer, begin, until + timedelta(days=1)).own("cost_days")


def _within(time: TimeOptions, export: Any, now: datetime) -> Any:
    """The days of the range that is asked about; all where none is."""
    import msgspec  # noqa: PLC0415 - not for --help

    if not time.is_given:
        return export
    first, last = time_options.days(time.span(now, default=str(min(export.days))))
    found = {day: billed for day, billed in export.days.items() if first <= day <= last}
    if not found:
        known = f"{min(export.days)} to {max(export.days)}"
        raise typer.BadParameter(
            f"{first} to {last}: expected days of the export, {known}; "
            f"example: --from {min(export.days)} --to {max(export.days)}"
        )
    return msgspec.structs.replace(export, days=found)


def _rates(given: tuple[str, ...] | list[str]) -> Mapping[str, Decimal]:
    """US dollars by currency; ``""`` is any other one."""
    rates = {}
    for text in given:
        currency, equals, number = text.rpartition("=")
        try:
            value = Decimal(number.strip())
        except InvalidOperation:
            value = Decimal()
        if not value.is_finite() or value <= 0 or (equals and not currency.strip().isalpha()):
            raise typer.BadParameter(
                f"--rate {text!r}: expected US dollars for 1 of the billing currency, above 0; "
                "example: --rate EUR=1.08"
            )
        rates[currency.strip().upper()] = value
    return rates


def _write(found: Any, export: Any, *, as_json: bool, as_csv: bool) -> None:
    from foundry_telemetry.investigate.formatting import console  # noqa: PLC0415 - as above
    from foundry_telemetry.investigate.reconcile import rendering  # noqa: PLC0415 - as above

    if as_json:
        write_json(rendering.as_json(found, export))
    elif as_csv:
        write(rendering.as_csv(found))
    else:
        rendering.show(found, export, console(width_of_files=_PIPE))
