"""Operators that the engine has not: each is a node of a query like the engine's own.

A node says which columns it gives and which SQL it is; a nested pipeline in it is rendered by the engine.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Final

from duckdb_kql import ir, schema
from duckdb_kql.errors import KqlSchemaError

from foundry_telemetry.local.engine.language.clauses import checked_input
from foundry_telemetry.local.engine.language.engine_parts import (
    ORIGINAL,
    collapsed,
    kind_of_node,
    nested_sql,
    put,
    rule_children,
    substituted,
)

_LOWER_OPERATOR: Final = ORIGINAL["operator"]
_SUBSTITUTE_OPERATOR: Final = ORIGINAL["substitution"]
_RENDER_OPERATOR: Final = ORIGINAL["operator sql"]
_OPERATOR_COLUMNS: Final = ORIGINAL["columns"]

Lowering = Callable[[Any], "ir.Operator | list[ir.Operator] | None"]
"""Reads a node of the parser; gives operators, or ``None`` where the engine's own reading is right."""

_LOWERINGS: dict[str, Lowering] = {}
_WRAPPERS: Final = ("PipedOperator", "AfterPipeOperator")


class OwnOperator(ir.Operator):
    """An operator with its own SQL; subclasses are frozen data classes."""

    is_serialized: ClassVar[bool] = False
    """Whether the window functions in a pipeline of its own are columns already."""

    @property
    def reads(self) -> object:
        """The nodes whose names are columns of its input."""
        return self

    def partitioned(self, column: str) -> OwnOperator | None:
        """The same for the rows of each value of a column by itself; ``None`` where that is not known."""
        del column
        return None

    def columns(self, given: list[str]) -> list[str]:
        """The columns that come out, in order."""
        raise NotImplementedError

    def sql(self, source: str, given: list[str]) -> str:
        """The statement; it may name columns of the source only."""
        raise NotImplementedError


def lowers(kind: str) -> Callable[[Lowering], Lowering]:
    """Register the reading of a kind of operator by its name in the grammar."""

    def register(lowering: Lowering) -> Lowering:
        _LOWERINGS[kind] = lowering
        return lowering

    return register


def install() -> None:
    """Let the engine know operators of our own; a second time does nothing."""
    put("operator", _lower_operator)
    put("substitution", _substitute_operator)
    put("operator sql", _render_operator)
    put("columns", _operator_columns)


def identifier(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def nested(source: str, columns: Sequence[str], operators: Sequence[ir.Operator]) -> str:
    """The SQL of a pipeline over an SQL statement."""
    query = ir.Query(ir.CommandSource(source, tuple(columns), "pipeline"), list(operators))
    return nested_sql(query)


def columns_after(columns: Sequence[str], operators: Sequence[ir.Operator]) -> list[str]:
    """The columns that a pipeline over some columns gives."""
    query = ir.Query(ir.CommandSource("", tuple(columns), "pipeline"), list(operators))
    return schema.output_columns(query, None)


def _lower_operator(node: Any) -> Any:
    inner = node
    while kind_of_node(inner) in _WRAPPERS:
        inner = rule_children(inner)[0]
    inner = collapsed(inner)
    lowering = _LOWERINGS.get(kind_of_node(inner))
    found = lowering(inner) if lowering else None
    return _LOWER_OPERATOR(node) if found is None else found


def _render_operator(operator: ir.Operator, source: str, given: list[str] | None = None) -> str:
    if isinstance(operator, OwnOperator):
        if given is None:
            raise KqlSchemaError(type(operator).__name__, hint="its input's columns are unknown")
        return operator.sql(source, given)
    sql: str = _RENDER_OPERATOR(operator, checked_input(operator, source), given)
    return sql


def _operator_columns(operator: ir.Operator, given: list[str], known: schema.Schema | None) -> list[str]:
    if isinstance(operator, OwnOperator):
        return operator.columns(given)
    found: list[str] = _OPERATOR_COLUMNS(operator, given, known)
    return found


def _substitute_operator(operator: ir.Operator, scalars: Any) -> ir.Operator:
    """Names bound by ``let``; the engine leaves out operators that it takes names in for columns alone."""
    if isinstance(operator, OwnOperator | ir.Top | ir.Parse):
        return _substituted(operator, scalars)  # type: ignore[no-any-return]
    found: ir.Operator = _SUBSTITUTE_OPERATOR(operator, scalars)
    return found


def _substituted(node: Any, scalars: Any) -> Any:
    if isinstance(node, ir.Query):
        return substituted(node, scalars)
    if isinstance(node, ir.Expr | ir.NamedExpr | ir.SortKey):
        return substituted(node, scalars)
    if isinstance(node, ir.Operator) and not isinstance(node, OwnOperator | ir.Top | ir.Parse):
        return _SUBSTITUTE_OPERATOR(node, scalars)
    if isinstance(node, tuple | list):
        return type(node)(_substituted(part, scalars) for part in node)
    if dataclasses.is_dataclass(node) and not isinstance(node, type):
        parts = {field.name: getattr(node, field.name) for field in dataclasses.fields(node)}
        changed = {name: _substituted(part, scalars) for name, part in parts.items()}
        return dataclasses.replace(node, **changed)
    return node
