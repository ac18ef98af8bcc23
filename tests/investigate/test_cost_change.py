"""The query of the chart of a change of the cost is the split of `cost --why`, over the local store."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import genai_prices
import pytest

from dashboards.builder import rates_query
from foundry_telemetry.investigate.cost.dimensions import OTHER
from foundry_telemetry.investigate.cost.period_rates import RATE_OF
from foundry_telemetry.investigate.cost.periods import before
from foundry_telemetry.investigate.cost.queries import Questions
from foundry_telemetry.investigate.cost.split_change import FACTORS
from foundry_telemetry.investigate.cost.why import read_cells_of
from foundry_telemetry.investigate.cost.why_texts import SHORT
from foundry_telemetry.investigate.filters import Filters
from foundry_telemetry.investigate.sources import Row, local
from foundry_telemetry.kql import compose
from foundry_telemetry.kql.literals import literal
from foundry_telemetry.local.api.server import LocalAzureMonitor
from foundry_telemetry.pricing import rate_tables
from tests.investigate.commands import run
from tests.investigate.cost_changes import BEFORE, NOW, Attempt, case, envelopes
from tests.support.telemetry import fill

DAY = timedelta(days=1)


ODD: tuple[dict[str, Any], ...] = (
    {"output": None, "outcome": "truncated"},
    {"number": 3},
    {"outcome": "cancelled", "deployment": "only-cancelled"},
    {"service": "", "deployment": "x"},
    {"list_factor": 1.3, "multiplier": 0.9},
    {"new": 150_000},
    {"thinking": 40, "output": 90, "write_1h": 700},
)
"""What is seldom: no usage, no first attempt, all cancelled, no service, own prices, a long prompt."""


def odd(attempts: list[Attempt]) -> list[Attempt]:
    """With some attempts of each odd kind."""
    chance = Random(5)  # noqa: S311 - seeded, so that runs are alike
    chosen = chance.sample(attempts, 60)
    more = [replace(one, call_id=f"odd-{number}", **chance.choice(ODD)) for number, one in enumerate(chosen)]
    return [*attempts, *more]


def renamed(posted: list[Any]) -> list[Any]:
    """What is posted, some of it by a model of its own that no list has, or by one in other letters."""
    for number, one in enumerate(posted):
        properties = one["data"]["baseData"]["properties"]
        if properties["gen_ai.request.model"].endswith(("opus-4-5", "haiku-5-5")):
            properties["gen_ai.response.model"] = "claude-of-our-own" if number % 2 else "Claude-Opus-4-6-x"
    return posted


def made(name: str, seed: int = 0) -> list[Attempt]:
    """The attempts of a case."""
    return case(name, seed).attempts


def none_before() -> list[Attempt]:
    """A case whose first period is empty."""
    return [one for one in made("volume of all") if one.at >= NOW[0]]


CASES: dict[str, Callable[[], list[Any]]] = {
    "cache": lambda: envelopes(made("lost cache + dearer model")),
    "zone": lambda: envelopes(made("data zone + an hour")),
    "tier": lambda: envelopes(odd(made("tier"))),
    "retries": lambda: envelopes(odd(made("retry storm + thinking"))),
    "list": lambda: renamed(envelopes(odd(made("new list", 1)))),
    "empty": lambda: envelopes(none_before()),
    "same": lambda: envelopes([one for at in (BEFORE[0], NOW[0]) for one in alike(at)]),
}
"""What is posted, by name."""
LENGTHS = (1, 3, 7, 10)
"""Days of a period."""


def alike(at: datetime) -> list[Attempt]:
    """The same calls in a period."""
    return [
        replace(one, at=at + timedelta(hours=1), call_id=f"{at:%d}-{one.call_id}")
        for one in none_before()[:5]
    ]


def spread(days: int) -> list[Attempt]:
    """Two calls in the period before some days, by the rule of the command, and one in them."""
    length, one = days * DAY, none_before()[0]
    start, _ = before(NOW[1] - length, NOW[1])
    times = (start, start + length / 2, NOW[1] - length)
    return [replace(one, at=at, call_id=str(at)) for at in times]


CASE, OTHER_CASE = "this", "another"
"""Values of the tag `case`: of what a test looks at, and of what is beside it."""


def tagged(posted: list[Any], name: str) -> list[Any]:
    """What is posted, with a tag and call ids of its own."""
    for number, one in enumerate(posted):
        properties = one["data"]["baseData"]["properties"]
        properties |= {"foundry.tag.case": name, "foundry.call.id": name + properties["foundry.call.id"]}
        properties["foundry.tag.request"] = f"r{number}"
    return posted


def store(azure: LocalAzureMonitor, posted: list[Any]) -> None:
    """Have a case, and another beside it that no answer may count."""
    fill(azure.store, tagged(posted, CASE))
    fill(azure.store, tagged(envelopes(spread(1)), OTHER_CASE))


def drawn(azure: LocalAzureMonitor, since: datetime = NOW[0]) -> list[Row]:
    """The rows of the chart, for the case."""
    with local(azure.url) as source:
        chart = Questions(source.answer, since, NOW[1])
        return chart.shared("cost_change", TagKey="case", TagValue=f"'{CASE}'")


@pytest.mark.parametrize("name", CASES)
def test_the_chart_is_the_split_of_the_command(empty_azure: LocalAzureMonitor, name: str) -> None:
    """Each factor in order, both costs and what is in no part, to 1e-9 of the cost."""
    store(empty_azure, CASES[name]())
    options = ("--why", "--by", "service", "--tag", f"case={CASE}", "--json", "--url", empty_azure.url)
    reported = run("cost", *options).reported
    rows = drawn(empty_azure)
    assert (rows == []) == (reported["verdict"] == "no data")
    if not rows:
        return
    factors = {text: factor for factor, text in SHORT.items()}
    found = {factors[row["name"]]: row.get("more_usd", 0.0) + row.get("less_usd", 0.0) for row in rows[1:-1]}
    expected = {one["factor"]: one["usd"] for one in reported["factors"]}
    size = reported["before"]["usd"] + reported["now"]["usd"]
    assert [factor for factor in FACTORS if factor in found] == list(found)
    for factor in FACTORS:
        assert found.get(factor, 0.0) == pytest.approx(expected.get(factor, 0.0), abs=1e-9 * size), factor
    assert rows[0]["cost_usd"] == pytest.approx(reported["before"]["usd"], rel=1e-9)
    assert rows[-1]["cost_usd"] == pytest.approx(reported["now"]["usd"], rel=1e-9)
    assert rows[0]["not_split"] == sum(one["attempts"] for one in reported["without_cost"])
    assert (found == {}) == (name == "same")


def test_a_tag_with_a_value_of_its_own_in_each_attempt(empty_azure: LocalAzureMonitor) -> None:
    """Thirty values have rows of their own, the rest of the attempts is one; nothing is lost."""
    store(empty_azure, CASES["zone"]())
    filters = Filters(tags=(("case", CASE),))
    with local(empty_azure.url) as source:
        questions = Questions(source.answer, BEFORE[0], NOW[1], filters)
        whole, split = read_cells_of(questions, NOW, BEFORE, ("", "tag.request"))
    values = {row.get("value", "") for row in split}
    assert (len(values), OTHER in values) == (31, True)
    assert math.fsum(row.get("usd", 0.0) for row in split) == pytest.approx(
        math.fsum(row.get("usd", 0.0) for row in whole), rel=1e-9
    )


@pytest.mark.parametrize("days", LENGTHS)
def test_the_chart_compares_as_the_command(empty_azure: LocalAzureMonitor, days: int) -> None:
    """The period before is that of `cost --why`: the same weekdays of earlier weeks."""
    posted = spread(days)
    store(empty_azure, envelopes(posted))
    rows = drawn(empty_azure, NOW[1] - days * DAY)
    assert rows[0]["name"].endswith(f"{posted[0].at:%Y-%m-%d}")
    assert rows[0]["cost_usd"] == pytest.approx(2 * (posted[0].usd or 0.0))
    assert rows[-1]["cost_usd"] == pytest.approx(posted[0].usd)


NAMES = (
    "claude-haiku-5-5", "claude-haiku-5.5-x", "claude-5-5-haiku", "claude-haiku-5-5-20260101",
    "claude-haiku-5-50", "claude-opus-5", "claude-opus-5@20260101", "claude-opus-5-2026-01-01",
    "claude-opus-5-1", "claude-opus-4-6", "claude-4.6-opus", "Claude-Sonnet-4-5", "claude-sonnet-4.6",
    "claude-sonnet-4", "claude-sonnet-45", "claude-fable-5-1-20260101", "claude-fable-5-12", "my-claude-v2",
    "claude-2", "gpt-5", "",
)  # fmt: skip
"""Names that the list knows by each kind of its patterns, and some that are nearly such."""
DAYS = (datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 11, 5, tzinfo=UTC))


def test_rates_in_kql_are_those_of_the_list(kept_azure: LocalAzureMonitor) -> None:
    """Of each name, day and tier: the prices that `pricing` has, or none; where that list is installed."""
    if f"genai-prices {genai_prices.__version__} by" not in rates_query.rates_query():
        pytest.skip(f"the rates are of another list than genai-prices {genai_prices.__version__}")
    names = (*NAMES, *(model.id for model in rates_query.models()))
    asked = [
        (f"{place} {day:%m} {above}", name, day, above)
        for place, name in enumerate(names)
        for day in DAYS
        for above in (0, *rate_tables.tiers())
    ]
    cells = ", ".join(
        f"'{key}', {literal(name)}, datetime({day:%Y-%m-%d}), {above}" for key, name, day, above in asked
    )
    text = (
        f"datatable(key: string, name: string, day: datetime, above: long)[{cells}]\n"
        "| project key, found = rates(tolower(name), epoch_of(day), tier_of(above + 1))"
    )
    with local(kept_azure.url) as source:
        found = {
            row["key"]: row.get("found", "") for row in source.answer(compose.composed(f"// Rates?\n{text}"))
        }
    for key, name, day, above in asked:
        table = rate_tables.table(name or None, int(day.timestamp()) * 10**9)
        prices = [float(one) for one in found[key].split()]
        if table is None:
            assert prices == [], (name, day)
            continue
        of = rate_tables.bracket(table, above)
        expected = [(getattr(of, field) or 0) / table.scale * 10**6 for field in RATE_OF.values()]
        assert prices == pytest.approx(expected, rel=1e-12), (name, day, above)
