"""Settings of prices and tags from a TOML file and the environment.

What the application sets in code wins, then the environment, then the file.

=================================  =================================================================
``FOUNDRY_TELEMETRY_SETTINGS``     path of the file
``FOUNDRY_TELEMETRY_DISCOUNT``     factor on every list price
``FOUNDRY_TELEMETRY_USD_PER_CCU``  US dollars for a Claude Consumption Unit
``FOUNDRY_TELEMETRY_HASH_KEY``     key of the hashes of tags that name a person; never in the file
=================================  =================================================================
"""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Final

from msgspec import Struct

from foundry_telemetry import attribution, pricing
from foundry_telemetry.attribution.tags import PERSONAL
from foundry_telemetry.settings import prices
from foundry_telemetry.settings.toml import Document, SettingsError

__all__ = ["SettingsError", "load_environment", "load_settings"]

_FILE: Final = "FOUNDRY_TELEMETRY_SETTINGS"
_DISCOUNT: Final = "FOUNDRY_TELEMETRY_DISCOUNT"
_USD_PER_CCU: Final = "FOUNDRY_TELEMETRY_USD_PER_CCU"
_HASH_KEY: Final = "FOUNDRY_TELEMETRY_HASH_KEY"
_TABLES: Final = ("prices", "tags")


class _Tags(Struct, frozen=True, forbid_unknown_fields=True):
    on_metrics: list[str] = []
    hashed: list[str] | None = None


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


def _read(file: str | Path) -> Document:
    document = Document(file)
    for name in document.told:
        if name not in _TABLES:
            raise document.error((name,), f"there is no such setting; expected one of {list(_TABLES)}")
    return document


def _set_prices(document: Document) -> None:
    prices.set_from(document, discount=_factor(_DISCOUNT), usd_per_ccu=_factor(_USD_PER_CCU))


def _set_tags(document: Document) -> None:
    told = document.read(_Tags, ("tags",), document.told.get("tags", {}))
    try:
        attribution.set_tags(
            on_metrics=told.on_metrics,
            hashed=PERSONAL if told.hashed is None else told.hashed,
            hash_key=os.environ.get(_HASH_KEY, ""),
        )
    except ValueError as error:
        raise document.error(("tags",), str(error)) from error


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
