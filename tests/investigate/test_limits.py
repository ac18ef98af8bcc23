"""The limits of a run: twelve questions, five at a time, 500 rows each; asked of 20,000 tenants."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import msgspec
import pytest

from foundry_telemetry.investigate import sources
from foundry_telemetry.investigate.incident.report import investigate
from foundry_telemetry.investigate.sources import Row, Source
from foundry_telemetry.kql.parameters import TimeRange
from foundry_telemetry.local.api.server import LocalAzureMonitor
from foundry_telemetry.local.store.store import Store
from foundry_telemetry.schema.value import EVENT_NAME
from tests.support.patience import PATIENCE_S
from tests.support.telemetry import Envelope, envelope

pytestmark = pytest.mark.slow

END = datetime(2026, 11, 22, 12, tzinfo=UTC)
WINDOW = TimeRange(END - timedelta(hours=1), END, timedelta(minutes=1))
TENANTS, LARGE, SMALL = 20_000, 520, 40
"""Tenants; those whose failures count for more than all calls of the small service; and its calls."""
AFFECTED = "t00777"
POSTED = 10_000
"""Envelopes in a body."""


def attempt(number: int, at: datetime, service: str, tenant: str, error: str = "") -> Envelope:
    """One attempt of a call of its own."""
    properties = {
        "foundry.call.id": f"{number:016x}",
        "foundry.attempt.number": "1",
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": f"{service}-chat",
        "foundry.tag.tenant": tenant,
        "foundry.outcome": "error" if error else "ok",
        "http.response.status_code": "529" if error else "200",
        "foundry.duration_ms": "900",
    }
    if error:
        properties |= {"error.type": error, "foundry.error.owner": "model_service"}
    tags = {"ai.cloud.role": service, "ai.cloud.roleInstance": f"{service}-1"}
    return envelope("EventData", {"name": EVENT_NAME, "properties": properties}, at, tags=tags)


def world() -> Iterator[Envelope]:
    """A service of many tenants, all calls of one of which fail now; and a small one that is silent now."""
    for number in range(TENANTS):
        name = f"t{number:05}"
        before = END - timedelta(hours=2, seconds=number * 3 % 50_000)
        for call in range(2 if number < LARGE else 1):
            yield attempt(number * 4 + call, before, "shop", name, "server_error" if number < LARGE else "")
        now = END - timedelta(seconds=number * 7 % 3_599)
        yield attempt(number * 4 + 3, now, "shop", name, "overloaded" if number % 5_000 == 0 else "")
    for number in range(120):
        at = END - timedelta(seconds=30 * number)
        yield attempt(10**6 + number, at, "shop", AFFECTED, "overloaded")
        for days in (1, 7) if number < SMALL else ():
            before = at - timedelta(days=days)
            yield attempt(10**6 * (days + 1) + number, before, "billing", "t00001")


def fill(store: Store) -> None:
    """Have a store take in the world."""
    rows = world()
    while body := [{**one, "iKey": store.key} for one in islice(rows, POSTED)]:
        assert not store.add(msgspec.json.encode(body)).result(PATIENCE_S).refusals


class Counting:
    """A source that counts questions, how many are asked at a time, and rows."""

    def __init__(self, source: Source) -> None:
        self._source, self._lock = source, threading.Lock()
        self.name = source.name
        self.questions = self.running = self.most = self.rows = 0

    def answer(self, text: str, raw: frozenset[str] = frozenset()) -> list[Row]:
        """Ask, and count."""
        with self._lock:
            self.questions += 1
            self.running += 1
            self.most = max(self.most, self.running)
        found = self._source.answer(text, raw)
        with self._lock:
            self.running -= 1
            self.rows = max(self.rows, len(found))
        return found


def test_twenty_thousand_tenants() -> None:
    """One tenant of them is found, and a small silent service beside them, within the limits of a run."""
    with LocalAzureMonitor(retention_days=36_500) as azure, sources.local(azure.url) as source:
        fill(azure.store)
        counting: Any = Counting(source)
        report = investigate(counting, WINDOW, lambda _: None)
    assert report.totals.attempts + report.totals.baseline_attempts > 2 * TENANTS
    found = {one.cause: one for one in report.findings}
    assert set(found) == {"overloaded", "volume:silent"}
    terms = {one.dimension: one for one in found["overloaded"].extent}
    assert terms["tag tenant"].value == AFFECTED
    assert found["overloaded"].services == ("shop",)
    assert found["volume:silent"].services == ("billing",)
    assert counting.questions <= 12
    assert counting.most <= 5
    assert counting.rows <= 500
