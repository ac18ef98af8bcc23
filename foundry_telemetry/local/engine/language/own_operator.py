"""Operators that the engine has not: each is a node of a query like the engine's own.

A node says which columns it gives and which SQL it is; a nested pipeline in it is rendered by the engine.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, Final

from duckdb_kql import ir, schema
from duckdb_kql.errors import KqlSchemaError

from foundry_telemetry.local.engine.language.clauses import checked_input

_LOWERING: Final = import_module("duckdb_kql.lower")
_EMITTER: Final = import_module("duckdb_kql.translate")

_LOWER_OPERATOR: Final = _LOWERING._lower_operator  # noqa: SLF001 - nothing public leads to these
_SUBSTITUTE_OPERATOR: Final = _LOWERING._substitute_operator  # noqa: SLF001
_RENDER_OPERATOR: Final = _EMITTER.render_operator
_OPERATOR_COLUMNS: Final = schema._operator_columns_unchecked  # noqa: SLF001

Lowering = Callable[[Any], "ir.Operator | list[ir.Operator] | None"]
"""Reads a node of the parser; gives operators, or ``None`` where the engine's own reading is right."""

_LOWERINGS: dict[str, Lowering] = {}
_WRAPPERS: Final = ("PipedOperator", "AfterPipeOperator")


class OwnOperator(ir.Operator):
    """An operator with its own SQL; subclasses are frozen data classes."""

    @property
    def reads(self) -> object:
        """The nodes whose names are columns of its input."""
        return self

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
    _LOWERING._lower_operator = _lower_operator  # type: ignore[attr-defined]  # noqa: SLF001
    _LOWERING._substitute_operator = _substitute_operator  # type: ignore[attr-defined]  # noqa: SLF001
    _EMITTER.render_operator = _render_operator  # type: ignore[attr-defined]
    schema._operator_columns_unchecked = _operator_columns  # noqa: SLF001


def rule_children(node: Any) -> list[Any]:
    """The nodes of the grammar below one; signs and keywords are none."""
    found: list[Any] = _LOWERING._rule_children(node)  # noqa: SLF001
    return found


def kind_of_node(node: Any) -> str:
    """A node's name in the grammar."""
    return type(node).__name__.removesuffix("Context")


def lowered_expression(node: Any) -> ir.Expr:
    """An expression as the engine reads it."""
    found: ir.Expr = _LOWERING._lower_expr(node)  # noqa: SLF001
    return found


def lowered_named(node: Any) -> ir.NamedExpr:
    """``name = expression``, or an expression alone."""
    found: ir.NamedExpr = _LOWERING._lower_named(node)  # noqa: SLF001
    return found


def lowered_operators(nodes: Sequence[Any]) -> list[ir.Operator]:
    """A pipeline's operators."""
    found: list[ir.Operator] = _LOWERING._lower_operators(nodes)  # noqa: SLF001
    return found


def names_in(node: Any) -> list[str]:
    """Every name below a node where nothing but names may stand."""
    found: list[str] = _LOWERING._find_names(node)  # noqa: SLF001
    return found


def identifier(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def nested(source: str, columns: Sequence[str], operators: Sequence[ir.Operator]) -> str:
    """The SQL of a pipeline over an SQL statement."""
    query = ir.Query(ir.CommandSource(source, tuple(columns), "pipeline"), list(operators))
    return str(_EMITTER.to_sql(query, _EMITTER._nested_schema()))  # noqa: SLF001


def columns_after(columns: Sequence[str], operators: Sequence[ir.Operator]) -> list[str]:
    """The columns that a pipeline over some columns gives."""
    query = ir.Query(ir.CommandSource("", tuple(columns), "pipeline"), list(operators))
    return schema.output_columns(query, None)


def _lower_operator(node: Any) -> Any:
    inner = node
    while kind_of_node(inner) in _WRAPPERS:
        inner = rule_children(inner)[0]
    inner = _LOWERING._collapse(inner)  # noqa: SLF001
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
        return _LOWERING._substitute_query(node, scalars)  # noqa: SLF001
    if isinstance(node, ir.Expr | ir.NamedExpr | ir.SortKey):
        return _LOWERING._substitute(node, scalars)  # noqa: SLF001
    if isinstance(node, ir.Operator) and not isinstance(node, OwnOperator | ir.Top | ir.Parse):
        return _SUBSTITUTE_OPERATOR(node, scalars)
    if isinstance(node, tuple | list):
        return type(node)(_substituted(part, scalars) for part in node)
    if dataclasses.is_dataclass(node) and not isinstance(node, type):
        parts = {field.name: getattr(node, field.name) for field in dataclasses.fields(node)}
        changed = {name: _substituted(part, scalars) for name, part in parts.items()}
        return dataclasses.replace(node, **changed)
    return node
