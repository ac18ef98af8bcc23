"""``top-hitters``: the values that come most often, or have the largest sum; Kusto estimates both."""

from __future__ import annotations

from typing import Any

from duckdb_kql import ir

from foundry_telemetry.local.engine.language.column_operators import Limited
from foundry_telemetry.local.engine.language.engine_parts import (
    collapsed,
    kind_of_node,
    lowered_expression,
    lowered_named,
    rule_children,
)
from foundry_telemetry.local.engine.language.own_operator import lowers
from foundry_telemetry.local.engine.language.refusals import unsupported


@lowers("TopHittersOperator")
def _top_hitters(node: Any) -> list[ir.Operator]:
    count, value = lowered_expression(node.Expression), lowered_named(node.OfExpression)
    summed = _summed(node.ByClause) if node.ByClause is not None else None
    if not isinstance(value.expr, ir.ColumnRef) or value.name or (node.ByClause and summed is None):
        raise unsupported("top-hitters", "it takes columns: compute others in an extend before")
    call = ir.FunctionCall("count") if summed is None else ir.FunctionCall("sum", (summed,))
    name = f"approximate_count_{value.expr.name}" if summed is None else f"approximate_sum_{summed.name}"
    key = ir.SortKey(ir.ColumnRef(name), ascending=False)
    return [ir.Summarize((ir.NamedExpr(call, name),), (value,)), Limited(count, (key,))]


def _summed(clause: Any) -> ir.ColumnRef | None:
    inner = collapsed(clause.ByExpression)
    parts = rule_children(inner) if kind_of_node(inner) == "OrderedExpression" else [inner]
    found = lowered_expression(parts[0])
    is_ordered = any(part.getText() for part in parts[1:])
    return found if isinstance(found, ir.ColumnRef) and not is_ordered else None
