"""The billed cost against the ledger: how days are compared, and what is named as a cause."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from foundry_telemetry.investigate.reconcile import causes, rendering
from foundry_telemetry.investigate.reconcile.comparison import Day, Pair, Reconciled, compare
from foundry_telemetry.investigate.reconcile.export import Apart, Billed, Conversion, Export

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
FIRST = date(2026, 11, 10)

Pairs = Sequence[tuple[float, float]]
"""Billed and recorded, a day each."""


def export_of(
    billed: Sequence[float], first: date = FIRST, units: Sequence[float] | None = None, **other: Any
) -> Export:
    """An export with a day for each amount."""
    units = [100 * one for one in billed] if units is None else units
    days = {
        first + timedelta(days=number): Billed(Decimal(repr(usd)), Decimal(repr(count)))
        for number, (usd, count) in enumerate(zip(billed, units, strict=True))
    }
    values: dict[str, Any] = {
        "apart": (),
        "conversions": (Conversion("billing", ""),),
        "as_of": NOW,
        "files": 1,
        "rows": 9,
        "claude_rows": 3,
        "rows_without_amount": 0,
        "notes": (),
    }
    return Export(days=days, **(values | other))


def row_of(day: date, usd: float, **reported: Any) -> Mapping[str, Any]:
    """A day of the ledger."""
    normal = {"attempts": 9, "unpriced": 0, "partial_usd": None}
    at = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return {"day": at, "usd": usd, **normal, **reported}


def compared(
    pairs: Pairs,
    first: date = FIRST,
    tolerance: float = 1,
    units: Sequence[float] | None = None,
    **reported: Any,
) -> Reconciled:
    """Days of a bill and of a ledger; what else is reported of the ledger holds for each day."""
    ledger = [
        row_of(first + timedelta(days=number), usd, **reported)
        for number, (_, usd) in enumerate(pairs)
        if usd
    ]
    export = export_of([usd for usd, _ in pairs], first, units)
    return compare(export, ledger, Decimal(repr(tolerance)), NOW)


def shown(found: Reconciled, export: Export | None = None) -> str:
    """The screen."""
    out = io.StringIO()
    rendering.show(found, export or export_of([1.0]), Console(file=out, width=140))
    return out.getvalue()


@pytest.mark.parametrize(
    ("pair", "tolerance", "verdict"),
    [
        ((10.0, 10.0), 0, "match"),
        ((100.0, 99.0), 1, "match"),
        ((100.0, 98.99), 1, "differs"),
        ((100.0, 101.0), 1, "match"),
        ((0.02, 0.01), 0, "match"),
        ((0.03, 0.01), 0, "differs"),
        ((0.0, 5.0), 100, "differs"),
    ],
)
def test_the_verdict(pair: tuple[float, float], tolerance: float, verdict: str) -> None:
    """A difference of a cent, or within the tolerance in percent of billed, is a match."""
    found = compared([pair], tolerance=tolerance)
    assert found.verdict == verdict
    assert found.is_match == found.days[0].is_match == (verdict == "match")
    expected = 100 * (pair[0] - pair[1]) / pair[0] if pair[0] else None
    assert (float(found.percent) if found.percent is not None else None) == pytest.approx(expected)


def test_sums_are_exact() -> None:
    """Ten days of ten cents are a dollar."""
    found = compared([(0.1, 0.1)] * 10)
    assert (found.billed_usd, found.ledger_usd, found.difference_usd) == (1, 1, 0)


def test_days_that_are_not_complete_are_kept_apart() -> None:
    """Billing data arrives up to a day late: the last days are shown, not compared."""
    first = date(2026, 11, 27)
    found = compared([(5.0, 5.0), (1.0, 5.0), (0.0, 5.0)], first)
    assert [day.is_complete for day in found.days] == [True, False, False]
    assert (found.verdict, found.billed_usd, found.ledger_usd) == ("match", 5, 5)
    assert {day.cause for day in found.days} == {None}
    text = shown(found)
    assert text.count("not complete in the export") == 3
    assert "Not compared, 2 days not complete in the export (2026-11-28 to 2026-11-29)" in text
    early = export_of([5.0], as_of=datetime(2026, 11, 10, 12, tzinfo=UTC))
    found = compare(early, [row_of(FIRST, 9.0)], Decimal(1), NOW)
    assert (found.verdict, found.billed_usd) == ("no data", 0)
    assert "NO COMPLETE DAY" in shown(found, early)


def cause_of(found: Pair) -> tuple[str, float] | None:
    """What is named, with its size."""
    return (found.cause.text, float(found.cause.size_usd)) if found.cause else None


def test_an_unpriced_attempt_explains_no_thousand_dollars() -> None:
    """What has no size in dollars is stated, and is no cause: the difference is not explained."""
    found = compared([(1000.0, 10.0)], unpriced=1, partial_usd=0.5)
    assert (found.cause, found.days[0].cause) == (None, None)
    assert found.unexplained_usd == 990
    text = shown(found)
    assert "not explained: $990.00 (calls without telemetry?)" in text
    assert (
        "In the ledger, not in recorded: 1 attempt unpriced, amount unknown; incomplete usage, at least $0.50"
        in text
    )


@pytest.mark.parametrize(
    ("pair", "reported", "words", "size"),
    [
        ((9.0, 4.0), {"partial_usd": 4.5}, "incomplete usage", 4.5),
        ((9.0, 4.0), {"partial_usd": 2.4}, None, None),
        ((9.0, 4.0), {"partial_usd": 5.1}, None, None),
        ((4.0, 9.0), {"partial_usd": 4.5}, None, None),
        ((9.0, 0.0), {}, "no telemetry on 1 day", 9.0),
        ((0.0, 9.0), {}, "nothing billed on 1 day", -9.0),
        ((9.0, 1.0), {"unpriced": 3}, None, None),
    ],
)
def test_causes_of_a_day(
    pair: tuple[float, float], reported: dict[str, Any], words: str | None, size: float | None
) -> None:
    """A cause lies within the difference and makes out at least half of it, or is not named."""
    found = compared([pair], **reported)
    for one in (found, found.days[0]):
        assert (one.cause is None) == (words is None)
        if words and one.cause:
            assert words in one.cause.text
            assert one.cause.size_usd == Decimal(repr(size))
            assert one.unexplained_usd == one.difference_usd - one.cause.size_usd


def test_calls_around_midnight() -> None:
    """What one day has too much and the next one too little was metered on the other day."""
    found = compared([(10.0, 10.0), (11.0, 10.0), (9.0, 10.0), (10.0, 10.0)])
    assert [cause_of(day) for day in found.days] == [
        None,
        ("metered on the day before or after", 1.0),
        ("metered on the day before or after", -1.0),
        None,
    ]
    assert found.verdict == "match"
    assert not any(day.cause for day in compared([(19.0, 10.0), (1.0, 10.0)]).days)


@pytest.mark.parametrize(
    ("share", "cause", "advice"),
    [
        (1.1, "price of US Data Zone deployments", "set multiplier = 1.1"),
        (0.9, "discount of 10.0%", "set discount = 0.9"),
        (2.0, None, "not the factor of a discount or of a data zone"),
        (0.01, None, "not the factor of a discount or of a data zone"),
    ],
)
def test_one_factor_for_all_days(share: float, cause: str | None, advice: str) -> None:
    """One factor of every day is shown, with what to set; it is a cause where a price or discount has it."""
    found = compared([(share * usd, usd) for usd in (10.0, 30.0, 20.0)])
    assert found.factor == Decimal(repr(share))
    assert f"Billed is {share:g} times recorded on every day: " in shown(found)
    assert advice in shown(found)
    for one in (found, *found.days):
        assert (cause_of(one) or ("",))[0].startswith(cause or "")
        assert (one.cause is None) == (cause is None)


def test_no_factor_of_two_days_or_of_different_ones() -> None:
    """Two days prove nothing, and neither do factors that differ."""
    assert compared([(9.0, 10.0), (18.0, 20.0)]).factor is None
    assert compared([(9.0, 10.0), (18.0, 20.0), (20.0, 20.0)]).factor is None


def test_the_price_of_a_unit() -> None:
    """Where the export's own CCU are not its amounts, the conversion explains the difference."""
    found = compared([(12.0, 10.0)], units=[1000.0])
    assert cause_of(found) == (
        "price of a CCU or exchange rate: 1,000.0 CCU x $0.01 are not the billed amount",
        2.0,
    )


_AMOUNT = st.floats(0, 1000).map(lambda value: round(value, 4))
_SIDES = st.lists(
    st.tuples(_AMOUNT, _AMOUNT, _AMOUNT, _AMOUNT, st.integers(0, 5), st.integers(0, 5)),
    min_size=1,
    max_size=9,
)


@given(_SIDES)
def test_a_cause_never_explains_more_than_there_is(
    days: list[tuple[float, float, float, float, int, int]],
) -> None:
    """Whatever is billed and recorded, a cause lies within the difference and is at least half of it."""
    export = export_of([one[0] for one in days], units=[one[2] for one in days])
    ledger = [
        row_of(FIRST + timedelta(days=number), usd, partial_usd=partial, attempts=attempts, unpriced=unpriced)
        for number, (_, usd, _, partial, attempts, unpriced) in enumerate(days)
    ]
    found = compare(export, ledger, Decimal(1), NOW)
    for one in (found, *found.days):
        assert one.difference_usd == one.billed_usd - one.ledger_usd
        if one.cause:
            assert not one.is_match
            assert one.cause.size_usd * one.difference_usd > 0
            assert abs(one.difference_usd) / 2 <= abs(one.cause.size_usd) <= abs(one.difference_usd)
        if not one.is_match:
            explained = one.cause.size_usd if one.cause else 0
            assert explained + one.unexplained_usd == one.difference_usd
    assert found.billed_usd == sum(day.billed_usd for day in found.days)
    assert shown(found, export)


def test_moved_amounts_pair_neighbours_alone() -> None:
    """Days with a day between them are no neighbours."""
    sides = [
        causes.Side(
            day=FIRST + timedelta(days=gap),
            billed=Decimal(billed),
            units=Decimal(),
            ledger=Decimal(10),
            attempts=1,
            unpriced=0,
            incomplete=Decimal(),
        )
        for gap, billed in ((0, 11), (2, 9))
    ]
    assert causes.Explaining(sides, None).day(sides[0]) is None


def test_as_json_and_csv() -> None:
    """Both have each day with its numbers and its cause."""
    export = export_of([9.0, 2.0], apart=(Apart("tax", Decimal("1.9"), 2),), notes=("read once",))
    found = compare(export, [row_of(FIRST, 1.0), row_of(FIRST + timedelta(days=1), 2.0)], Decimal(1), NOW)
    reported = json.loads(json.dumps(rendering.as_json(found, export)))
    assert [day["billed_usd"] for day in reported["days"]] == [9.0, 2.0]
    assert [day["day"] for day in reported["days"]] == ["2026-11-10", "2026-11-11"]
    assert (reported["verdict"], reported["unexplained_usd"], reported["cause"]) == ("differs", 8.0, None)
    assert reported["apart"] == [{"kind": "tax", "usd": 1.9, "rows": 2}]
    assert (reported["export"]["claude_rows"], reported["export"]["notes"]) == (3, ["read once"])
    lines = list(csv.DictReader(io.StringIO(rendering.as_csv(found))))
    assert [(line["day"], float(line["difference_usd"])) for line in lines] == [
        ("2026-11-10", 8.0),
        ("2026-11-11", 0.0),
    ]
    assert list(lines[0])[:4] == list(rendering.CSV_COLUMNS[:4])
    assert all(name in Day.__struct_fields__ for name in rendering.CSV_COLUMNS)


def test_what_was_read_and_what_was_not_compared_is_said() -> None:
    """Rows of other products, taxes and conversions each have their line."""
    export = export_of(
        [1.0],
        apart=(Apart("credit", Decimal("-0.5"), 1), Apart("tax", Decimal("1.9"), 2)),
        conversions=(Conversion("given", "EUR", Decimal("1.08")), Conversion("rate", "SEK")),
        rows_without_amount=1,
        notes=("b.csv is the same file as a.csv: read once",),
    )
    text = shown(compare(export, [row_of(FIRST, 1.0)], Decimal(1), NOW), export)
    for line in (
        "MATCH: the difference is within 1%",
        "Not compared: credit -$0.50 (1 row)",
        "Not compared: tax +$1.90 (2 rows)",
        "Read: 1 file, 9 rows: 3 of Claude in Foundry, 6 of other products",
        "Amounts in EUR: converted by --rate, 1.08 US dollars for 1 EUR",
        "Amounts in SEK: converted by the exchange rate column of the export",
        "1 row of Claude without a cost: not counted",
        "b.csv is the same file as a.csv: read once",
    ):
        assert line in text
