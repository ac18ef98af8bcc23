"""What a sampler takes away: spans, and nothing that is summed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from foundry_telemetry.testing import FakeFoundry, FakeResponse, ReceivedRequest, message, stream
from foundry_telemetry.testing.ingestion import FakeIngestion
from tests.azure.process import run

pytestmark = pytest.mark.slow

CALLS = 300
"""Made at 100 a second, twenty times what the distro's default sampler lets through."""

QUIET = {
    f"APPLICATIONINSIGHTS_{name}": "true"
    for name in ("STATSBEAT_DISABLED_ALL", "CONTROLPLANE_DISABLED", "SDKSTATS_DISABLED")
}
"""Nothing of this leaves the machine."""

DISTRO = """
from azure.monitor.opentelemetry import configure_azure_monitor
configure_azure_monitor(connection_string=os.environ["APPLICATIONINSIGHTS_CONNECTION_STRING"])
def providers():
    return trace.get_tracer_provider(), _logs.get_logger_provider(), metrics.get_meter_provider()
before = providers()
import foundry_telemetry
from tests.support.families import httpx
foundry_telemetry.{integration}(hosts=(os.environ["FOUNDRY"],))
"""

LOAD = """
from concurrent.futures import ThreadPoolExecutor

def call(number):
    body = {"model": "my-deployment", "max_tokens": number + 1, "messages": []}
    if number % 2:
        with client.stream("POST", "/v1/messages", json={**body, "stream": True}) as response:
            response.read()
    else:
        response = client.post("/v1/messages", json=body)
    assert response.status_code == 200

client = httpx.Client(base_url=os.environ["FOUNDRY"])
never = threading.Event()
with ThreadPoolExecutor(8) as workers:
    start, calls = time.monotonic(), []
    for number in range(int(os.environ["CALLS"])):
        never.wait(max(start + number / 100 - time.monotonic(), 0))
        calls.append(workers.submit(call, number))
for done in calls:
    done.result()
say(
    sampler=type(trace.get_tracer_provider().sampler).__name__,
    kept=[a is b for a, b in zip(before, providers(), strict=True)],
)
"""

INPUTS = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")


class Till:
    """Answers each call with counters of its own, and keeps them."""

    def __init__(self) -> None:
        self.served: list[dict[str, int]] = []

    def __call__(self, request: ReceivedRequest) -> FakeResponse:
        """Answer one request."""
        number = request.json["max_tokens"]
        usage = {
            "input_tokens": 3 + number * 7919 % 4001,
            "output_tokens": 1 + number * 31 % 997,
            "cache_read_input_tokens": number % 3 * (1000 + number),
            "cache_creation_input_tokens": number % 5 * (100 + number),
        }
        self.served.append(usage)  # all requests are handled in the one thread of the server
        return stream("a few words more", usage=usage) if request.wants_stream else message(usage=usage)

    def total(self, *names: str) -> int:
        """Sum of these counters over all calls."""
        return sum(usage[name] for usage in self.served for name in names)


def total(rows: Iterable[dict[str, Any]], name: str) -> int:
    """Sum of one field; a row without it counts nothing."""
    return sum(int(row.get(name, 0)) for row in rows)


@pytest.mark.parametrize("integration", ["instrument", "configure"])
def test_totals_under_the_default_sampler(integration: str, tmp_path: Path) -> None:
    """The distro's default sampler costs spans; the ledger and the metrics are complete to the last token."""
    till = Till()
    script = DISTRO.replace("{integration}", integration) + LOAD
    with FakeFoundry(till) as foundry, FakeIngestion() as azure:
        ended = run(script, azure, tmp_path, FOUNDRY=foundry.base_url, CALLS=str(CALLS), **QUIET)
        ledger = azure.events("foundry.attempt")
        tokens = azure.metrics("gen_ai.client.token.usage")
        cache_read = azure.metrics("gen_ai.client.inference.usage.cache_read.input_tokens")
        cache_write = azure.metrics("gen_ai.client.inference.usage.cache_write.input_tokens")
        rows = [row for row in azure.dependencies() if row["type"] == "GenAI | anthropic"]
    assert ended.said == [{"sampler": "RateLimitedSampler", "kept": [True] * 3}], ended.errors
    assert ended.code == 0, ended.errors
    assert len(till.served) == len(ledger) == CALLS

    reported = till.total(*INPUTS), till.total("output_tokens")
    cached = till.total("cache_read_input_tokens"), till.total("cache_creation_input_tokens")
    usage = "gen_ai.usage."
    assert (total(ledger, usage + "input_tokens"), total(ledger, usage + "output_tokens")) == reported
    assert (
        total(ledger, usage + "cache_read.input_tokens"),
        total(ledger, usage + "cache_write.input_tokens"),
    ) == cached
    by_type = {
        kind: [point for point in tokens if point["properties"]["gen_ai.token.type"] == kind]
        for kind in ("input", "output")
    }
    assert tuple(total(points, "value") for points in by_type.values()) == reported
    assert [total(points, "count") for points in by_type.values()] == [CALLS, CALLS]
    assert (total(cache_read, "value"), total(cache_write, "value")) == cached
    assert 0 < len(rows) < CALLS
