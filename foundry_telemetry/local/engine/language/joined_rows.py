"""What ``union``, ``join`` and ``lookup`` leave open: texts of rows that have none, and keys of two types.

A text in KQL is never null. Where a side of a join or a branch of a union has no value for a column of
texts, it is the empty one, as in Azure; so groups, lists and joins after it see one value and not two.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from duckdb_kql import ir, schema

from foundry_telemetry.local.engine.language.engine_parts import ORIGINAL, distinct_in_any_case, put
from foundry_telemetry.local.engine.language.own_operator import identifier
from foundry_telemetry.local.engine.language.refusals import refused_if

_RENDER_UNION: Final = ORIGINAL["union"]
_RENDER_JOIN: Final = ORIGINAL["join"]
_RENDER_LOOKUP: Final = ORIGINAL["lookup"]
_JOIN_COLUMNS: Final = ORIGINAL["join columns"]
_RENDER_KEYS: Final = ORIGINAL["join keys"]

_TWO_TYPES: Final = (
    "'join': a column of its 'on' has another type at the right: convert one with tostring() or tolong()."
)
_ONE_NAME: Final = (
    "'union': its tables have columns '{words}', which differ only in case: rename one before the union."
)
_OPEN: Final = {"leftouter": (False, True), "rightouter": (True, False), "fullouter": (True, True)}
"""Which sides of a join may have no row."""


def install() -> None:
    """Let the engine join so; a second time does nothing."""
    put("union", _union)
    put("join", _join)
    put("join columns", _join_columns)
    put("lookup", _lookup)
    put("lookup columns", _lookup_columns)
    put("join keys", _keys)


def with_texts(sql: str, columns: Sequence[str], missing: Iterable[str]) -> str:
    """A statement whose texts are never null in some of its columns."""
    open_columns = set(missing)
    if not open_columns.intersection(columns):
        return sql
    listed = ", ".join(_text(name) if name in open_columns else identifier(name) for name in columns)
    return f"SELECT {listed} FROM ({sql})"


def _text(name: str) -> str:
    column = identifier(name)
    return f"CASE WHEN typeof({column}) = 'VARCHAR' THEN coalesce({column}, '') ELSE {column} END AS {column}"


def _union(op: ir.Union, source: str, left: list[str], *rest: Any) -> str:
    """The rest: the query, the columns by table, and whether the union begins it."""
    sql: str = _RENDER_UNION(op, source, left, *rest)
    known = rest[1]
    parts = [
        set(left),
        *(set(schema.output_columns(branch, known)) for branch in schema.surviving_branches(op, known)),
    ]
    columns = schema.union_output_columns(op, left, known)
    everywhere = set.intersection(*parts) | {op.with_source}
    texts = with_texts(sql, columns, [name for name in columns if name not in everywhere])
    return _with_distinct_names(texts, columns)


def _with_distinct_names(sql: str, columns: Sequence[str]) -> str:
    """A union in which names that differ in case alone, which are one to the database, are never read.

    The tables and their older names have a few such, so the union itself is no mistake.
    """
    spellings: dict[str, list[str]] = {}
    for name in columns:
        spellings.setdefault(name.casefold(), []).append(name)
    if len(spellings) == len(columns):
        return sql
    listed = []
    for found in spellings.values():
        column = identifier(found[0])
        words = "', '".join(found)
        refused = refused_if("TRUE", _ONE_NAME.format(words=words), column)
        listed += [f"{refused} AS {identifier(name)}" for name in found] if len(found) > 1 else [column]
    return f"SELECT {', '.join(listed)} FROM ({sql})"


def _join(op: ir.Join, source: str, left: list[str], right_sql: str, right: list[str]) -> str:
    sql: str = _RENDER_JOIN(op, source, left, right_sql, right)
    columns = distinct_in_any_case(schema.join_output_columns(left, right, op.kind), "join")
    if op.kind not in _OPEN:
        return sql
    of_left, of_right = _OPEN[op.kind]
    missing = [*(left if of_left else ()), *(columns[len(left) :] if of_right else ())]
    return with_texts(sql, columns, missing)


def _join_columns(left: list[str], right: list[str], kind: str) -> list[str]:
    """As the engine names them, but a column of the right that is new keeps its name."""
    new = [name for name in right if name not in left]
    first: list[str] = _JOIN_COLUMNS([*left, *new], [name for name in right if name in left], kind)
    if kind not in {*_OPEN, "inner", "innerunique"}:
        return _JOIN_COLUMNS(left, right, kind)  # type: ignore[no-any-return]
    renamed = iter(first[len(left) + len(new) :])
    return [*left, *(name if name in new else next(renamed) for name in right)]


def _lookup_columns(left: list[str], right: list[str], right_keys: list[str]) -> list[str]:
    """The same without the keys of the right."""
    return _join_columns(left, [name for name in right if name not in right_keys], "inner")


def _lookup(op: ir.Lookup, source: str, left: list[str], right_sql: str, right: list[str]) -> str:
    sql: str = _RENDER_LOOKUP(op, source, left, right_sql, right)
    names = schema.lookup_output_columns(left, right, [key.right for key in op.keys])
    columns = distinct_in_any_case(names, "lookup")
    if op.kind != "leftouter":
        return sql
    return with_texts(sql, columns, columns[len(left) :])


def _keys(keys: Sequence[ir.JoinKey]) -> str:
    checks = " OR ".join(
        f"(typeof(_l.{identifier(key.left)}) <> typeof(_r.{identifier(key.right)}) AND ("
        f"typeof(_l.{identifier(key.left)}) IN ({_ALONE}) "
        f"OR typeof(_r.{identifier(key.right)}) IN ({_ALONE})))"
        for key in keys
    )
    return f"{_RENDER_KEYS(keys)} AND {refused_if(checks, _TWO_TYPES, 'TRUE')}"


_ALONE: Final = "'VARCHAR', 'TIMESTAMP', 'INTERVAL', 'UUID', 'BOOLEAN'"
"""Types that no other is equal to."""
