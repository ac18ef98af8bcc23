"""How much of a quota or a budget this process has used: warnings and metrics, never a blocked call."""

from __future__ import annotations

from typing import ClassVar

from foundry_telemetry.dropped_items import Reason, Signal
from foundry_telemetry.limits import budgets
from foundry_telemetry.observation import Observation


class Limits:
    """The listener that counts what attempts cost. Quota is worked out of the metrics, when they are read."""

    signal: ClassVar = Signal.BUDGETS
    reason: ClassVar = Reason.INTERNAL_ERROR
    is_deferred: ClassVar = True

    def finished(self, observation: Observation, _: object) -> None:
        """Count it; a budget that is overrun is logged, and its callback called."""
        budgets.spend(observation)
