"""Why a period cost more or less than another one: the questions of a run, and the report made of them.

A run asks for the sums of both periods, without and with each of the first tags; for the days before; and for
each cause for its versions, and of its calls for the days before.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache, partial
from typing import Final

from foundry_telemetry.investigate.concurrency import run_concurrently
from foundry_telemetry.investigate.cost import dimensions, split_change, waste
from foundry_telemetry.investigate.cost.band import calls_deviation, read_band
from foundry_telemetry.investigate.cost.cells import read_cells
from foundry_telemetry.investigate.cost.change_parts import Split, report
from foundry_telemetry.investigate.cost.change_report import Why
from foundry_telemetry.investigate.cost.dimensions import OTHER
from foundry_telemetry.investigate.cost.period_rates import TableOf
from foundry_telemetry.investigate.cost.periods import Period
from foundry_telemetry.investigate.cost.queries import Ask, Questions
from foundry_telemetry.investigate.cost.slice_questions import TAG, SliceQuestions, daily
from foundry_telemetry.investigate.filters import Filters
from foundry_telemetry.investigate.sources import Row
from foundry_telemetry.pricing import rate_tables
from foundry_telemetry.pricing.model_prices import Table

MOST_TAGS: Final = 4
"""Tags by which the change is split: the sums are of each combination of their values."""
MOST_ROWS: Final = 2_000
"""Of a way to split; what is beyond them is a unit of its own."""
_MOST: Final = """\
both
| summarize changed = abs(sumif(cost_usd, is_now) - sumif(cost_usd, not(is_now))) by {name}
| order by changed desc, {name} asc
| take 30
| project {name};"""
"""The values of a way to split whose cost changed most."""


def read_why(
    ask: Ask, now: Period, before: Period, filters: Filters | None = None, way: str | None = None
) -> Why:
    """Compare two periods.

    Args:
        ask: Whom: `Source.answer`.
        now: The period that is asked about.
        before: What it is compared with; it ends before the other begins.
        filters: Of which attempts; of all without them.
        way: Split by service, deployment and model alone, or by a tag as well (`tag.<key>`); by default by
            the tag that explains most of the change, if any does.

    Raises:
        ValueError: The periods overlap.
        SourceError: A question was not answered.
    """
    if before[1] > now[0]:
        raise ValueError("the periods overlap; expected the one compared with to end before the other begins")
    only = filters or Filters()
    questions = Questions(ask, before[0], now[1], only)
    ways = _ways(questions) if way is None else (way if way.startswith(TAG) else "",)
    days, answers = run_concurrently(
        partial(daily, questions, now, before), partial(read_cells_of, questions, now, before, ways)
    )
    splits = [split_of(way, rows, now, before) for way, rows in zip(ways, answers, strict=True)]
    more = SliceQuestions(ask, (now, before), only, calls_deviation(days, now, before))
    return report(splits, now, before, read_band(days, now, before), more.variation, more.new_versions, only)


def _ways(questions: Questions) -> tuple[str, ...]:
    """Without a tag, and with each of the first ones."""
    return ("", *(f"{TAG}{key}" for key in questions.tag_keys()[:MOST_TAGS]))


def read_cells_of(questions: Questions, now: Period, before: Period, ways: Sequence[str]) -> list[list[Row]]:
    """The sums of both periods, once for each way to split them.

    Args:
        questions: Of which attempts.
        now: The period that is asked about.
        before: What it is compared with.
        ways: Dimensions, the values of each are units of their own; empty for none.

    Raises:
        SourceError: A question was not answered.
    """
    times = {"Now": now, "Before": before}
    columns = {f"way_{place}": dimensions.read(way).kql if way else "''" for place, way in enumerate(ways)}
    split = [name for name, way in zip(columns, ways, strict=True) if way]
    asked = {
        "Ways": ", ".join(f"{name} = {value}" for name, value in columns.items()),
        "Way": ", ".join(columns),
        "Most": "\n".join(f"let most_{name} = {_MOST.format(name=name)}" for name in split),
        "Kept": ", ".join(
            f"{name} = iff({name} in (most_{name}), {name}, '{OTHER}')" if name in split else f"{name} = ''"
            for name in columns
        ),
        "Tier": waste.tier(),
        "Epoch": waste.epoch(before[0], now[1]),
    }
    found: list[list[Row]] = [[] for _ in ways]
    for row in questions.about("cost_cells", times, **asked):
        found[row["way"]].append(row)
    if all(len(rows) < MOST_ROWS for rows in found):
        return found
    totals = questions.about("cost_by", times, First="''", Second="''")
    return [[*rows, *_rest(rows, totals, now[1])] if len(rows) >= MOST_ROWS else rows for rows in found]


def _rest(rows: Sequence[Row], totals: Sequence[Row], until: datetime) -> Iterable[Row]:
    """What the totals have beyond some rows, as a unit without a model."""
    for is_now, name in ((True, "cost_usd"), (False, "before_usd")):
        own = [row for row in rows if bool(row["is_now"]) == is_now]
        usd = sum(one.get(name, 0.0) for one in totals) - math.fsum(row.get("usd", 0.0) for row in own)
        yield {
            "is_now": is_now,
            "service": OTHER,
            "part": "call",
            "attempts": 1,
            "usd": usd,
            "squares": usd * usd,
            "newest": until,
        }


def split_of(way: str, rows: Iterable[Row], now: Period, before: Period) -> Split:
    """The change by units, from an answer to `read_cells_of`; arguments as there."""
    cells = read_cells(rows)
    return Split(way or None, cells, split_change.shares(cells, _tables(now, before)))


def _tables(now: Period, before: Period) -> TableOf:
    """The rates of models by the number of the price list, as `waste.epoch` numbers them."""
    starts = [before[0], *waste.starts(before[0], now[1])]

    @cache
    def found(model: str, deployment: str, number: int) -> Table | None:
        at_ns = int(starts[number].timestamp()) * 10**9
        return rate_tables.table(model or None, at_ns, deployment=deployment or None)

    return lambda unit, number: found(unit.model, unit.deployment, number)
