"""The words of ``doctor``: the name of each check, what it found, and the fix.

A fix is a command or a line of code where one does, else a sentence.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from foundry_telemetry.investigate.doctor.finding import State
from foundry_telemetry.investigate.texts import Noun

# --- the frame --------------------------------------------------------------------------------------------
COUNTS: Final[Mapping[State, Noun]] = {
    "failure": ("failed", "failed"),
    "warning": ("warning", "warnings"),
    "ok": ("passed", "passed"),
    "skipped": ("skipped", "skipped"),
}
"""One and several, in the order in which they are counted."""
FIX: Final = "fix: "
NOTE: Final = "note: "
RUN: Final = "run: "
NAMED: Final = "{count} ({checks})"
EVENT: Final = "Ledger event of the call, as it is stored in AppEvents:"
CHECKING: Final = "checking"
WAITING: Final = "waiting for {checks}"
DONE: Final = "done"

# --- a check that gave no result --------------------------------------------------------------------------
TOO_LATE: Final = "no result within {limit:g} s"
FIX_TOO_LATE: Final = "Check DNS, proxies and firewalls in the path, then run it again."
CHECK_FAILED: Final = "internal error of this check: {error}"
FIX_CHECK_FAILED: Final = "pip install --upgrade foundry-telemetry"

# --- packages ---------------------------------------------------------------------------------------------
PACKAGES: Final = "packages"
INTEGRATIONS: Final = "integrations"
OTHER_CLIENTS: Final = "other clients"
NOT_INSTALLED: Final = "not installed"
SDK_NOT_INSTALLED: Final = "not installed; calls through {families} are recorded without it"
SDK_WRONG_HEADER: Final = "{version} sends the key in the header api-key only; Foundry rejects it with a 401"
SDK_WITHOUT_FOUNDRY: Final = "{version} has no AnthropicFoundry; only calls with base_url= are recorded"
SDK_WITHOUT_MIDDLEWARE: Final = "{version} has no middleware; a token provider that raises is not recorded"
NEWER_THAN_TESTED: Final = "{version} is newer than the tested versions"
OLDER_THAN_NEEDED: Final = "{version} is too old; {least} or later is required"
NEEDED_FROM_SDK_1: Final = "not installed; required by anthropic 1.0 and later"
NOT_RECORDED: Final = "{client} is installed; calls to Claude through it are not recorded"
FIX_NOT_RECORDED: Final = "Call Claude through httpx, httpx2 or the anthropic SDK."
CANNOT_PATCH: Final = "instrument() cannot record calls of {classes}"
FIX_CANNOT_PATCH: Final = (
    "Use event_hooks() and async_event_hooks() for these clients, or an older version of them."
)
CAN_PATCH: Final = "installed and supported: {families}; calls through other HTTP clients are not recorded"
AND: Final = " and "

# --- base URL, resource -----------------------------------------------------------------------------------
RESOURCE: Final = "resource"
BASE_URL: Final = "base URL"
BOTH_SET: Final = "{resource} and {base_url} are both set: AnthropicFoundry() raises ValueError"
FROM_RESOURCE: Final = "built from the resource, ends with {path}"
NOT_SET: Final = "neither {base_url} nor {resource} is set; a URL set in code is not checked"
A_BASE_URL: Final = "https://<resource>.services.ai.azure.com/anthropic"
FIX_RESOURCE: Final = "export {resource}=<name of the Foundry resource>"
RESOURCE_IS_KEY: Final = "the value of {resource} looks like an API key; it is not shown"
RESOURCE_IS_HOST: Final = (
    "{resource} is a host or URL; set the name only, the SDK adds .services.ai.azure.com"
)
NOT_A_RESOURCE: Final = "{resource} is not a valid resource name: letters, digits and hyphens only"
NOT_A_URL: Final = "not a valid URL; the value is not shown"
NOT_HTTP: Final = "not an http or https URL; the value is not shown"
URL_WITH_SECRETS: Final = "contains a user, a query or a fragment: secrets in it can end up in logs"
HOST: Final = "{host} {problem}"
PLAIN_HTTP: Final = "{host} is called over http: key, token and prompts are sent unencrypted"
PATH_TWICE: Final = "the path {path} contains {part} twice: every call returns 404"
PATH_WITH_V1: Final = "remove /v1 from the path {path}: the SDK adds {added}, and every call returns 404"
WRONG_PATH: Final = "the path is {path}, expected {part}: every call returns 404"
NO_PATH: Final = "{part} is missing at the end: every call returns 404"
HIDDEN_PATH: Final = "(not shown)"
NOT_AZURE: Final = "{url} is not an Azure host; calls with plain httpx are recorded only if you name it"
ANTHROPIC_API: Final = "is Anthropic's own API; it rejects Foundry credentials"
PRIVATE_LINK: Final = "is a DNS name of a private endpoint; use the public name in URLs"
PORTAL: Final = "is the portal, not a resource"
OTHER_MODELS: Final = "serves other models, not Claude"
REGION: Final = "is the endpoint of a region, not of a resource"

# --- credentials ------------------------------------------------------------------------------------------
API_KEY: Final = "API key"
TOKEN: Final = "token"  # noqa: S105 - names of checks
TOKEN_SCOPE: Final = "token scope"  # noqa: S105
TOKEN_AUDIENCE: Final = "token audience"  # noqa: S105
TOKEN_EXPIRY: Final = "token expiry"  # noqa: S105
TOKEN_TENANT: Final = "token tenant"  # noqa: S105
TOKEN_IDENTITY: Final = "token identity"  # noqa: S105
WRONG_KEY: Final = "{variable} {problem}; the value is not shown"
KEY_OF_ANTHROPIC: Final = "is a key of Anthropic's own API"
KEY_IS_TOKEN: Final = "is a token; pass azure_ad_token_provider to the client instead"  # noqa: S105
KEY_IS_PLACEHOLDER: Final = "is a placeholder"
KEY_WITH_QUOTES: Final = "contains quotes or spaces"
KEY_NOT_ASCII: Final = "contains characters that a header cannot carry"
KEY_WITH_SPACES: Final = "{variable} begins or ends with a space or a newline"
KEY_IS_SET: Final = "{variable} is set"
OTHER_KEY: Final = "only ANTHROPIC_API_KEY is set; AnthropicFoundry reads {variable}, which is not set"
KEY_NOT_SET_ENTRA: Final = "{variable} is not set; Entra ID is used"
FIX_KEY_NOT_SET_ENTRA: Final = "Set it only if the service uses an API key."
KEY_NOT_SET: Final = "{variable} is not set: pass a key or a token provider in code"
KEY_IN_USE: Final = "API key in use; no Entra token was requested"
NO_IDENTITY: Final = "azure-identity is not installed"
WRONG_SCOPE: Final = "{scope} is not a scope of Foundry: tokens are rejected because of their audience"
MISPRINTED_SCOPE: Final = "{scope}, a misprint of the documentation,"
GIVEN_SCOPE: Final = "the given scope"
FIX_SCOPE: Final = "get_bearer_token_provider(credential, '{scope}')"
ENTRA_REFUSED: Final = "Entra ID did not issue a token: {code}"
NO_CREDENTIAL: Final = "no Azure credential was found on this machine ({error})"
FIX_NO_CREDENTIAL: Final = (
    "For a service, use a managed identity, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and a secret. "
    "For yourself, sign in:"
)
OPAQUE_TOKEN: Final = "received; opaque, so its claims cannot be checked"  # noqa: S105
AUDIENCE_REFUSED: Final = "{audience}: Foundry rejects it"
EXPIRED: Final = "a new token expired {time} ago: the clock of this host is wrong"
EXPIRES_SOON: Final = "a new token expires in {time}"
EXPIRES: Final = "in {time}"
OTHER_TENANT: Final = "{tenant}, which is not AZURE_TENANT_ID"
UNKNOWN_IDENTITY: Final = "unknown type"
APPLICATION: Final = ", application {application}"

# --- settings of the export -------------------------------------------------------------------------------
CONNECTION_STRING: Final = "connection string"
NO_CONNECTION_STRING: Final = "{variable} is not set; telemetry is not sent"
MALFORMED: Final = "malformed: {problem}"
VALID: Final = "valid; exports to {host}"
SAMPLER: Final = "sampler"
SAMPLED: Final = "{setting}: {effect}; ledger and metrics stay complete"
KEEPS_ALL: Final = "{variable} is not set; configure() keeps all traces"
KEEPS_ALL_AS_SET: Final = "{variable}={name}: all traces are kept"
KEEPS_NONE: Final = "no traces are kept"
KEEPS_SOME: Final = "traces are sampled"
KEEPS_RATE: Final = "spans are rate-limited"
KEEPS_NO_ROOT: Final = "no traces that begin in this service are kept"
KEEPS_UNWEIGHTED: Final = "traces are sampled, and counts in Azure are not corrected for it"
SIGNALS: Final = "signals"
SWITCHED_OFF: Final = "{name}={value}: {effect}"
DISABLED: Final = "{variable}=true: configure() and instrument() do nothing"
FIX_SWITCH: Final = "export {variable}=true, or unset {variable}"
NOTHING_RECORDED: Final = "nothing is recorded"
NO_SPANS: Final = "spans are not sent"
NO_LEDGER: Final = "ledger events are not sent"
NO_METRICS: Final = "metrics are not sent"
CONTENT: Final = "content"
CONTENT_RECORDED: Final = "{name} is set: another library records prompts and responses in telemetry"
UNSENT: Final = "unsent telemetry"
NO_UNSENT: Final = "none on this disk"
BATCH: Final = ("batch", "batches")
SOME_UNSENT: Final = "{batches} ({size:.1f} MiB) in {folder}, oldest {age} old; deleted after {limit} h"
FIX_UNSENT: Final = "A running service sends them after its next export. If the number stays, restart it."

# --- network ----------------------------------------------------------------------------------------------
FOUNDRY: Final = "Foundry"
MONITOR: Final = "Azure Monitor"
URL_UNKNOWN: Final = "the base URL is unknown"
ENDPOINT_UNKNOWN: Final = "the ingestion endpoint is unknown without a valid connection string"
NOT_INGESTION: Final = "{host} returned {status}; it is not an ingestion endpoint"
FIX_NOT_INGESTION: Final = (
    "Compare IngestionEndpoint of the connection string with that of the resource; check for a proxy."
)
REACHABLE: Final = "{host} is reachable ({time})"
ASKS_FOR_CREDENTIAL: Final = "{host} is reachable and requires a credential ({time})"
OPEN_GATEWAY: Final = "{host} returned {status} without a credential"
FIX_OPEN_GATEWAY: Final = "Ask the owner of that gateway whether anyone may call through it."
NOT_FOUNDRY: Final = "{host} returned {status} with a body that is not a Foundry response"
RETURNED: Final = "{host} returned {status}: {cause}"
UNKNOWN_HOST: Final = "{host} does not resolve (DNS, {code})"
UNTRUSTED: Final = "the certificate of {host} is not trusted ({code})"
FIX_UNTRUSTED: Final = "export SSL_CERT_FILE=<file with the certificates of your proxy>"
NO_RESPONSE: Final = "{host} did not respond in time{code}"
NO_CONNECTION: Final = "cannot connect to {host}{code}"
FIX_NO_CONNECTION: Final = "Check firewalls in the path, HTTPS_PROXY and NO_PROXY."

# --- the process ------------------------------------------------------------------------------------------
APPLICATION_MODULE: Final = "application"
CANNOT_IMPORT: Final = "cannot be imported: {error}"
IMPORTED: Final = "{name} is imported; its telemetry set-up is checked below"
SERVICE_PROCESS: Final = "service process"
SDK_DISABLED: Final = "{variable}=true: it records nothing"
NOT_THIS_PROCESS: Final = "checked only with --app: providers, sampler, duplicate export, dropped telemetry"
REPLACE_CONFIGURE: Final = "Call foundry_telemetry.configure() in place of the distro's own set-up."
LEDGER: Final = "ledger"
LOGGER_PROVIDER: Final = "a logger provider receives the ledger events"
NO_LOGGER_PROVIDER: Final = "no logger provider is configured; ledger events are dropped"
INSTRUMENTED: Final = "instrumented"
ALL_INSTRUMENTED: Final = "instrument() records every HTTP client of this process"
NOT_INSTRUMENTED: Final = "instrument() was not called for the process; single clients may be instrumented"
EFFECTIVE_SAMPLER: Final = "effective sampler"
RATE_LIMITED: Final = "spans are rate-limited: {sampler}"
SAMPLED_TRACES: Final = "traces are sampled: {sampler}; ledger and metrics stay complete"
FIX_SAMPLED_TRACES: Final = "foundry_telemetry.configure(sampling_ratio=1.0)"
LOG_LOOP: Final = "log loop"
NO_LOG_LOOP: Final = "none: the log lines of the exporter are not exported"
QUIET_LOGGERS: Final = "none: the loggers of the exporter are at WARNING or above"
SOME_LOG_LOOP: Final = "the exporter exports its own log lines, which causes new ones, endlessly"
FIX_LOG_LOOP: Final = "logging.getLogger('azure').setLevel(logging.WARNING)"
DUPLICATE_EXPORT: Final = "duplicate export"
EXPORTED_TWICE: Final = "{count} Azure exporters export the {signal}"
FORKS: Final = "forks"
PRELOADED: Final = "gunicorn preloads the application; configure() starts again in each worker"
PRELOADED_BY_DISTRO: Final = (
    "gunicorn preloads the application: with the plain distro, counts are reported again by each worker"
)
NO_FORKS: Final = "no gunicorn preload is set (GUNICORN_CMD_ARGS, gunicorn.conf.py)"
DROPPED: Final = "dropped telemetry"
NOT_COUNTED: Final = "not counted: configure() was not called in this process"
DROPPED_ITEMS: Final = "dropped: {items}"
APPLICATION_ERRORS: Final = "errors in code of the application: {items}"
FIX_DROPPED: Final = "See docs/concepts/delivery.md of the project for the fix of each reason."
NONE_DROPPED: Final = "none in this process"
EXPORT_COST: Final = "export cost"
SLOW_ROWS: Final = "{exporter} exports at its usual CPU cost, its internals have changed: {why}"
FAST_ROWS: Final = "rows are built without the exporter's models"

# --- other telemetry --------------------------------------------------------------------------------------
DUPLICATE_SPANS: Final = "duplicate spans"
SEVERAL_SPANS: Final = (
    "several libraries create a span for the same call, so sums over spans can double: {scopes}"
)
SCOPES: Final = "{scopes} ({attempts})"
FIX_SEVERAL_SPANS: Final = (
    "Keep one of these instrumentations; the ledger and foundry.client.* are not doubled."
)
NO_CALL: Final = "checked only with --app, if that module makes a call when it is imported"
NO_CALL_OF_MODULE: Final = "not checked: {name} made no call when it was imported"
FIX_NO_CALL: Final = "Name a module that makes a call: --app MODULE"
ONE_SPAN: Final = "one library creates the span of each call: {scopes}"
STANDARD_METRICS: Final = "standard metrics"
METRICS_ELSEWHERE: Final = "{scopes}; ours of the same names are stopped, foundry.client.* is complete"
RECORDS: Final = "{scope} records {names}"
OUR_METRICS: Final = "gen_ai.client.* is recorded by this library; no other library records it"
EXCEPTION_NOTES: Final = "exception notes"
NOTES_ON: Final = "on; lost where a framework raises its own exception `from None`: use last_attempt() there"
NOTES_OFF: Final = "off"
FIX_NOTES_OFF: Final = "To add cause and support code to exceptions: configure(exception_notes=True)"

# --- what arrived -----------------------------------------------------------------------------------------
RECEIVED: Final = "received telemetry"
NO_WORKSPACE: Final = "no workspace is set; received telemetry is not checked"
QUERY_FAILED: Final = "the workspace did not respond to the query ({error})"
FIX_QUERY: Final = "Check the workspace ID and your role on it:"
FIX_ROLE: Final = (
    "az role assignment create --role 'Log Analytics Reader' --assignee <principal-id> --scope <resource-id>"
)
NO_SERVICES: Final = "No Foundry telemetry received in 30 days"
FIX_NO_SERVICES: Final = "configure(), configure(distro='microsoft'), a Collector, or native OTLP ingestion"
FURTHER_SERVICES: Final = "{number:,} further services; see the tab Telemetry health"
UNNAMED: Final = "(no name)"
NO_LEDGER_EVENTS: Final = "{name}: spans of Foundry calls, but no ledger events"
FIX_NO_LEDGER_EVENTS: Final = "foundry_telemetry.configure(), or a logger provider that exports, also by OTLP"
ITEMS_DROPPED: Final = "{name}: {dropped:,g} items of telemetry dropped in 24 h{reason}"
REASON: Final = ", main reason {reason}"
IDLE: Final = "{name}: running, no call in 24 h"
SILENT: Final = "{name}: no call in 24 h"
FIX_SILENT: Final = "Check that the service runs and calls Claude."
NOT_COUNTED_SERVICE: Final = "{name}: {attempts} in 24 h{spans}; dropped telemetry is not counted"
HEALTHY: Final = "{name}: {attempts} in 24 h{spans}, none dropped"
SPANS_KEPT: Final = ", {percent} of spans kept"
RETENTION: Final = "retention"
NO_ROWS: Final = "no rows yet"
DAY: Final[Noun] = ("day", "days")
LESS_THAN_A_DAY: Final = "less than a day"
OLDEST_ROW: Final = "oldest row {age} old"
RETENTION_UNKNOWN: Final = "{table}: {age}; retention unknown"
RETENTION_DAYS: Final = "{table}: {age}; retention {days}"

# --- the live call ----------------------------------------------------------------------------------------
LIVE_CALL: Final = "live call"
DISABLED_CALL: Final = "{variable}=true: the call would not be recorded"
NOT_MADE: Final = "not made: {why}"
PROMPT: Final = "Answer with one word."
NOT_RECORDED_CALL: Final = "made, but not recorded"
FIX_NOT_RECORDED_CALL: Final = "See integrations above."
CALL_OK: Final = "{outcome} in {time}{tokens}; support code {code}"
TOKENS: Final = ", {input:,} input and {output:,} output tokens"
CALL_FAILED: Final = "{status}{cause}: {meaning} Support code {code}"
EVENT_EXPORT: Final = "event export"
EVENT_ACCEPTED: Final = "Azure Monitor accepted the ledger event; it shows in AppEvents within minutes"
EVENT_REJECTED: Final = "Azure Monitor rejected the ledger event: {why}"
FIX_EVENT_REJECTED: Final = (
    "Compare the connection string with that of the resource. Where a token is required: "
    "configure(credential=...)."
)
TOKEN_REQUIRED: Final = "a token is required, local authentication is disabled"  # noqa: S105
OTHER_STATUS: Final = "status {status}"
NO_STATUS: Final = "no response"
BY_STATUS: Final[Mapping[int, str]] = {
    400: "the instrumentation key is unknown",
    **dict.fromkeys((401, 403), TOKEN_REQUIRED),
    402: "the quota is reached; telemetry is dropped",
    439: "the daily cap is reached; telemetry is dropped",
}
"""Why an event is rejected, by status."""
