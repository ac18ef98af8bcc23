"""The words of ``cost``: its table and lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

# --- cost: lines above the table --------------------------------------------------------------------------

PERIOD: Final = "Cost from {since} to {until} UTC"
LABEL_WIDTH: Final = 16
"""Of the labels below."""
TOTAL: Final = "Total"
UNPRICED: Final = "Unpriced"
INCOMPLETE: Final = "Incomplete usage"
MONTH: Final = "Month to date"
FORECAST: Final = "Forecast"

AMOUNT: Final = "{usd} ({count})"
NO_COST: Final = "none with reported usage ({count} without)"
NOT_PRICED: Final = (
    "{count} of models without a list price; not in the total. Set a price with --settings FILE"
)
AT_LEAST: Final = "{count}, at least {usd}"
NO_USAGE: Final = "{count}: the response ended before its usage was reported; not in the total"
UNPRICED_ATTEMPTS: Final = "{count} unpriced"
NO_FORECAST: Final = "available after 1 full day of the month; its range after 2"
FORECAST_ALONE: Final = "{usd} by the end of the month; its range is available after 2 full days"
FORECAST_RANGE: Final = "{usd} by the end of the month ({low} to {high}), from {days} at {daily} per day"
FULL_DAY: Final = ("full day", "full days")

# --- cost: the table --------------------------------------------------------------------------------------

SPLITS: Final[Mapping[str, str]] = {"deployment": "Deployment", "model": "Model", "service": "Service"}
SPLIT_BY_TAG: Final = "{key} (tag)"
COLUMNS: Final[Mapping[str, str]] = {
    "cost_usd": "Cost",
    "units": "CCU",
    "wasted_usd": "Wasted",
    "attempts": "Attempts",
    "unpriced": "Unpriced",
    "new_input": "Uncached\ninput tokens",
    "cache_write": "Cache write\ntokens",
    "cache_read": "Cache read\ntokens",
    "output": "Output\ntokens",
}
"""By the field of a part. CCU are Claude Consumption Units, as on the invoice."""
NONE: Final = "-"
FEW_UNITS: Final = "<0.1"
NO_ATTEMPTS: Final = (
    "No Foundry call was recorded in this period. Check the set-up: `foundry-telemetry doctor{options}`"
)
NO_TAGS: Final = (
    "No attempt in this period has a tag. Set tags in your code: "
    "`with foundry_telemetry.attribute(tenant=...):`"
)

# --- cost: what was wasted, and what can be saved ---------------------------------------------------------

WASTED: Final = "Wasted spend, part of the total (column Wasted):"
WASTED_IS: Final = (
    "Failed or abandoned attempts whose usage was reported. Responses that ended before "
    "their usage was reported are under Incomplete usage, in neither Wasted nor the total."
)
FAILED: Final = "Failed attempts"
ABANDONED: Final = "Abandoned"
AVOIDABLE: Final = "Other avoidable cost, part of the total but not of Wasted:"
CACHE: Final = "Cache re-writes"
CACHE_IS: Final = (
    "{amount}: prompts written to the cache again; the amount is what cache reads would have saved"
)

RETRIES: Final = "Cost of retries, for information: {amount}: attempts after the first of their call"

# --- progress ---------------------------------------------------------------------------------------------

QUERY: Final = "querying {source}"
