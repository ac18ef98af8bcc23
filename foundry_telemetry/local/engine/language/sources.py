"""Sources that the engine reads otherwise than Kusto: ``range`` of reals and timespans, and ``print``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from duckdb_kql import ir

from foundry_telemetry.local.engine.language.engine_parts import EMITTER, ORIGINAL, put
from foundry_telemetry.local.engine.language.expression_types import kind_of
from foundry_telemetry.local.engine.language.own_operator import identifier
from foundry_telemetry.local.engine.language.refusals import NUMBERS, is_of, refused_if, unsupported

_RENDER_SOURCE: Final[Callable[..., str]] = ORIGINAL["source sql"]

_INTEGERS: Final = tuple(name for name in NUMBERS if name not in ("FLOAT", "DOUBLE"))
_WHOLE: Final = "'range': write todouble() or tolong() around its bounds, so that their type is certain."


def install() -> None:
    """Let the engine read these sources so; a second time does nothing."""
    put("source sql", render_source)


def render_source(source: ir.Source, schema: Any = None) -> str:
    """The SQL of a source."""
    if isinstance(source, ir.PrintSource):
        _refuse_twins(source)
    if isinstance(source, ir.RangeSource):
        return _range(source) or _RENDER_SOURCE(source, schema)
    return _RENDER_SOURCE(source, schema)


def _refuse_twins(source: ir.PrintSource) -> None:
    names = Counter(named.name for named in source.expressions if named.name is not None)
    twice = next((name for name, times in names.items() if times > 1), None)
    if twice is not None:
        raise unsupported(f"print:{twice}", "a column of that name is already declared: choose another name")


def _range(source: ir.RangeSource) -> str | None:
    """``None`` where the engine's own reading is right."""
    bounds = (source.start, source.stop, source.step)
    kinds = [kind_of(bound) for bound in bounds]
    start, stop, step = map(EMITTER.render_expr, bounds)
    column = identifier(source.name)
    if "datetime" in kinds:
        return None
    if kinds[0] == kinds[1] == "timespan":
        series = f"generate_series(epoch_us({start}), epoch_us({stop}), epoch_us({step}))"
        return f"SELECT to_microseconds(UNNEST({series})) AS {column}"
    if "real" in kinds:
        # Every element from the first one: to add the step again and again would add up its error.
        count = f"CAST(floor(({stop} - {start}) / {step} + 1e-9) AS BIGINT)"
        series = f"UNNEST(generate_series(CAST(0 AS BIGINT), {count}))"
        return f"SELECT CAST({start} AS DOUBLE) + {series} * CAST({step} AS DOUBLE) AS {column}"
    unknown = [
        sql for sql, kind in zip((start, stop, step), kinds, strict=True) if kind not in {"long", "int"}
    ]
    if not unknown or "timespan" in kinds:
        return None
    checks = " OR ".join(f"NOT {is_of(sql, _INTEGERS)}" for sql in unknown)
    return f"SELECT * FROM ({_RENDER_SOURCE(source, None)}) WHERE {refused_if(checks, _WHOLE, 'TRUE')}"
