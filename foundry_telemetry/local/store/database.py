# ruff: noqa: S608 - every name in this SQL is one of our own tables
"""One DuckDB database for the telemetry: opened, made or brought up to date, and closed to everything else.

An error of opening has the reason and the repair. Once open, the database can neither read nor write another
file and takes no settings, whatever a query contains.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Final

import duckdb

from foundry_telemetry.ingestion.items import StoreError
from foundry_telemetry.kql.roads import DIRECT
from foundry_telemetry.kql.tables import (
    STORED,
    classic_view_ddl,
    quoted,
    stored_table,
    table_ddl,
    tables,
    view_columns,
    view_ddl,
)
from foundry_telemetry.local.ingest import attempts_view, row_builder
from foundry_telemetry.local.store import private_files
from foundry_telemetry.local.store.memory import buffers

MEMORY: Final = ":memory:"
"""In place of a path: nothing touches the disk."""

SCHEMA: Final = 1
"""Version of the file's layout; a file of a higher one is not opened."""

_CATALOG: Final = "telemetry"
"""Name of the database within the connection; only one that is attached takes the options below."""

_FACTS: Final = f"{STORED}.facts"

_ATTACH: Final = "ROW_GROUP_SIZE 16384"
"""Rows. A commit that fills a group is written to its place at once, compressed; what does not fill one goes
to the log first. Over a million rows, with groups of 2,048 ingestion takes a sixth more processor time, tabs
a sixth to a half more, and the file is nearly twice as large; with 30,720 ingestion takes as much as with
2,048. A file keeps the groups that it was made with."""

_SETTINGS: Final = {
    # Of one query. The page asks several at a time, and two threads of one query each group the same rows: to
    # group half a million calls takes 0.16 s of processor time with two, 0.09 s with one.
    "threads": "1",
    "preserve_insertion_order": "false",
    "checkpoint_threshold": "64MiB",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
}
_LOCKED: Final = ("SET enable_external_access = false", "SET lock_configuration = true")

_MASKED: Final = "0.0.0.0"  # nosec B104  # noqa: S104 - what Azure shows of every client's address
_HOLDER: Final = re.compile(r"\(PID (\d+)\)")
_NO_GUID: Final = "00000000-0000-0000-0000-000000000000"
_RESOURCE: Final = (
    f"/subscriptions/{_NO_GUID}/resourcegroups/local/providers/microsoft.insights/components/local"
)


def open_database(path: str, share: int) -> duckdb.DuckDBPyConnection:
    """Open a database file, or make one, or one in memory.

    Args:
        path: Of the file, or `MEMORY`.
        share: Mebibytes that the process may take.

    Raises:
        StoreError: Another process has it open, it is none, or it is of a newer version.
    """
    memory = path == MEMORY
    settings = {
        **_SETTINGS,
        "memory_limit": buffers(share, in_memory=memory),
        "temp_directory": "" if memory else private_files.temporary(path),
    }
    connection = duckdb.connect(MEMORY, config=dict(settings))
    try:
        connection.execute("SET GLOBAL TimeZone = 'UTC'")
        with nullcontext() if memory else private_files.made():
            _attach(connection, path)
            _prepare(connection, path)
        if not memory:
            private_files.protect(path)
        for statement in _LOCKED:
            connection.execute(statement)
    except BaseException:
        connection.close()
        raise
    return connection


def use(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the telemetry what a connection's names mean; a cursor does not inherit it."""
    connection.execute(f"USE {_CATALOG}")


def facts(connection: duckdb.DuckDBPyConnection) -> Mapping[str, str]:
    """The facts of the database itself: ``schema``, ``key``, ``created``."""
    return dict(connection.execute(f"SELECT name, value FROM {_FACTS}").fetchall())


def _attach(connection: duckdb.DuckDBPyConnection, path: str) -> None:
    memory = path == MEMORY
    options = f"{_ATTACH}, COMPRESS" if memory else _ATTACH
    try:
        if not memory:
            private_files.make_folder(path)
        connection.execute(f"ATTACH {quoted(path)} AS {_CATALOG} ({options})")
    except (duckdb.Error, OSError) as error:
        raise StoreError(_why(path, str(error))) from error
    use(connection)


def _why(path: str, error: str) -> str:
    holder = _HOLDER.search(error)
    if holder or "being used by another process" in error or "different configuration" in error:
        by = f"process {holder[1]}" if holder else "another process"
        return (
            f"{path} is in use by {by}: open its page, stop it, or start with `--db {MEMORY}` or another file"
        )
    if "not a valid DuckDB" in error:
        return _not_ours(path)
    return f"{path} cannot be opened ({error.splitlines()[0]}): choose another file with `--db`"


def _not_ours(path: str) -> str:
    return f"{path} is not a telemetry database: move it, or choose another file with `--db`"


def _prepare(connection: duckdb.DuckDBPyConnection, path: str) -> None:
    connection.begin()
    key = _identify(connection, path)
    plain = {}
    for name, stored in row_builder.stored_columns().items():
        hidden = row_builder.hidden_columns(name)
        connection.execute(table_ddl(name, stored, hidden))
        _add_columns(connection, name, stored, hidden)
        columns = view_columns(name, stored, _constants(key))
        connection.execute(view_ddl(name, columns))
        if tables()[name].classic_name is not None:
            connection.execute(classic_view_ddl(name))
        plain[name] = columns
    connection.execute(attempts_view.one_road_ddl(plain[DIRECT.table]))
    connection.execute(attempts_view.all_roads_ddl(plain))
    connection.commit()


def _identify(connection: duckdb.DuckDBPyConnection, path: str) -> str:
    """The instrumentation key of a database, made now if the database is new.

    Raises:
        StoreError: It is somebody else's, or of a newer version.
    """
    found = connection.execute(
        "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = current_database()"
    ).fetchall()
    if not found:
        key = str(uuid.uuid4())
        connection.execute(f"CREATE SCHEMA {STORED}")
        connection.execute(f"CREATE TABLE {_FACTS} (name VARCHAR PRIMARY KEY, value VARCHAR)")
        known = {"schema": str(SCHEMA), "key": key, "created": datetime.now(UTC).isoformat()}
        connection.executemany(f"INSERT INTO {_FACTS} VALUES (?, ?)", list(known.items()))
        return key
    if tuple(_FACTS.split(".")) not in found:
        raise StoreError(_not_ours(path))
    recorded = facts(connection)
    if int(recorded["schema"]) > SCHEMA:
        raise StoreError(
            f"{path} was written by a newer version (layout {recorded['schema']}, supported: {SCHEMA}): run "
            "`pip install --upgrade foundry-telemetry`, or choose another file with `--db`"
        )
    return recorded["key"]


def _add_columns(
    connection: duckdb.DuckDBPyConnection, name: str, stored: tuple[str, ...], hidden: Mapping[str, str]
) -> None:
    """Give a table of an older version the columns it does not have yet."""
    have = {
        column
        for (column,) in connection.execute(
            "SELECT column_name FROM duckdb_columns() "
            "WHERE database_name = current_database() AND schema_name = ? AND table_name = ?",
            [STORED, name],
        ).fetchall()
    }
    for column in tables()[name].columns:
        if column.name in stored and column.name not in have:
            connection.execute(
                f'ALTER TABLE {stored_table(name)} ADD COLUMN "{column.name}" {column.sql_type} '
                f"DEFAULT {column.unknown}"
            )
    missing = [added for added in hidden if added not in have]
    for added in missing:
        connection.execute(f'ALTER TABLE {stored_table(name)} ADD COLUMN "{added}" {hidden[added]}')
    if missing:
        connection.execute(row_builder.backfill(name, missing))


def _constants(key: str) -> Mapping[str, str]:
    return {
        "ClientIP": _MASKED,
        "IKey": key,
        "ResourceGUID": key,
        "SourceSystem": "Azure",
        "TenantId": key,
        "_IsBillable": "True",
        "_ResourceId": _RESOURCE,
        "_SubscriptionId": _NO_GUID,
    }
