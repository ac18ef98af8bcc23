"""The one thread that writes: it commits what waits, several bodies at a time.

*Job*: a body that was read and waits. *Group*: the jobs of one transaction. A group that fails is tried again
job by job, so that a body nobody can store takes no other with it.
"""

from __future__ import annotations

import errno
import logging
import os
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import duckdb

from foundry_telemetry.ingestion.items import BusyError, Receipt, Refusal, StoreError
from foundry_telemetry.local.ingest import row_builder
from foundry_telemetry.local.ingest.envelopes import Batch, Texts

GROUP: Final = 8 * 2**20
"""Characters that one transaction takes at most, unless a single body is larger."""
AT_ONCE: Final = 4 * 2**20
"""Characters at which a statement has enough; it costs as much as hundreds of rows."""
WAITING: Final = 64 * 2**20
"""Characters that may wait; a body that comes on top is turned away."""
CHORE_S: Final = 3600.0
"""Seconds from one round of the chore to the next."""

_BAD_DATA: Final = (duckdb.DataError, duckdb.InvalidInputException)

_NO_SPACE: Final = os.strerror(errno.ENOSPC)
"""Stands in the database's message."""

FULL: Final = "the disk of the database is full: free some space, or choose a file elsewhere with `--db`"

_log = logging.getLogger("foundry_telemetry.local")


@dataclass(frozen=True)
class _Job:
    batch: Batch
    done: Future[Receipt] = field(default_factory=Future)


class Writer:
    """Writes until it is stopped.

    Args:
        connection: Used by the writer's thread alone, and closed at its end.
        chore: Called in the writer's thread at its start and every `CHORE_S`.
        on_receipt: Called in the writer's thread with every receipt, after the commit, before the future is.
        prepare: Called in the writer's thread before each transaction.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        *,
        chore: Callable[[], object],
        on_receipt: Callable[[Receipt], object],
        prepare: Callable[[], object] = lambda: None,
    ) -> None:
        self._connection = connection
        self._prepare = prepare
        self._chore = chore
        self._on_receipt = on_receipt
        self._inserts = {kind: row_builder.inserts(kind) for kind in row_builder.kinds()}
        self._lock = threading.Lock()
        self._waiting = 0
        self._stopped = False
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="foundry-store", daemon=True)
        self._thread.start()

    def put(self, batch: Batch) -> Future[Receipt]:
        """Hand over a batch.

        Returns:
            Done after the commit. Fails with `StoreError` when the database cannot take it.

        Raises:
            BusyError: Too much waits already.
            StoreError: The writer is stopped.
        """
        job = _Job(batch)
        with self._lock:
            if self._stopped:
                raise StoreError("the store is closed")
            if self._waiting and self._waiting + batch.size > WAITING:
                raise BusyError(f"{self._waiting} characters are waiting to be written")
            self._waiting += batch.size
            self._jobs.put(job)
        return job.done

    def stop(self) -> None:
        """Write what waits, and end the thread; later calls do nothing."""
        with self._lock:
            if not self._stopped:
                self._stopped = True
                self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        next_chore = time.monotonic()
        more = True
        while more:
            remaining_s = next_chore - time.monotonic()
            if remaining_s <= 0:
                self._do_chore()
                next_chore = time.monotonic() + CHORE_S
                continue
            try:
                group, more = self._group(remaining_s)
            except queue.Empty:
                continue
            self._commit(group)
        self._connection.close()

    def _do_chore(self) -> None:
        try:
            self._chore()
        except Exception:
            _log.warning(
                "the retention of the store could not be applied; next attempt in an hour", exc_info=True
            )

    def _group(self, patience_s: float) -> tuple[list[_Job], bool]:
        """Wait for a job, and take along what waits behind it; the flag is false when the end has come."""
        group: list[_Job] = []
        size = 0
        job = self._jobs.get(timeout=patience_s)
        while job is not None:
            group.append(job)
            size += job.batch.size
            if size >= GROUP or self._jobs.empty():
                return group, True
            job = self._jobs.get()
        return group, False

    def _commit(self, group: Sequence[_Job]) -> None:
        try:
            self._insert(group)
        except Exception as error:
            if len(group) > 1:
                for job in group:
                    self._commit([job])
            else:
                self._fail(group[0], error)
            return
        for job in group:
            self._end(job, Receipt(job.batch.received, job.batch.refusals, job.batch.cut))

    def _insert(self, group: Sequence[_Job]) -> None:
        if not group:
            return
        self._prepare()
        self._connection.begin()
        try:
            for kind, statements in self._inserts.items():
                texts = [job.batch.texts[kind] for job in group if kind in job.batch.texts]
                for part in _parts(texts):
                    for statement in statements:
                        self._connection.execute(statement, [part.fields, part.properties])
            self._connection.commit()
        except BaseException:
            with suppress(
                duckdb.Error
            ):  # the failed commit may have ended it, and the reason is what matters
                self._connection.rollback()
            raise

    def _fail(self, job: _Job, error: Exception) -> None:
        if isinstance(error, _BAD_DATA):
            # Checked items are never bad for the database; should one be, sending it again would not help.
            _log.warning("a request body cannot be stored: %s", type(error).__name__)
            message = "the item, or one posted with it, cannot be stored"
            refusals = tuple(Refusal(index, message) for index in range(job.batch.received))
            self._end(job, Receipt(job.batch.received, refusals))
            return
        is_full = _NO_SPACE in str(error)
        _log.warning("telemetry cannot be stored: %s", FULL if is_full else str(error).splitlines()[0])
        self._forget(job)
        job.done.set_exception(
            StoreError(
                FULL if is_full else f"telemetry cannot be stored at the moment ({type(error).__name__})"
            )
        )

    def _end(self, job: _Job, receipt: Receipt) -> None:
        self._forget(job)
        self._on_receipt(receipt)
        job.done.set_result(receipt)

    def _forget(self, job: _Job) -> None:
        with self._lock:
            self._waiting -= job.batch.size


def _parts(texts: Sequence[Texts]) -> Iterator[Texts]:
    """The same envelopes, as many at a time as one statement takes."""
    part, size = Texts(), 0
    for whole in texts:
        for fields, properties in zip(whole.fields, whole.properties, strict=True):
            part.fields.append(fields)
            part.properties.append(properties)
            size += len(fields) + len(properties)
            if size >= AT_ONCE:
                yield part
                part, size = Texts(), 0
    if size:
        yield part
