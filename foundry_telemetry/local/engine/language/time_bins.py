"""``bin`` of a datetime by whole microseconds; the engine goes by seconds and a time zone, at five times the time."""

from __future__ import annotations

from typing import Final

from duckdb_kql import ir
from duckdb_kql.translate import _is_timespan_expr, render_expr

from foundry_telemetry.local.engine.language.engine_parts import SPECIAL_FORMS

_NAMES: Final = ("bin", "floor")
"""Both are one function in Kusto."""
_ARGUMENTS: Final = 2
_BINNED: Final = "make_timestamp(CAST(floor(epoch_us({value}) / epoch_us({width})) AS BIGINT) * epoch_us({width}))"

_originals: Final = {name: SPECIAL_FORMS[name] for name in _NAMES}


def install() -> None:
    """Let the engine write these functions; a second time does nothing."""
    SPECIAL_FORMS.update(dict.fromkeys(_NAMES, binned))


def binned(node: ir.FunctionCall) -> str | None:
    """SQL for a value rounded down to a multiple of another."""
    if len(node.args) != _ARGUMENTS or not _is_of_datetimes(*node.args):
        return _originals[node.name.lower()](node)
    value, width = map(render_expr, node.args)
    return _BINNED.format(value=value, width=width)


def _is_of_datetimes(value: ir.Expr, width: ir.Expr) -> bool:
    return isinstance(width, ir.Literal) and width.kind == "timespan" and not _is_timespan_expr(value)
