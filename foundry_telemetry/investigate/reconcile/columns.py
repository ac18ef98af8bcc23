"""The columns of a cost export: what each is called in the column sets that Microsoft documents.

Actual and amortised cost (Enterprise Agreement, Microsoft Customer and Partner Agreement, CSP subscription,
pay-as-you-go; versions 2019-10-01 to 2024-08-01), FOCUS (1.0-preview to 1.2-preview), the usage file of the
former enterprise portal, and the download of Cost analysis. In any order and case: ``MeterName``,
``meterName`` and ``Meter Name`` are one. Of ``Verbrauchseinheit (MeterName)`` the name in parentheses counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct

FIELDS: Final[Mapping[str, Sequence[str]]] = {
    "day": ("Date", "UsageDateTime", "UsageDate", "ChargePeriodStart"),
    "period_start": ("BillingPeriodStartDate", "BillingPeriodStart"),
    "period_end": ("BillingPeriodEndDate", "BillingPeriodEnd"),
    "usd": ("CostInUSD", "x_BilledCostInUsd", "CostUSD", "PreTaxCostUSD"),
    "cost": ("CostInBillingCurrency", "PreTaxCost", "BilledCost", "ExtendedCost", "Cost"),
    "currency": ("BillingCurrencyCode", "BillingCurrency", "Currency"),
    "pricing_cost": ("CostInPricingCurrency",),
    "pricing_currency": ("PricingCurrencyCode", "PricingCurrency", "x_PricingCurrency"),
    "rate": ("ExchangeRatePricingToBilling", "ExchangeRate", "x_BillingExchangeRate"),
    "quantity": ("Quantity", "UsageQuantity", "ConsumedQuantity", "PricingQuantity"),
    "price": ("EffectivePrice", "UnitPrice", "ResourceRate", "PayGPrice", "ListUnitPrice"),
    "charge": ("ChargeType", "ChargeCategory"),
    "charge_class": ("ChargeClass", "ChargeSubcategory"),
    "status": ("CostStatus",),
    "provider": ("ProviderName",),
}
"""What is read, and its names; where a file has several of them, the first one counts.

A price shows the decimal sign of the file; it is not used otherwise.
"""

NAMING: Final[Mapping[str, Sequence[str]]] = {
    "meter": ("MeterName", "Meter", "SkuMeter", "x_SkuMeterName"),
    "product": (
        "ProductName", "Product", "ChargeDescription", "x_SkuDescription", "PlanName", "x_SkuPlanName",
        "ProductOrderName", "x_SkuOrderName",
    ),
    "service": (
        "MeterCategory", "MeterSubCategory", "x_SkuMeterCategory", "x_SkuMeterSubcategory", "ServiceName",
        "ConsumedService",
    ),
    "publisher": ("PublisherName",),
    "publisher_type": ("PublisherType",),
    "unit": ("UnitOfMeasure", "ConsumedUnit", "UsageUnit", "PricingUnit", "x_PricingUnitDescription"),
}  # fmt: skip
"""What names the meter, product, service, publisher and unit of a row; all of them are read."""

_AMOUNTS: Final = ("usd", "cost", "quantity")
_NAMED_BY: Final = ("meter", "product", "service", "publisher")
_PARENTHESES: Final = re.compile(r"^(?P<outside>.*?)\((?P<inside>[^()]*)\)(?P<rest>.*)$", re.DOTALL)


class Columns(Struct, frozen=True):
    """Where the columns of one file are."""

    head: tuple[str, ...]
    fields: Mapping[str, int]
    """By the name in `FIELDS`."""
    naming: Mapping[str, tuple[int, ...]]
    """By the name in `NAMING`."""

    @property
    def missing(self) -> tuple[str, Sequence[str]] | None:
        """What no cost export is without and this file has not, with the names that it may have."""
        if "day" not in self.fields:
            return "day", FIELDS["day"]
        if not any(name in self.fields for name in _AMOUNTS):
            return "cost", (*FIELDS["cost"], *FIELDS["usd"])
        if not any(name in self.naming for name in _NAMED_BY):
            return "meter", [one for name in _NAMED_BY for one in NAMING[name]]
        return None


def find(head: Sequence[str]) -> Columns:
    """The columns of a header."""
    there: dict[str, int] = {}
    for index, text in enumerate(head):
        for name in _spellings(text):
            if name in _KNOWN:
                there.setdefault(name, index)
                break
    fields = {
        field: next(there[key(name)] for name in names if key(name) in there)
        for field, names in FIELDS.items()
        if any(key(name) in there for name in names)
    }
    naming = {
        part: tuple(there[key(name)] for name in names if key(name) in there)
        for part, names in NAMING.items()
        if any(key(name) in there for name in names)
    }
    return Columns(tuple(head), fields, naming)


def key(name: str) -> str:
    """A name without what differs between column sets: case, blanks, marks."""
    return re.sub(r"[\W_]+", "", name).lower()


def _spellings(text: str) -> Iterator[str]:
    """What a header may mean, the likeliest first."""
    yield key(text)
    parts = _PARENTHESES.match(text)
    if parts:
        yield key(parts["inside"])
        yield key(parts["outside"] + parts["rest"])


_KNOWN: Final = frozenset(key(name) for names in (*FIELDS.values(), *NAMING.values()) for name in names)
