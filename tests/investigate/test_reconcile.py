"""The exported cost file against the ledger: what is read, how days are compared, what causes are told."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from foundry_telemetry.investigate.cost import invoice, usage
from foundry_telemetry.investigate.cost.reconcile import Reconciled, reconcile
from foundry_telemetry.investigate.cost.usage import Billed, UsageError, read_usage
from tests.investigate.commands import run

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
FIRST = date(2026, 11, 10)

EA = """\
InvoiceSectionName,SubscriptionId,Date,MeterCategory,MeterName,Quantity,EffectivePrice,CostInBillingCurrency,BillingCurrencyCode
it,s-1,11/10/2026,SaaS,Claude Consumption Units,250,0.01,2.50,USD
it,s-1,11/10/2026,Storage,Hot LRS Data Stored,9,1,9.00,USD
it,s-1,11/11/2026,SaaS,Claude Consumption Units,100.5,0.01,1.005,USD
it,s-2,11/10/2026,SaaS,Claude Consumption Units,50,0.01,0.50,USD
"""
MCA = """\
\ufeffinvoiceId,date,meterName,publisherName,quantity,costInBillingCurrency,costInUsd,billingCurrency
1,2026-11-10,,Anthropic PBC,250,2.30,2.50,EUR
1,2026-11-11,,Anthropic PBC,100,0.92,,EUR
1,2026-11-11,,Contoso,100.5,0.92,1,EUR
"""
FOCUS = """\
ChargePeriodStart,ChargeDescription,BilledCost,BillingCurrency,ConsumedQuantity
2026-11-10T00:00:00Z,"Claude Sonnet, CCU",2.5,USD,250
"""


PRICED = Billed(1.0, 100.0, by_units=True, currencies=frozenset({"EUR"}))
"""A day with a cost in euros: its units at their price."""


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    """Writes a cost file."""

    def put(text: str) -> Path:
        path = tmp_path / "usage.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return put


@pytest.mark.parametrize(
    ("text", "billed"),
    [
        (EA, {FIRST: Billed(3.0, 300.0), date(2026, 11, 11): Billed(1.005, 100.5)}),
        (MCA, {FIRST: Billed(2.5, 250.0), date(2026, 11, 11): PRICED}),
        (FOCUS, {FIRST: Billed(2.5, 250.0)}),
        (
            EA.replace("\n", "\r\n") + "\r\n",
            {FIRST: Billed(3.0, 300.0), date(2026, 11, 11): Billed(1.005, 100.5)},
        ),
    ],
    ids=["enterprise agreement", "customer agreement", "focus", "crlf and an empty line"],
)
def test_documented_schemas(write: Callable[[str], Path], text: str, billed: dict[date, Billed]) -> None:
    """Rows of Claude are added up by day; US dollars as told, else units at the price of a unit."""
    assert read_usage(write(text)) == billed


def test_another_meter(write: Callable[[str], Path]) -> None:
    """Who knows the meter's name says it."""
    assert read_usage(write(EA), "hot lrs") == {FIRST: Billed(9.0, 9.0)}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ("line 1", "no column for the day", "Date", "found none")),
        ("Day,MeterName,Cost\n", ("line 1", "no column for the day", "found Day, MeterName, Cost")),
        ("Date,MeterName,Price\n", ("line 1", "no column for the cost", "CostInUSD", "Quantity")),
        ("Date,Name,Cost\n", ("line 1", "no column for the meter", "MeterName")),
        ("Date,MeterName,Cost\n11/10/2026,Claude\n", ("line 2", "2 columns; expected 3")),
        ("Date,MeterName,Cost\nMonday,Claude,1\n", ("line 2", "'Monday'", "MM/DD/YYYY")),
        ("Date,MeterName,Cost\n\n11/10/2026,Claude,one\n", ("line 3", "'one'", "a number")),
        ("Date,MeterName,CostInUSD\n11/10/2026,Claude,nan\n", ("line 2", "'nan'")),
        ("Date,MeterName,Cost\n11/10/2026,Storage,1\n", ("no row names Claude", "--meter TEXT")),
    ],
)
def test_wrong_files(write: Callable[[str], Path], text: str, words: tuple[str, ...]) -> None:
    """One error with the file, the line and what was expected."""
    with pytest.raises(UsageError) as error:
        read_usage(write(text))
    for word in ("usage.csv", *words):
        assert word in str(error.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    """No file, and bytes that are no text, are named."""
    with pytest.raises(
        UsageError, match=r"none\.csv: cannot be read \(No such file.*Cost Management, Exports"
    ):
        read_usage(tmp_path / "none.csv")
    (tmp_path / "x.csv").write_bytes(b"Date,MeterName,Cost\n\xff\xfe\n")
    with pytest.raises(UsageError, match=r"x\.csv: expected CSV in UTF-8"):
        read_usage(tmp_path / "x.csv")


def compared(pairs: list[tuple[float, float]], first: date = FIRST, **reported: Any) -> Reconciled:
    """Days of a bill and of a ledger; what else is told of the ledger holds for each day."""
    days = [first + timedelta(days=number) for number in range(len(pairs))]
    billed = {day: Billed(usd, 100 * usd) for day, (usd, _) in zip(days, pairs, strict=True)}
    normal = {"attempts": 9, "unpriced": 0, "partial_usd": None}
    ledger = [
        {"day": datetime(day.year, day.month, day.day, tzinfo=UTC), "usd": usd, **normal, **reported}
        for day, (_, usd) in zip(days, pairs, strict=True)
        if usd
    ]
    return reconcile(billed, ledger, NOW)


def test_both_agree() -> None:
    """A difference of a cent or half a percent needs no cause."""
    found = compared([(10.0, 10.0), (10.04, 10.0), (0.019, 0.01), (3.0, 2.0)])
    assert [bool(day.causes) for day in found.days] == [False, False, False, True]
    assert found.difference_usd == pytest.approx(23.059 - 22.01)
    assert found.factor is None


@pytest.mark.parametrize(
    ("share", "means"),
    [(1.1, "US Data Zone"), (0.9, "a discount of 10.0%: set discount = 0.9"), (2.0, "has no telemetry")],
)
def test_one_factor_for_all_days(share: float, means: str) -> None:
    """Where every day has the same factor, it is shown once, with what it means and what to set."""
    found = compared([(share * usd, usd) for usd in (10.0, 30.0, 20.0)])
    assert found.factor == pytest.approx(share)
    assert found.factor_means is not None
    assert means in found.factor_means
    assert {day.causes for day in found.days} == {("the factor of all days, see below",)}
    assert f"{share:g} times recorded" in "\n".join(invoice.lines(found, {}))


def test_no_factor_of_two_days_or_of_different_ones() -> None:
    """Two days prove nothing, and neither do factors that differ."""
    assert compared([(9.0, 10.0), (18.0, 20.0)]).factor is None
    assert compared([(9.0, 10.0), (18.0, 20.0), (20.0, 20.0)]).factor is None


@pytest.mark.parametrize(
    ("pair", "first", "reported", "words"),
    [
        ((1.0, 9.0), date(2026, 11, 21), {}, "billing data arrives hours to days late"),
        ((9.0, 0.0), FIRST, {}, "no telemetry of this day"),
        ((9.0, 1.0), FIRST, {"unpriced": 3}, "3 attempts unpriced"),
        ((9.0, 1.0), FIRST, {"partial_usd": 0.756}, "before their usage was reported, at least $0.76"),
        ((9.0, 1.0), FIRST, {}, "calls without telemetry, such as"),
        ((0.0, 9.0), FIRST, {}, "nothing billed"),
        ((1.0, 9.0), FIRST, {}, "around midnight"),
    ],
)
def test_causes(pair: tuple[float, float], first: date, reported: dict[str, Any], words: str) -> None:
    """A day that differs has at least one cause, by what is known of it."""
    (day,) = compared([pair], first, **reported).days
    assert any(words in cause for cause in day.causes)
    assert day.difference_usd == pair[0] - pair[1]


def test_as_json_and_csv() -> None:
    """Both have each day with its numbers and causes."""
    found = compared([(9.0, 1.0), (2.0, 2.0)])
    assert [day["billed_usd"] for day in json.loads(invoice.as_json(found))["days"]] == [9.0, 2.0]
    lines = list(csv.DictReader(io.StringIO(invoice.as_csv(found))))
    assert [(line["day"], float(line["difference_usd"])) for line in lines] == [
        ("2026-11-10", 8.0),
        ("2026-11-11", 0.0),
    ]
    assert [bool(line["causes"]) for line in lines] == [True, False]


BY_UNITS = "Billed = CCU x $0.01 (usd_per_ccu in --settings FILE){}"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (EA, None),
        (
            MCA,
            BY_UNITS.format(" on 1 day; the cost column of the file (EUR) is not used"),
        ),
        (
            "Date,MeterName,Quantity\n11/10/2026,Claude,5\n",
            BY_UNITS.format("; the file has no cost in USD"),
        ),
    ],
)
def test_where_an_amount_comes_from(write: Callable[[str], Path], text: str, line: str | None) -> None:
    """Where the file has no amount in US dollars, it is shown how the amount comes about."""
    billed = read_usage(write(text))
    shown = list(invoice.lines(reconcile(billed, [], NOW), billed))
    assert [one for one in shown if "CCU" in one] == ([] if line is None else [line])


def test_the_help_names_every_column() -> None:
    """Whoever makes a file finds in the help what its columns may be called."""
    said = run("reconcile", "-h").out
    for names in (*usage._COLUMNS.values(), usage._NAMING):
        for name in names:
            assert re.search(rf"\b{name}\b", said), name
