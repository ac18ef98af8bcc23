"""A release that loses the prompt cache: two services over a day and the same hours of the week before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID

from foundry_telemetry.local.store.store import Store
from foundry_telemetry.schema.value import EVENT_NAME
from tests.support.telemetry import Envelope, envelope, fill

_SERVICES = {"orders-api": "orders-chat", "search": "search-rank"}
_BEFORE, _SINCE = timedelta(hours=26), timedelta(minutes=45)
_WEEK, _HOUR = timedelta(days=7), timedelta(hours=1)
_EVERY = timedelta(minutes=1)
_INPUT, _CACHED, _OUTPUT = 3_000, 2_600, 300
_USD = 3.0e-6, 0.3e-6, 15.0e-6
"""Of an input token, one read from the cache, and an output token."""


def put(store: Store) -> None:
    """Fill a store, up to now: no call is so near to a bound of time that a slow machine shifts it."""
    now = datetime.now(UTC) - _EVERY / 2
    times = [*_times(now - _BEFORE, now), *_times(now - _WEEK - 2 * _HOUR, now - _WEEK + _HOUR)]
    fill(store, list(_calls(times, now)))


def _times(start: datetime, end: datetime) -> Iterator[datetime]:
    yield from (end - number * _EVERY for number in range((end - start) // _EVERY))


def _calls(times: Iterable[datetime], now: datetime) -> Iterator[Envelope]:
    for number, at in enumerate(sorted(times)):
        for place, (service, deployment) in enumerate(_SERVICES.items()):
            is_new = service == "orders-api" and at > now - _SINCE
            tags = {
                "ai.cloud.role": service,
                "ai.cloud.roleInstance": f"{service}-{number % 3}",
                "ai.application.ver": "4.3.0" if is_new else "4.2.0",
            }
            properties = _properties(number, place, deployment, is_cached=not is_new)
            yield envelope("EventData", {"name": EVENT_NAME, "properties": properties}, at, tags=tags)


def _hex(number: int, place: int) -> str:
    """The ids of a call, the same in each run."""
    return sha256(f"{number} {place}".encode()).hexdigest()[:32]


def _properties(number: int, place: int, deployment: str, *, is_cached: bool) -> dict[str, str]:
    """A call that ends well; calls differ a little, the same in each run."""
    spread = 0.8 + 0.1 * (number % 5)
    cached = _CACHED if is_cached else 0
    first, output = (800 if is_cached else 1_300) * spread, round(_OUTPUT * spread)
    cost = (_INPUT - cached) * _USD[0] + cached * _USD[1] + output * _USD[2]
    reported: dict[str, object] = {
        "foundry.schema": 1,
        "foundry.call.id": _hex(number, place)[:16],
        "foundry.attempt.number": 1,
        "foundry.client": "AnthropicFoundry/2.14.0",
        "foundry.outcome": "ok",
        "foundry.auth.scheme": "entra_id",
        "azure.service.request.id": str(UUID(_hex(number, place))),
        "anthropic.request.id": f"req_{_hex(number, place)[:24]}",
        "foundry.resource": "contoso",
        "foundry.region": "East US 2",
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": deployment,
        "gen_ai.request.max_tokens": 1_024,
        "gen_ai.request.stream": "true",
        "gen_ai.response.model": "claude-sonnet-5-5",
        "gen_ai.usage.input_tokens": _INPUT,
        "gen_ai.usage.output_tokens": output,
        "gen_ai.usage.cache_read.input_tokens": cached,
        "http.response.status_code": 200,
        "anthropic.message.stop_reason": "end_turn",
        "foundry.duration_ms": round(first + output * 14 * spread, 3),
        "foundry.time_to_first_token_ms": round(first, 3),
        "foundry.cost.usd": round(cost, 9),
        "foundry.tag.tenant": ("acme", "globex", "initech")[number // 3 % 3],
    }
    return {name: str(value) for name, value in reported.items()}
