"""``as Name``: a part of a pipeline under a name, which what follows it may read again.

A name that is read becomes one bound by ``let``, and the rest of the pipeline goes on from it. ``withsource``
calls the parts of a union by these names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from duckdb_kql import ir

from foundry_telemetry.local.engine.ir_visitor import nodes, rewritten
from foundry_telemetry.local.engine.language.column_operators import Kept
from foundry_telemetry.local.engine.language.engine_parts import kind_of_node, names_in, rule_children
from foundry_telemetry.local.engine.language.own_operator import OwnOperator, lowers
from foundry_telemetry.local.engine.language.refusals import unsupported

_HINT: Final = "hint.materialized"
_LATER: Final = "bind it by let name = …; where it is read within a join or union"
_EACH: Final = "with 'withsource' either every part of the union has a name by 'as', or none has"


@dataclass(frozen=True)
class As(OwnOperator):
    """The operator; its rows are those that come in."""

    name: str

    def columns(self, given: list[str]) -> list[str]:
        """All of them."""
        return given

    def sql(self, source: str, given: list[str]) -> str:
        """The statement."""
        del given
        return f"SELECT * FROM {source}"


@lowers("AsOperator")
def _as(node: Any) -> ir.Operator:
    for child in rule_children(node):
        if "Parameter" in kind_of_node(child) and not child.getText().lower().startswith(_HINT):
            raise unsupported("as", f"leave {child.getText()!r} out")
    return As(names_in(node.Name)[0])


def has_names(query: ir.Query) -> bool:
    """Whether a query has such an operator."""
    return any(isinstance(node, As) for node in nodes(query, deep=True))


def with_names(query: ir.Query) -> ir.Query:
    """A query in which each of those names is what a ``let`` binds, where it is read."""
    if not has_names(query):
        return query
    labelled = rewritten(query, _with_sources)
    lets = list(labelled.lets)
    source, operators = labelled.source, list[ir.Operator]()
    for place, operator in enumerate(labelled.operators):
        if isinstance(operator, As) and _is_read(operator.name, labelled.operators[place + 1 :]):
            lets.append((operator.name, ir.Query(source, operators)))
            source, operators = ir.TableRef(operator.name), []
        elif not isinstance(operator, As):
            operators.append(operator)
    found = replace(labelled, source=source, operators=operators, lets=lets)
    return _refused_elsewhere(found)


def _is_read(name: str, nodes_: Sequence[object]) -> bool:
    return any(isinstance(node, ir.TableRef) and node.name == name for node in nodes(nodes_, deep=True))


def _refused_elsewhere(query: ir.Query) -> ir.Query:
    """Names within a part of the query are refused where somebody reads them."""
    for node in nodes(query, deep=True):
        if isinstance(node, As) and _is_read(node.name, [query]):
            raise unsupported("as", _LATER)
    return query


def _with_sources(node: object) -> object:
    """A union whose parts are called by their names."""
    if not isinstance(node, ir.Query):
        return node
    operators: list[ir.Operator] = []
    for operator in node.operators:
        if not isinstance(operator, ir.Union) or operator.with_source is None:
            operators.append(rewritten(operator, _with_sources))
            continue
        last = [operators[-1] if operators else None, *map(_last, operator.branches)]
        labels = [one.name for one in last if isinstance(one, As)]
        if not labels:
            operators.append(operator)
            continue
        if len(labels) < len(last):
            raise unsupported("as", _EACH)
        operators += _labelled(operator, operator.with_source, labels)
    return replace(
        node,
        source=rewritten(node.source, _with_sources),
        operators=operators,
        lets=[(name, rewritten(bound, _with_sources)) for name, bound in node.lets],
    )


def _last(branch: ir.Query) -> ir.Operator | None:
    return branch.operators[-1] if branch.operators else None


def _labelled(union: ir.Union, column: str, labels: Sequence[str]) -> list[ir.Operator]:
    first, *others = (ir.Extend((ir.NamedExpr(ir.Literal(label, "string"), column),)) for label in labels)
    branches = tuple(
        replace(branch, operators=[*branch.operators, other])
        for branch, other in zip(union.branches, others, strict=True)
    )
    return [first, replace(union, branches=branches, with_source=None), Kept(((column, ""),), "reorder")]
