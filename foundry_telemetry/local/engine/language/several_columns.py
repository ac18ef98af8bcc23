"""Aggregates with a column for each argument: ``arg_max``, ``arg_min``, ``take_any``, and older names.

``*`` stands for the columns that are neither a key of the groups nor an argument of the same call.
``(a, b) =`` names the columns from the first on. A column that nothing names is called by its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from duckdb_kql import ir
from duckdb_kql.translate import naming

from foundry_telemetry.local.engine.language.calls import NAMES_MARK
from foundry_telemetry.local.engine.language.engine_parts import EMITTER, put
from foundry_telemetry.local.engine.language.refusals import unsupported


@dataclass(frozen=True)
class _Style:
    """How an aggregate chooses its row, and calls its columns."""

    extreme: str
    """Of the first argument; empty where any row will do."""
    first: str = ""
    """Begins the name of the first column."""
    others: str = ""
    """Begins the names of the others; ``{}`` is the first one's."""
    unnamed: str = "{}_arg"
    """A column by its place."""


_STYLES: Final[Mapping[str, _Style]] = {
    "arg_max": _Style("max", unnamed="max_{}_arg"),
    "arg_min": _Style("min", unnamed="min_{}_arg"),
    "argmax": _Style("max", "max_", "max_{}_", "max_{}_arg"),
    "argmin": _Style("min", "min_", "min_{}_", "min_{}_arg"),
    "take_any": _Style("", unnamed="any_arg"),
    "any": _Style("", "any_", "any_", "any_arg"),
}
NAMES: Final = frozenset(_STYLES)
"""The aggregates, in small letters."""

_CONVERSIONS: Final = frozenset(
    {
        "tobool",
        "toboolean",
        "todatetime",
        "todouble",
        "todynamic",
        "toint",
        "tolong",
        "toreal",
        "tostring",
        "totimespan",
    }
)
_UNKNOWN: Final = "its '*' needs columns that are known: name the columns"
_CONVERTED: Final = "with '*' convert the column in an extend before"


def install() -> None:
    """Let the engine name and write these; a second time does nothing."""
    put("several names", names_of)
    put("several sql", rendered)


def is_several(node: object) -> bool:
    """Whether it is a call that may give several columns."""
    return isinstance(node, ir.FunctionCall) and node.name.lower() in NAMES


def expanded(operator: ir.Operator, columns: list[str]) -> ir.Operator:
    """``summarize`` with the columns that ``*`` stands for."""
    if not isinstance(operator, ir.Summarize):
        return operator
    keys = {key.expr.name for key in operator.by if isinstance(key.expr, ir.ColumnRef)}
    aggregates = tuple(_expanded(one, operator.by, keys, columns) for one in operator.aggregates)
    return operator if aggregates == operator.aggregates else replace(operator, aggregates=aggregates)


def _expanded(
    aggregate: ir.NamedExpr, by: tuple[ir.NamedExpr, ...], keys: set[str], columns: list[str]
) -> ir.NamedExpr:
    call = aggregate.expr
    if not isinstance(call, ir.FunctionCall) or not is_several(call) or ir.Wildcard() not in call.args:
        return aggregate
    for converted in (*call.args, *(key.expr for key in by)):
        if _is_converted_column(converted):
            # A conversion to the type that a column has already is that column, and only Kusto knows.
            raise unsupported(call.name, _CONVERTED)
    arguments: dict[ir.Expr, None] = {}
    extreme = _STYLES[call.name.lower()].extreme
    for argument in call.args:
        if isinstance(argument, ir.Wildcard):
            named = {one.name for one in arguments if isinstance(one, ir.ColumnRef)}
            arguments.update((ir.ColumnRef(name), None) for name in columns if name not in keys | named)
        elif not (
            isinstance(argument, ir.ColumnRef) and argument.name in keys and (arguments or not extreme)
        ):
            arguments[argument] = None
    return replace(aggregate, expr=replace(call, args=tuple(arguments)))


def _is_converted_column(node: ir.Expr) -> bool:
    return (
        isinstance(node, ir.FunctionCall)
        and node.name.lower() in _CONVERSIONS
        and bool(node.args)
        and isinstance(node.args[0], ir.ColumnRef)
    )


def names_of(aggregate: ir.NamedExpr, keys: object = (), columns: object = None) -> list[str] | None:
    """The names of the columns that an aggregate gives; ``None`` of one that gives a single column."""
    del keys, columns
    call = aggregate.expr
    if not isinstance(call, ir.FunctionCall) or not is_several(call):
        return None
    given = aggregate.name.split(NAMES_MARK) if aggregate.name else []
    if len(given) > len(call.args):
        raise unsupported("(…) =", "it has more names than columns")
    own = list(_own_names(call))
    return [*given, *own[len(given) :]]


def _own_names(call: ir.FunctionCall) -> Iterator[str]:
    style = _STYLES[call.name.lower()]
    if not call.args or ir.Wildcard() in call.args:
        raise unsupported(call.name, _UNKNOWN if call.args else "it takes a column")
    first = naming.expression_name(call.args[0])
    by_place = style.unnamed.format(first or "")
    if style.extreme:
        yield f"{style.first}{first}" if first else f"{style.extreme}_"
    elif first or (len(call.args) == 1 and style.first):
        yield f"{style.first}{first or ''}"
    else:
        yield f"{by_place}0"
    for place, argument in enumerate(call.args[1:], 1):
        name = naming.expression_name(argument)
        yield f"{style.others.format(first or '')}{name}" if name else f"{by_place}{place}"


def rendered(
    aggregate: ir.NamedExpr, keys: object = (), columns: object = None
) -> list[tuple[str, str]] | None:
    """The names and SQL of those columns, all of one row; nulls are values of it like others."""
    names = names_of(aggregate, keys, columns)
    if names is None or not isinstance(aggregate.expr, ir.FunctionCall):
        return None
    call = aggregate.expr
    values = [EMITTER.render_expr(argument) for argument in call.args]
    extreme = _STYLES[call.name.lower()].extreme
    if extreme:
        sqls = [f"{extreme}({values[0]})", *(_at(extreme, value, values[0]) for value in values[1:])]
    elif len(values) == 1:
        sqls = [EMITTER.render_aggregate(ir.NamedExpr(call))]
    else:
        row = ", ".join(f"'v{place}': {value}" for place, value in enumerate(values))
        sqls = [f"any_value({{{row}}})['v{place}']" for place in range(len(values))]
    return list(zip(names, sqls, strict=True))


def _at(extreme: str, value: str, order: str) -> str:
    """A value of the first or last row; see `extensions` for what becomes of this."""
    box = f"{{'v': {value}}}"
    return f"COALESCE(arg_{extreme}({box}, {order}), any_value({box}))['v']"
