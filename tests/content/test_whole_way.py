"""Canaries on the whole way: the real exporter, the real store, and every table of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any

import pytest
from azure.monitor.opentelemetry.exporter import AzureMonitorLogExporter, AzureMonitorTraceExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

import foundry_telemetry
from foundry_telemetry.content import ContentPolicy, drain_content
from foundry_telemetry.kql.tables import tables
from foundry_telemetry.local.api.server import LocalAzureMonitor
from foundry_telemetry.schema.content_table import CONTENT_TABLE
from foundry_telemetry.testing import FakeFoundry
from tests.investigate.commands import run
from tests.support.families import httpx

PROMPT = "CANARY-PROMPT"
MAIL = "canary@example.com"


@contextmanager
def called(patch: pytest.MonkeyPatch, **options: Any) -> Iterator[LocalAzureMonitor]:
    """A local Azure Monitor after one call of a person."""
    for name in ("STATSBEAT_DISABLED_ALL", "CONTROLPLANE_DISABLED", "SDKSTATS_DISABLED"):
        patch.setenv(f"APPLICATIONINSIGHTS_{name}", "true")
    tracers, loggers = TracerProvider(shutdown_on_exit=False), LoggerProvider(shutdown_on_exit=False)
    with FakeFoundry() as foundry, LocalAzureMonitor() as azure:
        target: Any = {"connection_string": azure.connection_string, "disable_offline_storage": True}
        tracers.add_span_processor(BatchSpanProcessor(AzureMonitorTraceExporter(**target)))
        loggers.add_log_record_processor(BatchLogRecordProcessor(AzureMonitorLogExporter(**target)))
        with httpx.Client(base_url=foundry.base_url, headers={"api-key": "k"}, trust_env=False) as client:
            foundry_telemetry.instrument(
                client,
                tracer_provider=tracers,
                logger_provider=loggers,
                hosts=(foundry.base_url,),
                **options,
            )
            messages = [{"role": "user", "content": f"{PROMPT} of {MAIL}"}]
            body = {"model": "d", "max_tokens": 64, "messages": messages, "system": PROMPT}
            with foundry_telemetry.attribute(user=MAIL):
                assert client.post("/v1/messages", json=body).status_code == 200
        drain_content()
        tracers.shutdown()
        loggers.shutdown()
        yield azure


def stored(azure: LocalAzureMonitor) -> Mapping[str, str]:
    """All that is in each table."""
    with closing(azure.store.cursor()) as cursor:
        return {name: str(cursor.execute(f'SELECT * FROM "{name}"').fetchall()) for name in tables()}  # noqa: S608


def test_without_the_policy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of a request is in any table, and the table of content is empty."""
    with called(monkeypatch) as azure:
        found = stored(azure)
    assert "foundry.attempt" in found["AppEvents"]
    assert found[CONTENT_TABLE] == "[]"
    assert "CANARY" not in str(found)


def test_with_the_policy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Content is in its own table and in no other, and no secret is in any."""
    with called(monkeypatch, content=ContentPolicy()) as azure:
        found = stored(azure)
    assert found[CONTENT_TABLE].count(PROMPT) == 2
    assert "CANARY" not in str({name: rows for name, rows in found.items() if name != CONTENT_TABLE})
    assert "foundry.attempt" in found["AppEvents"]
    assert MAIL not in str(found)


def test_a_person_is_found_and_erased(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who was named in `attribute()` is found by that name, though no record has it; the ledger stays."""
    with called(monkeypatch, content=ContentPolicy()) as azure:
        (call_id,) = azure.store.cursor().execute("SELECT call_id FROM foundry_attempts").fetchall()[0]
        shown = run("ticket", call_id, "--with-content", "--url", azure.url).out
        erased = run("content", "erase", "--user", MAIL, "--yes", "--url", azure.url)
        found = stored(azure)
    assert f"user: {PROMPT} of [email]" in shown
    assert erased.code == 0, erased.err
    assert found[CONTENT_TABLE] == "[]"
    assert "foundry.attempt" in found["AppEvents"]
    assert "CANARY" not in str(found)
