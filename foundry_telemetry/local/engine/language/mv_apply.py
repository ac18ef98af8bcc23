"""``mv-apply``: a pipeline over the elements of each row's array, for each row by itself.

Every row gets a number, its elements are expanded, and the pipeline runs once over all of them, with that
number in each of its groups and partitions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from duckdb_kql import ir

from foundry_telemetry.local.engine.ir_visitor import nodes
from foundry_telemetry.local.engine.language.column_operators import DistinctAll, Kept, Serialize
from foundry_telemetry.local.engine.language.engine_parts import (
    EMITTER,
    collapsed,
    kind_of_node,
    lowered_expansion,
    lowered_operators,
    rule_children,
)
from foundry_telemetry.local.engine.language.own_operator import (
    OwnOperator,
    columns_after,
    identifier,
    lowers,
    nested,
)
from foundry_telemetry.local.engine.language.refusals import refusal, unsupported
from foundry_telemetry.local.engine.language.window_functions import Windowed, serialized

ROW: Final = "_applied_row"
"""The column with what a pipeline is run for: the number of a row, or a key."""

_EMPTY: Final = refusal(
    "'mv-apply' with a summarize over an empty array is not supported: filter with array_length(x) > 0 first."
)


@dataclass(frozen=True)
class PartitionTop(OwnOperator):
    """``top`` and ``take`` of each row's elements."""

    count: int
    keys: tuple[ir.SortKey, ...]

    def columns(self, given: list[str]) -> list[str]:
        """All of them."""
        return given

    def sql(self, source: str, given: list[str]) -> str:
        """The statement."""
        del given
        order = f" ORDER BY {EMITTER.render_sort_keys(self.keys)}" if self.keys else ""
        return (
            f"SELECT * FROM {source} QUALIFY row_number() OVER (PARTITION BY {identifier(ROW)}{order}) "
            f"<= {max(self.count, 0)}{order}"
        )


@dataclass(frozen=True)
class MvApply(OwnOperator):
    """The operator."""

    is_serialized = True

    expansion: tuple[ir.Operator, ...]
    expanded: tuple[str, ...]
    """The columns that are expanded, by the names they have in the pipeline."""
    operators: tuple[ir.Operator, ...]

    @property
    def reads(self) -> object:
        """The pipeline reads columns that only the expansion gives."""
        return [one for one in self.expansion if isinstance(one, ir.Extend)]

    def columns(self, given: list[str]) -> list[str]:
        """The row's columns, without those expanded in place, and what the pipeline gives beside them."""
        inner = self._inner(given)
        kept = [name for name in given if name not in self.expanded]
        return [*kept, *(name for name in inner if name not in kept)]

    def sql(self, source: str, given: list[str]) -> str:
        """The statement."""
        kept = [name for name in given if name not in self.expanded]
        added = [name for name in self._inner(given) if name not in kept]
        row = identifier(ROW)
        operators = [*self.expansion, *by_row(self.operators, "mv-apply")]
        body = nested("SELECT * FROM _applied", [*given, ROW], operators)
        needs_all = any(isinstance(one, ir.Summarize | ir.Count) for one in self.operators) and not any(
            isinstance(one, ir.Summarize) and one.by for one in self.operators
        )
        check = f" WHERE CASE WHEN _e.{row} IS NULL THEN {_EMPTY} ELSE TRUE END" if needs_all else ""
        listed = [*(f"_a.{identifier(name)}" for name in kept), *(f"_e.{identifier(name)}" for name in added)]
        return (
            f"WITH _applied AS MATERIALIZED (SELECT *, row_number() OVER () AS {row} FROM {source}) "
            f"SELECT {', '.join(listed)} FROM _applied AS _a "
            f"{'LEFT ' if needs_all else ''}JOIN ({body}) AS _e "
            f"ON _a.{row} = _e.{row}{check}"
        )

    def _inner(self, given: list[str]) -> list[str]:
        operators = [*self.expansion, *by_row(self.operators, "mv-apply")]
        return [name for name in columns_after([*given, ROW], operators) if name != ROW]


def by_row(operators: Sequence[ir.Operator], construct: str) -> list[ir.Operator]:
    """The operators of a pipeline, for each value of `ROW` by itself.

    Args:
        operators: They.
        construct: Whose pipeline it is.

    Raises:
        KqlUnsupportedError: It is not known how.
    """
    found: list[ir.Operator] = []
    order: tuple[ir.SortKey, ...] | None = ()
    for operator in operators:
        if isinstance(operator, ir.Take):
            if order is None:
                raise unsupported(construct, "write top in the place of sort and take")
            found.append(PartitionTop(operator.count, order))
        else:
            found.append(_by_row(operator, construct))
        order = _order_after(operator, order)
    return found


def _by_row(operator: ir.Operator, construct: str) -> ir.Operator:
    own = operator.partitioned(ROW) if isinstance(operator, OwnOperator) else None
    change = next((change for kind, change in _BY_ROW if isinstance(operator, kind)), None)
    if own is None and (change is None or (isinstance(operator, Kept) and operator.how == "keep")):
        name = operator.call.name if isinstance(operator, Windowed) else type(operator).__name__.lower()
        raise unsupported(construct, f"its pipeline has {name}, which here stands outside of one alone")
    return own if own is not None else change(operator)  # type: ignore[misc]


def _order_after(
    operator: ir.Operator, order: tuple[ir.SortKey, ...] | None
) -> tuple[ir.SortKey, ...] | None:
    """By what rows are sorted after an operator; ``None`` where that cannot be said."""
    if isinstance(operator, ir.Sort | ir.Top):
        return operator.keys
    sorted_by = {node.name for node in nodes(order or ()) if isinstance(node, ir.ColumnRef)}
    keeps = isinstance(operator, ir.Where | ir.Take | Serialize | Windowed) or (
        (isinstance(operator, ir.Extend) and sorted_by.isdisjoint(one.name for one in operator.expressions))
        or (isinstance(operator, ir.ProjectAway) and sorted_by.isdisjoint(operator.columns))
    )
    return order if keeps or order == () else None


_ROW_COLUMN: Final = ir.NamedExpr(ir.ColumnRef(ROW))
_ROW_BY_ROW: Final = (
    ir.Where,
    ir.Extend,
    ir.Sort,
    ir.Parse,
    ir.MvExpand,
    ir.ProjectAway,
    ir.ProjectRename,
    Serialize,
    DistinctAll,
    Kept,
)
_BY_ROW: Final[Sequence[tuple[Any, Callable[..., ir.Operator]]]] = (
    (_ROW_BY_ROW, lambda operator: operator),
    (
        (ir.Project, ir.Distinct),
        lambda operator: replace(operator, expressions=(*operator.expressions, _ROW_COLUMN)),
    ),
    (ir.Summarize, lambda operator: replace(operator, by=(*operator.by, _ROW_COLUMN))),
    (
        ir.Count,
        lambda operator: ir.Summarize(
            (ir.NamedExpr(ir.FunctionCall("count"), operator.name),), (_ROW_COLUMN,)
        ),
    ),
    (ir.Top, lambda operator: PartitionTop(operator.count, operator.keys)),
)


@lowers("MvapplyOperator")
def _mv_apply(node: Any) -> ir.Operator:
    targets, before, pipeline, index = [], [], None, None
    for child in rule_children(node):
        kind = kind_of_node(child)
        if kind in {"MvapplyOperatorExpression", "NamedExpression"} or (
            kind in {"IdentifierName", "EscapedName"} and child is not node.OnExpression
        ):
            target, prelude = lowered_expansion(child)
            targets.append(target)
            before += [prelude] if prelude is not None else []
        elif kind.startswith("Mvapply"):
            raise unsupported("mv-apply", f"leave {child.getText()!r} out")
        elif "Parameter" in kind:
            name, _, value = child.getText().partition("=")
            if name.strip().lower() != "with_itemindex":
                raise unsupported("mv-apply", f"leave {child.getText()!r} out")
            index = value.strip()
        else:
            pipeline = child
    if pipeline is None or not targets:
        raise unsupported("mv-apply", "write mv-apply x = column on (pipeline)")
    expansion: list[ir.Operator] = [ir.Extend(tuple(before))] if before else []
    expansion.append(ir.MvExpand(tuple(targets), index))
    names = tuple(target.name or target.column for target in targets)
    operators = lowered_pipeline(pipeline)
    refuse_ordered_lists(operators, "mv-apply")
    return MvApply(tuple(expansion), names, tuple(serialized(operators, ordered=False)))


def refuse_ordered_lists(operators: list[ir.Operator], construct: str) -> None:
    """The rows of a group have no order here, which a list after ``sort`` or ``top`` would show."""
    ordered = False
    for operator in operators:
        ordered = ordered or isinstance(operator, ir.Sort | ir.Top)
        if ordered and isinstance(operator, ir.Summarize):
            names = (node.name.lower() for node in nodes(operator) if isinstance(node, ir.FunctionCall))
            if any(name.startswith(("make_list", "makelist")) for name in names):
                raise unsupported(
                    construct, "a list after sort or top has no order here: write array_sort_asc() around it"
                )


def lowered_pipeline(node: Any) -> list[ir.Operator]:
    """The operators of a pipeline in brackets."""
    inner = collapsed(node)
    return lowered_operators(rule_children(inner) if kind_of_node(inner) == "PipeSubExpression" else [inner])
