"""What is known of an expression's type from the text alone; the rest only the database knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import UnionType
from typing import Final

from duckdb_kql import ir

_LOGICAL: Final = frozenset({"and", "or"})
_ORDERING: Final = frozenset({"<", "<=", ">", ">="})
_ARITHMETIC: Final = frozenset({"+", "-", "*", "/", "%"})

_BY_CALL: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        [
            "isnull",
            "isnotnull",
            "notnull",
            "isempty",
            "isnotempty",
            "notempty",
            "isnan",
            "isinf",
            "isfinite",
            "not",
            "tobool",
            "toboolean",
            "set_has_element",
            "bag_has_key",
        ],
        "bool",
    ),
    **dict.fromkeys(
        [
            "tostring",
            "strcat",
            "strcat_delim",
            "strcat_array",
            "tolower",
            "toupper",
            "substring",
            "replace_string",
            "replace_regex",
            "trim",
            "trim_start",
            "trim_end",
            "format_datetime",
            "format_timespan",
            "format_bytes",
            "strrep",
            "reverse",
            "extract",
            "url_encode",
            "url_encode_component",
            "url_decode",
            "base64_encode_tostring",
            "base64_decode_tostring",
            "gettype",
            "hash_md5",
            "hash_sha1",
            "hash_sha256",
        ],
        "string",
    ),
    **dict.fromkeys(
        [
            "parse_json",
            "todynamic",
            "pack",
            "pack_array",
            "bag_pack",
            "pack_all",
            "bag_keys",
            "bag_merge",
            "bag_remove_keys",
            "split",
            "parse_url",
            "array_concat",
            "array_slice",
            "extract_all",
            "make_list",
            "make_set",
            "make_bag",
            "set_union",
        ],
        "dynamic",
    ),
    **dict.fromkeys(
        [
            "todatetime",
            "now",
            "ago",
            "datetime_add",
            "make_datetime",
            "startofday",
            "startofweek",
            "startofmonth",
            "startofyear",
            "endofday",
            "endofweek",
            "endofmonth",
            "endofyear",
        ],
        "datetime",
    ),
    **dict.fromkeys(["totimespan", "timespan", "dayofweek", "make_timespan"], "timespan"),
    **dict.fromkeys(
        [
            "array_index_of",
            "array_length",
            "count",
            "countif",
            "countof",
            "dcount",
            "dcountif",
            "has_any_index",
            "indexof",
            "strlen",
            "tolong",
        ],
        "long",
    ),
    **dict.fromkeys(
        [
            "datetime_part",
            "dayofmonth",
            "dayofyear",
            "getmonth",
            "getyear",
            "hourofday",
            "monthofyear",
            "toint",
            "week_of_year",
            "weekofyear",
        ],
        "int",
    ),
    **dict.fromkeys(
        [
            "avg",
            "exp",
            "log",
            "log10",
            "log2",
            "pow",
            "series_cosine_similarity",
            "series_dot_product",
            "series_pearson_correlation",
            "series_product",
            "series_sum",
            "sign",
            "sqrt",
            "stdev",
            "todouble",
            "toreal",
        ],
        "real",
    ),
}


def branches_of(call: ir.FunctionCall) -> tuple[ir.Expr, ...]:
    """The arguments that a call's value may be."""
    name = call.name.lower()
    if name in {"iff", "iif"}:
        return call.args[1:]
    if name in _OF_NUMBERS:
        return call.args[:1]
    return (*call.args[1::2], *call.args[-1:]) if name == "case" else call.args


_OF_NUMBERS: Final = frozenset({"abs", "ceiling", "round"})
"""Functions whose value has the type of their first argument."""

_OF_BRANCHES: Final = frozenset({"iff", "iif", "case", "coalesce", "max_of", "min_of", *_OF_NUMBERS})
"""Functions whose value has the type of their branches."""


_DEPTH: Final = 8
"""Levels that are looked into: a name bound by ``let`` may stand in many places, and be asked in each."""


def kind_of(node: object, depth: int = _DEPTH) -> str | None:
    """The KQL type of an expression; ``None`` where the text does not say it."""
    read = next((read for kind, read in _READERS if isinstance(node, kind)), None)
    return read(node, depth - 1) if read is not None and depth else None


def _of_literal(node: ir.Literal | ir.Parameter, depth: int) -> str | None:
    del depth
    return None if node.kind == "null" else node.kind


def _of_call(node: ir.FunctionCall, depth: int) -> str | None:
    name = node.name.lower()
    if name == "round" and len(node.args) > 1:
        return "real"
    if name not in _OF_BRANCHES:
        return _BY_CALL.get(name)
    kinds = {kind_of(branch, depth) for branch in branches_of(node)}
    return kinds.pop() if len(kinds) == 1 else None


_READERS: Final[Sequence[tuple[type | UnionType, Callable[..., str | None]]]] = (
    (ir.LetRef, lambda node, depth: kind_of(node.value, depth)),
    (ir.Literal | ir.Parameter, _of_literal),
    (ir.FunctionCall, _of_call),
    (ir.PathAccess, lambda *_: "dynamic"),
    (ir.InList | ir.HasList | ir.Between, lambda *_: "bool"),
    (ir.UnaryOp, lambda node, depth: kind_of(node.operand, depth) if node.op == "-" else "bool"),
    (ir.BinaryOp, lambda node, _: None if node.op in _ARITHMETIC else "bool"),
)


def is_ordering(node: ir.BinaryOp) -> bool:
    """Whether it is one of ``<``, ``<=``, ``>``, ``>=``."""
    return node.op in _ORDERING


def is_logical(node: ir.BinaryOp) -> bool:
    """Whether it is ``and`` or ``or``."""
    return node.op in _LOGICAL


def is_arithmetic(node: ir.BinaryOp) -> bool:
    """Whether it is one of ``+``, ``-``, ``*``, ``/``, ``%``."""
    return node.op in _ARITHMETIC
