"""``(a, b) = …``: names for the columns of one call."""

from __future__ import annotations

from itertools import pairwise

from duckdb_kql import ir

from foundry_telemetry.kql import lexer
from foundry_telemetry.local.engine.errors import QueryError
from foundry_telemetry.local.engine.ir_visitor import nodes
from foundry_telemetry.local.engine.language import series_statistics, several_columns
from foundry_telemetry.local.engine.language.calls import NAMES_MARK


def refuse_others(query: ir.Query, kql: str) -> None:
    """Refuse them where nothing gives several columns: the first name alone would be kept.

    Args:
        query: As the engine lowered it, each of ``percentiles`` apart.
        kql: Its text, for the place.

    Raises:
        QueryError: It has such names.
    """
    if not any(map(_is_other, nodes(query, deep=True))):
        return
    for left, right in pairwise(lexer.tokens(kql)):
        if (left.text, right.text) == (")", "="):
            line, position = lexer.place(kql, right.start)
            raise QueryError(
                f"The local Azure Monitor does not support '(…) =' on line {line}, position {position}: "
                "give each column a name of its own.",
                reason="NotSupportedLocally",
                line=line,
                position=position,
                construct="(…) =",
            )


def _is_other(node: object) -> bool:
    if not isinstance(node, ir.NamedExpr) or NAMES_MARK not in (node.name or ""):
        return False
    return not (several_columns.is_several(node.expr) or series_statistics.is_several(node.expr))
