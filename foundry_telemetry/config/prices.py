"""The tables ``[prices]`` of a settings file."""

from __future__ import annotations

import time
from datetime import date
from typing import Annotated, Any

from msgspec import Meta, Struct

from foundry_telemetry import pricing
from foundry_telemetry.config.toml import Document, Path
from foundry_telemetry.observation import TokenUsage
from foundry_telemetry.pricing.list_prices import closest, has_list, list_price
from foundry_telemetry.pricing.overrides import USD_PER_CCU, Rates, Terms

_Factor = Annotated[float, Meta(gt=0)]
_Usd = Annotated[float, Meta(ge=0)]


class _Prices(Struct, frozen=True, forbid_unknown_fields=True):
    discount: _Factor = 1.0
    usd_per_ccu: _Factor = USD_PER_CCU
    deployments: dict[str, dict[str, Any]] = {}
    rates: dict[str, dict[str, Any] | list[dict[str, Any]]] = {}


class _Deployment(Struct, frozen=True, forbid_unknown_fields=True):
    model: str | None = None
    multiplier: _Factor | None = None


class _Rates(Struct, frozen=True, forbid_unknown_fields=True):
    input: _Usd
    output: _Usd
    cache_read: _Usd
    cache_write_5m: _Usd
    cache_write_1h: _Usd
    web_searches: _Usd | None = None
    since: date | None = None


def set_from(document: Document, *, discount: float | None = None, usd_per_ccu: float | None = None) -> None:
    """Set what the document says of prices.

    Args:
        document: A settings file.
        discount: In place of the document's.
        usd_per_ccu: In place of the document's.

    Raises:
        SettingsError: It says what cannot be.
    """
    at: Path = ("prices",)
    reported = document.read(_Prices, at, document.reported.get("prices", {}))
    terms = {name: Terms(rates=_read_rates(document, name, value)) for name, value in reported.rates.items()}
    for name, value in reported.deployments.items():
        where: Path = (*at, "deployments", name)
        own = document.read(_Deployment, where, value)
        _check_model(document, (*where, "model"), own.model, terms)
        rates = terms[name].rates if name in terms else ()
        terms[name] = Terms(model=own.model, multiplier=own.multiplier, rates=rates)
    try:
        pricing.set_prices(
            terms,
            discount=reported.discount if discount is None else discount,
            usd_per_ccu=reported.usd_per_ccu if usd_per_ccu is None else usd_per_ccu,
        )
    except ValueError as error:  # an infinite number, which TOML has
        raise document.error(at, str(error)) from error


def _read_rates(document: Document, name: str, value: object) -> tuple[Rates, ...]:
    every = list(enumerate(value)) if isinstance(value, list) else [(None, value)]
    found = []
    for number, one in every:
        where: Path = ("prices", "rates", name, *(() if number is None else (number,)))
        reported = document.read(_Rates, where, one)
        try:
            found.append(Rates(**{field: getattr(reported, field) for field in reported.__struct_fields__}))
        except ValueError as error:
            raise document.error(where, str(error)) from error
    return tuple(found)


def _check_model(document: Document, where: Path, model: str | None, terms: dict[str, Terms]) -> None:
    if model is None or model in terms or list_price(model, TokenUsage(), time.time_ns()) is not None:
        return
    if not has_list():  # said already; without a list nobody can tell a wrong name from a right one
        return
    near = closest(model)
    expected = f"a model with a price{f', such as {near!r}' if near else ''}, or [prices.rates.{model}]"
    raise document.error(where, f"{model!r} is unpriced; expected {expected}")
