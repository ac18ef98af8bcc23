"""``endofday`` and its like, which end 100 ns before the next period; the store keeps microseconds.

Where such an instant is compared with a stored time nothing is lost: no stored time lies between the last
microsecond of a period and its end. ``<`` and ``>=`` are turned so that this holds for them as well. Wherever
its own digits would be seen, the query is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from duckdb_kql import ir

from foundry_telemetry.local.engine.ir_visitor import rewritten
from foundry_telemetry.local.engine.language.make_series import MakeSeries
from foundry_telemetry.local.engine.language.refusals import unsupported

_ENDS: Final = {f"endof{period}": f"startof{period}" for period in ("day", "week", "month", "year")}
ENDS: Final = frozenset(_ENDS)
"""The functions that give such an instant."""

_TURNED: Final = {"<": "<=", "<=": "<=", ">": ">", ">=": ">"}
_TURNED_AT_LEFT: Final = {">": ">=", ">=": ">=", "<": "<", "<=": "<"}
_WHOLE: Final = frozenset(
    {
        "bin",
        "floor",
        "startofday",
        "startofweek",
        "startofmonth",
        "startofyear",
        "getmonth",
        "getyear",
        "monthofyear",
        "dayofmonth",
        "dayofweek",
        "dayofyear",
        "hourofday",
        "weekofyear",
        "week_of_year",
        "datetime_part",
        "datetime_diff",
        "format_datetime",
    }
)
"""Functions of a datetime that no fraction of a second changes."""


def checked(query: ir.Query) -> ir.Query:
    """A query in which no end of a period is seen.

    Raises:
        KqlUnsupportedError: One would be.
    """
    return rewritten(query, _changed)


def _is_end(node: object) -> bool:
    if isinstance(node, ir.LetRef):
        return _is_end(node.value)
    return isinstance(node, ir.FunctionCall) and node.name.lower() in _ENDS


def _kept(node: ir.Expr) -> ir.Expr:
    """The node with the ends of periods in its arguments checked, itself allowed."""
    if isinstance(node, ir.LetRef):
        return replace(node, value=_kept(node.value))
    if _is_end(node) and isinstance(node, ir.FunctionCall):
        return _Allowed(node.name, tuple(rewritten(one, _changed) for one in node.args))
    return rewritten(node, _changed)


class _Allowed(ir.FunctionCall):
    """An end of a period where it may stand."""


def _changed(node: object) -> object:
    change = next((change for kind, change in _CHANGES if isinstance(node, kind)), None)
    return change(node) if change is not None and not isinstance(node, _Allowed) else node


def _call(node: ir.FunctionCall) -> ir.FunctionCall:
    name = node.name.lower()
    if name in _ENDS:
        raise unsupported(
            node.name,
            "it ends at the seventh digit of a second, and the local store keeps six: "
            f"write {_ENDS[name]}(x, 1), the start of the next one",
        )
    if name in _WHOLE and any(map(_is_end, node.args)):
        return replace(node, args=tuple(map(_kept, node.args)))
    return node


def _between(node: ir.Between) -> ir.Between:
    if not (_is_end(node.low) or _is_end(node.high)):
        return node
    return replace(node, value=rewritten(node.value, _changed), low=_kept(node.low), high=_kept(node.high))


def _series(node: MakeSeries) -> MakeSeries:
    if node.stop is None or not _is_end(node.stop):
        return node
    return replace(rewritten(replace(node, stop=None), _changed), stop=_next_start(node.stop))


def _next_start(end: ir.Expr) -> ir.Expr:
    """The start of the period after an end: no stored time lies between them."""
    if isinstance(end, ir.LetRef):
        return replace(end, value=_next_start(end.value))
    if not isinstance(end, ir.FunctionCall):
        return end
    one: ir.Expr = ir.Literal(1, "long")
    offset = ir.BinaryOp("+", end.args[1], one) if len(end.args) > 1 else one
    return ir.FunctionCall(_ENDS[end.name.lower()], (end.args[0], offset))


def _comparison(node: ir.BinaryOp) -> ir.BinaryOp:
    if node.op not in _TURNED:
        return node
    left, right = _is_end(node.left), _is_end(node.right)
    if left == right:
        return node
    op = (_TURNED if right else _TURNED_AT_LEFT)[node.op]
    return ir.BinaryOp(op, _kept(node.left), _kept(node.right))


_CHANGES: Final[Sequence[tuple[type, Callable[..., object]]]] = (
    (ir.FunctionCall, _call),
    (ir.BinaryOp, _comparison),
    (ir.Between, _between),
    (MakeSeries, _series),
    (ir.RangeSource, lambda node: replace(node, stop=_kept(node.stop))),
)
