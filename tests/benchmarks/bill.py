# ruff: noqa: S608 - every name in this SQL is one of our own tables
"""The ingested text: what Azure bills a row for, as far as it can be reckoned from what was posted.

Log Analytics bills the values of a row's columns as text, and not the names of columns; the names *within*
``Properties`` and ``Measurements`` are part of a value. The columns that the service adds itself, which begin
with ``_``, are free. So this is an estimate: the rows are those of the local store, not of the service.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from foundry_telemetry.kql.tables import stored_table
from foundry_telemetry.local.ingest import row_builder
from foundry_telemetry.local.ingest.envelopes import read_batch
from foundry_telemetry.local.store.database import MEMORY, open_database, use
from foundry_telemetry.testing.ingestion import INSTRUMENTATION_KEY

USD_A_GB = (2.30, 2.76)
"""Analytics logs, pay as you go, by region: the least and the most."""

BAGS = ("Properties", "Measurements")
"""Columns with names in them."""

Text = dict[str, dict[str, float]]
"""Table to what is in it: bytes of a call by column, ``Properties.key`` for a part of one; and ``rows``."""


def tables(bodies: list[str], calls: int) -> Text:
    """What the rows made of posted bodies have as text, divided by `calls`.

    Args:
        bodies: JSON as posted, not compressed.
        calls: How many calls made them.
    """
    found: Text = {}
    for table, rows in _rows(bodies).items():
        sizes: Counter[str] = Counter()
        for row in rows:
            sizes.update(sizes_of(row))
        if rows:
            found[table] = {name: size / calls for name, size in sizes.most_common()}
            found[table]["rows"] = len(rows) / calls
    return found


def sizes_of(row: dict[str, str | None]) -> dict[str, int]:
    """Bytes of each column of a row, a bag key by key."""
    found: dict[str, int] = {}
    for column, value in row.items():
        if not value or column.startswith("_"):
            continue
        if column not in BAGS:
            found[column] = len(value.encode())
            continue
        found[column] = len("{}")
        for key, part in json.loads(value).items():
            text = json.dumps({key: part}, ensure_ascii=False, separators=(",", ":"))
            found[f"{column}.{key}"] = len(text.encode()) - len("{}") + len(",")
    return found


def total(text: Text) -> float:
    """Bytes of a call in all tables."""
    return sum(sum_of(table) for table in text.values())


def sum_of(table: dict[str, float]) -> float:
    """Bytes of a call in one table."""
    return sum(size for name, size in table.items() if name != "rows")


def biggest(table: dict[str, float], count: int = 5) -> list[tuple[str, float]]:
    """The parts of a table that cost most."""
    parts = [(name, size) for name, size in table.items() if name != "rows"]
    return sorted(parts, key=lambda part: -part[1])[:count]


def usd_a_million(size: float) -> tuple[float, float]:
    """What a million calls of so many bytes cost."""
    least, most = (size * 1e6 / 1e9 * price for price in USD_A_GB)
    return least, most


def _rows(bodies: list[str]) -> dict[str, list[dict[str, Any]]]:
    """The rows of each table, every value as text."""
    connection = open_database(MEMORY, share=256)
    try:
        use(connection)
        for body in bodies:
            batch = read_batch(body.encode(), INSTRUMENTATION_KEY)
            if batch.refusals:
                raise SystemExit(f"posted, but no row: {batch.refusals[0]}")
            for kind, texts in batch.texts.items():
                for statement in row_builder.inserts(kind):
                    connection.execute(statement, [texts.fields, texts.properties])
        return {table: _read(connection, table) for table in row_builder.stored_columns()}
    finally:
        connection.close()


def _read(connection: Any, table: str) -> list[dict[str, Any]]:
    columns = row_builder.stored_columns()[table]
    values = ", ".join(f'"{column}"::VARCHAR' for column in columns)
    found = connection.execute(f"SELECT {values} FROM {stored_table(table)}").fetchall()
    return [dict(zip(columns, row, strict=True)) for row in found]
