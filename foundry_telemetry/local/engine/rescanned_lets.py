"""A ``let`` that only filters attempts is read where it is used, each time with the columns needed there.

DuckDB keeps the rows of a common table expression that is used more than once, with every column that any of
its readers wants: for a list of 250 rows with twenty columns, those of all attempts.
"""

from __future__ import annotations

import re

from duckdb_kql import ir

from foundry_telemetry.kql import files
from foundry_telemetry.local.engine.ir_visitor import nodes


def rescanned(sql: str, query: ir.Query | None) -> str:
    """The statement in which such a ``let`` is not kept.

    Args:
        sql: What the engine made of it.
        query: As the engine lowered it; ``None`` where it does not read the typed view's columns.
    """
    plain = {files.VIEW}
    for name, bound in query.lets if query else ():
        if not isinstance(bound, ir.Query) or not _only_filters(bound, plain):
            plain.discard(name)
            continue
        plain.add(name)
        found = re.findall(rf'"_l\d+_{name}" AS \(', sql)
        if len(found) == 1:
            sql = sql.replace(found[0], f"{found[0][:-1]}NOT MATERIALIZED (")
    return sql


def _only_filters(query: ir.Query, plain: set[str]) -> bool:
    source = query.source
    return (
        isinstance(source, ir.TableRef)
        and source.name in plain
        and not query.lets
        and all(isinstance(each, ir.Where) and _is_cheap(each) for each in query.operators)
    )


def _is_cheap(condition: ir.Where) -> bool:
    """Whether it reads nothing but its row."""
    return not any(isinstance(node, ir.Query | ir.ToScalar) for node in nodes(condition))
