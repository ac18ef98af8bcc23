"""``parse`` whose pattern begins with a column: it takes the text from its start to the first literal."""

from __future__ import annotations

from typing import Any, Final

from duckdb_kql import ir

from foundry_telemetry.local.engine.language.engine_parts import (
    kind_of_node,
    lowered_expression,
    lowered_segment,
    names_in,
    rule_children,
)
from foundry_telemetry.local.engine.language.own_operator import lowers
from foundry_telemetry.local.engine.language.refusals import unsupported

_START: Final = "\x02"
"""Put before the text, so that the pattern has a literal to begin with; no telemetry holds it."""


@lowers("ParseOperator")
def _parse(node: Any) -> ir.Operator | None:
    return _from_start(node, drop_unmatched=False)


@lowers("ParseWhereOperator")
def _parse_where(node: Any) -> ir.Operator | None:
    return _from_start(node, drop_unmatched=True)


def _from_start(node: Any, *, drop_unmatched: bool) -> ir.Operator | None:
    children = rule_children(node)
    pattern = children[-1]
    parts = rule_children(pattern)
    if (
        kind_of_node(pattern) != "ParseOperatorPattern"
        or kind_of_node(parts[0]) == "ParseOperatorPatternSegment"
    ):
        return None
    if any(kind_of_node(child) == "ParseOperatorKindClause" for child in children):
        raise unsupported("parse", "a pattern of a kind begins with a text")
    types = [
        one.getText().strip().lower() for one in rule_children(parts[0]) if kind_of_node(one) == "ScalarType"
    ]
    first = ir.ParseSegment(_START, skip=False, name=names_in(parts[0])[0], type=types[0] if types else None)
    rest = [lowered_segment(part) for part in parts[1:]]
    text = ir.FunctionCall("strcat", (ir.Literal(_START, "string"), lowered_expression(children[-2])))
    star = pattern.getText().rstrip().endswith("*")
    return ir.Parse(text, (first, *rest), "simple", None, drop_unmatched, star)
