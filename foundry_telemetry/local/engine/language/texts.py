"""``tostring`` and everything that reads a value as a text, in a statement that grows with the query alone.

The engine repeats a value for each type that it may have, so nested texts grow exponentially. A value that is
a text already needs no such choice, and a long one is evaluated once and chosen of by name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from duckdb_kql import ir

from foundry_telemetry.local.engine.language.engine_parts import EMITTER, ORIGINAL, put
from foundry_telemetry.local.engine.language.expression_types import kind_of

_TOSTRING: Final[Callable[[ir.Expr], str]] = ORIGINAL["text sql"]

_LONGEST: Final = 300
"""Characters of SQL that are repeated."""


@dataclass(frozen=True)
class _Sql(ir.Expr):
    """Named as the engine names SQL that stands for an expression."""

    sql: str


def install() -> None:
    """Let the engine write texts so; a second time does nothing."""
    put("text sql", as_text)


def as_text(node: ir.Expr) -> str:
    """The SQL of a value's text; never null."""
    kind = kind_of(node)
    if kind == "string":
        return f"coalesce({EMITTER.render_expr(node)}, '')"
    if kind in {"dynamic", "datetime"} or isinstance(node, ir.ColumnRef | ir.Literal):
        return _TOSTRING(node)
    value = EMITTER.render_expr(node)
    if len(value) <= _LONGEST:
        return _TOSTRING(_Sql(value))
    return f"list_transform([{value}], lambda _value: {_TOSTRING(_Sql('_value'))})[1]"
