"""Functions of numeric arrays, element by element: ``series_add`` and its like, and those that fill gaps.

An element that is no number gives null, and so does one beyond the end of a shorter array. Whole numbers stay
whole where Kusto keeps them so. No step captures an array: the database would copy it for each element.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from duckdb_kql import ir

from foundry_telemetry.local.engine.language.engine_parts import EMITTER
from foundry_telemetry.local.engine.language.expression_types import kind_of
from foundry_telemetry.local.engine.language.refusals import refusal, refused_if, unsupported
from foundry_telemetry.local.engine.language.templates import bound

_INTEGER: Final = "json_type({}) IN ('BIGINT', 'UBIGINT')"
_NUMBER: Final = "json_type({}) IN ('BIGINT', 'UBIGINT', 'DOUBLE')"
_MISSING: Final = "coalesce(json_type({}), 'NULL') = 'NULL'"
_NO_ARRAY: Final = "it takes dynamic arrays"
_NOT_FINITE: Final = refusal(
    "A series has a value that is no finite number, which dynamic values cannot hold."
)
_FRACTION: Final = refusal(
    "'series_fill_linear' of whole numbers would give fractions: make them real, as sum(1.0) for count()."
)


def array(sql: str) -> str:
    """A dynamic array as a list of dynamic values; null where it is none."""
    return f"TRY_CAST({sql} AS JSON[])"


def numbers(values: str) -> str:
    """A list of dynamic values as one of reals, with null where an element is no number."""
    element = f"CASE WHEN {_NUMBER.format('_e')} THEN CAST(_e AS DOUBLE) END"
    return f"list_transform({values}, lambda _e: {element})"


def of_array(call: ir.FunctionCall, body: str) -> str:
    """SQL over the list ``_b.x``, the first argument; null of what is no array."""
    if kind_of(call.args[0]) not in {None, "dynamic"}:
        raise unsupported(call.name, _NO_ARRAY)
    value = EMITTER.render_expr(call.args[0])
    checked = refused_if("typeof(_b.j) <> 'JSON'", f"'{call.name}': {_NO_ARRAY}.", array("_b.j"))
    given = f"CASE WHEN _b.x IS NOT NULL THEN {body} END"
    return bound(f"list_transform([struct_pack(x := {checked})], lambda _b: {given})[1]", j=value)


def of_arrays(call: ir.FunctionCall, body: str) -> str:
    """SQL over the lists ``_b.x`` and ``_b.y``; one may be a number, which stands for a list of it."""
    i, j = map(EMITTER.render_expr, call.args)
    numeric = "typeof(_b.{}) NOT IN ('JSON', 'INTEGER', 'BIGINT', 'DOUBLE')"
    others = f"{numeric.format('i')} OR {numeric.format('j')} OR 'JSON' NOT IN (typeof(_b.i), typeof(_b.j))"
    x = refused_if(others, f"'{call.name}': {_NO_ARRAY}.", _spread("i", "j"))
    packed = f"[struct_pack(x := {x}, y := {_spread('j', 'i')})]"
    missing = "_b.x IS NULL OR _b.y IS NULL"
    return bound(
        f"list_transform({packed}, lambda _b: CASE WHEN {missing} THEN NULL ELSE {body} END)[1]", i=i, j=j
    )


def _spread(one: str, other: str) -> str:
    value = f"to_json(_b.{one})"
    repeated = f"list_resize([{value}], len({array(f'to_json(_b.{other})')}), {value})"
    return f"CASE WHEN typeof(_b.{one}) = 'JSON' THEN {array(value)} ELSE {repeated} END"


@dataclass(frozen=True)
class _Step:
    """What becomes of an element, or of two."""

    of_reals: str
    of_integers: str | None = None
    """Where whole numbers stay whole, or are compared as such."""
    is_bool: bool = False

    def sql(self, *elements: str) -> str:
        """A dynamic value."""
        reals = self.of_reals.format(*(f"CAST({one} AS DOUBLE)" for one in elements))
        integers = (self.of_integers or "").format(*(f"CAST({one} AS BIGINT)" for one in elements))
        whole = " AND ".join(_INTEGER.format(one) for one in elements)
        numeric = " AND ".join(_NUMBER.format(one) for one in elements)
        first = f"WHEN {whole} THEN to_json({integers}) " if integers else ""
        checked = "" if self.is_bool else f"WHEN {numeric} AND NOT isfinite({reals}) THEN {_NOT_FINITE} "
        return f"CASE {first}{checked}WHEN {numeric} THEN to_json({reals}) END"


def _kept(form: str, *, is_bool: bool = False) -> _Step:
    return _Step(form, form, is_bool)


_OF_ONE: Final[Mapping[str, _Step]] = {
    "series_abs": _kept("abs({0})"),
    "series_ceiling": _Step("ceil({0})"),
    "series_exp": _Step("exp({0})"),
    "series_floor": _Step("floor({0})"),
    "series_log": _Step("ln({0})"),
    "series_sign": _kept("sign({0})"),
}
_OF_TWO: Final[Mapping[str, _Step]] = {
    "series_add": _kept("{0} + {1}"),
    "series_divide": _Step("{0} / {1}"),
    "series_equals": _kept("{0} = {1}", is_bool=True),
    "series_greater": _kept("{0} > {1}", is_bool=True),
    "series_greater_equals": _kept("{0} >= {1}", is_bool=True),
    "series_less": _kept("{0} < {1}", is_bool=True),
    "series_less_equals": _kept("{0} <= {1}", is_bool=True),
    "series_multiply": _kept("{0} * {1}"),
    "series_not_equals": _kept("{0} <> {1}", is_bool=True),
    "series_pow": _Step("pow({0}, {1})"),
    "series_subtract": _kept("{0} - {1}"),
}


def _of_one(call: ir.FunctionCall) -> str:
    _takes(call, 1, 1)
    step = _OF_ONE[call.name.lower()].sql("_e")
    return of_array(call, f"to_json(list_transform(_b.x, lambda _e: {step}))")


def _of_two(call: ir.FunctionCall) -> str:
    _takes(call, 2, 2)
    step = _OF_TWO[call.name.lower()].sql("_p[1]", "_p[2]")
    return of_arrays(call, f"to_json(list_transform(list_zip(_b.x, _b.y), lambda _p: {step}))")


# The elements that are there, each with its place from 1; between two of them is a gap, or nothing.
_PRESENT: Final = (
    "list_filter(list_transform(list_zip(_b.x, range(1, len(_b.x) + 1)), "
    "lambda _z: struct_pack(v := _z[1], p := CAST(_z[2] AS BIGINT))), "
    f"lambda _z: NOT ({_MISSING.format('_z.v')}))"
)
_EDGE: Final = "struct_pack(v := CAST(NULL AS JSON), p := CAST({} AS BIGINT))"
_START: Final = _EDGE.format("0")
_END: Final = _EDGE.format("len(_f.a) + 1")
_ALL: Final = f"[struct_pack(a := _b.x, s := {_PRESENT})]"


def _repeated(value: str, times: str) -> str:
    return f"list_resize([{value}], {times}, {value})"


def _joined(places: str, piece: str) -> str:
    """The pieces between each place and the next one, one after the other."""
    pairs = f"list_zip({places}, ({places})[2:])[:-2]"
    return f"flatten(list_transform({pairs}, lambda _z: {piece}))"


def _filled(call: ir.FunctionCall, filled: str, nothing: str = "to_json(_f.a)") -> str:
    """SQL that fills ``_f.a`` by ``_f.s``, its elements that are there; what else where there are none."""
    body = f"CASE WHEN len(_f.s) = 0 THEN {nothing} ELSE to_json({filled}) END"
    return of_array(call, f"list_transform({_ALL}, lambda _f: {body})[1]")


def _forward(call: ir.FunctionCall) -> str:
    _takes(call, 1, 2)
    piece = _repeated("_z[1].v", "_z[2].p - _z[1].p")
    rest = _joined(f"list_append(_f.s, {_END})", piece)
    return _filled(call, f"list_concat(_f.a[:_f.s[1].p - 1], {rest})")


def _backward(call: ir.FunctionCall) -> str:
    _takes(call, 1, 2)
    piece = _repeated("_z[2].v", "_z[2].p - _z[1].p")
    return _filled(
        call, f"list_concat({_joined(f'list_prepend({_START}, _f.s)', piece)}, _f.a[_f.s[-1].p + 1:])"
    )


def _const(call: ir.FunctionCall) -> str:
    _takes(call, 2, 3)
    value = f"to_json({EMITTER.render_expr(call.args[1])})"
    element = f"CASE WHEN {_MISSING.format('_z[1]')} THEN _z[2] ELSE _z[1] END"
    pairs = f"list_zip(_f.a, {_repeated(value, 'len(_f.a)')})"
    return _filled(
        call, f"list_transform({pairs}, lambda _z: {element})", f"to_json({_repeated(value, 'len(_f.a)')})"
    )


_BETWEEN: Final = (
    "list_transform([CAST(_z[1].v AS DOUBLE) + (CAST(_z[2].v AS DOUBLE) - CAST(_z[1].v AS DOUBLE)) "
    "* _j / (_z[2].p - _z[1].p)], lambda _r: CASE "
    f"WHEN NOT ({_INTEGER.format('_z[1].v')} AND {_INTEGER.format('_z[2].v')}) THEN to_json(_r) "
    f"WHEN _r = floor(_r) THEN to_json(CAST(_r AS BIGINT)) ELSE {_FRACTION} END)[1]"
)
_LINE: Final = _joined(
    "_f.s",
    f"list_transform(range(_z[2].p - _z[1].p), lambda _j: CASE WHEN _j = 0 THEN _z[1].v ELSE {_BETWEEN} END)",
)


def _linear(call: ir.FunctionCall) -> str:
    _takes(call, 1, 4)
    edges, constant = ([*call.args, *_DEFAULTS[len(call.args) :]])[2:]
    if not isinstance(edges, ir.Literal) or edges.kind != "bool":
        raise unsupported(call.name, "whether edges are filled is a constant: true or false")
    first, last = "_f.s[1].p - 1", "len(_f.a) - _f.s[-1].p + 1"
    before = _repeated("_f.s[1].v", first) if edges.value else f"_f.a[:{first}]"
    after = _repeated("_f.s[-1].v", last) if edges.value else "_f.a[_f.s[-1].p:]"
    value = f"to_json({EMITTER.render_expr(constant)})"
    nothing = f"to_json({_repeated(value, 'len(_f.a)')})"
    return _filled(call, f"list_concat(list_concat({before}, {_LINE}), {after})", nothing)


_NULL: Final = ir.Literal(None, "null")
_DEFAULTS: Final = (_NULL, _NULL, ir.Literal(value=True, kind="bool"), ir.Literal(0.0, "real"))
_PLACEHOLDERS: Final = {
    "series_fill_backward": 1,
    "series_fill_const": 2,
    "series_fill_forward": 1,
    "series_fill_linear": 1,
}
"""The place of the argument that says what is missing."""


def _takes(call: ir.FunctionCall, least: int, most: int) -> None:
    """Refuse other numbers of arguments, and a placeholder that is not null."""
    if not least <= len(call.args) <= most:
        raise unsupported(call.name, f"it takes {least} to {most} arguments, not {len(call.args)}")
    place = _PLACEHOLDERS.get(call.name.lower(), most)
    given = call.args[place] if place < len(call.args) else _NULL
    if not isinstance(given, ir.Literal) or given.value is not None:
        raise unsupported(
            call.name, "only null stands for a missing value: write make-series … default=real(null)"
        )


SERIES: Final[Mapping[str, Callable[[ir.FunctionCall], str]]] = {
    **dict.fromkeys(_OF_ONE, _of_one),
    **dict.fromkeys(_OF_TWO, _of_two),
    "series_fill_backward": _backward,
    "series_fill_const": _const,
    "series_fill_forward": _forward,
    "series_fill_linear": _linear,
}
"""By name."""
