"""Cost exports of Azure: the column sets that Microsoft documents, and files with rows in them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

_EA_2020 = """
InvoiceSectionName AccountName AccountOwnerId SubscriptionId SubscriptionName ResourceGroup
ResourceLocation Date ProductName MeterCategory MeterSubCategory MeterId MeterName MeterRegion
UnitOfMeasure Quantity EffectivePrice CostInBillingCurrency CostCenter ConsumedService ResourceId Tags
OfferId AdditionalInfo ServiceInfo1 ServiceInfo2 ResourceName ReservationId ReservationName UnitPrice
ProductOrderId ProductOrderName Term PublisherType PublisherName ChargeType Frequency PricingModel
AvailabilityZone BillingAccountId BillingAccountName BillingCurrencyCode BillingPeriodStartDate
BillingPeriodEndDate BillingProfileId BillingProfileName InvoiceSectionId IsAzureCreditEligible PartNumber
PayGPrice PlanName ServiceFamily
"""
_EA_2021_10 = """
CostInBillingCurrency AccountName AccountOwnerId ProductName ConsumedService InvoiceSectionName
SubscriptionId SubscriptionName Date MeterId MeterCategory MeterSubCategory MeterRegion MeterName Quantity
ResourceLocation ResourceId ServiceInfo1 ServiceInfo2 AdditionalInfo Tags CostCenter UnitOfMeasure
ResourceGroup PartNumber OfferId ChargeType EffectivePrice UnitPrice ReservationId ReservationName
ResourceName ProductOrderId ProductOrderName PlanName PublisherName PublisherType Term BillingAccountId
BillingAccountName BillingProfileName BillingProfileId BillingCurrencyCode ServiceFamily Frequency
IsAzureCreditEligible PayGPrice PricingModel BillingPeriodStartDate BillingPeriodEndDate AvailabilityZone
InvoiceSectionId CostAllocationRuleName benefitId benefitName
"""
_EA_2019_10 = """
DepartmentName AccountName AccountOwnerId SubscriptionGuid SubscriptionName ResourceGroup ResourceLocation
UsageDateTime ProductName MeterCategory MeterSubcategory MeterId MeterName MeterRegion UnitOfMeasure
UsageQuantity ResourceRate PreTaxCost CostCenter ConsumedService ResourceType InstanceId Tags OfferId
AdditionalInfo ServiceInfo1 ServiceInfo2
"""
_PAYG_2019_11 = """
SubscriptionGuid ResourceGroup ResourceLocation UsageDateTime MeterCategory MeterSubCategory MeterId
MeterName MeterRegion UsageQuantity ResourceRate PreTaxCost ConsumedService ResourceType InstanceId Tags
OfferId AdditionalInfo ServiceInfo1 ServiceInfo2 ServiceName ServiceTier Currency UnitOfMeasure
"""
_MCA_BEGIN = """
invoiceId previousInvoiceId billingAccountId billingAccountName billingProfileId billingProfileName
invoiceSectionId invoiceSectionName
"""
_PARTNER = "partnerTenantId partnerName resellerName resellerMpnId customerTenantId customerName"
_MCA_MIDDLE = """
costCenter billingPeriodEndDate billingPeriodStartDate servicePeriodEndDate servicePeriodStartDate date
serviceFamily productOrderId productOrderName consumedService meterId meterName meterCategory
meterSubCategory meterRegion ProductId {product} subscriptionName publisherType publisherId publisherName
resourceGroupName {resource} resourceLocation location effectivePrice quantity unitOfMeasure chargeType
billingCurrency pricingCurrency costInBillingCurrency
"""
_MCA_COSTS = """
costInPricingCurrency costInUsd paygCostInBillingCurrency paygCostInUsd exchangeRatePricingToBilling
exchangeRateDate isAzureCreditEligible
"""
_MCA_END = """
serviceInfo1 serviceInfo2 additionalInfo tags {credits} PayGPrice frequency term reservationId
reservationName {model} unitPrice
"""
_NEW = {"product": "ProductName SubscriptionId", "resource": "ResourceId"}
_OLD = {"product": "product subscriptionId", "resource": "InstanceName"}
_MCA_2019_10 = """
InvoiceID PreviousInvoiceId BillingAccountId BillingAccountName BillingProfileId BillingProfileName
InvoiceSectionId InvoiceSectionName ResellerName ResellerMPNId CostCenter BillingPeriodEndDate
BillingPeriodStartDate ServicePeriodEndDate ServicePeriodStartDate Date ServiceFamily ProductOrderId
ProductOrderName ConsumedService MeterId MeterName MeterCategory MeterSubcategory MeterRegion ProductId
Product SubscriptionGuid SubscriptionName PublisherType PublisherId PublisherName ResourceGroup
InstanceName ResourceLocation Location EffectivePrice Quantity UnitOfMeasure ChargeType
BillingCurrencyCode PricingCurrencyCode CostInBillingCurrency CostInPricingCurrency CostInUSD
PaygCostInBillingCurrency PaygCostInUSD ExchangeRate ExchangeRateDate IsAzureCreditEligible ServiceInfo1
ServiceInfo2 AdditionalInfo Tags MarketPrice Frequency Term ReservationId ReservationName UnitPrice
"""
_FOCUS_12 = """
BilledCost BillingAccountId BillingAccountName BillingAccountType BillingCurrency BillingPeriodEnd
BillingPeriodStart CapacityReservationId CapacityReservationStatus ChargeCategory ChargeClass
ChargeDescription ChargeFrequency ChargePeriodEnd ChargePeriodStart CommitmentDiscountCategory
CommitmentDiscountId CommitmentDiscountName CommitmentDiscountQuantity CommitmentDiscountStatus
CommitmentDiscountType CommitmentDiscountUnit ConsumedQuantity ConsumedUnit ContractedCost
ContractedUnitPrice EffectiveCost InvoiceId InvoiceIssuerName ListCost ListUnitPrice PricingCategory
PricingCurrency PricingQuantity PricingUnit ProviderName PublisherName RegionId RegionName ResourceId
ResourceName ResourceType ServiceCategory ServiceName ServiceSubcategory SkuId SkuMeter SkuPriceDetails
SkuPriceId SubAccountId SubAccountName SubAccountType Tags x_AccountId x_AccountName x_AccountOwnerId
x_AmortizationClass x_BilledCostInUsd x_BilledUnitPrice x_BillingAccountId x_BillingAccountName
x_BillingExchangeRate x_BillingExchangeRateDate x_BillingProfileId x_BillingProfileName
x_ContractedCostInUsd x_CostAllocationRuleName x_CostCenter x_CustomerId x_CustomerName
x_EffectiveCostInUsd x_EffectiveUnitPrice x_InvoiceSectionId x_InvoiceSectionName x_ListCostInUsd
x_PartnerCreditApplied x_PartnerCreditRate x_PricingBlockSize x_PricingCurrency x_PricingSubcategory
x_PricingUnitDescription x_PublisherCategory x_PublisherId x_ResellerId x_ResellerName x_ResourceGroupName
x_ResourceType x_ServiceModel x_ServicePeriodEnd x_ServicePeriodStart x_SkuDescription x_SkuDetails
x_SkuIsCreditEligible x_SkuMeterCategory x_SkuMeterId x_SkuMeterName x_SkuMeterSubcategory x_SkuOfferId
x_SkuOrderId x_SkuOrderName x_SkuPlanName x_SkuPartNumber x_SkuRegion x_SkuServiceFamily x_SkuTier
"""
_FOCUS_10 = """
BilledCost BillingAccountId BillingAccountName BillingAccountType BillingCurrency BillingPeriodEnd
BillingPeriodStart ChargeCategory ChargeClass ChargeDescription ChargeFrequency ChargePeriodEnd
ChargePeriodStart CommitmentDiscountCategory CommitmentDiscountId CommitmentDiscountName
CommitmentDiscountStatus CommitmentDiscountType ConsumedQuantity ConsumedUnit ContractedCost
ContractedUnitPrice EffectiveCost InvoiceIssuerName ListCost ListUnitPrice PricingCategory PricingQuantity
PricingUnit ProviderName PublisherName RegionId RegionName ResourceId ResourceName ResourceType
ServiceCategory ServiceName SkuId SkuPriceId SubAccountId SubAccountName SubAccountType Tags x_AccountId
x_AccountName x_AccountOwnerId x_BilledCostInUsd x_BilledUnitPrice x_BillingAccountId x_BillingAccountName
x_BillingExchangeRate x_BillingExchangeRateDate x_BillingProfileId x_BillingProfileName
x_ContractedCostInUsd x_CostAllocationRuleName x_CostCenter x_CustomerId x_CustomerName
x_EffectiveCostInUsd x_EffectiveUnitPrice x_InvoiceId x_InvoiceIssuerId x_InvoiceSectionId
x_InvoiceSectionName x_ListCostInUsd x_PartnerCreditApplied x_PartnerCreditRate x_PricingBlockSize
x_PricingCurrency x_PricingSubcategory x_PricingUnitDescription x_PublisherCategory x_PublisherId
x_ResellerId x_ResellerName x_ResourceGroupName x_ResourceType x_ServicePeriodEnd x_ServicePeriodStart
x_SkuDescription x_SkuDetails x_SkuIsCreditEligible x_SkuMeterCategory x_SkuMeterId x_SkuMeterName
x_SkuMeterSubcategory x_SkuOfferId x_SkuOrderId x_SkuOrderName x_SkuPartNumber x_SkuRegion
x_SkuServiceFamily x_SkuTerm x_SkuTier
"""
_FOCUS_10_PREVIEW = """
AvailabilityZone BilledCost BillingAccountId BillingAccountName BillingAccountType BillingCurrency
BillingPeriodEnd BillingPeriodStart ChargeCategory ChargeDescription ChargeFrequency ChargePeriodEnd
ChargePeriodStart ChargeSubcategory CommitmentDiscountCategory CommitmentDiscountId CommitmentDiscountName
CommitmentDiscountType EffectiveCost InvoiceIssuerName ListCost ListUnitPrice PricingCategory
PricingQuantity PricingUnit ProviderName PublisherName Region ResourceId ResourceName ResourceType
ServiceCategory ServiceName SkuId SkuPriceId SubAccountId SubAccountName SubAccountType Tags UsageQuantity
UsageUnit x_AccountName x_AccountOwnerId x_BilledCostInUsd x_BilledUnitPrice x_BillingAccountId
x_BillingAccountName x_BillingExchangeRate x_BillingExchangeRateDate x_BillingProfileId
x_BillingProfileName x_ChargeId x_CostAllocationRuleName x_CostCenter x_CustomerId x_CustomerName
x_EffectiveCostInUsd x_EffectiveUnitPrice x_InvoiceId x_InvoiceIssuerId x_InvoiceSectionId
x_InvoiceSectionName x_OnDemandCost x_OnDemandCostInUsd x_OnDemandUnitPrice x_PartnerCreditApplied
x_PartnerCreditRate x_PricingBlockSize x_PricingCurrency x_PricingSubcategory x_PricingUnitDescription
x_PublisherCategory x_PublisherId x_ResellerId x_ResellerName x_ResourceGroupName x_ResourceType
x_ServicePeriodEnd x_ServicePeriodStart x_SkuDescription x_SkuDetails x_SkuIsCreditEligible
x_SkuMeterCategory x_SkuMeterId x_SkuMeterName x_SkuMeterSubcategory x_SkuOfferId x_SkuOrderId
x_SkuOrderName x_SkuPartNumber x_SkuRegion x_SkuServiceFamily x_SkuTerm x_SkuTier
"""


def _mca(partner: str, spellings: Mapping[str, str], model: str = "", more: str = "") -> str:
    """A column set of a Microsoft Customer or Partner Agreement."""
    is_partner = partner == _PARTNER
    paid = "partnerEarnedCreditRate partnerEarnedCreditApplied" if is_partner else ""
    end = _MCA_END.format(credits=paid, model=model)
    return f"{_MCA_BEGIN} {partner} {_MCA_MIDDLE.format(**spellings)} {_MCA_COSTS} {end} {more}"


def _csp(spellings: Mapping[str, str], model: str = "", more: str = "") -> str:
    """A column set of the subscription of a Cloud Solution Provider: without the pricing currency's costs."""
    begin = "billingAccountName partnerName resellerName resellerMpnId customerTenantId customerName"
    costs = "costInUsd exchangeRatePricingToBilling exchangeRateDate"
    end = _MCA_END.format(credits="", model=model)
    return f"{begin} {_MCA_MIDDLE.format(**spellings)} {costs} {end} {more}"


_RESELLER = "resellerName resellerMpnId"
_BENEFIT = "benefitId benefitName"
_EA_NEW = f"CostAllocationRuleName {_BENEFIT}"

COLUMN_SETS: Mapping[str, tuple[str, ...]] = {
    name: tuple(text.split())
    for name, text in {
        "EA 2024-08-01": f"{_EA_2020} {_EA_NEW} AccountId ResourceLocationNormalized",
        "EA 2023-12-01-preview": f"{_EA_2020} {_EA_NEW}",
        "EA 2021-10-01": _EA_2021_10,
        "EA 2021-01-01": f"{_EA_2020} CostAllocationRuleName",
        "EA 2020-01-01": _EA_2020,
        "EA 2019-10-01": _EA_2019_10,
        "MCA 2023-12-01-preview": _mca(
            _RESELLER, _NEW, "pricingModel", f"costAllocationRuleName {_BENEFIT} provider"
        ),
        "MCA 2021-10-01": _mca(_RESELLER, _NEW, "PricingModel", "costAllocationRuleName"),
        "MCA 2019-11-01": _mca(_RESELLER, _OLD),
        "MCA 2019-10-01": _MCA_2019_10,
        "MPA 2023-12-01-preview": _mca(_PARTNER, _NEW, "PricingModel", f"{_BENEFIT} provider"),
        "MPA 2021-10-01": _mca(_PARTNER, _NEW, "PricingModel", f"{_BENEFIT} provider"),
        "MPA 2021-01-01": _mca(_PARTNER, _NEW, "PricingModel"),
        "MPA 2019-11-01": _mca(_PARTNER, _OLD),
        "CSP 2023-12-01-preview": _csp(_NEW, "PricingModel", f"{_BENEFIT} provider"),
        "CSP 2021-01-01": _csp(_NEW, "PricingModel"),
        "CSP 2019-11-01": _csp(_OLD),
        "pay-as-you-go 2019-11-01": _PAYG_2019_11,
        "FOCUS 1.2-preview": _FOCUS_12,
        "FOCUS 1.0": _FOCUS_10,
        "FOCUS 1.0-preview(v1)": _FOCUS_10_PREVIEW,
        "Cost analysis": "UsageDate Meter CostUSD Cost Currency",
        "enterprise portal": "Date Product MeterName ConsumedQuantity ResourceRate ExtendedCost",
    }.items()
}
"""By agreement and version, as Microsoft's reference "cost and usage details file schema" lists them."""

WITHOUT_CURRENCY = frozenset({"EA 2019-10-01", "enterprise portal"})
"""Column sets that do not say the currency."""

METER = "Claude Consumption Units"


def row(day: str, usd: str, units: str = "", currency: str = "USD", **other: Any) -> dict[str, str]:
    """A charge of Claude, by the names of columns in lower case; columns that a set has not are not written.

    Args:
        day: As the file writes it.
        usd: The cost, in `currency`.
        units: Claude Consumption Units.
        currency: Of billing.
        **other: Columns by name.
    """
    values = {
        **dict.fromkeys(("date", "usagedatetime", "usagedate", "chargeperiodstart"), day),
        **dict.fromkeys(("metername", "meter", "x_skumetername", "skumeter"), METER),
        **dict.fromkeys(("productname", "product", "chargedescription"), "Claude in Microsoft Foundry"),
        **dict.fromkeys(("quantity", "usagequantity", "consumedquantity", "pricingquantity"), units),
        **dict.fromkeys(("costinbillingcurrency", "pretaxcost", "billedcost", "extendedcost", "cost"), usd),
        **dict.fromkeys(("billingcurrencycode", "billingcurrency", "currency"), currency),
        **dict.fromkeys(("chargetype", "chargecategory"), "Usage"),
        "publishername": "Anthropic",
        "providername": "Microsoft",
    }
    return {**values, **{name.lower(): str(value) for name, value in other.items()}}


def other_row(day: str, usd: str, **other: Any) -> dict[str, str]:
    """A charge of another product."""
    names = (
        "metername",
        "meter",
        "x_skumetername",
        "skumeter",
        "productname",
        "product",
        "chargedescription",
    )
    return row(
        day,
        usd,
        "9",
        **{**dict.fromkeys(names, "Hot LRS Data Stored"), "publishername": "Microsoft", **other},
    )


def text_of(
    columns: Sequence[str], rows: Iterable[Mapping[str, str]], separator: str = ",", end: str = "\r\n"
) -> str:
    """The file."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator=end)
    writer.writerow(columns)
    writer.writerows([one.get(name.lower(), "") for name in columns] for one in rows)
    return out.getvalue()


def write_run(
    folder: Path, parts: Mapping[str, bytes], *, name: str = "daily", submitted: str, period: date
) -> Path:
    """A run of an export in its folder, with its manifest."""
    folder.mkdir(parents=True)
    for part, content in parts.items():
        (folder / part).write_bytes(content)
    manifest = {
        "manifestVersion": "2024-04-01",
        "blobCount": len(parts),
        "exportConfig": {"exportName": name, "type": "ActualCost", "dataVersion": "2021-10-01"},
        "runInfo": {"submittedTime": submitted, "startDate": f"{period:%Y-%m-%d}T00:00:00"},
        "blobs": [{"blobName": f"root/{name}/20260101/{part}", "byteCount": 1} for part in parts],
    }
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder
