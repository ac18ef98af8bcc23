"""KQL in, rows out: what Log Analytics does for a workspace, over the local store.

*Typed view*: the ``let foundry_attempts = …`` that shipped queries begin with. The store keeps its columns
whichever road they came by (`LedgerRoads`), so the ``let`` is omitted and the rest reads them; any other text
runs as it is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from contextvars import copy_context
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache, partial
from itertools import chain
from typing import Final, Protocol

import duckdb
from duckdb_kql.translate import CLOCK_SLOT
from duckdb_kql.types import kusto_type

from foundry_telemetry.kql import files
from foundry_telemetry.kql.empty_tables import empty_tables, empty_view
from foundry_telemetry.local.engine import sizes, tag_properties
from foundry_telemetry.local.engine.concurrent_queries import ConcurrentQueries
from foundry_telemetry.local.engine.error_translation import explained
from foundry_telemetry.local.engine.errors import RESOURCES, QueryError
from foundry_telemetry.local.engine.ledger_roads import LedgerRoads
from foundry_telemetry.local.engine.shared_answers import SharedAnswers
from foundry_telemetry.local.engine.sizes import MOST_BYTES, MOST_ROWS
from foundry_telemetry.local.engine.stop import Stop
from foundry_telemetry.local.engine.timespan import Timespan, read_timespan
from foundry_telemetry.local.engine.translation import Translation, Translator
from foundry_telemetry.local.ingest.attempts_view import attempts
from foundry_telemetry.local.ingest.row_builder import TAGS
from foundry_telemetry.local.store.memory import resident, share_of_machine

MOST_SECONDS: Final = 180.0
"""How long a query may take unless it asks for more, as in Log Analytics."""

_PARSED: Final = 128
"""Statements that are kept parsed: a long one takes 20 ms to parse."""
_CHUNK: Final = 2_000
_FIRST_CHUNK: Final = 16
"""Rows that are read at a time, and at first, when nobody knows how long they are."""
_WRITTEN_PER_S: Final = 40_000_000
"""Bytes of values that are written and sent in a second: an answer must arrive in its time."""
_CHUNK_BYTES: Final = 4_000_000
"""Bytes of values from which no more rows are read at a time."""

_TIMES: Final = ("TimeGenerated", "timestamp")
"""The column that a timespan limits, in the workspace's tables and in the classic views."""

Row = tuple[object, ...]


class Source(Protocol):
    """A store, as far as queries need one."""

    version: int
    """Another number whenever rows have come or gone."""

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A connection for one query, with temporary views of its own."""


@dataclass(frozen=True)
class Table:
    """The answer to a query."""

    columns: tuple[tuple[str, str], ...]
    """Name and KQL type of each."""
    rows: list[Row]
    """As the database gives them: datetimes are UTC without a zone, dynamic values JSON text or lists."""
    cut: str | None = None
    """Why it is not all; ``None`` where it is."""
    seconds: float = 0.0
    """How long it took."""
    kql: str = ""
    """The text it answers."""


_Limits = Timespan | None
_Answer = tuple[tuple[tuple[str, str], ...], list[Row], str | None]


class Query:
    """Runs KQL; any number of threads may use one.

    Args:
        store: Where the rows are.
        memory: Mebibytes that the process may take; by the machine where it is not given.
    """

    def __init__(self, store: Source, memory: int | None = None) -> None:
        self._store = store
        self._memory = share_of_machine() if memory is None else memory
        self._idle = resident()
        self._concurrent = ConcurrentQueries()
        self._roads = LedgerRoads(lambda: store.version)
        self._shared = SharedAnswers[_Answer](lambda: store.version, lambda answer: sizes.of_rows(answer[1]))
        with closing(store.cursor()) as cursor:
            self._known = {
                **{name: tuple(columns) for name, columns in empty_tables().items()},
                **_columns(cursor),
            }
        self._translator = Translator(self._known, self._described)
        self._statement = lru_cache(maxsize=_PARSED)(self._parsed)

    def run(
        self,
        kql: str,
        timespan: str | None = None,
        now: datetime | None = None,
        *,
        seconds: float = MOST_SECONDS,
        started: Callable[[Callable[[], None]], object] | None = None,
    ) -> Table:
        """Answer a query.

        Args:
            kql: One query; commands are refused.
            timespan: ISO 8601; rows of other times do not exist for it. ``None`` limits nothing.
            now: What ``now()`` and ``ago()`` mean; the present where it is not given.
            seconds: How long it may take.
            started: Called once, before it runs, with a function that stops it from any thread.

        Raises:
            QueryError: It has no answer; the message has the reason and the place.
        """
        begun = time.perf_counter()
        moment = datetime.now(UTC) if now is None else now
        moment = moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
        limits = read_timespan(timespan, moment) if timespan else None
        stop = Stop(seconds, self._memory, self._idle)
        if started is not None:
            started(stop.now)
        with stop.watched():
            # What a stopped reading leaves behind in the context is gone with this one.
            columns, rows, cut = copy_context().run(self._shared_answer, kql, limits, moment, stop)
        return Table(columns, [*rows], cut, time.perf_counter() - begun, kql)

    def read(self, kql: str) -> None:
        """Translate a query that will be asked, and keep that.

        Raises:
            QueryError: It cannot be answered.
        """
        self._statement(self._translator.translate(kql).sql)

    def _shared_answer(self, kql: str, limits: _Limits, moment: datetime, stop: Stop) -> _Answer:
        """The answer, that of another one who asks the same where it is the same at any time."""
        with stop.reading():
            meant = self._translator.translate(kql)
        ask = partial(self._answer, kql, meant, limits, moment, stop)
        if meant.uses_clock or meant.asks_rows:
            return ask()
        return self._shared.answer((kql, limits), ask, stop.check)

    def _answer(self, kql: str, meant: Translation, limits: _Limits, at: datetime, stop: Stop) -> _Answer:
        """The answer; a query for which the memory was too small beside others is asked once more alone."""
        try:
            with self._concurrent.others(stop.remaining_s) as had_others:
                return self._ask(kql, meant, limits, at, stop)
        except QueryError as error:
            if error.code != RESOURCES or not had_others():
                raise
        with self._concurrent.alone(stop.remaining_s):
            stop.again()
            return self._ask(kql, meant, limits, at, stop)

    def _ask(self, kql: str, meant: Translation, limits: _Limits, at: datetime, stop: Stop) -> _Answer:
        try:
            with closing(self._store.cursor()) as cursor, stop.running(cursor):
                for statement in self._views(meant, limits, cursor):
                    cursor.execute(statement)
                if meant.asks_rows:
                    with stop.reading():
                        ask = partial(_asked, cursor, stop, at)
                        meant = self._translator.translate_with(kql, ask)
                cursor.execute(self._statement(meant.sql), meant.values(at))
                columns = tuple((name, kusto_type(str(kind))) for name, kind, *_ in cursor.description or ())
                return columns, *_fetch(cursor, stop)
        except (duckdb.Error, RecursionError, MemoryError) as error:
            raise explained(error, kql) from error

    def _described(self, sql: str, values: Mapping[str, object]) -> Mapping[str, str] | None:
        """The KQL types of a statement's columns; it is bound and not run."""
        with closing(self._store.cursor()) as cursor:
            try:
                for name in empty_tables():
                    if name in sql:
                        cursor.execute(f"CREATE TEMP VIEW {_quoted(name)} AS {empty_view(name)}")
                rows = cursor.execute(f"DESCRIBE {sql}", dict(values)).fetchall()
            except duckdb.Error:
                return None
        return {str(name): kusto_type(str(kind)) for name, kind, *_ in rows}

    def _parsed(self, sql: str) -> duckdb.Statement:
        """An SQL text, parsed: it belongs to no connection, and every execution copies it."""
        with closing(self._store.cursor()) as cursor:
            statements = cursor.extract_statements(sql)
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            raise QueryError("Only a single query that reads data is supported.")
        return statements[0]

    def _views(self, meant: Translation, limits: _Limits, cursor: duckdb.DuckDBPyConnection) -> Iterator[str]:
        """The views that a query reads in place of tables: its typed view's columns, its times' rows."""
        for name in sorted(meant.tables & empty_tables().keys()):
            yield f"CREATE TEMP VIEW {_quoted(name)} AS {empty_view(name)}"
        narrowed = {files.VIEW} if meant.attempts else set()
        if limits is not None:
            narrowed |= meant.tables - empty_tables().keys()
        if not narrowed:
            return
        row = cursor.execute("SELECT current_database()").fetchone()
        database = _quoted(row[0]) if row else "main"
        for name in sorted(narrowed):
            where = _where(self._known[name], limits)
            if name == files.VIEW:
                select = self._attempts(meant, database, where, cursor)
            else:
                columns = ", ".join(map(_quoted, self._known[name]))
                select = f"SELECT {columns} FROM {database}.main.{_quoted(name)}{where}"  # noqa: S608
            yield f"CREATE TEMP VIEW {_quoted(name)} AS {select}"

    def _attempts(
        self, meant: Translation, database: str, where: str, cursor: duckdb.DuckDBPyConnection
    ) -> str:
        return attempts(database, _columns_of(meant), where, self._roads.repeated(cursor))


def _columns_of(meant: Translation) -> list[str]:
    """The columns of the typed view, as SQL; the tags in place of the properties where they are enough."""
    tags = f"{_quoted(TAGS)} AS {_quoted(tag_properties.PROPERTIES)}"
    instead = {tag_properties.PROPERTIES: tags} if meant.tags_alone else {}
    return [instead.get(name, _quoted(name)) for name in meant.attempts]


def _asked(
    cursor: duckdb.DuckDBPyConnection, stop: Stop, now: datetime, sql: str, pinned: Mapping[str, object]
) -> tuple[list[str], list[Row]]:
    """The columns and rows of a part of the query, on which the rest of it depends."""
    values = {CLOCK_SLOT: now, **pinned} if f"${CLOCK_SLOT}" in sql else {}
    with stop.running(cursor):
        cursor.execute(sql, values)
        names = [name for name, *_ in cursor.description or ()]
        return names, cursor.fetchall()


def _fetch(cursor: duckdb.DuckDBPyConnection, stop: Stop) -> tuple[list[Row], str | None]:
    rows: list[Row] = []
    size, most = 0, _FIRST_CHUNK
    while True:
        stop.check()
        chunk: list[Row] = cursor.fetchmany(most)
        if not chunk:
            return rows, None
        rows += chunk
        added = sum(map(sizes.of_cell, chain.from_iterable(chunk)))
        size += added
        if size / _WRITTEN_PER_S > stop.remaining_s:
            raise stop.error()
        most = min(_CHUNK, 2 * most) if added < _CHUNK_BYTES else max(1, most // 2)
        if len(rows) > MOST_ROWS:
            del rows[MOST_ROWS:]
            return rows, f"The result has more than {MOST_ROWS:,} rows and is truncated."
        if size > MOST_BYTES:
            return rows, f"The result is larger than {MOST_BYTES // 1_000_000} MB and is truncated."


def _columns(cursor: duckdb.DuckDBPyConnection) -> Mapping[str, tuple[str, ...]]:
    """The columns of everything that queries may name."""
    found: dict[str, tuple[str, ...]] = {}
    for table, column in cursor.execute(
        "SELECT table_name, column_name FROM information_schema.columns "
        "WHERE table_catalog = current_database() AND table_schema = 'main' "
        "ORDER BY table_name, ordinal_position"
    ).fetchall():
        found[table] = (*found.get(table, ()), column)
    return found


def _where(columns: tuple[str, ...], limits: _Limits) -> str:
    time_column = next((name for name in _TIMES if name in columns), None)
    if limits is None or time_column is None:
        return ""
    return f" WHERE {_quoted(time_column)} BETWEEN TIMESTAMP '{limits.start}' AND TIMESTAMP '{limits.end}'"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
