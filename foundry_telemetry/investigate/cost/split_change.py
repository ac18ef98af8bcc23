"""The change between two periods, split by unit and factor: from sums of tokens to products, and their parts.

What decides a split is what moved:

- *Volume and model mix*: calls that one deployment or model of a service lost and another one gained are
  mix, up to the smaller of both; the rest of each gain or loss is volume.
- *Cache*: tokens a call that one kind of input (new, read, written) lost and another gained are cache share,
  the same way; between writes of five minutes and of an hour they are the kind of write. The rest is growth
  of the kind.
- *Price*: what the list says for the same tokens on the two days is the list; which tier the prompts are in
  is the tier; what the source of each cost names as a factor is the multiplier. Where a recorded cost is not
  what the list says, the difference counts as the list.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import Final, TypeVar

from msgspec import Struct, structs

from foundry_telemetry.investigate.cost.cells import KINDS, TOKENS, Cells, Sums, Unit
from foundry_telemetry.investigate.cost.factors import Moving, Product, Rate
from foundry_telemetry.investigate.cost.period_rates import TableOf, rates

VOLUME: Final = "volume"
MIX: Final = "model_mix"
RETRIES: Final = "retries"
ABANDONED: Final = "abandoned"
CACHE: Final = "cache_share"
WRITE_KIND: Final = "cache_write_kind"
LIST: Final = "price_list"
TIER: Final = "price_tier"
MULTIPLIER: Final = "multiplier"
UNLISTED: Final = "cost_per_call"
"""Of models whose rates are not known here: no further split."""
FACTORS: Final = (
    *(VOLUME, MIX, "new_input", "cache_read", "cache_write", CACHE, WRITE_KIND, "output", "thinking"),
    *("web_searches", LIST, TIER, MULTIPLIER, RETRIES, ABANDONED, UNLISTED),
)
"""In the order in which they are drawn: from what was asked for to what it cost."""

PRICES: Final = (LIST, MULTIPLIER)
"""Factors that do not vary by chance."""
_EXTRA: Final = {"retry": RETRIES, "abandoned": ABANDONED}
_WRITES: Final = ("cache_write_5m", "cache_write_1h")
_INPUT: Final = ("new_input", "cache_read", *_WRITES)
_BEARS_ON: Final = {
    "new_input": ("new_input",),
    "cache_read": ("cache_read",),
    "cache_write": _WRITES,
    CACHE: _INPUT,
    WRITE_KIND: _WRITES,
    "output": ("output", "thinking"),
    "thinking": ("output", "thinking"),
    "web_searches": ("web_searches",),
    UNLISTED: (UNLISTED,),
}
"""The kinds whose cost a factor moves; without a row all."""
_NOTHING: Final = Sums()


class Share(Struct, frozen=True):
    """The parts of the change that are of one unit and factor."""

    unit: Unit
    factor: str
    usd: float
    base: float
    """US dollars that the factor bears on: before, else now; of a price, which is of all tokens, the mean."""
    chance: float = 0.0
    """Standard deviation of such a part by chance, from the number of attempts."""


def shares(cells: Cells, table_of: TableOf) -> list[Share]:
    """The change of the cost of two periods, in parts that add up to it.

    Args:
        cells: The sums of both periods.
        table_of: The rates of a unit's model.
    """
    moved = _calls(cells).items()
    found = [share for unit, calls in moved for share in _of_unit(unit, calls, cells, table_of)]
    return [
        *(one for one in found if one.factor != MIX),
        *_mixes([one for one in found if one.factor == MIX]),
    ]


def _mixes(found: Iterable[Share]) -> Iterator[Share]:
    """Model mix is of a service, or of a value within it, as a whole: over its units by what they cost."""
    groups: dict[tuple[str, str], list[Share]] = defaultdict(list)
    for one in found:
        groups[one.unit.service, one.unit.value].append(one)
    for group in groups.values():
        usd, base = (math.fsum(getattr(one, name) for one in group) for name in ("usd", "base"))
        for one in group:
            yield structs.replace(one, usd=usd * (one.base / base if base else 1 / len(group)))


def _of_unit(unit: Unit, calls: Moving, cells: Cells, table_of: TableOf) -> Iterator[Share]:
    effects: dict[str, list[float]] = defaultdict(list)
    costs: tuple[dict[str, float], ...] = (defaultdict(float), defaultdict(float))
    for kind in KINDS:
        sides = tuple(side.get((unit, kind), _NOTHING) for side in (cells.before, cells.now))
        if not sides[0].attempts and not sides[1].attempts:
            continue
        numbers = (calls,) if kind == "call" else _extra(calls, sides, _EXTRA[kind])
        for name, product in _products(unit, numbers, sides, table_of):
            for way, cost in enumerate(costs):
                cost[name] += product.value(way)
            for factor, usd in product.effects().items():
                effects[factor].append(usd)
    chance = _chance(unit, cells)
    for factor in FACTORS:
        names = _BEARS_ON.get(factor, (*TOKENS, UNLISTED))
        before, now = (math.fsum(cost[name] for name in names) for cost in costs)
        yield Share(
            unit,
            factor,
            math.fsum(effects.get(factor, ())),
            (before + now) / 2 if factor in PRICES else before or now,
            0.0 if factor in PRICES else chance,
        )


def _chance(unit: Unit, cells: Cells) -> float:
    """The mean cost of both periods times how much the numbers of attempts and their costs vary."""
    usd, rest = 0.0, 0.0
    for side in (cells.before, cells.now):
        own = [side[unit, kind] for kind in KINDS if (unit, kind) in side]
        cost = math.fsum(one.usd for one in own)
        usd += cost / 2
        rest += sum(one.squares for one in own) / cost**2 if cost else 0.0
    return usd * math.sqrt(rest)


def _calls(cells: Cells) -> dict[Unit, Moving]:
    """The calls of each unit, moved by volume and by model mix."""
    counts = {
        unit: tuple(side.get((unit, "call"), _NOTHING).attempts for side in (cells.before, cells.now))
        for unit in cells.units
    }
    groups: dict[tuple[str, str], dict[Unit, float]] = defaultdict(dict)
    for unit, (before, now) in counts.items():
        groups[unit.service, unit.value][unit] = now - before
    moved = {unit: mix for group in groups.values() for unit, mix in _moved(group).items()}
    return {
        unit: Moving(before, {VOLUME: now - before - moved[unit], MIX: moved[unit]})
        for unit, (before, now) in counts.items()
    }


_Key = TypeVar("_Key", bound=Hashable)


def _moved(changes: Mapping[_Key, float]) -> dict[_Key, float]:
    """Of each change, what moved from one to another: the smaller sum of gains and losses, in proportion."""
    gains = sum(one for one in changes.values() if one > 0)
    losses = -sum(one for one in changes.values() if one < 0)
    least = min(gains, losses)
    return {
        key: least * one / (gains if one > 0 else losses) if one and least else 0.0
        for key, one in changes.items()
    }


def _extra(calls: Moving, sides: tuple[Sums, ...], factor: str) -> tuple[Moving, ...]:
    """Attempts beyond one a call: calls times the attempts of a call."""
    ends = (calls.at(0), calls.at(1))
    counts = tuple(side.attempts for side in sides)
    if any(count and not end for count, end in zip(counts, ends, strict=True)):
        return (Moving(counts[0], {factor: counts[1] - counts[0]}),)
    ratios = [count / end if end else None for count, end in zip(counts, ends, strict=True)]
    before, now = (next(one for one in (own, *ratios) if one is not None) for own in ratios)
    return calls, Moving(before, {factor: now - before})


def _products(
    unit: Unit, numbers: tuple[Moving, ...], sides: tuple[Sums, ...], table_of: TableOf
) -> Iterator[tuple[str, Product]]:
    """One product for each kind of token; where rates are unknown one for the whole cost."""
    known = rates(unit, sides, table_of)
    multipliers = [side.multiplier for side in sides]
    if not sides[0].attempts or not sides[1].attempts:
        multipliers = [next(one.multiplier for one in sides if one.attempts)] * 2
    factor = Moving(multipliers[0], {MULTIPLIER: multipliers[1] - multipliers[0]})
    if known is None:
        means = [side.unmultiplied_usd / side.attempts if side.attempts else None for side in sides]
        before, now = (next(one for one in (own, *means) if one is not None) for own in means)
        yield UNLISTED, Product((*numbers, factor), Rate(((before, before), (now, now)), UNLISTED, UNLISTED))
        return
    for name, tokens in _tokens(sides).items():
        if tokens.at(0) or tokens.at(1):
            yield name, Product((*numbers, tokens, factor), Rate(known[name], LIST, TIER))


def _tokens(sides: tuple[Sums, ...]) -> dict[str, Moving]:
    """Tokens a call of each kind, moved by growth, cache share and kind of write."""
    means = [
        {name: side.tokens.get(name, 0) / side.attempts for name in TOKENS} if side.attempts else None
        for side in sides
    ]
    before, now = (next(one for one in (own, *means) if one is not None) for own in means)
    change = {name: now[name] - before[name] for name in TOKENS}
    kinds = _moved({name: change[name] for name in _WRITES})
    rest = {name: change[name] - kinds.get(name, 0.0) for name in ("new_input", "cache_read", *_WRITES)}
    cache = _moved(rest)
    return {
        name: Moving(
            before[name],
            {
                WRITE_KIND: kinds.get(name, 0.0),
                CACHE: cache.get(name, 0.0),
                growth(name): change[name] - kinds.get(name, 0.0) - cache.get(name, 0.0),
            },
        )
        for name in TOKENS
    }


def growth(name: str) -> str:
    """The factor by which the tokens a call of a kind grow, beside what moved between kinds."""
    return "cache_write" if name in _WRITES else name
