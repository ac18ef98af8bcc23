"""One store and one server for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from foundry_telemetry.local.api.server import LocalAzureMonitor
from tests.mcp.client import Agent, agent
from tests.mcp.stored import envelopes
from tests.support.telemetry import fill


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
