"""An expression stands once in the SQL, however often the engine's template for its text reads it.

``tostring(x)``, and with it ``strcat``, asks for the type of its argument at run time and has a branch for
each, so the engine writes the argument nine times: two of them nested are 81 copies, and DuckDB plans each. A
long argument is therefore bound once, as the one element of a list; what is a text already needs no branch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import duckdb_kql.translate as engine
from duckdb_kql import ir

from foundry_telemetry.local.engine.language.expression_types import kind_of

_LONGEST_COPIED: Final = 60
"""Characters of SQL: a column or a literal is cheaper to repeat than to bind."""
_TEXTS: Final = frozenset(
    {"replace_regex", "replace_string", "strcat", "strcat_array", "strcat_delim", "tostring"}
)
"""Functions whose result is a text in DuckDB, whatever they are given."""
_VALUE: Final = "bound"

_tostring: Final = engine.render_kql_tostring
_element: Final = engine._dynamic_element  # noqa: SLF001 - nothing public leads to it


def install() -> None:
    """Let the engine write `tostring` and `element`; a second time does nothing."""
    engine.render_kql_tostring = tostring
    engine._dynamic_element = element  # noqa: SLF001


def tostring(node: ir.Expr) -> str:
    """SQL for KQL's text of a value, as the engine's own function of that purpose gives it."""
    if isinstance(node, ir.FunctionCall) and (node.name in _TEXTS or kind_of(node) == "string"):
        return f"coalesce({engine.render_expr(node)}, '')"
    if engine._is_dynamic_expr(node) or engine._is_datetime_expr(node):  # noqa: SLF001 - these are short already
        return _tostring(node)
    return _bound(node, _tostring)


def element(node: ir.Expr) -> str:
    """SQL for a value within a dynamic one."""
    return _bound(node, _element)


def _bound(node: ir.Expr, template: Callable[[ir.Expr], str]) -> str:
    sql = engine.render_expr(node)
    if len(sql) <= _LONGEST_COPIED:
        return template(node)
    return f"list_transform([{sql}], lambda {_VALUE}: {template(ir.RenderedAggregate(_VALUE))})[1]"
