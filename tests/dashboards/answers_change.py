"""What the query of a change of the cost must answer: the split of `cost --why`, over plain sums."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from foundry_telemetry.investigate.cost.cells import Unit, read_cells
from foundry_telemetry.investigate.cost.periods import before
from foundry_telemetry.investigate.cost.split_change import FACTORS, shares
from foundry_telemetry.investigate.cost.why_texts import SHORT
from foundry_telemetry.pricing import rate_tables
from foundry_telemetry.pricing.model_prices import Table
from tests.dashboards.answers_money import period_of
from tests.dashboards.reference_answers import Answer, Choice, let_through, rounded, within
from tests.dashboards.rows import Row

NAMES = ("name", "cost_usd", "more_usd", "less_usd", "share_percent", "not_split")
SUMS = {
    "input": "input_tokens",
    "cache_read": "cache_read_tokens",
    "cache_write": "cache_write_tokens",
    "cache_write_1h": "cache_write_1h_tokens",
    "output": "output_tokens",
    "thinking": "thinking_tokens",
}


def _cells(sides: tuple[list[Row], list[Row]]) -> Iterator[dict[str, Any]]:
    """Each attempt with a cost as the answer of `cost_cells` has it."""
    billed: dict[str, int] = {}
    for row in (*sides[0], *sides[1]):
        if row.cost_usd is not None:
            billed[row.call_id] = min(row.attempt_number, billed.get(row.call_id, row.attempt_number))
    for is_now, side in enumerate(sides):
        for row in side:
            if row.cost_usd is not None:
                yield _cell(row, bool(is_now), billed[row.call_id])


def _cell(row: Row, is_now: bool, first: int) -> dict[str, Any]:
    is_left = row.outcome in ("abandoned", "cancelled")
    part = "abandoned" if is_left else "retry" if row.attempt_number > first else "call"
    tier = max((one for one in rate_tables.tiers() if (row.input_tokens or 0) > one), default=0)
    return {
        "is_now": is_now,
        "service": row.service,
        "deployment": row.deployment or "",
        "model": row.model or "",
        "part": part,
        "tier": tier,
        "attempts": 1,
        "usd": row.cost_usd,
        "newest": row.at,
        **{name: getattr(row, column) or 0 for name, column in SUMS.items()},
    }


def cost_change(rows: list[Row], choice: Choice) -> Answer:
    """Why did the period cost more or less?"""
    now = period_of(choice)
    earlier = before(*now)
    reported = let_through(rows, choice)
    sides = within(reported, *earlier), within(reported, *now)
    costs = [[row.cost_usd for row in side if row.cost_usd is not None] for side in sides]
    if not all(costs):
        return []
    old, new = map(math.fsum, costs)

    def table_of(unit: Unit, _: int) -> Table | None:
        at_ns = int(now[0].timestamp()) * 10**9
        return rate_tables.table(unit.model or None, at_ns)

    usd = dict.fromkeys(FACTORS, 0.0)
    for one in shares(read_cells(_cells(sides)), table_of):
        usd[one.factor] += one.usd
    outside = sum(
        row.cost_usd is None and (row.input_tokens is not None or row.output_tokens is not None)
        for side in sides
        for row in side
    )
    ends = [("Before", earlier[0], old), ("Now", now[0], new)]
    first, last = (_row(name=_begin(*end[:2]), cost_usd=end[2], not_split=outside) for end in ends)
    bars = [_bar(name, usd[name], new - old) for name in FACTORS if abs(usd[name]) > 1e-12 * (old + new)]
    return [first, *bars, last]


def _begin(word: str, start: datetime) -> str:
    return f"{word}: {start:%Y-%m-%d %H:%M}".removesuffix(" 00:00")


def _bar(factor: str, usd: float, change: float) -> dict[str, Any]:
    side = "more_usd" if usd > 0 else "less_usd"
    share = rounded(100 * usd / change, 4) if change else None
    return _row(name=SHORT[factor], share_percent=share, **{side: usd})


def _row(**reported: Any) -> dict[str, Any]:
    return {name: reported.get(name) for name in NAMES}
