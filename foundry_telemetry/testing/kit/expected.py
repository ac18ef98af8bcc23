"""What `Call.has` takes of the last attempt.

Made from `schema/field_table.py` by `python -m dashboards.builder build`: edit that.
"""

from __future__ import annotations

from typing import TypedDict


class ExpectedFields(TypedDict, total=False):
    """The fields of an attempt."""

    call_id: object
    """The attempts of a call share it."""
    attempt_number: object
    client: object
    operation: object
    deployment: object
    """The deployment."""
    stream: object
    max_tokens: object
    method: object
    path: object
    server_address: object
    resource: object
    anthropic_version: object
    auth_scheme: object
    status: object
    model: object
    """The model that answered."""
    response_id: object
    stop_reason: object
    region: object
    azure_request_id: object
    """``apim-request-id``."""
    x_request_id: object
    """``x-request-id``, which gateways set."""
    request_id: object
    """``request-id``."""
    outcome: object
    """``ok``, ``error``, ``stream_error``, ``truncated``, ``abandoned``, ``cancelled``, ``no_response``,
    ``not_sent``."""
    error: object
    """The cause."""
    code: object
    origin: object
    """Who answered."""
    owner: object
    """Who has to act; absent without evidence."""
    retryable: object
    retry_after_s: object
    token_expires_in_s: object
    token_audience: object
    token_tenant: object
    token_application: object
    token_identity_type: object
    entra_code: object
    entra_trace_id: object
    entra_correlation_id: object
    duration_s: object
    """To the end of the body."""
    time_to_headers_s: object
    time_to_first_token_s: object
    connect_s: object
    clock_offset_s: object
    """Client clock minus server clock; absent below 10 s."""
    timeout_s: object
    """The client's timeout; only on attempts without a complete response."""
    input_tokens: object
    """All input."""
    output_tokens: object
    cache_read_tokens: object
    cache_write_tokens: object
    thinking_tokens: object
    uncached_input_tokens: object
    """What counts against the limit."""
    cache_write_5m_tokens: object
    cache_write_1h_tokens: object
    web_searches: object
    web_fetches: object
    inference_geo: object
    """Where the model ran."""
    usage_complete: object
    cost_usd: object
    """Estimate at list price, or at the prices you set."""
    partial_cost_usd: object
    """Input cost of a response with incomplete usage; not in the total."""
    cost_source: object
