"""Expressions that depend on which columns an operator reads: ``column_ifexists``, ``pack_all`` and ``*``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from typing import Any, Final, TypeGuard

from duckdb_kql import ir

from foundry_telemetry.local.engine.ir_visitor import nodes, rewritten
from foundry_telemetry.local.engine.language import series_statistics, several_columns
from foundry_telemetry.local.engine.language.calls import ANY_COLUMN, UNNAMED
from foundry_telemetry.local.engine.language.engine_parts import ORIGINAL, put
from foundry_telemetry.local.engine.language.refusals import unsupported

_RESOLVE: Final = ORIGINAL["let names"]
_NAMING: Final = (
    (ir.Extend | ir.Project | ir.Distinct, "expressions"),
    (ir.Summarize, "by"),
)
"""Operators that call columns by their expressions, and where those are."""
_PRESENT: Final[ContextVar[bool]] = ContextVar("needs_columns", default=True)

_IF_EXISTS: Final = frozenset({"column_ifexists", "columnifexists"})
_NAMES: Final = _IF_EXISTS | {"pack_all", ANY_COLUMN}
NAMES: Final = _NAMES | several_columns.NAMES | series_statistics.NAMES


def install() -> None:
    """Let the engine resolve these where it resolves let-names; a second time does nothing."""
    put("let names", resolved)


@contextmanager
def looked_for(*, present: bool) -> Iterator[None]:
    """Whether a query has such expressions at all: to look through every operator takes time."""
    token = _PRESENT.set(present)
    try:
        yield
    finally:
        _PRESENT.reset(token)


def resolved(operator: ir.Operator, columns: list[str] | None) -> ir.Operator:
    """An operator in terms of columns and values alone."""
    found: ir.Operator = _RESOLVE(operator, columns)
    if columns is None or not _PRESENT.get():
        return found
    found = series_statistics.expanded(several_columns.expanded(found, columns), columns)

    def change(node: object) -> object:
        if not isinstance(node, ir.FunctionCall) or node.name.lower() not in _NAMES:
            return node
        if node.name == ANY_COLUMN:
            return _anywhere(node, columns)
        return _packed(node, columns) if node.name.lower() == "pack_all" else _if_exists(node, columns)

    if not any(isinstance(node, ir.FunctionCall) and node.name.lower() in _NAMES for node in nodes(found)):
        return found
    return rewritten(_with_places(found, columns), change)


def _with_places(operator: Any, columns: list[str]) -> ir.Operator:
    """A column of ``column_ifexists`` that is not there, or is converted, is called by its place alone."""
    for kind, part in _NAMING:
        if isinstance(operator, kind):
            named = tuple(_with_place(one, columns) for one in getattr(operator, part))
            operator = replace(operator, **{part: named})
    found: ir.Operator = operator
    return found


def _with_place(named: ir.NamedExpr, columns: list[str]) -> ir.NamedExpr:
    found = [node for node in (named.expr, *nodes(named.expr)) if _is_if_exists(node)]
    if (
        not found
        or named.name
        or (found[0] is named.expr and _if_exists(found[0], columns) != found[0].args[1])
    ):
        return named
    return replace(named, expr=ir.FunctionCall(UNNAMED, (named.expr,)))


def _is_if_exists(node: object) -> TypeGuard[ir.FunctionCall]:
    return isinstance(node, ir.FunctionCall) and node.name.lower() in _IF_EXISTS


def _anywhere(call: ir.FunctionCall, columns: list[str]) -> ir.Expr:
    """``* has "word"``: one comparison a column, each of its text."""
    operator, operand = call.args
    found: ir.Expr = ir.Literal(value=False, kind="bool")
    for index, name in enumerate(columns):
        text = ir.FunctionCall("tostring", (ir.ColumnRef(name),))
        one = ir.BinaryOp(str(getattr(operator, "value", "has")), text, operand)
        found = ir.BinaryOp("or", found, one) if index else one
    return found


def _if_exists(call: ir.FunctionCall, columns: list[str]) -> ir.Expr:
    name = call.args[0] if call.args else None
    if len(call.args) != 2 or not isinstance(name, ir.Literal) or name.kind != "string":
        raise unsupported(call.name, "it takes the name of a column as a constant text, and a default")
    return ir.ColumnRef(str(name.value)) if name.value in columns else call.args[1]


def _packed(call: ir.FunctionCall, columns: list[str]) -> ir.Expr:
    if call.args:
        raise unsupported(call.name, "it takes no argument here")
    pairs = ((ir.Literal(name, "string"), ir.ColumnRef(name)) for name in columns)
    return ir.FunctionCall("bag_pack", tuple(part for pair in pairs for part in pair))
