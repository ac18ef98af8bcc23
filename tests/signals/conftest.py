"""What every test of the signals gets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from foundry_telemetry.pricing import set_prices
from tests.instrumentation.delivery_accounting import nothing_is_lost

__all__ = ["nothing_is_lost"]


@pytest.fixture(autouse=True)
def _the_data_zone_costs_no_more() -> Iterator[None]:
    """One of the recorded answers comes from a data zone, which has no price until somebody says it."""
    set_prices({"claude-opus-5-5": 1.0})
    yield
    set_prices({})
