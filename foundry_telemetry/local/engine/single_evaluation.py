"""An expression stands once in the SQL, however often the engine's template for its text reads it.

``tostring(x)``, and with it ``strcat``, asks for the type of its argument at run time and has a branch for
each, so the engine writes the argument nine times: two of them nested are 81 copies, and DuckDB plans each. A
long argument is therefore bound once, as the one element of a list; what is a text already needs no branch.
So is each long argument that the template of another function reads more than once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Final

import duckdb_kql.translate as engine
from duckdb_kql import ir
from duckdb_kql.translate.functions import FunctionSpec

from foundry_telemetry.local.engine.errors import RESOURCES, QueryError
from foundry_telemetry.local.engine.language.engine_parts import SPECIAL_FORMS
from foundry_telemetry.local.engine.language.expression_types import kind_of

MOST_WRITTEN: Final = 400_000
"""Characters of a query whose functions and variables stand wherever they are used; DuckDB plans them all."""

TOO_LONG: Final = (
    "The query is too large or nested too deeply: with its functions and variables written out it has "
    "{size:,} characters, at most {most:,}; let functions use each other less often, or split the query."
)
_LONGEST_COPIED: Final = 60
"""Characters of SQL: a column or a literal is cheaper to repeat than to bind."""
_TEXTS: Final = frozenset(
    {"replace_regex", "replace_string", "strcat", "strcat_array", "strcat_delim", "tostring"}
)
"""Functions whose result is a text in DuckDB, whatever they are given."""
_FILLED: Final = "CASE WHEN typeof({0}) <> 'VARCHAR' OR CAST({0} AS VARCHAR) <> '' THEN {0} END"
_VALUE: Final = "bound"
_VALUES: Final = "once"
"""Names of what is bound, in the SQL."""

_tostring: Final = engine.render_kql_tostring
_element: Final = engine._dynamic_element  # noqa: SLF001 - nothing public leads to it
_render: Final = FunctionSpec.render
_coalesce: Final = SPECIAL_FORMS["coalesce"]


def install() -> None:
    """Let the engine write these functions; a second time does nothing."""
    engine.render_kql_tostring = tostring
    engine._dynamic_element = element  # noqa: SLF001
    SPECIAL_FORMS["coalesce"] = coalesce
    for name, form in SPECIAL_FORMS.items():
        if not hasattr(form, "__wrapped__"):
            SPECIAL_FORMS[name] = _measured(form)
    FunctionSpec.render = render  # type: ignore[method-assign, assignment]


def tostring(node: ir.Expr) -> str:
    """SQL for KQL's text of a value, as the engine's own function of that purpose gives it."""
    if isinstance(node, ir.Literal) and isinstance(node.value, str) and node.kind == "string":
        return engine.render_expr(node)
    if isinstance(node, ir.FunctionCall) and (node.name in _TEXTS or kind_of(node) == "string"):
        return f"coalesce({engine.render_expr(node)}, '')"
    if engine._is_dynamic_expr(node) or engine._is_datetime_expr(node):  # noqa: SLF001 - these are short already
        return _tostring(node)
    return _bound(node, _tostring)


def element(node: ir.Expr) -> str:
    """SQL for a value within a dynamic one."""
    return _bound(node, _element)


def render(spec: FunctionSpec, args: list[str]) -> str:
    """SQL for a function by its template."""
    copied = {index: sql for index, sql in enumerate(args) if _is_copied(spec, index, sql)}
    if not copied:
        return short(_render(spec, args))
    return short(_packed(copied, _render(spec, _names(args, copied))))


def short(sql: str) -> str:
    """The same SQL, while it is one that may be planned: with each level of nesting it grows many times."""
    if len(sql) > MOST_WRITTEN:
        raise QueryError(TOO_LONG.format(size=len(sql), most=MOST_WRITTEN), code=RESOURCES)
    return sql


def _measured(form: Callable[[ir.FunctionCall], str | None]) -> Callable[[ir.FunctionCall], str | None]:
    @wraps(form)
    def measured(node: ir.FunctionCall) -> str | None:
        sql = form(node)
        return None if sql is None else short(sql)

    return measured


def coalesce(node: ir.FunctionCall) -> str | None:
    """SQL for the first value that is neither null nor an empty text; it writes no number as a text."""
    written = _coalesce(node)
    if written is None:
        return None
    rendered = [engine.render_expr(argument) for argument in node.args]
    copied = {index: sql for index, sql in enumerate(rendered) if len(sql) > _LONGEST_COPIED}
    values = _names(rendered, copied)
    filled = [_FILLED.format(value) for value in values]
    body = f"coalesce({', '.join([*filled, *values])})"
    return _packed(copied, body) if copied else body


def _is_copied(spec: FunctionSpec, index: int, sql: str) -> bool:
    is_read_again = not spec.variadic and spec.template.count(f"{{{index}}}") > 1
    return is_read_again and len(sql) > _LONGEST_COPIED


def _names(sqls: Sequence[str], bound: Mapping[int, str]) -> list[str]:
    return [f"{_VALUES}.v{index}" if index in bound else sql for index, sql in enumerate(sqls)]


def _packed(bound: Mapping[int, str], body: str) -> str:
    packed = ", ".join(f"v{index} := {sql}" for index, sql in bound.items())
    return f"list_transform([struct_pack({packed})], lambda {_VALUES}: {body})[1]"


def _bound(node: ir.Expr, template: Callable[[ir.Expr], str]) -> str:
    sql = engine.render_expr(node)
    if len(sql) <= _LONGEST_COPIED:
        return template(node)
    return f"list_transform([{sql}], lambda {_VALUE}: {template(ir.RenderedAggregate(_VALUE))})[1]"
