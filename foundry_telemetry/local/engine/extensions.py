"""What the engine does not bring, or does otherwise than Kusto.

Where telemetry is sampled a row stands for more calls than one, so a percentile of calls weighs each value by
its ``ItemCount``. Kusto's ``percentilew(value, weight, percentage)`` is the nearest rank in the data set in
which each value stands as often as its weight: the least value at which the weights so far reach that
share of all weights. Values that are null, and weights below one, count for nothing.

A dynamic value indexed by a text that a
function got as its argument is that property. ``base64_decode_tostring`` gives the text, an empty one where
the bytes are no UTF-8; the engine's own shows bytes as DuckDB does, a quote as a backslash with two digits.
``url_decode`` gives the text of a percent-encoded one, which is how a Grafana dashboard puts texts into KQL.

Kusto's texts are never null, while a join or union leaves null in DuckDB: a comparison with an empty text
becomes a check for emptiness.

``arg_max`` and ``arg_min`` box every value so that nulls count as well, which takes twice as long; DuckDB has
variants that need no box. ``countif`` filters the rows for each aggregate anew; counting the values of an
expression is the same count in less time.

The engine keeps functions in tables of SQL templates that are not public: its version is pinned for this.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from duckdb_kql import ir
from duckdb_kql.translate import functions

from foundry_telemetry.local.engine.ir_visitor import nodes, rewritten
from foundry_telemetry.local.engine.language import aggregates, as_operator, end_of_period, installation
from foundry_telemetry.local.engine.language.window_functions import WINDOWS, with_windows

# One sort of the values with their weights, then a binary search for the rank in which each step sums the
# weights up to the middle: no step depends on how large the weights are. 60 steps are enough for any list.
_SORTED: Final = (
    "list(struct_pack(v := {0}, w := CAST({1} AS BIGINT)) ORDER BY {0}) "
    "FILTER (WHERE {0} IS NOT NULL AND {1} >= 1)"
)
_PARTS: Final = (
    "struct_pack(v := list_transform(_pairs, lambda _pair: _pair.v), "
    "w := list_transform(_pairs, lambda _pair: _pair.w), "
    "t := list_sum(list_transform(_pairs, lambda _pair: _pair.w)))"
)
_RANGE: Final = "struct_pack(l := CAST({} AS BIGINT), h := CAST({} AS BIGINT))"
_MIDDLE: Final = "((_now.l + _now.h) // 2)"
_HALVED: Final = (
    "CASE WHEN _now.l >= _now.h THEN _now "
    f"WHEN list_sum(_all.w[1:{_MIDDLE}]) * 100 >= _all.t * CAST({{2}} AS DOUBLE) "
    f"THEN {_RANGE.format('_now.l', _MIDDLE)} ELSE {_RANGE.format(f'{_MIDDLE} + 1', '_now.h')} END"
)
_STEPS: Final = (
    f"list_prepend({_RANGE.format('1', 'len(_all.v)')}, "
    f"list_transform(range(60), lambda _step: {_RANGE.format('0', '0')}))"
)
_PERCENTILEW: Final = (
    f"list_transform([{_SORTED}], lambda _pairs: list_transform([{_PARTS}], lambda _all: "
    f"_all.v[list_reduce({_STEPS}, lambda _now, _next: {_HALVED}).l])[1])[1]"
)


_DECODED: Final = "coalesce(TRY(decode(from_base64({0}))), '')"
_TEXTS: Final = {
    "base64_decode_tostring": _DECODED,
    "base64_decodestring": _DECODED,
    "url_decode": "coalesce(TRY(url_decode({0})), '')",
}


def install() -> None:
    """Teach the engine; a second time does nothing."""
    functions.AGGREGATE_FUNCTIONS.setdefault(
        "percentilew", functions.AggregateSpec("percentilew", _PERCENTILEW, (3,), name_prefix="percentile")
    )
    counting = functions.AGGREGATE_FUNCTIONS["countif"]
    functions.AGGREGATE_FUNCTIONS["countif"] = replace(
        counting, template="count(CASE WHEN {0} THEN 1 END)", name_ignores_args=False
    )
    for name, template in _TEXTS.items():
        functions.SCALAR_FUNCTIONS[name] = functions.FunctionSpec(name, "template", template, (1,))
    installation.install()


def extended(query: ir.Query) -> ir.Query:
    """The query in words that the engine knows."""
    query = as_operator.with_names(query)
    names = calls_in(query)
    changes = [_property, _emptiness]
    if names & aggregates.SEVERAL:
        changes.insert(0, aggregates.several)
    for change in changes:
        query = rewritten(query, change)
    if names & WINDOWS:
        query = with_windows(query)
    return end_of_period.checked(query) if names & end_of_period.ENDS else query


def calls_in(query: ir.Query) -> frozenset[str]:
    """The names of all functions that a query calls, in small letters."""
    return frozenset(
        node.name.lower() for node in nodes(query, deep=True) if isinstance(node, ir.FunctionCall)
    )


def _property(node: object) -> object:
    if isinstance(node, ir.PathStep) and isinstance(node.index, ir.Literal) and node.index.kind == "string":
        return ir.PathStep(name=str(node.index.value))
    return node


_EMPTINESS: Final = {"==": "isempty", "!=": "isnotempty", "=~": "isempty", "!~": "isnotempty"}
_NOTHING: Final = ir.Literal("", "string")


def _emptiness(node: object) -> object:
    if not isinstance(node, ir.BinaryOp) or node.op not in _EMPTINESS:
        return node
    other = node.left if node.right == _NOTHING else node.right if node.left == _NOTHING else None
    # The engine compares parts of dynamic values by a rule of their own.
    if other is None or isinstance(other, ir.PathAccess):
        return node
    return ir.FunctionCall(_EMPTINESS[node.op], (rewritten(other, _emptiness),))


_BOXED: Final = re.compile(
    r"""COALESCE\(arg_(?P<extreme>max|min)\(\{'v': (?P<value>"[^"]+")\}, (?P<order>"[^"]+")\), """
    r"""any_value\(\{'v': (?P=value)\}\)\)\['v'\]"""
)
_UNBOXED: Final = (
    "CASE WHEN typeof({extreme}({order})) = 'BIGINT' "
    "THEN arg_{extreme}_null({value}, coalesce(TRY_CAST({order} AS BIGINT), {last})) "
    "WHEN {extreme}({order}) IS NULL THEN first({value}) ELSE arg_{extreme}_null({value}, {order}) END"
)
"""An order that is null comes last. Whole numbers have a last one, which saves the second aggregate; DuckDB
knows the type before it plans, and computes one branch."""
_LAST: Final = {"max": -(2**63), "min": 2**63 - 1}


_QUANTILE: Final = re.compile(
    r"""quantile_disc\((?P<value>"[^"]+"), (?P<share>CAST\([\d.]+ AS \w+\) / 100\.0)\)"""
)


def quickened(sql: str) -> str:
    """The statement with ``arg_max`` and ``arg_min`` unboxed, and the percentiles of a column taken at once.

    Each aggregate of percentiles keeps all values. DuckDB makes one of those that are written alike.

    The patterns can match nothing else: quotes are doubled inside names and texts.
    """
    shares: dict[str, list[str]] = {}
    for found in _QUANTILE.finditer(sql):
        of_value = shares.setdefault(found["value"], [])
        of_value += [] if found["share"] in of_value else [found["share"]]

    def at_once(found: re.Match[str]) -> str:
        of_value = shares[found["value"]]
        if len(of_value) == 1:
            return found[0]
        place = of_value.index(found["share"]) + 1
        return f"quantile_disc({found['value']}, [{', '.join(of_value)}])[{place}]"

    unboxed = _BOXED.sub(
        lambda found: _UNBOXED.format(**found.groupdict(), last=_LAST[found["extreme"]]), sql
    )
    return _QUANTILE.sub(at_once, unboxed)
