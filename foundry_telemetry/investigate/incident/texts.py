"""The words of ``incident``, line by line as they stand on the screen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from foundry_telemetry.investigate.texts import Noun

# --- labels -----------------------------------------------------------------------------------------------

INCIDENT: Final = "INCIDENT"
ORDINALS: Final = ("", "SECOND ", "THIRD ", "FOURTH ", "FIFTH ")
FURTHER: Final = "FURTHER "
OK: Final = "OK"
NO_DATA: Final = "NO DATA"
AFFECTED: Final = "affected"
NEXT_STEP: Final = "next step"
MEANING: Final = "meaning"
EVIDENCE: Final = "evidence"
CALLS: Final = "calls"
CHANGES: Final = "changes"
ALSO: Final = "also"
CODES: Final = "codes"
TOKEN: Final = "token"  # noqa: S105 - a label
EXAMPLES: Final = "examples"
DETAILS: Final = "details"
OTHERS: Final = "others"
NOTES: Final = "notes"
UNJUDGED: Final = "unjudged"
CHECKED: Final = "checked"

# --- the first line: what, owner, when --------------------------------------------------------------------

OWNER: Final = "owner: {owner}"
WITH_RATIO: Final = "{title} {ratio}: {value}"
WITHOUT_RATIO: Final = "{title}: {value}"
BASELINE_VALUE: Final = " (baseline {value})"
NO_BASELINE_VALUE: Final = " (no baseline)"
SAME_LENGTH: Final = "{ratio} at the same response length"
"""Latency, where responses also got longer or shorter."""
FAILED_SHARE: Final = "{share} of {count} attempts failed"
TYPICAL: Final = "typical {value}"
"""The geometric mean."""
AHEAD: Final = "{time} ahead of the server"
BEHIND: Final = "{time} behind the server"
OR_EARLIER: Final = "{time} or earlier"
WHEN: Final[Mapping[str, str]] = {
    "ongoing": "ongoing since {since} ({ago})",
    "ended": "ended: {since} to {last} ({lasted})",
    "intermittent": "intermittent since {since} ({times} times, last {last})",
    "no traffic": "since {since}, last {last}; no traffic of the affected since {newest}",
}
"""By the state of a period."""
ONGOING: Final = "ongoing"
"""The state in which silence is: that there is no traffic is what it is about."""

# --- affected ---------------------------------------------------------------------------------------------

ALL_TRAFFIC: Final = "all traffic"
ROUTE: Final = "{services} → {deployments}"
OF_NUMBER: Final = "1 of {number} {values}: {value}"
OF_TAG: Final = "{name} {value} (1 of {number} values)"
OF_ONE: Final = "{name} {value}"
WITHIN: Final = "{terms} ({route})"
NOT_AFFECTED: Final = "; not affected: {values}"
NOT_JUDGED: Final = "; not judged: {values}"
NAMED: Final = "{name} {values}"
OTHERS_OF: Final = "{number} other {values}"
AND_MORE: Final = "{values} and {number} more"
NO_VALUE: Final = "(unknown)"
"""A value that the attempts did not report."""

# --- OK ---------------------------------------------------------------------------------------------------

NOT_ELEVATED: Final = "no elevated failures, no other incident"
NO_CALL_JUDGED: Final = "too few calls to judge"
SUCCEEDED: Final = ": {share} of {calls} succeeded{recovered}"
AFTER_RETRY: Final = ", {recovered:,} of them after a retry"

# --- no traffic -------------------------------------------------------------------------------------------

NO_CALLS: Final = "no Foundry call was recorded in this period"
NO_CALLS_OF_FILTER: Final = "no Foundry call with {filters} was recorded in this period"
LAST_CALL: Final = "Last call: {time}."
NO_EARLIER_CALL: Final = "No call in the 7 days before this period."
WHY_NO_CALLS: Final = "Either nothing calls Claude, or its telemetry does not arrive here."
CHECK_NO_CALLS: Final = "Check that the service runs and exports its telemetry to this source."
CHECK_FILTERS: Final = " Check the spelling of the filters; they are case-sensitive."
LONGER_PERIOD: Final = " To include the last call, set an earlier start: --from {time}"
DOCTOR: Final = "foundry-telemetry doctor{options}"

# --- evidence ---------------------------------------------------------------------------------------------

OF_EXTENT: Final = "{calls}, {attempts} of the affected {when}"
FAILED: Final = "{failed:,} of {calls} failed with this error ({share}){recovered}; {attempts} {when}"
RECOVERED: Final = ", {recovered:,} recovered after a retry"
MASKED: Final = "none of {calls} failed: masked by retries, {recovered:,} recovered; {attempts} {when}"
SINCE_CHANGE: Final = "since the change"
IN_ITS_TIME: Final = "in this time"
"""Of what has ended."""
IN_PERIOD: Final = "in the period checked"
"""Of what began before it."""
CODE: Final = "{code} ({number})"
FIRST_SEEN: Final = "{what} {value}, first seen {time}"
REPLACES: Final = "; before: {values}"
NO_CHANGES: Final = "none detected"
CHANGES_UNKNOWN: Final = "unknown; no earlier data to compare"
AUDIENCE: Final = "audience {audience}"
TENANT: Final = "; tenant {tenant}"
EXPIRED: Final = "; expired {time} before the request"
VALID: Final = "; valid for {time} at the request"

# --- examples ---------------------------------------------------------------------------------------------

NOT_SENT: Final = "not sent"
NO_RESPONSE: Final = "no response"
NO_IDS: Final = "no request IDs in the response"
NO_AZURE_ID: Final = "no apim-request-id"
NO_ANTHROPIC_ID: Final = "no Anthropic request-id"
TICKET: Final = "foundry-telemetry ticket {id}{options}"

# --- others, notes, checked -------------------------------------------------------------------------------

AT_NORMAL_LEVEL: Final = "{change}; within normal variation"
TOO_FEW_FAILED: Final = "{change}; too few to judge"
"""Failures without a baseline."""
BELOW_INCIDENT: Final = "{change}; below the level of an incident"
FURTHER_ONES: Final = "and {number} more"
TOO_FEW: Final = "too few calls"
"""The reason, as a report has it."""
WHY_UNJUDGED: Final[Mapping[str, str]] = {
    TOO_FEW: "too few calls to judge: {values}",
    "no baseline": "no baseline: {values}",
    "not asked": "not checked: {values}",
}
UNJUDGED_CALLS: Final = "{what} ({calls})"
CHECKED_SUMS: Final = "{sums}; {period}; baseline: {before}; {comparisons}; {source}"
BASELINE_SINCE: Final = "{attempts} since {time}"
COMPARISON: Final[Noun] = ("comparison", "comparisons")
FILTERED: Final = "only {filters}; "

# --- filters ----------------------------------------------------------------------------------------------


# --- progress ---------------------------------------------------------------------------------------------

QUERY_CALLS: Final = "querying {source} for calls"
QUERY_FAILURES: Final = "querying {source} for failures"

NAMES: Final[Mapping[str, str]] = {
    "auth_scheme": "credential type",
    "client": "client library",
    "server": "host",
    "max_tokens": "max_tokens",
}
"""What dimensions are called that are not called as they are."""
PLURALS: Final[Mapping[str, str]] = {
    "auth_scheme": "credential types",
    "client": "client libraries",
    "max_tokens": "values of max_tokens",
    "stream": "values of stream",
}
"""Where the plural is not the name with an s."""

TAGS: Final = "tags"
VOLUME: Final = "call volume"
HIGHER_VOLUME: Final = "higher call volume"
"""Of a week before there is nothing."""
"""Stands for all tags where they were not asked for."""
