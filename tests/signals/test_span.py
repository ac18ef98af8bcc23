"""The attributes of spans: all of them on ours, the missing ones on somebody else's."""

from __future__ import annotations

import json
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanKind, StatusCode

from foundry_telemetry import attribute
from tests.signals.exchange import STARTED_NS, Clock, exchange, typed
from tests.support.capture import Capture
from tests.support.families import has_prices, needs_prices

OWNER = {"gen_ai.operation.name": "chat"}

OPENING = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "anthropic",
    "gen_ai.system": "anthropic",
    "gen_ai.request.model": "claude-sonnet-5-5",
    "gen_ai.request.max_tokens": 1024,
    "http.request.method": "POST",
    "server.address": "example-resource.services.ai.azure.com",
    "server.port": 443,
    "url.full": "https://example-resource.services.ai.azure.com/anthropic/v1/messages",
    "url.template": "/anthropic/v1/messages",
    "peer.service": "example-resource.services.ai.azure.com",
    "azure.resource_provider.namespace": "Microsoft.CognitiveServices",
    "foundry.resource": "example-resource",
    "foundry.auth.scheme": "api_key",
    "foundry.attempt.count": 1,
}
"""What is on every span of ours; ``None`` in a case below takes an attribute away."""

ANSWERED = {
    "http.response.status_code": 200,
    "gen_ai.response.model": ...,
    "gen_ai.response.id": ...,
    "azure.service.request.id": ...,
    "anthropic.request.id": ...,
    "gen_ai.usage.input_tokens": ...,
    "gen_ai.usage.cache_read.input_tokens": ...,
    "gen_ai.usage.cache_write.input_tokens": ...,
}
PRICED = {"microsoft.custom_measurements": ...} if has_prices else {}
COMPLETE = {
    **ANSWERED,
    **PRICED,
    "foundry.outcome": "ok",
    "anthropic.message.stop_reason": "end_turn",
    "gen_ai.response.finish_reasons": ("stop",),
    "gen_ai.usage.output_tokens": ...,
}

OWN: dict[str, dict[str, Any]] = {
    "ok_json_cache_thinking": {
        **COMPLETE,
        "gen_ai.request.model": "claude-opus-5-5",
        "gen_ai.usage.input_tokens": 13821,
        "gen_ai.usage.output_tokens": 640,
        "gen_ai.usage.cache_read.input_tokens": 12000,
        "gen_ai.usage.cache_write.input_tokens": 1800,
        "gen_ai.usage.reasoning.output_tokens": 512,
        "azure.service.request.id": "a0000005-1111-4222-8333-000000000005",
        "anthropic.request.id": "req_011Exmpl000000000006",
    },
    "sse_text": {
        **COMPLETE,
        "gen_ai.request.stream": True,
        "gen_ai.response.time_to_first_chunk": 0.2,
    },
    "sse_truncated": {
        **ANSWERED,
        "gen_ai.request.stream": True,
        "gen_ai.response.time_to_first_chunk": 0.2,
        "gen_ai.response.finish_reasons": ("error",),
        "foundry.outcome": "truncated",
        "error.type": "stream_truncated",
        "foundry.last_error.type": "stream_truncated",
    },
    "err_429_foundry_rate_limit": {
        "http.response.status_code": 429,
        "azure.service.request.id": ...,
        "foundry.outcome": "error",
        "error.type": "rate_limited",
        "foundry.last_error.type": "rate_limited",
    },
    "noresp_connect_error": {
        "foundry.outcome": "no_response",
        "error.type": "connection_error",
        "foundry.last_error.type": "connection_error",
    },
    "ok_count_tokens": {
        "gen_ai.operation.name": "count_tokens",
        "gen_ai.request.max_tokens": None,
        "url.full": "https://example-resource.services.ai.azure.com/anthropic/v1/messages/count_tokens",
        "url.template": "/anthropic/v1/messages/count_tokens",
        "http.response.status_code": 200,
        "azure.service.request.id": ...,
        "anthropic.request.id": ...,
        "foundry.outcome": "ok",
    },
    "ok_json_via_customer_gateway": {
        **COMPLETE,
        "azure.service.request.id": None,
        "foundry.resource": None,
        "foundry.auth.scheme": ...,
        "server.address": "example-gw.azure-api.net",
        "peer.service": "example-gw.azure-api.net",
        "url.full": "https://example-gw.azure-api.net/claude/anthropic/v1/messages",
        "url.template": "/claude/anthropic/v1/messages",
    },
}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock for one exchange."""
    return Clock(monkeypatch)


def check(span: ReadableSpan, wanted: dict[str, Any]) -> None:
    """The span has exactly these attributes; ``...`` stands for any value."""
    attributes = dict(span.attributes or {})
    assert attributes.keys() == wanted.keys()
    known = {name: value for name, value in wanted.items() if value is not ...}
    assert typed({name: attributes[name] for name in known}) == typed(known)


@pytest.mark.parametrize("name", OWN)
def test_own_span(name: str, capture: Capture, clock: Clock) -> None:
    """Our span has each attribute that was reported and no other, and lasts from the request to the end."""
    exchange(name, capture, clock)
    (span,) = capture.spans
    check(span, {key: value for key, value in (OPENING | OWN[name]).items() if value is not None})
    model = "claude-opus-5-5" if name == "ok_json_cache_thinking" else "claude-sonnet-5-5"
    assert span.name == f"{'count_tokens' if name == 'ok_count_tokens' else 'chat'} {model}"
    assert span.kind is SpanKind.CLIENT
    assert span.parent is None
    assert (span.start_time, span.end_time) == (STARTED_NS, STARTED_NS + clock.passed_ns)
    failed = "error.type" in (span.attributes or {})
    assert span.status.status_code is (StatusCode.ERROR if failed else StatusCode.UNSET)
    assert span.status.description is None
    assert not span.events
    assert span.instrumentation_scope is not None
    assert span.instrumentation_scope.name == "foundry_telemetry"


@needs_prices
def test_measurements(capture: Capture, clock: Clock) -> None:
    """The cost, which Azure must keep as a number, is one; the tokens stand on the span once."""
    exchange("ok_json_cache_thinking", capture, clock)
    attributes = dict(capture.spans[0].attributes or {})
    assert json.loads(str(attributes["microsoft.custom_measurements"])) == {
        "cost_usd": capture.ledger[0]["foundry.cost.usd"]
    }
    assert attributes["gen_ai.usage.input_tokens"] == 13821


def test_known_to_the_sampler(capture: Capture, clock: Clock) -> None:
    """What is known before the request leaves is given to the sampler, no more and no less."""
    started: list[dict[str, Any]] = []

    class Watch:
        def on_start(self, span: ReadableSpan, parent_context: Any = None) -> None:
            started.append(dict(span.attributes or {}))

        def _on_ending(self, span: Any) -> None: ...

        def on_end(self, span: Any) -> None: ...

        def shutdown(self) -> None: ...

        def force_flush(self, timeout_millis: int = 0) -> bool:
            return True

    capture.tracer_provider.add_span_processor(Watch())  # type: ignore[arg-type]
    exchange("sse_text", capture, clock)
    opening = {name: value for name, value in OPENING.items() if name != "foundry.attempt.count"}
    assert typed(started[0]) == typed(opening | {"gen_ai.request.stream": True})


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("ok_json_basic", "stop"),
        ("ok_json_tool_use", "tool_call"),
        ("ok_json_max_tokens_minimal_usage", "length"),
        ("ok_json_refusal", "refusal"),
    ],
)
def test_finish_reasons(name: str, reason: str, capture: Capture, clock: Clock) -> None:
    """The stop reason in the vocabulary of the convention; one that it lacks is passed on."""
    exchange(name, capture, clock)
    assert (capture.spans[0].attributes or {})["gen_ai.response.finish_reasons"] == (reason,)


def test_closed_early(capture: Capture, clock: Clock) -> None:
    """A stream that its reader closed is no error; its input is known, its output is not."""
    exchange("sse_text", capture, clock, read=False)
    (span,) = capture.spans
    attributes = dict(span.attributes or {})
    assert span.status.status_code is StatusCode.UNSET
    assert attributes["foundry.outcome"] == "abandoned"
    assert attributes["gen_ai.usage.input_tokens"] == 14
    assert not {"gen_ai.usage.output_tokens", "error.type", "foundry.last_error.type"} & attributes.keys()


OWNERS = {
    "chat": {"gen_ai.operation.name": "chat"},
    "generate_content": {"gen_ai.operation.name": "generate_content"},
    "text_completion": {"gen_ai.operation.name": "text_completion"},
    "openinference": {"openinference.span.kind": "LLM"},
}
ENRICHED = {
    "gen_ai.system": "anthropic",
    "azure.service.request.id": "a0000002-1111-4222-8333-000000000002",
    "anthropic.request.id": "req_011Exmpl000000000003",
    "foundry.resource": "example-resource",
    "foundry.attempt.count": 1,
    "foundry.outcome": "ok",
    "gen_ai.response.finish_reasons": ("stop",),
    **PRICED,
}
OWED = {
    "gen_ai.usage.input_tokens": 14,
    "gen_ai.usage.output_tokens": 9,
    "gen_ai.usage.cache_read.input_tokens": 0,
    "gen_ai.usage.cache_write.input_tokens": 0,
}


@pytest.mark.parametrize("kind", [SpanKind.CLIENT, SpanKind.INTERNAL], ids=["client", "internal"])
@pytest.mark.parametrize("owner", OWNERS)
def test_owner_is_enriched(owner: str, kind: SpanKind, capture: Capture, clock: Clock) -> None:
    """Somebody's span for the call gets what it lacks, usage only where it ends without; we start none."""
    exchange("ok_json_basic", capture, clock, owner=OWNERS[owner], kind=kind)
    (span,) = capture.spans
    check(span, ENRICHED | OWED | OWNERS[owner])
    assert span.status.status_code is StatusCode.UNSET


@pytest.mark.parametrize(
    "bystander",
    [{}, {"gen_ai.operation.name": "invoke_agent"}, {"gen_ai.operation.name": "execute_tool"}],
    ids=["client", "agent", "tool"],
)
@pytest.mark.parametrize("kind", [SpanKind.CLIENT, SpanKind.INTERNAL], ids=["CLIENT", "INTERNAL"])
def test_bystander_is_unchanged(
    bystander: dict[str, str], kind: SpanKind, capture: Capture, clock: Clock
) -> None:
    """A span that does not stand for the call is the parent of ours, and is not written on."""
    exchange("ok_json_basic", capture, clock, owner=bystander, kind=kind)
    ours, theirs = capture.spans
    assert dict(theirs.attributes or {}) == bystander
    assert ours.parent is not None
    assert ours.parent.span_id == theirs.context.span_id
    assert ours.name == "chat claude-sonnet-5-5"


@pytest.mark.parametrize("name", ["err_429_foundry_rate_limit", "noresp_connect_error", "sse_truncated"])
def test_failed_attempt_below_an_owner(name: str, capture: Capture, clock: Clock) -> None:
    """A failed attempt has a span of its own, without usage; its owner is told the class, not the status."""
    exchange(name, capture, clock, owner=OWNER)
    child, owner = capture.spans
    wanted = {
        "http.request.method": "POST",
        "server.address": OPENING["server.address"],
        "server.port": 443,
        "url.full": OPENING["url.full"],
        "error.type": ...,
        "foundry.last_error.type": ...,
    }
    if name != "noresp_connect_error":
        wanted |= {"http.response.status_code": ..., "azure.service.request.id": ...}
    if name == "sse_truncated":
        wanted |= {"anthropic.request.id": ...}
    check(child, wanted)
    assert child.name == "POST"
    assert child.kind is SpanKind.CLIENT
    assert child.parent is not None
    assert child.parent.span_id == owner.context.span_id
    assert child.status.status_code is StatusCode.ERROR
    assert (child.start_time, child.end_time) == (STARTED_NS, STARTED_NS + clock.passed_ns)
    assert owner.status.status_code is StatusCode.UNSET
    attributes = dict(owner.attributes or {})
    assert "error.type" not in attributes
    assert attributes["foundry.last_error.type"] == capture.ledger[0]["error.type"]
    wanted = {
        "foundry.attempt.count": 1,
        "foundry.resource": "example-resource",
        "gen_ai.system": "anthropic",
    }
    assert wanted.items() <= attributes.items()


def test_query_and_user_info_are_nowhere(capture: Capture, clock: Clock) -> None:
    """Of the URL only scheme, host, port and path are reported."""
    exchange(
        "ok_json_basic",
        capture,
        clock,
        url="https://CANARY-USER:CANARY-PASS@example-resource.services.ai.azure.com:8443/anthropic/v1/messages"
        "?code=CANARY-CODE#CANARY-FRAGMENT",
    )
    assert "CANARY" not in capture.everything()
    attributes = dict(capture.spans[0].attributes or {})
    assert attributes["url.full"] == (
        "https://example-resource.services.ai.azure.com:8443/anthropic/v1/messages"
    )
    assert attributes["server.port"] == 8443


@pytest.mark.parametrize("name", ["sse_text", "ok_json_cache_thinking"])
@pytest.mark.parametrize("owner", [None, OWNER], ids=["ours", "owned"])
def test_tags(capture: Capture, clock: Clock, name: str, owner: dict[str, Any] | None) -> None:
    """The span of the call, ours or another library's, has the tags; a person's value only as a hash."""
    with attribute(tenant="acme", user="jane@example.com"):
        exchange(name, capture, clock, owner=owner)
    (span,) = capture.spans
    tags = {key: value for key, value in (span.attributes or {}).items() if key.startswith("foundry.tag.")}
    assert tags.pop("foundry.tag.tenant") == "acme"
    assert list(tags) == ["foundry.tag.user"]
    assert "jane" not in capture.everything()


def test_tags_of_a_stream_that_is_left(capture: Capture, clock: Clock) -> None:
    """An owner ends its span before an abandoned stream is reported; the tags are there with the headers."""
    with attribute(tenant="acme"):
        exchange("sse_text", capture, clock, owner=OWNER, read=False)
    assert [(span.attributes or {})["foundry.tag.tenant"] for span in capture.spans] == ["acme"]
