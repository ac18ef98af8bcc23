"""Dynamic values where Kusto wants texts, texts where it wants dynamic values, and both compared.

``d.a == s`` compares the text of a dynamic value with a text; the database would read the text as JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from duckdb_kql import ir

from foundry_telemetry.local.engine.language.expression_types import kind_of
from foundry_telemetry.local.engine.language.refusals import (
    DYNAMIC,
    STRING,
    is_of,
    refused_if,
)

_Render = Callable[[ir.Expr], str]

_TEXTS: Final[Mapping[str, tuple[int, ...]]] = {
    "replace_string": (0, 1, 2),
    "replace_regex": (0, 2),
    "replace": (2,),
    "trim": (1,),
    "trim_start": (1,),
    "trim_end": (1,),
    "extract": (2,),
    "countof": (0, 1),
    "url_encode": (0,),
    "url_decode": (0,),
    "base64_encode_tostring": (0,),
    "base64_decode_tostring": (0,),
    "parse_url": (0,),
    "parse_csv": (0,),
    "strcmp": (0, 1),
}
"""The arguments that functions read as texts, whatever they are."""

_TO_DYNAMIC: Final = "it is a text and has no properties: write parse_json() around it"
_EQUALITY: Final = frozenset({"==", "!=", "<>"})


def with_texts(call: ir.FunctionCall) -> ir.FunctionCall:
    """A call whose arguments are texts where the function wants some."""
    places = _TEXTS.get(call.name.lower(), ())
    arguments = tuple(
        ir.FunctionCall("tostring", (argument,))
        if place in places and _may_be_dynamic(argument)
        else argument
        for place, argument in enumerate(call.args)
    )
    return call if arguments == call.args else replace(call, args=arguments)


def checked_path(node: ir.PathAccess, sql: str, render: _Render) -> str:
    """The SQL of a property or an element, refused where its base is a text."""
    if not isinstance(node.base, ir.ColumnRef):
        return sql
    message = f"'{node.base.name}': {_TO_DYNAMIC}."
    return refused_if(is_of(render(node.base), STRING), message, sql)


def equality(node: ir.BinaryOp, sql: str, render: _Render) -> str:
    """The SQL of an equality, of texts where a dynamic value meets one."""
    if node.op not in _EQUALITY:
        return sql
    for one, other, turned in ((node.left, node.right, False), (node.right, node.left, True)):
        if not isinstance(other, ir.ColumnRef) or not _may_be_dynamic(one):
            continue
        text = ir.FunctionCall("tostring", (one,))
        compared = ir.BinaryOp(node.op, *((other, text) if turned else (text, other)))
        condition = is_of(render(other), STRING)
        if isinstance(one, ir.ColumnRef):
            condition += f" AND {is_of(render(one), DYNAMIC)}"
        sql = f"(CASE WHEN {condition} THEN {render(compared)} ELSE {sql} END)"
    return sql


def _may_be_dynamic(node: ir.Expr) -> bool:
    return isinstance(node, ir.ColumnRef) or kind_of(node) == "dynamic"
