"""The words of ``cost``: its tables and lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

# --- lines above the table --------------------------------------------------------------------------------

PERIOD: Final = "Cost from {since} to {until} UTC{filters}"
FILTERS: Final = ", only {terms}"
LABEL_WIDTH: Final = 18
"""Of the labels below."""
TOTAL: Final = "Total"
CHANGE: Final = "Change"
UNPRICED: Final = "Unpriced"
INCOMPLETE: Final = "Incomplete usage"
MONTH: Final = "Month to date"
FORECAST: Final = "Forecast"
BUDGET: Final = "Budget"

AMOUNT: Final = "{usd} ({count})"
NO_COST: Final = "none with reported usage ({count} without)"
CHANGED: Final = "{usd}{percent} vs {before} in the previous period ({since} to {until})"
PERCENT: Final = " ({percent:+.0f}%)"
NO_PREVIOUS: Final = "no previous data ({since} to {until})"
NOT_PRICED: Final = (
    "{count} with complete usage and no rate for the model or a part of the usage; not in the total. "
    "Set a price with --settings FILE"
)
AT_LEAST: Final = "{count}, at least {usd}"
NO_USAGE: Final = "{count}: the response ended before its usage was reported; not in the total"
UNPRICED_ATTEMPTS: Final = "{count} unpriced"
NO_FORECAST: Final = "too little data: available after 1 full day with records, its range after 2"
FORECAST_ALONE: Final = "{usd} by {end}; its range is available after 2 full days"
FORECAST_RANGE: Final = "{usd} by {end} (9 in 10: {low} to {high}); {method} of {days}"
METHODS: Final[Mapping[str, str]] = {
    "weekday mean": "mean of each weekday",
    "daily mean": "daily mean (by weekday from 14 days on)",
}
FULL_DAY: Final = ("full day", "full days")

BUDGETS: Final[Mapping[str, str]] = {
    "reached": "{name}: {spent} spent, reached on {day}",
    "will be reached": "{name}: {spent} spent, {forecast} expected by {end}; will be reached on {day}",
    "not reached": "{name}: {spent} spent, {forecast} expected by {end}; will not be reached",
    "too little data": "{name}: {spent} spent; too little data for a forecast",
}
BUDGET_OF: Final = "{name} {value}"

# --- the table --------------------------------------------------------------------------------------------

SPLITS: Final[Mapping[str, str]] = {
    "deployment": "Deployment",
    "model": "Model",
    "service": "Service",
    "version": "Version",
    "operation": "Operation",
    "hour": "Hour (UTC)",
    "day": "Day (UTC)",
    "month": "Month (UTC)",
}
SPLIT_BY_TAG: Final = "{key} (tag)"
COLUMNS: Final[Mapping[str, str]] = {
    "cost_usd": "Cost",
    "share": "Share",
    "change_usd": "Change",
    "units": "CCU",
    "wasted_usd": "Wasted",
    "attempts": "Attempts",
    "unpriced": "Unpriced",
    "incomplete": "Incomplete",
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
NO_ATTEMPTS_OF_FILTERS: Final = (
    "No Foundry call with {filters} was recorded in this period. Check the spelling of the filters; they are "
    "case-sensitive."
)
NO_TAGS: Final = (
    "No attempt in this period has a tag. Set tags in your code: "
    "`with foundry_telemetry.attribute(tenant=...):`"
)

# --- what was wasted, and what can be saved ---------------------------------------------------------------

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
TIER: Final = "Dearer price tier"
TIER_IS: Final = "{amount}: long prompts; the same tokens below the tier would have cost {below}"

RETRIES: Final = "Cost of retries, for information: {amount}: attempts after the first of their call"

# --- progress ---------------------------------------------------------------------------------------------

QUERY: Final = "querying {source}"
