"""Operands whose type Kusto refuses and DuckDB takes: each is refused, with what to write instead.

Kusto orders no texts with ``<``, calls no number true, and neither sorts, groups nor compares dynamic
values. Where the text itself gives the type the query is refused at once; for a column, when it runs.
Only columns are asked for their type: to repeat whole operands would double the statement at every level.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Final

from duckdb_kql import ir
from duckdb_kql.types import kusto_type

from foundry_telemetry.local.engine.errors import QueryError
from foundry_telemetry.local.engine.language.dynamic_checks import checked_path, equality, with_texts
from foundry_telemetry.local.engine.language.engine_parts import ORIGINAL, put
from foundry_telemetry.local.engine.language.expression_types import (
    is_arithmetic,
    is_logical,
    is_ordering,
    kind_of,
)
from foundry_telemetry.local.engine.language.refusals import DYNAMIC, is_of, refused_if, unsupported

_RENDER_EXPR: Final[Callable[[ir.Expr], str]] = ORIGINAL["expression sql"]
_RENDER_AGGREGATE: Final = ORIGINAL["aggregate"]
_RENDER_BETWEEN: Final = ORIGINAL["between"]

_UNORDERED: Final = ("VARCHAR", "UUID")
_NOT_ADDED: Final = ("VARCHAR", "UUID", "BOOLEAN")

_ORDERED_TEXT: Final = "KQL orders no texts: write strcmp(a, b) < 0, or convert with todatetime() or tolong()"
_IN_GROUPS: Final = "any_value({})"
"""Beside aggregates a column has a type through an aggregate alone; it is computed for nobody."""

_NO_BOOL: Final = "The expression must have the type bool: write x == y, x != 0 or tobool(x)."
_NO_NUMBER: Final = "no arithmetic for texts and bools: convert with tolong() or todouble()"
_CAST: Final = "a dynamic value is not allowed here: cast it with tostring(), tolong() or todouble()"

_OF_ORDERED: Final = frozenset({"max", "min", "maxif", "minif", "arg_max", "arg_min", "percentile"})
_EXTREMES: Final = frozenset({"max_of", "min_of"})
_PREDICATES: Final = {
    "iff": (0,),
    "iif": (0,),
    "not": (0,),
    "countif": (0,),
    **dict.fromkeys(
        ("sumif", "avgif", "maxif", "minif", "dcountif", "stdevif", "varianceif", "take_anyif"), (1,)
    ),
    **dict.fromkeys(("make_list_if", "make_set_if", "make_bag_if"), (1,)),
}
"""The arguments of functions that must be bools."""


def install() -> None:
    """Let the engine check types; a second time does nothing."""
    put("expression sql", render_expr)
    put("between", render_between)
    put("aggregate", render_aggregate_call)


def render_expr(node: ir.Expr) -> str:
    """The SQL of an expression, refused where its operands are."""
    if isinstance(node, ir.BinaryOp):
        node = _with_longs(node)
    sql = _RENDER_EXPR(with_texts(node) if isinstance(node, ir.FunctionCall) else node)
    if isinstance(node, ir.BinaryOp):
        return _checked_binary(node, equality(node, sql, _RENDER_EXPR))
    if isinstance(node, ir.PathAccess):
        return checked_path(node, sql, _RENDER_EXPR)
    if isinstance(node, ir.FunctionCall):
        if node.name.lower() == "case":
            return requires_bool(node.args[:-1:2], sql)
        if node.name.lower() in _EXTREMES:
            return refuse_dynamic(node.args, node.name, sql)
        places = _PREDICATES.get(node.name.lower(), ())
        return requires_bool([node.args[place] for place in places if place < len(node.args)], sql)
    return sql


def render_between(node: ir.Between) -> str:
    """The SQL of ``between``."""
    operands = (node.value, node.low, node.high)
    return _refused(operands, _UNORDERED, "between", _ORDERED_TEXT, _RENDER_BETWEEN(node))


def render_aggregate_call(call: ir.FunctionCall) -> str:
    """The SQL of an aggregate."""
    sql: str = _RENDER_AGGREGATE(call)
    name = call.name.lower()
    if name in _OF_ORDERED and call.args:
        sql = refuse_dynamic(call.args[:1], name, sql, of=_IN_GROUPS)
    places = _PREDICATES.get(name, ())
    return requires_bool([call.args[place] for place in places if place < len(call.args)], sql, of=_IN_GROUPS)


def refuse_dynamic(operands: Sequence[ir.Expr], construct: str, sql: str, *, of: str = "{}") -> str:
    """SQL that is refused where an operand is a dynamic value.

    Args:
        operands: What to check.
        construct: What they are operands of.
        sql: What to answer otherwise.
        of: SQL with the same type as ``{}``, an operand.
    """
    return _refused(operands, DYNAMIC, construct, _CAST, sql, of=of)


def requires_bool(operands: Iterable[ir.Expr], sql: str, *, of: str = "{}") -> str:
    """SQL that is refused where an operand is no bool; see `refuse_dynamic`."""
    conditions = []
    for operand in operands:
        kind = kind_of(operand)
        if kind == "bool" or (isinstance(operand, ir.Literal) and operand.value is None):
            continue
        if kind is not None:
            raise QueryError(f"{_NO_BOOL} It is of the type {kind}.", reason="SEM0100")
        if isinstance(operand, ir.ColumnRef):
            conditions.append(f"NOT {is_of(of.format(_RENDER_EXPR(operand)), ('BOOLEAN',))}")
    return refused_if(" OR ".join(conditions), _NO_BOOL, sql) if conditions else sql


def _with_longs(node: ir.BinaryOp) -> ir.BinaryOp:
    """Kusto adds and multiplies ints as longs, the database as ints, which end early."""
    if not is_arithmetic(node) or "int" not in {kind_of(node.left), kind_of(node.right)}:
        return node
    left, right = (
        ir.FunctionCall("tolong", (one,)) if kind_of(one) == "int" else one for one in (node.left, node.right)
    )
    return replace(node, left=left, right=right)


def _checked_binary(node: ir.BinaryOp, sql: str) -> str:
    operands = (node.left, node.right)
    if is_logical(node):
        return requires_bool([one for one in operands if kind_of(one) != "dynamic"], sql)
    if is_ordering(node):
        return _refused(operands, _UNORDERED, node.op, _ORDERED_TEXT, _refused_pair(node, sql))
    if is_arithmetic(node):
        return _refused(operands, _NOT_ADDED, node.op, _NO_NUMBER, _divided(node, sql))
    return sql


def _refused_pair(node: ir.BinaryOp, sql: str) -> str:
    """SQL that is refused where both operands are dynamic: the database would order their texts."""
    conditions = []
    for operand in (node.left, node.right):
        if kind_of(operand) == "dynamic":
            continue
        if not isinstance(operand, ir.ColumnRef):
            return sql
        conditions.append(is_of(_RENDER_EXPR(operand), DYNAMIC))
    if not conditions:
        raise unsupported(node.op, _CAST)
    return refused_if(" AND ".join(conditions), f"'{node.op}': {_CAST}.", sql)


_LONGEST_REPEATED: Final = 200
"""Characters of an operand that may be written more than once."""


def _is_repeatable(operand: ir.Expr) -> bool:
    """Whether writing it again costs little: the database computes equal aggregates once."""
    return isinstance(operand, ir.RenderedAggregate) or len(_RENDER_EXPR(operand)) <= _LONGEST_REPEATED


def _divided(node: ir.BinaryOp, sql: str) -> str:
    """A division by zero is null for whole numbers alone, of which the engine thinks where types are open."""
    left, right = (_RENDER_EXPR(one) for one in (node.left, node.right))
    if sql != f"({left} // NULLIF({right}, 0))" or not all(map(_is_repeatable, (node.left, node.right))):
        return sql
    is_zero = f"WHEN typeof({left} // {right}) = 'DOUBLE' AND {right} = 0 AND {left}"
    return (
        f"(CASE {is_zero} > 0 THEN 'inf' {is_zero} < 0 THEN '-inf' {is_zero} = 0 THEN 'nan' ELSE {sql} END)"
    )


def _refused(
    operands: Sequence[ir.Expr],
    types: Sequence[str],
    construct: str,
    message: str,
    sql: str,
    *,
    of: str = "{}",
) -> str:
    """SQL that is refused where an operand has one of these types of the database."""
    refused_kinds = {kusto_type(name) for name in types}
    conditions = []
    for operand in operands:
        if kind_of(operand) in refused_kinds and not (
            isinstance(operand, ir.Literal) and operand.value is None
        ):
            raise unsupported(construct, message)
        if isinstance(operand, ir.ColumnRef):
            conditions.append(is_of(of.format(_RENDER_EXPR(operand)), types))
    return refused_if(" OR ".join(conditions), f"'{construct}': {message}.", sql) if conditions else sql
