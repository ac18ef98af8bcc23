"""The ledger event, field by field, as the schema has it: what is not reported is absent."""

from __future__ import annotations

from typing import Any

import pytest
from opentelemetry._logs import SeverityNumber

from foundry_telemetry import attribute, pricing
from foundry_telemetry.observation import TokenUsage
from foundry_telemetry.schema.field_table import LEDGER
from tests.signals.exchange import STARTED_NS, Clock, exchange, typed
from tests.support.capture import Capture
from tests.support.families import needs_prices

COMMON = {
    "microsoft.custom_event.name": "foundry.attempt",
    "foundry.schema": "1",
    "foundry.attempt.number": 1,
    "foundry.client": "AnthropicFoundry/2.12.0",
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": "claude-sonnet-5-5",
    "gen_ai.request.stream": False,
    "gen_ai.request.max_tokens": 1024,
    "http.request.method": "POST",
    "url.template": "/anthropic/v1/messages",
    "server.address": "example-resource.services.ai.azure.com",
    "foundry.resource": "example-resource",
    "anthropic.version": "2026-10-21",
    "foundry.auth.scheme": "api_key",
    "foundry.duration_ms": 225.0,
    "foundry.time_to_headers_ms": 100.0,
    "foundry.clock_offset_s": -1000,
}
"""What the recorded requests have in common; ``None`` in a case below takes a field away."""

EVENTS: dict[str, dict[str, Any]] = {
    "ok_json_cache_thinking": {
        "gen_ai.request.model": "claude-opus-5-5",
        "gen_ai.response.model": "claude-opus-5-5",
        "gen_ai.response.id": "msg_01Exmpl00000000000004",
        "anthropic.message.stop_reason": "end_turn",
        "http.response.status_code": 200,
        "foundry.region": "East US 2",
        "azure.service.request.id": "a0000005-1111-4222-8333-000000000005",
        "anthropic.request.id": "req_011Exmpl000000000006",
        "foundry.outcome": "ok",
        "gen_ai.usage.input_tokens": 13821,
        "gen_ai.usage.output_tokens": 640,
        "gen_ai.usage.cache_read.input_tokens": 12000,
        "gen_ai.usage.cache_write.input_tokens": 1800,
        "gen_ai.usage.reasoning.output_tokens": 512,
        "foundry.usage.uncached_input_tokens": 1821,
        "foundry.usage.cache_write_5m_tokens": 1500,
        "foundry.usage.cache_write_1h_tokens": 300,
        "foundry.inference_geo": "us",
        "foundry.usage.complete": True,
        "foundry.cost.usd": ...,
        "foundry.cost.source": ...,
    },
    "sse_server_tool": {
        "gen_ai.request.model": ...,
        "gen_ai.response.model": ...,
        "gen_ai.response.id": ...,
        "gen_ai.request.stream": True,
        "anthropic.message.stop_reason": "end_turn",
        "http.response.status_code": 200,
        "foundry.region": "East US 2",
        "azure.service.request.id": ...,
        "anthropic.request.id": ...,
        "foundry.outcome": "ok",
        "foundry.time_to_first_token_ms": 200.0,
        "gen_ai.usage.input_tokens": ...,
        "gen_ai.usage.output_tokens": ...,
        "gen_ai.usage.cache_read.input_tokens": 0,
        "gen_ai.usage.cache_write.input_tokens": 0,
        "foundry.usage.uncached_input_tokens": ...,
        "foundry.usage.web_searches": ...,
        "foundry.usage.web_fetches": 0,
        "foundry.usage.complete": True,
        "foundry.cost.usd": ...,
        "foundry.cost.source": ...,
    },
    "sse_truncated": {
        "gen_ai.request.stream": True,
        "gen_ai.response.model": "claude-sonnet-5-5",
        "gen_ai.response.id": ...,
        "http.response.status_code": 200,
        "foundry.region": "East US 2",
        "azure.service.request.id": ...,
        "anthropic.request.id": ...,
        "foundry.outcome": "truncated",
        "foundry.timeout_s": 5.0,
        "error.type": "stream_truncated",
        "foundry.error.origin": "unknown",
        "foundry.error.owner": "network",
        "foundry.retryable": True,
        "foundry.time_to_first_token_ms": 200.0,
        "gen_ai.usage.input_tokens": 14,
        "gen_ai.usage.cache_read.input_tokens": 0,
        "gen_ai.usage.cache_write.input_tokens": 0,
        "foundry.usage.uncached_input_tokens": 14,
        "foundry.usage.cache_write_5m_tokens": 0,
        "foundry.usage.cache_write_1h_tokens": 0,
        "foundry.inference_geo": "global",
        "foundry.usage.complete": False,
        "foundry.cost.partial_usd": 0.000028,
        "foundry.cost.source": ...,
    },
    "err_401_token_expired": {
        "foundry.auth.scheme": "entra_id",
        "http.response.status_code": 401,
        "azure.service.request.id": "a0000045-1111-4222-8333-000000000045",
        "foundry.outcome": "error",
        "error.type": "auth_token_expired",
        "foundry.error.code": "401",
        "foundry.error.origin": "foundry",
        "foundry.error.owner": "caller_credential",
        "foundry.retryable": False,
        "foundry.token.expires_in_s": -600,
        "foundry.token.audience": "https://ai.azure.com",
        "foundry.token.tenant": "00000000-0000-0000-0000-00000000aaaa",
        "foundry.token.application": "00000000-0000-0000-0000-00000000bbbb",
        "foundry.token.identity_type": "app",
    },
    "err_429_foundry_rate_limit": {
        "http.response.status_code": 429,
        "foundry.region": ...,
        "azure.service.request.id": ...,
        "foundry.outcome": "error",
        "error.type": "rate_limited",
        "foundry.error.code": "RateLimitReached",
        "foundry.error.origin": "foundry",
        "foundry.error.owner": "quota",
        "foundry.retryable": True,
        "foundry.retry_after_s": 6.25,
    },
    "err_500_gateway_activity_id": {
        "server.address": "example-gw.azure-api.net",
        "foundry.resource": None,
        "url.template": "/claude/anthropic/v1/messages",
        "foundry.auth.scheme": ...,
        "http.response.status_code": 500,
        "foundry.outcome": "error",
        "error.type": "gateway_error",
        "foundry.error.code": "500",
        "foundry.error.origin": "customer_gateway",
        "foundry.error.owner": "customer_gateway",
        "foundry.retryable": True,
    },
    "noresp_connect_error": {
        "foundry.duration_ms": 100.0,
        "foundry.time_to_headers_ms": None,
        "foundry.clock_offset_s": None,
        "foundry.timeout_s": 5.0,
        "foundry.outcome": "no_response",
        "error.type": "connection_error",
        "foundry.error.origin": "client",
        "foundry.error.owner": "network",
        "foundry.retryable": True,
    },
    "ok_count_tokens": {
        "gen_ai.operation.name": "count_tokens",
        "gen_ai.request.max_tokens": None,
        "url.template": "/anthropic/v1/messages/count_tokens",
        "http.response.status_code": 200,
        "foundry.region": "East US 2",
        "azure.service.request.id": "a0000016-1111-4222-8333-000000000016",
        "anthropic.request.id": "req_011Exmpl000000000023",
        "foundry.outcome": "ok",
    },
}

TYPES = {
    **dict.fromkeys(
        ("foundry.attempt.number", "http.response.status_code", "gen_ai.request.max_tokens"), int
    ),
    **dict.fromkeys(("gen_ai.request.stream", "foundry.retryable", "foundry.usage.complete"), bool),
    **dict.fromkeys(("foundry.cost.usd", "foundry.retry_after_s", "foundry.timeout_s"), float),
    "foundry.token.expires_in_s": int,
    "foundry.clock_offset_s": int,
}
"""Types of the fields; those ending in ``_ms``, ``_usd`` are floats, in ``_tokens`` ints, all others text."""


def type_of(name: str) -> type:
    """The type of a field."""
    if name.endswith(("_ms", "_usd")):
        return float
    if name.endswith(("_tokens", "web_searches", "web_fetches")):
        return TYPES.get(name, int)
    return TYPES.get(name, str)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock for one exchange."""
    return Clock(monkeypatch)


@needs_prices
@pytest.mark.parametrize("name", EVENTS)
def test_fields(name: str, capture: Capture, clock: Clock) -> None:
    """The event has exactly the fields of the schema that were reported, each with its type and value."""
    exchange(name, capture, clock)
    (event,) = capture.ledger
    wanted = {key: value for key, value in (COMMON | EVENTS[name]).items() if value is not None}
    call_id = event.pop("foundry.call.id")
    assert len(call_id) == 16
    assert int(call_id, 16)
    assert event.keys() == wanted.keys()
    known = {key: value for key, value in wanted.items() if value is not ...}
    assert typed({key: event[key] for key in known}) == typed(known)
    assert {key: type(value) for key, value in event.items()} == {key: type_of(key) for key in event}


def test_every_field_has_a_row(capture: Capture, clock: Clock) -> None:
    """No field has a name without a row in the table."""
    with attribute(tenant="acme"):
        for name in EVENTS:
            exchange(name, capture, clock)
    known = {row.name for row in LEDGER}
    seen = {key for event in capture.ledger for key in event}
    assert seen - known == {"foundry.tag.tenant"}


@needs_prices
def test_cost_is_the_list_price(capture: Capture, clock: Clock) -> None:
    """The cost is what the price list gives for the model that answered, at the time of the request."""
    exchange("ok_json_cache_thinking", capture, clock)
    usage = TokenUsage(
        input_tokens=21,
        output_tokens=640,
        cache_read_input_tokens=12000,
        cache_creation_input_tokens=1800,
        cache_creation_5m=1500,
        cache_creation_1h=300,
        complete=True,
    )
    price = pricing.cost("claude-opus-5-5", usage, STARTED_NS)
    assert price is not None
    (event,) = capture.ledger
    assert event["foundry.cost.usd"] == pytest.approx(price.usd)
    assert event["foundry.cost.source"] == price.source


@needs_prices
def test_no_price_no_cost(capture: Capture, clock: Clock) -> None:
    """A stream without its final counters has no cost; what its input costs stands apart. A 401 has none."""
    exchange("sse_truncated", capture, clock)
    exchange("err_401_invalid_key", capture, clock)
    reported = [[name for name in event if name.startswith("foundry.cost")] for event in capture.ledger]
    assert reported == [["foundry.cost.partial_usd", "foundry.cost.source"], []]


def test_tags(capture: Capture, clock: Clock) -> None:
    """Tags of the caller are fields of their own."""
    with attribute(tenant="acme", feature="search"):
        exchange("ok_json_basic", capture, clock)
    (event,) = capture.ledger
    tags = {name: value for name, value in event.items() if name.startswith("foundry.tag.")}
    assert tags == {"foundry.tag.tenant": "acme", "foundry.tag.feature": "search"}


def test_unsupported_endpoint(capture: Capture, clock: Clock) -> None:
    """An endpoint that Foundry does not offer is recorded as such, and is no operation."""
    exchange(
        "err_404_api_not_supported",
        capture,
        clock,
        method="GET",
        url="https://example-resource.services.ai.azure.com/anthropic/v1/models?limit=20",
    )
    (event,) = capture.ledger
    assert event["error.type"] == "unsupported_endpoint"
    assert event["http.request.method"] == "GET"
    assert event["url.template"] == "/anthropic/v1/models"
    assert "gen_ai.operation.name" not in event
    assert not [name for name in capture.points() if name.startswith("gen_ai.")]


@pytest.mark.parametrize(
    ("header", "value", "scheme"),
    [
        ("authorization", "Bearer CANARY-SECRET", "entra_id"),
        ("authorization", "Basic CANARY-SECRET", "gateway_key"),
        ("api-key", "CANARY-SECRET", "api_key"),
        ("ocp-apim-subscription-key", "CANARY-SECRET", "gateway_key"),
    ],
)
def test_auth_scheme(header: str, value: str, scheme: str, capture: Capture, clock: Clock) -> None:
    """Which credential header was there is reported; its value never."""
    without: dict[str, Any] = {"x_api_key": None, "api_key": None}
    exchange("ok_json_basic", capture, clock, **without | {header.replace("-", "_"): value})
    assert capture.ledger[0]["foundry.auth.scheme"] == scheme
    assert "CANARY" not in capture.everything()


@pytest.mark.parametrize(
    ("name", "severity", "body"),
    [
        ("ok_json_basic", SeverityNumber.INFO, "claude-sonnet-5-5 200 ok"),
        ("err_529_overloaded", SeverityNumber.WARN, "claude-sonnet-5-5 529 overloaded"),
        ("noresp_connect_error", SeverityNumber.WARN, "claude-sonnet-5-5 - connection_error"),
    ],
)
def test_record(name: str, severity: SeverityNumber, body: str, capture: Capture, clock: Clock) -> None:
    """The record has its event name, a body, WARN for a failure, and the time at which the attempt ended."""
    exchange(name, capture, clock)
    (item,) = capture.log_exporter.get_finished_logs()
    record = item.log_record
    assert record.event_name == "foundry.attempt"
    assert (record.severity_number, record.severity_text) == (severity, severity.name)
    assert record.body == body
    assert record.timestamp == STARTED_NS + clock.passed_ns
    assert record.observed_timestamp
    assert item.instrumentation_scope is not None
    assert item.instrumentation_scope.name == "foundry_telemetry"


@pytest.mark.parametrize("owner", [None, {"gen_ai.operation.name": "chat"}], ids=["own", "owner"])
def test_emitted_in_the_calls_span(owner: dict[str, Any] | None, capture: Capture, clock: Clock) -> None:
    """The event carries trace and span id of the call's span, ours or the owner's; so does the call id."""
    exchange("ok_json_basic", capture, clock, owner=owner)
    (record,) = [item.log_record for item in capture.log_exporter.get_finished_logs()]
    (span,) = capture.spans
    assert (record.trace_id, record.span_id) == (span.context.trace_id, span.context.span_id)
    assert record.trace_flags == span.context.trace_flags
    assert capture.ledger[0]["foundry.call.id"] == f"{span.context.span_id:016x}"


def test_closed_early(capture: Capture, clock: Clock) -> None:
    """A stream closed before its end keeps the input that was reported, has no output, and is no failure."""
    exchange("sse_text", capture, clock, read=False)
    (event,) = capture.ledger
    assert event["foundry.outcome"] == "abandoned"
    assert event["gen_ai.usage.input_tokens"] == 14
    assert event["foundry.usage.complete"] is False
    assert not {"gen_ai.usage.output_tokens", "error.type", "foundry.cost.usd"} & event.keys()
    (item,) = capture.log_exporter.get_finished_logs()
    assert item.log_record.severity_number is SeverityNumber.INFO
