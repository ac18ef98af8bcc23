"""``union`` of one name with two types: a column for each, ``x_long`` and ``x_string``, as in Kusto.

Only the database knows the types, so each branch is described to it; branches that are read from the same
tables alone need no look, as no two of those differ.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from duckdb_kql import ir

from foundry_telemetry.local.engine.ir_visitor import nodes, rewritten
from foundry_telemetry.local.engine.language.branch_types import is_mixed, with_one_type
from foundry_telemetry.local.engine.language.refusals import unsupported

Describe = Callable[[ir.Query], "Mapping[str, str] | None"]
"""The KQL types of a query's columns, in order; ``None`` where it cannot be described."""


def has_types_to_find(query: ir.Query) -> bool:
    """Whether `typed_unions` has anything to do."""
    return any(isinstance(node, ir.Union) or is_mixed(node) for node in nodes(query, deep=True))


_Lets = Sequence[tuple[str, Any]]


def typed_unions(query: ir.Query, describe: Describe, outer: _Lets = ()) -> ir.Query:
    """A query whose unions have a column for each type of a name.

    Args:
        query: As the engine lowered it.
        describe: Asks the database.
        outer: What ``let`` has bound around it.
    """
    scope: list[tuple[str, Any]] = list(outer)
    lets = []
    for name, bound in query.lets:
        typed = typed_unions(bound, describe, scope) if isinstance(bound, ir.Query) else bound
        lets.append((name, typed))
        scope.append((name, typed))

    def change(node: object) -> object:
        return typed_unions(node, describe, scope) if isinstance(node, ir.Query) else node

    operators: list[ir.Operator] = []
    source = with_one_type(rewritten(query.source, change), dict)
    for operator in query.operators:
        before = ir.Query(source, list(operators), scope)
        inner = with_one_type(rewritten(operator, change), partial(describe, before))
        if isinstance(inner, ir.Union):
            operators = _typed(inner, source, operators, scope, describe)
        else:
            operators.append(inner)
    if operators == query.operators and lets == query.lets and source is query.source:
        return query
    return replace(query, source=source, operators=operators, lets=lets)


def _typed(
    union: ir.Union, source: ir.Source, before: list[ir.Operator], scope: _Lets, describe: Describe
) -> list[ir.Operator]:
    parts = [ir.Query(source, list(before)), *union.branches]
    if all(
        isinstance(part.source, ir.TableRef | ir.WildcardTableRef) and not part.operators for part in parts
    ):
        bound = {name for name, _ in scope}
        if not any(isinstance(part.source, ir.TableRef) and part.source.name in bound for part in parts):
            return [*before, union]
    described = [_described(part, scope, describe) for part in parts]
    kinds: dict[str, list[str]] = {}
    for types in described:
        for name, kind in (types or {}).items():
            found = kinds.setdefault(name, [])
            found += [] if kind in found else [kind]
    twofold = {name for name, found in kinds.items() if len(found) > 1}
    if not twofold:
        return [*before, union]
    if union.with_source is not None and any(not part.operators for part in parts):
        raise unsupported(
            "union", f"its tables have {min(twofold)!r} in two types: convert them before the union"
        )
    renames = [_renames(types or {}, twofold) for types in described]
    branches = tuple(
        replace(branch, operators=[*branch.operators, *rename])
        for branch, rename in zip(union.branches, renames[1:], strict=True)
    )
    columns = _columns(kinds, described, union)
    projected = ir.Project(tuple(ir.NamedExpr(ir.ColumnRef(name)) for name in columns))
    return [*before, *renames[0], replace(union, branches=branches, kind="outer"), projected]


def _described(part: ir.Query, scope: _Lets, describe: Describe) -> Mapping[str, str] | None:
    if isinstance(part.source, ir.WildcardTableRef):
        return None
    return describe(replace(part, lets=[*scope, *part.lets]))


def _renames(types: Mapping[str, str], twofold: set[str]) -> list[ir.Operator]:
    pairs = tuple((name, f"{name}_{kind}") for name, kind in types.items() if name in twofold)
    return [ir.ProjectRename(pairs)] if pairs else []


def _columns(
    kinds: Mapping[str, list[str]], described: Sequence[Mapping[str, str] | None], union: ir.Union
) -> list[str]:
    inner = union.kind == "inner"
    names = [name for name in kinds if not inner or all(name in (types or {}) for types in described)]
    first = [union.with_source] if union.with_source else []
    return [
        *first,
        *(
            column
            for name in names
            for column in ([f"{name}_{kind}" for kind in kinds[name]] if len(kinds[name]) > 1 else [name])
        ),
    ]
