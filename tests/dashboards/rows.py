"""A ledger made by chance: calls with retries, failures and streams, and holes: what was not reported."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random

from foundry_telemetry.kql.parameters import TimeRange
from foundry_telemetry.kql.view import COLUMNS
from foundry_telemetry.schema.value import EVENT_NAME
from tests.dashboards.generators import asked, begun, guid, hex_, milliseconds, refused, tags, used
from tests.support.telemetry import Envelope, envelope

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
    "credential_error": ("caller_credential", None, False),
    "stream_truncated": ("network", 200, True),
    "server_error": ("model_service", 200, True),
}
"""Class: owner, status, retryable."""
OUTCOMES = {"credential_error": "not_sent", "stream_truncated": "truncated", "server_error": "stream_error"}
"""Of the others: an error where there is a status, else no response."""
VERSIONS = {"orders-api": "1.4.2", "[shop]/checkout": "2026.11", "night batch": "3"}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One attempt, with the names of the typed view; ``None`` was not reported."""

    at: datetime
    service: str = "orders-api"
    tags: tuple[tuple[str, str], ...] = ()
    OperationId: str = ""
    call_id: str
    attempt_number: int = 1
    operation: str | None = "chat"
    deployment: str | None = None
    stream: bool | None = None
    client: str | None = None
    server: str | None = None
    resource: str | None = None
    region: str | None = None
    auth_scheme: str | None = None
    status: int | None = None
    model: str | None = None
    response_id: str | None = None
    stop_reason: str | None = None
    apim_request_id: str | None = None
    request_id: str | None = None
    outcome: str = "ok"
    error_type: str | None = None
    error_code: str | None = None
    error_origin: str | None = None
    error_owner: str | None = None
    retryable: bool | None = None
    retry_after_s: float | None = None
    token_expires_in_s: int | None = None
    token_audience: str | None = None
    token_tenant: str | None = None
    token_application: str | None = None
    token_identity_type: str | None = None
    entra_code: str | None = None
    entra_trace_id: str | None = None
    entra_correlation_id: str | None = None
    duration_ms: float | None = None
    time_to_first_token_ms: float | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    thinking_tokens: int | None = None
    uncached_input_tokens: int | None = None
    usage_complete: bool | None = None
    cache_write_1h_tokens: int | None = None
    cost_usd: float | None = None
    partial_cost_usd: float | None = None

    @property
    def failed(self) -> bool:
        """Whether the attempt failed; one that its caller left did not."""
        return self.error_type is not None

    @property
    def properties(self) -> dict[str, str]:
        """The event's properties as Azure keeps them: text, and nothing for what was not reported."""
        reported = {column.key: getattr(self, column.name, None) for column in COLUMNS if column.key}
        tags = {f"foundry.tag.{key}": value for key, value in self.tags}
        return tags | {key: str(value) for key, value in reported.items() if value is not None}

    @property
    def version(self) -> str:
        """Of the service."""
        is_old = self.service == "orders-api" and self.at < END - timedelta(days=9)
        return "1.4.1" if is_old else VERSIONS.get(self.service, "")

    @property
    def instance(self) -> str:
        """One of three of its service."""
        return f"pod-{sum(map(ord, self.call_id)) % 3}"

    @property
    def is_abandoned(self) -> bool:
        """Whether the caller did not wait for the end."""
        return self.outcome in ("abandoned", "cancelled")

    @property
    def sent(self) -> datetime:
        """When the request left."""
        return self.at - timedelta(milliseconds=self.duration_ms or 0)


def make_rows(seed: int, calls: int = 240) -> list[Row]:
    """The rows of `calls` calls about the time shown, and some of last week, of the last 33 days and a rush.

    They come in no order, as rows do that several processes send.
    """
    chance = Random(seed)  # noqa: S311 - seeded, so that runs are alike
    rows = [*_on_the_edges(chance)]
    first = SHOWN.start - timedelta(hours=8)
    while len({row.call_id for row in rows}) < calls:
        begun = first + chance.random() * timedelta(hours=15)
        rows += _without_quiet(_call(chance, begun))
    for _ in range(60):
        rows += _call(chance, first - timedelta(days=7) + chance.random() * timedelta(hours=15))
    for _ in range(150):
        rows += _call(chance, END - chance.random() * timedelta(days=33))
    rows += _rush(chance)
    chance.shuffle(rows)
    return rows


def _without_quiet(attempts: Iterator[Row]) -> list[Row]:
    reported = list(attempts)
    return [] if any(QUIET[0] <= row.at < QUIET[1] for row in reported) else reported


def _on_the_edges(chance: Random) -> Iterator[Row]:
    """Calls at the very start and end, and one that was tried again across the start."""
    for at in (SHOWN.start, SHOWN.end, SHOWN.start - timedelta(milliseconds=1)):
        yield _ended_well(chance, at, hex_(chance, 16), 1, "claude-sonnet-5-5")
    call = hex_(chance, 16)
    yield _ended_badly(chance, SHOWN.start - timedelta(seconds=2), call, 1, "claude-haiku-5-5", "overloaded")
    yield _ended_well(chance, SHOWN.start + timedelta(seconds=2), call, 2, "claude-haiku-5-5")


def _rush(chance: Random) -> Iterator[Row]:
    """More and more calls from minute to minute, up to two minutes before the end."""
    for minute in range(15):
        for _ in range(minute):
            at = END - timedelta(minutes=17) + (minute + chance.random()) * timedelta(minutes=1)
            yield _ended_well(chance, milliseconds(at), hex_(chance, 16), 1, "claude-sonnet-5-5")


def _call(chance: Random, begun: datetime) -> Iterator[Row]:
    deployment, call = chance.choice(DEPLOYMENTS), hex_(chance, 16)
    at, number = milliseconds(begun), 0
    while True:
        number += 1
        if chance.random() < 0.7:
            yield _ended_well(chance, at + timedelta(seconds=20), call, number, deployment)
            return
        kind = chance.choice(list(FAILURES))
        yield _ended_badly(chance, at, call, number, deployment, kind)
        if not FAILURES[kind][2] or number == 3:
            return
        at = milliseconds(at + chance.uniform(0.2, 20) * timedelta(seconds=1))


def _ended_well(chance: Random, at: datetime, call: str, number: int, deployment: str | None) -> Row:
    """An answer; sometimes one that its caller did not wait for, or that told less."""
    outcome = chance.choice(("ok",) * 8 + ("abandoned", "cancelled"))
    stream = chance.random() < 0.4
    duration = round(chance.uniform(150, 20_000), 3)
    reported = outcome == "ok" and chance.random() < 0.9
    return Row(
        at=at,
        service=chance.choice(SERVICES),
        tags=tags(chance),
        OperationId=hex_(chance, 32),
        call_id=call,
        attempt_number=number,
        operation="count_tokens" if chance.random() < 0.1 else "chat",
        deployment=deployment,
        stream=stream,
        status=200,
        model=MODELS.get(deployment or "", deployment),
        response_id=f"msg_01{hex_(chance, 20)}",
        apim_request_id=guid(chance),
        request_id=f"req_011{hex_(chance, 20)}",
        outcome=outcome,
        duration_ms=duration,
        time_to_first_token_ms=round(duration * chance.uniform(0.1, 0.5), 3) if stream else None,
        cost_usd=chance.uniform(0.0001, 0.09) if reported and deployment != "o'brien" else None,
        **asked(chance),
        **(used(chance) if reported else begun(chance) if outcome != "ok" else {}),
    )


def _ended_badly(  # noqa: PLR0917 - one for each thing that matters
    chance: Random, at: datetime, call: str, number: int, deployment: str | None, kind: str
) -> Row:
    """A failure of one kind."""
    error_owner, status, retryable = FAILURES[kind]
    answered, streamed = status is not None, status == 200
    duration = round(chance.uniform(5, 180), 3)
    return Row(
        at=at,
        service=chance.choice(SERVICES),
        tags=tags(chance),
        OperationId=hex_(chance, 32),
        call_id=call,
        attempt_number=number,
        deployment=deployment,
        stream=streamed,
        status=status,
        apim_request_id=guid(chance) if answered else None,
        request_id=f"req_011{hex_(chance, 20)}" if status in (429, 529) else None,
        outcome=OUTCOMES.get(kind, "error" if answered else "no_response"),
        error_type=kind,
        error_code="PermissionDenied" if kind == "authz_missing_role" else None,
        error_origin="foundry" if answered else "client",
        error_owner=error_owner,
        retryable=retryable,
        retry_after_s=chance.choice((None, 2.0)) if status == 429 else None,
        duration_ms=duration,
        time_to_first_token_ms=duration / 2 if streamed else None,
        **asked(chance),
        **(refused(chance) if status == 401 else {}),
        **(begun(chance) if streamed else {}),
        **({"entra_code": "AADSTS7000222"} if kind == "credential_error" else {}),
    )


@cache
def posted(row: Row) -> Envelope:
    """The envelope that the exporter posts for a row; the same for many a day of the tests."""
    tags = {
        "ai.cloud.role": row.service,
        "ai.cloud.roleInstance": row.instance,
        "ai.application.ver": row.version,
        "ai.operation.id": row.OperationId,
    }
    return envelope("EventData", {"name": EVENT_NAME, "properties": row.properties}, row.at, tags=tags)
