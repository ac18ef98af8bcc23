"""The words of ``ticket``: its screen, its Markdown, and the block that is pasted into a support ticket."""

from __future__ import annotations

from typing import Final

# --- states of a call; also the value of `state` in JSON --------------------------------------------------

FAILED: Final = "failed"
RECOVERED: Final = "recovered"
SUCCEEDED: Final = "succeeded"
ENDED_BY_CALLER: Final = "{outcome} by the caller"

# --- labels of the screen ---------------------------------------------------------------------------------

CALL: Final = "call"
CAUSE: Final = "cause"
TIME: Final = "time"
NEXT_STEP: Final = "next step"
RETRY: Final = "retry"
ATTEMPTS: Final = "attempts"
TRACE: Final = "trace"

# --- the screen -------------------------------------------------------------------------------------------

CALL_ID: Final = "call ID {id}"
SUPPORT_CODE: Final = "  support code {code}"
OWNER: Final = "owner: {owner}"
ROUTE: Final = "{when}, service {service}, deployment {deployment}"
PLACEHOLDER: Final = "{name} is {meaning}."
NO_STATUS: Final = "no response"
WAITED: Final = "  waited {time}"
ATTEMPT: Final = "{number}. {when}  {status}  "
STARTED: Final = "started {time}"
ENDED: Final = "ended {time}"
"""Where the start was not reported."""
TOOK: Final = "  duration {time}"
AZURE_ID: Final = "apim-request-id {id}"
ANTHROPIC_ID: Final = "request-id {id}"
FURTHER: Final = "and {count} more"
AT_LEAST: Final = "at least {count}"
NOTHING_RELATED: Final = "No other telemetry of this trace was found; it may have been sampled out."
OTHER_CALL: Final = "Another call with this ID: {call}, {state}"

# --- content, where it was asked for ------------------------------------------------------------------------

CONTENT: Final = "content"
CONTENT_TITLE: Final = "### Content"
CONTENT_ATTEMPT: Final = "attempt {number}, from {table}{cut}"
CONTENT_CUT: Final = ", cut to fit"
CONTENT_NOT_KEPT: Final = (
    "No content of this call was found. Request and response logs were off, or the call was not in their "
    "share, or they go to a sink of your own, or they were erased or are older than their retention."
)
CONTENT_UNREADABLE: Final = "Content of {attempts} was kept, but {table} was not readable: {why}"
CONTENT_FORBIDDEN: Final = (
    "access denied (status 403). The table is protected, or your account may not read the workspace: ask "
    "for the role Privileged Monitoring Data Reader."
)
CONTENT_NO_TABLE: Final = "the workspace does not have this table (status 400)."
CONTENT_MISSING: Final = (
    "Content of {attempts} was kept, but {table} did not return it: your account may not see rows of a "
    "protected table (role Privileged Monitoring Data Reader), or they were erased, or are older than the "
    "retention of the table."
)

# --- above the block --------------------------------------------------------------------------------------

NO_FAILURE: Final = "No attempt failed. Call details:"
NO_TICKET: Final = "No support ticket needed: {why} Call details:"
OPEN_TICKET: Final = "Open a support ticket with {channels} {condition} Paste this:"
OR: Final = " or "

# --- the block to paste -----------------------------------------------------------------------------------

BLOCK_CALL: Final = "Call"
BLOCK_STATE: Final = "{state} after {attempts}"
BLOCK_TIME: Final = "Start and end"
BLOCK_SHOWN: Final = "Details of"
BLOCK_SHOWN_ATTEMPT: Final = "attempt {number} of {attempts} ({cause})"
LAST: Final = "last"
BLOCK_AZURE_ID: Final = "Azure apim-request-id"
BLOCK_ANTHROPIC_ID: Final = "Anthropic request-id"
BLOCK_STATUS: Final = "Status"
BLOCK_CAUSE: Final = "Cause"
BLOCK_OUTCOME: Final = "Outcome"
BLOCK_DURATION: Final = "Duration"
BLOCK_CODE: Final = "Error code"
BLOCK_ORIGIN: Final = "Responded by"
BLOCK_URL: Final = "URL"
BLOCK_RESOURCE: Final = "Resource"
BLOCK_REGION: Final = "Region"
BLOCK_DEPLOYMENT: Final = "Deployment"
BLOCK_MODEL: Final = "Model"
BLOCK_CLIENT: Final = "Client"
BLOCK_API: Final = "anthropic-version"
BLOCK_CREDENTIAL: Final = "Credential"
BLOCK_ENTRA: Final = "Entra error"
BLOCK_ENTRA_IDS: Final = "{code}; trace ID {trace_id}; correlation ID {correlation_id}"
BLOCK_ATTEMPT: Final = "Attempt {number}"
BLOCK_ATTEMPT_FACTS: Final = "{when}, {status}, {cause}, duration {took}; {ids}"
BLOCK_TRACE: Final = "Trace ID"
NO_IDS: Final = "no request IDs"
AUDIENCE: Final = "audience"
TENANT: Final = "tenant"
APPLICATION: Final = "application"
IDENTITY: Final = "identity"
EXPIRED: Final = "expired {time} before the request"
VALID: Final = "valid for {time} at the request"

# --- Markdown ---------------------------------------------------------------------------------------------

TITLE: Final = "## Call {call} {state}"
UNNAMED_TITLE: Final = "## Call {state}"
MARKDOWN_CAUSE: Final = "**Cause**: **{cause}**, owner: **{owner}**. {meaning}"
MARKDOWN_NEXT_STEP: Final = "**Next step**: {step}"
COLUMNS: Final = (
    "#",
    "time",
    "waited",
    "duration",
    "status",
    "outcome",
    "apim-request-id",
    "request-id",
)

# --- progress, errors -------------------------------------------------------------------------------------

QUERY_CALL: Final = "querying {source} for the call"
QUERY_TRACE: Final = "querying {source} for its trace"
NOT_AN_ID: Final = (
    "{text} is not a valid ID: expected a request-id (req_...), an apim-request-id (a GUID), a response ID "
    "(msg_...), a trace ID (32 hex digits), a call ID (16 hex digits) or a support code (FT-XXXXX-XXXXX)"
)
OR_A_FAILURE: Final = "{error}; or an exception, a status such as 429, or a cause such as rate_limited"
"""Of a text that may show a failure as well."""
CHECK_LOCAL: Final = "Check that the service sends its telemetry to this address."
CHECK_AZURE: Final = (
    "New telemetry takes up to 5 minutes to arrive. Check the workspace (--workspace ID) and that the "
    "service sends its ledger there."
)
"""What to check where an ID was not found."""
NOT_FOUND: Final = (
    "no attempt with {named} in {source} from {since} to {until} UTC. {check} "
    "To see what arrived, run `foundry-telemetry incident{options}`"
)

# --- a failure that a text shows --------------------------------------------------------------------------

READ_FROM: Final = "read from"
EVIDENCE: Final = "{kind} {value}"
NO_CALL: Final = "The text has no ID of a recorded call: this is what it shows by itself."
