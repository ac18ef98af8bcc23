"""``make-series``: one row a group, with an array of values, one for each step of an axis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from duckdb_kql import ir
from duckdb_kql.translate import naming
from duckdb_kql.translate.functions import lookup_aggregate

from foundry_telemetry.local.engine.language.engine_parts import (
    EMITTER,
    kind_of_node,
    lowered_expression,
    lowered_named,
    rule_children,
)
from foundry_telemetry.local.engine.language.expression_types import kind_of
from foundry_telemetry.local.engine.language.own_operator import OwnOperator, identifier, lowers
from foundry_telemetry.local.engine.language.refusals import quoted, refusal, unsupported
from foundry_telemetry.local.engine.language.templates import datetime_text
from foundry_telemetry.local.engine.language.time_bins import SINCE_ORIGIN

MOST_STEPS: Final = 1_048_576
"""Elements that a series of Kusto has at most."""

_TOO_LONG: Final = f"'make-series' gives at most {MOST_STEPS:,} elements a series: take a larger step."
_CLAUSES: Final = {
    "MakeSeriesOperatorAggregation": "aggregates",
    "MakeSeriesOperatorOnClause": "axis",
    "MakeSeriesOperatorFromToStepClause": "steps",
    "MakeSeriesOperatorInRangeClause": "range",
    "MakeSeriesOperatorByClause": "by",
}


@dataclass(frozen=True)
class MakeSeries(OwnOperator):
    """The operator; without `start` or `stop` the axis of a series begins and ends with its rows."""

    aggregates: tuple[ir.NamedExpr, ...]
    defaults: tuple[ir.Expr, ...]
    axis: ir.NamedExpr
    start: ir.Expr | None
    stop: ir.Expr | None
    step: ir.Expr
    by: tuple[ir.NamedExpr, ...]
    includes_stop: bool = False
    """``in range(…)`` reaches its end; ``to`` stops before it."""
    nonempty: bool = False

    def columns(self, given: list[str]) -> list[str]:
        """Groups, then series, then the axis."""
        namer = naming.Namer(skip=given)
        names = [namer.name(key) for key in self.by]
        return [*names, *(namer.name(one) for one in self.aggregates), namer.name(self.axis)]

    def sql(self, source: str, given: list[str]) -> str:
        """The statement."""
        names = self.columns(given)
        keys = [identifier(name) for name in names[: len(self.by)]]
        series = [identifier(name) for name in names[len(self.by) : -1]]
        values = [f"_v{index}" for index in range(len(series))]
        group = ", ".join(keys)
        listed = ", ".join([*keys, *self._lists(values, series), self._axis(identifier(names[-1]))])
        by = ", ".join([*keys, "_first"])
        match = " AND ".join([*(f"_g.{key} IS NOT DISTINCT FROM _b.{key}" for key in keys), "_b._i = _g._i"])
        chosen = ", ".join(
            [
                *(f"_g.{key}" for key in keys),
                "_g._i",
                "_g._first",
                "_b._low",
                *(f"_b.{value}" for value in values),
            ]
        )
        return (
            f"WITH _rows AS ({self._binned(source, keys)}), "
            f"_bins AS (SELECT {', '.join([*keys, '_i', *self._aggregated(values)])} FROM _rows "
            f"GROUP BY {', '.join([*keys, '_i'])}), "
            f"_groups AS ({self._groups(group)}), "
            f"_steps AS (SELECT * EXCLUDE (_n), UNNEST(CASE WHEN _n > {MOST_STEPS} THEN {refusal(_TOO_LONG)} "
            "ELSE range(CAST(_n AS BIGINT)) END) AS _i FROM _groups), "
            f"_all AS (SELECT {chosen} FROM _steps AS _g LEFT JOIN _bins AS _b ON {match}) "
            f"SELECT {listed} FROM _all GROUP BY {by}"
        )

    def _binned(self, source: str, keys: list[str]) -> str:
        axis = EMITTER.render_expr(self.axis.expr)
        step, position = self._number(self.step), self._number_of(axis)
        conditions = [f"{axis} IS NOT NULL"]
        start = self._number(self.start) if self.start is not None else None
        if start is not None:
            conditions.append(f"{position} >= {start}")
        if self.stop is not None:
            conditions.append(f"{position} {'<=' if self.includes_stop else '<'} {self._number(self.stop)}")
        origin = start if start is not None else self._zero
        index = f"CAST(floor(({position} - {origin}) / CAST({step} AS DOUBLE)) AS BIGINT)"
        grouped = [
            f"{EMITTER.render_expr(key.expr)} AS {name}" for key, name in zip(self.by, keys, strict=True)
        ]
        columns = ", ".join(["*", *grouped] if not self.by else [*self._others(keys), *grouped])
        rows = f"SELECT {columns}, {index} AS _at FROM {source} WHERE {' AND '.join(conditions)}"
        if start is not None:
            return f"SELECT *, _at AS _i, CAST(0 AS BIGINT) AS _low FROM ({rows})"
        parts = f"PARTITION BY {', '.join(keys)}" if keys else ""
        return f"SELECT *, _at - _low AS _i FROM (SELECT *, min(_at) OVER ({parts}) AS _low FROM ({rows}))"

    def _others(self, keys: list[str]) -> list[str]:
        listed = ", ".join(quoted(key.strip('"').replace('""', '"')) for key in keys)
        return [f"COLUMNS(lambda _c: _c NOT IN ({listed}))"]

    def _aggregated(self, values: list[str]) -> list[str]:
        return [
            f"{EMITTER.render_aggregate(one)} AS {value}, any_value(_low) AS _low"
            if value == "_v0"
            else f"{EMITTER.render_aggregate(one)} AS {value}"
            for one, value in zip(self.aggregates, values, strict=True)
        ]

    def _groups(self, group: str) -> str:
        if self.start is not None and self.stop is not None:
            length = f"({self._number(self.stop)} - {self._number(self.start)})"
            span = f"{length} / CAST({self._number(self.step)} AS DOUBLE)"
            count = f"floor({span} + 1e-9) + 1" if self.includes_stop else f"ceil({span} - 1e-9)"
            rows = (
                "SELECT 1 AS _one"
                if not group and self.nonempty
                else f"SELECT DISTINCT {group or '1 AS _one'} FROM _rows"
            )
            return f"SELECT * , CAST(0 AS BIGINT) AS _first, greatest({count}, 0) AS _n FROM ({rows})"
        by = f" GROUP BY {group}" if group else " HAVING count(*) > 0"
        first = "CAST(0 AS BIGINT)" if self.start is not None else "min(_low)"
        count = "max(_i) + 1"
        if self.stop is not None:
            origin = f"({self._zero} + {first} * {self._number(self.step)})"
            span = f"({self._number(self.stop)} - {origin}) / CAST({self._number(self.step)} AS DOUBLE)"
            count = f"ceil({span} - 1e-9)"
        listed = ", ".join(filter(None, [group, f"{first} AS _first", f"{count} AS _n"]))
        return f"SELECT {listed} FROM _rows{by}"

    def _lists(self, values: list[str], series: list[str]) -> list[str]:
        defaults = [EMITTER.render_expr(default) for default in self.defaults]
        return [
            f"to_json(list(CASE WHEN _low IS NULL THEN {default} ELSE {value} END ORDER BY _i)) AS {name}"
            for value, default, name in zip(values, defaults, series, strict=True)
        ]

    def _axis(self, name: str) -> str:
        first = f"{self._zero} + _first * {self._number(self.step)}"
        origin = self._number(self.start) if self.start is not None else first
        at = f"({origin} + _i * {self._number(self.step)})"
        if self._temporal:
            at = datetime_text(f"make_timestamp(CAST({at} AS BIGINT))")
        return f"to_json(list({at} ORDER BY _i)) AS {name}"

    @property
    def _zero(self) -> str:
        """Where bins begin if nothing says it, as for ``bin``."""
        return f"(-({SINCE_ORIGIN} % {self._number(self.step)}))" if self._temporal else "0"

    @property
    def _temporal(self) -> bool:
        return kind_of(self.step) == "timespan"

    def _number(self, value: ir.Expr) -> str:
        sql = EMITTER.render_expr(value)
        return self._number_of(sql)

    def _number_of(self, sql: str) -> str:
        return f"epoch_us({sql})" if self._temporal else sql


@lowers("MakeSeriesOperator")
def _make_series(node: Any) -> ir.Operator:
    parts: dict[str, list[Any]] = {name: [] for name in _CLAUSES.values()}
    nonempty, misread = False, None
    for child in rule_children(node):
        clause = _CLAUSES.get(kind_of_node(child))
        if clause is not None:
            parts[clause].append(child)
        elif "kind" in child.getText() and "nonempty" in child.getText():
            nonempty = True
        else:
            misread = _misread(child)
    if not parts["axis"] or not (parts["steps"] or parts["range"]):
        raise unsupported("make-series", "write on <column> from <start> to <end> step <size>")
    found = list(map(_aggregate, parts["aggregates"]))
    if misread is not None:
        named, default = found[0]
        found[0] = (ir.NamedExpr(ir.FunctionCall(misread[1], (named.expr,)), misread[0]), default)
    aggregates, defaults = zip(*found, strict=True)
    start, stop, step = _bounds(parts["steps"]) if parts["steps"] else _range(parts["range"])
    by = [lowered_named(one) for clause in parts["by"] for one in rule_children(clause)]
    axis = lowered_named(rule_children(parts["axis"][0])[0])
    return MakeSeries(
        tuple(aggregates), tuple(defaults), axis, start, stop, step, tuple(by), bool(parts["range"]), nonempty
    )


def _misread(node: Any) -> tuple[str, str]:
    """The name and function of ``n = countif(…)``, which the grammar reads as a parameter ``n=countif``."""
    name, sign, function = node.getText().partition("=")
    if not sign or lookup_aggregate(function.strip()) is None:
        raise unsupported("make-series", f"leave {node.getText()} out")
    return name.strip(), function.strip()


def _aggregate(node: Any) -> tuple[ir.NamedExpr, ir.Expr]:
    children = rule_children(node)
    if len(children) == 1:
        return lowered_named(children[0]), ir.Literal(0, "long")
    return lowered_named(children[0]), lowered_expression(rule_children(children[1])[-1])


def _bounds(clauses: list[Any]) -> tuple[ir.Expr | None, ir.Expr | None, ir.Expr]:
    found: dict[str, ir.Expr] = {}
    word = ""
    for child in clauses[0].children:
        if hasattr(child, "children") and child.children:
            found[word] = lowered_expression(child)
        else:
            word = child.getText().lower()
    return found.get("from"), found.get("to"), found["step"]


def _range(clauses: list[Any]) -> tuple[ir.Expr | None, ir.Expr | None, ir.Expr]:
    start, stop, step = map(lowered_expression, rule_children(clauses[0]))
    return start, stop, step
