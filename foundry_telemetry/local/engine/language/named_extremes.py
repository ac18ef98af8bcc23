"""``(a, b) = arg_max(x, y)``: a name for each column of one aggregate, as a rename after it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from duckdb_kql import ir

from foundry_telemetry.local.engine.ir_visitor import rewritten
from foundry_telemetry.local.engine.language.calls import NAMES_MARK

EXTREMES: Final = frozenset({"arg_max", "arg_min"})
"""The aggregates with several columns."""


def with_renames(query: ir.Query) -> ir.Query:
    """A query in which such an aggregate has one name alone; one that cannot be renamed stays as it is."""

    def change(node: object) -> object:
        if not isinstance(node, ir.Query) or not any(map(_has_names, node.operators)):
            return node
        operators = [part for operator in node.operators for part in _apart(rewritten(operator, change))]
        return replace(
            node,
            source=rewritten(node.source, change),
            operators=operators,
            lets=rewritten(node.lets, change),
        )

    return rewritten(query, change)


def _has_names(operator: ir.Operator) -> bool:
    return isinstance(operator, ir.Summarize) and any(
        NAMES_MARK in (one.name or "") for one in operator.aggregates
    )


def _apart(operator: ir.Operator) -> Iterator[ir.Operator]:
    if not isinstance(operator, ir.Summarize):
        yield operator
        return
    renames: list[tuple[str, str]] = []
    aggregates = []
    for one in operator.aggregates:
        found = dict(_renames(one))
        taken = {name for name, _ in renames} | {key.name for key in operator.by} | _columns(operator.by)
        if found and not taken.intersection(found):
            renames += found.items()
            one = replace(one, name=(one.name or "").split(NAMES_MARK)[0])  # noqa: PLW2901 - the same, renamed
        aggregates.append(one)
    yield replace(operator, aggregates=tuple(aggregates))
    if renames:
        yield ir.ProjectRename(tuple(renames))


def _columns(keys: tuple[ir.NamedExpr, ...]) -> set[str | None]:
    return {key.expr.name for key in keys if isinstance(key.expr, ir.ColumnRef)}


def _renames(aggregate: ir.NamedExpr) -> Iterator[tuple[str, str]]:
    """The columns beside the first one, with their names; none where they have none to be renamed by."""
    names = (aggregate.name or "").split(NAMES_MARK)[1:]
    call = aggregate.expr
    if not isinstance(call, ir.FunctionCall) or call.name.lower() not in EXTREMES:
        return
    others = [one.name for one in call.args[1:] if isinstance(one, ir.ColumnRef)]
    if len(others) == len(call.args) - 1 == len(names) == len(set(others)):
        yield from zip(others, names, strict=True)
