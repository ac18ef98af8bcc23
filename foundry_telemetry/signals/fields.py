"""Which fact goes under which name: tables, read once for an attempt and shared by span and ledger event."""

from __future__ import annotations

from collections.abc import Mapping
from operator import attrgetter
from typing import Any, Final, NamedTuple

from foundry_telemetry import conventions as names

Attributes = dict[str, Any]


class Fields(NamedTuple):
    """Names, and one getter for all their values: half the price of a getter for each."""

    names: tuple[str, ...]
    get: Any


def _fields(**paths: str) -> Fields:
    """Name constants of `conventions` with the paths to the values."""
    return Fields(tuple(getattr(names, constant) for constant in paths), attrgetter(*paths.values()))


def read(fields: Fields, source: object) -> Attributes:
    """The fields of `source` that were told."""
    values = fields.get(source)  # one for each name
    if None in values:
        return {name: value for name, value in zip(fields.names, values) if value is not None}  # noqa: B905
    return dict(zip(fields.names, values))  # noqa: B905


_PREFIX: Final = names.TAG_PREFIX


def read_tags(tags: Mapping[str, str]) -> Attributes:
    """The tags of a call, by name."""
    return {_PREFIX + key: value for key, value in tags.items()}


ASKED: Final = _fields(
    OPERATION="operation",
    REQUEST_MODEL="deployment",
    REQUEST_MAX_TOKENS="max_tokens",
    METHOD="method",
    URL_TEMPLATE="path",
    SERVER_ADDRESS="server_address",
    RESOURCE="resource",
    AUTH_SCHEME="auth_scheme",
)
"""Of a request; on our span and in the ledger."""

ANSWERED: Final = _fields(
    STATUS_CODE="status_code",
    RESPONSE_MODEL="response_model",
    RESPONSE_ID="response_id",
    STOP_REASON="stop_reason",
    AZURE_REQUEST_ID="ids.apim_request_id",
    ANTHROPIC_REQUEST_ID="anthropic_request_id",
    OUTCOME="outcome",
)
"""Of an observation; on our span and in the ledger."""

USAGE: Final = _fields(
    INPUT_TOKENS="total_input_tokens",
    OUTPUT_TOKENS="output_tokens",
    CACHE_READ_TOKENS="cache_read_input_tokens",
    CACHE_WRITE_TOKENS="cache_creation_input_tokens",
    REASONING_TOKENS="thinking_tokens",
)
"""Of a token usage; on our span and in the ledger."""

LEDGER: Final = _fields(
    CALL_ID="call_id",
    ATTEMPT_NUMBER="attempt_number",
    CLIENT="client",
    REQUEST_STREAM="stream",
    ANTHROPIC_VERSION="anthropic_version",
    REGION="region",
    RETRY_AFTER="retry_after_s",
    COST="cost_usd",
    PARTIAL_COST="partial_cost_usd",
    COST_SOURCE="cost_source",
)
"""Of an observation; in the ledger alone."""

LEDGER_USAGE: Final = _fields(
    UNCACHED_TOKENS="uncached_input_tokens",
    CACHE_WRITE_5M_TOKENS="cache_creation_5m",
    CACHE_WRITE_1H_TOKENS="cache_creation_1h",
    WEB_SEARCHES="web_search_requests",
    USAGE_COMPLETE="complete",
)
"""Of a token usage; in the ledger alone."""

LEDGER_FAILURE: Final = _fields(
    ERROR_CODE="code",
    ERROR_ORIGIN="origin",
    FAULT="fault",
    RETRYABLE="retryable",
)
"""Of a failure; in the ledger alone."""

LEDGER_TOKEN: Final = _fields(
    TOKEN_EXPIRES_IN="expires_in_s",
    TOKEN_AUDIENCE="audience",
    TOKEN_TENANT="tenant",
    TOKEN_APPLICATION="application",
    TOKEN_IDENTITY_TYPE="identity_type",
)
"""Of a refused token; in the ledger alone."""

LEDGER_ENTRA: Final = _fields(
    ENTRA_CODE="code", ENTRA_TRACE_ID="trace_id", ENTRA_CORRELATION_ID="correlation_id"
)
"""Of a token that was never issued; in the ledger alone."""

LEDGER_TIMES: Final = _fields(
    DURATION="duration_s",
    TIME_TO_HEADERS="time_to_headers_s",
    TIME_TO_FIRST_TOKEN="time_to_first_token_s",
    CONNECT="connect_s",
)
"""Of an observation, in seconds; in the ledger alone, in milliseconds."""

MEASURED: Final = Fields(
    (
        "input_tokens",
        "output_tokens",
        "cache_read_input_tokens",
        "cache_write_input_tokens",
        "cost_usd",
    ),
    attrgetter(
        "usage.total_input_tokens",
        "usage.output_tokens",
        "usage.cache_read_input_tokens",
        "usage.cache_creation_input_tokens",
        "cost_usd",
    ),
)
"""Of an observation; the numbers that Azure keeps as numbers on a span's row."""
