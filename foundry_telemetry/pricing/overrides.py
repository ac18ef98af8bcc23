"""What a user says of prices: rates of their own, a multiple, which model a deployment is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final

from msgspec import Struct

from foundry_telemetry.pricing.list_prices import DAY_S, Factors
from foundry_telemetry.pricing.model_prices import Prices, Table, make_table

USD_PER_CCU: Final = 0.01
"""US dollars for one Claude Consumption Unit: what the sister platform publishes."""


class Rates(Struct, frozen=True, kw_only=True, gc=False):
    """Prices of your own, US dollars for a million tokens.

    Raises:
        TypeError: A price is not a number, or `since` no date.
        ValueError: A price is negative, infinite or not a number.
    """

    input: float
    output: float
    cache_read: float
    cache_write_5m: float
    cache_write_1h: float
    web_searches: float | None = None
    """US dollars for a thousand searches; without it a call that searched has no known cost."""
    since: date | None = None
    """The UTC day from which they hold; before it what held earlier: older rates, else the list price."""

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if name == "since":
                if value is not None and (not isinstance(value, date) or isinstance(value, datetime)):
                    raise TypeError(f"Rates.since is {value!r}; expected a date, such as 2026-10-07")
            elif value is not None or name != "web_searches":
                check_number(f"Rates.{name}", value)


class Terms(Struct, frozen=True, kw_only=True):
    """What holds for one deployment or model.

    Raises:
        TypeError: A field is of another type.
        ValueError: The multiplier is not above 0.
    """

    model: str | None = None
    """What the deployment runs, where the answer names no model that has a price."""
    multiplier: float | None = None
    """Of its price, whether listed or your own: 1.1 for a US Data Zone deployment. Without one, an answer
    that names a place (``inference_geo: us``) has no list price; 1 says that the place costs no more."""
    rates: Rates | tuple[Rates, ...] = ()
    """Your own prices; several where they change by date."""

    def __post_init__(self) -> None:
        if self.model is not None and not isinstance(self.model, str):
            raise TypeError(f"Terms.model is {self.model!r}; expected the name of a model")
        if self.multiplier is not None:
            check_factor("Terms.multiplier", self.multiplier)
        for rates in self.all_rates:
            if not isinstance(rates, Rates):
                raise TypeError(f"Terms.rates has {rates!r}; expected Rates(...)")

    @property
    def all_rates(self) -> tuple[Rates, ...]:
        """The rates, newest first."""
        every = (self.rates,) if isinstance(self.rates, Rates) else tuple(self.rates)
        return tuple(sorted(every, key=lambda rates: getattr(rates, "since", None) or date.min, reverse=True))


class Agreed(Struct, frozen=True):
    """Everything a user said, ready for use."""

    terms: Mapping[str, Terms] = {}
    discount: Factors = ()
    usd_per_ccu: float = USD_PER_CCU

    def multiplier(self, deployment: str | None, model: str | None) -> Factors:
        """Of the deployment, else of the model."""
        found = self.terms.get(deployment or "") or self.terms.get(model or "")
        return () if found is None or found.multiplier is None else (found.multiplier,)

    def own_table(self, names: tuple[str | None, ...], day: int, factors: Factors) -> Table | None:
        """The user's own rates of the first of `names` that has some on a day, counted from the epoch."""
        for name in names:
            found = self.terms.get(name or "")
            for rates in () if found is None else found.all_rates:
                if rates.since is None or _day_of(rates.since) <= day:
                    return make_table((_prices(rates),), "override", factors)
        return None


def check_number(what: str, value: object, *, expected: str = "US dollars, 0 or more") -> None:
    """Refuse what is no finite number of at least 0.

    Raises:
        TypeError: It is no number.
        ValueError: It is negative, infinite or not a number.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{what} is {value!r}; expected {expected}")
    if not math.isfinite(value) or value < 0:
        raise ValueError(f"{what} is {value!r}; expected {expected}")


def check_factor(what: str, value: object, *, expected: str = "a factor above 0") -> None:
    """The same, and refuse 0."""
    check_number(what, value, expected=expected)
    if value == 0:
        raise ValueError(f"{what} is {value!r}; expected {expected}")


def _prices(rates: Rates) -> Prices:
    def each(usd: float, of: int = 10**6) -> Decimal:
        return Decimal(repr(usd)) / of

    return Prices(
        input=each(rates.input),
        output=each(rates.output),
        cache_read=each(rates.cache_read),
        cache_write_5m=each(rates.cache_write_5m),
        cache_write_1h=each(rates.cache_write_1h),
        web_search=None if rates.web_searches is None else each(rates.web_searches, 1000),
    )


def _day_of(since: date) -> int:
    return int(datetime(since.year, since.month, since.day, tzinfo=UTC).timestamp()) // DAY_S
