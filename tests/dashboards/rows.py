"""A ledger made by chance: calls with retries, failures and streams, with holes where nothing was told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from foundry_telemetry.dashboards.parameters import TimeRange
from foundry_telemetry.dashboards.view import COLUMNS

END = datetime(2026, 11, 22, 12, 7, tzinfo=UTC)
SHOWN = TimeRange(END - timedelta(hours=6), END, timedelta(minutes=30))
"""Begins and ends within a bin."""
QUIET = (END - timedelta(hours=4), END - timedelta(hours=2, minutes=30))
"""When nobody calls."""

SERVICES = ("orders-api", "[shop]/checkout", "night batch")
DEPLOYMENTS = ("claude-sonnet-5-5", "claude-haiku-5-5", "support-chat-prod", "o'brien", None)
MODELS = {"support-chat-prod": "claude-sonnet-5-5", "o'brien": "claude-haiku-5-5"}
"""What answers, where it is not called as the deployment is."""
FAILURES = {
    "rate_limited": ("quota", 429, True),
    "overloaded": ("model_service", 529, True),
    "auth_token_expired": ("caller_credential", 401, False),
    "authz_missing_role": ("caller_authorization", 401, False),
    "read_timeout": ("network", None, True),
    "unheard_of": (None, 418, None),
}
"""Class: whose move it is, status, retryable."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One attempt, with the names of the typed view; ``None`` was not told."""

    at: datetime
    service: str = "orders-api"
    OperationId: str = ""
    call_id: str
    attempt_number: int = 1
    operation: str | None = "chat"
    deployment: str | None = None
    stream: bool | None = None
    status: int | None = None
    model: str | None = None
    response_id: str | None = None
    apim_request_id: str | None = None
    request_id: str | None = None
    outcome: str = "ok"
    error_type: str | None = None
    fault: str | None = None
    retryable: bool | None = None
    retry_after_s: float | None = None
    entra_trace_id: str | None = None
    entra_correlation_id: str | None = None
    duration_ms: float | None = None
    time_to_first_token_ms: float | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    thinking_tokens: int | None = None
    cost_usd: float | None = None

    @property
    def failed(self) -> bool:
        """Whether the attempt failed; one that its caller left did not."""
        return self.error_type is not None

    @property
    def properties(self) -> dict[str, str]:
        """The event's properties as Azure keeps them: text, and nothing for what was not told."""
        told = {column.key: getattr(self, column.name, None) for column in COLUMNS if column.key}
        return {key: str(value) for key, value in told.items() if value is not None}


def make_rows(seed: int, calls: int = 240) -> list[Row]:
    """The rows of `calls` calls: those shown, those of the period before, and some on either side.

    They come in no order, as rows do that several processes send.
    """
    chance = Random(seed)  # noqa: S311 - seeded, so that runs are alike
    rows = [*_on_the_edges(chance)]
    first = SHOWN.start - timedelta(hours=8)
    while len({row.call_id for row in rows}) < calls:
        begun = first + chance.random() * timedelta(hours=15)
        rows += _without_quiet(_call(chance, begun))
    chance.shuffle(rows)
    return rows


def _without_quiet(attempts: Iterator[Row]) -> list[Row]:
    told = list(attempts)
    return [] if any(QUIET[0] <= row.at < QUIET[1] for row in told) else told


def _on_the_edges(chance: Random) -> Iterator[Row]:
    """Calls at the very start and end, and one that was tried again across the start."""
    for at in (SHOWN.start, SHOWN.end, SHOWN.start - timedelta(milliseconds=1)):
        yield _ended_well(chance, at, _hex(chance, 16), 1, "claude-sonnet-5-5")
    call = _hex(chance, 16)
    yield _ended_badly(chance, SHOWN.start - timedelta(seconds=2), call, 1, "claude-haiku-5-5", "overloaded")
    yield _ended_well(chance, SHOWN.start + timedelta(seconds=2), call, 2, "claude-haiku-5-5")


def _call(chance: Random, begun: datetime) -> Iterator[Row]:
    deployment, call = chance.choice(DEPLOYMENTS), _hex(chance, 16)
    at, number = _milliseconds(begun), 0
    while True:
        number += 1
        if chance.random() < 0.7:
            yield _ended_well(chance, at + timedelta(seconds=20), call, number, deployment)
            return
        kind = chance.choice(list(FAILURES))
        yield _ended_badly(chance, at, call, number, deployment, kind)
        if not FAILURES[kind][2] or number == 3:
            return
        at = _milliseconds(at + chance.uniform(0.2, 20) * timedelta(seconds=1))


def _ended_well(chance: Random, at: datetime, call: str, number: int, deployment: str | None) -> Row:
    """An answer; sometimes one that its caller did not wait for, or that told less."""
    outcome = chance.choice(("ok",) * 8 + ("abandoned", "cancelled"))
    stream = chance.random() < 0.4
    duration = round(chance.uniform(150, 20_000), 3)
    told = outcome == "ok" and chance.random() < 0.9
    fresh, read, write = chance.randint(1, 4000), chance.choice((None, 0, 8192)), chance.choice((None, 512))
    return Row(
        at=at,
        service=chance.choice(SERVICES),
        OperationId=_hex(chance, 32),
        call_id=call,
        attempt_number=number,
        operation="count_tokens" if chance.random() < 0.1 else "chat",
        deployment=deployment,
        stream=stream,
        status=200,
        model=MODELS.get(deployment or "", deployment),
        response_id=f"msg_01{_hex(chance, 20)}",
        apim_request_id=_guid(chance),
        request_id=f"req_011{_hex(chance, 20)}",
        outcome=outcome,
        duration_ms=duration,
        time_to_first_token_ms=round(duration * chance.uniform(0.1, 0.5), 3) if stream else None,
        input_tokens=fresh + (read or 0) + (write or 0) if told else None,
        output_tokens=chance.randint(1, 900) if told else None,
        cache_read_tokens=read if told else None,
        cache_write_tokens=write if told else None,
        thinking_tokens=chance.choice((None, 40)) if told else None,
        cost_usd=chance.uniform(0.0001, 0.09) if told and deployment != "o'brien" else None,
    )


def _ended_badly(  # noqa: PLR0917 - one for each thing that matters
    chance: Random, at: datetime, call: str, number: int, deployment: str | None, kind: str
) -> Row:
    """A failure of one kind."""
    fault, status, retryable = FAILURES[kind]
    answered = status is not None
    return Row(
        at=at,
        service=chance.choice(SERVICES),
        OperationId=_hex(chance, 32),
        call_id=call,
        attempt_number=number,
        deployment=deployment,
        stream=False,
        status=status,
        apim_request_id=_guid(chance) if answered else None,
        request_id=f"req_011{_hex(chance, 20)}" if status in (429, 529) else None,
        outcome="error" if answered else "no_response",
        error_type=kind,
        fault=fault,
        retryable=retryable,
        retry_after_s=chance.choice((None, 2.0)) if status == 429 else None,
        entra_trace_id=_guid(chance) if status == 401 else None,
        entra_correlation_id=_guid(chance) if status == 401 else None,
        duration_ms=round(chance.uniform(5, 180), 3),
    )


def _milliseconds(at: datetime) -> datetime:
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def _hex(chance: Random, digits: int) -> str:
    return f"{chance.getrandbits(4 * digits):0{digits}x}"


def _guid(chance: Random) -> str:
    text = _hex(chance, 32)
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
