# ruff: noqa: S608 - every name in this SQL is one of our own tables
"""From envelopes to rows: the SQL that applies `column_mapping`.

One statement takes the texts of many envelopes as its parameters and inserts their rows. DuckDB reads each by
a typed structure, once; picking fields out one by one would be ten times as slow.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

import msgspec

from foundry_telemetry.kql import view
from foundry_telemetry.kql.roads import DIRECT, ROADS
from foundry_telemetry.kql.tables import quoted, stored_table, tables
from foundry_telemetry.local.ingest.column_mapping import LEDGER_KINDS, MAPPED, POINT, PROPERTIES, Mapped
from foundry_telemetry.schema.field_table import CUSTOM_EVENT
from foundry_telemetry.schema.value import EVENT_NAME, TAG_PREFIX

AT_ONCE: Final = frozenset({"call_id"})
"""Columns whose derived values are stored as well: by them queries filter and group, which a value that is
computed while it is read makes a third slower."""

_PARENT: Final = "ParentId"

_PROPERTIES: Final = "Properties"

_ROADS: Final = MappingProxyType({road.table: road for road in ROADS})
"""Tables of ledger events."""

HIDDEN: Final = MappingProxyType(
    {
        f"{column.key}:{column.kql_type}{':derived' if column.name in AT_ONCE else ''}": column
        for column in view.COLUMNS
        if column.key is not None and column.kql_type is not None
    }
)
"""The typed columns of the ledger that its tables have besides their own, by their physical names.

The name has the type in it, so that another cast of the same property is another column.
"""

TAGS: Final = f"{TAG_PREFIX}*:dynamic"
"""The physical column of an attempt's tags: an object, of the same names and values as in its properties.

Queries that read tags alone read it in place of all properties, which takes a quarter of the time.
"""

LEDGER_EVENT: Final = "ledger:bool"
"""The physical column, where logs are in the table too, of whether a row is a ledger event."""

_MARK: Final = f'"{CUSTOM_EVENT}":"{EVENT_NAME}"'
"""Of a ledger event, in the text of its properties, which is written without blanks."""

_TAG: Final = rf'"{re.escape(TAG_PREFIX)}[a-z0-9_]+":"(?:[^"\\]|\\.)*"'
"""A tag in the text of properties, which are texts, written without blanks: a quote within one has a
backslash before it, so nothing else is followed by a colon and a quote."""


def kinds() -> tuple[str, ...]:
    """Every kind that has a table."""
    return (*dict.fromkeys(mapped.kind for mapped in MAPPED), *LEDGER_KINDS.values())


def stored_columns() -> Mapping[str, tuple[str, ...]]:
    """Table to the columns that envelopes fill, in the table's own order."""
    return {
        mapped.table: tuple(
            column.name for column in tables()[mapped.table].columns if column.name in mapped.columns
        )
        for mapped in MAPPED
    }


def hidden_columns(table: str) -> Mapping[str, str]:
    """Further physical columns of a table, name to DuckDB type."""
    if table not in _ROADS:
        return {}
    columns = {**{name: str(column.sql_type) for name, column in HIDDEN.items()}, TAGS: "JSON"}
    return columns if table == DIRECT.table else {**columns, LEDGER_EVENT: "BOOLEAN"}


def inserts(kind: str) -> tuple[str, ...]:
    """The statements that insert a batch of one kind; each takes the batch's texts as its parameters."""
    logs = next((of_logs for of_logs, of_ledger in LEDGER_KINDS.items() if of_ledger == kind), None)
    return tuple(
        _insert(mapped, has_attempts=mapped.table == DIRECT.table or logs is not None)
        for mapped in MAPPED
        if mapped.kind == (logs or kind)
    )


def backfill(table: str, names: Iterable[str]) -> str:
    """A statement that fills hidden columns, just added, from the properties of the rows there are."""
    properties = f'"{_own(table, _PROPERTIES)}"'
    missing = list(names)
    columns = {name: HIDDEN[name] for name in missing if name in HIDDEN}
    structure = msgspec.json.encode({column.key: "VARCHAR" for column in columns.values()}).decode()
    read = f"from_json({properties}, {quoted(structure)})"
    parent = {_PARENT: f'"{_own(table, _PARENT)}"'}
    values = {name: _value(column, read, parent) for name, column in columns.items()}
    if TAGS in missing:
        values[TAGS] = _tags(properties)
    if LEDGER_EVENT in missing:
        values[LEDGER_EVENT] = "TRUE"
    filled = ", ".join(f'"{name}" = {value}' for name, value in values.items())
    return f"UPDATE {stored_table(table)} SET {filled} WHERE {_is_ledger(table, properties)}"


def _value(column: view.Column, read: str, parent: Mapping[str, str]) -> str:
    """The SQL of a hidden column.

    Args:
        column: Which.
        read: The attempt's properties, a struct.
        parent: The column that derived values to be stored are made of.
    """
    value = column.sql(read)
    return column.whole({**parent, column.name: value}) if column.name in AT_ONCE else value


def _tags(properties: str) -> str:
    """The SQL of `TAGS`; null without tags."""
    found = f"regexp_extract_all(CAST({properties} AS VARCHAR), {quoted(_TAG)})"
    return f"nullif('{{' || array_to_string({found}, ',') || '}}', '{{}}')"


def _is_ledger(table: str, properties: str) -> str:
    """The SQL of whether a row is a ledger event, over a table's own columns.

    Args:
        table: Which.
        properties: The expression of its properties.
    """
    if table == DIRECT.table:
        return f'"Name" = {quoted(EVENT_NAME)}'
    return f"contains(CAST({properties} AS VARCHAR), {quoted(_MARK)})"


def _own(table: str, name: str) -> str:
    """What a table of ledger events calls one of the ledger's columns."""
    column = _ROADS[table].columns.get(name)
    return name if column is None else column.kql


def _insert(mapped: Mapped, *, has_attempts: bool) -> str:
    names = [*mapped.columns, *(hidden_columns(mapped.table) if has_attempts else ())]
    columns = ", ".join(f'"{name}"' for name in names)
    return (
        f"INSERT INTO {stored_table(mapped.table)} ({columns}) {_select(mapped, has_attempts=has_attempts)}"
    )


def _select(mapped: Mapped, *, has_attempts: bool) -> str:
    values = [source.sql.format(_access(source.path)) for source in mapped.columns.values()]
    read = f"SELECT unnest(?::VARCHAR[]) AS fields, unnest(?::VARCHAR[]) AS {PROPERTIES}"
    read = f"SELECT from_json(fields, {quoted(_structure(mapped))}) AS e, {PROPERTIES} FROM ({read})"
    if mapped.points is not None:
        points = f'unnest(e."data"."baseData"."{mapped.points}") AS {POINT}'
        read = f"SELECT e, {PROPERTIES}, {points} FROM ({read})"
    if has_attempts:
        read, more = _of_attempt(mapped, read)
        values += more
    where = mapped.where.format(f'{POINT}."name"')
    return f"SELECT {', '.join(values)} FROM ({read}) WHERE {where}"


def _of_attempt(mapped: Mapped, read: str) -> tuple[str, list[str]]:
    """What is read, with an attempt's properties as a struct; and the SQL of each hidden column."""
    parent = mapped.columns[_own(mapped.table, _PARENT)]
    own = {_PARENT: parent.sql.format(_access(parent.path))}
    is_direct = mapped.table == DIRECT.table
    is_attempt = f"{_access(mapped.columns['Name'].path)} = {quoted(EVENT_NAME)}" if is_direct else "TRUE"
    attempt = f"CASE WHEN {is_attempt} THEN from_json({PROPERTIES}, {quoted(view.STRUCTURE)}) END"
    return f"SELECT e, {PROPERTIES}, {attempt} AS attempt FROM ({read})", [
        *(_value(column, "attempt", own) for column in HIDDEN.values()),
        f"CASE WHEN {is_attempt} THEN {_tags(PROPERTIES)} END",
        *(() if is_direct else (is_attempt,)),
    ]


def _access(path: tuple[str, ...]) -> str:
    if path[0] in (POINT, PROPERTIES):
        return ".".join((path[0], *(f'"{key}"' for key in path[1:])))
    return ".".join(("e", *(f'"{key}"' for key in path)))


def _structure(mapped: Mapped) -> str:
    """The typed structure of the fields that a kind's columns are made of, as ``from_json`` wants it."""
    tree: dict[str, Any] = {}
    point: dict[str, str] = {}
    for source in mapped.columns.values():
        if source.path[0] == POINT:
            point[source.path[1]] = source.read_as
        elif source.path[0] != PROPERTIES:
            node = tree
            for key in source.path[:-1]:
                node = node.setdefault(key, {})
            node[source.path[-1]] = source.read_as
    if mapped.points is not None:
        tree.setdefault("data", {}).setdefault("baseData", {})[mapped.points] = [point]
    return msgspec.json.encode(tree).decode()
