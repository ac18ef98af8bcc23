"""Aggregates that the engine has not, or answers otherwise than Kusto.

Lists keep the types of their values: a dynamic value in a list stays one, and a datetime is written as Kusto
writes it. Where the size is given, the list ends there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from duckdb_kql import ir
from duckdb_kql.translate import functions

from foundry_telemetry.local.engine.language.calls import NAMES_MARK
from foundry_telemetry.local.engine.language.engine_parts import timespan_text
from foundry_telemetry.local.engine.language.refusals import refusal
from foundry_telemetry.local.engine.language.templates import BAG, datetime_text

_DATETIME: Final = datetime_text("TRY_CAST({0} AS TIMESTAMP)")


def _listed(kept: str) -> str:
    """A list of dynamic values; `kept` is the SQL condition of its rows."""
    spans = timespan_text("TRY_CAST({0} AS INTERVAL)")
    rows = f"FILTER (WHERE {kept})"
    return (
        "(CASE typeof(any_value({0})) "
        f"WHEN 'TIMESTAMP' THEN to_json(coalesce(list({_DATETIME}) {rows}, [])) "
        f"WHEN 'INTERVAL' THEN to_json(coalesce(list({spans}) {rows}, [])) "
        f"ELSE to_json(coalesce(list({{0}}) {rows}, [])) END)"
    )


_ELEMENTS: Final = (
    "CASE WHEN json_type(TRY_CAST({0} AS JSON)) = 'ARRAY' THEN CAST(to_json({0}) AS JSON[]) "
    "ELSE [to_json({0})] END"
)


def _set(kept: str) -> str:
    """A set of values; the elements of arrays are such values, as Kusto unites arrays. Scalars are sorted."""
    rows = f"FILTER (WHERE {kept})"
    return (
        "(CASE WHEN typeof(any_value({0})) = 'JSON' "
        f"THEN to_json(coalesce(list_distinct(flatten(list(DISTINCT {_ELEMENTS}) {rows})), [])) "
        f"WHEN typeof(any_value({{0}})) = 'TIMESTAMP' "
        f"THEN to_json(list_sort(coalesce(list(DISTINCT {_DATETIME}) {rows}, []))) "
        f"ELSE to_json(list_sort(coalesce(list(DISTINCT {{0}}) {rows}, []))) END)"
    )


def _first(json: str, size: str) -> str:
    return f"to_json(list_slice(CAST({json} AS JSON[]), 1, CAST({size} AS BIGINT)))"


_GIVEN: Final = "{0} IS NOT NULL"
_CHOSEN: Final = "{0} IS NOT NULL AND {1}"
_ENTRIES: Final = f"list_sort(flatten(list(map_entries({BAG.format('{0}')})) FILTER (WHERE {{kept}})))"
_BAG: Final = (
    f"to_json(map_from_entries(list_transform([{_ENTRIES}], lambda _all: list_filter(_all, "
    "lambda _e, _i: _i = 1 OR _e.key <> _all[_i - 1].key))[1]))"
)


@dataclass(frozen=True)
class ByArity(functions.AggregateSpec):
    """An aggregate with a template for each number of arguments."""

    templates: tuple[tuple[int, str], ...] = ()

    def render(self, args: list[str]) -> str:
        """The SQL of a call.

        Raises:
            ValueError: It takes another number of arguments.
        """
        template = dict(self.templates).get(len(args))
        if template is None:
            raise ValueError(f"{self.name}() takes {self.arities} argument(s), got {len(args)}")
        return template.format(*args)


def install() -> None:
    """Teach the engine; a second time does nothing."""
    for name, prefix, templates in _AGGREGATES:
        functions.AGGREGATE_FUNCTIONS[name] = ByArity(
            name,
            "",
            tuple(templates),
            prefix,
            name_is_argument=prefix == "",
            templates=tuple(templates.items()),
        )


_TOO_LARGE: Final = refusal("The sum is beyond the range of long: write sum(todouble(x)).")


def _sum(rows: str) -> str:
    """A sum of longs has DuckDB's widest type, and must end where long does."""
    total = f"sum({{0}}){rows}"
    return (
        f"(CASE WHEN typeof({total}) = 'HUGEINT' AND abs(CAST({total} AS DOUBLE)) >= 9223372036854775808 "
        f"THEN {_TOO_LARGE} ELSE coalesce({total}, 0) END)"
    )


_AGGREGATES: Final = (
    ("sum", "sum", {1: _sum("")}),
    ("sumif", "sumif", {2: _sum(" FILTER (WHERE {1})")}),
    ("make_list", "list", {1: _listed(_GIVEN), 2: _first(_listed(_GIVEN), "{1}")}),
    ("makelist", "list", {1: _listed(_GIVEN), 2: _first(_listed(_GIVEN), "{1}")}),
    ("make_list_if", "list", {2: _listed(_CHOSEN), 3: _first(_listed(_CHOSEN), "{2}")}),
    ("make_list_with_nulls", "list", {1: _listed("TRUE")}),
    ("make_set", "set", {1: _set(_GIVEN), 2: _first(_set(_GIVEN), "{1}")}),
    ("makeset", "set", {1: _set(_GIVEN), 2: _first(_set(_GIVEN), "{1}")}),
    ("make_set_if", "set", {2: _set(_CHOSEN), 3: _first(_set(_CHOSEN), "{2}")}),
    ("make_bag", "bag", {1: _BAG.replace("{kept}", _GIVEN)}),
    ("make_bag_if", "bag", {2: _BAG.replace("{kept}", _CHOSEN)}),
    ("maxif", "maxif", {2: "max({0}) FILTER (WHERE {1})"}),
    ("minif", "minif", {2: "min({0}) FILTER (WHERE {1})"}),
    ("anyif", "", {2: "any_value({0}) FILTER (WHERE {1})"}),
    ("take_anyif", "", {2: "any_value({0}) FILTER (WHERE {1})"}),
    ("count_distinct", "count_distinct", {1: "count(DISTINCT {0})"}),
    ("count_distinctif", "count_distinctif", {2: "count(DISTINCT {0}) FILTER (WHERE {1})"}),
    ("stdevp", "stdevp", {1: "coalesce(stddev_pop({0}), 0.0)"}),
    ("variancep", "variancep", {1: "coalesce(var_pop({0}), 0.0)"}),
    ("binary_all_and", "binary_all_and", {1: "bit_and(CAST({0} AS BIGINT))"}),
    ("binary_all_or", "binary_all_or", {1: "bit_or(CAST({0} AS BIGINT))"}),
    ("binary_all_xor", "binary_all_xor", {1: "bit_xor(CAST({0} AS BIGINT))"}),
)

_SINGLE: Final = {
    "percentilew": ("percentilew", 2),
    "percentiles": ("percentile", 1),
    "percentilesw": ("percentilew", 2),
}
"""By aggregate: the one with a single percentage, and how many arguments come before the percentages."""


def several(node: object) -> object:
    """``summarize`` with one aggregate a column: each of ``percentiles``, each array of percentages."""
    if not isinstance(node, ir.Summarize):
        return node
    aggregates = tuple(single for aggregate in node.aggregates for single in _singles(aggregate))
    return replace(node, aggregates=aggregates) if aggregates != node.aggregates else node


def _singles(aggregate: ir.NamedExpr) -> tuple[ir.NamedExpr, ...]:
    call = aggregate.expr
    if not isinstance(call, ir.FunctionCall):
        return (aggregate,)
    name = call.name.lower()
    if name in _ARRAYS:
        return (replace(aggregate, expr=_array(call), name=aggregate.name or _prefixed(call)),)
    if name not in _SINGLE or (name == "percentilew" and len(call.args) == 3 and aggregate.name):
        return (aggregate,)
    single, before = _SINGLE[name]
    values, percentages = call.args[:before], call.args[before:]
    names: Sequence[str | None] = aggregate.name.split(NAMES_MARK) if aggregate.name else ()
    return tuple(
        ir.NamedExpr(
            ir.FunctionCall(single, (*values, percentage)),
            names[place] if place < len(names) else _name(values[0], percentage),
        )
        for place, percentage in enumerate(percentages)
    )


_ARRAYS: Final = {"percentiles_array": ("percentile", 1), "percentilesw_array": ("percentilew", 2)}


def _array(call: ir.FunctionCall) -> ir.Expr:
    single, before = _ARRAYS[call.name.lower()]
    values, percentages = call.args[:before], call.args[before:]
    if len(percentages) == 1 and isinstance(percentages[0], ir.Literal) and percentages[0].kind == "dynamic":
        inner = str(percentages[0].value).strip().strip("[]").split(",")
        percentages = tuple(ir.Literal(float(one), "real") for one in inner if one.strip())
    singles = tuple(ir.FunctionCall(single, (*values, one)) for one in percentages)
    return ir.FunctionCall("pack_array", singles)


def _prefixed(call: ir.FunctionCall) -> str:
    first = call.args[0] if call.args else None
    return f"percentiles_{first.name}" if isinstance(first, ir.ColumnRef) else "percentiles_"


def _name(value: ir.Expr, percentage: ir.Expr) -> str | None:
    """Kusto's name for the column, such as ``percentile_DurationMs_99_9``."""
    if not isinstance(value, ir.ColumnRef) or not isinstance(percentage, ir.Literal):
        return None
    return f"percentile_{value.name}_{percentage.value}".replace(".", "_")


SEVERAL: Final = frozenset({*_SINGLE, *_ARRAYS})
"""The aggregates that `several` looks for."""
