"""From planned calls to rows of the ledger: each attempt as the envelope an exporter would post."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import msgspec

from foundry_telemetry.local.store.store import Receipt, Store
from foundry_telemetry.outcomes import CUT_SHORT
from foundry_telemetry.schema.value import EVENT_NAME
from foundry_telemetry.wire.causes import CLASSES
from foundry_telemetry.wire.http_date import MIN_OFFSET_S
from tests.incident_drills.topology import PRICES
from tests.incident_drills.world import Call
from tests.support.patience import PATIENCE_S
from tests.support.telemetry import Envelope, envelope

POSTED = 4_000
"""Envelopes in a body."""
RETRY = timedelta(seconds=1.2)
"""From one attempt that failed to the next."""
REFUSED_MS = {
    "connection_error": 35.0,
    "timeout": 60_000.0,
    "client_timeout": 30_000.0,
    "stream_truncated": 2_500.0,
}
"""How long an attempt takes until it fails so; others take `_USUAL_MS`."""
_USUAL_MS = 120.0
TIMEOUT_S = {"connection_error": 5.0, "client_timeout": 30.0}
"""The client's timeout for what an attempt without a complete response waited for; of others 600."""
STATUS = {
    "auth_invalid_key": 401,
    "auth_token_expired": 401,
    "authz_missing_role": 401,
    "authz_network_denied": 403,
    "content_filtered": 400,
    "deployment_not_found": 404,
    "invalid_request": 400,
    "overloaded": 529,
    "prompt_too_long": 400,
    "rate_limited": 429,
    "server_error": 500,
    "service_unavailable": 503,
    "stream_truncated": 200,
}
"""By class; others had no answer."""
OUTCOMES = {"stream_truncated": "truncated"}


def put(store: Store, calls: Iterable[Call], since: datetime | None = None) -> int:
    """Have a store take in the attempts of the calls, or those that ended since a moment.

    Returns:
        How many rows they were.
    """
    first = since.isoformat() if since else ""
    rows = (one for one in envelopes(calls) if one["time"] >= first)
    waiting: Future[Receipt] | None = None
    count = 0
    while body := [{**one, "iKey": store.key} for one in islice(rows, POSTED)]:
        previous, waiting = waiting, store.add(msgspec.json.encode(body))
        if previous is not None:
            assert not previous.result(PATIENCE_S).refusals
        count += len(body)
    if waiting is not None:
        assert not waiting.result(PATIENCE_S).refusals
    return count


def envelopes(calls: Iterable[Call]) -> Iterator[Envelope]:
    """Every attempt of the calls, each as often as it is in the ledger."""
    for call in calls:
        for attempt in _attempts(call):
            yield from [attempt] * call.copies


def rows(calls: Iterable[Call]) -> int:
    """How many rows the ledger has of them."""
    return sum(call.attempts * call.copies for call in calls)


def duration_ms(call: Call) -> float:
    """Of the attempt that was answered in full."""
    return call.ttft_ms + call.tpot_ms * call.output_tokens


def cost_usd(call: Call) -> float:
    """Of the attempt that was answered in full."""
    per_input, per_output = PRICES[call.model]
    charged = call.uncached + call.cache_read * 0.1
    return round((charged * per_input + call.output_tokens * per_output) / 1e6, 9)


def _attempts(call: Call) -> Iterator[Envelope]:
    at = call.at + timedelta(seconds=call.skew_s)
    for number, error_type in enumerate(call.errors, start=1):
        took = REFUSED_MS.get(error_type, _USUAL_MS)
        at += timedelta(milliseconds=took)
        yield _event(call, at, {"foundry.attempt.number": number, **_refused(call, error_type, took)})
        at += RETRY
    if not call.failed:
        took = duration_ms(call)
        answered = {"foundry.attempt.number": len(call.errors) + 1, **_answered(call, took)}
        yield _event(call, at + timedelta(milliseconds=took), answered)


def _event(call: Call, at: datetime, own: dict[str, Any]) -> Envelope:
    tags = {
        "ai.cloud.role": call.service,
        "ai.cloud.roleInstance": call.instance,
        "ai.application.ver": call.version,
        "ai.operation.id": call.call_id * 2,
        "ai.operation.parentId": call.call_id,
    }
    properties = {key: str(value) for key, value in (_asked(call) | own).items()}
    return envelope(
        "EventData", {"name": EVENT_NAME, "properties": properties}, at.astimezone(UTC), tags=tags
    )


def _asked(call: Call) -> dict[str, Any]:
    return {
        "foundry.schema": 1,
        "foundry.call.id": call.call_id,
        "foundry.client": call.client,
        "gen_ai.operation.name": call.operation,
        "gen_ai.request.model": call.deployment,
        "gen_ai.request.stream": call.stream,
        "gen_ai.request.max_tokens": call.max_tokens,
        "server.address": f"{call.resource}.services.ai.azure.com",
        "foundry.resource": call.resource,
        "foundry.auth.scheme": call.auth_scheme,
        "foundry.tag.tenant": call.tenant,
        "foundry.tag.feature": call.feature,
    }


def _refused(call: Call, error_type: str, took: float) -> dict[str, Any]:
    """What an attempt that failed told: where nothing answered, no status and no region."""
    kind, status = CLASSES[error_type], STATUS.get(error_type)
    answered = {"http.response.status_code": status, "foundry.region": call.region} if status else {}
    outcome = OUTCOMES.get(error_type, "error" if status else "no_response")
    timeout_s = TIMEOUT_S.get(error_type, 600.0)
    return {
        **answered,
        **(_clock_offset(call) if status else {}),
        **({"foundry.timeout_s": timeout_s} if outcome in CUT_SHORT else {}),
        "foundry.outcome": outcome,
        "error.type": error_type,
        **({"foundry.error.owner": kind.owner} if kind.owner else {}),
        "foundry.error.origin": "foundry" if status else "client",
        "foundry.retryable": kind.retryable,
        "foundry.duration_ms": took,
        **({"foundry.error.code": call.code} if call.code else {}),
    }


def _clock_offset(call: Call) -> dict[str, Any]:
    """What the server's ``Date`` tells, where it is enough to be recorded."""
    offset_s = int(call.skew_s)
    return {"foundry.clock_offset_s": offset_s} if abs(offset_s) >= MIN_OFFSET_S else {}


def _answered(call: Call, took: float) -> dict[str, Any]:
    first = {"foundry.time_to_first_token_ms": f"{call.ttft_ms:.3f}"} if call.stream else {}
    return {
        **first,
        **_clock_offset(call),
        "http.response.status_code": 200,
        "gen_ai.response.model": call.model,
        "gen_ai.response.id": f"msg_{call.call_id}",
        "anthropic.message.stop_reason": call.stop_reason,
        "foundry.region": call.region,
        "azure.service.request.id": f"apim-{call.call_id}",
        "anthropic.request.id": f"req_{call.call_id}",
        "foundry.outcome": "ok",
        "foundry.duration_ms": f"{took:.3f}",
        "foundry.time_to_headers_ms": f"{call.ttft_ms * 0.9 if call.stream else took * 0.99:.3f}",
        "gen_ai.usage.input_tokens": call.uncached + call.cache_read,
        "gen_ai.usage.output_tokens": call.output_tokens,
        "gen_ai.usage.cache_read.input_tokens": call.cache_read,
        "foundry.usage.uncached_input_tokens": call.uncached,
        "foundry.usage.complete": True,
        "foundry.cost.usd": cost_usd(call),
        "foundry.cost.source": "genai-prices",
    }
