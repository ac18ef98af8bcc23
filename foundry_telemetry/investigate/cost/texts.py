"""The words of ``reconcile``: its tables and lines, the causes of a difference, and errors."""

from __future__ import annotations

from typing import Final

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
