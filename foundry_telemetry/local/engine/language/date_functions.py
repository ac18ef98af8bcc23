"""Functions of the parts of a datetime or a timespan, where the engine counts them otherwise than Kusto."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from duckdb_kql import ir

from foundry_telemetry.local.engine.language.engine_parts import EMITTER, SPECIAL_FORMS
from foundry_telemetry.local.engine.language.refusals import unsupported
from foundry_telemetry.local.engine.language.templates import bound

_Render = Callable[[ir.FunctionCall], "str | None"]

_FRACTIONS: Final = {"millisecond": 1_000, "microsecond": 1_000_000}
"""Parts that the database counts from the start of the minute, and how many there are in a second."""

_TIMESPAN: Final = bound(
    "CASE WHEN _b.h BETWEEN 0 AND 23 AND _b.m BETWEEN 0 AND 59 AND _b.s >= 0 AND _b.s < 60 THEN "
    "to_microseconds(((_b.d * 24 + _b.h) * 60 + _b.m) * 60000000 "
    "+ CAST(floor(_b.s * 1000000) AS BIGINT)) END",
    d="CAST({} AS BIGINT)",
    h="CAST({} AS BIGINT)",
    m="CAST({} AS BIGINT)",
    s="CAST({} AS DOUBLE)",
)
_ZERO: Final = ir.Literal(0, "long")

_originals: Final[Mapping[str, _Render]] = {
    name: SPECIAL_FORMS[name] for name in ("datetime_diff", "datetime_part", "make_datetime")
}


def _unit(call: ir.FunctionCall) -> str:
    """The unit that a call names first, in small letters; empty where it names none."""
    first = call.args[0] if call.args else None
    return str(first.value).lower() if isinstance(first, ir.Literal) and first.kind == "string" else ""


def _datetime_diff(call: ir.FunctionCall) -> str | None:
    """Kusto counts the Sundays between two times, the database whole weeks."""
    if _unit(call) != "week" or len(call.args) != 3:
        return _originals["datetime_diff"](call)
    starts = (ir.FunctionCall("startofweek", (one,)) for one in call.args[1:])
    days = _originals["datetime_diff"](replace(call, args=(ir.Literal("day", "string"), *starts)))
    return f"({days} // 7)"


def _datetime_part(call: ir.FunctionCall) -> str | None:
    sql = _originals["datetime_part"](call)
    in_second = _FRACTIONS.get(_unit(call))
    return f"CAST({sql} AS INTEGER)" if in_second is None else f"CAST({sql} % {in_second} AS INTEGER)"


def _make_datetime(call: ir.FunctionCall) -> str | None:
    if len(call.args) == 5:
        call = replace(call, args=(*call.args, _ZERO))
    seconds = call.args[5] if len(call.args) == 6 else None
    if isinstance(seconds, ir.Literal) and isinstance(seconds.value, float):
        micros = seconds.value * 1e6
        if abs(micros - round(micros)) > 1e-4:
            raise unsupported(
                call.name, "the local store keeps six digits of a second: leave the seventh out"
            )
    return _originals["make_datetime"](call)


def _make_timespan(call: ir.FunctionCall) -> str:
    """``make_timespan([days,] hours, minutes [, seconds])``; null where one is beyond its range."""
    arguments = {2: (_ZERO, *call.args, _ZERO), 3: (_ZERO, *call.args), 4: call.args}.get(len(call.args))
    if arguments is None:
        raise unsupported(
            call.name, "it takes days, hours, minutes and seconds; the first and last may be absent"
        )
    return _TIMESPAN.format(*map(EMITTER.render_expr, arguments))


DATE_FUNCTIONS: Final[Mapping[str, _Render]] = {
    "datetime_diff": _datetime_diff,
    "datetime_part": _datetime_part,
    "make_datetime": _make_datetime,
    "make_timespan": _make_timespan,
}
"""By name."""
