"""Settings of prices, tags, limits, budgets and content from a TOML file and the environment.

What the application sets in code wins, then the environment, then the file.

=================================  =================================================================
``FOUNDRY_TELEMETRY_SETTINGS``     path of the file
``FOUNDRY_TELEMETRY_DISCOUNT``     factor on every list price
``FOUNDRY_TELEMETRY_USD_PER_CCU``  US dollars for a Claude Consumption Unit
``FOUNDRY_TELEMETRY_CONTENT``      1 logs requests and answers, redacted; 0 does not
``FOUNDRY_TELEMETRY_HASH_KEY``     key of the hashes of tags that name a person; never in the file
=================================  =================================================================
"""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from foundry_telemetry import attribution, pricing
from foundry_telemetry.attribution.tags import MAX_HASH_KEY, PERSONAL
from foundry_telemetry.config import content, prices
from foundry_telemetry.config.toml import Document, SettingsError
from foundry_telemetry.limits import budgets, quota

__all__ = ["SettingsError", "load_environment", "load_settings"]

_FILE: Final = "FOUNDRY_TELEMETRY_SETTINGS"
_DISCOUNT: Final = "FOUNDRY_TELEMETRY_DISCOUNT"
_USD_PER_CCU: Final = "FOUNDRY_TELEMETRY_USD_PER_CCU"
_HASH_KEY: Final = "FOUNDRY_TELEMETRY_HASH_KEY"
_TABLES: Final = ("prices", "tags", "limits", "budgets", "content")


class _Tags(Struct, frozen=True, forbid_unknown_fields=True):
    on_metrics: list[str] = []
    hashed: list[str] | None = None


_Count = Annotated[int, Meta(gt=0)]


class _Limits(Struct, frozen=True, forbid_unknown_fields=True):
    requests: _Count | None = None
    uncached_input: _Count | None = None
    output: _Count | None = None


class _Budget(Struct, frozen=True, forbid_unknown_fields=True):
    usd: Annotated[float, Meta(gt=0)]
    window: Literal["hour", "day", "week", "month"] = "month"
    tag: str | None = None
    value: str | None = None


def load_settings(file: str | Path) -> None:
    """Set everything a file says, and what it does not say as it was at the start.

    Args:
        file: TOML. Factors in the environment win over those in it.

    Raises:
        SettingsError: The file or a variable says what cannot be. The message has the line and what was
            expected.
    """
    document = _read(file)
    _set_prices(document)
    _set_tags(document)
    _set_limits(document)
    _set_budgets(document)
    content.set_from(document)


def load_environment() -> None:
    """Set what the environment says, unless the application has set it in code.

    Raises:
        SettingsError: As for `load_settings`.
    """
    if not any(os.environ.get(name) for name in (_FILE, _DISCOUNT, _USD_PER_CCU, _HASH_KEY)):
        return
    file = os.environ.get(_FILE)
    document = _read(file) if file else Document.empty()
    if pricing.is_untouched():
        _set_prices(document)
    if attribution.is_untouched():
        _set_tags(document)
    if quota.is_untouched():
        _set_limits(document)
    if budgets.is_untouched():
        _set_budgets(document)
    content.set_from(document)


def _read(file: str | Path) -> Document:
    document = Document(file)
    for name in document.reported:
        if name not in _TABLES:
            raise document.error((name,), f"unknown setting; expected one of {list(_TABLES)}")
    return document


def _set_prices(document: Document) -> None:
    prices.set_from(document, discount=_factor(_DISCOUNT), usd_per_ccu=_factor(_USD_PER_CCU))


def _set_tags(document: Document) -> None:
    reported = document.read(_Tags, ("tags",), document.reported.get("tags", {}))
    hash_key = os.environ.get(_HASH_KEY, "")
    if len(hash_key.encode()) > MAX_HASH_KEY:  # it is a secret: its value is not shown
        raise SettingsError(
            f"{_HASH_KEY} has {len(hash_key.encode())} bytes; expected at most {MAX_HASH_KEY}"
        )
    try:
        attribution.set_tags(
            on_metrics=reported.on_metrics,
            hashed=PERSONAL if reported.hashed is None else reported.hashed,
            hash_key=hash_key,
        )
    except ValueError as error:
        raise document.error(("tags",), str(error)) from error


def _set_limits(document: Document) -> None:
    reported = document.read(dict[str, dict[str, object]], ("limits",), document.reported.get("limits", {}))
    limits = {}
    for name, value in reported.items():
        found = document.read(_Limits, ("limits", name), value)
        limits[name] = quota.Limits(
            requests=found.requests, uncached_input=found.uncached_input, output=found.output
        )
    quota.set_limits(limits)


def _set_budgets(document: Document) -> None:
    reported = document.read(list[dict[str, object]], ("budgets",), document.reported.get("budgets", []))
    found = []
    for number, one in enumerate(reported):
        budget = document.read(_Budget, ("budgets", number), one)
        try:
            found.append(
                budgets.Budget(usd=budget.usd, window=budget.window, tag=budget.tag, value=budget.value)
            )
        except ValueError as error:
            raise document.error(("budgets", number), str(error)) from error
    budgets.set_budgets(found)


def _factor(name: str) -> float | None:
    """A number in the environment, above 0; ``None`` where it is not set."""
    text = os.environ.get(name)
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value > 0):
        raise SettingsError(f"{name}={text!r}; expected a number above 0, such as {name}=0.9")
    return value
