"""The bill is one number: in what was served, the ledger, the metrics, the workbook and the command."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import genai_prices
import httpx
import pytest
from azure.monitor.opentelemetry.exporter import AzureMonitorLogExporter, AzureMonitorMetricExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader

import foundry_telemetry
from foundry_telemetry import attribute
from foundry_telemetry.attribution import set_tags
from foundry_telemetry.investigate.cost.queries import Questions
from foundry_telemetry.investigate.cost.report import read_report
from foundry_telemetry.investigate.sources import local
from foundry_telemetry.local.api.server import LocalAzureMonitor
from foundry_telemetry.testing import FakeFoundry, FakeResponse, ReceivedRequest, answer

NEVER_MS = 3_600_000
TENANTS = ("acme", "globex")
MODELS = {
    "claude-haiku-5-5": "claude-haiku-5-5",
    "claude-opus-5-5": "claude-opus-5-5",
    "support-chat-prod": "claude-sonnet-5-5",
}
SIZES = ((412, 0, 0), (90_000, 10_001, 0), (7, 2111, 877))
"""Uncached input, cache reads and writes; the second is beyond the border of a tier."""


class Served:
    """Answers each request, and adds up what it costs by the package alone."""

    def __init__(self) -> None:
        self.usd: dict[tuple[str, str], list[float]] = {}
        self._sizes = iter(SIZES * len(TENANTS) * len(MODELS))

    def respond(self, request: ReceivedRequest) -> FakeResponse:
        """Answer one request."""
        asked = json.loads(request.body)
        tokens, reads, writes = next(self._sizes)
        usage = {
            "input_tokens": tokens,
            "output_tokens": 33,
            "cache_read_input_tokens": reads,
            "cache_creation_input_tokens": writes,
        }
        model = MODELS[asked["model"]]
        price = genai_prices.extract_usage(
            {"model": model, "usage": usage}, provider_id="anthropic"
        ).calc_price(genai_request_timestamp=datetime.now(UTC))
        self.usd.setdefault((asked["metadata"]["user_id"], asked["model"]), []).append(
            float(price.total_price)
        )
        return answer("well", model=model, usage=usage)


def metrics_of(azure: LocalAzureMonitor) -> dict[tuple[str, str], float]:
    """The cost metric by tenant and deployment."""
    table = azure.query(
        "AppMetrics | where Name == 'foundry.client.cost' "
        "| project tenant = tostring(Properties['foundry.tag.tenant']), "
        "deployment = tostring(Properties['gen_ai.request.model']), Sum"
    )
    found: dict[tuple[str, str], float] = {}
    for tenant, deployment, usd in table.rows:
        found[tenant, deployment] = found.get((tenant, deployment), 0.0) + usd
    return found


def spend(foundry: FakeFoundry, azure: LocalAzureMonitor) -> None:
    """Two tenants call three deployments, streamed and not, through the real exporters."""
    to: dict[str, Any] = {"connection_string": azure.connection_string, "disable_offline_storage": True}
    reader = PeriodicExportingMetricReader(AzureMonitorMetricExporter(**to), export_interval_millis=NEVER_MS)
    meters = MeterProvider([reader], shutdown_on_exit=False)
    logs = LoggerProvider(shutdown_on_exit=False)
    logs.add_log_record_processor(
        BatchLogRecordProcessor(AzureMonitorLogExporter(**to), schedule_delay_millis=NEVER_MS)
    )
    set_tags(on_metrics=("tenant",))
    try:
        foundry_telemetry.instrument(hosts=("127.0.0.1",), meter_provider=meters, logger_provider=logs)
        with httpx.Client(trust_env=False) as client:
            for number, (tenant, deployment, _) in enumerate(product(TENANTS, MODELS, SIZES)):
                body = {
                    "model": deployment,
                    "max_tokens": 99,
                    "stream": number % 2 == 0,
                    "metadata": {"user_id": tenant},
                }
                with attribute(tenant=tenant, feature="search"):
                    client.post(f"{foundry.base_url}/v1/messages", json=body).raise_for_status()
    finally:
        logs.shutdown()
        meters.shutdown()
        set_tags()


@pytest.mark.slow
def test_the_bill_is_one_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """By tenant and by deployment: served, ledger, metrics, workbook and `cost` tell the same dollars."""
    for part in (
        "STATSBEAT_DISABLED_ALL",
        "CONTROLPLANE_DISABLED",
        "SDKSTATS_DISABLED",
    ):  # they would ask the internet
        monkeypatch.setenv(f"APPLICATIONINSIGHTS_{part}", "true")
    served = Served()
    with LocalAzureMonitor() as azure:
        with FakeFoundry(served.respond) as foundry:
            spend(foundry, azure)
        expected = {key: math.fsum(each) for key, each in served.usd.items()}
        assert len(expected) == 6
        assert metrics_of(azure) == pytest.approx(expected, rel=1e-12)
        now = datetime.now(UTC)
        since = now - timedelta(hours=1)
        questions = Questions(local(azure.url).answer, since, now)
        for by, place in (("tag.tenant", 0), ("deployment", 1)):
            report = read_report(questions, by, since, now)
            reported = {part.part: part.cost_usd for part in report.splits[0].parts}
            wanted: dict[str, float] = {}
            for key, usd in expected.items():
                wanted[key[place]] = wanted.get(key[place], 0.0) + usd
            assert reported == pytest.approx(wanted, rel=1e-12)
            assert report.usd == pytest.approx(math.fsum(expected.values()), rel=1e-12)
            assert report.unpriced == 0
