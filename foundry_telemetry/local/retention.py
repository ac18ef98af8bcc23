# ruff: noqa: S608 - every name in this SQL is one of our own tables
"""What a store forgets: rows that are too old, and in memory the oldest ones when it is full.

*Present* and *former* tables: in memory there are two for each of the workspace's, and a view shows both.
When the present ones are full the former ones are dropped, and the present ones become the former ones. Rows
that were merely deleted would go on taking memory until DuckDB rewrites what is around them, and for that it
may need more than there is.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import duckdb

from foundry_telemetry.local import rows
from foundry_telemetry.local.tables import STORED, former_table, stored_table, table_ddl

FULL: Final = 400 * 2**20
"""Bytes of rows that a store in memory holds; the older half goes when they are reached."""

_TAGS: Final = ("BASE_TABLE", "IN_MEMORY_TABLE", "OVERFLOW_STRINGS")
"""What DuckDB counts as rows in memory."""


def forget(connection: duckdb.DuckDBPyConnection, before: datetime) -> int:
    """Delete the rows of every table that are older.

    Args:
        connection: Of the store.
        before: In UTC, without a zone.

    Returns:
        How many they were.
    """
    named = connection.execute(
        "SELECT DISTINCT table_name FROM duckdb_columns() WHERE database_name = current_database() "
        "AND schema_name = ? AND column_name = 'TimeGenerated'",
        [STORED],
    ).fetchall()
    forgotten = 0
    for (name,) in named:
        statement = f'DELETE FROM {STORED}."{name}" WHERE "TimeGenerated" < ?'
        forgotten += connection.execute(statement, [before]).fetchall()[0][0]
    return forgotten


class Room:
    """Keeps a store in memory from being full."""

    def __init__(self) -> None:
        self._former = 0

    def make(self, connection: duckdb.DuckDBPyConnection) -> bool:
        """Forget the older rows where it is time to.

        Returns:
            Whether any rows were forgotten.
        """
        present = _used(connection) - self._former
        if present <= FULL // 2:
            return False
        connection.begin()
        try:
            for name, stored in rows.stored_columns().items():
                connection.execute(f"DROP TABLE {former_table(name)}")
                connection.execute(
                    f"ALTER TABLE {stored_table(name)} RENAME TO {former_table(name, bare=True)}"
                )
                connection.execute(table_ddl(name, stored, rows.hidden_columns(name), on_disk=False))
            connection.commit()
        except BaseException:
            connection.rollback()
            raise
        forgotten, self._former = self._former > 0, present
        return forgotten


def _used(connection: duckdb.DuckDBPyConnection) -> int:
    statement = "SELECT coalesce(sum(memory_usage_bytes), 0)::BIGINT FROM duckdb_memory() WHERE tag IN ?"
    (used,) = connection.execute(statement, [_TAGS]).fetchall()[0]
    return int(used)
