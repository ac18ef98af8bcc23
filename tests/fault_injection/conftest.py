"""The fault server of a test, and what every attempt must leave behind."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.fault_server import FaultServer


@pytest.fixture
def server() -> Iterator[FaultServer]:
    """A server that misbehaves as it is asked."""
    with FaultServer() as running:
        yield running
