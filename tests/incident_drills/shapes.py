"""How a change comes and goes: how much of it there is at a moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Kind = Literal["step", "ramp", "intermittent", "ended"]
KINDS: tuple[Kind, ...] = ("step", "ramp", "intermittent", "ended")

RISE = timedelta(minutes=40)
"""From nothing to all of a ramp."""
_ON, _PERIOD = timedelta(minutes=6), timedelta(minutes=15)


@dataclass(frozen=True)
class Shape:
    """When a change is there."""

    kind: Kind
    since: datetime
    until: datetime | None = None
    """Of one that ended."""

    def level(self, at: datetime) -> float:
        """How much of the change there is, from 0 to 1."""
        if at < self.since or (self.until is not None and at >= self.until):
            return 0.0
        if self.kind == "ramp":
            return min(1.0, (at - self.since) / RISE)
        if self.kind == "intermittent":
            return float((at - self.since) % _PERIOD < _ON)
        return 1.0

    @property
    def since_latest(self) -> datetime:
        """The latest moment that is a right answer to "since when", but for the first affected call."""
        return self.since + (RISE / 2 if self.kind == "ramp" else timedelta())
