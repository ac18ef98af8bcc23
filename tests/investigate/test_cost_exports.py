"""Cost exports as Azure writes them and as people save them: what is read, decided, and refused."""

from __future__ import annotations

import gzip
import io
import os
import sys
import tracemalloc
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundry_telemetry.investigate.reconcile import charges, columns, export_files, recognition, tally
from foundry_telemetry.investigate.reconcile.errors import ExportError
from foundry_telemetry.investigate.reconcile.export import Apart, Billed, Export, Options, read_export
from tests.investigate.commands import run
from tests.investigate.cost_exports import (
    COLUMN_SETS,
    WITHOUT_CURRENCY,
    other_row,
    row,
    text_of,
    write_run,
)

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
FIRST, SECOND = date(2026, 11, 10), date(2026, 11, 20)
DOLLARS = Options(rates={"": Decimal(1)})
EA = COLUMN_SETS["EA 2024-08-01"]
MCA = COLUMN_SETS["MCA 2021-10-01"]

Rows = Sequence[Mapping[str, str]]


@pytest.fixture
def put(tmp_path: Path) -> Callable[..., Path]:
    """Writes a file."""

    def write(content: bytes | str, name: str = "usage.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def read(*paths: Path | str, options: Options | None = None, **given: Any) -> Export:
    """Read files."""
    return read_export([str(path) for path in paths], options or Options(**given), NOW)


def billed(found: Export) -> dict[date, Billed]:
    """The days on which something was billed."""
    return {day: one for day, one in found.days.items() if one.usd or one.units}


def refused(*paths: Path | str, **given: Any) -> str:
    """The message that a file is refused with: one line, with what to do."""
    with pytest.raises(ExportError) as error:
        read(*paths, **given)
    message = str(error.value)
    assert "\n" not in message
    return message


def ea(rows: Iterable[Mapping[str, str]], **form: Any) -> str:
    """A file of the Enterprise Agreement."""
    return text_of(EA, rows, **form)


# --- column sets ------------------------------------------------------------------------------------------


def charges_of(name: str) -> list[dict[str, str]]:
    """Usage on two days, another product, and what is not compared, in the dates of a column set."""
    form = "%Y-%m-%dT00:00:00Z" if name.startswith("FOCUS") else "%m/%d/%Y" if "A" in name[:3] else "%Y-%m-%d"
    first, second = (f"{day:{form}}" for day in (FIRST, SECOND))
    return [
        row(first, "2.50", "250"),
        row(first, "0.5", "50"),
        other_row(first, "99"),
        row(second, "1.005", "100.5"),
        row(second, "-0.7", "-70", chargetype="Refund", chargecategory="Credit"),
    ]


@pytest.mark.parametrize("name", COLUMN_SETS)
def test_every_documented_column_set(put: Callable[..., Path], name: str) -> None:
    """Rows of Claude are added up by UTC day, exactly; refunds and credits stand apart."""
    found = read(put(text_of(COLUMN_SETS[name], charges_of(name))), options=DOLLARS)
    names = {one.lower() for one in COLUMN_SETS[name]}
    has_kind = bool(names & {"chargetype", "chargecategory"})
    has_units = bool(names & {"quantity", "usagequantity", "consumedquantity"})
    third = Billed(Decimal("1.005"), Decimal("100.5"))
    if not has_kind:
        third = Billed(Decimal("0.305"), Decimal("30.5"))
    expected = {FIRST: Billed(Decimal("3.00"), Decimal(300)), SECOND: third}
    assert billed(found) == {
        day: one if has_units else Billed(one.usd, Decimal()) for day, one in expected.items()
    }
    assert [(one.usd, one.rows) for one in found.apart] == ([(Decimal("-0.7"), 1)] if has_kind else [])
    assert (found.rows, found.claude_rows) == (5, 4)
    assert (min(found.days), max(found.days)) == (FIRST, SECOND)


@pytest.mark.parametrize("name", sorted(WITHOUT_CURRENCY))
def test_no_currency_is_not_taken_for_dollars(put: Callable[..., Path], name: str) -> None:
    """Where a column set does not say the currency, the user does."""
    message = refused(put(text_of(COLUMN_SETS[name], charges_of(name))))
    assert "no column for the currency" in message
    assert "if the amounts are US dollars, add --rate 1" in message


@pytest.mark.parametrize("name", ["FOCUS 1.0", "MCA 2023-12-01-preview", "EA 2024-08-01"])
def test_parquet_is_as_csv(put: Callable[..., Path], tmp_path: Path, name: str) -> None:
    """A Parquet file gives what the CSV file gives."""
    path = put(text_of(COLUMN_SETS[name], charges_of(name)))
    with duckdb.connect() as connection:
        source = connection.read_csv(str(path), all_varchar=True)
        source.write_parquet(str(tmp_path / "part.parquet"))
    expected, found = read(path), read(tmp_path / "part.parquet")
    assert (found.days, found.apart) == (expected.days, expected.apart)


def test_typed_parquet(tmp_path: Path) -> None:
    """Columns of Parquet have types: decimals, doubles, times with and without a zone."""
    with duckdb.connect() as connection:
        connection.execute(
            "COPY (SELECT TIMESTAMPTZ '2026-11-09 23:30:00-01' AS ChargePeriodStart, "
            "1.10::DECIMAL(18, 10) AS BilledCost, 'USD' AS BillingCurrency, "
            " 110.0::DOUBLE AS ConsumedQuantity, 'CCU' AS ConsumedUnit, "
            f"'Claude' AS ChargeDescription, NULL AS ChargeClass) TO '{tmp_path}/p.parquet'"
        )
    assert billed(read(tmp_path / "p.parquet")) == {FIRST: Billed(Decimal("1.1"), Decimal(110))}


GERMAN = {
    "Date": "Datum (Date)",
    "MeterName": "Verbrauchseinheit (MeterName)",
    "PublisherName": "Name des Herausgebers (PublisherName)",
    "Quantity": "Menge (Quantity)",
    "CostInBillingCurrency": "Kosten in Abrechnungswährung (CostInBillingCurrency)",
    "BillingCurrencyCode": "BillingCurrencyCode (Abrechnungswährung)",
}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16"])
def test_localised_headers(put: Callable[..., Path], encoding: str) -> None:
    """The English name counts, in or before the parentheses, whatever encoding a spreadsheet saved it in."""
    text = text_of(
        tuple(GERMAN), [row("10.11.2026", "1.234,50", "123.450"), other_row("10.11.2026", "7,5")], ";"
    )
    for name, local in GERMAN.items():
        text = text.replace(name, f"\0{local}", 1)
    found = read(put(text.replace("\0", "").encode(encoding)))
    assert billed(found) == {FIRST: Billed(Decimal("1234.50"), Decimal(123450))}


def test_before_the_header(put: Callable[..., Path]) -> None:
    """A title, the separator as Excel notes it, and empty lines may stand before the header."""
    text = f"sep=;\r\nUsage Data Extract\r\n\r\n{ea([row('2026-11-10', '2.5', '250')], separator=';')}"
    assert billed(read(put(text))) == {FIRST: Billed(Decimal("2.5"), Decimal(250))}


# --- which rows -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "is_claude"),
    [
        ({}, True),
        ({"metername": "Claude Sonnet 4.5 Input Tokens", "publishername": ""}, True),
        ({"metername": "", "productname": "CCU", "publishername": ""}, True),
        ({"metername": "CCU", "productname": "Game servers", "publishername": "Contoso"}, False),
        ({"metername": "", "productname": "", "publishername": "Anthropic, PBC"}, True),
        ({"metername": "Consumption Units", "productname": "Contoso", "publishername": "Contoso"}, False),
        ({"metercategory": "Azure Databricks"}, False),
        ({"publishertype": "AWS"}, False),
        (
            {"metername": "VM", "productname": "", "publishername": "Microsoft", "resourcename": "claude"},
            False,
        ),
        ({"metername": "Claudette", "productname": "", "publishername": "Contoso"}, False),
    ],
)
def test_which_rows_are_claude(put: Callable[..., Path], cells: dict[str, str], is_claude: bool) -> None:
    """The table of rules decides by meter, product, publisher and unit, never by the name of a resource."""
    other = {"productname": "", "publishername": "", **cells} if cells else {}
    rows = [row("2026-11-10", "1", "100"), row("2026-11-11", "2", "200", **other)]
    assert read(put(ea(rows))).claude_rows == 1 + is_claude


def test_another_meter(put: Callable[..., Path]) -> None:
    """Who knows the name of the meter says it; * takes every row, such as those of a filtered download."""
    path = put(ea([row("2026-11-10", "1"), other_row("2026-11-10", "9")]))
    assert read(path, meter="hot lrs").days[FIRST].usd == 9
    assert read(path, meter="*").days[FIRST].usd == 10


def test_kinds_of_charges_apart(put: Callable[..., Path]) -> None:
    """Taxes, credits, refunds, adjustments and unknown kinds are not compared; a forecast is no bill."""
    kinds = ("Usage", "Purchase", "Tax", "Credit", "Refund", "RoundingAdjustment", "UnusedReservation")
    rows = [row("2026-11-10", str(2**place), chargetype=kind) for place, kind in enumerate(kinds)]
    found = read(put(ea(rows)))
    assert found.days[FIRST].usd == 3
    assert {one.kind: one.usd for one in found.apart} == {
        charges.TAX: 4,
        charges.CREDIT: 8,
        charges.REFUND: 16,
        charges.ADJUSTMENT: 32,
        charges.OTHER: 64,
    }
    focus = ("Date", "MeterName", "Cost", "Currency", "ChargeCategory", "ChargeClass", "CostStatus")
    days = [
        row("2026-11-10", "1", chargeclass="Correction", coststatus="Actual"),
        row("2026-11-10", "2", coststatus="Actual"),
        row("2026-12-10", "4", coststatus="Forecast"),
    ]
    found = read(put(text_of(focus, days)))
    assert (found.days[FIRST].usd, found.apart) == (2, (Apart(charges.ADJUSTMENT, Decimal(1), 1),))
    assert max(found.days) <= NOW.date()


# --- currencies -------------------------------------------------------------------------------------------


EURO: dict[str, Any] = {"currency": "EUR", "costinusd": "", "pricingcurrency": "USD"}


@pytest.mark.parametrize(
    ("cells", "usd", "basis"),
    [
        ({"costinusd": "2.50"}, "2.50", "usd"),
        ({"costinpricingcurrency": "2.50"}, "2.50", "pricing"),
        ({"exchangeratepricingtobilling": "0.92"}, "2.5", "rate"),
        ({"pricingcurrency": "EUR", "exchangeratepricingtobilling": "1"}, "2.53", "given"),
    ],
)
def test_other_currencies(put: Callable[..., Path], cells: dict[str, str], usd: str, basis: str) -> None:
    """The US dollars of the export count, then its exchange rate, then the rate of the user."""
    path = put(text_of(MCA, [row("2026-11-10", "2.30", "250", **(EURO | cells))]))
    found = read(path, rates={"EUR": Decimal("1.1")})
    assert found.days[FIRST].usd == Decimal(usd)
    assert [one.basis for one in found.conversions] == [basis]


def test_a_currency_without_a_rate_is_refused(put: Callable[..., Path]) -> None:
    """No rate is guessed; the message has what to type."""
    message = refused(put(ea([row("2026-11-10", "2.3", currency="EUR")])))
    assert "amounts in EUR" in message
    assert "add --rate EUR=NUMBER" in message


def test_units_without_a_cost(put: Callable[..., Path]) -> None:
    """An export of quantities alone is priced by the price of a CCU."""
    columns_ = ("Date", "MeterName", "Quantity")
    found = read(put(text_of(columns_, [row("2026-11-10", "", "250")])))
    assert found.days[FIRST] == Billed(Decimal("2.50"), Decimal(250))
    assert [one.basis for one in found.conversions] == ["units"]


# --- dates and numbers ------------------------------------------------------------------------------------


def month(form: str) -> Rows:
    """A day of Claude, and the whole month of another product, in a form of dates."""
    days = (date(2026, 11, 1) + timedelta(days=number) for number in range(25))
    return [row(f"{date(2026, 11, 3):{form}}", "1"), *(other_row(f"{day:{form}}", "1") for day in days)]


@pytest.mark.parametrize(
    "form", ["%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%Y-%m-%d", "%Y%m%d", "%d-%m-%Y 00:00:00"]
)
def test_the_whole_file_decides_the_order_of_dates(put: Callable[..., Path], form: str) -> None:
    """One day that is possible in one order only decides for all rows."""
    assert list(billed(read(put(ea(month(form)))))) == [date(2026, 11, 3)]


@pytest.mark.parametrize(
    ("cells", "day"),
    [
        ({"billingperiodstartdate": "11/01/2026", "billingperiodenddate": "11/30/2026"}, date(2026, 11, 3)),
        ({"billingperiodstartdate": "01/03/2026", "billingperiodenddate": "31/03/2026"}, date(2026, 3, 11)),
        ({"billingperiodstartdate": "2026-03-01", "billingperiodenddate": "2026-03-31"}, date(2026, 3, 11)),
    ],
)
def test_the_billing_period_decides(put: Callable[..., Path], cells: dict[str, str], day: date) -> None:
    """Where each day is possible in both orders, it must lie in the billing period of the file."""
    assert list(billed(read(put(ea([row("11/03/2026", "1", **cells)]))))) == [day]


def test_no_bill_of_tomorrow(put: Callable[..., Path]) -> None:
    """A day to come is not billed yet."""
    assert list(billed(read(put(ea([row("12/11/2026", "1")]))))) == [date(2026, 11, 12)]


def test_what_does_not_decide_is_refused(put: Callable[..., Path]) -> None:
    """No order is guessed; the message has what to type, and that is then taken."""
    path = put(ea([row("03/04/2026", "1"), row("05/06/2026", "1")]))
    assert "add --dates mdy or --dates dmy" in refused(path)
    assert list(billed(read(path, dates="dmy"))) == [date(2026, 4, 3), date(2026, 6, 5)]
    assert list(billed(read(path, dates="mdy"))) == [date(2026, 3, 4), date(2026, 5, 6)]
    assert list(billed(read(put(ea([row("11/11/2026", "1")]))))) == [date(2026, 11, 11)]
    both = put(ea([row("13/04/2026", "1"), row("04/14/2026", "1")]))
    assert "'04/14/2026' is month first and '13/04/2026' is day first" in refused(both)
    assert "leave the option out" in refused(put(ea([row("13/04/2026", "1")])), dates="mdy")


def test_another_part_decides(put: Callable[..., Path]) -> None:
    """The parts of one export have one writer."""
    parts = (put(ea([row("03/04/2026", "1")]), "1.csv"), put(ea([row("30/04/2026", "1")]), "2.csv"))
    assert list(billed(read(*parts))) == [date(2026, 4, 3), date(2026, 4, 30)]


@given(
    st.lists(st.decimals(-1_000_000, 1_000_000, places=6), min_size=1, max_size=20),
    st.sampled_from([(",", "{:f}"), (",", "{:,f}"), (";", "{:f}"), (";", "{:,f}"), ("\t", "{:.3f}")]),
    st.booleans(),
)
def test_amounts_are_exact(
    tmp_path_factory: pytest.TempPathFactory,
    amounts: list[Decimal],
    form: tuple[str, str],
    comma: bool,
) -> None:
    """The sum of a file is that of its decimals to the last digit, or its sign is asked for."""
    separator, pattern = form
    swapped = str.maketrans(",.", ".,")
    texts = [pattern.format(one) for one in amounts]
    rows = [row("2026-11-10", one.translate(swapped) if comma else one) for one in texts]
    path = tmp_path_factory.mktemp("amounts") / "a.csv"
    path.write_text(ea(rows, separator=separator), encoding="utf-8")
    try:
        found = read(path)
    except ExportError as error:
        assert "--decimal" in str(error)  # noqa: PT017 - one of two right answers
        found = read(path, decimal="comma" if comma else "point")
    assert found.days[FIRST].usd == sum(Decimal(one.replace(",", "")) for one in texts)


@pytest.mark.parametrize(
    ("text", "usd"),
    [
        ("1.5", "1.5"), ("1,5", "1.5"), ("1,234.5", "1234.5"), ("1.234,5", "1234.5"), ("-1 234,5", "-1234.5"),
        ("$1,234.50", "1234.50"), ("(2.25)", "-2.25"), ("1.2E-05", "0.000012"), ("1,234,567", "1234567"),
        ("0.123", "0.123"), ("1\u2019234.5", "1234.5"),
    ],
)  # fmt: skip
def test_how_amounts_are_written(put: Callable[..., Path], text: str, usd: str) -> None:
    """Decimal signs, groups, currency signs, accountants' parentheses and exponents."""
    assert read(put(ea([row("2026-11-10", text)]))).days[FIRST].usd == Decimal(usd)


def test_prices_show_the_decimal_sign(put: Callable[..., Path]) -> None:
    """An amount that may be either is read as the prices of the file are written."""
    cells = ("2026-11-10", "1,250")
    assert "add --decimal point or --decimal comma" in refused(put(ea([row(*cells)])))
    assert read(put(ea([row(*cells, effectiveprice="0.01")]))).days[FIRST].usd == 1250
    assert read(put(ea([row(*cells), other_row("", "", effectiveprice="0,5")]))).days[FIRST].usd == Decimal(
        "1.25"
    )


@pytest.mark.parametrize("text", ["one", "nan", "inf", "1.2.3", "1,2,3", "--1", "1e999999", "0x10"])
def test_what_is_no_amount(put: Callable[..., Path], text: str) -> None:
    """It is named with its line."""
    message = refused(put(ea([row("2026-11-10", text)])))
    assert f"usage.csv, line 2: the cost is {text!r}; expected a number" in message


def test_signs_that_do_not_go_together(put: Callable[..., Path]) -> None:
    """An edited file is not added up."""
    message = refused(put(ea([row("2026-11-10", "1.25"), row("2026-11-10", "1,5")])))
    assert "line 3: '1,5' does not go with '1.25'" in message


# --- several files ----------------------------------------------------------------------------------------


def part(day: int, usd: str, rows: int = 1) -> bytes:
    """A part of an export."""
    return ea(
        [row(f"11/{day:02}/2026", usd, resourceid=f"{day}-{number}") for number in range(rows)]
    ).encode()


def test_parts_of_an_export(tmp_path: Path) -> None:
    """Files, a pattern, a folder, a folder with a manifest and the manifest itself are one export."""
    run_ = write_run(
        tmp_path / "run",
        {"part_0_0001.csv": part(20, "1"), "part_1_0001.csv.gz": gzip.compress(part(21, "2"))},
        submitted="2026-11-22T03:00:00Z",
        period=date(2026, 11, 1),
    )
    (run_ / "left_over.csv").write_bytes(part(22, "4"))
    whole = {date(2026, 11, 20): Billed(Decimal(1)), date(2026, 11, 21): Billed(Decimal(2))}
    for path in (run_, run_ / "manifest.json", tmp_path, run_ / "part_*"):
        assert billed(read(path)) == whole
    assert read(run_).as_of == datetime(2026, 11, 22, 3, tzinfo=UTC)
    (run_ / "manifest.json").unlink()
    assert len(billed(read(run_))) == 3


def test_parts_that_a_manifest_names_are_all_read(tmp_path: Path) -> None:
    """They are parts of one whole, even where two are alike."""
    alike = ea([row(f"2026-11-{day}", "1") for day in (10, 11, 12)]).encode()
    parts = {"part_0.csv": alike, "part_1.csv": alike, "part_2.csv": alike.replace(b"\r", b"")}
    run_ = write_run(tmp_path / "run", parts, submitted="2026-11-22T03:00:00Z", period=FIRST)
    found = read(run_)
    assert (found.days[FIRST].usd, found.claude_rows, found.notes) == (3, 9, ())


def test_an_earlier_run_of_the_same_month_is_not_added(tmp_path: Path) -> None:
    """A daily export writes the month anew each day: its last run counts."""
    for day in (21, 23, 22):
        submitted = f"2026-11-{day}T03:00:00.1234567Z"
        parts = {"part.csv": part(20, str(day))}
        write_run(tmp_path / f"{day}", parts, submitted=submitted, period=date(2026, 11, 1))
    write_run(tmp_path / "10", {"part.csv": part(1, "5")}, submitted="x", period=date(2026, 10, 1))
    found = read(tmp_path)
    assert sum(one.usd for one in found.days.values()) == 28
    assert sum("an earlier run" in one for one in found.notes) == 2
    write_run(tmp_path / "o", {"p.csv": b""}, name="other", submitted="x", period=date(2026, 11, 1))
    assert "several exports (daily, other)" in refused(tmp_path)


def test_no_row_counts_twice(put: Callable[..., Path]) -> None:
    """A file is read once; one within another, or the same days in another column set, is refused."""
    days = [row(f"2026-11-{day}", "1.5", resourceid=str(day)) for day in range(10, 15)]
    whole, copy = put(ea(days), "whole.csv"), put(ea(days), "copy.csv")
    found = read(whole, copy, whole)
    assert found.claude_rows == 5
    assert found.notes == ("copy.csv is the same file as whole.csv: read once",)
    assert "earlier.csv: all of its rows of Claude are in whole.csv too" in refused(
        put(ea(days[:3]), "earlier.csv"), whole
    )
    focus = put(text_of(COLUMN_SETS["FOCUS 1.0"], days), "focus.csv")
    assert "has the same amounts for the same days" in refused(whole, focus)


def test_archives(put: Callable[..., Path]) -> None:
    """A zip archive is the CSV files in it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("run/1.csv", part(20, "1"))
        archive.writestr("run/2.csv.gz", gzip.compress(part(21, "2")))
        archive.writestr("run/manifest.json", "{}")
    found = read(put(packed.getvalue(), "usage.zip"))
    assert (sum(one.usd for one in found.days.values()), found.claude_rows) == (3, 2)


# --- what is refused --------------------------------------------------------------------------------------


def zipped(*names: str, content: bytes = b"x") -> bytes:
    """An archive."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, content)
    return packed.getvalue()


GOOD = part(20, "1", 40)
REFUSED: Mapping[str, tuple[bytes, str]] = {
    "empty.csv": (b"", "an empty file"),
    "blank.csv": (b"\xef\xbb\xbf\r\n \r\n", "an empty file"),
    "invoice.pdf": (b"%PDF-1.7 ...", "a PDF document"),
    "usage.xlsx": (zipped("[Content_Types].xml", "xl/workbook.xml"), "an Excel workbook"),
    "usage.xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Excel workbook"),
    "usage.json": (b'{"properties": []}', "a JSON file"),
    "login.html": (b"<!DOCTYPE html>", "an HTML or XML file"),
    "junk.bin": (bytes(range(256)) * 9, "binary data"),
    "bare.zip": (zipped("readme.md"), "an archive without a .csv file"),
    "nested.zip": (zipped("a.zip"), "an archive within an archive"),
    "inside.zip": (zipped("a.parquet"), "a Parquet file within an archive"),
    "gone.zip": (zipped("a.csv", content=GOOD)[:-30], "damaged or incomplete"),
    "gone.csv.gz": (gzip.compress(GOOD)[:-12], "damaged or incomplete"),
    "half.csv.gz": (gzip.compress(GOOD)[: len(gzip.compress(GOOD)) // 2], "damaged or incomplete"),
    "twice.csv.gz": (gzip.compress(gzip.compress(GOOD)), "an archive within an archive"),
    "zeros.csv.gz": (gzip.compress(bytes(3 << 20)), "binary data"),
    "spaces.csv.gz": (gzip.compress(b"a" * (3 << 20)), "a line of more than 1 MiB"),
    "spaces.zip": (zipped("a.csv", content=b"a" * (3 << 20)), "a line of more than 1 MiB"),
    "gone.parquet": (b"PAR1" + bytes(99), "damaged or no Parquet file"),
    "tokens.csv": (
        b"usage_date_utc,model,workspace,cost_usd\n2026-11-10,claude,x,1\n",
        "no column for the day",
    ),
    "openai.csv": (b"Date,Cost\n2026-11-10,1\n", "no column for the meter"),
    "prices.csv": (b"Date,MeterName,BasePrice\n2026-11-10,Claude,1\n", "no column for the cost"),
}
"""Files that are no cost export, and what each is called."""


@pytest.mark.parametrize("name", REFUSED)
def test_files_that_are_no_export(put: Callable[..., Path], name: str) -> None:
    """One line: what the file is, what was expected, and where to export it."""
    content, words = REFUSED[name]
    message = refused(put(content, name))
    assert message.startswith(name)
    assert words in message
    assert "Cost Management > Exports" in message or "download it again" in message


def test_other_refusals(put: Callable[..., Path], tmp_path: Path) -> None:
    """Files that are not there, cut rows, foreign clouds, and exports without Claude."""
    assert "none.csv: no such file or folder" in refused(tmp_path / "none.csv")
    assert "no .csv, .csv.gz, .zip or .parquet" in refused(tmp_path)
    short = put(ea([row("2026-11-10", "1")]) + "Contoso,it,2026")
    assert "line 3: 3 columns, expected 57; the file may end early" in refused(short)
    assert "line 2: the day is 'Monday'; expected YYYY-MM-DD" in refused(put(ea([row("Monday", "1")])))
    aws = text_of(COLUMN_SETS["FOCUS 1.0"], [row("2026-11-10", "1", providername="AWS")])
    assert "a charge of the provider 'AWS', not Microsoft" in refused(put(aws))
    message = refused(put(ea([other_row("2026-11-10", "1")])))
    assert "no row of 1 row is Claude in Foundry" in message
    assert "publishers are Microsoft" in message
    assert "--meter TEXT" in message
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT 1 AS a) TO '{tmp_path}/a.parquet'")
    assert "no column for the day" in refused(tmp_path / "a.parquet")


def test_manifests_that_do_not_hold(tmp_path: Path) -> None:
    """A part that is missing, and a manifest of something else."""
    run_ = write_run(tmp_path / "run", {"p.csv": part(20, "1")}, submitted="x", period=FIRST)
    (run_ / "p.csv").unlink()
    assert "the manifest names p.csv, which is not there" in refused(run_)
    (run_ / "manifest.json").write_text('{"name": "app"}', encoding="utf-8")
    assert "expected the manifest of a cost export" in refused(run_)


def test_a_bomb_of_rows(put: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Compressed data that expands out of proportion ends the reading."""
    monkeypatch.setattr("foundry_telemetry.investigate.reconcile.decompression._FREE", 1 << 16)
    bomb = gzip.compress(
        GOOD + ea([other_row("11/20/2026", "1")]).splitlines(keepends=True)[1].encode() * 50_000
    )
    assert "expands more than 250 times" in refused(put(bomb, "bomb.csv.gz"))


_SEEDS = (
    ea(month("%m/%d/%Y")).encode(),
    gzip.compress(ea(month("%d.%m.%Y"), separator=";").encode()),
    zipped("a.csv"),
)


@given(st.sampled_from(_SEEDS), st.integers(0, 9_000), st.integers(0, 99), st.binary(max_size=9))
def test_damaged_files(
    tmp_path_factory: pytest.TempPathFactory, seed: bytes, at: int, cut: int, put_in: bytes
) -> None:
    """A file with bytes that are lost or changed is read, or refused in one line."""
    at %= len(seed)
    path = tmp_path_factory.mktemp("damaged") / "a"
    path.write_bytes(seed[:at] + put_in + seed[at + cut :])
    try:
        assert read(path).claude_rows
    except ExportError as error:
        assert str(error).isprintable()  # noqa: PT017 - one of two right answers


def test_hostile_names(put: Callable[..., Path]) -> None:
    """What a file has written in it reaches a message without acting on the terminal."""
    message = refused(put("\x1b]0;owned\x07,b\n1,2\n"))
    assert "\x1b" not in message
    message = refused(put(ea([row("\x1b[2J", "1")])))
    assert "\x1b" not in message


def test_parquet_without_its_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra the message has the command that installs it."""
    path = tmp_path / "p.parquet"
    path.write_bytes(b"PAR1")
    monkeypatch.setitem(sys.modules, "duckdb", None)
    monkeypatch.delitem(sys.modules, "foundry_telemetry.investigate.reconcile.parquet", raising=False)
    monkeypatch.delattr("foundry_telemetry.investigate.reconcile.parquet", raising=False)
    message = refused(path)
    assert "the package 'duckdb', which is not installed" in message
    assert "pip install 'foundry-telemetry[local]'" in message


# --- cost of reading --------------------------------------------------------------------------------------


def test_memory_does_not_grow_with_rows(put: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows are added up as they come: ten times the rows take no more memory."""
    monkeypatch.setattr(tally, "_MOST_PRINTS", 100)
    names = ("Date", "MeterName", "Cost", "Currency", "ResourceId")

    def peak(count: int) -> int:
        rows = (row("2026-11-10", "0.25", resourceid=str(number)) for number in range(count))
        path = put(text_of(names, rows), f"{count}.csv")
        tracemalloc.start()
        assert read(path).days[FIRST].usd == Decimal("0.25") * count
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(1_000)
    assert peak(10_000) < 1.2 * peak(1_000) + 50_000


def test_rows_of_other_products_need_no_day(put: Callable[..., Path]) -> None:
    """A total at the end, and lines of nothing but separators, are no rows of Claude."""
    text = ea([row("2026-11-10", "1"), other_row("", "9"), other_row("Total", "9"), {}])
    assert billed(read(put(text))) == {FIRST: Billed(Decimal(1))}


def test_progress(put: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """A long file says how far it is."""
    monkeypatch.setattr(tally, "_EVERY", 2)
    said: list[str] = []
    read_export([str(put(part(20, "1", 5)))], Options(), NOW, said.append)
    assert said == [f"reading usage.csv: {count} rows" for count in (0, 2, 4)]


def test_the_day_of_the_file(put: Callable[..., Path]) -> None:
    """An export cannot be newer than its file; a file that is older than its rows has lost its time."""
    path = put(part(20, "1"))
    for stated, as_of in (
        (datetime(2026, 11, 25, tzinfo=UTC), None),
        (datetime(1980, 1, 1, tzinfo=UTC), NOW),
    ):
        os.utime(path, (stated.timestamp(), stated.timestamp()))
        assert read(path).as_of == (as_of or stated)
    assert export_files.find([str(path)], NOW).files[0].path == path


def test_the_help_says_what_is_read() -> None:
    """Whoever exports finds in the help where, and how rows are known."""
    said = " ".join(run("reconcile", "-h").out.split())
    for words in ("Cost Management > Exports", "Cost analysis", "manifest.json", "--rate", "--tolerance"):
        assert words in said
    for rule in (*recognition.RULES, *recognition.EXCLUDED):
        for word in rule.words.replace(" or ", ", ").split(", "):
            assert word in said
    assert columns.FIELDS["day"][0] == "Date"
