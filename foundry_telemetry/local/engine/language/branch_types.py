"""``iff``, ``case`` and ``coalesce`` of a dynamic value and another: the result has the other's type.

The database would make the other one dynamic, and read a text as JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final, TypeVar

from duckdb_kql import ir

from foundry_telemetry.local.engine.ir_visitor import nodes, rewritten
from foundry_telemetry.local.engine.language.expression_types import branches_of, kind_of

_CONVERSIONS: Final[Mapping[str, str]] = {
    "bool": "tobool",
    "datetime": "todatetime",
    "int": "toint",
    "long": "tolong",
    "real": "todouble",
    "string": "tostring",
    "timespan": "totimespan",
}
_CHOICES: Final = frozenset({"iff", "iif", "case", "coalesce"})
_CLAUSES: Final = (ir.Extend, ir.Project, ir.Where, ir.Summarize, ir.PrintSource)

_Part = TypeVar("_Part", bound=ir.Node)

Types = Callable[[], "Mapping[str, str] | None"]
"""The KQL types of the columns that an operator reads."""


def with_one_type(operator: _Part, types: Types) -> _Part:
    """An operator, or a source, whose choices have branches of one type each."""
    if not isinstance(operator, _CLAUSES) or not any(map(is_mixed, nodes(operator))):
        return operator
    known: dict[str, str] = {}
    if any(_needs_columns(node) for node in nodes(operator)):
        known.update(types() or {})

    def change(node: object) -> object:
        if not isinstance(node, ir.FunctionCall) or node.name.lower() not in _CHOICES:
            return node
        call = replace(node, args=tuple(rewritten(argument, change) for argument in node.args))
        return _converted(call, known)

    return rewritten(operator, change)


def _kind(node: ir.Expr, known: Mapping[str, str]) -> str | None:
    return known.get(node.name) if isinstance(node, ir.ColumnRef) else kind_of(node)


def is_mixed(node: object) -> bool:
    """Whether it chooses between a dynamic value and another.

    A dynamic column is not seen: beside a text the database fails on it, and gives no wrong row.
    """
    if not isinstance(node, ir.FunctionCall) or node.name.lower() not in _CHOICES:
        return False
    kinds = {kind_of(branch) for branch in branches_of(node)}
    return len(kinds) > 1 and "dynamic" in kinds


def _needs_columns(node: object) -> bool:
    return is_mixed(node) and any(
        isinstance(branch, ir.ColumnRef)
        for branch in branches_of(node)  # type: ignore[arg-type]
    )


def _converted(call: ir.FunctionCall, known: Mapping[str, str]) -> ir.FunctionCall:
    branches = branches_of(call)
    kinds = {_kind(branch, known) for branch in branches} - {None, "dynamic"}
    if len(kinds) != 1 or not any(_kind(branch, known) == "dynamic" for branch in branches):
        return call
    conversion = _CONVERSIONS.get(str(next(iter(kinds))))
    if conversion is None:
        return call
    dynamic = {id(branch) for branch in branches if _kind(branch, known) == "dynamic"}
    return replace(
        call,
        args=tuple(ir.FunctionCall(conversion, (one,)) if id(one) in dynamic else one for one in call.args),
    )
