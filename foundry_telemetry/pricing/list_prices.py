"""List prices: what the ``genai-prices`` package says, asked once for each model and UTC day.

Asking takes about 100 microseconds and its prices change by date, so its answers are kept as tables.
"""

from __future__ import annotations

import difflib
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from foundry_telemetry.observation import TokenUsage
from foundry_telemetry.pricing.model_prices import Prices, Table, make_table
from foundry_telemetry.warn_once import Once

if TYPE_CHECKING:
    from decimal import Decimal

    from genai_prices.types import ModelInfo, ModelPrice

_logger = logging.getLogger(__name__)

DAY_S: Final = 86_400
DAY_NS: Final = DAY_S * 10**9

_KEPT: Final = 256
"""Price tables kept; model ids come from the server, so their number must be bounded."""

Factors = tuple[float, ...]
_Terms = tuple[str | None, str | None, str | None]
"""Speed, service tier and place of an answer."""
_Key = tuple[str, int, _Terms, Factors]
_tables: dict[_Key, Table | None] = {}


def list_price(model: str, usage: TokenUsage, at_ns: int, factors: Factors = ()) -> Table | None:
    """Return the list price of `model` on the day of `at_ns`, times `factors`. Never raises.

    Two threads may both ask the package; they get the same answer.
    """
    key = (model, at_ns // DAY_NS, (usage.speed, usage.service_tier, usage.inference_geo), factors)
    try:
        return _tables[key]
    except KeyError:
        pass
    table = None  # remembered like any other answer
    try:
        table = _ask(*key)
    except ImportError as error:
        _warn_of_no_prices(str(error))
    except Exception:  # a model the package does not know is a LookupError
        _logger.debug("Model %r is unpriced", model, exc_info=True)
    if len(_tables) >= _KEPT:
        _tables.clear()
    _tables[key] = table
    return table


@Once
def _warn_of_no_prices(why: str) -> None:
    """Say once that there is no price list: without what it imports, no attempt has a cost."""
    _logger.warning(
        "attempts are unpriced: genai-prices cannot be imported (%s). To see what is missing, run "
        "`python -m pip check`",
        why,
    )


def has_list() -> bool:
    """Whether the price list can be imported."""
    try:
        import genai_prices  # noqa: F401, PLC0415 - 0.2 s
    except ImportError:
        return False
    return True


def closest(model: str) -> str | None:
    """The listed model whose name is most like `model`."""
    from genai_prices.data_snapshot import get_snapshot  # noqa: PLC0415 - 0.2 s

    names = [one.id for each in get_snapshot().providers if each.id == "anthropic" for one in each.models]
    return next(iter(difflib.get_close_matches(model, names, 1)), None)


_ORDINARY: Final = (
    ("speed", frozenset({None, "standard"})),
    ("processing", frozenset({None, "standard"})),
    ("inference_geo", frozenset({None, "global", "not_available"})),
)
"""The package's word for each of the terms, and with which of them the ordinary list price holds."""


def _ask(model: str, day: int, terms: _Terms, factors: Factors) -> Table | None:
    """Ask the package; the UTC day is counted from the epoch.

    Raises:
        LookupError: The package does not know the model.
    """
    import genai_prices  # noqa: PLC0415 - 0.2 s

    reported = zip(_ORDINARY, terms, strict=True)
    context = {name: term for (name, ordinary), term in reported if term is not None and term not in ordinary}
    day_start = datetime.fromtimestamp(day * DAY_S, UTC)
    answer = genai_prices.calc_price(
        genai_prices.Usage(),
        model,
        provider_id="anthropic",
        genai_request_timestamp=day_start,
        price_context=context,
    )
    if _changes_within_a_day(answer.model) or not _is_listed(answer.model, context, day_start):
        return None
    source = f"genai-prices {genai_prices.__version__}"
    if answer.auto_update_timestamp is not None:  # the application runs genai_prices.UpdatePrices
        source += f"+{answer.auto_update_timestamp:%Y%m%d}"
    return make_table(_read_prices(answer.model_price), source, factors)


def _is_listed(model: ModelInfo, context: dict[str, str], at: datetime) -> bool:
    """Whether the list has prices for exactly these terms; without, the package gives the ordinary ones."""
    return not context or any(
        variant.when == context and (variant.constraint is None or variant.constraint.active(at))
        for variant in model.price_variants or ()
    )


def _changes_within_a_day(model: ModelInfo) -> bool:
    """Whether a price depends on the hour. No Claude model has one; a table kept for a day would lie."""
    from genai_prices.types import TimeOfDateConstraint  # noqa: PLC0415

    conditions = [*(model.prices if isinstance(model.prices, list) else ()), *(model.price_variants or ())]
    return any(isinstance(condition.constraint, TimeOfDateConstraint) for condition in conditions)


def _read_prices(price: ModelPrice) -> tuple[Prices, ...]:
    from genai_prices.types import TieredPrices  # noqa: PLC0415

    tiered = [value for value in vars(price).values() if isinstance(value, TieredPrices)]
    starts = sorted({tier.start for value in tiered for tier in value.tiers}, reverse=True)
    return tuple(_read_bracket(price, above) for above in (*starts, -1))


def _read_bracket(price: ModelPrice, above: int) -> Prices:
    """Read the prices of one bracket by asking the package to price a prompt that falls into it.

    Within a bracket a price is a constant and a rate for each kind of token. Asking, instead of reading the
    fields, leaves to the package what it does when a field is missing.
    """
    from genai_prices import Usage  # noqa: PLC0415

    tokens = max(above + 1, 1)

    def usd(**counts: int) -> Decimal:
        return price.calc_price(Usage(**counts))["total_price"]

    call = usd(input_tokens=0)
    plain = usd(input_tokens=tokens)
    written: Mapping[str, int] = {"input_tokens": tokens, "cache_write_tokens": tokens}
    return Prices(
        above=above,
        call=call,
        input=(plain - call) / tokens,
        output=(usd(input_tokens=tokens, output_tokens=10**6) - plain) / 10**6,
        cache_read=(usd(input_tokens=tokens, cache_read_tokens=tokens) - call) / tokens,
        cache_write_5m=(usd(**written, cache_write_5m_tokens=tokens) - call) / tokens,
        cache_write_1h=(usd(**written, cache_write_1h_tokens=tokens) - call) / tokens,
        web_search=(usd(input_tokens=tokens, web_searches=1000) - plain) / 1000,
    )
