"""The omissions of rows put back, each as the rest of the row gives it: then a row is the exporter's."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from foundry_telemetry.azure.plain_models import PlainModel
from foundry_telemetry.schema import field_table as names
from foundry_telemetry.schema.derived import restored
from foundry_telemetry.schema.value import COGNITIVE_SERVICES, EVENT_NAME, SCOPE

_LOGGER = {"logger_name": SCOPE}


def whole_event(envelope: Mapping[str, Any]) -> dict[str, Any]:
    """An envelope as posted; of a ledger event with its omissions, any other as it is."""
    made = copy.deepcopy(dict(envelope))
    row = made["data"]["baseData"]
    if (made["data"]["baseType"], row.get("name")) == ("EventData", EVENT_NAME):
        row["properties"] = _LOGGER | restored(row["properties"], made["tags"]["ai.operation.parentId"])
    return made


def whole(envelope: Any, record: Any) -> Any:
    """An envelope on plain models, made of a record; with its omissions, if the record is ours."""
    scope = getattr(record, "instrumentation_scope", None)
    if scope is None or scope.name != SCOPE or not isinstance(envelope, PlainModel):
        return envelope
    made: Any = copy.deepcopy(envelope)
    row = made.data.base_data
    if made.data.base_type == "EventData" and row.name == EVENT_NAME:
        row.properties = _LOGGER | restored(row.properties, made.tags["ai.operation.parentId"])
    elif made.data.base_type == "RemoteDependencyData":
        given = {names.RESOURCE_PROVIDER: COGNITIVE_SERVICES, names.RESOURCE: row.target.partition(".")[0]}
        there = {name: value for name, value in given.items() if name in record.attributes}
        row.properties = there | row.properties
    else:
        return envelope
    row.measurements = row.measurements or {}
    return made
