"""`audit --content`: what request and response logs would take, from the ledger's own counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from foundry_telemetry.config.content import ContentPolicy
from foundry_telemetry.investigate import content_cost, sources
from foundry_telemetry.investigate.time_range import Span
from foundry_telemetry.local.api.server import LocalAzureMonitor
from tests.investigate.commands import run
from tests.investigate.ledgers import attempt, put

END = datetime.now(UTC).replace(microsecond=0)
SPAN = Span(END - timedelta(days=3), END)
LARGE: dict[str, Any] = {"input_tokens": 90_000, "output_tokens": 10_000}
FAILED: dict[str, Any] = {"input_tokens": None, "output_tokens": None, "error_type": "rate_limited"}
ROWS = [
    *(attempt(END - timedelta(hours=number + 1), number, operation="chat") for number in range(8)),
    attempt(END - timedelta(hours=20), 8, operation="chat", stop_reason="refusal"),
    attempt(END - timedelta(hours=21), 9, operation="chat", **FAILED),
    attempt(END - timedelta(hours=22), 10, operation="chat", **LARGE),
    attempt(END - timedelta(hours=23), 11, operation="count_tokens"),
    attempt(END - timedelta(days=5), 12, operation="chat", **LARGE),
]
SMALL_BYTES = 1_500 + 4 * 1_100
MEAN_BYTES = (9 * SMALL_BYTES + 60_000) / 10


def estimate(**policy: Any) -> content_cost.Estimate:
    """Of a policy, over the three days."""
    with LocalAzureMonitor() as azure, sources.local(azure.url) as source:
        put(azure, ROWS)
        return content_cost.estimate(source, SPAN, ContentPolicy(**policy))


@pytest.mark.parametrize(
    ("policy", "kept", "size"),
    [
        ({}, 11, 11 * MEAN_BYTES),
        ({"share": 0}, 2, SMALL_BYTES + MEAN_BYTES),
        ({"share": 0, "failures": False}, 0, 0),
        ({"share": 0.5}, 6, SMALL_BYTES + MEAN_BYTES + 0.5 * (8 * SMALL_BYTES + 60_000)),
    ],
)
def test_size_of_a_policy(policy: dict[str, Any], kept: int, size: float) -> None:
    """All that failed or were refused and the share of the rest; no event is larger than the budget."""
    found = estimate(**policy)
    assert (found.attempts, found.failed, found.cut) == (11, 2, 1)
    assert found.kept == pytest.approx(kept, abs=1)
    assert found.bytes_month == pytest.approx(size * 10)


def test_the_command() -> None:
    """Bytes and dollars a month stand with what they rest on; the price of a region can be given."""
    with LocalAzureMonitor() as azure:
        put(azure, ROWS)
        options = ("audit", "--content", "--url", azure.url, "--since", "3d", "--usd-per-gb", "1000")
        shown = run(*options)
        found = run(*options, "--share", "0", "--json").reported
    assert shown.code == 0, shown.err
    assert "11 of 11 attempts: all 2 that failed or were refused, 1 of the rest" in shown.out
    dollars = 11 * MEAN_BYTES * 10 / 1e9 * 1_000
    assert f"${dollars:,.2f} a month at $1000.00 per GB" in shown.out
    assert [line for line in shown.lines if "4 bytes a token" in line]
    assert found["kept"] == 2
    assert found["assumed"] == list(content_cost.ASSUMED)


def test_a_share_that_is_none() -> None:
    """A share beyond 1 is refused."""
    said = run("audit", "--content", "--share", "2")
    assert said.code == 2
    assert "from 0 to 1" in said.err
