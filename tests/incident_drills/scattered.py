"""Retries alone: failures of so many classes that each is too seldom to be a finding."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Final

from tests.incident_drills.measures import Measure
from tests.incident_drills.world import Call

_RETRIED: Final = (
    *("overloaded", "rate_limited", "server_error", "service_unavailable"),
    *("client_timeout", "connection_error", "stream_truncated", "timeout"),
)
"""Failure classes that a retry mends."""


def _scatter(call: Call, _: float, own: Random) -> list[Call]:
    return [replace(call, errors=(own.choice(_RETRIED),), failed=False)]


SCATTERED: Final = Measure("attempts", _scatter, (0.12,), True, 12, _RETRIED, direction="higher")
