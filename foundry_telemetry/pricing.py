"""What one attempt costs: ``genai-prices`` behind one function.

*List price*: what the ``genai-prices`` package says. *Rate*: US dollars for one token, or for one search.
*Bracket*: a range of prompt lengths with rates of its own; the whole request is billed at the rates of the
bracket its prompt (uncached input, cache writes and cache reads) falls into. *Override*: what the user says.

Asking the package takes about 100 microseconds, so it is asked once for each model and UTC day (its prices
change by date) and its answers are kept as floats. A cost is then a few multiplications.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from foundry_telemetry.observation import TokenUsage

if TYPE_CHECKING:
    from decimal import Decimal

    from genai_prices.types import ModelInfo, ModelPrice

_logger = logging.getLogger(__name__)

_DAY_S: Final = 86_400
_DAY_NS: Final = _DAY_S * 10**9

_KEPT: Final = 256
"""Price tables kept; model ids come from the server, so their number must be bounded."""


class Cost(Struct, frozen=True, gc=False):
    """An estimate, and where its prices come from."""

    usd: float
    source: str
    """``genai-prices 0.2.3``, the same with ``x 1.1`` for a multiple of it, or ``override``."""


class Rates(Struct, frozen=True, kw_only=True, gc=False):
    """Prices of your own, US dollars for a million tokens.

    Raises:
        TypeError: A price is not a number.
        ValueError: A price is negative, infinite or not a number.
    """

    input: float
    output: float
    cache_read: float
    cache_write_5m: float
    cache_write_1h: float
    web_searches: float | None = None
    """US dollars for a thousand searches; without it a call that searched has no known cost."""

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if value is not None or name != "web_searches":
                _check_number(f"Rates.{name}", value)


class _Bracket(Struct, frozen=True, gc=False):
    """The rates of prompts longer than `above` tokens, US dollars for one of each."""

    above: int
    call: float
    input: float
    output: float
    cache_read: float
    cache_write_5m: float
    cache_write_1h: float
    web_search: float | None


class _Table(Struct, frozen=True, gc=False):
    """The brackets of one model, longest prompts first; the last takes every prompt."""

    brackets: tuple[_Bracket, ...]
    source: str


_TableKey = tuple[str, int, str | None, str | None]
_tables: dict[_TableKey, _Table | None] = {}
_overrides: Mapping[str, _Table | float] = {}


def cost(model: str | None, usage: TokenUsage, at_ns: int, *, deployment: str | None = None) -> Cost | None:
    """Price one attempt. Never raises.

    Args:
        model: The model of the response, such as ``claude-sonnet-5-5``.
        usage: Its final counters. Cache writes of unknown lifetime count as five-minute writes.
        at_ns: When the request was made, nanoseconds since the epoch.
        deployment: The model of the request; overrides given for it win over those for the model.

    Returns:
        The estimate, or ``None`` when the model has no price or the counters are not all told.
    """
    try:
        if not usage.complete or usage.input_tokens is None or usage.output_tokens is None:
            return None
        override = None
        if _overrides:
            override = _overrides.get(deployment or "") or _overrides.get(model or "")
        if isinstance(override, _Table):
            return _apply(override, usage)
        table = None if model is None else _list_price(model, usage, at_ns)
        if table is None:
            return None
        found = _apply(table, usage)
        if override is None or found is None:
            return found
        return Cost(found.usd * override, f"{found.source} x {override:g}")
    except Exception:
        _logger.debug("No cost for model %r", model, exc_info=True)
        return None


def set_prices(prices: Mapping[str, Rates | float]) -> None:
    """Replace all overrides; an empty mapping removes them.

    Args:
        prices: By deployment or model name, either `Rates` or a factor on the list price, such as ``1.1`` for
            a US Data Zone deployment.

    Raises:
        TypeError: A name is not a string, or a value is neither `Rates` nor a number.
        ValueError: A name is empty, or a factor is not above 0.
    """
    global _overrides  # noqa: PLW0603 - one assignment swaps the whole mapping, so readers need no lock
    overrides: dict[str, _Table | float] = {}
    for name, value in prices.items():
        if not isinstance(name, str):
            raise TypeError(f"set_prices: expected a deployment or model name, got {name!r}")
        if not name:
            raise ValueError("set_prices: expected a deployment or model name, got ''")
        if isinstance(value, Rates):
            overrides[name] = _Table((_own_bracket(value),), "override")
            continue
        _check_number(f"set_prices: the price of {name!r}", value, expected="Rates(...) or a factor above 0")
        if value == 0:
            raise ValueError(f"set_prices: the price of {name!r} is 0; expected a factor above 0")
        overrides[name] = float(value)
    _overrides = overrides


def preload() -> None:
    """Load the price list (about 0.2 s), so that no call has to wait for it. Never raises."""
    _list_price("claude-sonnet-5", TokenUsage(), 0)


def _check_number(what: str, value: object, *, expected: str = "US dollars, 0 or more") -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{what} is {value!r}; expected {expected}")
    if not math.isfinite(value) or value < 0:
        raise ValueError(f"{what} is {value!r}; expected {expected}")


def _own_bracket(rates: Rates) -> _Bracket:
    return _Bracket(
        above=-1,
        call=0.0,
        input=rates.input / 1e6,
        output=rates.output / 1e6,
        cache_read=rates.cache_read / 1e6,
        cache_write_5m=rates.cache_write_5m / 1e6,
        cache_write_1h=rates.cache_write_1h / 1e6,
        web_search=None if rates.web_searches is None else rates.web_searches / 1e3,
    )


def _apply(table: _Table, usage: TokenUsage) -> Cost | None:
    """Multiply; the counters of `usage` are final."""
    if usage.compaction_input_tokens or usage.compaction_output_tokens:
        return None  # billed, but how much of it came from the cache is not told
    tokens = usage.input_tokens or 0
    reads = usage.cache_read_input_tokens or 0
    hour = usage.cache_creation_1h or 0
    writes = usage.cache_creation_input_tokens
    if writes is None:
        writes = (usage.cache_creation_5m or 0) + hour
    if hour > writes:
        return None
    prompt = tokens + reads + writes
    for bracket in table.brackets:  # pragma: no branch - the last one takes every prompt
        if prompt > bracket.above:
            break
    usd = (
        bracket.call
        + tokens * bracket.input
        + (usage.output_tokens or 0) * bracket.output
        + reads * bracket.cache_read
        + (writes - hour) * bracket.cache_write_5m
        + hour * bracket.cache_write_1h
    )
    if usage.web_search_requests:
        if bracket.web_search is None:
            return None
        usd += usage.web_search_requests * bracket.web_search
    return Cost(usd, table.source)


def _list_price(model: str, usage: TokenUsage, at_ns: int) -> _Table | None:
    """Return the list price of `model` on the day of `at_ns`. Never raises.

    Two threads may both ask the package; they get the same answer.
    """
    key = (model, at_ns // _DAY_NS, usage.speed, usage.service_tier)
    try:
        return _tables[key]
    except KeyError:
        pass
    table = None  # remembered like any other answer
    try:
        table = _ask(*key)
    except Exception:  # a model the package does not know is a LookupError
        _logger.debug("No price for model %r", model, exc_info=True)
    if len(_tables) >= _KEPT:
        _tables.clear()
    _tables[key] = table
    return table


def _ask(model: str, day: int, speed: str | None, service_tier: str | None) -> _Table | None:
    """Ask the package; the UTC day is counted from the epoch.

    Raises:
        LookupError: The package does not know the model.
    """
    import genai_prices  # noqa: PLC0415 - 0.2 s

    context: dict[str, str] = {}
    if speed is not None:
        context["speed"] = speed
    if service_tier == "batch":
        context["processing"] = "batch"
    answer = genai_prices.calc_price(
        genai_prices.Usage(),
        model,
        provider_id="anthropic",
        genai_request_timestamp=datetime.fromtimestamp(day * _DAY_S, UTC),
        price_context=context,
    )
    if _changes_within_a_day(answer.model):
        return None
    source = f"genai-prices {genai_prices.__version__}"
    if answer.auto_update_timestamp is not None:  # the application runs genai_prices.UpdatePrices
        source += f"+{answer.auto_update_timestamp:%Y%m%d}"
    return _Table(_read_brackets(answer.model_price), source)


def _changes_within_a_day(model: ModelInfo) -> bool:
    """Whether a price depends on the hour. No Claude model has one; a table kept for a day would lie."""
    from genai_prices.types import TimeOfDateConstraint  # noqa: PLC0415

    conditions = [*(model.prices if isinstance(model.prices, list) else ()), *(model.price_variants or ())]
    return any(isinstance(condition.constraint, TimeOfDateConstraint) for condition in conditions)


def _read_brackets(price: ModelPrice) -> tuple[_Bracket, ...]:
    from genai_prices.types import TieredPrices  # noqa: PLC0415

    tiered = [value for value in vars(price).values() if isinstance(value, TieredPrices)]
    starts = sorted({tier.start for value in tiered for tier in value.tiers}, reverse=True)
    return tuple(_read_bracket(price, above) for above in (*starts, -1))


def _read_bracket(price: ModelPrice, above: int) -> _Bracket:
    """Read the rates of one bracket by asking the package to price a prompt that falls into it.

    Within a bracket a price is a constant and a rate for each kind of token. Asking, instead of reading the
    fields, leaves to the package what it does when a field is missing.
    """
    from genai_prices import Usage  # noqa: PLC0415

    tokens = max(above + 1, 1)

    def usd(**counts: int) -> Decimal:
        return price.calc_price(Usage(**counts))["total_price"]

    call = usd(input_tokens=0)
    plain = usd(input_tokens=tokens)
    written = {"input_tokens": tokens, "cache_write_tokens": tokens}
    return _Bracket(
        above=above,
        call=float(call),
        input=float((plain - call) / tokens),
        output=float((usd(input_tokens=tokens, output_tokens=10**6) - plain) / 10**6),
        cache_read=float((usd(input_tokens=tokens, cache_read_tokens=tokens) - call) / tokens),
        cache_write_5m=float((usd(**written, cache_write_5m_tokens=tokens) - call) / tokens),
        cache_write_1h=float((usd(**written, cache_write_1h_tokens=tokens) - call) / tokens),
        web_search=float((usd(input_tokens=tokens, web_searches=1000) - plain) / 1000),
    )
