"""What one attempt costs: ``genai-prices`` behind one function, and what the user says of prices.

*List price*: what the ``genai-prices`` package says. *Own rates*: what the user says in its place. *Partial
cost*: what is sure of an answer that ended before it reported its output: its input at its price; the bill is
higher. It is never added to a cost.

A cost is computed in whole numbers and rounded once, so it equals what the package computes in decimals.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import ClassVar, Final

from msgspec.structs import force_setattr, replace

from foundry_telemetry.dropped_items import Reason, Signal
from foundry_telemetry.observation import Cost, Observation, TokenUsage
from foundry_telemetry.pricing.list_prices import DAY_NS, Factors, list_price
from foundry_telemetry.pricing.model_prices import Table, apply, without_output
from foundry_telemetry.pricing.overrides import USD_PER_CCU, Agreed, Rates, Terms, check_factor
from foundry_telemetry.schema.value import Missing
from foundry_telemetry.wire.sanitize import clean_deployment

__all__ = [
    "Cost",
    "Missing",
    "Price",
    "Rates",
    "Terms",
    "cost",
    "missing",
    "partial_cost",
    "preload",
    "set_prices",
]


class Price:
    """The listener that completes an observation with its cost, so that it is whole for all others."""

    signal: ClassVar = Signal.ATTEMPTS
    reason: ClassVar = Reason.INTERNAL_ERROR
    is_deferred: ClassVar = False

    def finished(self, observation: Observation, _: object) -> None:
        """Price what was used, as far as it is known."""
        usage = observation.usage
        if not usage.is_reported:
            return
        estimate = cost if usage.complete else partial_cost
        found = estimate(
            observation.response_model, usage, observation.started_ns, deployment=observation.deployment
        )
        if found is not None:  # it is frozen for all who have it, and nobody has it yet
            force_setattr(observation, "partial_cost_usd" if found.is_partial else "cost_usd", found.usd)
            force_setattr(observation, "cost_source", found.source)


_logger = logging.getLogger(__name__)

_AT_START: Final = Agreed()
_agreed = _AT_START
_own_tables: dict[tuple[str | None, str | None, int, Factors], Table | None] = {}
_KEPT: Final = 256


def cost(model: str | None, usage: TokenUsage, at_ns: int, *, deployment: str | None = None) -> Cost | None:
    """Price one attempt. Never raises.

    Args:
        model: The model of the response, such as ``claude-sonnet-5-5``.
        usage: Its final counters. Cache writes of unknown lifetime count as five-minute writes.
        at_ns: When the request was made, nanoseconds since the epoch.
        deployment: The model of the request; what was set for it wins over what was set for the model.

    Returns:
        The estimate, or ``None`` when the model has no price or not all counters are reported.
    """
    try:
        if not usage.complete or usage.input_tokens is None or usage.output_tokens is None:
            return None
        if usage.has_other_charges:
            return None
        table = _table(model, usage, at_ns, deployment)
        usd = None if table is None else apply(table, usage)
        return None if usd is None or table is None else Cost(usd, table.source)
    except Exception:
        _logger.debug("No cost for model %r", model, exc_info=True)
        return None


def partial_cost(
    model: str | None, usage: TokenUsage, at_ns: int, *, deployment: str | None = None
) -> Cost | None:
    """Price the input of an attempt whose output was not reported; arguments as for `cost`. Never raises."""
    if usage.complete or usage.output_tokens is not None:
        return None
    found = cost(model, without_output(usage), at_ns, deployment=deployment)
    return None if found is None else Cost(found.usd, found.source, is_partial=True)


def missing(model: str | None, usage: TokenUsage, at_ns: int, *, deployment: str | None = None) -> Missing:
    """Why `cost` gives ``None``; arguments as there. Never raises."""
    if not usage.complete or usage.input_tokens is None or usage.output_tokens is None:
        return "incomplete"
    plain = TokenUsage(input_tokens=1, output_tokens=1, complete=True)
    if cost(model, plain, at_ns, deployment=deployment) is not None:
        return "unpriced_usage"
    return "no_model" if model is None else "unknown_model"


def set_prices(
    prices: Mapping[str, Terms | Rates | float], *, discount: float = 1.0, usd_per_ccu: float = USD_PER_CCU
) -> None:
    """Replace all that was set before; an empty mapping alone brings the list prices back.

    Args:
        prices: By deployment or model name: `Terms`, or `Rates` alone, or a multiplier alone, such as ``1.1``
            for a US Data Zone deployment.
        discount: Factor on every list price: 0.9 where ten percent off were agreed.
        usd_per_ccu: US dollars for one Claude Consumption Unit.

    Raises:
        TypeError: A name is not a string, or a value is of none of these types.
        ValueError: A name is empty, or a number is not above 0.
    """
    global _agreed  # noqa: PLW0603 - one assignment swaps all of it, so readers need no lock
    check_factor("set_prices: discount", discount)
    check_factor("set_prices: usd_per_ccu", usd_per_ccu, expected="US dollars, above 0")
    terms = {_name(name): _terms(name, value) for name, value in prices.items()}
    terms |= {clean_deployment(name) or name: value for name, value in terms.items()}  # as records have it
    _agreed = Agreed(terms, () if discount == 1 else (float(discount),), float(usd_per_ccu))
    _own_tables.clear()


def usd_per_ccu() -> float:
    """US dollars for one Claude Consumption Unit, as set."""
    return _agreed.usd_per_ccu


def agreed() -> Agreed:
    """All that was set."""
    return _agreed


def is_untouched() -> bool:
    """Whether nothing was set so far."""
    return _agreed is _AT_START


def preload() -> None:
    """Load the price list (about 0.2 s), so that no call has to wait for it. Never raises."""
    list_price("claude-sonnet-5", TokenUsage(), 0)


def _name(name: object) -> str:
    if not isinstance(name, str):
        raise TypeError(f"set_prices: expected a deployment or model name, got {name!r}")
    if not name:
        raise ValueError("set_prices: expected a deployment or model name, got ''")
    return name


def _terms(name: str, value: Terms | Rates | float) -> Terms:
    if isinstance(value, Terms):
        return value
    if isinstance(value, Rates):
        return Terms(rates=value)
    check_factor(
        f"set_prices: the price of {name!r}", value, expected="Terms(...), Rates(...) or a factor above 0"
    )
    return Terms(multiplier=float(value))


def _table(model: str | None, usage: TokenUsage, at_ns: int, deployment: str | None) -> Table | None:
    agreed = _agreed
    if not agreed.terms:
        return None if model is None else list_price(model, usage, at_ns, agreed.discount)
    of_deployment = agreed.terms.get(deployment or "")
    mapped = of_deployment.model if of_deployment is not None else None
    multiplier = agreed.multiplier(deployment, model)
    own = _own_table(agreed, (deployment, model, mapped), at_ns // DAY_NS, multiplier)
    if own is not None:
        return own
    if multiplier:  # says what the place costs
        usage = replace(usage, inference_geo=None)
    for name in (model, mapped):
        table = None if name is None else list_price(name, usage, at_ns, (*agreed.discount, *multiplier))
        if table is not None:
            return table
    return None


def _own_table(
    agreed: Agreed, names: tuple[str | None, str | None, str | None], day: int, factors: Factors
) -> Table | None:
    key = (names[0], names[1], day, factors)
    try:
        return _own_tables[key]
    except KeyError:
        pass
    if len(_own_tables) >= _KEPT:
        _own_tables.clear()
    table = _own_tables[key] = agreed.own_table(names, day, factors)
    return table
