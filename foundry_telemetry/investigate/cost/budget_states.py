"""Where each budget of the settings stands: spent so far, expected by the end, and the day it is reached.

Spent is what a budget counts: costs, and the partial costs of incomplete usage. The forecast is the one of
the month, for the budget's own traffic and window; a window of an hour has none.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final, Literal

from msgspec import Struct

from foundry_telemetry.investigate.concurrency import run_concurrently
from foundry_telemetry.investigate.cost import dimensions
from foundry_telemetry.investigate.cost.forecast import HISTORY, Day, full_days, read_days, rhythm
from foundry_telemetry.investigate.cost.periods import DAY, WEEK, Period, midnight, month_end
from foundry_telemetry.investigate.cost.queries import Ask, Questions
from foundry_telemetry.investigate.filters import Filters
from foundry_telemetry.limits.budgets import Budget, window_start

MOST_VALUES: Final = 3
"""Values of a tag that are shown, those that spent most."""

State = Literal["reached", "will be reached", "not reached", "too little data"]


class BudgetState(Struct, frozen=True, kw_only=True):
    """One budget in its present window, in UTC; US dollars."""

    name: str
    value: str | None
    """Of the budget's tag, if it has one."""
    usd: float
    start: datetime
    end: datetime
    spent_usd: float
    forecast_usd: float | None
    """By the end of the window; ``None`` before the first full day, and for an hour."""
    state: State
    day: datetime | None
    """The UTC day on which it was or will be reached."""


def read_budgets(ask: Ask, budgets: Iterable[Budget], until: datetime) -> tuple[BudgetState, ...]:
    """Ask for the spend of each budget.

    Raises:
        SourceError: A question was not answered.
    """
    asks = [partial(_states, ask, one, until) for one in budgets]
    return tuple(state for found in run_concurrently(*asks) for state in found)


def window(budget: Budget, until: datetime) -> Period:
    """The window that holds the end of a time."""
    start = window_start(budget.window, until - timedelta(microseconds=1))
    lengths = {"hour": timedelta(hours=1), "day": DAY, "week": WEEK}
    return start, month_end(start) if budget.window == "month" else start + lengths[budget.window]


def _states(ask: Ask, budget: Budget, until: datetime) -> list[BudgetState]:
    start, end = window(budget, until)
    if budget.tag is None:
        return [_state(ask, budget, None, until, (start, end))]
    values = [budget.value] if budget.value else _values(ask, budget.tag, start, until)
    return [_state(ask, budget, value, until, (start, end)) for value in values]


def _values(ask: Ask, key: str, start: datetime, until: datetime) -> list[str]:
    """The values of a tag that spent most."""
    times = {"Now": (start, until), "Before": (start, start)}
    of = dimensions.tag(key)
    rows = Questions(ask, start, until).about("cost_by", times, First=of.kql, Second="''")
    return [str(row["part"]) for row in rows if row.get("part")][:MOST_VALUES]


def _state(ask: Ask, budget: Budget, value: str | None, until: datetime, own: Period) -> BudgetState:
    start, end = own
    filters = Filters(tags=((budget.tag, value),)) if budget.tag and value else Filters()
    questions = Questions(ask, start, until, filters)
    history = min(midnight(start), midnight(until) - HISTORY)
    days = read_days(questions.about("cost_daily", {"History": (history, until)}))
    if budget.window == "hour":
        rows = read_days(questions.about("cost_daily", {"History": (start, until)}))
        return _found(budget, value, own, math.fsum(map(_spent, rows)), None, None)
    spent = [(one.day, _spent(one)) for one in days if one.day >= start]
    total = math.fsum(usd for _, usd in spent)
    found = rhythm([_spent(one) for one in full_days(days, until)], midnight(until))
    if found is None:
        return _found(budget, value, own, total, None, _crossed(spent, budget.usd))
    day = _crossed(spent, budget.usd) or found.reaches(budget.usd - total, until, end)
    return _found(budget, value, own, total, total + found.expected(until, end), day)


def _spent(day: Day) -> float:
    return day.usd + day.partial_usd


def _crossed(spent: Sequence[tuple[datetime, float]], usd: float) -> datetime | None:
    total = 0.0
    for day, one in spent:
        total += one
        if total > usd:
            return day
    return None


def _found(  # noqa: PLR0917 - each once
    budget: Budget, value: str | None, own: Period, spent: float, forecast: float | None, day: datetime | None
) -> BudgetState:
    state: State = "reached" if spent > budget.usd else "will be reached" if day else "not reached"
    if state == "not reached" and forecast is None:
        state = "too little data"
    return BudgetState(
        name=budget.name,
        value=value,
        usd=budget.usd,
        start=own[0],
        end=own[1],
        spent_usd=spent,
        forecast_usd=forecast,
        state=state,
        day=day,
    )
