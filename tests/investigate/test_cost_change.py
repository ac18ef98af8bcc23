"""The query of the chart of a change of the cost is the split of `cost --why`, over the local store."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import genai_prices
import pytest

from dashboards.builder import rates_query
from foundry_telemetry.investigate.cost import why_rendering
from foundry_telemetry.investigate.cost.change_parts import report
from foundry_telemetry.investigate.cost.period_rates import RATE_OF
from foundry_telemetry.investigate.cost.periods import before
from foundry_telemetry.investigate.cost.queries import Questions
from foundry_telemetry.investigate.cost.split_change import FACTORS
from foundry_telemetry.investigate.cost.why import read_why
from foundry_telemetry.investigate.cost.why_texts import SHORT
from foundry_telemetry.investigate.filters import Filters
from foundry_telemetry.investigate.sources import Row, local
from foundry_telemetry.kql import compose
from foundry_telemetry.kql.literals import literal
from foundry_telemetry.local.api.server import LocalAzureMonitor
from foundry_telemetry.pricing import rate_tables
from tests.investigate.cost_changes import BEFORE, NOW, Attempt, case, envelopes
from tests.support.telemetry import fill

DAY = timedelta(days=1)


def odd(attempts: list[Attempt]) -> list[Attempt]:
    """Attempts with what is seldom: no usage, no price, no first attempt, a model without rates, a new one."""
    chance = Random(5)  # noqa: S311 - seeded, so that runs are alike
    found = list(attempts)
    for number, one in enumerate(chance.sample(attempts, 60)):
        found.append(replace(one, call_id=f"odd-{number}", **chance.choice(ODD)))
    return found


ODD: tuple[dict[str, Any], ...] = (
    {"output": None, "outcome": "truncated"},
    {"number": 3},
    {"outcome": "cancelled", "deployment": "only-cancelled"},
    {"service": "", "deployment": "x"},
    {"list_factor": 1.3, "multiplier": 0.9},
    {"new": 150_000},
    {"thinking": 40, "output": 90, "write_1h": 700},
)


def renamed(posted: Iterator[Any] | list[Any]) -> list[Any]:
    """What is posted, with a model of its own deployment that no list has, and one that is new in the list."""
    found = list(posted)
    for number, one in enumerate(found):
        properties = one["data"]["baseData"]["properties"]
        if properties["gen_ai.request.model"].endswith(("opus-4-5", "haiku-5-5")):
            properties["gen_ai.response.model"] = "claude-of-our-own" if number % 2 else "Claude-Opus-4-6-x"
    return found


CASES: dict[str, Callable[[], list[Any]]] = {
    "lost cache and a dearer model": lambda: envelopes(case("lost cache + dearer model", 0).attempts),
    "a data zone, an hour": lambda: envelopes(case("data zone + an hour", 0).attempts),
    "a tier": lambda: envelopes(odd(case("tier", 0).attempts)),
    "a retry storm, thinking": lambda: envelopes(odd(case("retry storm + thinking", 0).attempts)),
    "a new list": lambda: renamed(envelopes(odd(case("new list", 1).attempts))),
    "nothing before": lambda: envelopes(one for one in case("volume of all", 0).attempts if one.at >= NOW[0]),
}


def drawn(rows: list[Row]) -> dict[str, float]:
    """Of each factor its bar."""
    names = {name: factor for factor, name in SHORT.items()}
    bars = rows[1:-1]
    return {names[row["name"]]: row.get("more_usd", 0.0) + row.get("less_usd", 0.0) for row in bars}


@pytest.mark.parametrize("name", CASES)
def test_the_chart_is_the_split_of_the_command(name: str) -> None:
    """Each factor, both costs, order and what is in no part, to 1e-9 of the cost; as `--why --by service --json`."""
    with LocalAzureMonitor() as azure, local(azure.url) as source:
        fill(azure.store, CASES[name]())
        rows = Questions(source.answer, *NOW).shared("cost_change")
        why = read_why(source.answer, NOW, BEFORE, way="service")
    reported = json.loads(why_rendering.as_json(why))
    if reported["verdict"] == "no data":
        assert rows == []
        return
    expected = {one["factor"]: one["usd"] for one in reported["factors"]}
    size = reported["before"]["usd"] + reported["now"]["usd"]
    found = drawn(rows)
    assert [name for name in FACTORS if name in found] == list(found)
    for factor in expected.keys() | found.keys():
        assert found.get(factor, 0.0) == pytest.approx(expected.get(factor, 0.0), abs=1e-9 * size), factor
    assert rows[0]["cost_usd"] == pytest.approx(reported["before"]["usd"], rel=1e-9)
    assert rows[-1]["cost_usd"] == pytest.approx(reported["now"]["usd"], rel=1e-9)
    assert rows[0]["not_split"] == sum(one["attempts"] for one in reported["without_cost"])


@pytest.mark.parametrize("length", [DAY, 3 * DAY, 7 * DAY, 10 * DAY])
def test_the_chart_compares_as_the_command(length: timedelta) -> None:
    """The period before is that of `cost --why`: the same weekdays of earlier weeks."""
    first = NOW[1] - length
    start, _ = before(first, NOW[1])
    one = case("none", 0).attempts[0]
    spread = [replace(one, at=at, call_id=str(at)) for at in (start, start + length / 2, first)]
    with LocalAzureMonitor() as azure, local(azure.url) as source:
        fill(azure.store, envelopes(spread))
        rows = Questions(source.answer, first, NOW[1]).shared("cost_change")
    assert rows[0]["name"].endswith(f"{start:%Y-%m-%d}")
    assert rows[0]["cost_usd"] == pytest.approx(2 * (one.usd or 0.0))
    assert rows[-1]["cost_usd"] == pytest.approx(one.usd)


NAMES = (
    "claude-haiku-5-5", "claude-haiku-5.5-x", "claude-5-5-haiku", "claude-haiku-5-5-20260101", "claude-haiku-5-50",
    "claude-opus-5", "claude-opus-5@20260101", "claude-opus-5-2026-01-01", "claude-opus-5-1", "claude-opus-4-6", "claude-4.6-opus",
    "Claude-Sonnet-4-5", "claude-sonnet-4.6", "claude-sonnet-4", "claude-sonnet-45", "claude-fable-5-1-20260101",
    "claude-fable-5-12", "my-claude-v2", "claude-2", "gpt-5", "",
)  # fmt: skip
"""Names that the list knows by each kind of its patterns, and some that are nearly such."""
DAYS = (datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 11, 5, tzinfo=UTC))


def test_rates_in_kql_are_those_of_the_list() -> None:
    """Of each name, day and tier: the prices that `pricing` has, or none; where the same list is installed."""
    if f"genai-prices {genai_prices.__version__} " not in rates_query.rates_query():
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
    with LocalAzureMonitor() as azure, local(azure.url) as source:
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
