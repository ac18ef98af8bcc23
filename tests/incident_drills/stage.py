"""A local Azure Monitor with the days of a world: one drill after another is played on it and asked about."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from foundry_telemetry.investigate import sources
from foundry_telemetry.investigate.incident.rendering import as_object
from foundry_telemetry.investigate.incident.report import investigate
from foundry_telemetry.kql.parameters import TimeRange
from foundry_telemetry.kql.tables import stored_table
from foundry_telemetry.local.api.server import LocalAzureMonitor
from tests.incident_drills import ledger
from tests.incident_drills.scenarios import Played
from tests.incident_drills.world import World

_EVENTS, _KEPT = stored_table("AppEvents"), "healthy_rows"
_LONGEST = timedelta(minutes=30)
"""What a call takes at most."""
_FOREVER_DAYS = 36_500.0


class Stage:
    """Use it in a ``with`` block.

    Args:
        world: What is on it when nothing is played.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self._stack = ExitStack()
        self._changed = datetime.max.replace(tzinfo=UTC)
        """From when on the ledger is not that of the world."""

    def __enter__(self) -> Self:
        with self._stack:
            self._azure = self._stack.enter_context(LocalAzureMonitor(retention_days=_FOREVER_DAYS))
            self._source = self._stack.enter_context(sources.local(self._azure.url))
            ledger.put(self._azure.store, self.world.calls)
            with self._azure.store.cursor() as cursor:
                cursor.execute(f"CREATE TABLE {_KEPT} AS SELECT * FROM {_EVENTS}")  # noqa: S608 - our own
            self._stack = self._stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def url(self) -> str:
        """Where it answers."""
        return self._azure.url

    def play(self, played: Played) -> None:
        """Make the ledger that of a drill: the world before it, and the drill's own calls."""
        tail = played.drill.tail
        first, self._changed = min(tail, self._changed), tail
        with self._azure.store.cursor() as cursor:
            cursor.execute(
                f"DELETE FROM {_EVENTS} WHERE TimeGenerated >= ?",  # noqa: S608 - our own
                [_stored(first)],
            )
            cursor.execute(
                f"INSERT INTO {_EVENTS} SELECT * FROM {_KEPT} "  # noqa: S608 - our own
                "WHERE TimeGenerated >= ? AND TimeGenerated < ?",
                [_stored(first), _stored(tail)],
            )
        going_on = self.world.between(tail - _LONGEST, tail)
        ledger.put(self._azure.store, [*going_on, *played.calls], since=tail)

    def ask(self, played: Played) -> dict[str, Any]:
        """What `foundry-telemetry incident --json` answers at the end of a drill."""
        drill = played.drill
        window = TimeRange(drill.start, drill.end, timedelta(minutes=1))
        return as_object(investigate(self._source, window, lambda _: None))

    def rows(self) -> int:
        """How many rows the ledger has."""
        with self._azure.store.cursor() as cursor:
            (count,) = cursor.execute(f"SELECT count(*) FROM {_EVENTS}").fetchone() or (0,)  # noqa: S608 - our own
        return int(count)


def _stored(moment: datetime) -> datetime:
    """A moment as the store has it."""
    return moment.astimezone(UTC).replace(tzinfo=None)
