"""What rows for Azure are made without, and why it is not missed: Azure bills every byte of a value.

Only rows of our own scope lose anything, and only what is constant or follows from the rest of the same
row: a field that is absent, and does not follow, is unknown. What is not in this table is as the exporter
makes it. The log records and spans themselves have everything, so other exporters send everything.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from foundry_telemetry.schema import field_table as names
from foundry_telemetry.schema.derived import DERIVED
from foundry_telemetry.schema.value import COGNITIVE_SERVICES, EVENT_NAME, SCOPE

_LOGGER: Final = "logger_name"
_EVENT: Final = "ledger event"
_OWN: Final = "our span"
_OTHERS: Final = "another library's span"
_SDK: Final = "the SDK's span"

_DERIVED_SIZES: Final = {
    names.CALL_ID: 37,
    names.SERVER_ADDRESS: 58,
    names.URL_TEMPLATE: 40,
    names.METHOD: 29,
    names.CACHE_WRITE_5M_TOKENS: 42,
    names.USAGE_COMPLETE: 32,
}


class Omission(NamedTuple):
    """Something that a row could have, and has not."""

    row: str
    """Of what."""
    part: str
    """The column, or ``Properties.key`` for a part of one."""
    size: int
    """Bytes of text, for a plain call to a Foundry host."""
    why: str
    """Why it is not missed."""


OMISSIONS: Final = (
    Omission(_EVENT, f"Properties.{_LOGGER}", 34, f"constant: `{SCOPE}`, as the row's `Name` says"),
    Omission(_EVENT, "Measurements", 2, "empty on every row"),
    *(Omission(_EVENT, f"Properties.{one.name}", _DERIVED_SIZES[one.name], one.why) for one in DERIVED),
    Omission(_OWN, f"Properties.{names.RESOURCE_PROVIDER}", 66, f"constant: `{COGNITIVE_SERVICES}`"),
    Omission(_OWN, f"Properties.{names.RESOURCE}", 38, "the first label of `Target`"),
    Omission(_OWN, "Measurements", 2, "empty where the cost is unknown"),
)
"""What our exporters take out of a finished row."""

NOT_WRITTEN: Final = (
    Omission(
        f"{_OWN}, {_OTHERS}",
        "Measurements.*_tokens",
        103,
        "the second copy of the tokens; `gen_ai.usage.*` in `Properties`, which is the standard one, stays",
    ),
    Omission(_OTHERS, f"Properties.{names.RESOURCE_PROVIDER}", 66, f"constant: `{COGNITIVE_SERVICES}`"),
    Omission(_OTHERS, f"Properties.{names.AUTH_SCHEME}", 32, "on the ledger event below the span"),
    Omission(_SDK, f"Properties.{names.RESOURCE}", 38, "the first label of `Target`"),
    Omission(
        _SDK,
        f"Properties.{names.FINISH_REASONS}",
        45,
        f"the SDK writes `{names.STOP_REASON}`, from which it is made",
    ),
)
"""What was written onto spans up to now, and is no longer: what others' rows may not lose, we do not add."""


_GIVEN: Final = (*((one.name, one.value) for one in DERIVED), (_LOGGER, lambda *_: SCOPE))
"""What the rest of a ledger event's row gives."""


def leave_out_of_event(readable: Any, envelope: Any) -> None:
    """Take the omissions of a ledger event out of its row; any other row stays as it is.

    Args:
        readable: The log record, as the exporter gets it.
        envelope: Its row, on plain models.
    """
    data = envelope.data
    if not _is_ours(readable) or data.base_type != "EventData" or data.base_data.name != EVENT_NAME:
        return
    properties, parent_id = data.base_data.properties, envelope.tags["ai.operation.parentId"]
    for name, value in _GIVEN:
        if name in properties and properties[name] == value(properties, parent_id):
            del properties[name]
    _without_empty(data.base_data)


def leave_out_of_span(span: Any, envelope: Any) -> None:
    """The same for a span of ours."""
    if not _is_ours(span):
        return
    row = envelope.data.base_data
    host = (row.target or "").partition(".")[0]
    for name, value in ((names.RESOURCE_PROVIDER, COGNITIVE_SERVICES), (names.RESOURCE, host)):
        if row.properties.get(name) == value:
            del row.properties[name]
    _without_empty(row)


def _is_ours(record: Any) -> bool:
    scope = record.instrumentation_scope
    return scope is not None and scope.name == SCOPE


def _without_empty(row: Any) -> None:
    if not row.measurements:
        row.measurements = None
