"""Rows of a Parquet file as text, through DuckDB, in bounded memory."""

from __future__ import annotations

import glob
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import duckdb

ParquetError = duckdb.Error
"""The file is damaged, or no Parquet."""

_BATCH: Final = 10_000
_SETTINGS: Final[dict[str, str | bool | int | float | list[str]]] = {
    "memory_limit": "512MB",
    "threads": "1",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}

Read = Callable[[Sequence[str]], Iterator[tuple[str, ...]]]
"""From names of columns to the rows of these; what is null is empty."""


@contextmanager
def open_parquet(path: Path) -> Iterator[tuple[list[str], Read]]:
    """The names of the columns, and what reads rows.

    Raises:
        ParquetError: The file is damaged.
    """
    source = glob.escape(str(path))
    with duckdb.connect(":memory:", config=_SETTINGS) as connection:
        connection.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
        described = connection.execute("DESCRIBE SELECT * FROM read_parquet(?)", [source]).fetchall()

        def read(names: Sequence[str]) -> Iterator[tuple[str, ...]]:
            wanted = ", ".join(
                "coalesce(CAST({} AS VARCHAR), '')".format('"' + name.replace('"', '""') + '"')
                for name in names
            )
            answer = connection.execute(f"SELECT {wanted} FROM read_parquet(?)", [source])  # noqa: S608 - quoted
            while batch := answer.fetchmany(_BATCH):
                yield from batch

        yield [str(row[0]) for row in described], read
