"""``range(start, stop [, step])``: an array of numbers."""

from __future__ import annotations

from typing import Final

from duckdb_kql import ir

from foundry_telemetry.local.engine.language.engine_parts import EMITTER, is_timespan
from foundry_telemetry.local.engine.language.expression_types import kind_of
from foundry_telemetry.local.engine.language.refusals import NUMBERS, is_of, refusal, refused_if, unsupported
from foundry_telemetry.local.engine.language.templates import bound

MOST: Final = 10_000
"""Elements of one: the database makes the arrays of two thousand rows at a time, and does not count them."""

_TOO_MANY: Final = refusal(f"'range' gives at most {MOST:,} elements here: take a larger step.")
_OPEN: Final = "'range': write tolong() or todouble() around its arguments, so that their type is certain."
_TIMES: Final = "an array of times: write range t from … to … step … | summarize make_list(t)"
_INTEGERS: Final = tuple(name for name in NUMBERS if name not in ("FLOAT", "DOUBLE"))
_STEPS: Final = "CAST(floor((_b.b - _b.a) / _b.c + 1e-9) AS BIGINT)"
_ARRAY: Final = (
    "CASE WHEN _b.c = 0 OR (_b.b - _b.a) / _b.c < 0 THEN CAST('[]' AS JSON) "
    f"WHEN {_STEPS} >= {MOST} THEN {_TOO_MANY} "
    f"ELSE to_json(list_transform(range({_STEPS} + 1), lambda _i: _b.a + _i * _b.c)) END"
)


def array_range(call: ir.FunctionCall) -> str:
    """The SQL of a call."""
    if len(call.args) not in (2, 3):
        raise unsupported(call.name, "it takes a first and a last value, and a step")
    kinds = [kind_of(argument) for argument in call.args]
    if {"datetime", "timespan"}.intersection(kinds) or any(map(is_timespan, call.args)):
        raise unsupported(call.name, _TIMES)
    sqls = [EMITTER.render_expr(argument) for argument in (*call.args, ir.Literal(1, "long"))[:3]]
    number = "DOUBLE" if "real" in kinds else "BIGINT"
    a, b, c = (f"CAST({sql} AS {number})" for sql in sqls)
    rendered = bound(_ARRAY, a=a, b=b, c=c)
    unknown = [sql for sql, kind in zip(sqls, kinds, strict=False) if kind is None]
    checks = " OR ".join(f"NOT {is_of(sql, _INTEGERS)}" for sql in unknown)
    return refused_if(checks, _OPEN, rendered) if checks and number == "BIGINT" else rendered
