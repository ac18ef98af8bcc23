"""The columns of the typed view as the read side has them.

Made from `schema/field_table.py` by `python -m dashboards.builder build`: edit that.
"""

from __future__ import annotations

from msgspec import Struct


class AttemptColumns(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One attempt; milliseconds and seconds as the names say."""

    call_id: str | None = None
    attempt_number: int | None = None
    client: str | None = None
    operation: str | None = None
    deployment: str | None = None
    stream: bool | None = None
    max_tokens: int | None = None
    method: str | None = None
    path: str | None = None
    server: str | None = None
    resource: str | None = None
    anthropic_version: str | None = None
    auth_scheme: str | None = None
    status: int | None = None
    model: str | None = None
    response_id: str | None = None
    stop_reason: str | None = None
    region: str | None = None
    apim_request_id: str | None = None
    x_request_id: str | None = None
    request_id: str | None = None
    outcome: str | None = None
    error_type: str | None = None
    error_code: str | None = None
    error_origin: str | None = None
    error_owner: str | None = None
    retryable: bool | None = None
    retry_after_s: float | None = None
    token_expires_in_s: float | None = None
    token_audience: str | None = None
    token_tenant: str | None = None
    token_application: str | None = None
    token_identity_type: str | None = None
    entra_code: str | None = None
    entra_trace_id: str | None = None
    entra_correlation_id: str | None = None
    duration_ms: float | None = None
    time_to_headers_ms: float | None = None
    time_to_first_token_ms: float | None = None
    connect_ms: float | None = None
    clock_offset_s: int | None = None
    timeout_s: float | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    thinking_tokens: int | None = None
    uncached_input_tokens: int | None = None
    cache_write_5m_tokens: int | None = None
    cache_write_1h_tokens: int | None = None
    web_searches: int | None = None
    web_fetches: int | None = None
    inference_geo: str | None = None
    usage_complete: bool | None = None
    cost_usd: float | None = None
    partial_cost_usd: float | None = None
    cost_source: str | None = None
