"""The telemetry of one local Azure Monitor: taken in by one writer, read by as many cursors as needed.

A posted body is read and checked by whoever brings it, waits in a bounded queue, and is committed by the
writer's thread with whatever else waits. Its future is done after the commit and not before: what was
promised survives the death of the process.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Self

import duckdb

from foundry_telemetry.ingestion.items import BusyError, Receipt, StoreError, UnreadableError
from foundry_telemetry.kql.tables import stored_table, tables
from foundry_telemetry.local.ingest.envelopes import read_batch
from foundry_telemetry.local.store import private_files
from foundry_telemetry.local.store.database import MEMORY, facts, open_database, use
from foundry_telemetry.local.store.memory import share_of_machine
from foundry_telemetry.local.store.writer import Writer

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["MEMORY", "BusyError", "Receipt", "Store", "StoreError", "UnreadableError"]

_open_here: Final[set[Path]] = set()
_opening: Final = threading.Lock()


def _now() -> datetime:
    return datetime.now(UTC)


class Store:
    """The telemetry; a context manager.

    Args:
        path: The database file, made with its folder where there is none; or ``":memory:"``.
        retention_days: Rows older than this are forgotten.
        memory: Mebibytes that the process may take; by the machine where it is not given.
        clock: The present with its time zone, for retention.

    Raises:
        StoreError: The file cannot be used; the message has the reason and the repair.
    """

    def __init__(
        self,
        path: str | Path = MEMORY,
        *,
        retention_days: float = 30,
        memory: int | None = None,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self.path = str(path)
        self.retention_days = retention_days
        self._clock = clock
        _reserve(self.path)
        try:
            self._connection = open_database(self.path, share_of_machine() if memory is None else memory)
        except BaseException:
            _release(self.path)
            raise
        self.key: str = facts(self._connection)["key"]
        """The instrumentation key, made once for a file. Whoever knows it may write."""
        self.ingested = 0
        """Envelopes committed since the store was opened."""
        self.refused = 0
        """Items refused since the store was opened."""
        self.cut = 0
        """Values cut to Azure's limits since the store was opened."""
        self.version = 0
        """Another number whenever rows have come or gone."""
        self._lock = threading.Lock()
        self._listeners: tuple[Callable[[], object], ...] = ()
        self._writer = Writer(
            self.cursor(), chore=self.trim, on_receipt=self._count, prepare=self._ensure_log
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Write what waits, and close the database; later calls do nothing."""
        self._writer.stop()
        self._connection.close()
        if self.path != MEMORY:
            private_files.clear(self.path)
        _release(self.path)

    def add(
        self, body: bytes, errors: Mapping[int, int] = MappingProxyType({}), *, is_native: bool = False
    ) -> Future[Receipt]:
        """Take in a posted body.

        Args:
            body: A JSON array of envelopes, or one envelope a line; not compressed.
            errors: Place of an item in it to the status it is refused with, whatever it is.
            is_native: Whether it has what native OTLP ingestion takes, which nobody posts as envelopes.

        Returns:
            Done when everything in it that is sound is committed. Fails with `StoreError` when the database
            cannot take it.

        Raises:
            UnreadableError: The body cannot be split into items.
            BusyError: Too much waits already.
            StoreError: The store is closed.
        """
        return self._writer.put(read_batch(body, self.key, errors, is_native=is_native))

    def count_refused(self, items: int) -> None:
        """Count items that were refused before they became envelopes."""
        with self._lock:
            self.refused += items

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A connection for one query at a time, with temporary views of its own; the caller closes it."""
        with self._lock:
            cursor = self._connection.cursor()
        use(cursor)
        return cursor

    def listen(self, listener: Callable[[], object]) -> Callable[[], None]:
        """Have `listener` called in the writer's thread after each commit of a body.

        Returns:
            Ends it.
        """
        with self._lock:
            self._listeners += (listener,)

        def end() -> None:
            with self._lock:
                self._listeners = tuple(other for other in self._listeners if other is not listener)

        return end

    def trim(self) -> int:
        """Forget the rows that are too old; the writer does so when the store is opened, and every hour.

        Returns:
            How many they were.
        """
        oldest = (self._clock() - timedelta(days=self.retention_days)).astimezone(UTC).replace(tzinfo=None)
        forgotten = 0
        self._ensure_log()
        with contextlib.closing(self.cursor()) as cursor:
            for name in tables():
                statement = f'DELETE FROM {stored_table(name)} WHERE "TimeGenerated" < ?'  # noqa: S608 - our own
                row = cursor.execute(statement, [oldest]).fetchone()
                forgotten += row[0] if row else 0
        self._changed(forgotten)
        return forgotten

    def delete(self, table: str, where: str, values: Sequence[object]) -> int:
        """Delete the rows of a table, so that no query finds them.

        Their bytes go from the log, and stay in the file until the database overwrites them.

        Args:
            table: Workspace name.
            where: A condition in SQL.
            values: Of its parameters.

        Returns:
            How many they were.
        """
        self._ensure_log()
        statement = f"DELETE FROM {stored_table(table)} WHERE {where}"  # noqa: S608 - names are our own
        with contextlib.closing(self.cursor()) as cursor:
            row = cursor.execute(statement, values).fetchone()
            with contextlib.suppress(duckdb.TransactionException):  # while others read it happens later
                cursor.execute("CHECKPOINT")
        deleted = row[0] if row else 0
        self._changed(deleted)
        return deleted

    def _ensure_log(self) -> None:
        if self.path != MEMORY:
            private_files.ensure_log(self.path)

    def _changed(self, rows: int) -> None:
        with self._lock:
            self.version += rows

    def _count(self, receipt: Receipt) -> None:
        self.ingested += receipt.accepted
        self.cut += receipt.cut
        self._changed(receipt.accepted)
        self.count_refused(len(receipt.refusals))
        for listener in self._listeners:
            listener()


def _reserve(path: str) -> None:
    """Keep a second store of this process from a file: DuckDB's own lock keeps off other processes only."""
    if path == MEMORY:
        return
    with _opening:
        resolved = Path(path).resolve()
        if resolved in _open_here:
            raise StoreError(f"{path} is already open in this process: close that store first")
        _open_here.add(resolved)


def _release(path: str) -> None:
    if path != MEMORY:
        with _opening:
            _open_here.discard(Path(path).resolve())
