"""Whether a query's names exist, as Azure checks them before it runs anything: exactly, letter case included.

The engine resolves names when it runs, and as DuckDB does, to which ``name`` and ``Name`` are one. What was
written here must run there, so every table and column is resolved first. Where the columns of a step are
unknown, nothing after it is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from duckdb_kql import ir, schema
from duckdb_kql.errors import KqlError

from foundry_telemetry.local.engine.ir_visitor import nodes
from foundry_telemetry.local.engine.language.own_operator import OwnOperator

_KEYWORDS: Final[Mapping[type[ir.Operator], tuple[str, ...]]] = {
    ir.Where: ("where", "filter"),
    ir.Project: ("project",),
    ir.Extend: ("extend",),
    ir.Sort: ("sort", "order"),
    ir.Top: ("top",),
    ir.Distinct: ("distinct",),
    ir.Parse: ("parse", "parse-where"),
    ir.MvExpand: ("mv-expand", "mvexpand"),
    ir.Join: ("join",),
    ir.Lookup: ("lookup",),
    ir.Union: ("union",),
    ir.ProjectAway: ("project-away",),
    ir.ProjectRename: ("project-rename",),
    ir.Summarize: ("summarize",),
}

_Columns = list[str] | None


class UnresolvedError(Exception):
    """A name that is nowhere.

    Args:
        name: As it is written.
        is_table: Else it is a column.
        keywords: The words that the operator it stands in may begin with; none for a source.
    """

    def __init__(self, name: str, *, is_table: bool, keywords: Sequence[str] = ()) -> None:
        super().__init__(name)
        self.name = name
        self.is_table = is_table
        self.keywords = tuple(keywords)


def tables_of(query: ir.Query, known: schema.Schema) -> frozenset[str]:
    """The tables that a query reads, once all its names are known to exist.

    Args:
        query: As the engine lowered it.
        known: Columns by table.

    Raises:
        UnresolvedError: A name is nowhere.
    """
    _columns(query, known)
    read: set[str] = set()
    for node in nodes(query, deep=True):
        if isinstance(node, ir.TableRef) and node.name in known:
            read.add(node.name)
        elif isinstance(node, ir.WildcardTableRef):
            read |= known.keys()
    return frozenset(read)


def names_its_sources(query: ir.Query) -> bool:
    """Whether an answer depends on how sources are called: ``union *`` and ``union withsource=…``."""
    return any(
        isinstance(node, ir.WildcardTableRef) or (isinstance(node, ir.Union) and node.with_source is not None)
        for node in nodes(query, deep=True)
    )


def _columns(query: ir.Query, known: schema.Schema) -> _Columns:
    """The columns that come out of a query, every name in it checked; ``None`` where they are unknown."""
    scope = dict(known)
    for name, bound in query.lets:
        if isinstance(bound, ir.Query):
            columns = _columns(bound, scope)
            if columns is None:
                # Its columns could be any: whoever reads it stays unchecked.
                return None
            scope[name] = columns
    fuzzy = any(isinstance(operator, ir.Union) and operator.isfuzzy for operator in query.operators)
    columns = _source(query.source, scope, fuzzy=fuzzy)
    for operator in query.operators:
        columns = _step(operator, columns, scope)
    return columns


def _source(source: ir.Source, scope: schema.Schema, *, fuzzy: bool) -> _Columns:
    for nested in _queries(source):
        _columns(nested, scope)
    if isinstance(source, ir.TableRef) and source.qualified not in scope:
        if fuzzy:
            return None
        raise UnresolvedError(source.qualified, is_table=True)
    return schema.source_columns_or_none(source, scope)


def _step(operator: ir.Operator, columns: _Columns, scope: schema.Schema) -> _Columns:
    keywords = _KEYWORDS.get(type(operator), ())
    for nested in _queries(operator):
        try:
            inner = _columns(nested, scope)
        except UnresolvedError as error:
            if not (error.is_table and isinstance(operator, ir.Union) and operator.isfuzzy):
                raise
        else:
            if isinstance(operator, ir.Join | ir.Lookup) and nested is operator.right:
                _require([key.right for key in operator.keys], inner, keywords)
    if columns is None:
        return None
    resolved = schema.resolve_let_refs(operator, columns)
    _require(_names(resolved), columns, keywords)
    try:
        return schema._operator_columns(resolved, columns, scope)  # noqa: SLF001 - the version is pinned
    except KqlError:
        # The engine refuses it in its own words when it translates.
        return None


def _require(names: Iterable[str], columns: _Columns, keywords: Sequence[str]) -> None:
    for name in names:
        if columns is not None and name not in columns:
            raise UnresolvedError(name, is_table=False, keywords=keywords)


def _names(operator: ir.Operator) -> Iterator[str]:
    """The columns that an operator reads from what comes into it."""
    for node in nodes(operator.reads if isinstance(operator, OwnOperator) else operator):
        if isinstance(node, ir.ColumnRef):
            yield node.name
        elif isinstance(node, ir.MvExpandTarget):
            yield node.column
        elif isinstance(node, ir.JoinKey):
            yield node.left
    if isinstance(operator, ir.ProjectAway):
        yield from operator.columns
    elif isinstance(operator, ir.ProjectRename):
        yield from (old for old, _ in operator.renames)


def _queries(node: object) -> Iterator[ir.Query]:
    """The queries inside, not those inside them."""
    return (inner for inner in nodes(node) if isinstance(inner, ir.Query))
