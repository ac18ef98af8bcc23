"""``bin`` of datetimes by whole microseconds, and of numbers in columns to whole ones.

The engine bins datetimes by seconds and a time zone, at five times the time, and puts each number into a list
of its own, because its template reads it many times.
"""

from __future__ import annotations

from typing import Final

from duckdb_kql import ir
from duckdb_kql.translate import render_expr
from duckdb_kql.translate.functions import long_or_wider

from foundry_telemetry.local.engine.language.engine_parts import SPECIAL_FORMS, is_timespan

_NAMES: Final = ("bin", "floor")
"""Both are one function in Kusto."""
_ARGUMENTS: Final = 2
_TIME: Final = (
    "make_timestamp(CAST(floor(epoch_us({value}) / epoch_us({width})) AS BIGINT) * epoch_us({width}))"
)
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
    if isinstance(width, ir.Literal):
        value = node.args[0]
        if width.kind == "timespan" and not is_timespan(value):
            return _TIME.format(value=render_expr(value), width=render_expr(width))
        if width.kind == "long" and width.value == 1 and isinstance(value, ir.ColumnRef):
            return _WHOLE.format(value=long_or_wider(render_expr(value)))
    return _originals[node.name.lower()](node)
