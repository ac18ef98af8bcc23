"""What kind of charge a row is: compared with the ledger, or shown apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from foundry_telemetry.investigate.reconcile.columns import key

USAGE: Final = "usage"
TAX: Final = "tax"
CREDIT: Final = "credit"
REFUND: Final = "refund"
ADJUSTMENT: Final = "adjustment"
FORECAST: Final = "forecast"
OTHER: Final = "other charge"

KINDS: Final[Mapping[str, str]] = {
    "": USAGE,
    "usage": USAGE,
    "purchase": USAGE,
    "tax": TAX,
    "credit": CREDIT,
    "refund": REFUND,
    "adjustment": ADJUSTMENT,
    "roundingadjustment": ADJUSTMENT,
    "roundingerror": ADJUSTMENT,
    "correction": ADJUSTMENT,
    "generaladjustment": ADJUSTMENT,
}
"""By a value of ChargeType, ChargeCategory, ChargeClass or ChargeSubcategory, as `columns.key` writes it.

What the Marketplace books as a purchase is usage of the meter all the same. What is not here is `OTHER`.
"""
_CLASSES: Final = frozenset((CREDIT, REFUND, ADJUSTMENT, TAX))
"""What a class or subcategory says more exactly than the category; its other values are kinds of usage."""


def kind_of(charge: str, charge_class: str, status: str) -> str:
    """The kind.

    Args:
        charge: The value of ChargeType or ChargeCategory.
        charge_class: The value of ChargeClass or ChargeSubcategory.
        status: The value of CostStatus: the download of Cost analysis has days to come in it.
    """
    if key(status) == FORECAST:
        return FORECAST
    exact = KINDS.get(key(charge_class), USAGE)
    return exact if exact in _CLASSES else KINDS.get(key(charge), OTHER)
