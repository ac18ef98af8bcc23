"""What the page's choices decide is decided before the database sees it.

A choice comes into a query as a text: ``case('{Period}' == 'today', a, '{Period}' == 'yesterday', b, c)``.
The engine writes such an expression out wherever it is read, and DuckDB binds every branch of every copy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Final, TypeGuard

from duckdb_kql import ir

from foundry_telemetry.local.engine.ir_visitor import Done, nodes, rewritten
from foundry_telemetry.local.engine.language.expression_types import branches_of, kind_of

_CHOOSING: Final = frozenset({"case", "iff", "iif"})


def with_choices(query: ir.Query, columns: Iterable[str]) -> ir.Query:
    """The query without branches that no row takes.

    Args:
        query: As the engine lowered it.
        columns: Those of the typed view. A branch that names others stays, to be refused.
    """
    known = frozenset(columns)
    done: Done = {}

    def change(node: object) -> object:
        if isinstance(node, ir.NamedExpr) and node.name is None:
            return replace(node)  # its column is named by the expression
        if not isinstance(node, ir.FunctionCall) or node.name.lower() not in _CHOOSING:
            return node
        left = _taken(node)
        if len(left) == len(node.args) or not _may_go(node, known):
            return node
        return rewritten(left[0] if len(left) == 1 else replace(node, args=left), change, done)

    return rewritten(query, change, done)


def _taken(call: ir.FunctionCall) -> tuple[ir.Expr, ...]:
    """The conditions and branches that are left: the last one is for all other rows."""
    left: list[ir.Expr] = []
    for condition, branch in zip(call.args[:-1:2], call.args[1::2], strict=True):
        truth = _truth(condition)
        if truth:
            return (*left, branch)
        left += [condition, branch] if truth is None else []
    return (*left, call.args[-1])


def _may_go(call: ir.FunctionCall, known: frozenset[str]) -> bool:
    """Whether Kusto would not refuse one of the branches for its names or its type."""
    kinds = {kind_of(branch) for branch in branches_of(call)} - {None}
    read = (node for node in (*call.args, *nodes(call)) if isinstance(node, ir.ColumnRef))
    return len(kinds) <= 1 and all(node.name in known for node in read)


def _truth(condition: ir.Expr) -> bool | None:
    """Whether a condition holds; ``None`` where the text does not say it."""
    if isinstance(condition, ir.LetRef):
        return _truth(condition.value)
    if isinstance(condition, ir.BinaryOp) and condition.op in _OF_TWO:
        return _OF_TWO[condition.op](condition)
    return None


def _compared(condition: ir.BinaryOp) -> bool | None:
    texts = [side.value for side in (condition.left, condition.right) if _is_text(side)]
    return texts[0] == texts[1] if len(texts) == len("ab") else None


def _is_text(node: ir.Expr) -> TypeGuard[ir.Literal]:
    return isinstance(node, ir.Literal) and node.kind == "string" and isinstance(node.value, str)


def _both(condition: ir.BinaryOp) -> bool | None:
    truths = {_truth(condition.left), _truth(condition.right)}
    return False if False in truths else None if None in truths else True


_OF_TWO: Final[Mapping[str, Callable[[ir.BinaryOp], bool | None]]] = {"==": _compared, "and": _both}
