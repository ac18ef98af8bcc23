"""``format_timespan``: the format is a constant text, read while the query is translated."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Final

from duckdb_kql import ir

from foundry_telemetry.local.engine.language.engine_parts import EMITTER
from foundry_telemetry.local.engine.language.refusals import quoted, unsupported
from foundry_telemetry.local.engine.language.templates import bound

_PARTS: Final[Mapping[str, str]] = {
    "d": "_b.u // 86400000000",
    "h": "_b.u // 3600000000 % 24",
    "H": "_b.u // 3600000000 % 24",
    "m": "_b.u // 60000000 % 60",
    "s": "_b.u // 1000000 % 60",
}
_LONGEST: Final = {"d": 8, "h": 2, "H": 2, "m": 2, "s": 2, "f": 7, "F": 7}
_DELIMITERS: Final = frozenset(" /-:,._[]")


def format_timespan(call: ir.FunctionCall) -> str:
    """The SQL of a call."""
    if len(call.args) != 2:
        raise unsupported(call.name, "it takes a timespan and a format")
    value, form = call.args
    if isinstance(form, ir.LetRef):
        form = form.value
    if not isinstance(form, ir.Literal) or form.kind != "string":
        raise unsupported(call.name, "its format must be a constant text")
    pieces = [_piece(call.name, letter, len(list(run))) for letter, run in groupby(str(form.value))]
    text = " || ".join(pieces) if pieces else "''"
    micros = f"abs(epoch_us({EMITTER.render_expr(value)}))"
    return f"coalesce({bound(text, u=micros)}, '')"


def _piece(name: str, letter: str, length: int) -> str:
    if letter in _DELIMITERS:
        return quoted(letter * length)
    if letter not in _LONGEST or length > _LONGEST[letter]:
        raise unsupported(name, f"{letter * length!r} cannot be read: write d, h, m, s or f")
    if letter in "fF":
        digits = f"(lpad(CAST(_b.u % 1000000 AS VARCHAR), 6, '0') || '0')[1:{length}]"
        return digits if letter == "f" else f"rtrim({digits}, '0')"
    number = f"CAST({_PARTS[letter]} AS VARCHAR)"
    return f"lpad({number}, CAST(greatest({length}, len({number})) AS INTEGER), '0')"
