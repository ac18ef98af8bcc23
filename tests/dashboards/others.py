"""What else the services of a ledger send: spans, sampled, and metrics. The same ledger gives the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from foundry_telemetry.dropped_items import Reason
from tests.dashboards.rows import END, VERSIONS, Row

SAMPLED = 10
"""One of so many spans is kept."""
MINUTE = timedelta(minutes=1)
MILLISECOND = timedelta(milliseconds=1)
DIFFERENT = "claude-haiku-5-5"
"""The deployment of whose tokens the metrics tell less than the ledger."""
UNREPORTED = "support-chat-prod"
"""The deployment of which no metric tells."""
IDLE = "waiting for work"
"""A service that is alive, wherever a ledger has old attempts of it."""
UNCOUNTED = "beside a distro"
"""A service in which nobody counts what is lost, wherever a ledger has attempts of it."""
WITHOUT_LEDGER = "forgotten"
"""A service that has spans and no ledger."""


@dataclass(frozen=True, kw_only=True)
class Other:
    """A row of another table."""

    table: str
    at: datetime
    service: str
    version: str = ""
    name: str = ""
    count: int = 1
    """How many items it stands for."""
    total: float | None = None
    """The sum of a metric."""
    properties: tuple[tuple[str, str], ...] = ()
    operation: str = ""
    span_id: str = ""
    parent_id: str = ""
    duration_ms: float | None = None
    succeeded: bool = True
    result: str = ""
    level: int | None = None
    """Of a log line or an exception."""
    message: str = ""
    billed: float = 700.0
    """Bytes, as Azure counts them."""


def others_of(rows: Iterable[Row]) -> list[Other]:
    """All other telemetry beside a ledger; none beside none."""
    reported = sorted(rows, key=lambda row: (row.at, row.call_id, row.attempt_number))
    made = (*_spans(reported), *_items(reported), *_tokens(reported), *_traced(reported), *_long())
    return [*made] if reported else []


def _long() -> Iterator[Other]:
    """Texts as long as Azure keeps them, some of them twice, and others that are one character shorter."""
    seen = dict(service="orders-api", operation="c" * 32)
    for minutes, length in ((5, 32_768), (7, 32_768), (3, 32_767), (60 * 24 * 40, 32_768)):
        at, text = END - minutes * MINUTE, "é" * length
        yield Other(table="AppTraces", at=at, level=1, message=text, billed=2.0 * length, **seen)
    for minutes, length in ((9, 1_024), (4, 1_023)):
        at, text = END - minutes * MINUTE, "n" * length
        yield Other(table="AppRequests", at=at, name=text, billed=length + 500.0, **seen)
    for minutes, length in ((6, 32_768), (2, 32_767)):
        at, text = END - minutes * MINUTE, "f" * length
        thrown = dict(name="ValueError", message=text, level=3)
        yield Other(table="AppExceptions", at=at, billed=float(length), **thrown, **seen)


TRACED = 3
"""One of so many attempts has its request, its span and log lines in the same trace."""


def _traced(rows: list[Row]) -> Iterator[Other]:
    """The request that an attempt was made for, the span of the attempt, and what was logged meanwhile."""
    for index, row in enumerate(rows):
        if index % TRACED and row.attempt_number < 2:
            continue
        seen = dict(service=row.service, version=row.version, operation=row.OperationId)
        span = dict(
            **seen, duration_ms=row.duration_ms or 0.0, succeeded=not row.failed, result=str(row.status or "")
        )
        yield Other(
            table="AppRequests", at=row.sent - 5 * MILLISECOND, name="POST /orders", span_id="r" * 16, **span
        )
        yield Other(
            table="AppDependencies", at=row.sent, name="chat", span_id="d" * 16, parent_id="r" * 16, **span
        )
        yield Other(table="AppTraces", at=row.sent, level=1, message=f"Order {index} began. " * 80, **seen)
        if row.failed:
            failure = dict(name="anthropic.APIStatusError", message=f"Order {index} failed")
            yield Other(table="AppExceptions", at=row.at, level=3, **failure, **seen)


def _spans(rows: list[Row]) -> Iterator[Other]:
    """One of ten spans of calls, each of which stands for ten, and some spans of anything else."""
    called = (("foundry.attempt.count", "1"),)
    for index, row in enumerate(rows):
        span = dict(table="AppDependencies", at=row.at, service=row.service, version=row.version)
        if index % SAMPLED == 0:
            yield Other(**span, name="chat", count=SAMPLED, properties=called)
        if index % 7 == 0:
            yield Other(**span, name="GET /")
    yield Other(table="AppDependencies", at=END - MINUTE, service=WITHOUT_LEDGER, properties=called)


HEARTBEAT = "foundry.telemetry.heartbeat"
COUNTED = {"foundry__telemetry__losses_counted": "true"}


def _items(rows: list[Row]) -> Iterator[Other]:
    """Heartbeats of two services, one of which loses some; the exporter's own count; losses of the third."""
    for minutes in range(0, 60 * 8, 10):
        at = END - minutes * MINUTE - MINUTE / 2
        for service in ("orders-api", "night batch", IDLE):
            yield _metric(at, service, HEARTBEAT, 60.0 * (60 * 8 - minutes), **COUNTED)
        yield _metric(at, UNCOUNTED, HEARTBEAT, 60.0 * (60 * 8 - minutes))
        yield _metric(at, "night batch", "Item_Dropped_Count", 1.0)
    for index, reason in enumerate(Reason):
        signal = "attempts" if reason is Reason.INTERNAL_ERROR else ("traces", "logs", "metrics")[index % 3]
        reported = {"foundry__telemetry__reason": str(reason), "foundry__telemetry__signal": signal}
        for minutes in (3, 90):
            at = END - minutes * MINUTE
            yield _metric(at, "[shop]/checkout", "foundry.telemetry.dropped", 2.0 + index, **reported)


def _metric(at: datetime, service: str, name: str, total: float, **properties: str) -> Other:
    reported = tuple((key.replace("__", "."), value) for key, value in properties.items())
    version = VERSIONS.get(service, "")
    return Other(
        table="AppMetrics",
        at=at,
        service=service,
        version=version,
        name=name,
        total=total,
        properties=reported,
    )


def _tokens(rows: list[Row]) -> Iterator[Other]:
    """What the counters tell at the end of each minute; of two deployments less, or nothing."""
    minutes: dict[Any, float] = defaultdict(float)
    for row in rows:
        if row.operation != "chat" or row.deployment == UNREPORTED:
            continue
        end = END - (END - row.at) // MINUTE * MINUTE
        for kind, tokens in (("input", row.input_tokens), ("output", row.output_tokens)):
            if tokens is not None and (row.deployment, kind) != (DIFFERENT, "output"):
                minutes[end, row.service, row.deployment, kind] += tokens
    for (at, service, deployment, kind), total in minutes.items():
        reported = {"gen_ai__token__type": kind} | (
            {"gen_ai__request__model": deployment} if deployment else {}
        )
        yield _metric(at, service, "foundry.client.token.usage", total, **reported)
