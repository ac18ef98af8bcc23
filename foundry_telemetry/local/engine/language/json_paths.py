"""Names and indices within dynamic values, whichever signs a name has: quotes, backslashes, dots, brackets.

``d[key]`` with a key of a row is a property where the key is a text, and an element where it is a number.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from duckdb_kql import ir

from foundry_telemetry.local.engine.language.engine_parts import EMITTER, constant_index, put
from foundry_telemetry.local.engine.language.expression_types import kind_of
from foundry_telemetry.local.engine.language.own_operator import identifier
from foundry_telemetry.local.engine.language.refusals import quoted, refusal, unsupported
from foundry_telemetry.local.engine.language.templates import bound

_STEP: Final = re.compile(
    r"""\.(?P<bare>[^.\[\]'"*$@?\s]+)|\[(?P<sign>['"])(?P<name>(?:(?!(?P=sign)).)*)(?P=sign)\]|\[(?P<index>\d+)\]"""
)
"""A step of a JSON path: ``.a``, ``['a']``, ``["a"]``, ``[0]``."""

_EMPTY: Final = "/"
"""The path of the property without a name, which a path in the usual form cannot name."""
_OPEN: Final = refusal(
    "What stands in […] is neither text nor number: write tostring() or tolong() around it."
)
_OF_TEXT: Final = (
    f"CASE CAST(_b.i AS VARCHAR) WHEN '' THEN '{_EMPTY}' ELSE '$.\"' "
    """|| regexp_replace(CAST(_b.i AS VARCHAR), '(["\\\\])', '\\\\\\1', 'g') || '"' END"""
)
_OF_NUMBER: Final = (
    "'$[' || CASE WHEN TRY_CAST(_b.i AS BIGINT) < 0 THEN '#' ELSE '' END || TRY_CAST(_b.i AS BIGINT) || ']'"
)
_PATHS: Final = {"string": _OF_TEXT, "long": _OF_NUMBER, "int": _OF_NUMBER}
"""By the type of an index."""
_EITHER: Final = (
    f"CASE WHEN typeof(_b.i) = 'VARCHAR' THEN {_OF_TEXT} "
    f"WHEN typeof(_b.i) IN ('INTEGER', 'BIGINT') THEN {_OF_NUMBER} ELSE {_OPEN} END"
)


def install() -> None:
    """Let the engine write paths so; a second time does nothing."""
    put("path", _path)
    put("expanded elements", _elements)


def _key(name: str) -> str:
    """A name as a part of a path."""
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return name if name.isidentifier() else f'"{escaped}"'


def written_path(path: ir.Expr) -> ir.Expr:
    """The path that a query writes as a text, as the database reads it.

    Raises:
        KqlUnsupportedError: It has other steps than names and indices.
    """
    path = path.value if isinstance(path, ir.LetRef) else path
    if not isinstance(path, ir.Literal) or path.kind != "string":
        return path
    text = str(path.value)
    steps = list(_STEP.finditer(text))
    if "$" + "".join(step[0] for step in steps) != text or "\\" in text:
        raise unsupported("extract_json", "its path has names and indices alone, such as $.a['b'][0]")
    parts = (
        f"[{step['index']}]" if step["index"] is not None else f".{_key(step['bare'] or step['name'])}"
        for step in steps
    )
    return ir.Literal("$" + "".join(parts), "string")


def _path(node: ir.PathAccess) -> str:
    """The SQL of ``d.a[0]['b'][key]``, the static parts of it at once."""
    sql: str = EMITTER.render_expr(node.base)
    static: list[ir.PathStep] = []
    for step in node.steps:
        if _is_static(step):
            static.append(step)
            continue
        sql, static = _by_expression(_by_names(sql, static), step), []
    return _by_names(sql, static)


def _is_static(step: ir.PathStep) -> bool:
    return bool(step.name) or (step.index is not None and constant_index(step.index) is not None)


def _by_names(sql: str, steps: Sequence[ir.PathStep]) -> str:
    if not steps:
        return sql
    path = "".join(f".{_key(step.name)}" if step.name else _place(step) for step in steps)
    return f"json_extract({sql}, {quoted(f'${path}')})"


def _place(step: ir.PathStep) -> str:
    """An index; the database counts from the end by a sign of its own."""
    index = constant_index(step.index)
    return f"[#{index}]" if index is not None and index < 0 else f"[{index}]"


def _by_expression(sql: str, step: ir.PathStep) -> str:
    if step.index is None:
        return f"json_extract({sql}, '{_EMPTY}')"
    path = _PATHS.get(kind_of(step.index) or "", _EITHER)
    return bound(f"json_extract(_b.j, {path})", j=sql, i=EMITTER.render_expr(step.index))


def _elements(operation: ir.MvExpand, target: ir.MvExpandTarget) -> str:
    """The list that ``mv-expand`` makes rows of; a bag gives its properties, a null or scalar itself."""
    column: Any = identifier(target.column)
    pair = "json_array(_e[1], _e[2])" if operation.array_expansion else "json_object(_e[1], _e[2])"
    bag = f"list_transform(list_zip(json_keys({column}), json_extract({column}, '$.*')), lambda _e: {pair})"
    elements = (
        f"CAST(CASE json_type({column}) WHEN 'ARRAY' THEN json_extract({column}, '$[*]') "
        f"WHEN 'OBJECT' THEN {bag} ELSE json_array({column}) END AS JSON[])"
    )
    return elements if operation.limit is None else f"list_slice({elements}, 1, {max(operation.limit, 0)})"
