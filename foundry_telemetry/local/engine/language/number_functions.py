"""Functions of numbers that give whole numbers for whole ones, where the engine gives reals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from duckdb_kql import ir

from foundry_telemetry.local.engine.language.engine_parts import EMITTER, SPECIAL_FORMS
from foundry_telemetry.local.engine.language.expression_types import kind_of
from foundry_telemetry.local.engine.language.refusals import unsupported
from foundry_telemetry.local.engine.language.templates import bound

_ROUND: Final = SPECIAL_FORMS["round"]

_CEILING: Final = (
    "CASE WHEN isinf(CAST(_b.v AS DOUBLE)) THEN _b.v "
    "ELSE _b.v - _b.v % 1 + CASE WHEN _b.v % 1 > 0 THEN 1 ELSE 0 END END"
)
"""Of the type of the value."""


def _round(call: ir.FunctionCall) -> str | None:
    if len(call.args) != 1 or kind_of(call.args[0]) == "dynamic":
        return _ROUND(call)
    return f"round({EMITTER.render_expr(call.args[0])})"


def _ceiling(call: ir.FunctionCall) -> str:
    if len(call.args) != 1:
        raise unsupported(call.name, "it takes a number")
    return bound(_CEILING, v=EMITTER.render_expr(call.args[0]))


NUMBER_FUNCTIONS: Final[Mapping[str, Callable[[ir.FunctionCall], str | None]]] = {
    "ceiling": _ceiling,
    "round": _round,
}
"""By name."""
