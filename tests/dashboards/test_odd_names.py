"""Names as people give them: a filter offers those that can stand in a query, and finds their attempts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cache
from random import Random

import pytest

from dashboards.builder.grafana.references import in_kql, kinds_of
from dashboards.builder.grafana.variables import variables
from dashboards.builder.layout import WORKBOOK
from foundry_telemetry.kql import compose
from foundry_telemetry.kql.parameters import TimeRange, substitute
from tests.dashboards.answers import Choice, answer
from tests.dashboards.engine import Workspace, near
from tests.dashboards.grafana_source import fill
from tests.dashboards.rows import END, Row

OFFERED = (
    *("Acme, Inc.", "Müller & Söhne", "日本語", "שלום", "🚀 launch", "dep%5B1m%5D", "a+b", "=1+1", "a|b"),
    *("x;y", "[shop]/checkout", "<b>", "acme", "ACME", "Acme", "#1", "null", "toString", " lead", "100 %"),
    "x" * 128,
)
WITHHELD = (
    *("o'brien", 'say "hi"', "a\\", "`", "*", "$__timeFilter(x)", "${Model}", "{Model}", "{TimeRange:start}"),
    *("new\nline", "tab\t", "\u2028", "\u202eevil", "x" * 129),
)
"""What could end a string, stands for something, or is not printed."""
NAMES = (*OFFERED, *WITHHELD)
LISTS = {
    "deployment_names": "deployments",
    "service_names": "services",
    "model_names": "models",
    "tag_values": "tag_values",
}
"""Query: which choice it fills."""


@cache
def world() -> tuple[list[Row], Workspace]:
    """One attempt of each name, which is its deployment, service, model and tenant, now and before."""
    rows = [
        Row(
            at=END - timedelta(minutes=minutes),
            call_id=f"{place:08x}{minutes:08x}",
            deployment=name,
            service=name,
            model=name,
            tags=(("tenant", name),),
            duration_ms=20.0,
        )
        for place, name in enumerate(NAMES)
        for minutes in (30, 420)
    ]
    return rows, Workspace(rows)


@pytest.mark.parametrize("name", LISTS)
def test_a_filter_offers_every_name_that_can_stand_in_a_query(name: str) -> None:
    """Signs of any script and most marks may be chosen; none that could leave its string."""
    rows, workspace = world()
    reported = workspace.ask(name, Choice().values)
    assert reported == answer(name, rows, Choice())
    assert [*map(tuple, map(dict.values, reported))] == [(one,) for one in sorted(OFFERED)]


def test_a_chosen_name_finds_its_attempts_alone() -> None:
    """All at once, through each filter, as the workbook and as Grafana put them into the query."""
    rows, workspace = world()
    kinds = kinds_of(WORKBOOK)
    declared = variables(WORKBOOK, kinds)
    text = in_kql(compose.whole("by_deployment"), kinds)
    for kind in LISTS.values():
        chosen = {kind: OFFERED}
        choice = replace(Choice(), **chosen)
        expected = answer("by_deployment", rows, choice)
        assert {row["deployment"] for row in expected} == {*OFFERED}
        assert workspace.ask("by_deployment", choice.values) == near(expected)
        put = {key: value for key, value in choice.values.items() if not isinstance(value, TimeRange)}
        asked = fill(text, declared, put, choice.time)
        drawn = substitute(compose.whole("by_deployment"), choice.values)
        assert _filters(asked) == _filters(drawn)


def _filters(text: str) -> list[str]:
    return [line for line in text.splitlines() if "'*'" in line]


def test_what_is_not_priced_is_cut_in_the_order_shown() -> None:
    """Of more parts than are listed, those come last that are left out: also where no cost orders them."""
    chance = Random(5)  # noqa: S311 - seeded, so that runs are alike
    parts = [(f"part-{place:03}", chance.randint(1, 3)) for place in range(300)]
    rows = [
        Row(at=END - timedelta(hours=1), call_id=f"{place:016x}", deployment=part, model="m", input_tokens=1)
        for place, part in enumerate(part for part, count in parts for _ in range(count))
    ]
    choice = Choice(split_by="deployment", then_by="model")
    assert Workspace(rows).ask("money_by", choice.values) == near(answer("money_by", rows, choice))


@pytest.mark.parametrize("period", ["range", "today", "this_month"])
def test_no_bin_of_the_cost_is_before_its_period(period: str) -> None:
    """A range that begins within an hour has no bin of the whole hour, which would stretch the axis."""
    priced = Row(at=END - timedelta(minutes=5), call_id="a" * 16, deployment="d", cost_usd=0.5)
    time = TimeRange(END - timedelta(minutes=40), END, timedelta(minutes=1))
    choice = Choice(time=time, period=period)
    reported = Workspace([priced]).ask("cost_over_time", choice.values)
    assert reported == near(answer("cost_over_time", [priced], choice))
