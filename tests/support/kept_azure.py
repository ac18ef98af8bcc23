"""A local Azure Monitor that lasts: what it has read of queries it keeps, of rows nothing.

To translate a query takes longer than to run it over the few rows of a test, and a server of its own for each
test would translate them all again.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from foundry_telemetry.kql.tables import tables
from foundry_telemetry.local.api.server import LocalAzureMonitor


@pytest.fixture(scope="session")
def kept_azure() -> Iterator[LocalAzureMonitor]:
    """The one of this process, with whatever rows the last test left; none is too old for it."""
    with LocalAzureMonitor(retention_days=36_500) as running:
        yield running


@pytest.fixture
def empty_azure(kept_azure: LocalAzureMonitor) -> LocalAzureMonitor:
    """The same without rows, for a test that stores some and asks for them."""
    empty(kept_azure)
    return kept_azure


def empty(azure: LocalAzureMonitor) -> None:
    """Delete every row."""
    for name in tables():
        azure.store.delete(name, "TRUE", ())
