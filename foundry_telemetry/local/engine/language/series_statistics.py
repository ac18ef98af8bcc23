"""Statistics of numeric arrays: a number, a property bag, or a column for each.

``series_stats`` and ``series_fit_line`` give several columns, which ``(a, b) =`` names; where it names fewer
than there are, the others are left out. A line is fitted over 1, 2, 3 …, and variances are those of a sample.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from duckdb_kql import ir
from duckdb_kql.translate import naming

from foundry_telemetry.local.engine.language.calls import NAMES_MARK
from foundry_telemetry.local.engine.language.refusals import refusal, unsupported
from foundry_telemetry.local.engine.language.series import numbers, of_array, of_arrays

_NO_NUMBER: Final = (
    "has a value that is not a number: write series_fill_linear() or series_fill_const() around it"
)
_ONE: Final = refusal("'series_stats' of fewer than two values has no variance here.")
_ONE_POINT: Final = refusal("'series_fit_line' takes two values or more.")
_FLAT: Final = refusal("'series_fit_line' of equal values has no rsquare here: leave it out.")


def _let(value: str, name: str, body: str) -> str:
    """SQL in which a name is a value, evaluated once; only what the body names is captured by its steps."""
    return f"list_transform([{value}], lambda {name}: {body})[1]"


def _complete(name: str, body: str) -> str:
    """SQL over ``_d``, the numbers of an array, refused where an element is none."""
    refused = refusal(f"'{name}': its array {_NO_NUMBER}.")
    check = f"CASE WHEN len(list_filter(_d, lambda _e: _e IS NULL)) > 0 THEN {refused} ELSE {body} END"
    return _let(numbers("_b.x"), "_d", check)


_PAIRS: Final = "list_transform(list_zip(_d, _g), lambda _p: _p[1] * _p[2])"
_DOT: Final = f"coalesce(list_sum({_PAIRS}), 0.0)"
_SQUARES: Final = "list_sum(list_transform({0}, lambda _e: _e * _e))"
_CENTRED: Final = "list_transform({0}, lambda _e: _e - _m)"
_OF_ONE: Final = {
    "series_product": "coalesce(list_product(_d), 1.0)",
    "series_sum": "coalesce(list_sum(_d), 0.0)",
}
_COSINE: Final = f"{_DOT} / nullif(sqrt({_SQUARES.format('_d')}) * sqrt({_SQUARES.format('_g')}), 0)"
_OF_TWO: Final = {
    "series_cosine_similarity": _COSINE,
    "series_dot_product": _DOT,
    "series_pearson_correlation": _let(
        _let("list_avg(_d)", "_m", _CENTRED.format("_d")),
        "_d",
        _let(_let("list_avg(_g)", "_m", _CENTRED.format("_g")), "_g", _COSINE),
    ),
}


def _of_one(call: ir.FunctionCall) -> str:
    if len(call.args) != 1:
        raise unsupported(call.name, "it takes one array")
    return of_array(call, _complete(call.name, _OF_ONE[call.name.lower()]))


def _of_two(call: ir.FunctionCall) -> str:
    if len(call.args) != 2:
        raise unsupported(call.name, "it takes two arrays")
    refused = refusal(f"'{call.name}': its arrays have different lengths or values that are not numbers.")
    differ = "len(_d) <> len(_g) OR len(list_filter(list_concat(_d, _g), lambda _e: _e IS NULL)) > 0"
    body = f"CASE WHEN {differ} THEN {refused} ELSE {_OF_TWO[call.name.lower()]} END"
    return of_arrays(call, _let(numbers("_b.x"), "_d", _let(numbers("_b.y"), "_g", body)))


_STATISTICS: Final[Mapping[str, str]] = {
    "min": "list_min(_w)",
    "min_idx": "CAST(list_position(_d, list_min(_w)) - 1 AS BIGINT)",
    "max": "list_max(_w)",
    "max_idx": "CAST(list_position(_d, list_max(_w)) - 1 AS BIGINT)",
    "avg": "list_avg(_w)",
    "stdev": f"CASE WHEN len(_w) < 2 THEN {_ONE} ELSE list_aggregate(_w, 'stddev_samp') END",
    "variance": f"CASE WHEN len(_w) < 2 THEN {_ONE} ELSE list_aggregate(_w, 'var_samp') END",
}
_IN_BAG_ALONE: Final = {"sum": "list_sum(_w)", "len": "len(_w)"}
_LINE: Final[Mapping[str, str]] = {
    "rsquare": f"CASE WHEN list_aggregate(_d, 'var_samp') = 0 THEN {_FLAT} "
    "ELSE 1 - list_aggregate(_o, 'var_samp') / list_aggregate(_d, 'var_samp') END",
    "slope": "_a",
    "variance": "list_aggregate(_d, 'var_samp')",
    "rvariance": "list_aggregate(_o, 'var_samp')",
    "interception": "_c",
    "line_fit": "to_json(list_transform(range(1, len(_d) + 1), lambda _i: _a * _i + _c))",
}
"""What each column is: ``_d`` are the numbers, ``_w`` those without gaps, ``_a`` and ``_c`` the line, ``_o``
what it leaves of each number."""


def _statistics(call: ir.FunctionCall, value: str, *, in_bag: bool) -> str:
    ignores = call.args[1] if len(call.args) == 2 else ir.Literal(value=False, kind="bool")
    if len(call.args) not in (1, 2) or not isinstance(ignores, ir.Literal) or ignores.kind != "bool":
        raise unsupported(
            call.name, "it takes an array, and whether to ignore values that are not numbers: true or false"
        )
    if ignores.value:
        body = _let("list_filter(_d, lambda _e: _e IS NOT NULL)", "_w", value)
        return of_array(call, _let(numbers("_b.x"), "_d", body))
    body = _let("_d", "_w", value)
    if in_bag:
        return of_array(call, _complete(call.name, body))
    gaps = "len(list_filter(_d, lambda _e: _e IS NULL)) > 0"
    return of_array(call, _let(numbers("_b.x"), "_d", f"CASE WHEN {gaps} THEN NULL ELSE {body} END"))


def _line(call: ir.FunctionCall, value: str, *, in_bag: bool) -> str:
    del in_bag
    if len(call.args) != 1:
        raise unsupported(call.name, "it takes one array")
    products = "list_transform(list_zip(_d, range(1, len(_d) + 1)), lambda _p: _p[2] * (_p[1] - _m))"
    spread = "(CAST(len(_d) AS DOUBLE) * (CAST(len(_d) AS DOUBLE) * len(_d) - 1) / 12)"
    off = "list_transform(list_zip(_d, range(1, len(_d) + 1)), lambda _p: _p[1] - (_a * _p[2] + _c))"
    body = _let(off, "_o", value)
    body = _let("_m - _a * (len(_d) + 1) / 2", "_c", body)
    body = _let("list_avg(_d)", "_m", _let(f"list_sum({products}) / {spread}", "_a", body))
    return of_array(call, _complete(call.name, f"CASE WHEN len(_d) < 2 THEN {_ONE_POINT} ELSE {body} END"))


_SEVERAL: Final[Mapping[str, tuple[Callable[..., str], Mapping[str, str]]]] = {
    "series_fit_line": (_line, _LINE),
    "series_stats": (_statistics, _STATISTICS),
}
"""The functions with several columns: what makes one of them, and what they are."""

_PART: Final = " column"
"""Ends the name of the call that one of those columns travels as, which no query can write."""


def is_several(node: object) -> bool:
    """Whether it is a call that gives several columns."""
    return isinstance(node, ir.FunctionCall) and node.name.lower() in _SEVERAL


def expanded(operator: ir.Operator, columns: list[str]) -> ir.Operator:
    """``extend`` and ``project`` with a column for each that such a call gives."""
    if not isinstance(operator, ir.Extend | ir.Project) or not any(
        is_several(named.expr) for named in operator.expressions
    ):
        return operator
    kept = columns if isinstance(operator, ir.Extend) else []
    return replace(operator, expressions=tuple(_columns(operator.expressions, kept)))


def _columns(expressions: tuple[ir.NamedExpr, ...], kept: list[str]) -> Iterator[ir.NamedExpr]:
    namer = naming.Namer()
    for name in kept:
        namer.take(name)
    for named in expressions:
        call = named.expr
        if not isinstance(call, ir.FunctionCall) or not is_several(call):
            yield named
            continue
        parts = _SEVERAL[call.name.lower()][1]
        names = _names(named, call, parts, namer)
        for part, name in zip(parts, names, strict=False):
            yield ir.NamedExpr(
                replace(call, name=call.name + _PART, args=(*call.args, ir.Literal(part, "string"))), name
            )


def _names(
    named: ir.NamedExpr, call: ir.FunctionCall, parts: Mapping[str, str], namer: naming.Namer
) -> list[str]:
    if not named.name:
        first = naming.expression_name(call.args[0]) if call.args else None
        return [namer.take(f"{call.name.lower()}_{first or ''}_{part}") for part in parts]
    names: list[str] = named.name.split(NAMES_MARK)
    if len(names) == 1 or len(names) > len(parts):
        raise unsupported(call.name, f"write (a, b, …) = before it, of {len(parts)} names at most")
    return names


def _column(call: ir.FunctionCall) -> str:
    *arguments, part = call.args
    inner = replace(call, name=call.name.removesuffix(_PART), args=tuple(arguments))
    make, parts = _SEVERAL[inner.name.lower()]
    return make(inner, parts[str(part.value)], in_bag=False)  # type: ignore[attr-defined]


def _alone(call: ir.FunctionCall) -> str:
    raise unsupported(call.name, "it gives several columns: write extend (a, b, …) = before it")


def _bag(call: ir.FunctionCall) -> str:
    make, parts = _SEVERAL[call.name.lower().removesuffix("_dynamic")]
    more = _IN_BAG_ALONE if make is _statistics else {}
    fields = ", ".join(f"'{name}': {sql}" for name, sql in {**parts, **more}.items())
    return make(call, f"to_json({{{fields}}})", in_bag=True)


SERIES_STATISTICS: Final[Mapping[str, Callable[[ir.FunctionCall], str]]] = {
    **dict.fromkeys(_OF_ONE, _of_one),
    **dict.fromkeys(_OF_TWO, _of_two),
    **dict.fromkeys(_SEVERAL, _alone),
    **dict.fromkeys((f"{name}{_PART}" for name in _SEVERAL), _column),
    **dict.fromkeys((f"{name}_dynamic" for name in _SEVERAL), _bag),
}
"""By name."""
NAMES: Final = frozenset(_SEVERAL)
"""The functions with several columns, in small letters."""
