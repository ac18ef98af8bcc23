"""What the commands ask and work out, over a local Azure Monitor and its HTTP query API."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from msgspec import structs
from rich.console import Console

from foundry_telemetry import pricing
from foundry_telemetry.investigate.cost import dimensions, rendering, texts
from foundry_telemetry.investigate.cost.forecast import rhythm
from foundry_telemetry.investigate.cost.report import Report, read_report
from foundry_telemetry.investigate.filters import Filters
from foundry_telemetry.investigate.sources import local
from foundry_telemetry.kql import files
from foundry_telemetry.kql.parameters import TimeRange
from foundry_telemetry.limits.budgets import Budget
from foundry_telemetry.local.api.server import LocalAzureMonitor
from foundry_telemetry.observation import TokenUsage
from tests.dashboards.answers_cost import month_of, spend_tiles
from tests.dashboards.reference_answers import Choice
from tests.dashboards.rows import Row
from tests.dashboards.test_queries import ledger
from tests.investigate.commands import run
from tests.investigate.ledgers import attempt, put

NOW = (datetime.now(UTC) - timedelta(days=1)).replace(hour=12, minute=0, second=0, microsecond=0)
"""Noon of yesterday: recent, because a store forgets what is old, and never at the border of a day."""
MONTH = NOW.replace(day=1, hour=0)
NAMES = ("cost_by", "cost_cells", "cost_cold", "cost_daily", "cost_days", "cost_tiers", "cost_waste")


@contextmanager
def asked(rows: list[Row]) -> Iterator[str]:
    """The address of a local Azure Monitor that has these rows."""
    with LocalAzureMonitor() as server:
        put(server, rows)
        yield server.url


def report_of(rows: list[Row], *by: str, since: datetime | None = None, **more: Any) -> Report:
    """The report of the time up to now."""
    begin = since or NOW - timedelta(days=1)
    with asked(rows) as url, local(url) as source:
        return read_report(source.answer, begin, NOW, by or ("deployment",), **more)


def test_the_queries_are_those_that_are_asked() -> None:
    """Each file of the folder is asked by a command, and says what it answers."""
    assert {name for name in files.investigations() if name.startswith("cost_")} == set(NAMES)
    for name in NAMES:
        assert files.investigation(name).partition("\n")[0].endswith("?")


@pytest.mark.parametrize("hours", [6, 30 * 24])
def test_month_is_that_of_the_workbook(hours: int) -> None:
    """Month to date, forecast and range are the numbers of the tiles, on a ledger made by chance."""
    rows, workspace = ledger(0)
    end = max(row.at for row in rows) + timedelta(minutes=5)
    choice = Choice(time=TimeRange(end - timedelta(hours=hours), end, timedelta(minutes=30)))
    report = read_report(workspace_asker(workspace), choice.time.start, end)
    reported, month = report.month, month_of(rows, choice)
    assert reported is not None
    assert month is not None
    tiles = spend_tiles(rows, choice)
    assert reported.usd == pytest.approx(tiles[0]["value"], rel=1e-12)
    assert reported.forecast_usd == pytest.approx(tiles[1]["value"], rel=1e-12)
    assert reported.full_days == len(month.days) == 28
    assert reported.method == "weekday mean"
    low, high = (float(part.strip("$").replace(",", "")) for part in str(tiles[1]["detail"]).split(" to "))
    assert reported.low_usd == pytest.approx(low, abs=0.5e-4)
    assert reported.high_usd == pytest.approx(high, abs=0.5e-4)


def in_utc(cell: Any) -> Any:
    """A time of the engine as the client gives it."""
    return cell.replace(tzinfo=UTC) if isinstance(cell, datetime) else cell


def workspace_asker(workspace: Any) -> Any:
    """Asks the engine that the tests of the dashboards use."""
    import duckdb_kql

    lock = threading.Lock()

    def ask(text: str) -> list[dict[str, Any]]:
        with lock:  # a connection answers one at a time
            answer = duckdb_kql.query(workspace._connection, text)
            rows = [dict(zip(answer.columns, map(in_utc, row), strict=True)) for row in answer.fetchall()]
        return [{name: cell for name, cell in row.items() if cell not in (None, "")} for row in rows]

    return ask


def shown(report: Report, width: int = 100) -> list[str]:
    """What the command prints, at so many columns."""
    console = Console(file=io.StringIO(), width=width)
    rendering.show(report, console)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]  # type: ignore[attr-defined]


def bill() -> list[Row]:
    """Two tenants, three deployments, two services; one attempt has no tag, one no price."""
    numbers = count(1)
    rows = []
    for tenant, deployment, service, usd in (
        ("acme", "claude-haiku-5-5", "orders", 0.0123),
        ("acme", "claude-opus-5-5", "orders", 1.7),
        ("globex", "claude-opus-5-5", "bot", 0.3),
        ("globex", "support-chat-prod", "bot", 0.1),
        (None, "support-chat-prod", "bot", 0.2),
    ):
        for _ in range(7):
            number = next(numbers)
            tags = (("tenant", tenant), ("team", "blue")) if tenant else ()
            at = NOW - timedelta(minutes=number)
            rows.append(attempt(at, number, tags=tags, deployment=deployment, service=service, cost_usd=usd))
    return [*rows, attempt(NOW - timedelta(hours=1), 99, cost_usd=None, model="pilot", deployment="pilot")]


TOTAL = 7 * (0.0123 + 1.7 + 0.3 + 0.1 + 0.2)


@pytest.mark.parametrize(
    ("by", "parts"),
    [
        ("deployment", {"claude-haiku-5-5": 0.0861, "claude-opus-5-5": 14.0, "support-chat-prod": 2.1}),
        ("service", {"orders": 11.9861, "bot": 4.2}),
        ("tag.tenant", {"acme": 11.9861, "globex": 2.8, "(unknown)": 1.4}),
        ("model", {"claude-sonnet-5-5": 16.1861}),
    ],
)
def test_split(by: str, parts: dict[str, float]) -> None:
    """The parts add up to the bill, and what has no price is counted and in no sum."""
    report = report_of(bill(), by)
    (split,) = report.splits
    reported = {part.part: part.cost_usd for part in split.parts if part.cost_usd is not None}
    assert reported == pytest.approx(parts, rel=1e-12)
    assert (
        math.fsum(reported.values())
        == pytest.approx(TOTAL, rel=1e-12)
        == pytest.approx(report.usd, rel=1e-12)
    )
    assert sum(part.unpriced for part in split.parts) == report.unpriced == 1
    assert sum(part.attempts for part in split.parts) == report.attempts == 36
    units = {part.part: part.units for part in split.parts if part.units is not None}
    assert units == pytest.approx({part: round(100 * usd, 1) for part, usd in parts.items()}, abs=0.051)


def test_split_by_every_tag() -> None:
    """`tag` gives one split for each key, each of the whole bill."""
    report = report_of(bill(), "tag")
    assert [split.by for split in report.splits] == ["tag.team", "tag.tenant"]
    for split in report.splits:
        assert math.fsum(part.cost_usd or 0 for part in split.parts) == pytest.approx(TOTAL, rel=1e-12)


def test_an_unknown_cost_is_not_shown_as_zero() -> None:
    """Refused attempts without usage cost nothing that is known: no sum of them is shown as 0."""
    report = report_of(
        [Row(at=NOW - timedelta(minutes=5), call_id="a", error_type="rate_limited", status=429)]
    )
    waste = report.waste
    assert waste is not None
    assert (waste.failed, waste.failed_usd, waste.abandoned_usd, report.usd) == (1, None, None, None)
    assert "Failed attempts    none with reported usage (1 attempt without)" in shown(report)
    assert "Abandoned          $0.00 (0 attempts)" in shown(report)


def test_no_record() -> None:
    """Without a record nothing is made up: no month, no waste, no parts."""
    report = report_of([])
    assert (report.usd, report.attempts, report.month, report.waste) == (0.0, 0, None, None)
    assert [split.parts for split in report.splits] == [()]
    assert shown(report)[1:] == [
        "Total              $0.00 (0 attempts)",
        "",
        "No Foundry call was recorded in this period. Check the set-up: `foundry-telemetry doctor`",
    ]


def test_waste() -> None:
    """Failures, retries, abandoned and incomplete responses, each by its own rule; incomplete is in no sum.

    Incomplete usage is not unpriced: the model has a price.
    """
    at = NOW - timedelta(hours=2)
    nothing: dict[str, Any] = dict(cost_usd=None, output_tokens=None)
    rows = [
        attempt(at, 1, cost_usd=1.0),
        attempt(at, 2, cost_usd=2.0, error_type="server_error", outcome="stream_error"),
        attempt(at, 3, status=429, error_type="rate_limited", outcome="error", input_tokens=None, **nothing),
        attempt(at, 3, attempt_number=2, cost_usd=4.0),
        attempt(at, 4, outcome="abandoned", cost_usd=8.0),
        attempt(at, 5, outcome="abandoned", partial_cost_usd=0.5, **nothing),
        attempt(at, 6, outcome="truncated", error_type="stream_truncated", partial_cost_usd=0.25, **nothing),
    ]
    report = report_of(rows)
    waste = report.waste
    assert waste is not None
    assert (report.usd, report.attempts, report.unpriced) == (15.0, 7, 0)
    assert (waste.failed_usd, waste.failed) == (2.0, 3)
    assert (waste.retried_usd, waste.retried) == (4.0, 1)
    assert (waste.abandoned_usd, waste.abandoned) == (8.0, 2)
    assert (waste.partial_usd, waste.partial) == (0.75, 2)
    assert (waste.cold_usd, waste.cold) == (0.0, 0)
    text = " ".join(shown(report))
    assert report.incomplete == 2
    assert "Incomplete usage   2 attempts, at least $0.75: the response ended" in text
    assert "Unpriced " not in text.partition("Deployment")[0]


def test_cold_cache() -> None:
    """Who writes to the cache what a cache had held pays the difference to a read; the first has to."""
    at = NOW - timedelta(hours=5)
    written = dict(input_tokens=10_000, cache_write_tokens=8_000, cache_write_1h_tokens=2_000)
    rows = [
        attempt(at + timedelta(minutes=number), number, cache_read_tokens=reads, **(written if cold else {}))
        for number, (cold, reads) in enumerate(
            [(True, 0), (False, 8000), (True, None), (True, 0), (True, 500)]
        )
    ]
    waste = report_of(rows).waste
    assert waste is not None
    assert waste.cold == 2
    warm = TokenUsage(input_tokens=2000, output_tokens=0, cache_read_input_tokens=8000, complete=True)
    cold = TokenUsage(
        input_tokens=2000,
        output_tokens=0,
        cache_creation_input_tokens=8000,
        cache_creation_1h=2000,
        complete=True,
    )
    costs = [pricing.cost("claude-sonnet-5-5", usage, int(NOW.timestamp() * 1e9)) for usage in (cold, warm)]
    assert costs[0] is not None
    assert costs[1] is not None
    assert waste.cold_usd == pytest.approx(2 * (costs[0].usd - costs[1].usd), rel=1e-12)


def test_cold_cache_without_a_price() -> None:
    """What cannot be priced makes the waste unknown, not smaller."""
    at = NOW - timedelta(hours=5)
    rows = [
        attempt(at + timedelta(minutes=n), n, model="m", deployment="m", cache_write_tokens=900)
        for n in (0, 1)
    ]
    waste = report_of(rows).waste
    assert waste is not None
    assert (waste.cold, waste.cold_usd) == (1, None)


def test_forecast_has_a_range() -> None:
    """A month of a cent a minute of noon: the run rate is that of full days, the range lies around it."""
    rows = [attempt(NOW - timedelta(days=day, minutes=1), day, cost_usd=1.0 + day % 2) for day in range(9)]
    month = report_of(rows).month
    assert month is not None
    assert month.full_days == 7
    assert month.run_rate_usd == pytest.approx(11 / 7)
    assert month.method == "daily mean"
    assert month.low_usd is not None
    assert month.high_usd is not None
    assert month.usd <= month.low_usd <= (month.forecast_usd or 0) <= month.high_usd


def test_amounts_of_one_screen_have_one_precision() -> None:
    """A bill of dollars has cents throughout, a smaller one four decimals; nothing that was paid is 0."""
    at = NOW - timedelta(hours=2)
    rows = [
        attempt(at, number, deployment=f"d{number}", cost_usd=usd)
        for number, usd in enumerate((0.25, 0.00001))
    ]
    cases = ((rows, 4, "<$0.0001"), ([*rows, attempt(at, 9, cost_usd=1_234.5)], 2, "<$0.01"))
    for each, decimals, least in cases:
        text = "\n".join(shown(report_of(each)))
        assert {len(found) for found in re.findall(r"\$[\d,]+\.(\d+)", text)} == {decimals}
        assert least in text
    assert "$1,234.50" in text
    assert "<0.1" in "\n".join(shown(report_of(rows), 150))  # consumption units of the least


def test_unpriced_says_what_to_do() -> None:
    """An unknown model is counted by deployment and above, with what sets its price; nothing is cut."""
    lines = shown(report_of(bill()), 80)
    assert lines[3].startswith("Unpriced           1 attempt with complete usage and no rate for the model")
    assert "--settings FILE" in " ".join(lines)
    (pilot,) = (line.split() for line in lines if line.startswith("pilot"))
    assert pilot == ["pilot", "-", "-", "-", "-", "1", "1"]
    assert max(map(len, lines)) <= 80


@pytest.mark.row(73)
def test_as_json_and_csv() -> None:
    """JSON has all of it, with nulls for what is not known; CSV the split, safe for a spreadsheet."""
    rows = [*bill(), attempt(NOW - timedelta(minutes=3), 77, deployment="=cmd()", cost_usd=9.0)]
    report = report_of(rows)
    reported = json.loads(rendering.as_json(report))
    assert reported["splits"][0]["parts"][0]["cost_usd"] == pytest.approx(14.0)
    assert reported["month"].keys() >= {"usd", "forecast_usd", "low_usd", "high_usd"}
    lines = list(csv.DictReader(io.StringIO(rendering.as_csv(report))))
    assert {line["part"] for line in lines} >= {"claude-opus-5-5", "'=cmd()"}
    assert {line["by"] for line in lines} == {"deployment"}
    assert next(line["cost_usd"] for line in lines if line["part"] == "pilot") == ""


# --- what is asked for ------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", [*dimensions.NAMES, "tag.tenant"])
def test_ways(by: str) -> None:
    """The bill can be split by these."""
    assert dimensions.read(by).name == by


def test_a_tag_with_a_colon() -> None:
    """`tag:tenant` is `tag.tenant`."""
    assert dimensions.read("tag:tenant") == dimensions.read("tag.tenant")


@pytest.mark.parametrize("by", [(), ("day", "model", "service"), ("tag", "day")])
def test_no_pairs(by: tuple[str, ...]) -> None:
    """A split has one or two dimensions, and every tag stands alone."""
    with pytest.raises(ValueError, match=r"expected (one or two|tag\.<key>)"):
        dimensions.read_all(by)


@pytest.mark.parametrize("by", ["", "region", "tag.", "tag.A", "tag.x' or true", "tag.a|drop"])
def test_no_ways(by: str) -> None:
    """Anything else is refused by value, and so cannot end a string of a query."""
    with pytest.raises(ValueError, match="expected deployment, model, service, tag"):
        dimensions.read(by)


def test_a_retry_that_succeeds_is_no_waste() -> None:
    """What is under Wasted spend is what the column Wasted sums up; retries are no part of it."""
    at = NOW - timedelta(minutes=5)
    used = {"input_tokens": 10, "output_tokens": 1, "usage_complete": True, "deployment": "d"}
    rows = [
        Row(at=at, call_id="a", error_type="overloaded", status=529, outcome="error", deployment="d"),
        Row(at=at, call_id="a", attempt_number=2, status=200, cost_usd=2.0, **used),
    ]
    lines = shown(report_of(rows))
    wasted, avoidable = (lines.index(heading) for heading in (texts.WASTED, texts.AVOIDABLE))
    assert not any("$2.00" in line for line in lines[wasted:avoidable])
    assert [line for line in lines[avoidable:] if "$2.00" in line] == [
        texts.RETRIES.format(amount="$2.00 (1 attempt)")
    ]


def test_two_dimensions_and_the_period_before() -> None:
    """Each pair has its cost, its share and its change from the period of the same length before."""
    before = [
        attempt(NOW - timedelta(hours=30), 200 + n, tags=(("tenant", "acme"),), cost_usd=1.0) for n in (0, 1)
    ]
    now = [
        attempt(NOW - timedelta(hours=hours), 300 + hours, tags=(("tenant", tenant),), cost_usd=usd)
        for hours, tenant, usd in ((1, "acme", 2.5), (2, "globex", 1.5), (20, "acme", 4.0))
    ]
    report = report_of([*before, *now], "day", "tag:tenant")
    (split,) = report.splits
    assert (split.by, split.then_by) == ("day", "tag.tenant")
    days = [f"{NOW - timedelta(hours=hours):%Y-%m-%d}" for hours in (20, 1)]
    assert [(part.part, part.second, part.cost_usd, part.before_usd) for part in split.parts] == [
        (days[0], "acme", 4.0, None),
        (days[1], "acme", 2.5, 2.0),
        (days[1], "globex", 1.5, None),
    ]
    assert [part.change_usd for part in split.parts] == [4.0, 0.5, 1.5]
    assert [part.share for part in split.parts] == [0.5, 0.3125, 0.1875]
    assert (report.totals.before_usd, report.totals.change_usd) == (2.0, 6.0)
    assert "+$6.00 (+300%) vs $2.00 in the previous period" in " ".join(shown(report))


def test_filters() -> None:
    """Filters are those of `incident`: what is shown is of these attempts alone."""
    report = report_of(bill(), "model", filters=Filters(tags=(("tenant", "globex"),), services=("bot",)))
    assert (report.usd, report.attempts) == (pytest.approx(7 * 0.4), 14)
    assert "only service bot, tag tenant globex" in shown(report)[0]


def test_a_dearer_tier() -> None:
    """Long prompts of a model with a tier: what they cost, and what the same tokens cost below it."""
    long = TokenUsage(input_tokens=120_000, output_tokens=1_000, complete=True)
    at_ns = int(NOW.timestamp() * 1e9)
    found = pricing.cost("claude-haiku-5-5", long, at_ns)
    half = pricing.cost(
        "claude-haiku-5-5", structs.replace(long, input_tokens=60_000, output_tokens=500), at_ns
    )
    assert found is not None
    assert half is not None
    of: dict[str, Any] = {"model": "claude-haiku-5-5", "deployment": "d", "output_tokens": 1_000}
    rows = [
        attempt(NOW - timedelta(hours=2), 1, input_tokens=120_000, cost_usd=1.1 * found.usd, **of),
        attempt(NOW - timedelta(hours=2), 2, input_tokens=90_000, cost_usd=0.01, **of),
        attempt(NOW - timedelta(hours=2), 3, input_tokens=190_000, cost_usd=0.4),  # its model has no tier
    ]
    waste = report_of(rows).waste
    assert waste is not None
    assert waste.tier == 1
    assert waste.tier_usd == pytest.approx(1.1 * found.usd, rel=1e-12)
    assert waste.tier_below_usd == pytest.approx(1.1 * 2 * half.usd, rel=1e-12)


def test_budgets_have_their_day() -> None:
    """A budget that was spent names the day, one that will be names it too; a tag has one for each value."""
    today = NOW.replace(hour=0)
    acme: dict[str, Any] = {"tags": (("tenant", "acme"),), "cost_usd": 2.0}
    rows = [attempt(today - timedelta(days=day, hours=-1), day, **acme) for day in range(29)]
    usd = (1.0, 1_000.0)
    report = report_of(
        rows,
        budgets=[
            *(Budget(usd=one, window="month") for one in usd),
            Budget(usd=1.5, window="day", tag="tenant"),
            Budget(usd=9.0, window="hour"),
        ],
    )
    spent, far, of_tenant, hour = report.budgets
    assert (spent.state, spent.day) == (
        "reached",
        max(NOW.replace(day=1, hour=0), today - timedelta(days=28)),
    )
    assert (far.state, far.day) == ("not reached", None)
    assert (of_tenant.value, of_tenant.state, of_tenant.day) == ("acme", "reached", today)
    assert (hour.state, hour.forecast_usd) == ("too little data", None)
    assert f"reached on {today:%Y-%m-%d}" in " ".join(shown(report))


def test_a_rhythm_says_when_a_budget_is_reached() -> None:
    """Weekdays cost 10, weekends nothing: 25 more are spent on the third working day to come."""
    friday = datetime(2026, 11, 27, tzinfo=UTC)
    usd = [0.0 if (friday - timedelta(days=day)).weekday() > 4 else 10.0 for day in range(28, 0, -1)]
    found = rhythm(usd, friday)
    assert found is not None
    assert found.method == "weekday mean"
    assert found.reaches(25.0, friday, friday + timedelta(days=14)) == friday + timedelta(days=4)
    assert found.expected(friday, friday + timedelta(days=7)) == pytest.approx(50.0)
    assert found.deviation(friday, friday + timedelta(days=7)) == pytest.approx(0.0)
    assert found.reaches(25.0, friday, friday + timedelta(days=3)) is None


@pytest.mark.parametrize("asked", [("cost",), ("cost", "--why")])
def test_filters_that_nothing_has_are_named(asked: tuple[str, ...]) -> None:
    """Where nothing matches the filters, they are what to check, not the set-up."""
    with LocalAzureMonitor() as azure:
        found = run(*asked, "--tag", "tenant=nobody", "--url", azure.url)
    assert found.code == 0
    assert "No Foundry call with tag tenant nobody was recorded" in found.out
    assert "doctor" not in found.out
