"""Who is asked, and about what: the same for all that is asked of a report's findings."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from foundry_telemetry.investigate.incident.extents import Slices
from foundry_telemetry.investigate.sources import Source


class Asked(NamedTuple):
    """A source, a time, and the slices of that time."""

    source: Source
    slices: Slices
    start: datetime
    end: datetime
    origin: datetime
    """What times of sums are counted from."""
    scope: str
    """The filters as a predicate of KQL."""

    def moment(self, milliseconds: float) -> datetime:
        """A time of sums."""
        return self.origin + timedelta(milliseconds=milliseconds)
