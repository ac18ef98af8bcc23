"""One store and one server for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from foundry_telemetry.local.api.server import LocalAzureMonitor
from tests.mcp.client import Agent, Response, agent
from tests.mcp.stored import CALL, HOSTILE_CALL, SECRET_CALL, TRACE, envelopes
from tests.support.telemetry import fill

ASKED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("incident", {"since": "1h"}),
    *(("explain", {"text": text}) for text in (TRACE, f"req_{CALL}", HOSTILE_CALL, SECRET_CALL)),
    *(("cost", {"since": "1h", "by": by}) for by in ("deployment", "service", "model", "tag", "tag.tenant")),
    ("cost_why", {"during": "today", "against": "yesterday"}),
    *(
        ("query", {"kql": kql})
        for kql in (
            "foundry_attempts | top 150 by TimeGenerated",
            "foundry_attempts | where deployment has 'IGNORE' | take 2",
            "AppEvents | distinct AppRoleName, Name, tostring(Properties['foundry.tag.tenant'])",
            "AppRequests | take 9",
            "AppDependencies | take 9",
            "AppExceptions | take 9",
            "AppMetrics | take 9",
            "foundry_attempts | summarize make_set(deployment), take_any(error_code) by AppRoleName",
        )
    ),
)


@pytest.fixture(scope="package")
def azure() -> Iterator[LocalAzureMonitor]:
    """A local Azure Monitor with `stored.envelopes`."""
    with LocalAzureMonitor() as azure:
        fill(azure.store, envelopes())
        yield azure


@pytest.fixture(scope="package")
def server(azure: LocalAzureMonitor) -> Iterator[Agent]:
    """An agent that asks it."""
    with agent("--url", azure.url) as server:
        yield server


@pytest.fixture(scope="package")
def answers(server: Agent) -> list[list[Response]]:
    """All pages of all answers to `ASKED`."""
    found = [server.pages(tool, **arguments) for tool, arguments in ASKED]
    assert not [pages[-1].text for pages in found if pages[-1].is_error]
    return found
