"""Alert rules on healthy days: a weekend, the Monday after it, quiet nights, traffic that doubles."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from foundry_telemetry.local.api.server import LocalAzureMonitor
from tests.dashboards.test_alerts import all_fired
from tests.incident_drills import ledger
from tests.incident_drills.world import Call, World

SEED = 1_009
"""One on which no threshold was set."""
FRIDAY, TUESDAY = datetime(2026, 11, 13, tzinfo=UTC), datetime(2026, 11, 17, tzinfo=UTC)
DOUBLES = datetime(2026, 11, 16, 13, 20, tzinfo=UTC)
"""On Monday, when from one minute to the next there is twice the traffic."""
BUDGET_USD = 3_000
"""Of a month; the days cost about half of it."""


def doubled() -> list[Call]:
    """The calls of a healthy world, and as many again from `DOUBLES` on."""
    usual, more = (World.made(SEED + change, FRIDAY, TUESDAY).calls for change in (0, 1))
    return [*usual, *(replace(one, call_id=f"d{one.call_id[1:]}") for one in more if one.at >= DOUBLES)]


@pytest.mark.slow
def test_healthy_days_are_silent() -> None:
    """From Saturday to Monday night no rule fires: not at dawn, not on Monday, not when traffic doubles."""
    first, last, step = FRIDAY + timedelta(hours=26), TUESDAY, timedelta(hours=5, minutes=25)
    moments = [first + step * number for number in range((last - first) // step)]
    moments += [DOUBLES + timedelta(minutes=minutes) for minutes in (10, 40, 90)]
    with LocalAzureMonitor(retention_days=36_500.0) as azure:
        ledger.put(azure.store, doubled())
        found = {at: all_fired(azure, at, monthlyBudgetUsd=BUDGET_USD) for at in moments}
    assert {at: fired for at, fired in found.items() if fired} == {}
