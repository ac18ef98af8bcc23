"""Ledger envelopes as the exporter posts them, and what plain Python counts in them."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from foundry_telemetry.kql.view import COLUMNS
from foundry_telemetry.schema.value import EVENT_NAME

KEYS = {column.name: column.key for column in COLUMNS if column.key}

SERVICES = ("shop.orders-api", "shop.support-bot", "back-office.reports")
DEPLOYMENTS = {
    "claude-sonnet-5-5": (3.0, 15.0, 4_200),
    "claude-haiku-5-5": (0.8, 4.0, 1_300),
    "support-chat-prod": (3.0, 15.0, 3_100),
}
"""Deployment to its prices in US dollars a million tokens, in and out, and its usual milliseconds."""
MODELS = {"support-chat-prod": "claude-sonnet-5-5"}
FAILURES = {
    "rate_limited": ("quota", 429, True, "RateLimitReached"),
    "overloaded": ("model_service", 529, True, "overloaded_error"),
    "auth_token_expired": ("caller_credential", 401, False, "authentication_error"),
    "authz_missing_role": ("caller_authorization", 403, False, "PermissionDenied"),
    "client_timeout": ("client", None, True, None),
    "invalid_request": ("caller_request", 400, False, "invalid_request_error"),
}
"""Class: its owner, status, whether a retry may help, the wire's code."""
USUAL = {
    "rate_limited": 3,
    "overloaded": 2,
    "auth_token_expired": 1,
    "client_timeout": 2,
    "invalid_request": 2,
}


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One attempt, by the names of the typed view."""

    at: datetime
    """When it ended."""
    service: str
    trace: str
    reported: dict[str, object] = field(default_factory=dict)
    """Column of the typed view to its value; what was not reported is not in it."""

    @property
    def begun(self) -> datetime:
        """When it was sent."""
        return self.at - timedelta(milliseconds=float(str(self.reported["duration_ms"])))

    @property
    def failed(self) -> bool:
        """Whether it came to no good end."""
        return "error_type" in self.reported

    def envelope(self, key: str) -> dict[str, object]:
        """The envelope that the exporter would post."""
        texts = {KEYS[name]: _text(value) for name, value in self.reported.items()}
        tags = {
            "ai.cloud.role": self.service,
            "ai.cloud.roleInstance": f"pod-{sum(map(ord, self.trace)) % 3}",
            "ai.operation.id": self.trace,
        }
        return {
            "name": "Microsoft.ApplicationInsights.Event",
            "iKey": key,
            "time": self.at.isoformat().replace("+00:00", "Z"),
            "tags": tags,
            "data": {
                "baseType": "EventData",
                "baseData": {"ver": 2, "name": EVENT_NAME, "properties": texts},
            },
        }


def body(key: str, attempts: list[Attempt]) -> bytes:
    """A body of the track endpoint: a JSON array."""
    return json.dumps([attempt.envelope(key) for attempt in attempts]).encode()


def _text(value: object) -> str:
    return str(value)


def _hex(chance: Random, digits: int) -> str:
    return f"{chance.getrandbits(4 * digits):0{digits}x}"


def _guid(chance: Random) -> str:
    text = _hex(chance, 32)
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def demo(end: datetime, *, calls: int = 8_000, hours: float = 48, seed: int = 7) -> list[Attempt]:
    """Two days of three services: a working day's curve, an exhausted quota, an hour of expired tokens."""
    chance = Random(seed)  # noqa: S311 - the same data every time
    attempts: list[Attempt] = []
    for _ in range(calls):
        begun = end - timedelta(hours=hours) * chance.random()
        share = 0.35 + 0.65 * max(0.0, math.sin((begun.hour + begun.minute / 60 - 5) / 24 * 2 * math.pi))
        if chance.random() < share:
            attempts += [one for one in call(chance, begun, end) if one.at <= end]
    return sorted(attempts, key=lambda one: one.at)


def call(chance: Random, begun: datetime, end: datetime, deployment: str | None = None) -> Iterator[Attempt]:
    """One call: its attempts in order, the last of which decides."""
    service = chance.choices(SERVICES, (5, 3, 2))[0]
    deployment = deployment or chance.choices(list(DEPLOYMENTS), (5, 3, 2))[0]
    same = {"call_id": _hex(chance, 16), "deployment": deployment, "stream": chance.random() < 0.6}
    trace, at, number = _hex(chance, 32), begun, 0
    while True:
        number += 1
        kind = _failure(chance, end - at, deployment) if number < 3 else None
        reported = (
            _failed(chance, kind) if kind else _answered(chance, deployment, stream=bool(same["stream"]))
        )
        duration = reported["duration_ms"]
        at += timedelta(milliseconds=float(str(duration)))
        facts = {**_always(same), "attempt_number": number, **reported}
        yield Attempt(at=_milliseconds(at), service=service, trace=trace, reported=facts)
        if kind is None or not FAILURES[kind][2]:
            return
        at += timedelta(seconds=chance.uniform(0.5, 4))


def _always(same: dict[str, object]) -> dict[str, object]:
    return {
        "schema_version": 1,
        "client": "AnthropicFoundry/2.12.0",
        "operation": "chat",
        "method": "POST",
        "path": "/anthropic/v1/messages",
        "server": "orders-eastus2.services.ai.azure.com",
        "resource": "orders-eastus2",
        "auth_scheme": "entra_id",
        **same,
    }


def _failure(chance: Random, age: timedelta, deployment: str) -> str | None:
    """Which failure an attempt meets: seldom one, often one during the two incidents."""
    hours = age.total_seconds() / 3600
    if 5.5 < hours < 7 and deployment == "claude-sonnet-5-5" and chance.random() < 0.45:
        return "rate_limited"
    if 1.6 < hours < 2.1 and chance.random() < 0.25:
        return "auth_token_expired"
    return chance.choices(list(USUAL), list(USUAL.values()))[0] if chance.random() < 0.025 else None


def _failed(chance: Random, kind: str) -> dict[str, object]:
    error_owner, status, retryable, code = FAILURES[kind]
    reported: dict[str, object] = {
        "outcome": "error" if status else "no_response",
        "error_type": kind,
        "error_owner": error_owner,
        "retryable": retryable,
        "error_origin": "foundry" if status else "client",
        "duration_ms": round(chance.uniform(25, 180) if status else 60_000 + chance.uniform(0, 30), 3),
    }
    if status:
        reported |= {
            "status": status,
            "apim_request_id": _guid(chance),
            "error_code": code,
            "region": "East US 2",
        }
    if status in (529, 400):  # Azure refuses the others itself: Anthropic never saw the request
        reported["request_id"] = f"req_011C{_hex(chance, 20)}"
    if status == 429:
        reported["retry_after_s"] = chance.choice((1.0, 2.0, 5.0))
    return reported


def _answered(chance: Random, deployment: str, *, stream: bool) -> dict[str, object]:
    price_in, price_out, usual = DEPLOYMENTS[deployment]
    fresh, output = int(chance.lognormvariate(6.6, 0.8)), int(chance.lognormvariate(5.6, 0.7))
    read, write = chance.choice((0, 0, 2_048, 6_144)), chance.choice((0, 0, 0, 1_024))
    duration = chance.lognormvariate(math.log(usual), 0.45)
    cost = (fresh * price_in + write * price_in * 1.25 + read * price_in * 0.1 + output * price_out) / 1e6
    reported: dict[str, object] = {
        "outcome": "abandoned" if stream and chance.random() < 0.02 else "ok",
        "status": 200,
        "model": MODELS.get(deployment, deployment),
        "response_id": f"msg_01{_hex(chance, 22)}",
        "stop_reason": "end_turn",
        "region": "East US 2",
        "apim_request_id": _guid(chance),
        "request_id": f"req_011C{_hex(chance, 20)}",
        "duration_ms": round(duration, 3),
        "input_tokens": fresh + write + read,
        "output_tokens": output,
        "cache_read_tokens": read,
        "cache_write_tokens": write,
        "uncached_input_tokens": fresh + write,
        "thinking_tokens": int(output * 0.2),
        "usage_complete": True,
        "cost_usd": round(cost, 6),
        "cost_source": "genai-prices",
    }
    if stream:
        reported["time_to_first_token_ms"] = round(duration * chance.uniform(0.12, 0.4), 3)
    return reported


def input_cost(reported: dict[str, object]) -> float:
    """US dollars for the input of a response with its usage."""
    output = DEPLOYMENTS[str(reported["deployment"])][1] * int(str(reported["output_tokens"])) / 1e6
    return round(float(str(reported["cost_usd"])) - output, 6)


def _milliseconds(at: datetime) -> datetime:
    return at.replace(microsecond=at.microsecond // 1000 * 1000)
