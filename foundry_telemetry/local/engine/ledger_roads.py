"""By which roads the attempts of a store came: looked up once for as long as no rows come or go."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

import duckdb

from foundry_telemetry.local.ingest.attempts_view import other_roads, repeated_hours

Hours = tuple[datetime, ...]


class LedgerRoads:
    """Remembers it for one store.

    Args:
        version: Another number whenever rows have come or gone.
    """

    def __init__(self, version: Callable[[], int]) -> None:
        self._version = version
        self._lock = threading.Lock()
        self._of: int | None = None
        self._found: Hours | None = None

    def repeated(self, cursor: duckdb.DuckDBPyConnection) -> Hours | None:
        """The hours with attempts that came more than once; ``None`` where all came by the Azure exporter."""
        with self._lock:
            version = self._version()
            if version != self._of:
                self._found = _looked_up(cursor)
                self._of = version
            return self._found


def _looked_up(cursor: duckdb.DuckDBPyConnection) -> Hours | None:
    row = cursor.execute(other_roads()).fetchone()
    if row is None or not row[0]:
        return None
    return tuple(hour for (hour,) in cursor.execute(repeated_hours()).fetchall())
