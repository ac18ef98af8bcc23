"""One local Azure Monitor for the tests that only read its answers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from foundry_telemetry.local.api.server import LocalAzureMonitor
from tests.support.wire import Wire


@pytest.fixture
def azure() -> Iterator[LocalAzureMonitor]:
    """A server with an empty store in memory."""
    with LocalAzureMonitor(retention_days=36_500) as azure:
        yield azure


@pytest.fixture(scope="module")
def shared() -> Iterator[Wire]:
    """Raw requests to one server for all tests of a module that have rows of a role of their own."""
    with LocalAzureMonitor(retention_days=36_500) as azure, Wire(azure) as wire:
        yield wire


@pytest.fixture
def wire(azure: LocalAzureMonitor) -> Iterator[Wire]:
    """Raw requests to it."""
    with Wire(azure) as wire:
        yield wire
