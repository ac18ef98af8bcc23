"""The words of ``doctor`` about request and response logs."""

from __future__ import annotations

from typing import Final

OFF: Final = "request and response logs are off: no content is recorded"
INVALID: Final = "{problem}"
FIX_INVALID: Final = "export {variable}=1, or unset {variable}"
KEPT_OFF: Final = "request and response logs are asked for, but {name} keeps them off"
UNREDACTED: Final = (
    "request and response logs are asked for, but the packages that redact are missing: {packages}"
)
ON: Final = "request and response logs are on: {share:.4g} of calls{failures}, redacted, to {where}"
FAILURES: Final = " and all that failed or were refused"
SINKS: Final = "a function of your own"
EXPORTED: Final = "Azure Monitor (table {table})"
TABLE: Final = "content table"
ROWS: Final = (
    "{table}: {rows} in 24 h, readable with this account; plan, retention and protection level are not "
    "visible to queries"
)
REFUSED: Final = "{table}: access denied (status 403), as to a protected table without its role"
UNKNOWN_STATUS: Final = "unknown"
ABSENT: Final = "{table}: the workspace does not have it yet (status {status})"
