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

from foundry_telemetry.kql import files, view
from foundry_telemetry.kql.roads import DIRECT, OTHERS
from foundry_telemetry.kql.tables import quoted, stored_table, tables
from foundry_telemetry.local.ingest.column_mapping import MAPPED, POINT, PROPERTIES, Mapped
from foundry_telemetry.schema.field_table import CUSTOM_EVENT
from foundry_telemetry.schema.value import EVENT_NAME, TAG_PREFIX

_AT_ONCE: Final = frozenset({"call_id"})
"""Columns whose derived values are stored as well: by them queries filter and group, which a value that is
computed while it is read makes a third slower."""

_PARENT: Final = "ParentId"

_OTHERS: Final = MappingProxyType(
    {road.table: road.columns.get("Properties", "Properties") for road in OTHERS}
)
"""Tables of ledger events and logs, each with its column of properties."""

HIDDEN: Final = MappingProxyType(
    {
        f"{column.key}:{column.kql_type}{':derived' if column.name in _AT_ONCE else ''}": column
        for column in view.COLUMNS
        if column.key is not None and column.kql_type is not None
    }
)
"""The typed columns of the ledger that the table of events has besides its own, by their physical names.

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
    return tuple(dict.fromkeys(mapped.kind for mapped in MAPPED))


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
    if table in _OTHERS:
        return {LEDGER_EVENT: "BOOLEAN"}
    if table != DIRECT.table:
        return {}
    return {**{name: str(column.sql_type) for name, column in HIDDEN.items()}, TAGS: "JSON"}


def inserts(kind: str) -> tuple[str, ...]:
    """The statements that insert a batch of one kind; each takes ``fields`` and ``properties`` of `Texts`."""
    return tuple(_insert(mapped) for mapped in MAPPED if mapped.kind == kind)


def other_roads() -> str:
    """A query that tells whether a ledger event came by another road than the Azure exporter of a service."""
    parts = [f'SELECT 1 FROM {stored_table(table)} WHERE "{LEDGER_EVENT}"' for table in _OTHERS]
    without_role = f'"Name" = {quoted(EVENT_NAME)} AND "AppRoleName" = \'\''
    parts.append(f"SELECT 1 FROM {stored_table(DIRECT.table)} WHERE {without_role}")
    return f"SELECT {' OR '.join(f'EXISTS ({part})' for part in parts)}"


def backfill(table: str, names: Iterable[str]) -> str:
    """A statement that fills hidden columns, just added, from the properties of the rows there are."""
    if table in _OTHERS:
        value = _is_ledger(f'CAST("{_OTHERS[table]}" AS VARCHAR)')
        return f'UPDATE {stored_table(table)} SET "{LEDGER_EVENT}" = {value}'
    missing = list(names)
    columns = {name: HIDDEN[name] for name in missing if name in HIDDEN}
    structure = msgspec.json.encode({column.key: "VARCHAR" for column in columns.values()}).decode()
    read = f'from_json("Properties", {quoted(structure)})'
    parent = {_PARENT: f'"{_PARENT}"'}
    values = {name: _value(column, read, parent) for name, column in columns.items()}
    if TAGS in missing:
        values[TAGS] = _tags('"Properties"')
    filled = ", ".join(f'"{name}" = {value}' for name, value in values.items())
    return f'UPDATE {stored_table(DIRECT.table)} SET {filled} WHERE "Name" = {quoted(EVENT_NAME)}'


def attempts_ddl(plain: Mapping[str, str]) -> str:
    """SQL that creates the typed view of the ledger: the columns that its KQL has, and `TAGS`.

    Args:
        plain: The columns of AppEvents, each with the SQL that gives it.
    """
    values = {column.name: f'"{name}"' for name, column in HIDDEN.items()}
    values |= {column.name: plain[column.name] for column in view.COLUMNS if column.key is None}
    columns = ", ".join(f'{_shown(column, values)} AS "{column.name}"' for column in view.COLUMNS)
    return (
        f'CREATE OR REPLACE VIEW "{files.VIEW}" AS '
        f'SELECT {columns}, "{TAGS}" FROM {stored_table(DIRECT.table)} WHERE "Name" = {quoted(EVENT_NAME)}'
    )


def _shown(column: view.Column, values: Mapping[str, str]) -> str:
    return values[column.name] if column.name in _AT_ONCE else column.whole(values)


def _value(column: view.Column, read: str, parent: Mapping[str, str]) -> str:
    """The SQL of a hidden column.

    Args:
        column: Which.
        read: The attempt's properties, a struct.
        parent: The column that derived values to be stored are made of.
    """
    value = column.sql(read)
    return column.whole({**parent, column.name: value}) if column.name in _AT_ONCE else value


def _tags(properties: str) -> str:
    """The SQL of `TAGS`; null without tags."""
    found = f"regexp_extract_all(CAST({properties} AS VARCHAR), {quoted(_TAG)})"
    return f"nullif('{{' || array_to_string({found}, ',') || '}}', '{{}}')"


def _is_ledger(properties: str) -> str:
    """The SQL of `LEDGER_EVENT`."""
    return f"contains({properties}, {quoted(_MARK)})"


def _insert(mapped: Mapped) -> str:
    names = [*mapped.columns, *hidden_columns(mapped.table)]
    columns = ", ".join(f'"{name}"' for name in names)
    return f"INSERT INTO {stored_table(mapped.table)} ({columns}) {_select(mapped)}"


def _select(mapped: Mapped) -> str:
    values = [source.sql.format(_access(source.path)) for source in mapped.columns.values()]
    read = f"SELECT unnest(?::VARCHAR[]) AS fields, unnest(?::VARCHAR[]) AS {PROPERTIES}"
    read = f"SELECT from_json(fields, {quoted(_structure(mapped))}) AS e, {PROPERTIES} FROM ({read})"
    if mapped.points is not None:
        points = f'unnest(e."data"."baseData"."{mapped.points}") AS {POINT}'
        read = f"SELECT e, {PROPERTIES}, {points} FROM ({read})"
    if mapped.table in _OTHERS:
        values.append(_is_ledger(PROPERTIES))
    if mapped.table == DIRECT.table:
        parent = mapped.columns[_PARENT]
        own = {_PARENT: parent.sql.format(_access(parent.path))}
        values += [_value(column, "attempt", own) for column in HIDDEN.values()]
        is_attempt = f"{_access(mapped.columns['Name'].path)} = {quoted(EVENT_NAME)}"
        values.append(f"CASE WHEN {is_attempt} THEN {_tags(PROPERTIES)} END")
        attempt = f"CASE WHEN {is_attempt} THEN from_json({PROPERTIES}, {quoted(view.STRUCTURE)}) END"
        read = f"SELECT e, {PROPERTIES}, {attempt} AS attempt FROM ({read})"
    where = mapped.where.format(f'{POINT}."name"')
    return f"SELECT {', '.join(values)} FROM ({read}) WHERE {where}"


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
