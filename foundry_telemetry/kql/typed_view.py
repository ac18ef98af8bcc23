"""The text of the typed view, made from the table of fields: each column named and cast once."""

from __future__ import annotations

from typing import Final

from foundry_telemetry.schema.field_table import COLUMNS
from foundry_telemetry.schema.row import Row
from foundry_telemetry.schema.value import EVENT_NAME

NAME: Final = "foundry_attempts"
"""The name of the query that all others begin with."""

TAKEN_OVER: Final = (
    "TimeGenerated",
    "OperationId",
    "ParentId",
    "AppRoleName",
    "AppRoleInstance",
    "AppVersion",
    "ItemCount",
    "Properties",
)
"""Columns of AppEvents that stay as they are."""

_HEAD: Final = f"""\
// Every attempt on the wire, one row each: the ledger, each column named and cast once.
// Reads: AppEvents (event {EVENT_NAME}).
// Sampling: exact; the ledger is never sampled.
//
// Made from foundry_telemetry/schema/field_table.py by `python -m dashboards.builder build`; do not edit it.
// All other queries begin with this one. Text that is unknown is empty, a number or a flag that is unknown is
// null. Each line is one column; a query needs only the lines it uses.
let {NAME} = AppEvents
| where Name == "{EVENT_NAME}"
| project
"""
_CASTS: Final = {
    str: "tostring({})",
    int: "tolong({})",
    float: "todouble({})",
    bool: "tobool(tolower(tostring({})))",
}


def text() -> str:
    """KQL with its comments."""
    lines = [*TAKEN_OVER, *map(_line, COLUMNS)]
    return _HEAD + ",\n".join(f"    {line}" for line in lines) + ";\n"


def _line(row: Row) -> str:
    cast = _CASTS[row.constraint.type].format(f'Properties["{row.name}"]')
    return f"{row.column} = {cast}"
