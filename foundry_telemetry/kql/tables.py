# ruff: noqa: S608 - every name in this SQL is one of our own tables
"""The tables of Application Insights in a workspace, and their classic views, made from `tables.json`.

*Stored column*: one that an envelope can fill; it is in the database file. *Constant*: any other column of a
table; only the view has it. So a table of forty-five columns costs the disk of the twenty that say something.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

import msgspec
from msgspec import Struct

STORED: Final = "stored"
"""The schema of the physical tables; queries see the views in the main one alone."""

SQL_TYPES: Final = MappingProxyType(
    {
        "bool": "BOOLEAN",
        "datetime": "TIMESTAMP",
        "dynamic": "JSON",
        "int": "INTEGER",
        "long": "BIGINT",
        "real": "DOUBLE",
        "string": "VARCHAR",
    }
)
"""DuckDB's type for each KQL type."""

_COMPRESSION: Final = MappingProxyType({"JSON": " USING COMPRESSION zstd"})
"""Where DuckDB's own choice is not the best: a third of the bytes, and less time to write them."""

_UNKNOWN: Final = MappingProxyType({"VARCHAR": "''"})
"""KQL's text is never null; every other type is where nothing was reported."""

_CLASSIC_ONLY: Final = MappingProxyType({"appName": "''", "itemId": "''"})
"""Classic columns without a counterpart in the workspace; nothing here could fill them."""

_CLASSIC_METRIC: Final = MappingProxyType({"value": '"Sum"', "valueStdDev": "NULL::DOUBLE"})


class Column(Struct, frozen=True, rename="camel"):
    """A column of a table."""

    name: str
    type: str
    """KQL type."""
    classic_name: str | None
    """``None``: exists only in the workspace."""
    classic_type: str | None = None
    """KQL type in the classic view where it differs."""

    @property
    def sql_type(self) -> str:
        """DuckDB's type."""
        return SQL_TYPES[self.type]

    @property
    def unknown(self) -> str:
        """The SQL literal for a value that was not reported."""
        return _UNKNOWN.get(self.sql_type, f"NULL::{self.sql_type}")


class Table(Struct, frozen=True, rename="camel"):
    """A table of the workspace."""

    classic_name: str | None
    """``None``: no classic view."""
    item_type: str
    """What the classic column ``itemType`` holds."""
    source: str
    columns: tuple[Column, ...]


class _File(Struct, frozen=True):
    tables: dict[str, Table]


@cache
def tables() -> Mapping[str, Table]:
    """Every table by its workspace name, such as ``AppEvents``."""
    data = (Path(__file__).parent / "tables.json").read_bytes()
    return MappingProxyType(msgspec.json.decode(data, type=_File).tables)


def stored_table(name: str) -> str:
    """The physical table, quoted for SQL."""
    return f'{STORED}."{name}"'


def table_ddl(name: str, stored: Iterable[str], hidden: Mapping[str, str]) -> str:
    """SQL that creates a physical table.

    Args:
        name: Workspace name.
        stored: The columns that envelopes fill.
        hidden: Further columns, name to DuckDB type, which no view of that name shows.
    """
    types = {column.name: column.sql_type for column in tables()[name].columns}
    columns = {name: types[name] for name in stored} | dict(hidden)
    body = ", ".join(
        f'"{name}" {sql_type}{_COMPRESSION.get(sql_type, "")}' for name, sql_type in columns.items()
    )
    return f"CREATE TABLE IF NOT EXISTS {stored_table(name)} ({body})"


def view_columns(name: str, stored: Iterable[str], constants: Mapping[str, str]) -> Mapping[str, str]:
    """The columns that queries see in a table, each with the SQL that gives it.

    Args:
        name: Workspace name.
        stored: The columns that the physical table has.
        constants: Text of the columns that are the same in every row.
    """
    have = frozenset(stored)
    constants = {**constants, "Type": name}
    return {
        column.name: f'"{column.name}"' if column.name in have else _constant(column, constants)
        for column in tables()[name].columns
    }


def view_ddl(name: str, columns: Mapping[str, str]) -> str:
    """SQL that creates the view with a table's workspace name and the columns of `view_columns`."""
    body = ", ".join(f'{sql} AS "{column}"' for column, sql in columns.items())
    return f'CREATE OR REPLACE VIEW "{name}" AS SELECT {body} FROM {stored_table(name)}'


def classic_view_ddl(name: str) -> str:
    """SQL that creates the classic view of a table: the same rows under the older names and types."""
    table = tables()[name]
    columns = {
        column.classic_name: _classic(column, table)
        for column in table.columns
        if column.classic_name is not None
    }
    columns.update(_CLASSIC_ONLY)
    if name == "AppMetrics":
        columns.update(_CLASSIC_METRIC)
    body = ", ".join(f'{sql} AS "{name}"' for name, sql in columns.items())
    return f'CREATE OR REPLACE VIEW "{table.classic_name}" AS SELECT {body} FROM "{name}"'


def quoted(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def _constant(column: Column, constants: Mapping[str, str]) -> str:
    return quoted(constants[column.name]) if column.name in constants else column.unknown


def _classic(column: Column, table: Table) -> str:
    if column.classic_name == "itemType":
        return quoted(table.item_type)
    if column.type == "bool" and column.classic_type == "string":
        return f"""CASE "{column.name}" WHEN TRUE THEN 'True' WHEN FALSE THEN 'False' ELSE '' END"""
    return f'"{column.name}"'
