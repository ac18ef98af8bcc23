"""How Kusto calls a column that the query gives no name, where the engine does not know it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from duckdb_kql import ir

from foundry_telemetry.local.engine.language.engine_parts import ORIGINAL, PREFIXED_NAMES, put

_OF_ARGUMENT: Final = frozenset(
    {
        "format_bytes",
        "parse_csv",
        "parsejson",
        "series_fill_backward",
        "series_fill_const",
        "series_fill_forward",
        "series_fill_linear",
        "toobject",
    }
)
"""Functions whose column is called as their first argument is."""

_PREFIXED: Final = {"repeat": "repeat", "string_size": "string_size"}

_AGGREGATE_NAME: Final[Callable[[Any, ir.FunctionCall], str]] = ORIGINAL["aggregate name"]


def install() -> None:
    """Let the engine know these; a second time does nothing."""
    put("name-preserving functions", ORIGINAL["name-preserving functions"] | _OF_ARGUMENT)
    put("aggregate name", _aggregate_name)
    PREFIXED_NAMES.update(_PREFIXED)


def _aggregate_name(spec: Any, call: ir.FunctionCall) -> str:
    """``percentile(x, 99.9)`` is ``percentile_x_99_9``."""
    name = _AGGREGATE_NAME(spec, call)
    head, _, last = name.rpartition("_")
    return f"{head}_{last.replace('.', '_')}" if call.name.lower() == "percentile" else name
