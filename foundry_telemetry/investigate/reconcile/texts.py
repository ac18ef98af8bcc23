"""The words of ``reconcile``: its table and lines, the causes of a difference, and its errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

# --- where to get the file --------------------------------------------------------------------------------

EXPORT: Final = (
    "export the cost in the Azure portal: Cost Management > Exports > Create > "
    "Cost and usage details (actual), or FOCUS"
)

# --- the table --------------------------------------------------------------------------------------------

DAY: Final = "Day (UTC)"
COLUMNS: Final = ("CCU", "Billed", "Recorded", "Difference", "%")
RESULT: Final = "Result"
DAYS: Final = ("day", "days")
ROWS: Final = ("row", "rows")
FILES: Final = ("file", "files")
ATTEMPTS: Final = ("attempt", "attempts")
MATCH: Final = "match"
NO_VALUE: Final = "-"

# --- the lines around it ----------------------------------------------------------------------------------

TITLE: Final = "Azure invoice against the ledger, {first} to {last} UTC"
READ: Final = "Read: {files}, {rows}: {claude} of Claude in Foundry, {others} of other products"
TOTAL: Final = "Total of {days}: billed {billed}, recorded {recorded}, difference {difference}{percent}"
PERCENT: Final = " ({percent} of billed)"
VERDICTS: Final[Mapping[str, str]] = {
    "match": "MATCH: the difference is within {tolerance}",
    "differs": "DIFFERS: the difference is more than {tolerance}",
    "no data": "NO COMPLETE DAY: billing data arrives hours to a day late; export again later",
}
CAUSE: Final = "{cause}: {size}"
CAUSE_IN_PART: Final = "{cause}: {size} of {difference}"
SPAN: Final = "{first} to {last}"
UNEXPLAINED: Final = "not explained: {size}{hint}"
HINT_MORE: Final = " (calls without telemetry?)"
HINT_LESS: Final = " (another billing account, or a filtered export?)"
INCOMPLETE_DAYS: Final = (
    "Not compared, {days} not complete in the export ({span}): "
    "billed {billed}, recorded {recorded}. Billing data arrives hours to a day late; export again later"
)
INCOMPLETE_DAY: Final = "not complete in the export"
APART: Final = "Not compared: {kind} {usd} ({rows})"
GAPS: Final = "In the ledger, not in recorded: {gaps}"
UNPRICED: Final = "{attempts} unpriced, amount unknown"
INCOMPLETE_USAGE: Final = "incomplete usage, at least {usd}"
FACTOR: Final = "Billed is {factor:f} times recorded on every day: {meaning}"
CONVERTED: Final[Mapping[str, str]] = {
    "usd": "Amounts: the US dollar column of the export",
    "billing": "Amounts: billed in US dollars",
    "pricing": "Amounts in {currency}: the cost in the pricing currency, US dollars",
    "rate": "Amounts in {currency}: converted by the exchange rate column of the export",
    "given": "Amounts in {currency}: converted by --rate, {rate:f} US dollars for 1 {currency}",
    "units": "Amounts: CCU x ${price:g} (usd_per_ccu in --settings FILE); the export has no cost",
}
UNNAMED: Final = "an unnamed currency"
SAME_FILE: Final = "{file} is the same file as {other}: read once"
OLD_RUN: Final = "{file}: skipped, an earlier run of the same export"
NO_AMOUNT: Final = "{rows} of Claude without a cost: not counted"

# --- causes -----------------------------------------------------------------------------------------------

INCOMPLETE: Final = "incomplete usage (responses that ended before their usage was reported), at least"
NO_TELEMETRY: Final = (
    "no telemetry on {days}: calls without telemetry, another workspace, or data past its retention"
)
NOTHING_BILLED: Final = "nothing billed on {days}: another billing account, or an export without this meter"
DISCOUNT: Final = "discount of {percent:.1f}%"
DATA_ZONE: Final = "price of US Data Zone deployments"
OTHER_DAY: Final = "metered on the day before or after"
CCU_PRICE: Final = "price of a CCU or exchange rate: {units} CCU x ${price:g} are not the billed amount"

SET_MULTIPLIER: Final = "US Data Zone deployments cost that: set multiplier = 1.1 for them"
SET_DISCOUNT: Final = "set discount = {factor:f}"
OTHER_FACTOR: Final = "not the factor of a discount or of a data zone"

# --- errors: which file -----------------------------------------------------------------------------------

NO_FILE: Final = f"{{file}}: no such file or folder; {EXPORT}"
CANNOT_READ: Final = f"{{file}}: cannot be read ({{error}}); {EXPORT}"
NO_EXPORT_IN: Final = f"{{file}}: no .csv, .csv.gz, .zip or .parquet file in this folder; {EXPORT}"
MISSING_PART: Final = (
    "{file}: the manifest names {part}, which is not there; download the whole folder of the export"
)
BAD_MANIFEST: Final = "{file}: expected the manifest of a cost export, JSON with a list of blobs; {error}"
SEVERAL_EXPORTS: Final = (
    "{file}: the folder has several exports ({names}); give one of them, or its files will count twice"
)
OTHER_KIND: Final = (
    f"{{file}}: {{found}}; expected a cost export as CSV or Parquet, also .gz or .zip; {EXPORT}"
)
FOUND: Final[Mapping[str, str]] = {
    "empty": "an empty file",
    "pdf": "a PDF document (an invoice has no rows to compare)",
    "xlsx": "an Excel workbook (download as CSV, or save it as CSV)",
    "json": "a JSON file",
    "xml": "an HTML or XML file",
    "binary": "binary data, no text",
    "archive": "an archive within an archive (unpack it first)",
    "parquet": "a Parquet file within an archive (unpack it first)",
    "no member": "an archive without a .csv file",
    "encrypted": "an encrypted archive (unpack it first)",
    "bomb": "compressed data that expands more than {times} times",
    "broken": "damaged or incomplete compressed data (download it again)",
    "line": "a line of more than 1 MiB, no CSV",
}

# --- errors: what is in it --------------------------------------------------------------------------------

NOT_CSV: Final = f"{{file}}, line {{line}}: no CSV ({{error}}); {EXPORT}"
NO_COLUMN: Final = (
    f"{{file}}: no column for the {{what}}; expected one of {{names}}; found {{found}}; {EXPORT}"
)
NO_COLUMNS: Final = "none"
SHORT_ROW: Final = (
    "{file}, line {line}: {found} columns, expected {expected}; the file may end early: download it again"
)
NOT_A_NUMBER: Final = "{file}, line {line}: the {what} is {text!r}; expected a number, such as 12.5"
NOT_A_DAY: Final = "{file}, line {line}: the day is {text!r}; expected YYYY-MM-DD, MM/DD/YYYY or DD/MM/YYYY"
TWO_SIGNS: Final = (
    "{file}, line {line}: {text!r} does not go with {other!r}: one has a decimal point, one a decimal comma; "
    "export the file again without editing it"
)
WHICH_SIGN: Final = (
    "{file}: {text!r} may have a decimal point or a decimal comma, and no amount of the file shows which; "
    "add --decimal point or --decimal comma"
)
TWO_ORDERS: Final = (
    "{file}: {first!r} is month first and {second!r} is day first; export the file again without editing it"
)
EXCLUDED_ORDER: Final = "{file}: {text!r} cannot be read with --dates {order}; leave the option out"
WHICH_ORDER: Final = (
    "{file}: {text!r} may be month first or day first, and no date of the file shows which; "
    "add --dates mdy or --dates dmy"
)
NO_CLAUDE: Final = (
    "{files}: no row of {rows} is Claude in Foundry by {meter}; {publishers}expected an export of the "
    "billing account, with Marketplace charges; set the name of the meter with --meter TEXT"
)
RULES: Final = "meter, product or publisher (Claude, Anthropic, CCU)"
PUBLISHERS: Final = "publishers are {names}; "
NOT_MICROSOFT: Final = (
    f"{{file}}, line {{line}}: a charge of the provider {{provider!r}}, not Microsoft; {EXPORT}"
)
NO_CURRENCY: Final = (
    "{file}: no column for the currency; expected one of {names}; if the amounts are US dollars, add --rate 1"
)
NO_RATE: Final = (
    "{file}: amounts in {currency}, and the export has no exchange rate to US dollars; "
    "add --rate {currency}=NUMBER, the US dollars for 1 {currency}"
)
BAD_RATE: Final = "{file}: the exchange rate is {rate}; expected a number above 0"
OVERLAP: Final = (
    "{file}: all of its rows of Claude are in {other} too, and would count twice; give one of the two"
)
SAME_AMOUNTS: Final = (
    "{file}: has the same amounts for the same days as {other}, and would count twice; give one of the two"
)
NO_PARQUET: Final = (
    "{file}: reading Parquet needs the package {package!r}, which is not installed; "
    "run: pip install 'foundry-telemetry[local]', or export as CSV"
)
BAD_PARQUET: Final = "{file}: damaged or no Parquet file ({error}); download it again"

# --- progress ---------------------------------------------------------------------------------------------

READING: Final = "reading {file}: {rows:,} rows"
QUERY: Final = "querying {source}"
