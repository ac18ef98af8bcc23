"""A store with a day of three services, with or without something going wrong, and of a version each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from foundry_telemetry.local.store.store import Store
from foundry_telemetry.schema.value import EVENT_NAME
from tests.dashboards.incidents import NOW
from tests.dashboards.rows import Row
from tests.support.telemetry import Envelope, envelope, fill

Version = Callable[[Row], str]


def put(store: Store, rows: Iterable[Row], version: Version = lambda _: "1.4.2") -> None:
    """Store rows of the ledger as the exporter would."""
    fill(store, [_event(row, version(row)) for row in rows])


def around(minutes_before: float, minutes_after: float = 0) -> tuple[str, str, str, str]:
    """The options for a time that ends some minutes before the end of the day."""
    return ("--from", _iso(minutes_before), "--to", _iso(minutes_after))


def _iso(minutes: float) -> str:
    return datetime.fromtimestamp(NOW.timestamp() - 60 * minutes, tz=NOW.tzinfo).isoformat()


def _event(row: Row, version: str) -> Envelope:
    tags = {
        "ai.cloud.role": row.service,
        "ai.cloud.roleInstance": row.instance,
        "ai.operation.id": row.OperationId,
        "ai.application.ver": version,
    }
    return envelope("EventData", {"name": EVENT_NAME, "properties": row.properties}, row.at, tags=tags)
