"""Why a period cost more or less than another one: the questions of a run, and the report made of them.

A run asks for the sums of both periods, once without and once with each of the first tags; for the days
before; and for each cause for its versions, and of its calls for the days before.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import cache, partial
from itertools import islice
from typing import Final

from msgspec import Struct

from foundry_telemetry.investigate.concurrency import run_concurrently
from foundry_telemetry.investigate.cost import causes, dimensions, split_change, waste
from foundry_telemetry.investigate.cost.band import WITHOUT_HISTORY, Band, calls_deviation, read_band
from foundry_telemetry.investigate.cost.cells import Cells, Side, read_cells
from foundry_telemetry.investigate.cost.change_report import Cause, Part, PeriodCost, Term, Verdict, Why
from foundry_telemetry.investigate.cost.dimensions import OTHER
from foundry_telemetry.investigate.cost.evidence import evidence
from foundry_telemetry.investigate.cost.periods import DAY, Period, midnight
from foundry_telemetry.investigate.cost.queries import Ask, Questions
from foundry_telemetry.investigate.cost.rounding import rounded_parts
from foundry_telemetry.investigate.cost.split_change import FACTORS, Share, TableOf
from foundry_telemetry.investigate.filters import FilterError, Filters
from foundry_telemetry.investigate.sources import Row
from foundry_telemetry.pricing import rate_tables
from foundry_telemetry.pricing.model_prices import Table

MOST_TAGS: Final = 4
"""Tags by which the change is looked at: each is a question that reads the properties of all attempts."""
MOST_ROWS: Final = 2_000
"""Of an answer; what is beyond them is a unit of its own."""
_NO_CODE: Final = (split_change.VOLUME, split_change.LIST, split_change.MULTIPLIER, split_change.UNLISTED)
"""Factors that no version of a service moves."""
_HISTORY: Final = 35 * DAY
_TAG: Final = "tag."

Versions = Callable[[causes.Terms], tuple[str, ...]]


class Split(Struct, frozen=True):
    """The change by units, with the values of a tag or without."""

    dimension: str | None
    cells: Cells
    shares: list[Share]


def read_why(ask: Ask, now: Period, before: Period, filters: Filters | None = None) -> Why:
    """Compare two periods.

    Args:
        ask: Whom: `Source.answer`.
        now: The period that is asked about.
        before: What it is compared with; it ends before the other begins.
        filters: Of which attempts; of all without them.

    Raises:
        ValueError: The periods overlap.
        SourceError: A question was not answered.
    """
    if before[1] > now[0]:
        raise ValueError("the periods overlap; expected the one compared with to end before the other begins")
    only = filters or Filters()
    questions = Questions(ask, before[0], now[1], only)
    keys = questions.tag_keys()[:MOST_TAGS]
    ways = ("", *(f"{_TAG}{key}" for key in keys))
    daily, *answers = run_concurrently(
        partial(_daily, questions, now, before),
        *(partial(read_cells_of, questions, now, before, way) for way in ways),
    )
    splits = [split_of(way, rows, now, before) for way, rows in zip(ways, answers, strict=True)]
    more = _More(ask, (now, before), only, calls_deviation(daily, now, before))
    return report(splits, now, before, read_band(daily, now, before), more.variation, more.new_versions, only)


def _daily(questions: Questions, now: Period, before: Period) -> list[Row]:
    first = midnight(min(before[0], now[0] - _HISTORY))
    return questions.about("cost_daily", {"History": (first, now[1])})


def read_cells_of(questions: Questions, now: Period, before: Period, way: str) -> list[Row]:
    """The sums of both periods.

    Args:
        questions: Of which attempts.
        now: The period that is asked about.
        before: What it is compared with.
        way: A dimension whose values are units of their own; empty for none.

    Raises:
        SourceError: A question was not answered.
    """
    times = {"Now": now, "Before": before}
    value = dimensions.read(way).kql if way else "''"
    lists = waste.epoch(before[0], now[1])
    rows = questions.about("cost_cells", times, Value=value, Tier=waste.tier(), Epoch=lists)
    if len(rows) < MOST_ROWS:
        return rows
    return [*rows, *_rest(rows, questions.about("cost_by", times, First="''", Second="''"), now[1])]


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
    """The change by units, from the answer to `read_cells_of`; arguments as there."""
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


class _More:
    """Asks about single slices, each once."""

    def __init__(self, ask: Ask, times: tuple[Period, Period], filters: Filters, of_all: float) -> None:
        self._ask = ask
        self._times = times
        self._filters = filters
        self._of_all = of_all

    def variation(self, terms: causes.Terms) -> float:
        """How much the calls of a slice vary; of all traffic without terms."""
        if not terms:
            return self._of_all
        questions = self._questions(terms)
        if questions is None:
            return WITHOUT_HISTORY
        return calls_deviation(_daily(questions, *self._times), *self._times)

    def new_versions(self, terms: causes.Terms) -> tuple[str, ...]:
        """Versions of a slice that were not there before."""
        questions = self._questions(terms)
        if questions is None:
            return ()
        now, before = self._times
        of = dimensions.read("version").kql
        rows = questions.about("cost_by", {"Now": now, "Before": before}, First=of, Second="''")
        if not any(row.get("part") and row["before_attempts"] for row in rows):
            return ()
        return tuple(str(row["part"]) for row in rows if row.get("part") and not row["before_attempts"])

    def _questions(self, terms: causes.Terms) -> Questions | None:
        """Asks about the attempts of a slice; nobody where a value of it cannot be asked for."""
        own = self._filters
        values = {"service": own.services, "deployment": own.deployments, "model": own.models}
        tags = own.tags
        for name, value in terms:
            if name.startswith(_TAG):
                tags = (*((k, v) for k, v in tags if k != name[len(_TAG) :]), (name[len(_TAG) :], value))
            else:
                values[name] = (value,)
        try:
            filters = Filters(
                services=values["service"],
                deployments=values["deployment"],
                models=values["model"],
                tags=tags,
            )
        except FilterError:
            return None
        now, before = self._times
        return Questions(self._ask, before[0], now[1], filters)


def report(  # noqa: PLR0917 - each once
    splits: Sequence[Split],
    now: Period,
    before: Period,
    band: Band | None,
    variation: causes.Variation,
    new_versions: Versions,
    filters: Filters,
) -> Why:
    """The report of what was answered.

    Args:
        splits: The first one without a tag.
        now: The period that is asked about.
        before: What it is compared with.
        band: What is usual.
        variation: Of the calls of a slice.
        new_versions: Of a slice.
        filters: Of which attempts.
    """
    chosen = _clearest(splits)
    costs = [_cost(period, side) for period, side in ((before, chosen.cells.before), (now, chosen.cells.now))]
    change = costs[1].usd - costs[0].usd
    total = max(costs[0].usd, costs[1].usd)
    has_both = bool(costs[0].attempts and costs[1].attempts)
    found = _causes(chosen, total, variation) if has_both else []
    decimals = 2 if total >= 1 else 4
    shown = round(costs[1].usd, decimals) - round(costs[0].usd, decimals)
    parts = _parts(chosen.shares, found, shown, decimals)
    usual = not found and (band is None or band.holds(costs[0].usd, costs[1].usd))
    verdict: Verdict = "no data" if not has_both else "usual" if usual else "change"
    return Why(
        verdict=verdict,
        now=costs[1],
        before=costs[0],
        change_usd=change,
        change_ratio=change / costs[0].usd if costs[0].usd else None,
        band=band,
        filters=tuple(Term(dimension=name, value=value) for name, value in filters.named),
        causes=tuple(_cause(one, parts, chosen.cells, change, new_versions) for one in found),
        parts=tuple(part for _, part in parts),
        factors=_by_factor([part for _, part in parts], shown, decimals),
        without_cost=chosen.cells.without,
    )


def _causes(chosen: Split, total: float, variation: causes.Variation) -> list[causes.Cause]:
    """The causes, the largest first."""
    found = causes.find(chosen.shares, chosen.cells, chosen.dimension, total, variation)
    return sorted(islice(found, causes.MOST), key=lambda one: -abs(one.usd))


def _clearest(splits: Sequence[Split]) -> Split:
    """The split by the tag that narrows the change down best; without one, that without a tag."""
    found = []
    for place, one in enumerate(splits):
        if one.dimension:
            explained = causes.narrowed(one.shares, causes.slices(one.shares, one.dimension))
            found += [(explained, -place)] if explained is not None else []
    return splits[-max(found)[1] if found else 0]


def _cost(period: Period, side: Side) -> PeriodCost:
    return PeriodCost(
        since=period[0],
        until=period[1],
        usd=math.fsum(one.usd for one in side.values()),
        attempts=sum(one.attempts for one in side.values()),
    )


_Keyed = tuple[tuple[str, causes.Terms], Part]


def _parts(
    shares: Sequence[Share], found: Sequence[causes.Cause], total: float, decimals: int
) -> list[_Keyed]:
    """All of the change: each cause, and of each factor the rest."""
    sums: dict[tuple[str, causes.Terms], list[float]] = {}
    for one in shares:
        cause = next((c for c in found if c.factor == one.factor and one.unit in c.units), None)
        sums.setdefault((one.factor, cause.terms if cause else ()), []).append(one.usd)
    totals = {key: math.fsum(values) for key, values in sums.items()}
    keys = sorted(
        (key for key, usd in totals.items() if usd), key=lambda key: (FACTORS.index(key[0]), key[1])
    )
    rounded = rounded_parts([totals[key] for key in keys], total, decimals)
    return [
        (key, Part(factor=key[0], terms=_terms(key[1]), usd=totals[key], rounded_usd=usd))
        for key, usd in zip(keys, rounded, strict=True)
    ]


def _by_factor(parts: Sequence[Part], total: float, decimals: int) -> tuple[Part, ...]:
    sums = {name: math.fsum(one.usd for one in parts if one.factor == name) for name in FACTORS}
    named = [name for name, usd in sums.items() if usd]
    rounded = rounded_parts([sums[name] for name in named], total, decimals)
    return tuple(
        Part(factor=name, terms=(), usd=sums[name], rounded_usd=usd)
        for name, usd in zip(named, rounded, strict=True)
    )


def _terms(terms: causes.Terms) -> tuple[Term, ...]:
    return tuple(Term(dimension=name, value=value) for name, value in terms)


def _cause(
    cause: causes.Cause, parts: Sequence[_Keyed], cells: Cells, change: float, new_versions: Versions
) -> Cause:
    part = dict(parts)[cause.factor, cause.terms]
    return Cause(
        factor=cause.factor,
        terms=part.terms,
        usd=part.usd,
        rounded_usd=part.rounded_usd,
        share=part.usd / change if change else None,
        evidence=evidence(cause.factor, cells, cause.units),
        new_versions=() if cause.factor in _NO_CODE else new_versions(cause.terms),
    )
