"""What is known without asking anybody: the causes, and the tables of a query."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from foundry_telemetry.advice import ALL, FALLBACKS, UNKNOWN, Advice
from foundry_telemetry.kql import files
from foundry_telemetry.mcp import texts
from foundry_telemetry.mcp.answers import Record
from foundry_telemetry.mcp.arguments import ArgumentError
from foundry_telemetry.mcp.query.tables import TABLES
from foundry_telemetry.schema.field_table import COLUMNS

ENTRIES = {**ALL, **{f"owner:{owner}": entry for owner, entry in FALLBACKS.items()}, "unknown": UNKNOWN}
"""The advice by cause; of what fits no cause by owner."""

_TYPES: Final = {str: "string", int: "long", float: "real", bool: "bool"}
"""KQL's, by those of fields."""


def causes(cause: str | None) -> Iterator[Record]:
    """All causes in short, or all that is known of one.

    Raises:
        ArgumentError: There is no such cause.
    """
    if cause is None:
        yield from (_short(name, entry) for name, entry in ENTRIES.items())
        return
    entry = ENTRIES.get(cause)
    if entry is None:
        raise ArgumentError(texts.NO_CAUSE.format(cause=cause))
    yield _short(cause, entry) | _details(entry)
    for number, step in enumerate(entry.steps, 1):
        command = {"command": step.command} if step.command else {}
        yield {"record": "cause.steps", "steps": number, "text": step.text, **command}


def _short(name: str, entry: Advice) -> dict[str, Any]:
    owner = {"owner": entry.owner} if entry.owner else {}
    return {"record": "cause", "cause": name, **owner, "next_step": entry.next_step}


def _details(entry: Advice) -> dict[str, Any]:
    retryable = {} if entry.retryable is None else {"retryable": entry.retryable}
    return {
        "meaning": entry.meaning,
        **retryable,
        "retry": entry.retry,
        "ticket": entry.ticket,
        "support_channels": list(entry.support_channels),
        "relevant_fields": list(entry.relevant_fields),
    }


def schema(table: str | None) -> Iterator[Record]:
    """All tables in short, or the columns of one.

    Raises:
        ArgumentError: There is no such table.
    """
    if table is None:
        yield from _tables()
        return
    if table not in TABLES:
        raise ArgumentError(texts.NO_TABLE.format(table=table, names=", ".join(TABLES)))
    if table == files.VIEW:
        yield {"record": "table", "table": table, "columns": list(_plain_columns())}
        for row in COLUMNS:
            yield _column(row)
    else:
        yield {"record": "table", "table": table, "columns": list(TABLES[table].columns)}


def _tables() -> Iterator[Record]:
    for name, table in TABLES.items():
        columns = {} if name == files.VIEW else {"columns": list(table.columns)}
        yield {"record": "table", "table": name, "meaning": table.meaning, **columns}
    yield {
        "record": "tags",
        "meaning": "a tag is a property of foundry_attempts, always text, and empty where it is unknown",
        "example": "foundry_attempts | summarize sum(cost_usd) by "
        'tenant = tostring(Properties["foundry.tag.tenant"])',
    }
    yield {
        "record": "example",
        "meaning": "failures of the last hour; call schema with table foundry_attempts for its columns",
        "example": "foundry_attempts | where TimeGenerated > ago(1h) and isnotempty(error_type) "
        "| summarize attempts = count(), calls = dcount(call_id) by error_type, error_owner, deployment",
    }


def _plain_columns() -> Iterator[str]:
    fields = {row.column for row in COLUMNS}
    yield from (name for name in TABLES[files.VIEW].columns if name not in fields)


def _column(row: Any) -> Record:
    unit = {"unit": row.unit} if row.unit else {}
    return {
        "record": "column",
        "column": row.column,
        "type": _TYPES[row.constraint.type],
        "meaning": row.note or row.meaning.replace("``", "").removeprefix("Ours: "),
        **unit,
    }
