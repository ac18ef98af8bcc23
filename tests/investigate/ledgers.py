"""A local Azure Monitor with rows in it, and questions to it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from foundry_telemetry.local.api.server import LocalAzureMonitor
from foundry_telemetry.schema.value import EVENT_NAME
from tests.dashboards.rows import Row
from tests.support.telemetry import envelope, fill


def put(azure: LocalAzureMonitor, rows: Iterable[Row]) -> None:
    """Post rows as the exporter would."""
    fill(
        azure.store,
        [
            envelope(
                "EventData",
                {"name": EVENT_NAME, "properties": row.properties},
                row.at,
                tags={"ai.cloud.role": row.service},
            )
            for row in rows
        ],
    )


def attempt(at: datetime, number: int = 0, **reported: Any) -> Row:
    """An attempt that ended well and cost a cent, unless told otherwise."""
    normal: dict[str, Any] = {
        "call_id": f"{number:016x}",
        "deployment": "claude-sonnet-5-5",
        "model": "claude-sonnet-5-5",
        "status": 200,
        "input_tokens": 1000,
        "output_tokens": 100,
        "cost_usd": 0.01,
        "duration_ms": 900.0,
    }
    return Row(at=at, **(normal | reported))
