"""The words of ``content erase``."""

from __future__ import annotations

from typing import Final

from foundry_telemetry.investigate.texts import Noun

EVENT_ROW: Final[Noun] = ("row", "rows")

ONE_SUBJECT: Final = "expected one of --tenant, --user and --call; example: --tenant acme"
NOT_A_CALL: Final = "--call: expected a call ID or support code, not a {kind}"
EMPTY: Final = "--{key}: expected a value; example: --{key} acme"
CALL: Final = "call {call}"
TENANT: Final = "tenant {values}"
USER: Final = "user, recorded as {values}"

NOTHING_FOUND: Final = "No content of {subject} before {before} in {source}."
WOULD_DELETE: Final = "Content of {subject} before {before} in {source}:"
TABLE_ROWS: Final = "{table:16} {rows}, {range}"
TABLE_UNREADABLE: Final = "{table:16} rows not countable: {why}"
NO_ROWS: Final = "{table:16} none"
AT_MOST: Final = "More calls match; this run takes the oldest {count:,}. Run the command again for the rest."
NO_SPAN: Final = (
    "{count:,} of these have no span, by which the Delete Data API finds them: use --purge for those."
)
CONFIRM: Final = "Delete these rows? This cannot be undone."
NEEDS_YES: Final = "not a terminal: pass --yes to delete, or --print to see the requests"
NOT_DELETED: Final = "Nothing was deleted."
NEEDS_RESOURCE: Final = (
    "--workspace-resource-id is needed to delete in Azure, or --print to see the requests: `az monitor "
    "log-analytics workspace show -g <resource-group> -n <workspace> --query id -o tsv`"
)
NOT_A_RESOURCE: Final = (
    "{text!r} is no resource ID of a workspace: expected /subscriptions/.../resourceGroups/.../providers/"
    "Microsoft.OperationalInsights/workspaces/NAME"
)
NOT_HTTPS: Final = (
    "{url!r} is no management endpoint: expected https://management.azure.com or that of your cloud"
)

DELETED: Final = "{table}: {rows} deleted"
DELETED_UNCOUNTED: Final = "{table}: deleted"
ACCEPTED: Final = "{table}: accepted, not yet done; see its status at {url}"
ACCEPTED_UNKNOWN: Final = "{table}: accepted; the service named no address for its status"
FAILED: Final = (
    "{table}: the service accepted the request and then failed ({code}); nothing of it may be deleted"
)
NO_TABLE: Final = "{table}: the workspace does not have this table"
FORBIDDEN: Final = (
    "{table}: access denied (status 403). Needed is the permission {permission}, as the role {role} has it. "
    "The request, for somebody who has it:"
)
LIMITED: Final = (
    "{table}: more than {limit} requests an hour (status 429); run the command again {when}. It finds what "
    "remains."
)
LATER: Final = "in {seconds} s"
IN_AN_HOUR: Final = "in an hour"
REFUSED: Final = "{table}: rejected (status {status}{code}). {check}"
CHECK_PLAN: Final = (
    "The Delete Data API needs the Analytics plan; change the plan of the table, or use --purge."
)
CHECK_REQUEST: Final = "Check the request with --print."
SIGN_IN: Final = "{table}: no token for Azure. Sign in with `az login`, and run the command again."
UNREACHABLE: Final = "{table}: no response ({error}). Run the command again; it finds what remains."
EVENTS_KEPT: Final = (
    "The rows of AppEvents stay until those of AppGenAIContent are deleted: the next run needs them to find "
    "the rest."
)

REMAINS: Final = "What remains"
REMAINS_AZURE: Final = (
    "exports of the workspace (data export, Event Hubs, storage), restored and search-job tables",
    "what your own sink stored (ContentPolicy(sink=...))",
    "buffers on the disks of services, for at most 48 hours",
    "content that other libraries recorded, in AppDependencies and AppTraces",
    "request and response logs that came by a Collector (AppTraces) or native OTLP ingestion (OTelLogs)",
    "the ledger event of each call: ids, counts and tags, no content",
    "a local Azure Monitor that was used, with --source local",
)
REMAINS_LOCAL: Final = (
    "bytes in the database file that are not overwritten yet; to remove them now, delete the file",
    "what your own sink stored (ContentPolicy(sink=...)), and a workspace in Azure",
    "buffers on the disks of services, for at most 48 hours",
    "content that other libraries recorded, in AppDependencies and AppTraces",
    "request and response logs that came by a Collector (AppTraces) or native OTLP ingestion (OTelLogs)",
    "the ledger event of each call: ids, counts and tags, no content",
)
