"""Ledgers that no service of the demo writes: no prices, no counts, more parts than are listed."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

import pytest

from foundry_telemetry.kql.parameters import TimeRange
from tests.dashboards.answers import Choice, answer
from tests.dashboards.engine import Workspace, near
from tests.dashboards.rows import END, Row

USAGE: dict[str, dict[str, Any]] = {
    "none": {},
    "input alone": {"input_tokens": 700, "usage_complete": False},
    "whole but unpriced": {"input_tokens": 700, "output_tokens": 20, "usage_complete": True},
}


@pytest.mark.parametrize("usage", USAGE)
def test_what_nobody_reported_is_no_zero(usage: str) -> None:
    """A sum of tokens or costs that no attempt reported is unknown, on tiles and in charts alike."""
    row = Row(at=END - timedelta(hours=1), call_id="a" * 16, error_type="overloaded", **USAGE[usage])
    workspace = Workspace([row])
    reported = {}
    for name in ("call_tiles", "cost_tile", "spend_tiles"):
        answered = workspace.ask(name, Choice().values)
        assert answered == near(answer(name, [row], Choice()))
        reported |= {tile["tile"]: tile["value"] for tile in answered}
    assert reported["Input tokens"] == row.input_tokens
    assert reported["Output tokens"] == row.output_tokens
    costs = {reported[tile] for tile in ("Cost", "Month to date", "Wasted spend")}
    assert costs == ({None} if USAGE[usage] else {0})
    for name in ("cost_by_day", "month_to_date"):
        drawn = workspace.ask(name, Choice().values)
        assert drawn == near(answer(name, [row], Choice()))
        assert bool(drawn) != bool(USAGE[usage])


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


def test_of_many_deployments_those_near_their_limit_are_listed() -> None:
    """More rows than are shown: whatever it is called, a deployment near its limit is among them."""
    names = [*(f"deployment-{place:03}" for place in range(100)), "zeta"]
    rows = [
        Row(
            at=END - timedelta(minutes=5),
            call_id=f"{place:016x}",
            deployment=name,
            input_tokens=1,
            output_tokens=1,
        )
        for place, name in enumerate(names)
    ]
    listed = Workspace(rows).ask("limits", Choice(limits="zeta=2//").values)
    assert len(listed) == 250
    assert [(row["limit_type"], row["peak_percent"]) for row in listed if row["limit"] is not None] == [
        ("requests", 50.0)
    ]
