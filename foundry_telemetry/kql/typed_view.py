"""The text of the typed view, made from the table of fields: each column named and cast once."""

from __future__ import annotations

from typing import Final

from foundry_telemetry.kql import roads
from foundry_telemetry.kql.roads import TAKEN_OVER
from foundry_telemetry.schema.derived import BY_NAME as DERIVED
from foundry_telemetry.schema.field_table import COLUMNS
from foundry_telemetry.schema.row import Row
from foundry_telemetry.schema.value import EVENT_NAME

NAME: Final = "foundry_attempts"
"""The name of the query that all others begin with."""

_HEAD: Final = f"""\
// Every attempt on the wire, one row each: the ledger, each column named and cast once.
// Reads: the ledger, by every road: {", ".join(roads.TABLES)} (event {EVENT_NAME}).
// Sampling: exact; the ledger is never sampled.
//
// Made from foundry_telemetry/schema/field_table.py by `python -m dashboards.builder build`; do not edit it.
// All other queries begin with this one. Text that is unknown is empty, a number or a flag that is unknown is
// null. Each line is one column; a query needs only the lines it uses. A field that the rest of a row gives
// may be left out of it: foundry_telemetry/schema/derived.py. Each attempt counts once, by whichever road it
// came: docs/concepts/roads.md.
{roads.TEXT}
let {NAME} = {roads.LEDGER}
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
    lines = [*TAKEN_OVER, *map(line, COLUMNS)]
    return _HEAD + ",\n".join(f"    {line}" for line in lines) + ";\n"


def line(row: Row) -> str:
    """KQL of the column of a field."""
    derived = DERIVED.get(row.name)
    if derived is None:
        return cast(row)
    casts = {other.column: _cast(other) for other in COLUMNS} | {name: name for name in TAKEN_OVER}
    return f"{row.column} = coalesce({_cast(row)}, {derived.kql.format_map(casts)})"


def cast(row: Row) -> str:
    """KQL of a column that the property alone gives."""
    return f"{row.column} = {_cast(row)}"


def _cast(row: Row) -> str:
    return _CASTS[row.constraint.type].format(f'Properties["{row.name}"]')
