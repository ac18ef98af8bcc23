"""What reached Azure in each scenario."""

from __future__ import annotations

import json
import sys
from typing import Protocol

import foundry_telemetry
from foundry_telemetry.azure import flush
from foundry_telemetry.testing import FakeIngestion
from tests.contract.envelopes.clients import HOSTS
from tests.contract.envelopes.placeholders import normal
from tests.contract.envelopes.scenarios import scenarios
from tests.support.patience import PATIENCE_S

HOUR_S = 3600


class Clock(Protocol):
    """The time of day."""

    now_s: int


def record(clock: Clock) -> None:
    """Print a line for each scenario."""
    with FakeIngestion() as azure:
        foundry_telemetry.configure(connection_string=azure.connection_string, hosts=HOSTS)
        known = 0
        for name, play in scenarios():
            clock.now_s += HOUR_S
            play(clock.now_s)
            if not flush(PATIENCE_S):
                raise TimeoutError(f"{name}: not all was sent within {PATIENCE_S} s")
            envelopes = azure.envelopes
            json.dump({"scenario": name, "envelopes": normal(envelopes[known:])}, sys.stdout)
            sys.stdout.write("\n")
            known = len(envelopes)
