"""What Azure does with the content of an item since 30 September 2026: its values go to a table of their own.

Documented are the seven attributes, the three tables that keep a short pointer in their place, and the
columns of the table that gets the values. How the pointer reads, which of the columns are filled for an
event, and that its other attributes become ``Attributes`` is assumed: no page says it.
"""

from __future__ import annotations

import uuid
from typing import Any, Final, NamedTuple

from foundry_telemetry.local.ingest.column_mapping import field_of
from foundry_telemetry.local.ingest.envelope_schemas import Envelope, Timed
from foundry_telemetry.schema import field_table as names
from foundry_telemetry.schema.content_table import CONTENT_COLUMNS, CONTENT_TABLE

POINTER: Final = f"{CONTENT_TABLE}/{{id}}"
"""Stands in the place of a value: the table and the row that has it."""

_KINDS: Final = frozenset({"EventData", "MessageData", "RemoteDependencyData"})
_FIELDS: Final = {key: field_of(column) for key, column in CONTENT_COLUMNS.items()}
_PARENT: Final = "ai.operation.parentId"
_FACTS: Final = {
    "agentId": "gen_ai.agent.id",
    "agentName": "gen_ai.agent.name",
    "modelName": names.REQUEST_MODEL,
}


class MovedContent(NamedTuple):
    """The content of one item."""

    fields: dict[str, Any]
    """In the shape of an envelope of `CONTENT_KIND`."""
    attributes: dict[str, str]
    """The other attributes of the item."""


def move_content(envelope: Envelope) -> MovedContent | None:
    """Take the content out of an envelope, and leave pointers; ``None`` where it has none."""
    properties = envelope.data.base_data.properties
    if properties.keys().isdisjoint(_FIELDS) or envelope.kind not in _KINDS:
        return None
    record_id = str(uuid.uuid4())
    values = {_FIELDS[key]: properties[key] for key in _FIELDS if key in properties}
    attributes = {key: value for key, value in properties.items() if key not in _FIELDS}
    pointer = POINTER.format(id=record_id)
    properties.update((key, pointer) for key in _FIELDS if key in properties)
    size = sum(len(value.encode()) for value in values.values())
    envelope.size = max(envelope.size - size, 0)
    facts = {name: attributes[key] for name, key in _FACTS.items() if key in attributes}
    base = {"id": record_id, **values, **facts, **_spans(envelope)}
    fields = {"time": envelope.time, "size": size, "tags": envelope.tags, "data": {"baseData": base}}
    return MovedContent(fields, attributes)


def _spans(envelope: Envelope) -> dict[str, str]:
    """A span's own id; an event or a message has that of the span it was emitted in."""
    parent = envelope.tags.get(_PARENT, "")
    if isinstance(base := envelope.data.base_data, Timed):
        return {"spanId": base.id, "parentSpanId": parent}
    return {"spanId": parent}
