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
from msgspec import structs
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader

import foundry_telemetry
from foundry_telemetry import attribute, pricing
from foundry_telemetry.attribution import set_tags
from foundry_telemetry.investigate.cost.queries import Questions
from foundry_telemetry.investigate.cost.report import read_report
from foundry_telemetry.investigate.sources import local
from foundry_telemetry.kql.parameters import TimeRange
from foundry_telemetry.local.api.server import LocalAzureMonitor
from foundry_telemetry.observation import TokenUsage
from foundry_telemetry.testing import FakeFoundry, FakeResponse, ReceivedRequest, answer
from tests.dashboards import answers_cost
from tests.dashboards.reference_answers import Choice
from tests.dashboards.rows import Row
from tests.dashboards.test_queries import ledger
from tests.investigate.test_cost import workspace_asker

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
        ask = local(azure.url).answer
        for by, place in (("tag.tenant", 0), ("deployment", 1)):
            report = read_report(ask, since, now, (by,))
            reported = {part.part: part.cost_usd for part in report.splits[0].parts}
            tab = Questions(ask, since, now).shared("usage_by", **chosen(by))
            assert {row["part"]: row["cost_usd"] for row in tab} == pytest.approx(reported, rel=1e-12)
            wanted: dict[str, float] = {}
            for key, usd in expected.items():
                wanted[key[place]] = wanted.get(key[place], 0.0) + usd
            assert reported == pytest.approx(wanted, rel=1e-12)
            assert report.usd == pytest.approx(math.fsum(expected.values()), rel=1e-12)
            assert report.unpriced == 0


def chosen(by: str) -> dict[str, str]:
    """A dimension of the command as the tab's parameters; a tag is that of the filter, which is a tenant."""
    return {"SplitBy": "tag" if by == "tag.tenant" else by}


@pytest.mark.parametrize("by", ["deployment", "model", "service", "version", "tag.tenant"])
def test_a_day_has_the_same_numbers_everywhere(by: str) -> None:
    """`cost`, the table and the chart of the tab, and plain Python, over the same attempts."""
    rows, workspace = ledger(0)
    end = max(row.at for row in rows) + timedelta(minutes=5)
    start = end - timedelta(hours=30)
    choice = Choice(time=TimeRange(start, end, timedelta(hours=1)), split_by=chosen(by)["SplitBy"])
    ask = workspace_asker(workspace)
    report = read_report(ask, start, end, (by,))
    questions = Questions(ask, start, end)
    tab = {row["part"]: row for row in questions.shared("usage_by", **chosen(by))}
    expected = {str(row["part"]): row for row in answers_cost.usage_by(rows, choice)}
    parts = {part.part: part for part in report.splits[0].parts}
    assert parts.keys() == tab.keys() == expected.keys()
    for part, found in parts.items():
        for name in ("cost_usd", "wasted_usd", "partial_usd", "unpriced", "attempts", "new_input", "output"):
            wanted = expected[part][name]
            assert getattr(found, name) == (wanted if wanted is None else pytest.approx(wanted, rel=1e-9)), (
                name
            )
            assert tab[part].get(name) == (wanted if wanted is None else pytest.approx(wanted, rel=1e-9)), (
                name
            )
    shown = [row for row in rows if start <= row.at < end]
    total = math.fsum(row.cost_usd or 0.0 for row in shown)
    chart = questions.shared("cost_over_time", **chosen(by))
    assert report.usd == pytest.approx(total, rel=1e-9)
    assert math.fsum(row["cost_usd"] for row in chart) == pytest.approx(total, rel=1e-9)
    assert report.unpriced == sum(map(answers_cost.is_unpriced, shown))
    assert report.incomplete == sum(map(answers_cost.is_incomplete, shown))


def test_a_month_has_the_same_days_everywhere() -> None:
    """`cost --by day` and the days of the tab give each day of the month the same dollars."""
    rows, workspace = ledger(0)
    end = max(row.at for row in rows) + timedelta(minutes=5)
    start = end.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    ask = workspace_asker(workspace)
    report = read_report(ask, start, end, ("day",))
    tab = Questions(ask, start, end).shared("cost_by_day")
    days = {f"{row['TimeGenerated']:%Y-%m-%d}": row["useful_usd"] + row["wasted_usd"] for row in tab}
    for part in report.splits[0].parts:
        assert part.cost_usd or pytest.approx(days[part.part], rel=1e-9) == 0.0
    assert report.month is not None
    assert math.fsum(days.values()) == pytest.approx(report.month.usd, rel=1e-9)
    forecast = math.fsum(row["forecast_usd"] for row in tab)
    assert report.month.forecast_usd == pytest.approx(report.month.usd + forecast, rel=1e-9)


def test_unpriced_and_incomplete_are_apart_in_metrics() -> None:
    """Each attempt without a cost is counted by one of two metrics, never by both: as on the tabs."""
    usage = TokenUsage(input_tokens=5, output_tokens=5, complete=True)
    cases = (
        ("claude-sonnet-5-5", usage, None),
        ("no-such-model", usage, "unpriced"),
        ("claude-sonnet-5-5", structs.replace(usage, output_tokens=None, complete=False), "incomplete"),
    )
    for model, one, word in cases:
        found = pricing.cost(model, one, 0)
        why = None if found is not None else pricing.missing(model, one, 0)
        assert (why == "incomplete") == (word == "incomplete")
        row = Row(
            at=datetime.now(UTC),
            call_id="a",
            cost_usd=None if found is None else found.usd,
            input_tokens=one.input_tokens,
            output_tokens=one.output_tokens,
            usage_complete=one.complete,
        )
        assert (answers_cost.is_unpriced(row), answers_cost.is_incomplete(row)) == (
            word == "unpriced",
            word == "incomplete",
        )
