"""Operators over whole columns: wildcards in ``project-away`` and its like, ``distinct *``.

``take`` and ``top`` of an expression are here too: the engine takes a number that stands in the text alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from duckdb_kql import ir
from duckdb_kql.errors import KqlSchemaError

from foundry_telemetry.local.engine.language.engine_parts import (
    EMITTER,
    kind_of_node,
    lowered_expression,
    lowered_named,
    lowered_sort_key,
    names_in,
    rule_children,
)
from foundry_telemetry.local.engine.language.own_operator import OwnOperator, identifier, lowers
from foundry_telemetry.local.engine.language.refusals import unsupported
from foundry_telemetry.local.engine.language.type_checks import refuse_dynamic


@dataclass(frozen=True)
class Kept(OwnOperator):
    """``project-away``, ``project-keep`` and ``project-reorder``, whose names may have wildcards."""

    patterns: tuple[tuple[str, str], ...]
    """Each with its order: empty, ``asc`` or ``desc``."""
    how: str
    """``away``, ``keep`` or ``reorder``."""

    def columns(self, given: list[str]) -> list[str]:
        """The columns that come out, in order."""
        matched = [name for pattern, order in self.patterns for name in _matches(pattern, order, given)]
        if self.how == "reorder":
            first = list(dict.fromkeys(matched))
            return [*first, *(name for name in given if name not in first)]
        wanted = set(matched)
        return [name for name in given if (name in wanted) is (self.how == "keep")]

    def sql(self, source: str, given: list[str]) -> str:
        """The statement."""
        kept = self.columns(given)
        if not kept:
            raise unsupported(f"project-{self.how}", "no column would be left")
        return f"SELECT {', '.join(map(identifier, kept))} FROM {source}"


def _matches(pattern: str, order: str, given: Sequence[str]) -> Iterable[str]:
    if "*" not in pattern:
        if pattern not in given:
            raise KqlSchemaError(pattern)
        return [pattern]
    escaped = pattern.replace("[", "[[]").replace("?", "[?]")
    found = [name for name in given if fnmatchcase(name, escaped)]
    return sorted(found, reverse=order == "desc") if order else found


@dataclass(frozen=True)
class DistinctAll(OwnOperator):
    """``distinct *``."""

    def columns(self, given: list[str]) -> list[str]:
        """All of them."""
        return given

    def sql(self, source: str, given: list[str]) -> str:
        """The statement; dynamic values have no equality in KQL."""
        check = refuse_dynamic([ir.ColumnRef(name) for name in given], "distinct", "TRUE")
        return f"SELECT DISTINCT * FROM {source} WHERE {check}"


@dataclass(frozen=True)
class Serialize(OwnOperator):
    """``serialize`` without columns: the order of the rows is the one they have."""

    def columns(self, given: list[str]) -> list[str]:
        """All of them."""
        return given

    def sql(self, source: str, given: list[str]) -> str:
        """The statement."""
        del given
        return f"SELECT * FROM {source}"


@dataclass(frozen=True)
class Limited(OwnOperator):
    """``take`` and ``top`` with a number that is an expression."""

    count: ir.Expr
    keys: tuple[ir.SortKey, ...] = ()

    def columns(self, given: list[str]) -> list[str]:
        """All of them."""
        return given

    def sql(self, source: str, given: list[str]) -> str:
        """The statement."""
        del given
        order = f" ORDER BY {EMITTER.render_sort_keys(self.keys)}" if self.keys else ""
        count = f"greatest(CAST({EMITTER.render_expr(self.count)} AS BIGINT), 0)"
        return f"SELECT * FROM {source}{order} LIMIT {count}"


@lowers("ProjectAwayOperator")
def _away(node: Any) -> ir.Operator | None:
    return _kept(node, "away") if "*" in node.getText() else None


@lowers("ProjectKeepOperator")
def _keep(node: Any) -> ir.Operator:
    return _kept(node, "keep")


@lowers("ProjectReorderOperator")
def _reorder(node: Any) -> ir.Operator:
    return _kept(node, "reorder")


def _kept(node: Any, how: str) -> Kept:
    patterns = []
    for child in rule_children(node):
        order = child.Order.text.lower() if how == "reorder" and child.Order else ""
        if order not in {"asc", "desc", ""}:
            raise unsupported("project-reorder", "write asc or desc")
        named = child.Expression if how == "reorder" else child
        text = named.getText()
        patterns.append((text if "*" in text else names_in(named)[0], order))
    return Kept(tuple(patterns), how)


@lowers("DistinctOperator")
def _distinct(node: Any) -> ir.Operator | None:
    stars = [child for child in rule_children(node) if kind_of_node(child) == "DistinctOperatorStarTarget"]
    return DistinctAll() if stars else None


@lowers("TakeOperator")
def _take(node: Any) -> ir.Operator | None:
    count = lowered_expression(rule_children(node)[-1])
    return None if isinstance(count, ir.Literal) else Limited(count)


@lowers("SampleOperator")
def _sample(node: Any) -> ir.Operator:
    return Limited(lowered_expression(rule_children(node)[-1]))


@lowers("SampleDistinctOperator")
def _sample_distinct(node: Any) -> list[ir.Operator]:
    count, value = rule_children(node)[-2:]
    return [ir.Distinct((lowered_named(value),)), Limited(lowered_expression(count))]


@lowers("TopOperator")
def _top(node: Any) -> ir.Operator | None:
    children = rule_children(node)
    count = lowered_expression(children[0])
    if isinstance(count, ir.Literal) or len(children) != 2:
        return None
    return Limited(count, (lowered_sort_key(children[1]),))
