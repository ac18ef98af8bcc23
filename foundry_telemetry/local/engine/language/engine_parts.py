"""The parts of the engine that this package calls or replaces: none is public, so all are named here alone.

*Replaced*: the engine asks its own modules for these functions by name, whenever it needs one; `put` puts
another there, and `ORIGINAL` keeps what stood there before.
"""

# ruff: noqa: SLF001 - this module is where private names of the engine stand

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from types import MappingProxyType
from typing import Any, Final

from duckdb_kql import ir, schema
from duckdb_kql.translate import naming

_LOWERING: Final[Any] = import_module("duckdb_kql.lower")  # an import by name would give the function
EMITTER: Final[Any] = import_module("duckdb_kql.translate")
"""Makes SQL of nodes; its functions are looked up when they are called, so replaced ones are found."""

_PLACES: Final[Mapping[str, tuple[Any, str]]] = {
    "aggregate name": (naming, "_aggregate_name"),
    "aggregate": (EMITTER, "_render_aggregate_call"),
    "between": (EMITTER, "render_between"),
    "call": (_LOWERING, "_lower_function_call"),
    "columns": (schema, "_operator_columns_unchecked"),
    "expanded elements": (EMITTER, "_mv_expand_elements"),
    "expression": (_LOWERING, "_lower_expr"),
    "expression sql": (EMITTER, "render_expr"),
    "head": (_LOWERING, "_lower_head"),
    "join": (EMITTER, "render_join"),
    "join columns": (schema, "join_output_columns"),
    "join key": (_LOWERING, "_lower_join_key"),
    "join keys": (EMITTER, "render_key_equality"),
    "let names": (schema, "resolve_let_refs"),
    "lookup columns": (schema, "lookup_output_columns"),
    "lookup": (EMITTER, "render_lookup"),
    "name-preserving functions": (naming, "NAME_PRESERVING"),
    "named": (_LOWERING, "_lower_named"),
    "operator": (_LOWERING, "_lower_operator"),
    "operator sql": (EMITTER, "render_operator"),
    "path": (EMITTER, "render_path"),
    "set statements": (_LOWERING, "_apply_set_statements"),
    "several names": (EMITTER, "arg_max_names"),
    "several sql": (EMITTER, "_render_arg_max"),
    "sort key": (_LOWERING, "_lower_sort_key"),
    "source sql": (EMITTER, "render_source"),
    "substitution": (_LOWERING, "_substitute_operator"),
    "text literal": (_LOWERING, "_string_value"),
    "typed literal": (_LOWERING, "_typed_literal"),
    "union": (EMITTER, "render_union"),
}
"""Where each replaced function, or set of them, stands."""

ORIGINAL: Final[Mapping[str, Any]] = MappingProxyType(
    {part: getattr(module, name) for part, (module, name) in _PLACES.items()}
)
"""The engine's own."""

SPECIAL_FORMS: Final[dict[str, Callable[[ir.FunctionCall], str | None]]] = EMITTER._SPECIAL_FORMS
"""Functions whose SQL is made by a function, by name."""

is_timespan: Final[Callable[[ir.Expr], bool]] = EMITTER._is_timespan_expr
"""Whether an expression is known to be one, whatever it reads."""


PREFIXED_NAMES: Final[dict[str, str]] = naming._PREFIXED
"""Functions whose column has their argument's name after a prefix."""


def put(part: str, own: Any) -> None:
    """Put something in the place of the engine's; a second time does nothing."""
    module, name = _PLACES[part]
    setattr(module, name, own)


def collapsed(node: Any) -> Any:
    """A node of the grammar without the wrappers that have one child alone."""
    return _LOWERING._collapse(node)


def rule_children(node: Any) -> list[Any]:
    """The nodes of the grammar below one; signs and keywords are none."""
    found: list[Any] = _LOWERING._rule_children(node)
    return found


def kind_of_node(node: Any) -> str:
    """A node's name in the grammar."""
    return type(node).__name__.removesuffix("Context")


def names_in(node: Any) -> list[str]:
    """Every name below a node where nothing but names may stand."""
    found: list[str] = _LOWERING._find_names(node)
    return found


def all_below(node: Any, kind: str) -> list[Any]:
    """The topmost nodes of a kind."""
    found: list[Any] = _LOWERING._find_all(node, kind)
    return found


def constant_index(index: ir.Expr | None) -> int | None:
    """The number that an index is; ``None`` where it is another expression."""
    found: int | None = EMITTER._static_index(index)
    return found


def spelled(operator: Any) -> str:
    """An operator as KQL spells it."""
    found: str = _LOWERING._op_text(operator)
    return found


def lowered_expression(node: Any) -> ir.Expr:
    """An expression as the engine reads it."""
    found: ir.Expr = _LOWERING._lower_expr(node)
    return found


def lowered_named(node: Any) -> ir.NamedExpr:
    """``name = expression``, or an expression alone."""
    found: ir.NamedExpr = _LOWERING._lower_named(node)
    return found


def lowered_operators(nodes: Sequence[Any]) -> list[ir.Operator]:
    """A pipeline's operators."""
    found: list[ir.Operator] = _LOWERING._lower_operators(nodes)
    return found


def lowered_sort_key(node: Any) -> ir.SortKey:
    """What to sort by."""
    found: ir.SortKey = _LOWERING._lower_sort_key(node)
    return found


def lowered_expansion(node: Any) -> tuple[ir.MvExpandTarget, ir.NamedExpr | None]:
    """What ``mv-expand`` expands, and a column that is computed for it before."""
    found: tuple[ir.MvExpandTarget, ir.NamedExpr | None] = _LOWERING._lower_mv_expand_target(node)
    return found


def lowered_segment(node: Any) -> ir.ParseSegment:
    """A literal of a ``parse`` pattern, and the column after it."""
    found: ir.ParseSegment = _LOWERING._lower_parse_segment(node)
    return found


def substituted(node: Any, scalars: Any) -> Any:
    """An expression or a query with names bound by ``let`` in their places."""
    if isinstance(node, ir.Query):
        return _LOWERING._substitute_query(node, scalars)
    return _LOWERING._substitute(node, scalars)


def declared_function(name: str) -> Any:
    """A function that the query declares; ``None`` where it declares none of that name."""
    return _LOWERING._LET_FUNCTIONS_STATE.get().get(name)


def distinct_in_any_case(columns: list[str], operator: str) -> list[str]:
    """The columns, refused where two differ in letter case alone, which are one to the database."""
    found: list[str] = schema._no_case_collision(columns, operator)
    return found


def timespan_text(sql: str) -> str:
    """The SQL of a timespan's text."""
    found: str = EMITTER._kql_timespan_text(sql)
    return found


def nested_sql(query: ir.Query) -> str:
    """The SQL of a query inside of the one that is being rendered."""
    return str(EMITTER.to_sql(query, EMITTER._nested_schema()))
