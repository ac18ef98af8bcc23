"""The rates of a model as they stand in a list, for those who price sums of tokens and not single attempts.

A sum can be priced where all its attempts have one model, one day's list and one bracket of prompt lengths:
then its cost is the sum of its tokens, each at its rate.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import TYPE_CHECKING

from foundry_telemetry import pricing
from foundry_telemetry.observation import TokenUsage
from foundry_telemetry.pricing.list_prices import DAY_NS, list_price
from foundry_telemetry.pricing.model_prices import Bracket, Table

if TYPE_CHECKING:
    from genai_prices.types import ModelPrice

_NO_TERMS = TokenUsage()


def table(model: str | None, at_ns: int, *, deployment: str | None = None) -> Table | None:
    """The rates of a model on a day, own ones first, without discount and multiplier. Never raises.

    Args:
        model: The model of the response.
        at_ns: A time of the day, nanoseconds since the epoch.
        deployment: The model of the request.

    Returns:
        ``None`` where the model has no rates.
    """
    agreed = pricing.agreed()
    of_deployment = agreed.terms.get(deployment or "")
    mapped = None if of_deployment is None else of_deployment.model
    own = agreed.own_table((deployment, model, mapped), at_ns // DAY_NS, ())
    if own is not None:
        return own
    listed = (list_price(name, _NO_TERMS, at_ns) for name in (model, mapped) if name)
    return next((found for found in listed if found is not None), None)


def bracket(of: Table, above: int) -> Bracket:
    """The rates of prompts that are just longer than so many tokens."""
    return next(one for one in of.brackets if above + 1 > one.above)


@cache
def tiers() -> tuple[int, ...]:
    """The numbers of tokens above which a prompt of any listed model is in a dearer tier, ascending."""
    from genai_prices.types import TieredPrices  # noqa: PLC0415 - 0.2 s

    values = (value for _, price in _listed() for value in vars(price).values())
    return tuple(
        sorted({tier.start for one in values if isinstance(one, TieredPrices) for tier in one.tiers})
    )


def changes() -> tuple[date, ...]:
    """The UTC days from which a list or own rates of any model hold, ascending."""
    own = {
        rates.since for terms in pricing.agreed().terms.values() for rates in terms.all_rates if rates.since
    }
    return tuple(sorted(own | {since for since, _ in _listed() if since}))


@cache
def _listed() -> tuple[tuple[date | None, ModelPrice], ...]:
    """Each price of the list, with the day from which it holds."""
    return tuple(_prices())


def _prices() -> Iterator[tuple[date | None, ModelPrice]]:
    from genai_prices.data_snapshot import get_snapshot  # noqa: PLC0415 - 0.2 s
    from genai_prices.types import StartDateConstraint  # noqa: PLC0415

    for provider in get_snapshot().providers:
        for model in provider.models if provider.id == "anthropic" else ():
            if not isinstance(model.prices, list):
                yield None, model.prices
                continue
            for one in model.prices:
                dated = isinstance(one.constraint, StartDateConstraint)
                yield one.constraint.start_date if dated else None, one.prices  # type: ignore[union-attr]
