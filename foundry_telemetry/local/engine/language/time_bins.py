"""``bin`` of times by whole microseconds, and of numbers in columns to whole ones.

The engine bins datetimes by seconds and a time zone, at five times the time, and puts each number into a list
of its own, because its template reads it many times. It also counts their bins from 1970. Kusto counts them
from the first day of the year 1, a Monday, on which weeks therefore begin; a timespan's from zero.
"""

from __future__ import annotations

from typing import Final

from duckdb_kql import ir
from duckdb_kql.translate import render_expr
from duckdb_kql.translate.functions import long_or_wider

from foundry_telemetry.local.engine.language.engine_parts import SPECIAL_FORMS, is_timespan
from foundry_telemetry.local.engine.language.expression_types import kind_of
from foundry_telemetry.local.engine.language.templates import bound

_NAMES: Final = ("bin", "floor")
"""Both are one function in Kusto."""
_ARGUMENTS: Final = 2
_DATETIME_COLUMNS: Final = frozenset({"TimeGenerated", "timestamp"})
"""Columns that every table of telemetry has."""

SINCE_ORIGIN: Final = 62_135_596_800_000_000
"""Microseconds from the first day of the year 1 to 1970."""
_SHIFT: Final = f"({SINCE_ORIGIN} % epoch_us({{width}}))"
_DATETIME: Final = (
    f"make_timestamp(CAST(floor((epoch_us({{value}}) + {_SHIFT}) / epoch_us({{width}})) AS BIGINT) "
    f"* epoch_us({{width}}) - {_SHIFT})"
)
_TIMESPAN: Final = (
    "to_microseconds(CAST(floor(epoch_us({value}) / epoch_us({width})) AS BIGINT) * epoch_us({width}))"
)
_EITHER: Final = (
    "{value} - to_microseconds(((epoch_us({value}) + CASE WHEN typeof({value}) = 'INTERVAL' THEN 0 "
    f"ELSE {SINCE_ORIGIN} END) % epoch_us({{width}}) + epoch_us({{width}})) % epoch_us({{width}}))"
)
"""Of the type of the value, and slower."""
_WHOLE: Final = (
    "CASE WHEN isinf(CAST({value} AS DOUBLE)) THEN {value} "
    "ELSE {value} - {value} % 1 - CASE WHEN {value} % 1 < 0 THEN 1 ELSE 0 END END"
)
"""Of the type of the value."""

_originals: Final = {name: SPECIAL_FORMS[name] for name in _NAMES}


def install() -> None:
    """Let the engine write these functions; a second time does nothing."""
    SPECIAL_FORMS.update(dict.fromkeys(_NAMES, binned))


def binned(node: ir.FunctionCall) -> str | None:
    """SQL for a value rounded down to a multiple of another."""
    width = node.args[1] if len(node.args) == _ARGUMENTS else None
    width = width.value if isinstance(width, ir.LetRef) else width
    if width is not None and is_timespan(width):
        return _by_time(node.args[0], width)
    if isinstance(width, ir.Literal):
        value = node.args[0]
        if width.kind == "long" and width.value == 1 and isinstance(value, ir.ColumnRef):
            return _WHOLE.format(value=long_or_wider(render_expr(value)))
    return _originals[node.name.lower()](node)


def _by_time(value: ir.Expr, width: ir.Expr) -> str:
    sql, size = render_expr(value), render_expr(width)
    if not isinstance(width, ir.Literal):
        size = f"CASE WHEN {size} > to_microseconds(0) THEN {size} END"
    kind = _kind(value)
    if kind is not None:
        return (_TIMESPAN if kind == "timespan" else _DATETIME).format(value=sql, width=size)
    if isinstance(value, ir.ColumnRef):
        return f"({_EITHER.format(value=sql, width=size)})"
    return bound(_EITHER.format(value="_b.v", width="_b.w"), v=sql, w=size)


def _kind(value: ir.Expr) -> str | None:
    """Which kind of time it is, where the text says it."""
    if is_timespan(value):
        return "timespan"
    if isinstance(value, ir.ColumnRef) and value.name in _DATETIME_COLUMNS:
        return "datetime"
    if isinstance(value, ir.BinaryOp) and value.op in {"+", "-"}:
        kinds = (_kind(value.left), _kind(value.right))
        return {("datetime", "timespan"): "datetime", ("datetime", "datetime"): "timespan"}.get(kinds)  # type: ignore[arg-type]
    kind = kind_of(value)
    return kind if kind in {"datetime", "timespan"} else None
