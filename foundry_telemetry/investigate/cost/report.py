"""The bill of a time: split, compared with the period before, with its forecast and what was wasted.

All sums are of the same numbers as the workbook's: the costs of the ledger, attempt by attempt.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final, NamedTuple

from msgspec import Struct, structs

from foundry_telemetry import pricing
from foundry_telemetry.investigate.concurrency import run_concurrently
from foundry_telemetry.investigate.cost import dimensions, waste
from foundry_telemetry.investigate.cost.budget_states import BudgetState, read_budgets
from foundry_telemetry.investigate.cost.dimensions import EVERY_TAG, OTHER, UNKNOWN, Dimension
from foundry_telemetry.investigate.cost.forecast import HISTORY, Month, read_days, read_month
from foundry_telemetry.investigate.cost.periods import Times, midnight, month_start, previous
from foundry_telemetry.investigate.cost.queries import Ask, Questions
from foundry_telemetry.investigate.cost.waste import Waste, read_waste
from foundry_telemetry.investigate.filters import Filters
from foundry_telemetry.investigate.sources import Row
from foundry_telemetry.limits.budgets import Budget

MOST_ROWS: Final = 500
"""Rows of an answer; what is beyond them is one row `OTHER`."""


class Amounts(Struct, frozen=True, kw_only=True):
    """What some attempts cost and used; unknown counts are absent."""

    cost_usd: float | None = None
    before_usd: float | None = None
    """In the period before."""
    change_usd: float | None = None
    """Unknown where a cost of either period is."""
    wasted_usd: float | None = None
    """Of it for attempts that failed or that their callers abandoned."""
    partial_usd: float | None = None
    """Of responses with incomplete usage, at least; no part of `cost_usd`."""
    units: float | None = None
    """Claude Consumption Units."""
    attempts: int = 0
    before_attempts: int = 0
    unpriced: int = 0
    """Attempts whose usage is complete and whose model, or a part of whose usage, has no rate."""
    incomplete: int = 0
    """Attempts that ended before they reported all usage."""
    new_input: int | None = None
    cache_write: int | None = None
    cache_read: int | None = None
    output: int | None = None
    thinking: int | None = None
    """Part of `output`."""


class Part(Amounts, frozen=True, kw_only=True):
    """A row of the split."""

    part: str
    """The value of the first dimension."""
    second: str | None = None
    """The value of the second one, where there are two."""
    share: float | None = None
    """Of the cost of the split, 0 to 1."""


class Split(Struct, frozen=True, kw_only=True):
    """The bill by one or two dimensions."""

    by: str
    then_by: str | None
    parts: tuple[Part, ...]


class Report(Struct, frozen=True, kw_only=True):
    """All of it."""

    since: datetime
    until: datetime
    before_since: datetime
    before_until: datetime
    filters: tuple[tuple[str, str], ...]
    """Dimension and value of each."""
    usd: float | None
    """Of the time, at the prices that were in force; ``None`` where no cost is known."""
    attempts: int
    unpriced: int
    incomplete: int
    totals: Amounts
    splits: tuple[Split, ...]
    month: Month | None
    budgets: tuple[BudgetState, ...]
    """Of the settings, for all traffic; none where there are filters."""
    waste: Waste | None


def read_report(
    ask: Ask,
    since: datetime,
    until: datetime,
    by: Sequence[str] = ("deployment",),
    *,
    filters: Filters | None = None,
    budgets: Sequence[Budget] = (),
) -> Report:
    """Ask for everything; a few questions at a time.

    Args:
        ask: Whom: `Source.answer`.
        since: Begin of the time.
        until: Its end.
        by: One or two dimensions, as `dimensions.read_all` takes them.
        filters: Of which attempts; of all without them.
        budgets: Whose state is asked for, where there are no filters.

    Raises:
        ValueError: `by` names no dimension.
        SourceError: A question was not answered.
    """
    ways = dimensions.read_all(tuple(by))
    questions = Questions(ask, since, until, filters)
    times: Times = {"Now": (since, until), "Before": previous(since, until)}
    splits = _splits(questions, ways)
    only = (filters or Filters()).named
    begin = min(month_start(until), midnight(until) - HISTORY)
    kinds, cold, tiers, daily, states, *rows = run_concurrently(
        partial(questions.about, "cost_waste", times),
        partial(questions.about, "cost_cold", times),
        partial(_tiers, questions, times),
        partial(questions.about, "cost_daily", {"History": (begin, until)}),
        partial(read_budgets, ask, () if only else budgets, until),
        *(partial(_parts, questions, times, way) for way in splits),
    )
    found = _Answers(times, only, _total(questions, times, rows), kinds, cold, tiers, states)
    by_way = tuple(_split(way, each, found.total) for way, each in zip(splits, rows, strict=True))
    return _report(found, by_way, read_month(read_days(daily), until))


class _Answers(NamedTuple):
    """What was asked for besides the split and the month."""

    times: Times
    filters: tuple[tuple[str, str], ...]
    total: Amounts
    kinds: list[Row]
    cold: list[Row]
    tiers: list[Row]
    budgets: tuple[BudgetState, ...]


def _report(of: _Answers, splits: tuple[Split, ...], month: Month | None) -> Report:
    total, until = of.total, of.times["Now"][1]
    return Report(
        since=of.times["Now"][0],
        until=until,
        before_since=of.times["Before"][0],
        before_until=of.times["Before"][1],
        filters=of.filters,
        usd=total.cost_usd if total.attempts else 0.0,
        attempts=total.attempts,
        unpriced=total.unpriced,
        incomplete=total.incomplete,
        totals=total,
        splits=splits,
        month=month,
        budgets=of.budgets,
        waste=read_waste(of.kinds[0], of.cold, of.tiers, until) if of.kinds else None,
    )


def _total(questions: Questions, times: Times, splits: Sequence[Sequence[Row]]) -> Amounts:
    """The sums of one split; asked for where a split has no room for all rows, or there is none.

    Without attempts in the period before, there is no change.
    """
    rows = splits[0] if splits else ()
    if not splits or len(rows) >= MOST_ROWS:
        rows = _parts(questions, times, ())
    known = {name for row in rows for name in row} & set(Amounts.__struct_fields__)
    sums = {name: [row[name] for row in rows if name in row] for name in known}
    total = _amounts(
        {name: math.fsum(each) if isinstance(each[0], float) else sum(each) for name, each in sums.items()}
    )
    return total if total.before_attempts else structs.replace(total, change_usd=None)


def _splits(questions: Questions, ways: tuple[Dimension, ...]) -> list[tuple[Dimension, ...]]:
    """One split, or one for each tag that attempts have."""
    if ways[0].name != EVERY_TAG:
        return [ways]
    return [(dimensions.tag(key),) for key in questions.tag_keys()]


def _parts(questions: Questions, times: Times, ways: tuple[Dimension, ...]) -> list[Row]:
    first, second = ([one.kql for one in ways] + ["''", "''"])[:2]
    return questions.about("cost_by", times, First=first, Second=second)


def _tiers(questions: Questions, times: Times) -> list[Row]:
    now = {"Now": times["Now"]}
    return questions.about("cost_tiers", now, Tier=waste.tier(), Epoch=waste.epoch(*times["Now"]))


def _split(ways: tuple[Dimension, ...], rows: Sequence[Row], total: Amounts) -> Split:
    parts = [_part(row, ways, total) for row in rows]
    if len(rows) >= MOST_ROWS:
        parts.append(_rest(parts, ways, total))
    if ways[0].is_time:
        parts.sort(key=lambda one: one.part)  # stable: within a time the dearest first
    return Split(by=ways[0].name, then_by=ways[1].name if len(ways) > 1 else None, parts=tuple(parts))


def _part(row: Row, ways: tuple[Dimension, ...], total: Amounts) -> Part:
    amounts = _amounts(row)
    if not total.before_attempts:  # nothing was recorded then
        amounts = structs.replace(amounts, change_usd=None)
    return Part(
        **structs.asdict(amounts),
        part=str(row.get("part") or UNKNOWN),
        second=str(row.get("second") or UNKNOWN) if len(ways) > 1 else None,
        share=_share(amounts.cost_usd, total.cost_usd),
    )


def _amounts(row: Row) -> Amounts:
    known: dict[str, Any] = {name: row[name] for name in Amounts.__struct_fields__ if name in row}
    usd = known.get("cost_usd")
    return Amounts(**known, units=units(usd), change_usd=_change(known))


def units(usd: float | None) -> float | None:
    """Claude Consumption Units, in tenths."""
    return None if usd is None else round(usd / pricing.usd_per_ccu(), 1)


def _change(known: dict[str, Any]) -> float | None:
    """The difference of two costs; a part without an attempt in a period cost nothing."""
    now = known.get("cost_usd", None if known.get("attempts") else 0.0)
    before = known.get("before_usd", None if known.get("before_attempts") else 0.0)
    return None if now is None or before is None else now - before


def _share(usd: float | None, total: float | None) -> float | None:
    return None if usd is None or not total else usd / total


def _rest(parts: Iterable[Part], ways: tuple[Dimension, ...], total: Amounts) -> Part:
    """What the total has beyond some rows."""
    listed = list(parts)
    known: dict[str, Any] = {}
    for name in Amounts.__struct_fields__:
        whole = getattr(total, name)
        if whole is not None and name not in ("units", "change_usd"):
            known[name] = whole - sum(getattr(one, name) or 0 for one in listed)
    amounts = _amounts(known)
    return Part(
        **structs.asdict(amounts),
        part=OTHER,
        second=OTHER if len(ways) > 1 else None,
        share=_share(amounts.cost_usd, total.cost_usd),
    )
