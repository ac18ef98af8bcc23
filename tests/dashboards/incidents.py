"""Two days of three services in plain Python, with or without something going wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache

from tests.dashboards.rows import Row

NOW = (datetime.now(UTC) - timedelta(hours=1)).replace(minute=7, second=0, microsecond=0)
"""When rules are evaluated; recent, because a store forgets what is old."""

BUDGET_USD = 500
"""Of a month; a healthy day costs about two percent of it."""

ORDERS, BOT, REPORTS = "shop.orders-api", "shop.support-bot", "back-office.reports"
DEPLOYMENTS = {ORDERS: "claude-sonnet-5-5", BOT: "claude-haiku-5-5", REPORTS: "claude-opus-5-5"}
EVERY = {ORDERS: timedelta(minutes=1), BOT: timedelta(seconds=90), REPORTS: timedelta(minutes=2)}
HOURS = 40
"""A day, and what alerts compare it with: the same hours of the day before, and before a silence."""
DAY_WORKER = (NOW - timedelta(hours=12), NOW - timedelta(hours=4))
"""When the third service works; it is silent for the rest of the day."""


@dataclass(frozen=True)
class Call:
    """One call that a service is about to make."""

    service: str
    begun: datetime
    number: int
    """Of the service's calls in this time, from 0."""

    @property
    def age(self) -> timedelta:
        """How long ago."""
        return NOW - self.begun

    def attempt(self, number: int = 1, **reported: object) -> Row:
        """An attempt that ended well, unless told otherwise."""
        row = Row(
            at=self.begun + timedelta(seconds=2 * number),
            service=self.service,
            OperationId=f"{self.number:032x}",
            call_id=f"{self.service[-6:]}{self.number:010x}",
            attempt_number=number,
            deployment=DEPLOYMENTS[self.service],
            stream=True,
            status=200,
            model=DEPLOYMENTS[self.service],
            outcome="ok",
            duration_ms=1_900.0,
            time_to_first_token_ms=700.0 + 40 * (self.number % 20),
            input_tokens=900,
            output_tokens=120,
            stop_reason="end_turn",
            cost_usd=0.004,
        )
        return replace(row, **reported)  # type: ignore[arg-type]

    def refused(self, number: int, status: int | None, error_type: str, error_owner: str) -> Row:
        """An attempt that failed before anything was answered."""
        nothing = dict.fromkeys(
            ("model", "time_to_first_token_ms", "input_tokens", "output_tokens", "stop_reason", "cost_usd")
        )
        return self.attempt(
            number, status=status, error_type=error_type, error_owner=error_owner, outcome="error", **nothing
        )


Trouble = Callable[[Call], "list[Row] | None"]
"""The attempts of a call that goes otherwise than usual; ``None`` for one that goes as usual."""


def day(trouble: Trouble = lambda _: None) -> list[Row]:
    """The rows of the hours up to `NOW`."""
    rows = []
    for call in _calls():
        own = trouble(call)
        rows += _usual(call) if own is None else own
    return [row for row in rows if row.at <= NOW]


@cache
def _calls() -> tuple[Call, ...]:
    calls = []
    for service, every in EVERY.items():
        first, last = DAY_WORKER if service == REPORTS else (NOW - timedelta(hours=HOURS), NOW)
        calls += [Call(service, first + every * number, number) for number in range((last - first) // every)]
    return tuple(calls)


@cache
def _usual(call: Call) -> list[Row]:
    """Well at the first attempt; seldom after a 429 or a renewed token; very seldom not at all."""
    match call.number % 200:
        case 17 | 83:
            return [call.refused(1, 429, "rate_limited", "quota"), call.attempt(2)]
        case 41:
            return [call.refused(1, 401, "auth_token_expired", "caller_credential"), call.attempt(2)]
        case 120:
            return [call.refused(1, None, "connection_error", "network")]
        case _:
            return [call.attempt()]
