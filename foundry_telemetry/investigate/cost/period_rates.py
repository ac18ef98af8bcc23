"""The four prices of each kind of token of a unit: by the list of either period, with the tiers of either."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Final

from foundry_telemetry.investigate.cost.cells import TOKENS, Sums, Unit
from foundry_telemetry.pricing import rate_tables
from foundry_telemetry.pricing.model_prices import Bracket, Table

RATE_OF: Final = dict(
    zip(
        TOKENS,
        ("input", "cache_read", "cache_write_5m", "cache_write_1h", "output", "output", "web_search"),
        strict=True,
    )
)
"""Of a `Bracket`, by the kind of token."""

TableOf = Callable[[Unit, int], Table | None]
"""The rates of a unit's model by the number of the price list."""

Corners = tuple[tuple[float, float], tuple[float, float]]
"""First by the list, before and now, then by the shares of the tiers, before and now."""


def rates(unit: Unit, sides: tuple[Sums, ...], table_of: TableOf) -> dict[str, Corners] | None:
    """The four prices of each kind of token; nothing where a rate is unknown.

    Where a period has no attempt its prices are those of the other one: it has no part in the change.
    """
    own = [side if side.attempts else other for side, other in zip(sides, sides[::-1], strict=True)]
    tables = [{number: table_of(unit, number) for number, _ in side.by_list} for side in own]
    if any(table is None for each in tables for table in each.values()):
        return None
    found = {}
    for name in TOKENS:
        by_tier = [_by_tier(side, each, name) for side, each in zip(own, tables, strict=True)]
        tiers = [_tier_shares(side, name) for side in own]
        found[name] = [
            [sum(share * _at(prices, tier) for tier, share in shares.items()) for shares in tiers]
            for prices in by_tier
        ]
    recorded = [_recorded(side, found, place) for place, side in enumerate(own)]
    if None in recorded:
        return None
    return {
        name: tuple(
            tuple(price * (recorded[place] or 0.0) for price in row) for place, row in enumerate(corners)
        )  # type: ignore[misc]  # two by two
        for name, corners in found.items()
    }


def _recorded(side: Sums, found: Mapping[str, list[list[float]]], place: int) -> float | None:
    """The recorded cost over what the list says."""
    listed = sum(side.tokens.get(name, 0) * corners[place][place] for name, corners in found.items())
    return side.unmultiplied_usd / listed if listed > 0 else None


def _by_tier(side: Sums, tables: Mapping[int, Table | None], name: str) -> dict[int, float]:
    """The price of a token in each tier, over the price lists of a period by the tokens of each."""
    weights: dict[int, float] = defaultdict(float)
    for (number, _), tokens in side.by_list.items():
        weights[number] += tokens.get(name, 0)
    if not any(weights.values()):
        for (number, _), tokens in side.by_list.items():
            weights[number] += tokens["attempts"]
    whole = sum(weights.values())
    return {
        tier: sum(weight / whole * _price(tables[number], name, tier) for number, weight in weights.items())
        for tier in (0, *rate_tables.tiers())
    }


def _tier_shares(side: Sums, name: str) -> dict[int, float]:
    """Which share of the tokens of a kind is in each tier; without tokens, of the attempts."""
    of = name if side.tokens.get(name) else "attempts"
    weights: dict[int, float] = defaultdict(float)
    for (_, tier), tokens in side.by_list.items():
        weights[tier] += tokens.get(of, 0)
    whole = sum(weights.values())
    return {tier: weight / whole for tier, weight in weights.items()}


def _at(prices: Mapping[int, float], tier: int) -> float:
    return prices[max(one for one in prices if one <= tier)]


def _price(table: Table | None, name: str, tier: int) -> float:
    if table is None:  # pragma: no cover - asked for before
        return 0.0
    found: Bracket = rate_tables.bracket(table, tier) if tier else table.brackets[-1]
    return float((getattr(found, RATE_OF[name]) or 0) / table.scale)
