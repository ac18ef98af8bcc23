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
    """Bytes of text, for the plain call of the benchmark."""
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


def leave_out_of_event(readable: Any, envelope: Any) -> None:
    """Take the omissions of a ledger event out of its row; any other row stays as it is.

    Args:
        readable: The log record, as the exporter gets it.
        envelope: Its row, on plain models.
    """
    if not _is_ours(readable):
        return
    if (readable.log_record.attributes or {}).get(names.CUSTOM_EVENT) != EVENT_NAME:
        return
    row = envelope.data.base_data
    properties, parent_id = row.properties, envelope.tags["ai.operation.parentId"]
    given = {one.name: one.value(properties, parent_id) for one in DERIVED} | {_LOGGER: SCOPE}
    _leave_out(row, given)


def leave_out_of_span(span: Any, envelope: Any) -> None:
    """The same for a span of ours."""
    if not _is_ours(span):
        return
    row = envelope.data.base_data
    host, dot, _ = (row.target or "").partition(".")
    _leave_out(row, {names.RESOURCE_PROVIDER: COGNITIVE_SERVICES, names.RESOURCE: host if dot else None})


def _is_ours(record: Any) -> bool:
    scope = record.instrumentation_scope
    return scope is not None and scope.name == SCOPE


def _leave_out(row: Any, given: dict[str, str | None]) -> None:
    """Take out what a row has just as it is given without it."""
    properties = row.properties
    for name, value in given.items():
        if value is not None and properties.get(name) == value:
            del properties[name]
    if not row.measurements:
        row.measurements = None
