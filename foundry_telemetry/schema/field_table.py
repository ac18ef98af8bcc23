"""The table of fields: attributes of spans and metrics, and fields of the ledger event. One row is one field.

The constant is the field's name. Sources of names: *GenAI*, *HTTP*, *Azure* are OpenTelemetry's semantic
conventions; *SDK* is a name the anthropic package already emits; *exporter* is one that only the Azure Monitor
exporter gives a meaning to; *ours* are under ``foundry.``.
"""

# ruff: noqa: E501 - a table: a row is read across
# fmt: off

from __future__ import annotations

from typing import Final, get_args

from foundry_telemetry.schema import constraint as c
from foundry_telemetry.schema import value as v
from foundry_telemetry.schema.row import Row, Signal, Table

_BOTH: Final[tuple[Signal, ...]] = ("span", "ledger")
_ALL: Final[tuple[Signal, ...]] = ("span", "metric", "ledger")
_LEDGER: Final[tuple[Signal, ...]] = ("ledger",)
_SPAN: Final[tuple[Signal, ...]] = ("span",)
_METRIC: Final[tuple[Signal, ...]] = ("metric",)

_BODY: Final = "request body"
_SENT: Final = "request headers"
_URL: Final = "request URL"
_HEADERS: Final = "response headers"
_ANSWER: Final = "response body"
_CLAIMS: Final = "claims of a refused bearer token, not verified"
_ENTRA: Final = "code and IDs in the text of the token provider's exception"
_CLOCK: Final = "monotonic clock"
_DATES: Final = "response header `date` and the clock of the process"
_TIMEOUTS: Final = "timeouts of the HTTP client"
_COUNTED: Final = "counted in the process"
_CLASSIFIED: Final = "derived from status, headers, body and exception"
_CONSTANT: Final = "constant"
_PRICES: Final = "price list and your prices, times the tokens"

_YOUR_NAME: Final = "only if you name a deployment after a person"
_YOUR_HOST: Final = "only if your host or path names a person"
_YOUR_PROJECT: Final = "only if you name a project, resource or resource group after a person"
_YOUR_TAGS: Final = "yes: the values are your own; those of `user`, `email`, ... are hashed"
_YOUR_BUDGET: Final = "only if a budget is for a tag value that names a person"

_table: Final = Table()
_field: Final = _table.field

_table.group = "identity"
CUSTOM_EVENT: Final = _field("microsoft.custom_event.name", "Exporter: turns a log record into a row of AppEvents.", _LEDGER, _CONSTANT, c.one_of(v.EVENT_NAME))
SCHEMA_VERSION: Final = _field("foundry.schema", "Ours: the version of the fields that the event was written with.", _LEDGER, _CONSTANT, c.one_of(v.SCHEMA), column="schema_version")
CALL_ID: Final = _field("foundry.call.id", "Ours: 16 hex digits, the span id of the call; the attempts of one call share it.", _LEDGER, "ID of the call's span, or random", c.HEX16, path="call_id", column="call_id", note="the attempts of a call share it")
ATTEMPT_NUMBER: Final = _field("foundry.attempt.number", "Ours: counts the attempts of a call from 1.", _LEDGER, _COUNTED, c.FROM_ONE, path="attempt_number", column="attempt_number", line="attempt")
ATTEMPT_COUNT: Final = _field("foundry.attempt.count", "Ours, on spans: how many attempts the call has made so far.", _SPAN, _COUNTED, c.FROM_ONE)
RESEND_COUNT: Final = _field("http.request.resend_count", "HTTP: attempts of the call before this one.", _SPAN, _COUNTED, c.FROM_ONE)
IS_RETRY: Final = _field("foundry.attempt.retry", "Ours, metrics: whether the attempt was not the first of its call.", _METRIC, _COUNTED, c.FLAG)
CLIENT: Final = _field("foundry.client", "Ours: who called, as ``name/version``, from the ``user-agent`` request header.", _LEDGER, _SENT, c.CLIENT, path="client", column="client")

_table.group = "request"
OPERATION: Final = _field("gen_ai.operation.name", "GenAI: ``chat`` for messages; ``count_tokens`` is ours.", _ALL, _URL, c.one_of(v.CHAT, v.COUNT_TOKENS), path="operation", stage="request", column="operation")
PROVIDER: Final = _field("gen_ai.provider.name", "GenAI: always ``anthropic``.", ("span", "metric"), _CONSTANT, c.one_of(v.PROVIDER_ANTHROPIC))
SYSTEM: Final = _field("gen_ai.system", "GenAI, deprecated, but the only name from which the Azure exporter makes a row of type GenAI.", _SPAN, _CONSTANT, c.one_of(v.PROVIDER_ANTHROPIC))
RESOURCE_PROVIDER: Final = _field("azure.resource_provider.namespace", "Azure: ``Microsoft.CognitiveServices``.", _SPAN, _CONSTANT, c.one_of(v.COGNITIVE_SERVICES))
REQUEST_MODEL: Final = _field("gen_ai.request.model", "GenAI: on Foundry this is the name of the deployment.", _ALL, _BODY, c.NAME, personal=_YOUR_NAME, path="deployment", stage="request", column="deployment", line="deployment", note="the deployment")
REQUEST_STREAM: Final = _field("gen_ai.request.stream", "GenAI: ``True`` when the request asked for a stream.", _BOTH, _BODY, c.FLAG, path="stream", stage="ledger", column="stream")
REQUEST_MAX_TOKENS: Final = _field("gen_ai.request.max_tokens", "GenAI: ``max_tokens`` of the request.", _BOTH, _BODY, c.COUNT, unit="tokens", path="max_tokens", stage="request", column="max_tokens")
REASONING_LEVEL: Final = _field("gen_ai.request.reasoning.level", "GenAI: ``output_config.effort`` of the request.", _SPAN, _BODY, c.WORD)
METHOD: Final = _field("http.request.method", "HTTP: the method.", _BOTH, "request", c.METHOD, path="method", stage="request", column="method")
URL_TEMPLATE: Final = _field("url.template", "HTTP: the path, such as ``/anthropic/v1/messages``.", _BOTH, _URL, c.PATH, personal=_YOUR_HOST, path="path", stage="request", column="path")
URL_FULL: Final = _field("url.full", "HTTP: scheme, host and path; never the query.", _SPAN, _URL, c.URL, personal=_YOUR_HOST, note="without the query")
SERVER_ADDRESS: Final = _field("server.address", "HTTP: the host of the request.", _ALL, _URL, c.HOST, personal=_YOUR_HOST, path="server_address", stage="request", column="server", expect="server_address")
SERVER_PORT: Final = _field("server.port", "HTTP: the port of the request.", ("span", "metric"), _URL, c.PORT)
PEER_SERVICE: Final = _field("peer.service", "Exporter: becomes the target of the row; it then leaves the properties.", _SPAN, _URL, c.HOST, personal=_YOUR_HOST)
RESOURCE: Final = _field("foundry.resource", "Ours: the first label of a Foundry host.", _BOTH, _URL, c.HOST, personal=_YOUR_HOST, path="resource", stage="request", column="resource")
PROJECT_ID: Final = _field("microsoft.foundry.project.id", "Foundry: the ARM ID of the project, by which the Traces view of the portal finds spans. Absent where it is not set.", _SPAN, "`project_id=`, or `FOUNDRY_PROJECT_ARM_ID`", c.ARM_ID, personal=_YOUR_PROJECT)
ANTHROPIC_VERSION: Final = _field("anthropic.version", "Ours: the ``anthropic-version`` request header.", _LEDGER, _SENT, c.ID, path="anthropic_version", column="anthropic_version")
AUTH_SCHEME: Final = _field("foundry.auth.scheme", "Ours: ``api_key``, ``entra_id``, ``gateway_key`` or ``none``, from which header was present.", _ALL, "which header is present", c.one_of(*get_args(v.AuthScheme)), path="auth_scheme", stage="request", column="auth_scheme")

_table.group = "answer"
STATUS_CODE: Final = _field("http.response.status_code", "HTTP: the status of the answer.", _ALL, "response", c.STATUS, path="status_code", column="status", line="status")
RESPONSE_MODEL: Final = _field("gen_ai.response.model", "GenAI: ``model`` of the answer.", _ALL, _ANSWER, c.NAME, path="response_model", column="model", note="the model that answered")
RESPONSE_ID: Final = _field("gen_ai.response.id", "GenAI: ``id`` of the answer, ``msg_...``.", _BOTH, _ANSWER, c.NAME, path="response_id", column="response_id")
STOP_REASON: Final = _field("anthropic.message.stop_reason", "SDK: ``stop_reason`` as sent.", _BOTH, _ANSWER, c.WORD, path="stop_reason", column="stop_reason")
FINISH_REASONS: Final = _field("gen_ai.response.finish_reasons", "GenAI: the stop reason in the vocabulary of the convention.", _SPAN, _ANSWER, c.ONE_WORD)
REGION: Final = _field("foundry.region", "Ours: the ``x-ms-region`` response header.", _LEDGER, _HEADERS, c.LABEL, path="region", column="region")
AZURE_REQUEST_ID: Final = _field("azure.service.request.id", "Azure: the ``apim-request-id`` response header.", _BOTH, _HEADERS, c.ID, path="ids.apim_request_id", column="apim_request_id", line="apim_request_id", expect="azure_request_id", note="`apim-request-id`")
X_REQUEST_ID: Final = _field("foundry.x_request_id", "Ours: the ``x-request-id`` response header, which gateways set.", _LEDGER, _HEADERS, c.ID, path="ids.x_request_id", column="x_request_id", note="`x-request-id`, which gateways set")
ANTHROPIC_REQUEST_ID: Final = _field("anthropic.request.id", "SDK: the ``request-id`` response header, else the id in the body.", _BOTH, "response headers, else body", c.ID, path="anthropic_request_id", column="request_id", line="anthropic_request_id", note="`request-id`")

_table.group = "outcome"
OUTCOME: Final = _field("foundry.outcome", "Ours: how the attempt ended.", _BOTH, _CLASSIFIED, c.one_of(*get_args(v.Outcome)), path="outcome", column="outcome", line="outcome", note=", ".join(f"`{outcome}`" for outcome in get_args(v.Outcome)))
ERROR_TYPE: Final = _field("error.type", "HTTP: here the failure class of ``foundry_telemetry.wire.causes``.", _ALL, _CLASSIFIED, c.CAUSE, path="failure.type", column="error_type", line="cause", expect="error", note="the cause")
LAST_ERROR: Final = _field("foundry.last_error.type", "Ours, on spans: class of the last failed attempt; a recovered call keeps it.", _SPAN, _CLASSIFIED, c.CAUSE)
ERROR_CODE: Final = _field("foundry.error.code", "Ours: the code in the error body, the ``AADSTS`` code, or the name of the socket error.", _LEDGER, "response body, or the error of the socket", c.CODE, path="failure.code", column="error_code", expect="code")
ERROR_ORIGIN: Final = _field("foundry.error.origin", "Ours: who answered.", _LEDGER, _CLASSIFIED, c.one_of(*get_args(v.Origin)), path="failure.origin", column="error_origin", expect="origin", note="who answered")
ERROR_OWNER: Final = _field("foundry.error.owner", "Ours: who has to act.", _LEDGER, _CLASSIFIED, c.one_of(*get_args(v.Owner)), path="failure.owner", column="error_owner", line="owner", expect="owner", note="who has to act; absent without evidence")
RETRYABLE: Final = _field("foundry.retryable", "Ours: whether another attempt can help.", _LEDGER, _CLASSIFIED, c.FLAG, path="failure.retryable", column="retryable")
RETRY_AFTER: Final = _field("foundry.retry_after_s", "Ours: seconds, from ``retry-after-ms``, else ``retry-after``.", _LEDGER, _HEADERS, c.AMOUNT, unit="s", path="retry_after_s", column="retry_after_s")

_table.group = "credential, on an auth failure"
TOKEN_EXPIRES_IN: Final = _field("foundry.token.expires_in_s", "Ours: ``exp`` of the bearer token minus now, seconds; negative when expired.", _LEDGER, _CLAIMS, c.ANY_SECONDS, unit="s", path="failure.token.expires_in_s", column="token_expires_in_s")
TOKEN_AUDIENCE: Final = _field("foundry.token.audience", "Ours: claim ``aud``.", _LEDGER, _CLAIMS, c.AUDIENCE, path="failure.token.audience", column="token_audience")
TOKEN_TENANT: Final = _field("foundry.token.tenant", "Ours: claim ``tid``.", _LEDGER, _CLAIMS, c.GUID, personal="no person: an organisation's ID", path="failure.token.tenant", column="token_tenant")
TOKEN_APPLICATION: Final = _field("foundry.token.application", "Ours: claim ``appid``, else ``azp``.", _LEDGER, _CLAIMS, c.GUID, personal="no person: an application's ID", path="failure.token.application", column="token_application")
TOKEN_IDENTITY_TYPE: Final = _field("foundry.token.identity_type", "Ours: claim ``idtyp``.", _LEDGER, _CLAIMS, c.WORD, path="failure.token.identity_type", column="token_identity_type")
ENTRA_CODE: Final = _field("foundry.entra.code", "Ours: ``AADSTS`` code of a token provider that raised.", _LEDGER, _ENTRA, c.ENTRA_CODE, path="failure.entra.code", column="entra_code")
ENTRA_TRACE_ID: Final = _field("foundry.entra.trace_id", "Ours: the trace ID Entra support asks for.", _LEDGER, _ENTRA, c.GUID, path="failure.entra.trace_id", column="entra_trace_id")
ENTRA_CORRELATION_ID: Final = _field("foundry.entra.correlation_id", "Ours: the correlation ID Entra support asks for.", _LEDGER, _ENTRA, c.GUID, path="failure.entra.correlation_id", column="entra_correlation_id")

_table.group = "time"
DURATION: Final = _field("foundry.duration_ms", "Ours: milliseconds from the request to the end of the body.", _LEDGER, _CLOCK, c.AMOUNT, unit="ms", path="duration_s", column="duration_ms", line="duration_ms", note="to the end of the body")
TIME_TO_HEADERS: Final = _field("foundry.time_to_headers_ms", "Ours: milliseconds to the response headers.", _LEDGER, _CLOCK, c.AMOUNT, unit="ms", path="time_to_headers_s", column="time_to_headers_ms")
TIME_TO_FIRST_TOKEN: Final = _field("foundry.time_to_first_token_ms", "Ours: milliseconds to the first ``content_block_delta``.", _LEDGER, _CLOCK, c.AMOUNT, unit="ms", path="time_to_first_token_s", column="time_to_first_token_ms", line="ttft_ms")
TIME_TO_FIRST_CHUNK: Final = _field("gen_ai.response.time_to_first_chunk", "GenAI: seconds to the first ``content_block_delta``.", _SPAN, _CLOCK, c.AMOUNT, unit="s")
CONNECT: Final = _field("foundry.connect_ms", "Ours: milliseconds for TCP and TLS, when a connection was made.", _LEDGER, _CLOCK, c.AMOUNT, unit="ms", path="connect_s", column="connect_ms")
CLOCK_OFFSET: Final = _field("foundry.clock_offset_s", "Ours: the client's clock minus the server's ``Date``, seconds; positive when the client's clock is ahead. What latency can explain is not counted. Absent below 10 s, above a day, without a ``Date``, and beside an ``Age``.", _LEDGER, _DATES, c.CLOCK_SECONDS, unit="s", path="clock_offset_s", column="clock_offset_s", note="client clock minus server clock; absent below 10 s")
CLIENT_TIMEOUT: Final = _field("foundry.timeout_s", "Ours: the client's timeout for what it waited for, seconds: ``pool``, ``connect`` or ``write`` if the exception names it, else ``read``. Only on attempts without a complete response (``no_response``, ``not_sent``, ``truncated``, ``cancelled``).", _LEDGER, _TIMEOUTS, c.AMOUNT, unit="s", path="timeout_s", column="timeout_s", note="the client's timeout; only on attempts without a complete response")

_table.group = "tokens"
INPUT_TOKENS: Final = _field("gen_ai.usage.input_tokens", "GenAI: all input, uncached and cached.", _BOTH, _ANSWER, c.COUNT, unit="tokens", path="usage.total_input_tokens", column="input_tokens", line="tokens_in", note="all input")
OUTPUT_TOKENS: Final = _field("gen_ai.usage.output_tokens", "GenAI: only when final.", _BOTH, _ANSWER, c.COUNT, unit="tokens", path="usage.output_tokens", column="output_tokens", line="tokens_out")
CACHE_READ_TOKENS: Final = _field("gen_ai.usage.cache_read.input_tokens", "GenAI: part of the input.", _BOTH, _ANSWER, c.COUNT, unit="tokens", path="usage.cache_read_input_tokens", column="cache_read_tokens", line="tokens_cached")
CACHE_WRITE_TOKENS: Final = _field("gen_ai.usage.cache_write.input_tokens", "GenAI: part of the input.", _BOTH, _ANSWER, c.COUNT, unit="tokens", path="usage.cache_creation_input_tokens", column="cache_write_tokens")
REASONING_TOKENS: Final = _field("gen_ai.usage.reasoning.output_tokens", "GenAI: part of the output.", _BOTH, _ANSWER, c.COUNT, unit="tokens", path="usage.thinking_tokens", column="thinking_tokens")
UNCACHED_TOKENS: Final = _field("foundry.usage.uncached_input_tokens", "Ours: input plus cache write, what counts against the limit of the deployment.", _LEDGER, _ANSWER, c.COUNT, unit="tokens", path="usage.uncached_input_tokens", column="uncached_input_tokens", note="what counts against the limit")
CACHE_WRITE_5M_TOKENS: Final = _field("foundry.usage.cache_write_5m_tokens", "Ours: cache write that lives five minutes.", _LEDGER, _ANSWER, c.COUNT, unit="tokens", path="usage.cache_creation_5m", column="cache_write_5m_tokens")
CACHE_WRITE_1H_TOKENS: Final = _field("foundry.usage.cache_write_1h_tokens", "Ours: cache write that lives an hour.", _LEDGER, _ANSWER, c.COUNT, unit="tokens", path="usage.cache_creation_1h", column="cache_write_1h_tokens")
WEB_SEARCHES: Final = _field("foundry.usage.web_searches", "Ours: ``server_tool_use.web_search_requests``.", _LEDGER, _ANSWER, c.COUNT, path="usage.web_search_requests", column="web_searches")
WEB_FETCHES: Final = _field("foundry.usage.web_fetches", "Ours: ``server_tool_use.web_fetch_requests``.", _LEDGER, _ANSWER, c.COUNT, path="usage.web_fetch_requests", column="web_fetches")
INFERENCE_GEO: Final = _field("foundry.inference_geo", "Ours: ``usage.inference_geo``, where the model ran; a price may depend on it.", _LEDGER, _ANSWER, c.WORD, path="usage.inference_geo", column="inference_geo", note="where the model ran")
USAGE_COMPLETE: Final = _field("foundry.usage.complete", "Ours: whether the final counters were seen.", _LEDGER, _ANSWER, c.FLAG, path="usage.complete", column="usage_complete")
MEASUREMENTS: Final = _field("microsoft.custom_measurements", "Exporter: a JSON object of numbers that arrive as numbers, not as text.", _SPAN, "the cost", c.MEASUREMENTS, note="numbers that stay numbers in Azure")

_table.group = "money"
COST: Final = _field("foundry.cost.usd", "Ours: estimate at list price, US dollars.", _LEDGER, _PRICES, c.AMOUNT, unit="US dollars", path="cost_usd", column="cost_usd", measurement="cost_usd", line="cost_usd", note="estimate at list price, or at the prices you set")
PARTIAL_COST: Final = _field("foundry.cost.partial_usd", "Ours: US dollars; input cost of a response with incomplete usage. Never beside ``foundry.cost.usd``, nor part of it.", _LEDGER, _PRICES, c.AMOUNT, unit="US dollars", path="partial_cost_usd", column="partial_cost_usd", note="input cost of a response with incomplete usage; not in the total")
COST_SOURCE: Final = _field("foundry.cost.source", "Ours: package and version the price came from, or ``override``.", _LEDGER, _PRICES, c.PRICE_SOURCE, path="cost_source", column="cost_source")

_table.group = "attribution"
_field(f"{v.TAG_PREFIX}<key>", "Ours: the keys given to ``attribute()``.", _ALL, "`attribute()` of your application", c.TAG, personal=_YOUR_TAGS, note="the keys given to `attribute()`")

_table.group = "metrics"
UNPRICED_REASON: Final = _field("foundry.cost.unpriced_reason", "Ours, metrics: why complete usage has no cost.", _METRIC, _CLASSIFIED, c.one_of(*get_args(v.Unpriced)))
QUOTA_KIND: Final = _field("foundry.quota.kind", "Ours, metrics: what the limit counts.", _METRIC, _CONSTANT, c.one_of(*get_args(v.QuotaKind)))
QUOTA_SOURCE: Final = _field("foundry.quota.source", "Ours, metrics: where the limit is known from.", _METRIC, _CONSTANT, c.one_of(*get_args(v.QuotaSource)))
BUDGET: Final = _field("foundry.budget", "Ours, metrics: the budget in words, such as ``100 USD per month tenant``.", _METRIC, "your settings", c.BUDGET, personal=_YOUR_BUDGET)
DROP_REASON: Final = _field("foundry.telemetry.reason", "Ours, metrics: why items of telemetry were lost.", _METRIC, _CLASSIFIED, c.one_of(*v.Reason))
DROP_SIGNAL: Final = _field("foundry.telemetry.signal", "Ours, metrics: what was lost.", _METRIC, _CONSTANT, c.one_of(*v.Signal))
TELEMETRY_VERSION: Final = _field("foundry.telemetry.version", "Ours, metrics: of this package, on the heartbeat.", _METRIC, "metadata of this package", c.VERSION)
LOSSES_COUNTED: Final = _field("foundry.telemetry.losses_counted", "Ours, metrics: ``true`` on the heartbeat of a process that counts what it loses.", _METRIC, _CONSTANT, c.one_of("true"))
TOKEN_TYPE: Final = _field("gen_ai.token.type", "GenAI, metrics: ``input`` or ``output``.", _METRIC, _CONSTANT, c.one_of("input", "output"))
TOKEN_MODALITY: Final = _field("gen_ai.token.modality", "GenAI, metrics: always ``unknown``.", _METRIC, _CONSTANT, c.one_of("unknown"))

FIELDS: Final[tuple[Row, ...]] = _table.rows
"""Every field."""

LEDGER: Final = tuple(row for row in FIELDS if "ledger" in row.signals)
"""Those of the ledger event."""

COLUMNS: Final = tuple(row for row in FIELDS if row.column)
"""Those that the typed view in KQL has."""

BY_NAME: Final = {row.name: row for row in FIELDS}
"""Each by its name."""
