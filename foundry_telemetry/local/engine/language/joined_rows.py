"""What ``union``, ``join`` and ``lookup`` leave open: texts of rows that have none, and keys of two types.

A text in KQL is never null. Where a side of a join or a branch of a union has no value for a column of
texts, it is the empty one, as in Azure; so groups, lists and joins after it see one value and not two.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import Any, Final

from duckdb_kql import ir, schema

from foundry_telemetry.local.engine.language.own_operator import identifier
from foundry_telemetry.local.engine.language.refusals import refused_if

_EMITTER: Final = import_module("duckdb_kql.translate")
_RENDER_UNION: Final = _EMITTER.render_union
_RENDER_JOIN: Final = _EMITTER.render_join
_RENDER_LOOKUP: Final = _EMITTER.render_lookup
_RENDER_KEYS: Final = _EMITTER.render_key_equality

_TWO_TYPES: Final = "'join': a column of its 'on' has another type at the right: convert one with tostring() or tolong()."
_OPEN: Final = {"leftouter": (False, True), "rightouter": (True, False), "fullouter": (True, True)}
"""Which sides of a join may have no row."""


def install() -> None:
    """Let the engine join so; a second time does nothing."""
    _EMITTER.render_union = _union
    _EMITTER.render_join = _join
    _EMITTER.render_lookup = _lookup
    _EMITTER.render_key_equality = _keys


def with_texts(sql: str, columns: Sequence[str], missing: Iterable[str]) -> str:
    """A statement whose texts are never null in some of its columns."""
    open_columns = set(missing)
    if not open_columns.intersection(columns):
        return sql
    return f"SELECT {', '.join(_text(name) if name in open_columns else identifier(name) for name in columns)} FROM ({sql})"


def _text(name: str) -> str:
    column = identifier(name)
    return f"CASE WHEN typeof({column}) = 'VARCHAR' THEN coalesce({column}, '') ELSE {column} END AS {column}"


def _union(op: ir.Union, source: str, left: list[str], query: ir.Query, known: Any, leading: bool) -> str:
    sql: str = _RENDER_UNION(op, source, left, query, known, leading)
    arms = [set(left), *(set(schema.output_columns(branch, known)) for branch in schema.surviving_branches(op, known))]
    columns = schema.union_output_columns(op, left, known)
    everywhere = set.intersection(*arms) | {op.with_source}
    return with_texts(sql, columns, [name for name in columns if name not in everywhere])


def _join(op: ir.Join, source: str, left: list[str], right_sql: str, right: list[str]) -> str:
    sql: str = _RENDER_JOIN(op, source, left, right_sql, right)
    if op.kind not in _OPEN:
        return sql
    columns = schema.join_output_columns(left, right, op.kind)
    of_left, of_right = _OPEN[op.kind]
    missing = [*(left if of_left else ()), *(columns[len(left) :] if of_right else ())]
    return with_texts(sql, columns, missing)


def _lookup(op: ir.Lookup, source: str, left: list[str], right_sql: str, right: list[str]) -> str:
    sql: str = _RENDER_LOOKUP(op, source, left, right_sql, right)
    if op.kind != "leftouter":
        return sql
    columns = schema.lookup_output_columns(left, right, [key.right for key in op.keys])
    return with_texts(sql, columns, columns[len(left) :])


def _keys(keys: Sequence[ir.JoinKey]) -> str:
    checks = " OR ".join(
        f"(typeof(_l.{identifier(key.left)}) <> typeof(_r.{identifier(key.right)}) AND ("
        f"typeof(_l.{identifier(key.left)}) IN ({_ALONE}) OR typeof(_r.{identifier(key.right)}) IN ({_ALONE})))"
        for key in keys
    )
    return f"{_RENDER_KEYS(keys)} AND {refused_if(checks, _TWO_TYPES, 'TRUE')}"


_ALONE: Final = "'VARCHAR', 'TIMESTAMP', 'INTERVAL', 'UUID', 'BOOLEAN'"
"""Types that no other is equal to."""
