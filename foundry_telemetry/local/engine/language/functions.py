"""Makes the functions of this package known to the engine, which keeps them in tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from duckdb_kql import ir
from duckdb_kql.translate import functions

from foundry_telemetry.local.engine.language.array_range import array_range
from foundry_telemetry.local.engine.language.calls import TYPE_MARK, UNNAMED
from foundry_telemetry.local.engine.language.date_functions import DATE_FUNCTIONS
from foundry_telemetry.local.engine.language.dynamic_functions import (
    DYNAMIC_FUNCTIONS,
    combined_sets,
    merged_bags,
)
from foundry_telemetry.local.engine.language.engine_parts import EMITTER, SPECIAL_FORMS
from foundry_telemetry.local.engine.language.expression_types import kind_of
from foundry_telemetry.local.engine.language.json_paths import written_path
from foundry_telemetry.local.engine.language.number_functions import NUMBER_FUNCTIONS
from foundry_telemetry.local.engine.language.refusals import unsupported
from foundry_telemetry.local.engine.language.series import SERIES
from foundry_telemetry.local.engine.language.series_statistics import SERIES_STATISTICS
from foundry_telemetry.local.engine.language.string_functions import STRING_FUNCTIONS
from foundry_telemetry.local.engine.language.templates import bound
from foundry_telemetry.local.engine.language.time_functions import TIME_FUNCTIONS, with_more_forms
from foundry_telemetry.local.engine.language.timespan_format import format_timespan

_SETS: Final = ("set_union", "set_intersect", "set_difference")
_TYPES: Final = {
    "bool": "tobool",
    "boolean": "tobool",
    "datetime": "todatetime",
    "double": "todouble",
    "dynamic": "todynamic",
    "int": "toint",
    "long": "tolong",
    "real": "todouble",
    "string": "tostring",
    "timespan": "totimespan",
}
"""The conversion that ``typeof(…)`` asks ``extract`` for."""


@dataclass(frozen=True)
class ByArity(functions.FunctionSpec):
    """A function with a template for each number of arguments."""

    templates: Mapping[int, str] = field(default_factory=dict)

    def render(self, args: list[str]) -> str:
        """The SQL of a call.

        Raises:
            ValueError: It takes another number of arguments.
        """
        if len(args) not in self.templates:
            raise ValueError(f"{self.name}() takes {self.arities} argument(s), got {len(args)}")
        return self.templates[len(args)].format(*args)


def install() -> None:
    """Teach the engine; a second time does nothing."""
    by_name: dict[str, dict[int, str]] = {}
    for table in (STRING_FUNCTIONS, DYNAMIC_FUNCTIONS, TIME_FUNCTIONS):
        for (name, arity), template in table.items():
            by_name.setdefault(name, {})[arity] = template
    for name, own in by_name.items():
        templates = own
        present = functions.SCALAR_FUNCTIONS.get(name)
        if isinstance(present, functions.FunctionSpec) and not isinstance(present, ByArity):
            templates = {**dict.fromkeys(present.arities, present.template), **own}
        functions.SCALAR_FUNCTIONS[name] = ByArity(
            name, "template", "", tuple(sorted(templates)), templates=templates
        )
    known = functions.SCALAR_FUNCTIONS["todatetime"]
    if "try_strptime(trim" not in known.template:
        template = with_more_forms(known.template)
        functions.SCALAR_FUNCTIONS["todatetime"] = functions.FunctionSpec(
            "todatetime", "template", template, (1,)
        )
    SPECIAL_FORMS.update(_SPECIAL)
    # What is in no table is taken for an aggregate where it stands around one.
    for name in (*SPECIAL_FORMS, "column_ifexists", "pack_all"):
        functions.SCALAR_FUNCTIONS.setdefault(name, functions.FunctionSpec(name, "template", "", ()))


def _rendered(arguments: tuple[ir.Expr, ...]) -> list[str]:
    return [EMITTER.render_expr(argument) for argument in arguments]


def _merge(call: ir.FunctionCall) -> str:
    return merged_bags(_rendered(call.args))


def _combine(call: ir.FunctionCall) -> str:
    if len(call.args) < 2:
        raise unsupported(call.name, "it takes two arrays or more")
    return combined_sets(call.name.lower(), _rendered(call.args))


def _bin_at(call: ir.FunctionCall) -> str:
    if len(call.args) != 3:
        raise unsupported(call.name, "it takes a value, a size and a fixed point")
    value, size, fixed = _rendered(call.args)
    kinds = {kind_of(call.args[0]), kind_of(call.args[2])}
    if "datetime" in kinds or kind_of(call.args[1]) == "timespan":
        ticks = "CAST(floor((epoch_us(_b.v) - epoch_us(_b.f)) / epoch_us(_b.s)) AS BIGINT) * epoch_us(_b.s)"
        return bound(f"_b.f + to_microseconds({ticks})", v=value, s=size, f=fixed)
    return bound(
        "CAST(floor((_b.v - _b.f) / CAST(_b.s AS DOUBLE)) AS BIGINT) * _b.s + _b.f",
        v=value,
        s=size,
        f=fixed,
    )


def _typed(name: str, place: int) -> Callable[[ir.FunctionCall], str | None]:
    """A function of texts whose last argument may be ``typeof(…)``, which converts what it gives."""

    def render(call: ir.FunctionCall) -> str | None:
        if len(call.args) <= place:
            return None
        kind = call.args[place]
        conversion = (
            _TYPES.get(kind.name.removeprefix(TYPE_MARK)) if isinstance(kind, ir.FunctionCall) else None
        )
        if conversion is None:
            raise unsupported(name, "its last argument is typeof(…) of a simple type")
        text = ir.FunctionCall(name, call.args[:place])
        rendered: str = EMITTER.render_expr(ir.FunctionCall(conversion, (text,)))
        return rendered

    return render


def _extract_json(call: ir.FunctionCall) -> str | None:
    """A path that stands in the text is read here; the database knows fewer forms."""
    if len(call.args) != 2:
        return _typed(call.name, 2)(call)
    arguments = _rendered((written_path(call.args[0]), call.args[1]))
    return STRING_FUNCTIONS["extract_json", 2].format(*arguments)


def _replace(call: ir.FunctionCall) -> str:
    """``replace(regex, rewrite, source)``, of which ``replace_regex`` is the newer order."""
    if len(call.args) != 3:
        raise unsupported(call.name, "it takes a regular expression, what to write instead, and a text")
    regex, rewrite, source = call.args
    rendered: str = EMITTER.render_expr(ir.FunctionCall("replace_regex", (source, regex, rewrite)))
    return rendered


def _url_encode(call: ir.FunctionCall) -> None:
    if call.args and isinstance(call.args[0], ir.Literal):
        raise unsupported(call.name, "its text is a constant: write the encoded text itself")


def _isnull(call: ir.FunctionCall) -> str | None:
    """A text is never null in KQL, though it is in the database after an outer join; JSON's null is one."""
    if len(call.args) != 1:
        return None
    argument = call.args[0]
    negated = "" if call.name.lower() == "isnull" else "NOT "
    if not isinstance(argument, ir.ColumnRef):
        dynamic = f"({negated}coalesce(json_type({EMITTER.render_expr(argument)}), 'NULL') = 'NULL')"
        return dynamic if kind_of(argument) == "dynamic" else None
    value = EMITTER.render_expr(argument)
    return (
        f"({negated}CASE typeof({value}) WHEN 'VARCHAR' THEN FALSE "
        f"WHEN 'JSON' THEN {value} IS NULL OR CAST({value} AS VARCHAR) = 'null' ELSE {value} IS NULL END)"
    )


_SPECIAL: Final[Mapping[str, Callable[[ir.FunctionCall], str | None]]] = {
    **DATE_FUNCTIONS,
    **NUMBER_FUNCTIONS,
    **SERIES,
    **SERIES_STATISTICS,
    "bag_merge": _merge,
    "bin_at": _bin_at,
    "extract": _typed("extract", 3),
    "extract_json": _extract_json,
    "extractjson": _extract_json,
    "format_timespan": format_timespan,
    "isnotnull": _isnull,
    "isnull": _isnull,
    "notnull": _isnull,
    "range": array_range,
    UNNAMED: lambda call: EMITTER.render_expr(call.args[0]),
    "replace": _replace,
    **dict.fromkeys(_SETS, _combine),
    **dict.fromkeys(("url_encode", "url_encode_component"), _url_encode),
}
