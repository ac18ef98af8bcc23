"""Envelopes as an exporter posts them, and a store filled with some."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from foundry_telemetry.local.store.store import Store
from foundry_telemetry.schema.value import EVENT_NAME
from tests.support.patience import PATIENCE_S

Envelope = dict[str, Any]

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def event(at: datetime = NOON, name: str = EVENT_NAME, *, rate: float = 100.0, **properties: str) -> Envelope:
    """A custom event; double underscores in names of properties stand for dots."""
    fields = {key.replace("__", "."): value for key, value in properties.items()}
    return envelope("EventData", {"name": name, "properties": fields}, at, rate=rate)


def ledger(properties: Mapping[str, str], at: datetime = NOON) -> Envelope:
    """An event of the ledger with these properties, of some service: the exporter always names one."""
    data = {"name": EVENT_NAME, "properties": dict(properties)}
    return envelope("EventData", data, at, tags={"ai.cloud.role": "service"})


def dependency(row: Mapping[str, Any]) -> Envelope:
    """What the exporter sends for a row of AppDependencies."""
    data = {
        "id": row["Id"],
        "name": row["Name"],
        "type": row["DependencyType"],
        "target": row["Target"],
        "data": row["Data"],
        "resultCode": row["ResultCode"],
        "success": row["Success"],
        "duration": duration(row["DurationMs"]),
        "properties": row["Properties"],
    }
    tags = {
        "ai.operation.id": row["OperationId"],
        "ai.operation.parentId": row["ParentId"],
        "ai.cloud.role": row["AppRoleName"],
        "ai.cloud.roleInstance": row["AppRoleInstance"],
    }
    at = datetime.fromisoformat(row["TimeGenerated"])
    return envelope("RemoteDependencyData", data, at, tags=tags, rate=100 / row["ItemCount"])


def metric(row: Mapping[str, Any]) -> Envelope:
    """What the exporter sends for a row of AppMetrics."""
    point = {
        "name": row["Name"],
        "value": row["Sum"],
        "count": row["ItemCount"],
        "min": row["Min"],
        "max": row["Max"],
    }
    data = {"metrics": [point], "properties": row["Properties"]}
    tags = {"ai.cloud.role": row["AppRoleName"]}
    return envelope("MetricData", data, datetime.fromisoformat(row["TimeGenerated"]), tags=tags)


def envelope(
    kind: str,
    data: Mapping[str, Any],
    at: datetime = NOON,
    *,
    tags: Mapping[str, str] | None = None,
    rate: float = 100.0,
) -> Envelope:
    """Any envelope; the store's key is put in by `fill`."""
    return {
        "name": f"Microsoft.ApplicationInsights.{kind.removesuffix('Data')}",
        "time": at.isoformat(),
        "sampleRate": rate,
        "tags": dict(tags or {}),
        "data": {"baseType": kind, "baseData": {"ver": 2, **data}},
    }


def fill(store: Store, envelopes: Iterable[Envelope]) -> None:
    """Post the envelopes, and wait until they are there."""
    body = [{**one, "iKey": store.key} for one in envelopes]
    receipt = store.add(json.dumps(body).encode()).result(PATIENCE_S)
    assert not receipt.refusals, receipt.refusals


def duration(milliseconds: float) -> str:
    """A duration as envelopes have it."""
    seconds, rest = divmod(timedelta(milliseconds=milliseconds), timedelta(seconds=1))
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours // 24}.{hours % 24:02}:{minutes:02}:{seconds:02}.{rest.microseconds:06}"
