"""Clauses that take no dynamic values, and ``where``, which takes nothing but bools."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from duckdb_kql import ir

from foundry_telemetry.local.engine.language.type_checks import refuse_dynamic, requires_bool

_EXTREMES: Final = frozenset({"arg_max", "arg_min"})
"""The aggregates that have several columns, and so a way of their own through the engine."""


def _where(operator: ir.Where) -> str:
    return requires_bool([operator.predicate], "TRUE")


def _sort(operator: ir.Sort | ir.Top) -> str:
    return refuse_dynamic([key.expr for key in operator.keys], "sort", "TRUE")


def _distinct(operator: ir.Distinct) -> str:
    return refuse_dynamic([named.expr for named in operator.expressions], "distinct", "TRUE")


def _summarize(operator: ir.Summarize) -> str:
    keys = refuse_dynamic([named.expr for named in operator.by], "summarize by", "TRUE")
    extremes = [
        named.expr.args[0]
        for named in operator.aggregates
        if isinstance(named.expr, ir.FunctionCall)
        and named.expr.name.lower() in _EXTREMES
        and named.expr.args
    ]
    return refuse_dynamic(extremes, "arg_max", keys)


_CHECKS: Final[tuple[tuple[type[ir.Operator], Callable[..., str]], ...]] = (
    (ir.Where, _where),
    (ir.Sort, _sort),
    (ir.Top, _sort),
    (ir.Distinct, _distinct),
    (ir.Summarize, _summarize),
)


def checked_input(operator: ir.Operator, source: str) -> str:
    """What an operator reads, refused where its clauses may not read it.

    Args:
        operator: As the engine lowered it, its let-names resolved.
        source: A name or an SQL subquery.
    """
    return guarded(source, (check(operator) for kind, check in _CHECKS if isinstance(operator, kind)))


def guarded(source: str, conditions: Iterable[str]) -> str:
    """A source whose rows are read where SQL conditions hold; refusals among them fail the query."""
    wanted = [condition for condition in conditions if condition != "TRUE"]
    return f"(SELECT * FROM {source} WHERE {' AND '.join(wanted)})" if wanted else source
