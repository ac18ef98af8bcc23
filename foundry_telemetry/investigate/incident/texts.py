"""The words of ``incident``, line by line as they stand on the screen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from foundry_telemetry.investigate.texts import Noun

# --- labels -----------------------------------------------------------------------------------------------

INCIDENT: Final = "INCIDENT"
FURTHER_INCIDENTS: Final = ("SECOND INCIDENT", "THIRD INCIDENT")
OK: Final = "OK"
NO_DATA: Final = "NO DATA"
SINCE: Final = "since"
CALLS: Final = "calls"
NEXT_STEP: Final = "next step"
AFFECTED: Final = "affected"
TOKEN: Final = "token"  # noqa: S105 - a label
RETRIES: Final = "retries"
CHANGES: Final = "changes"
HISTORY: Final = "history"
EXAMPLES: Final = "examples"
DETAILS: Final = "details"
OTHERS: Final = "others"
CHECKED: Final = "checked"

# --- the first line ---------------------------------------------------------------------------------------

OWNER: Final = "owner: {owner}"
NOT_ELEVATED: Final = "no elevated failures"
SUCCEEDED: Final = ": {share} of {calls} succeeded, {recovered:,} of them after a retry"

# --- no traffic -------------------------------------------------------------------------------------------

NO_CALLS: Final = "no Foundry call was recorded in this period"
LAST_CALL: Final = "Last call: {time}."
NO_EARLIER_CALL: Final = "No call in the 7 days before this period."
WHY_NO_CALLS: Final = "Either nothing calls Claude, or its telemetry does not arrive here."
CHECK_NO_CALLS: Final = "Check that the service runs and exports its telemetry to this source."
LONGER_PERIOD: Final = " To include the last call, set an earlier start: --from {time}"
DOCTOR: Final = "foundry-telemetry doctor{options}"

# --- since, calls -----------------------------------------------------------------------------------------

OR_EARLIER: Final = "{time} or earlier"
ENDED: Final = "{began} until {last} ({lasted}); ended"
ONGOING: Final = "{began} ({lasted} ago); ongoing, last failure {last}"
SILENT: Final = "{began} ({lasted} ago); last failure {last}; no traffic since {newest}"
FAILED: Final = "{failed:,} of {calls} failed with this error ({share})"
NONE_FAILED: Final = "none of {calls} failed with this error"
RECOVERED: Final = ", {recovered:,} recovered after a retry"
FAILED_ATTEMPTS: Final = "; {attempts}"
FAILED_ATTEMPT: Final = ("failed attempt", "failed attempts")

# --- affected, token --------------------------------------------------------------------------------------

SHARE: Final = "{value} ({failed:,} of {attempts} failed)"
SHARE_OF_FAILURES: Final = "{value} ({failed:,} of the {failures})"
"""Of a tag, which is known of failures only: no share of the traffic."""
FURTHER_VALUES: Final = "and {others}"
UNAFFECTED: Final = "; {others} not affected"
BY: Final = "{by}: {values}"
TAG: Final = "tag {key}"
SPREAD_TAG: Final = "{by}: {number} values, none with more than {share} of the failures"
NO_VALUE: Final = "(unknown)"
"""A value that the attempts did not report."""
AUDIENCE: Final = "audience {audience}"
TENANT: Final = "; tenant {tenant}"
EXPIRED: Final = "; expired {time} before the request"
VALID: Final = "; valid for {time} at the request"

# --- retries, changes -------------------------------------------------------------------------------------

AFFECTED_CALL: Final = ("affected call", "affected calls")
MASKED: Final = "failures masked by retries: all {calls} recovered, {pace:.1f} attempts per call"
PARTLY_MASKED: Final = "failures partly masked by retries: {recovered:,} of {calls} recovered"
ADD_LOAD: Final = "retries add load: {pace:.1f} attempts per affected call, none recovered"
NOT_RETRIED: Final = "none: each affected call made one attempt"
NEW_VALUE: Final = "{what} {value} of {service}, first seen {time}"
A_SERVICE: Final = "an unnamed service"
CHANGES_UNKNOWN: Final = "unknown; no earlier data to compare"
NO_CHANGES: Final = "none in version, deployment, client, credential type, host or region"
NEW_CAUSE: Final = "this error did not occur in the 7 days before"
NEW_CAUSE_SINCE: Final = "this error did not occur before; data begins {time}"
OLD_CAUSE: Final = "this error occurred before, at a lower rate"

# --- examples ---------------------------------------------------------------------------------------------

NOT_SENT: Final = "not sent"
NO_RESPONSE: Final = "no response"
NO_IDS: Final = "no request IDs in the response"
NO_AZURE_ID: Final = "no apim-request-id"
NO_ANTHROPIC_ID: Final = "no Anthropic request-id"
TICKET: Final = "foundry-telemetry ticket {id}{options}"

# --- others, checked --------------------------------------------------------------------------------------

OTHER: Final = "{cause} (owner: {owner}): {calls} failed, {attempts} ({baseline})"
BASELINE: Final = "baseline: {baseline}"
NO_BASELINE: Final = "no baseline: too little earlier data"
LOW_BASELINE: Final = "<1"
AT_NORMAL_LEVEL: Final = "; at normal level"
FURTHER_CAUSES: Final = "and {causes}"
MORE_CAUSES: Final = ("more cause", "more causes")
CHECKED_SUMS: Final = "{sums}; {period}; baseline: {before} (24 h before); {source}"

# --- progress ---------------------------------------------------------------------------------------------

QUERY_CALLS: Final = "querying {source} for calls"
QUERY_FAILURES: Final = "querying {source} for failures"

OTHER_VALUES: Final[Mapping[str, Noun]] = {
    "auth_scheme": ("other credential type", "other credential types"),
    "client": ("other client library", "other client libraries"),
    "deployment": ("other deployment", "other deployments"),
    "region": ("other region", "other regions"),
    "server": ("other host", "other hosts"),
    "service": ("other service", "other services"),
    "version": ("other version", "other versions"),
}
"""The values of a property of an attempt that are not named one by one."""
OTHER_VALUE: Final = ("other value", "other values")
"""Of a tag."""

NAMES: Final[Mapping[str, str]] = {
    "auth_scheme": "credential type",
    "client": "client library",
    "deployment": "deployment",
    "region": "region",
    "server": "host",
    "service": "service",
    "version": "version",
}
"""What each property of an attempt is called."""
