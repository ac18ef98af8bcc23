"""``set`` statements: which change no answer of this store, and which would.

An option that limits a result is taken where the limit is no lower than the store's own. What the engine
itself takes, such as ``query_now``, stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from duckdb_kql import ir
from duckdb_kql.options import OPTION_SUPPORT, OptionSupport

from foundry_telemetry.local.engine.language.engine_parts import (
    ORIGINAL,
    all_below,
    collapsed,
    lowered_expression,
    names_in,
    put,
    rule_children,
)
from foundry_telemetry.local.engine.language.refusals import unsupported
from foundry_telemetry.local.engine.sizes import MOST_BYTES, MOST_ROWS

_APPLY: Final[Callable[[Any], None]] = ORIGINAL["set statements"]


def _any(value: ir.Expr | None) -> bool:
    del value
    return True


def _from(least: int) -> Callable[[ir.Expr | None], bool]:
    """A limit that is no lower."""

    def accepts(value: ir.Expr | None) -> bool:
        return isinstance(value, ir.Literal) and isinstance(value.value, int) and value.value >= least

    return accepts


_HARMLESS: Final[Mapping[str, Callable[[ir.Expr | None], bool]]] = {
    "max_memory_consumption_per_query_per_node": _any,
    "maxmemoryconsumptionperiterator": _any,
    "notruncation": _any,
    "query_fanout_nodes_percent": _any,
    "query_fanout_threads_percent": _any,
    "query_results_cache_max_age": _any,
    "query_results_cache_per_shard": _any,
    "query_take_max_records": _from(MOST_ROWS),
    "queryconsistency": _any,
    "truncationmaxrecords": _from(MOST_ROWS),
    "truncationmaxsize": _from(MOST_BYTES),
}
"""By name: which values change nothing. The time and memory of a query have limits of the store's own, and an
answer is kept no longer than the rows stay the same."""


def install() -> None:
    """Let the engine take these; a second time does nothing."""
    for name in _HARMLESS:
        OPTION_SUPPORT[name] = (OptionSupport.NO_OP, "")
    put("set statements", _apply)


def _apply(tree: Any) -> None:
    for statement in all_below(tree, "SetStatement"):
        parts = rule_children(statement)
        name = (names_in(parts[0]) or [parts[0].getText()])[0].lower()
        value = lowered_expression(collapsed(parts[1])) if len(parts) > 1 else None
        if name in _HARMLESS and not _HARMLESS[name](value):
            raise unsupported(f"set {name}", "it would cut the result: write take in its place")
    _APPLY(tree)
