"""``evaluate bag_unpack`` and ``evaluate pivot``: their columns are values of the rows that come in.

The rows are asked for them before the query is translated, so such a query is translated anew each time.
Where the query declares the columns itself nobody is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from duckdb_kql import ir
from duckdb_kql.errors import KqlSchemaError

from foundry_telemetry.local.engine.ir_visitor import nodes, rewritten
from foundry_telemetry.local.engine.language.calls import argument_name
from foundry_telemetry.local.engine.language.engine_parts import (
    EMITTER,
    all_below,
    collapsed,
    kind_of_node,
    lowered_expression,
    names_in,
    rule_children,
)
from foundry_telemetry.local.engine.language.own_operator import OwnOperator, identifier, lowers
from foundry_telemetry.local.engine.language.refusals import quoted, unsupported

MOST_COLUMNS: Final = 1_000
"""Columns that a query's result may have."""

Ask = Callable[[ir.Query], "tuple[list[str], list[tuple[object, ...]]]"]
"""The columns and rows of a query."""

_SQL_OF_JSON: Final = {
    "long": "TRY_CAST({} ->> '$' AS BIGINT)",
    "real": "TRY_CAST({} ->> '$' AS DOUBLE)",
    "bool": "TRY_CAST({} ->> '$' AS BOOLEAN)",
    "string": "coalesce({} ->> '$', '')",
    "dynamic": "{}",
    "datetime": "TRY_CAST(TRY_CAST({} ->> '$' AS TIMESTAMPTZ) AS TIMESTAMP)",
    "int": "TRY_CAST({} ->> '$' AS INTEGER)",
    "timespan": "TRY_CAST({} ->> '$' AS INTERVAL)",
}
_OF_JSON: Final = {
    "BIGINT": "long",
    "UBIGINT": "long",
    "DOUBLE": "real",
    "BOOLEAN": "bool",
    "VARCHAR": "string",
}


@dataclass(frozen=True)
class Plugin(OwnOperator):
    """A call whose columns are not known yet."""

    name: str
    arguments: tuple[ir.NamedExpr, ...]

    @property
    def reads(self) -> object:
        """Columns, where the plug-in takes some."""
        return [one for one in self.arguments if isinstance(one.expr, ir.ColumnRef)]

    def columns(self, given: list[str]) -> list[str]:
        """Nobody knows."""
        raise KqlSchemaError(self.name, hint="its columns depend on its rows")

    def sql(self, source: str, given: list[str]) -> str:
        """It must be resolved before."""
        raise unsupported(self.name, "use it after the last join or union of the query itself")


@dataclass(frozen=True)
class BagUnpack(OwnOperator):
    """``bag_unpack`` with known columns, each with its KQL type."""

    bag: str
    unpacked: tuple[tuple[str, str, str], ...]
    """Key, column, KQL type."""
    declared: bool = False
    """Whether the query says which columns there are: those of its rows are among them, or left out."""

    def columns(self, given: list[str]) -> list[str]:
        """The others, then the keys."""
        names = [column for _, column, _ in self.unpacked]
        if self.declared:
            return names
        return [*(name for name in given if name != self.bag), *names]

    def sql(self, source: str, given: list[str]) -> str:
        """The statement."""
        kept = [] if self.declared else [identifier(name) for name in given if name != self.bag]
        if not kept and not self.unpacked:
            raise unsupported("bag_unpack", "no row has a property to make a column of")
        bag = f"TRY_CAST({identifier(self.bag)} AS MAP(VARCHAR, JSON))"
        listed = ", ".join(
            identifier(column)
            if self.declared and column in given and column != self.bag
            else f"{_SQL_OF_JSON[kind].format(f'_bag[{quoted(key)}]')} AS {identifier(column)}"
            for key, column, kind in self.unpacked
        )
        columns = ", ".join(filter(None, [*kept, listed]))
        return f"SELECT {columns} FROM (SELECT *, {bag} AS _bag FROM {source})"


@dataclass(frozen=True)
class Pivot(OwnOperator):
    """``pivot`` with known columns."""

    column: str
    aggregate: ir.FunctionCall
    keys: tuple[str, ...]
    values: tuple[str, ...]

    def columns(self, given: list[str]) -> list[str]:
        """Groups, then a column for each value."""
        return [*self.keys, *self.values]

    def sql(self, source: str, given: list[str]) -> str:
        """The statement."""
        text = ir.FunctionCall("tostring", (ir.ColumnRef(self.column),))
        cells = []
        for value in self.values:
            part = ir.BinaryOp("==", text, ir.Literal(value, "string"))
            call = ir.FunctionCall(
                _WITH_CONDITION[self.aggregate.name.lower()], (*self.aggregate.args[:1], part)
            )
            cells.append(f"{EMITTER.render_aggregate(ir.NamedExpr(call))} AS {identifier(value)}")
        keys = [identifier(key) for key in self.keys]
        group = f" GROUP BY {', '.join(keys)}" if keys else ""
        return f"SELECT {', '.join([*keys, *cells])} FROM {source}{group}"


_WITH_CONDITION: Final[Mapping[str, str]] = {
    "count": "countif",
    "sum": "sumif",
    "avg": "avgif",
    "min": "minif",
    "max": "maxif",
    "dcount": "dcountif",
    "take_any": "take_anyif",
    "any": "take_anyif",
}
"""The aggregates that `pivot` takes, and those over the rows of one value."""


@lowers("EvaluateOperator")
def _evaluate(node: Any) -> ir.Operator:
    call, schema = None, None
    for child in rule_children(node):
        if kind_of_node(child) == "EvaluateOperatorSchemaClause":
            schema = child
        elif "Parameter" not in kind_of_node(child):
            call = child
    parts = rule_children(collapsed(call)) if call is not None else []
    name = parts[0].getText() if parts else ""
    if name not in {"bag_unpack", "pivot"}:
        raise unsupported("evaluate", f"{name or 'this plug-in'} is not here")
    if any(map(argument_name, parts[1:])):
        raise unsupported(name, "it takes no argument by name here")
    arguments = tuple(ir.NamedExpr(lowered_expression(part)) for part in parts[1:])
    plugin = Plugin(name, arguments)
    return plugin if schema is None else _with_schema(plugin, schema)


def _with_schema(plugin: Plugin, schema: Any) -> ir.Operator:
    """``bag_unpack(d) : (a: string, b: long)``, which asks no row for its columns."""
    declared = _declared(schema)
    bag = plugin.arguments[0].expr if len(plugin.arguments) == 1 else None
    plain = "*" not in schema.getText() and all(kind in _SQL_OF_JSON for _, kind in declared)
    if plugin.name != "bag_unpack" or not isinstance(bag, ir.ColumnRef) or not plain:
        raise unsupported("evaluate", "declare plain columns after it, or none")
    return BagUnpack(bag.name, tuple((column, column, kind) for column, kind in declared), declared=True)


def _declared(node: Any) -> list[tuple[str, str]]:
    found = []
    for one in all_below(node, "RowSchemaColumnDeclaration"):
        name, kind = rule_children(one)[:2]
        found.append((names_in(name)[0] if names_in(name) else name.getText(), kind.getText().lower()))
    return found


def has_plugins(query: ir.Query) -> bool:
    """Whether a query's columns depend on its rows."""
    return any(isinstance(node, Plugin) for node in nodes(query, deep=True))


def resolved(query: ir.Query, ask: Ask, outer: Sequence[tuple[str, Any]] = ()) -> ir.Query:
    """A query whose plug-ins have columns, the rows asked for them in order."""
    scope: list[tuple[str, Any]] = list(outer)
    lets = []
    for name, bound in query.lets:
        lets.append((name, resolved(bound, ask, scope) if isinstance(bound, ir.Query) else bound))
        scope.append(lets[-1])

    def change(node: object) -> object:
        return resolved(node, ask, scope) if isinstance(node, ir.Query) else node

    operators: list[ir.Operator] = []
    for operator in query.operators:
        inner = rewritten(operator, change)
        if isinstance(inner, Plugin):
            before = replace(query, operators=list(operators), lets=scope)
            inner = _RESOLVERS[inner.name](inner, before, ask)
        operators.append(inner)
    return replace(query, operators=operators, lets=lets)


def _unpack(plugin: Plugin, before: ir.Query, ask: Ask) -> ir.Operator:
    bag, prefix = plugin.arguments[0].expr, ""
    if len(plugin.arguments) > 1:
        second = plugin.arguments[1].expr
        prefix = str(second.value) if isinstance(second, ir.Literal) else ""
    if not isinstance(bag, ir.ColumnRef) or len(plugin.arguments) > 2:
        raise unsupported("bag_unpack", "it takes a column, and a prefix")
    given, rows = ask(replace(before, operators=[*before.operators, _Keys(bag.name)]))
    present, _ = ask(replace(before, operators=[*before.operators, ir.Take(0)]))
    del given
    kinds: dict[str, set[str]] = {}
    for key, kind in rows:
        kinds.setdefault(str(key), set()).add(_OF_JSON.get(str(kind), "dynamic") if kind != "NULL" else "")
    unpacked = []
    for key, found in sorted(kinds.items()):
        column, types = f"{prefix}{key}", found - {""}
        if column in present and column != bag.name:
            raise unsupported("bag_unpack", f"a column {column!r} is there already: give it a prefix")
        unpacked.append((key, column, types.pop() if len(types) == 1 else "dynamic"))
    if len(unpacked) > MOST_COLUMNS:
        raise unsupported("bag_unpack", f"it would give more than {MOST_COLUMNS} columns")
    return BagUnpack(bag.name, tuple(unpacked))


@dataclass(frozen=True)
class _Keys(OwnOperator):
    """The keys of a column of bags, each with the JSON types of its values."""

    bag: str

    def columns(self, given: list[str]) -> list[str]:
        """Key and type."""
        return ["key", "kind"]

    def sql(self, source: str, given: list[str]) -> str:
        """The statement."""
        entries = f"UNNEST(map_entries(TRY_CAST({identifier(self.bag)} AS MAP(VARCHAR, JSON))))"
        return (
            'SELECT DISTINCT _entry.key AS "key", json_type(_entry.value) AS "kind" '
            f"FROM (SELECT {entries} AS _entry FROM {source}) LIMIT {MOST_COLUMNS * 8}"
        )


def _pivot(plugin: Plugin, before: ir.Query, ask: Ask) -> ir.Operator:
    arguments = [one.expr for one in plugin.arguments]
    if not arguments or not isinstance(arguments[0], ir.ColumnRef):
        raise unsupported("pivot", "it takes a column first")
    column = arguments[0].name
    aggregate = arguments[1] if len(arguments) > 1 else ir.FunctionCall("count")
    if not isinstance(aggregate, ir.FunctionCall) or aggregate.name.lower() not in _WITH_CONDITION:
        raise unsupported("pivot", "its aggregate is one of count, sum, avg, min, max, dcount, take_any")
    given, _ = ask(replace(before, operators=[*before.operators, ir.Take(0)]))
    used = {node.name for node in [aggregate, *nodes(aggregate)] if isinstance(node, ir.ColumnRef)}
    keys = [one.name for one in arguments[2:] if isinstance(one, ir.ColumnRef)]
    if len(keys) < len(arguments) - 2:
        raise unsupported("pivot", "its groups are columns")
    keys = keys or [name for name in given if name != column and name not in used]
    texts = ir.NamedExpr(ir.FunctionCall("tostring", (ir.ColumnRef(column),)), "value")
    _, rows = ask(
        replace(before, operators=[*before.operators, ir.Distinct((texts,)), ir.Take(MOST_COLUMNS + 1)])
    )
    if len(rows) > MOST_COLUMNS:
        raise unsupported("pivot", f"it would give more than {MOST_COLUMNS} columns")
    values = tuple(sorted(str(row[0] or "") for row in rows))
    if "" in values:
        raise unsupported(
            "pivot", f"a column needs a name: write iff(isempty({column}), 'none', {column}) first"
        )
    return Pivot(column, aggregate, tuple(keys), values)


_RESOLVERS: Final[Mapping[str, Callable[[Plugin, ir.Query, Ask], ir.Operator]]] = {
    "bag_unpack": _unpack,
    "pivot": _pivot,
}
