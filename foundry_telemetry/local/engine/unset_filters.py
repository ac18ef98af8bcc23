"""A filter of the workbook in which all is chosen is no part of the query.

Every query of the page begins with ``where '*' in ({Deployment}) or deployment in ({Deployment})`` and the
like. With ``'*'`` chosen it keeps every row. DuckDB folds the condition, but only after it has planned what
stands behind the ``or``: of the filter of models that is a query of its own, over all attempts.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from duckdb_kql import ir

from foundry_telemetry.local.engine.ir_visitor import nodes, rewritten


def without_unset(query: ir.Query, columns: Iterable[str]) -> ir.Query:
    """The query without the filters that keep every row.

    Args:
        query: As the engine lowered it.
        columns: Of the rows that are filtered. A filter that names others stays, to be refused.
    """
    known = frozenset(columns)

    def change(node: object) -> object:
        if not isinstance(node, ir.Query) or not any(_is_unset(each, known) for each in node.operators):
            return node
        kept = [rewritten(each, change) for each in node.operators if not _is_unset(each, known)]
        lets = rewritten(node.lets, change)
        return dataclasses.replace(node, operators=kept, lets=lets)

    return rewritten(query, change)


def _is_unset(operator: ir.Operator, known: frozenset[str]) -> bool:
    if not isinstance(operator, ir.Where) or not _is_true(operator.predicate):
        return False
    # Kusto resolves the names behind the `or` too.
    return all(node.name in known for node in nodes(operator.predicate) if isinstance(node, ir.ColumnRef))


def _is_true(condition: ir.Expr) -> bool:
    """Whether the first of the alternatives is a text in a list that has it."""
    while isinstance(condition, ir.BinaryOp) and condition.op == "or":
        condition = condition.left
    if not isinstance(condition, ir.InList) or condition.negated or condition.subquery is not None:
        return False
    return isinstance(condition.value, ir.Literal) and condition.value in condition.items
