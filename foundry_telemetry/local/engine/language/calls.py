"""Calls and clauses whose parts the engine's reading of the grammar loses.

Arguments of a let-function go by name where they have one. ``(a, b) = percentiles(…)`` names one column each.
The order of ``sort`` is its own word, not the letters of a column's name.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, Final

from duckdb_kql import ir

from foundry_telemetry.local.engine.language.engine_parts import (
    ORIGINAL,
    collapsed,
    declared_function,
    kind_of_node,
    lowered_expression,
    names_in,
    put,
    rule_children,
    spelled,
    substituted,
)
from foundry_telemetry.local.engine.language.refusals import unsupported

_LOWER_FUNCTION_CALL: Final = ORIGINAL["call"]
_LOWER_NAMED: Final = ORIGINAL["named"]
_LOWER_EXPR: Final = ORIGINAL["expression"]

NAMES_MARK: Final = "\x00"
"""Between the names of ``(a, b) = …`` while they travel as one; no name has it."""

TYPE_MARK: Final = "typeof "
"""How ``typeof(long)`` travels: as a call of this and the type's name, which no query can write."""

ANY_COLUMN: Final = "any column"
"""The call that ``* has "word"`` travels as; no query can write it."""

UNNAMED: Final = "unnamed column"
"""The call around an expression that gives its column no name; no query can write it."""


def install() -> None:
    """Let the engine read these so; a second time does nothing."""
    put("call", _call)
    put("expression", _expression)
    put("named", _named)
    put("sort key", _sort_key)


def _expression(node: Any) -> ir.Expr:
    inner = collapsed(node)
    if kind_of_node(inner) != "StringStarOperatorExpression":
        found: ir.Expr = _LOWER_EXPR(inner)
        return found
    operator, operand = rule_children(inner)
    word = ir.Literal(spelled(operator), "string")
    return ir.FunctionCall(ANY_COLUMN, (word, lowered_expression(operand)))


def _call(node: Any) -> ir.Expr:
    children = rule_children(node)
    named = {index: name for index, child in enumerate(children[1:]) if (name := argument_name(child))}
    typed = children and kind_of_node(collapsed(children[-1])) == "TypeLiteralExpression"
    declared = declared_function(children[0].getText()) if children else None
    if declared is not None and declared.body is None:
        raise unsupported(declared.name, "a function of tables is called by invoke alone")
    if not named and not typed:
        found: ir.Expr = _LOWER_FUNCTION_CALL(node)
        return found
    name = children[0].getText()
    if typed:
        kind = children[-1].getText().removeprefix("typeof(").removesuffix(")").strip().lower()
        arguments = [lowered_expression(child) for child in children[1:-1]]
        return ir.FunctionCall(name, (*arguments, ir.FunctionCall(TYPE_MARK + kind)))
    if declared is None:
        raise unsupported(name, "only functions that the query declares take arguments by name")
    given = [(named.get(index), lowered_expression(child)) for index, child in enumerate(children[1:])]
    bound = _in_order(name, [parameter for parameter, _ in declared.parameters], given)
    binding = {
        parameter: bound.get(parameter, default)
        for parameter, default in declared.parameters
        if parameter in bound or default is not None
    }
    missing = next((parameter for parameter, _ in declared.parameters if parameter not in binding), None)
    if missing is not None:
        raise unsupported(name, f"the argument {missing!r} is missing")
    body: ir.Expr = substituted(declared.body, binding)
    return body


def argument_name(node: Any) -> str | None:
    """The name of an argument that is given by name."""
    inner = collapsed(node)
    children = rule_children(inner)
    if kind_of_node(inner) not in {"NamedExpression", "ArgumentExpression"} or len(children) != 2:
        return None
    if kind_of_node(children[0]) != "NamedExpressionNameClause":
        return None
    return next(iter(names_in(children[0])), None)


def _in_order(
    call: str, parameters: Sequence[str], given: Sequence[tuple[str | None, ir.Expr]]
) -> dict[str, ir.Expr]:
    bound: dict[str, ir.Expr] = {}
    for index, (name, value) in enumerate(given):
        parameter = name if name is not None else parameters[index] if index < len(parameters) else None
        if parameter is None or parameter not in parameters or parameter in bound:
            raise unsupported(call, f"it has no further argument {name or 'at this place'!r}")
        bound[parameter] = value
    return bound


def _named(node: Any) -> ir.NamedExpr:
    found: ir.NamedExpr = _LOWER_NAMED(node)
    inner = collapsed(node)
    children = rule_children(inner)
    if len(children) == 2 and kind_of_node(children[0]) == "NamedExpressionNameClause":
        names = names_in(children[0])
        if len(names) > 1 or children[0].getText().startswith("("):
            return dataclasses.replace(found, name=NAMES_MARK.join(names))
    return found


def _sort_key(node: Any) -> ir.SortKey:
    inner = collapsed(node)
    children = rule_children(inner)
    if kind_of_node(inner) != "OrderedExpression":
        return ir.SortKey(lowered_expression(inner))
    words = " ".join(child.getText() for child in children[1:]).lower()
    nulls = {"nullsfirst": True, "nullslast": False}
    order = "".join(words.split())
    return ir.SortKey(
        lowered_expression(children[0]),
        ascending=order.startswith(("asc", "granny-asc")),
        nulls_first=next((first for word, first in nulls.items() if order.endswith(word)), None),
    )
