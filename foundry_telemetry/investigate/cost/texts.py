"""The words of ``cost`` and ``reconcile``: their tables and lines, the causes of a difference, and errors."""

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

# --- reconcile --------------------------------------------------------------------------------------------

INVOICE_COLUMNS: Final = ("CCU", "Billed", "Recorded", "Difference")
INVOICE_DAY: Final = "Day (UTC)"
DAY: Final = ("day", "days")
INVOICE_CAUSE: Final = "Likely cause"
MATCH: Final = "match"
SUMS: Final = "Billed {billed}, recorded {recorded}, difference {difference}"
BY_UNITS: Final = "Billed = CCU x ${price:g} (usd_per_ccu in --settings FILE){days}; {why}"
ON_DAYS: Final = " on {days}"
OTHER_CURRENCY: Final = "the cost column of the file ({currencies}) is not used"
NO_USD: Final = "the file has no cost in USD"
FACTOR: Final = "Billed is {factor:g} times recorded on every day: {meaning}"

LATE: Final = "billing data arrives hours to days late; check again later"
ONE_FACTOR: Final = "the factor of all days, see below"
NOTHING_RECORDED: Final = (
    "no telemetry of this day: calls without telemetry, another workspace, or data past its retention"
)
DAY_UNPRICED: Final = "{attempts} unpriced (model without a list price)"
DAY_INCOMPLETE: Final = "incomplete usage: responses ended before their usage was reported{amount}"
DAY_AT_LEAST: Final = ", at least {usd}"
NOTHING_BILLED: Final = "nothing billed: another billing account, a credit, or a file without this meter"
NOT_RECORDED: Final = "calls without telemetry, such as those of other services of the subscription"
MIDNIGHT: Final = "calls around midnight: an attempt is recorded on the UTC day on which it ended"

DATA_ZONE: Final = "US Data Zone deployments cost 1.1 times the list price: set multiplier = 1.1 for them"
DISCOUNT: Final = "a discount of {percent:.1f}%: set discount = {factor:g}"
OTHER_FACTOR: Final = (
    "a constant share of the calls has no telemetry, or the price of a CCU differs: set usd_per_ccu"
)

# --- the file of reconcile --------------------------------------------------------------------------------

_EXPORT: Final = "download one in the Azure portal under Cost Management, Exports"
CANNOT_READ: Final = (
    f"{{file}}: cannot be read ({{error}}); expected the CSV file of a cost export: {_EXPORT}"
)
NOT_CSV: Final = f"{{file}}: expected CSV in UTF-8 ({{error}}): {_EXPORT}"
NO_CLAUDE: Final = "{file}: no row names {meter}; set the name of the meter with --meter TEXT"
CLAUDE_METERS: Final = "Claude, Anthropic or CCU"
NO_COLUMN: Final = "{file}, line 1: no column for the {what}; expected one of {names}; found {found}"
NO_COLUMNS: Final = "none"
SHORT_ROW: Final = "{file}, line {line}: {found} columns; expected {expected}"
NOT_A_NUMBER: Final = "{where}: {what} is {text!r}; expected a number, such as 12.5"
NOT_A_DAY: Final = "{where}: the day is {text!r}; expected MM/DD/YYYY or YYYY-MM-DD"

# --- progress ---------------------------------------------------------------------------------------------

QUERY: Final = "querying {source}"
