# ruff: noqa: S608 - made of what the engine wrote
"""The types of a part of a query, found without binding all that it reads.

*Stand-in*: an empty table with the columns and types of a ``let``. With stand-ins in the place of the tables
that it reads a part is a few lines for DuckDB to bind; the parts of a union often read the same long ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from duckdb_kql import ir
from duckdb_kql.clusters import effective_clusters
from duckdb_kql.errors import KqlError
from duckdb_kql.lower import qualify
from duckdb_kql.schema import Schema
from duckdb_kql.translate import to_sql

from foundry_telemetry.kql.tables import SQL_TYPES

_Columns = Mapping[str, str] | None
_Describe = Callable[[str, Iterable[str]], _Columns]
"""The KQL types of the columns of a statement with placeholders of such names."""

_TYPES: Final = {**SQL_TYPES, "timespan": "INTERVAL"}


def described(
    query: ir.Query, known: Schema, describe: _Describe, seen: dict[int, tuple[ir.Query, _Columns]]
) -> _Columns:
    """The KQL types of a query's columns, in order.

    Args:
        query: With every ``let`` that it reads.
        known: Columns by table.
        describe: Asks the database; ``None`` where it cannot say.
        seen: The columns of each ``let`` that was asked for before, by its identity.

    Returns:
        ``None`` where they are unknown.
    """
    tables: dict[str, str] = {}
    lets: list[tuple[str, Any]] = []
    for name, bound in query.lets:
        if not isinstance(bound, ir.Query):
            lets.append((name, bound))
            continue
        if id(bound) not in seen:
            alone = replace(bound, lets=[*lets, *bound.lets])
            seen[id(bound)] = bound, _types(alone, known, tables, describe)
        columns = seen[id(bound)][1]
        if columns is None or not _TYPES.keys() >= set(columns.values()):
            return _types(query, known, {}, describe)
        known = {**known, name: list(columns)}
        tables[name] = _stand_in(columns)
    return _types(replace(query, lets=lets), known, tables, describe)


def _types(query: ir.Query, known: Schema, tables: Mapping[str, str], describe: _Describe) -> _Columns:
    try:
        sql = to_sql(qualify(query, None, effective_clusters(None)), known)
    except KqlError:
        return None
    used = ", ".join(f"{_quoted(name)} AS ({sql})" for name, sql in tables.items())
    return describe(f"WITH {used} SELECT * FROM ({sql})" if used else str(sql), sql.slots)


def _stand_in(columns: Mapping[str, str]) -> str:
    values = (f"CAST(NULL AS {_TYPES[kind]}) AS {_quoted(name)}" for name, kind in columns.items())
    return f"SELECT {', '.join(values)} WHERE false"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
