"""The words that all commands share: units, states of a query, and what to do where a source does not answer.

Texts of one command stand in the `texts.py` of its folder.
"""

from __future__ import annotations

from typing import Final

Noun = tuple[str, str]
"""Singular and plural."""

ATTEMPT: Final[Noun] = ("attempt", "attempts")
CALL: Final[Noun] = ("call", "calls")
DEPLOYMENT: Final[Noun] = ("deployment", "deployments")
ROW: Final[Noun] = ("row", "rows")
SERVICE: Final[Noun] = ("service", "services")

UNKNOWN: Final = "unknown"
"""Stands for a name, a time or a number that was not reported."""
NOT_REPORTED: Final = "not reported"
"""Stands for an id that the response did not carry."""

# --- where a query is sent --------------------------------------------------------------------------------

LOCAL_SOURCE: Final = "local Azure Monitor at {url}"
AZURE_SOURCE: Final = "workspace {workspace} in Azure"
NOT_LOCAL: Final = (
    "{url!r} is not a local Azure Monitor: expected http://127.0.0.1:{port}, the address that "
    "`foundry-telemetry local` prints; to query a workspace in Azure, use --workspace ID"
)
_FIND_ID: Final = (
    'find the ID with `az monitor log-analytics workspace list --query "[].[name, customerId]" -o tsv`'
)
NO_WORKSPACE: Final = f"--source azure needs --workspace or {{variable}}; {_FIND_ID}"
NO_OTHER_TABLE: Final = "{variable} has {given}; expected one or more of {known}, with commas"
NOT_A_WORKSPACE: Final = (
    f"{{workspace!r}} is not a workspace ID: expected a GUID, in --workspace or {{variable}}; {_FIND_ID}"
)
NOT_A_QUERY_API: Final = (
    "{url!r} is not a query API of Azure: expected https://api.loganalytics.io or that of your cloud, such "
    "as https://api.loganalytics.us; omit --url to use https://api.loganalytics.io"
)

# --- where there is no answer -----------------------------------------------------------------------------
# Never what the service wrote: messages of Azure can name principals and tenants.

_SIGN_IN: Final = (
    "sign in with `az login` (or set AZURE_CLIENT_ID, AZURE_TENANT_ID and a secret, or run with a managed "
    "identity), then check the account with `az account show`"
)
NO_TOKEN: Final = f"no token for {{name}}{{code}}: {_SIGN_IN}"
TIMED_OUT: Final = "{name} did not respond in time: retry, or query a shorter period with --since 30m"
UNREACHABLE: Final = "{name} cannot be reached: {check}"
INTERRUPTED: Final = "{name} closed the connection before the response was complete ({error}): retry"
UNREADABLE: Final = "{name} returned an invalid response ({error}): {check}"
REFUSED: Final = "{name} rejected the query (status {status}): {check}"
ANOTHER_SERVER: Final = "no {name}: the server there returned status {status}; {check}"
LOCAL_UNAUTHORIZED: Final = (
    "{name} needs its access token: run the command as the user who started it, or set "
    "FOUNDRY_TELEMETRY_LOCAL_TOKEN to the token in the link that it printed"
)
PARTIAL: Final = "{name} returned a partial result: query a shorter period with --since 30m"
OTHER_COLUMNS: Final = (
    "unexpected columns in the result ({error}): run `pip install -U 'foundry-telemetry[cli]'`"
)

START_LOCAL: Final = (
    "start it with `foundry-telemetry local`, set another address with --url, or query Azure with "
    "--workspace ID"
)
CHECK_NETWORK: Final = (
    "check DNS, proxy and firewall of this machine, and whether the workspace allows queries from public "
    "networks (`az monitor log-analytics workspace show`, publicNetworkAccessForQuery)"
)
UNAVAILABLE: Final = "the service failed; retry in a minute, or check Azure Service Health"
BY_STATUS: Final = {
    400: "the workspace does not have the tables of Application Insights: use the workspace that your "
    "Application Insights resource sends to; or this version is too old: run "
    "`pip install -U 'foundry-telemetry[cli]'`",
    401: f"the token was rejected; {_SIGN_IN}; for another cloud, set its query API with --url",
    403: "your account needs the role Log Analytics Reader on the workspace: `az role assignment "
    "create --role 'Log Analytics Reader' --assignee <principal-id> --scope <workspace-id>`",
    404: f"the workspace does not exist in this cloud; {_FIND_ID}",
    429: "too many concurrent queries; wait a minute, or close dashboards that query the same workspace",
    504: "the query took too long; query a shorter period with --since 30m",
}
"""What to check, by status of the response."""

# --- filters ----------------------------------------------------------------------------------------------

TAG: Final = "tag {key}"
NOT_A_KEY: Final = "tag key {key!r}: expected 1 to 64 letters, digits, _, . or -; example: --tag tenant=acme"
NOT_A_VALUE: Final = "{name} {value!r}: expected 1 to 256 printable characters"
