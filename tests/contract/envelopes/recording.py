"""What reached Azure in each scenario."""

from __future__ import annotations

import json
import sys
from typing import Protocol

from opentelemetry import _logs, metrics, trace

import foundry_telemetry
from foundry_telemetry.azure import flush
from foundry_telemetry.exporters import azure_exporters
from foundry_telemetry.testing import FakeIngestion
from tests.contract.envelopes.clients import HOSTS
from tests.contract.envelopes.placeholders import normal
from tests.contract.envelopes.scenarios import scenarios
from tests.support import both_ways
from tests.support.omitted import whole_event
from tests.support.patience import PATIENCE_S

HOUR_S = 3600


class Clock(Protocol):
    """The time of day."""

    now_s: int


def record(clock: Clock) -> None:
    """Print a line for each scenario.

    Raises:
        UnequalError: A row is not what the unchanged exporter makes of the same record.
    """
    with FakeIngestion() as azure:
        foundry_telemetry.configure(connection_string=azure.connection_string, hosts=HOSTS)
        providers = (trace.get_tracer_provider(), _logs.get_logger_provider(), metrics.get_meter_provider())
        both_ways.watch([exporter for provider in providers for exporter in azure_exporters(provider)])
        known = 0
        for name, play in scenarios():
            clock.now_s += HOUR_S
            play(clock.now_s)
            if not flush(PATIENCE_S):
                raise TimeoutError(f"{name}: not all was sent within {PATIENCE_S} s")
            both_ways.raise_found()
            envelopes = azure.envelopes
            sent = normal(map(whole_event, envelopes[known:]))
            json.dump({"scenario": name, "envelopes": sent}, sys.stdout)
            sys.stdout.write("\n")
            known = len(envelopes)
