"""``top-nested``: the first groups of each level, within the groups of the level above."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from duckdb_kql import ir
from duckdb_kql.translate import naming

from foundry_telemetry.local.engine.language.engine_parts import (
    EMITTER,
    kind_of_node,
    lowered_expression,
    lowered_named,
    rule_children,
)
from foundry_telemetry.local.engine.language.own_operator import OwnOperator, identifier, lowers
from foundry_telemetry.local.engine.language.refusals import unsupported


@dataclass(frozen=True)
class Level(ir.Node):
    """``top-nested [count] of key by aggregate [order]``."""

    count: ir.Expr | None
    key: ir.NamedExpr
    aggregate: ir.NamedExpr
    ascending: bool


@dataclass(frozen=True)
class TopNested(OwnOperator):
    """The operator."""

    levels: tuple[Level, ...]

    def columns(self, given: list[str]) -> list[str]:
        """A key and its aggregate for each level."""
        del given
        namer = naming.Namer()
        found = []
        for level in self.levels:
            key = namer.name(level.key)
            name = level.aggregate.name or f"aggregated_{key}"
            found += [key, namer.take(name)]
        return found

    def sql(self, source: str, given: list[str]) -> str:
        """The statement."""
        names = [identifier(name) for name in self.columns(given)]
        keys, aggregates = names[::2], names[1::2]
        keyed = [f"{EMITTER.render_expr(level.key.expr)} AS _k{i}" for i, level in enumerate(self.levels)]
        parts = [f"_rows0 AS (SELECT *, {', '.join(keyed)} FROM {source})"]
        for i, level in enumerate(self.levels):
            by = ", ".join(f"_k{j}" for j in range(i + 1))
            above = f" PARTITION BY {', '.join(f'_k{j}' for j in range(i))}" if i else ""
            order = "ASC NULLS FIRST" if level.ascending else "DESC NULLS LAST"
            cut = ""
            if level.count is not None:
                rank = f"row_number() OVER ({above.strip()} ORDER BY _a{i} {order}, _k{i})".replace("( ", "(")
                cut = f" QUALIFY {rank} <= CAST({EMITTER.render_expr(level.count)} AS BIGINT)"
            call = EMITTER.render_aggregate(ir.NamedExpr(level.aggregate.expr))
            groups = f"SELECT {by}, {call} AS _a{i} FROM _rows{i} GROUP BY {by}"
            match = " AND ".join(f"_r._k{j} IS NOT DISTINCT FROM _l._k{j}" for j in range(i + 1))
            parts.append(f"_level{i} AS (SELECT * FROM ({groups}){cut})")
            parts.append(
                f"_rows{i + 1} AS (SELECT _r.*, _l._a{i} FROM _rows{i} AS _r JOIN _level{i} AS _l ON {match})"
            )
        last = len(self.levels)
        listed = ", ".join(
            f"_k{i} AS {key}, _a{i} AS {name}"
            for i, (key, name) in enumerate(zip(keys, aggregates, strict=True))
        )
        return f"WITH {', '.join(parts)} SELECT DISTINCT {listed} FROM _rows{last}"


@lowers("TopNestedOperator")
def _top_nested(node: Any) -> ir.Operator:
    return TopNested(tuple(_level(part) for part in rule_children(node)))


@lowers("TopNestedOperatorPart")
def _one_level(node: Any) -> ir.Operator:
    """A single level stands for its operator once the grammar's wrappers are gone."""
    return TopNested((_level(node),))


def _level(node: Any) -> Level:
    children = rule_children(node)
    if any(kind_of_node(child) == "TopNestedOperatorWithOthersClause" for child in children):
        raise unsupported("top-nested", "leave 'with others' out")
    count = lowered_expression(node.Expression) if node.Expression is not None else None
    ordered = (
        rule_children(children[-1]) if kind_of_node(children[-1]) == "OrderedExpression" else [children[-1]]
    )
    order = "".join(child.getText() for child in ordered[1:]).lower()
    aggregate = lowered_named(ordered[0])
    return Level(count, lowered_named(node.OfExpression), aggregate, order.startswith("asc"))
