"""``partition by column (pipeline)``: a pipeline over the rows of each value of a column, by itself.

It runs once over all rows, with that value in each of its groups, as `mv_apply` does it for rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from duckdb_kql import ir

from foundry_telemetry.local.engine.language.engine_parts import (
    kind_of_node,
    lowered_expression,
    rule_children,
)
from foundry_telemetry.local.engine.language.mv_apply import (
    ROW,
    by_row,
    lowered_pipeline,
    refuse_ordered_lists,
)
from foundry_telemetry.local.engine.language.own_operator import (
    OwnOperator,
    columns_after,
    identifier,
    lowers,
    nested,
)
from foundry_telemetry.local.engine.language.refusals import refused_if, unsupported
from foundry_telemetry.local.engine.language.type_checks import refuse_dynamic
from foundry_telemetry.local.engine.language.window_functions import serialized

MOST_LEGACY: Final = 64
"""Values of the column that the strategy takes which Kusto uses unless another one is named."""

_TOO_MANY: Final = (
    f"'partition' takes at most {MOST_LEGACY} values of its column: write partition hint.strategy=native by …"
)
_STRATEGIES: Final = {"legacy": True, "native": False, "shuffle": False}
"""Whether the number of values is limited."""

_HINTS: Final = frozenset({"hint.concurrency", "hint.materialized", "hint.shufflekey", "hint.spread"})
_KEEP_GROUPS: Final = (ir.Extend, ir.Project, ir.ProjectAway, ir.ProjectRename, ir.Sort)
"""Operators that leave no group without rows."""


@dataclass(frozen=True)
class Partition(OwnOperator):
    """The operator."""

    is_serialized = True

    key: ir.ColumnRef
    operators: tuple[ir.Operator, ...]
    is_limited: bool

    @property
    def reads(self) -> object:
        """The pipeline may make columns of its own."""
        return self.key

    def columns(self, given: list[str]) -> list[str]:
        """What the pipeline gives."""
        return [
            name for name in columns_after([*given, ROW], by_row(self.operators, "partition")) if name != ROW
        ]

    def sql(self, source: str, given: list[str]) -> str:
        """The statement."""
        key, row = identifier(self.key.name), identifier(ROW)
        checks = refuse_dynamic([self.key], "partition", "TRUE")
        if self.is_limited:
            values = f"(SELECT count(*) FROM (SELECT DISTINCT {key} FROM {source} LIMIT {MOST_LEGACY + 1}))"
            checks += f" AND {refused_if(f'{values} > {MOST_LEGACY}', _TOO_MANY, 'TRUE')}"
        body = nested(
            f"SELECT *, {key} AS {row} FROM {source} WHERE {checks}",
            [*given, ROW],
            by_row(self.operators, "partition"),
        )
        listed = ", ".join(map(identifier, self.columns(given)))
        return f"SELECT {listed} FROM ({body})"


@lowers("PartitionOperator")
def _partition(node: Any) -> ir.Operator:
    is_limited = True
    for child in rule_children(node):
        if "Parameter" not in kind_of_node(child):
            continue
        name, _, value = child.getText().lower().partition("=")
        if name == "hint.strategy" and value in _STRATEGIES:
            is_limited = _STRATEGIES[value]
        elif name not in _HINTS:
            raise unsupported("partition", f"leave {child.getText()!r} out")
        elif name == "hint.shufflekey":
            is_limited = False
    if node.SubExpressionBody is None or node.InClause is not None:
        raise unsupported("partition", "write partition by column (pipeline)")
    key = lowered_expression(node.ByExpression)
    operators = lowered_pipeline(node.SubExpressionBody.SubExpression)
    if not isinstance(key, ir.ColumnRef):
        raise unsupported("partition", "it takes a column: compute it in an extend before")
    refuse_ordered_lists(operators, "partition")
    _refuse_lost_groups(operators)
    return Partition(key, tuple(serialized(operators, ordered=False)), is_limited)


def _refuse_lost_groups(operators: list[ir.Operator]) -> None:
    """A ``count`` gives a row of a group that has none left, which nothing here remembers."""
    for place, operator in enumerate(operators):
        is_bare = isinstance(operator, ir.Count) or (isinstance(operator, ir.Summarize) and not operator.by)
        if is_bare and not all(isinstance(before, _KEEP_GROUPS) for before in operators[:place]):
            raise unsupported("partition", "filter the rows before it, so that every group has some")
