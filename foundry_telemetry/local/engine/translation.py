"""KQL text to one SQL statement, once for a text: the engine takes 5 to 100 ms for it.

The statement asks for the present by a placeholder: ``now()`` and ``ago()`` stay right in one that is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache, partial
from types import MappingProxyType
from typing import Final, NamedTuple

from duckdb_kql import ir
from duckdb_kql.clusters import effective_clusters
from duckdb_kql.errors import KqlSchemaError
from duckdb_kql.lower import qualify
from duckdb_kql.params import bind
from duckdb_kql.schema import Schema
from duckdb_kql.translate import CLOCK_SLOT, clock, to_sql

from foundry_telemetry.kql import files, lexer, view
from foundry_telemetry.local.engine import (
    bounded_values,
    extensions,
    single_evaluation,
    tag_properties,
    two_stage_parser,
)
from foundry_telemetry.local.engine.chosen_branches import with_choices
from foundry_telemetry.local.engine.described import described
from foundry_telemetry.local.engine.error_translation import explained
from foundry_telemetry.local.engine.errors import QueryError
from foundry_telemetry.local.engine.ir_visitor import nodes
from foundry_telemetry.local.engine.language import evaluate, needs_columns, pairs
from foundry_telemetry.local.engine.language.table_functions import lowered
from foundry_telemetry.local.engine.language.union_types import has_types_to_find, typed_unions
from foundry_telemetry.local.engine.rescanned_lets import rescanned
from foundry_telemetry.local.engine.semantic_check import names_its_sources, tables_of
from foundry_telemetry.local.engine.tag_properties import Describe
from foundry_telemetry.local.engine.time_literals import STAND_IN, shape_of, with_parameters
from foundry_telemetry.local.engine.unset_filters import without_unset

Ask = Callable[[str, Mapping[str, object]], "tuple[list[str], list[tuple[object, ...]]]"]
"""The columns and rows of a statement, given what its text itself pins."""

_KEPT: Final = 512
_ANY_TIME: Final = datetime(2000, 1, 1)  # noqa: DTZ001 - the database's times are UTC and have no zone


@dataclass(frozen=True)
class Translation:
    """What a text means in the database."""

    sql: str
    constants: Mapping[str, object]
    """Values for the statement's placeholders."""
    slots: frozenset[str]
    """The placeholders that the statement has."""
    uses_clock: bool
    """Whether the present is one more of them."""
    tables: frozenset[str]
    """The tables it reads, the typed view among them."""
    attempts: tuple[str, ...]
    """The columns of the typed view that the text begins with; none where it has no such view."""
    tags_alone: bool = False
    """Whether it reads nothing of the properties but tags; see `tag_properties`."""
    asks_rows: bool = False
    """Whether its columns depend on rows: then `Translator.translate_with` gives the statement."""

    def values(self, now: datetime) -> dict[str, object]:
        """Values for all placeholders.

        Args:
            now: What ``now()`` is to mean; UTC without a time zone, as everything in the database.
        """
        return {**self.constants, **({CLOCK_SLOT: now} if self.uses_clock else {})}

    def with_instants(self, instants: Mapping[str, object]) -> Translation:
        """The same for other instants in the text."""
        present = {slot: instant for slot, instant in instants.items() if slot in self.slots}
        return replace(self, constants=MappingProxyType({**self.constants, **present}))


_ROWS_FIRST: Final = partial(
    Translation,
    sql="",
    constants=MappingProxyType({}),
    slots=frozenset(),
    uses_clock=False,
    asks_rows=True,
)


class Translator:
    """Translates for one database.

    Args:
        known: Columns by table, in order.
        describe: Gives the KQL types of a statement's columns; ``None`` where they cannot be had.
    """

    def __init__(self, known: Mapping[str, Sequence[str]], describe: Describe = lambda *_: None) -> None:
        self._ask = describe
        self._described: dict[str, Mapping[str, str] | None] = {}
        # Without a view in the text there is no such table: as in Azure.
        self._known = {name: list(columns) for name, columns in known.items() if name != files.VIEW}
        self._by_text = lru_cache(maxsize=_KEPT)(self._translated)
        self._by_shape = lru_cache(maxsize=_KEPT)(self._translated_shape)

    def translate(self, kql: str) -> Translation:
        """What a text means.

        Args:
            kql: It.

        Raises:
            QueryError: It cannot be parsed, asks for what the engine has not, or names what is not there.
        """
        _refuse_commands(kql)
        shape = shape_of(kql)
        kept = shape.instants and self._by_shape(shape.text, len(shape.instants))
        try:
            return kept.with_instants(shape.values) if kept else self._by_text(kql)
        except Exception as error:
            raise explained(error, kql) from error

    def _translated_shape(self, text: str, count: int) -> Translation | None:
        """``None`` where the text must be translated as it is, if only to be refused in its own words."""
        try:
            meant = self._translated(text, count)
        except Exception:
            return None
        return None if STAND_IN in meant.sql or meant.asks_rows else meant

    def translate_with(self, kql: str, ask: Ask) -> Translation:
        """What a text means whose columns depend on rows.

        Args:
            kql: As in `translate`.
            ask: Runs a statement: its columns and rows.

        Raises:
            QueryError: As in `translate`.
        """
        try:
            return self._translated(kql, ask=ask)
        except Exception as error:
            raise explained(error, kql) from error

    def _translated(self, kql: str, instants: int = 0, ask: Ask | None = None) -> Translation:
        query, attempts, moment, lowering_uses_clock, needs = _lowered(kql)
        with clock(moment) as reading, needs_columns.looked_for(present=needs.columns):
            known = self._visible(query, attempts)
            if needs.rows:
                if ask is None:
                    return _ROWS_FIRST(tables=tables_of(query, known), attempts=attempts)
                query = evaluate.resolved(query, partial(self._asked, known, ask, moment))
            if needs.types:
                query = typed_unions(query, partial(described, known=known, describe=self._types, seen={}))
            try:
                ready = qualify(with_parameters(query, instants), None, effective_clusters(None))
                sql = to_sql(ready, known)
            except KqlSchemaError:
                tables_of(query, known)
                raise
            read = tables_of(query, known)
        pairs.refuse_others(query, kql)
        constants, missing = bind(query.parameters, None)
        if missing:
            raise QueryError(f"The query parameter {missing[0]!r} has no value.", construct=missing[0])
        constants = {slot: value for slot, value in constants.items() if slot in sql.slots}
        pinned = moment != _ANY_TIME
        uses_clock = reading.used or lowering_uses_clock
        if uses_clock and pinned:
            constants[CLOCK_SLOT] = moment
        quick = rescanned(extensions.quickened(sql), query if attempts else None)
        written = single_evaluation.short(bounded_values.bounded(quick))
        return Translation(
            sql=written,
            constants=MappingProxyType(constants),
            slots=sql.slots,
            uses_clock=uses_clock and not pinned,
            tables=read,
            attempts=attempts,
            tags_alone=bool(attempts) and tag_properties.are_alone(kql, query, self._ask, written, constants),
        )

    def _asked(
        self, known: Schema, ask: Ask, moment: datetime | None, query: ir.Query
    ) -> tuple[list[str], list[tuple[object, ...]]]:
        sql = to_sql(qualify(query, None, effective_clusters(None)), known)
        pinned = {CLOCK_SLOT: moment} if moment is not None and moment != _ANY_TIME else {}
        return ask(str(sql), pinned)

    def _types(self, text: str, slots: Iterable[str]) -> Mapping[str, str] | None:
        """The types of a part of a query."""
        if text not in self._described:
            if len(self._described) >= _KEPT:
                self._described.clear()
            used = [slot for slot in (*slots, CLOCK_SLOT) if f"${slot}" in text]
            self._described[text] = self._ask(text, dict.fromkeys(used, _ANY_TIME))
        return self._described[text]

    def _visible(self, query: ir.Query, attempts: tuple[str, ...]) -> Schema:
        """The tables there are for a query; wildcards match those of the workspace, not their older names."""
        if attempts:
            return {**self._known, files.VIEW: list(attempts)}
        if not names_its_sources(query):
            return self._known
        named = {node.name for node in nodes(query, deep=True) if isinstance(node, ir.TableRef)}
        return {
            name: columns
            for name, columns in self._known.items()
            if "TimeGenerated" in columns or name in named
        }


class _Needs(NamedTuple):
    """What a query must know before it can be translated; to find that out takes time, so it is kept."""

    rows: bool
    columns: bool
    types: bool


class _Lowered(NamedTuple):
    query: ir.Query
    attempts: tuple[str, ...]
    """The columns of its typed view where that is omitted."""
    moment: datetime | None
    """What ``now()`` means where the text itself sets it, else `_ANY_TIME`."""
    uses_clock: bool
    needs: _Needs


@lru_cache(maxsize=_KEPT)
def _lowered(kql: str) -> _Lowered:
    """A text as the engine reads it. Most of the time goes here, and it is the same for every database."""
    with clock(_ANY_TIME) as reading:
        query, attempts = _read(kql)
    needs = _Needs(
        rows=evaluate.has_plugins(query),
        columns=bool(extensions.calls_in(query) & needs_columns.NAMES),
        types=has_types_to_find(query),
    )
    return _Lowered(query, attempts, reading.moment, reading.used, needs)


def _read(kql: str) -> tuple[ir.Query, tuple[str, ...]]:
    if (found := view.recognise(kql)) is not None:
        query = lowered(found.rest)
        # Where it matters how a source is called, the view must stay the `let` that it is in Azure.
        if not names_its_sources(query):
            columns = tuple(column.name for column in found.columns)
            return with_choices(without_unset(extensions.extended(query), columns), columns), columns
    return extensions.extended(lowered(kql)), ()


def _refuse_commands(kql: str) -> None:
    first = next(lexer.tokens(kql), None)
    if first is not None and first.text == ".":
        line, position = lexer.place(kql, first.start)
        raise QueryError(
            f"Control commands are not supported, only queries; line {line}, position {position}.",
            reason="SYN0002",
            line=line,
            position=position,
            construct=kql[first.start :].split(maxsplit=1)[0],
        )


extensions.install()
single_evaluation.install()
two_stage_parser.install()
