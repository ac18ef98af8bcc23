"""Functions that look at other rows: ``row_number``, ``prev``, ``next``, ``row_cumsum``, ``row_rank_*``.

Kusto wants *serialized* rows for them: rows with an order, given by ``sort``, ``top``, ``range`` or
``serialize``, and kept by what follows row by row. Each becomes a column of its own before its operator, one
after the other where they are nested, and is left out after it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from duckdb_kql import ir

from foundry_telemetry.local.engine.ir_visitor import nodes, rewritten
from foundry_telemetry.local.engine.language.column_operators import Kept, Limited, Serialize
from foundry_telemetry.local.engine.language.engine_parts import EMITTER, lowered_named, rule_children
from foundry_telemetry.local.engine.language.own_operator import OwnOperator, identifier, lowers
from foundry_telemetry.local.engine.language.refusals import unsupported

_KEEP_ORDER: Final = (
    ir.Where,
    ir.Extend,
    ir.Project,
    ir.ProjectAway,
    ir.ProjectRename,
    ir.Take,
    ir.Parse,
    ir.MvExpand,
)
_GIVE_ORDER: Final = (ir.Sort, ir.Top, Serialize)
_ORDERED_SOURCES: Final = (ir.RangeSource, ir.PrintSource, ir.DataTable)
_NEEDS_ORDER: Final = "it needs rows with an order: put 'sort by' or 'serialize' before it"
_TEMPORARY: Final = "_window"
NOTHING: Final = "serialize_nothing"
"""What `two_stage_parser` lets ``serialize`` alone name, as the grammar wants it to name something."""


@dataclass(frozen=True)
class Windowed(OwnOperator):
    """A column with the value of a window function."""

    name: str
    call: ir.FunctionCall
    by: str = ""
    """The column whose values' rows are seen each by themselves; empty for all rows."""

    def partitioned(self, column: str) -> Windowed | None:
        """A function that begins anew for each value; none that begins anew by its own condition as well."""
        most = _WITHOUT_RESTART.get(self.call.name.lower(), -1)
        return replace(self, by=column) if len(self.call.args) <= most else None

    def columns(self, given: list[str]) -> list[str]:
        """The columns that come out, in order."""
        return [*given, self.name]

    def sql(self, source: str, given: list[str]) -> str:
        """The statement."""
        del given
        render = _RENDERERS[self.call.name.lower()]
        arguments = [EMITTER.render_expr(one) for one in self.call.args]
        if not self.by:
            sql: str = render(arguments, source, identifier(self.name))
            return sql
        numbered = f"(SELECT *, row_number() OVER () AS _row FROM {source})"
        rows = f"PARTITION BY {identifier(self.by)} ORDER BY _row"
        sql = render(arguments, "_numbered", identifier(self.name))
        sql = sql.replace("OVER ()", f"OVER ({rows})").replace("OVER (ROWS", f"OVER ({rows} ROWS")
        return f"WITH _numbered AS {numbered} SELECT * EXCLUDE (_row) FROM ({sql}) ORDER BY _row"


@lowers("SerializeOperator")
def _serialize(node: Any) -> list[ir.Operator]:
    children = [child for child in rule_children(node) if "Parameter" not in type(child).__name__]
    named = tuple(one for one in map(lowered_named, children) if one.name != NOTHING)
    return [Serialize(), ir.Extend(named)] if named else [Serialize()]


def with_windows(query: ir.Query) -> ir.Query:
    """A query whose window functions are columns."""

    def change(node: object) -> object:
        if not isinstance(node, ir.Query) or not any(map(_is_window, nodes(node.operators))):
            return node
        ordered = isinstance(node.source, _ORDERED_SOURCES)
        inner = rewritten(list(node.operators), change)
        return replace(
            node, operators=list(serialized(inner, ordered=ordered)), lets=rewritten(node.lets, change)
        )

    return rewritten(query, change)


def _is_window(node: object) -> bool:
    return isinstance(node, ir.FunctionCall) and node.name.lower() in _RENDERERS


def serialized(operators: list[ir.Operator], *, ordered: bool) -> Iterator[ir.Operator]:
    """The operators of a pipeline, with the window functions of each as columns before it.

    Args:
        operators: They; what has a pipeline of its own may have done this for that.
        ordered: Whether the rows that come in have an order.
    """
    count = 0
    for operator in operators:
        is_done = isinstance(operator, OwnOperator) and operator.is_serialized
        calls = [] if is_done else [node for node in nodes(operator) if _is_window(node)]
        if not calls:
            keeps = isinstance(operator, (*_KEEP_ORDER, Kept, Limited))
            ordered = isinstance(operator, _GIVE_ORDER) or (ordered and keeps)
            yield operator
            continue
        first = calls[0]
        if not ordered or not isinstance(operator, ir.Where | ir.Extend | ir.Project):
            name = first.name if isinstance(first, ir.FunctionCall) else ""
            raise unsupported(name, _NEEDS_ORDER)
        stages, left = _lifted(operator, count)
        count += len(stages)
        yield from stages
        yield left
        if not isinstance(operator, ir.Project):
            yield ir.ProjectAway(tuple(stage.name for stage in stages))


def _lifted(operator: ir.Operator, count: int) -> tuple[list[Windowed], ir.Operator]:
    """The columns for an operator's window functions, inner ones first, and the operator that reads them."""
    stages: list[Windowed] = []

    def change(node: object) -> object:
        if not isinstance(node, ir.FunctionCall) or not _is_window(node):
            return node
        call = replace(node, args=tuple(rewritten(one, change) for one in node.args))
        stage = Windowed(f"{_TEMPORARY}{count + len(stages)}", call)
        stages.append(stage)
        return ir.ColumnRef(stage.name)

    named = _with_names(operator)
    return stages, rewritten(named, change)


def _with_names(operator: ir.Operator) -> ir.Operator:
    """Window functions have no name that this could give their columns."""
    if isinstance(operator, ir.Extend | ir.Project):
        for named in operator.expressions:
            if named.name is None and any(map(_is_window, [named.expr, *nodes(named.expr)])):
                raise unsupported("row_number", "name this column: x = row_number()")
    return operator


def _row_number(args: list[str], source: str, name: str) -> str:
    start = args[0] if args else "1"
    number = f"row_number() OVER () - 1 + {start}"
    if len(args) < 2:
        return f"SELECT *, {number} AS {name} FROM {source}"
    return _restarted(f"row_number() OVER _w - 1 + {start}", args[1], source, name)


def _shifted(function: str) -> Any:
    def render(args: list[str], source: str, name: str) -> str:
        offset = args[1] if len(args) > 1 else "1"
        default = f", {args[2]}" if len(args) > 2 else ""
        value = f"{function}({args[0]}, CAST({offset} AS BIGINT){default}) OVER ()"
        text = f"CASE WHEN typeof({args[0]}) = 'VARCHAR' THEN coalesce({value}, '') ELSE {value} END"
        return f"SELECT *, {value if default else text} AS {name} FROM {source}"

    return render


def _cumsum(args: list[str], source: str, name: str) -> str:
    total = f"coalesce(sum({args[0]}) OVER {{}}, 0)"
    if len(args) < 2:
        return f"SELECT *, {total.format('(ROWS UNBOUNDED PRECEDING)')} AS {name} FROM {source}"
    return _restarted(total.format("_w"), args[1], source, name)


def _restarted(value: str, restart: str, source: str, name: str) -> str:
    numbered = f"SELECT *, row_number() OVER () AS _row, coalesce({restart}, FALSE) AS _restart FROM {source}"
    parts = f"SELECT *, sum(CAST(_restart AS BIGINT)) OVER (ORDER BY _row) AS _part FROM ({numbered})"
    return (
        f"SELECT * EXCLUDE (_row, _restart, _part), {value} AS {name} FROM ({parts}) "
        "WINDOW _w AS (PARTITION BY _part ORDER BY _row ROWS UNBOUNDED PRECEDING) ORDER BY _row"
    )


def _rank(*, dense: bool) -> Any:
    def render(args: list[str], source: str, name: str) -> str:
        restart = args[1] if len(args) > 1 else "FALSE"
        numbered = (
            f"SELECT *, row_number() OVER () AS _row, {args[0]} AS _term, "
            f"coalesce({restart}, FALSE) AS _restart FROM {source}"
        )
        parts = f"SELECT *, sum(CAST(_restart AS BIGINT)) OVER (ORDER BY _row) AS _part FROM ({numbered})"
        steps = (
            "SELECT *, CASE WHEN _term IS DISTINCT FROM lag(_term) OVER (PARTITION BY _part ORDER BY _row) "
            "OR row_number() OVER (PARTITION BY _part ORDER BY _row) = 1 THEN "
            + ("1" if dense else "row_number() OVER (PARTITION BY _part ORDER BY _row)")
            + f" END AS _step FROM ({parts})"
        )
        value = (
            "sum" if dense else "max"
        ) + "(_step) OVER (PARTITION BY _part ORDER BY _row ROWS UNBOUNDED PRECEDING)"
        return (
            f"SELECT * EXCLUDE (_row, _term, _restart, _part, _step), CAST({value} AS BIGINT) AS {name} "
            f"FROM ({steps}) ORDER BY _row"
        )

    return render


_RENDERERS: Final = {
    "row_number": _row_number,
    "prev": _shifted("lag"),
    "next": _shifted("lead"),
    "row_cumsum": _cumsum,
    "row_rank_dense": _rank(dense=True),
    "row_rank_min": _rank(dense=False),
}
_WITHOUT_RESTART: Final = {"row_number": 1, "prev": 3, "next": 3, "row_cumsum": 1}
"""How many arguments come before a condition to begin anew."""

WINDOWS: Final = frozenset(_RENDERERS)
"""The functions that look at other rows."""
