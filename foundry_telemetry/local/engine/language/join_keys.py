"""The keys of ``join`` and ``lookup``: several joined by ``and``, and the right side named first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from duckdb_kql import ir

from foundry_telemetry.local.engine.language.engine_parts import (
    ORIGINAL,
    all_below,
    collapsed,
    kind_of_node,
    names_in,
    put,
    rule_children,
)
from foundry_telemetry.local.engine.language.own_operator import lowers
from foundry_telemetry.local.engine.language.refusals import unsupported

_KEYS: Final = "a key is a column, or $left.a == $right.b, and several are joined by 'and'"
_LOWER_KEY: Final = ORIGINAL["join key"]


def install() -> None:
    """Let the engine read keys so; a second time does nothing."""
    put("join key", _key)


@lowers("JoinOperator")
@lowers("LookupOperator")
def _with_single_keys(node: Any) -> None:
    """Put each key of an ``on`` in a place of its own, where the engine reads them."""
    for clause in all_below(node, "JoinOperatorOnClause"):
        if clause.parentCtx is node:
            clause.children = [key for child in clause.children for key in _parts(child)]


def _parts(node: Any) -> list[Any]:
    inner = collapsed(node) if rule_children(node) else node
    if kind_of_node(inner) != "LogicalAndExpression":
        return [node]
    first, *others = rule_children(inner)
    return [first, *(rule_children(other)[0] for other in others)]


def _key(node: Any) -> ir.JoinKey:
    inner = collapsed(node)
    text = node.getText().lower()
    if "$left" not in text and "$right" not in text:
        found: ir.JoinKey = _LOWER_KEY(node)
        return found
    operands = dict(_sides(inner))
    if set(operands) != {"$left", "$right"} or "==" not in text:
        raise unsupported("join", _KEYS)
    return ir.JoinKey(operands["$left"], operands["$right"])


def _sides(equality: Any) -> Iterator[tuple[str, str]]:
    """Each side of an equality, with its column."""
    if kind_of_node(equality) != "EqualityExpression":
        return
    left, right = rule_children(equality)
    for operand in (left, rule_children(right)[-1]):
        side, _, _ = operand.getText().lower().partition(".")
        names = names_in(operand)
        if names:
            yield side, names[-1]
