"""The real distro of Azure Monitor, unmodified and in a process of its own, exports to the local one."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import pytest

from foundry_telemetry.ingestion.fault_injection import InjectedError
from foundry_telemetry.local.api.server import LocalAzureMonitor
from tests.azure.process import Ended, run

pytestmark = pytest.mark.slow

WITHOUT_OTHERS = {
    "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL": "true",
    "APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED": "true",
    "OTEL_TRACES_SAMPLER": "always_on",
}
"""It asks nobody else, and keeps every trace."""

SIGNALS = """
    from azure.monitor.opentelemetry import configure_azure_monitor
    configure_azure_monitor()
    from opentelemetry.trace import SpanKind, Status, StatusCode
    tracer = trace.get_tracer("test")
    with tracer.start_as_current_span("GET /orders", kind=SpanKind.SERVER):
        with tracer.start_as_current_span("chat m", kind=SpanKind.CLIENT) as span:
            span.set_attribute("gen_ai.system", "anthropic")
            span.set_attribute("gen_ai.usage.input_tokens", 1200)
            span.add_event("first token", {"ms": 12.5})
        try:
            with tracer.start_as_current_span("tool"):
                raise KeyError("boom")
        except KeyError:
            pass
        log = logging.getLogger("app")
        log.warning("careful", extra={"tenant": "t1"})
        log.warning("event", extra={"microsoft.custom_event.name": "ordered", "number": 5})
    meter = metrics.get_meter("test")
    meter.create_counter("orders").add(3, {"shop": "a"})
    histogram = meter.create_histogram("seconds")
    for value in (1, 2, 6):
        histogram.record(value)
    say(trace=format(span.get_span_context().trace_id, "032x"))
"""

EXPORT = """
    from azure.monitor.opentelemetry.exporter import AzureMonitorTraceExporter
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    provider = TracerProvider()
    trace.set_tracer_provider(provider)
    exporter = AzureMonitorTraceExporter(storage_min_retry_interval=1)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = trace.get_tracer("test")
    def span(name):
        tracer.start_span(name).end()
"""


def played(script: str, azure: LocalAzureMonitor, folder: Path) -> Ended:
    """Run a script against the local Azure Monitor."""
    ended = run(textwrap.dedent(script), azure, folder, **WITHOUT_OTHERS)  # type: ignore[arg-type] - it needs the string
    assert ended.code == 0, ended.errors
    return ended


def rows(azure: LocalAzureMonitor, kql: str) -> list[tuple[Any, ...]]:
    """The rows of a query."""
    return [tuple(row) for row in azure.query(kql).rows]


def test_all_signals(azure: LocalAzureMonitor, tmp_path: Path) -> None:
    """Every signal is in its table when the process has ended, and its disk is empty."""
    ended = played(SIGNALS, azure, tmp_path)
    trace = ended.said[0]["trace"]
    assert rows(azure, "AppRequests | project Name, Success, OperationId") == [("GET /orders", True, trace)]
    tokens = "tolong(Properties['gen_ai.usage.input_tokens'])"
    dependencies = f"AppDependencies | project Name, DependencyType, Success, {tokens}"
    assert sorted(rows(azure, dependencies), key=str) == [
        ("chat m", "GenAI | anthropic", True, 1200),
        ("tool", "InProc", False, None),
    ]
    assert rows(azure, "AppExceptions | distinct ExceptionType") == [("KeyError",)]
    assert sorted(rows(azure, "AppTraces | project Message, SeverityLevel"), key=str) == [
        ("careful", 2),
        ("first token", None),
    ]
    assert rows(azure, "AppEvents | project Name, tostring(Properties.number)") == [("ordered", "5")]
    mine = "AppMetrics | where Name in ('orders', 'seconds') | project Name, Sum, ItemCount, Min, Max"
    assert sorted(rows(azure, mine)) == [("orders", 3.0, 1, None, None), ("seconds", 9.0, 3, 1.0, 6.0)]
    assert rows(azure, "AppPerformanceCounters | where Category == 'Process' | take 1 | count") == [(1,)]
    joined = "AppRequests | join kind=inner (AppDependencies) on OperationId | where ParentId1 == Id | count"
    assert rows(azure, joined) == [(2,)]
    assert not azure.store.refused
    assert not list(tmp_path.rglob("*.blob"))


@pytest.mark.parametrize("status", [402, 439])
def test_what_a_quota_refuses_is_lost(azure: LocalAzureMonitor, tmp_path: Path, status: int) -> None:
    """The exporter drops what Azure refuses for a quota, and goes on with what comes later."""
    azure.fault_injection.set(InjectedError(status=status), times=1)
    played(EXPORT + "    span('refused')\n    span('taken')\n", azure, tmp_path)
    assert rows(azure, "AppDependencies | project Name") == [("taken",)]
    assert not list(tmp_path.rglob("*.blob"))


def test_what_is_throttled_is_sent_again(azure: LocalAzureMonitor, tmp_path: Path) -> None:
    """After a 429 with `Retry-After` the exporter retries, and its batch is stored once."""
    azure.fault_injection.set(InjectedError(status=429, retry_after_s=0), times=2)
    played(EXPORT + "    span('throttled')\n", azure, tmp_path)
    assert rows(azure, "AppDependencies | project Name") == [("throttled",)]
    assert not list(tmp_path.rglob("*.blob*"))


@pytest.mark.parametrize("status", [401, 429])
def test_what_cannot_be_sent_is_kept(azure: LocalAzureMonitor, tmp_path: Path, status: int) -> None:
    """A refusal that may pass makes the exporter keep its batch on disk."""
    azure.fault_injection.set(InjectedError(status=status), times=1)
    played(EXPORT + "    span('kept')\n", azure, tmp_path)
    assert rows(azure, "AppDependencies") == []
    (blob,) = tmp_path.rglob("*.blob*")
    assert '"kept"' in blob.read_text("utf-8")


def test_part_of_a_batch(azure: LocalAzureMonitor, tmp_path: Path) -> None:
    """Of a batch that is taken in part the exporter keeps the items that may be sent again, and no others."""
    azure.fault_injection.set(InjectedError(status=206, errors={1: 500}), times=1)  # item 0: the resource
    played(EXPORT + "    span('again')\n", azure, tmp_path)
    assert rows(azure, "AppDependencies") == []
    assert rows(azure, "AppMetrics | where Name == '_OTELRESOURCE_' | count") == [(1,)]
    (blob,) = tmp_path.rglob("*.blob*")
    assert '"again"' in blob.read_text("utf-8")
    assert "_OTELRESOURCE_" not in blob.read_text("utf-8")
