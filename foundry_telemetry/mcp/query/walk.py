"""A walk over the tree of a query: all rules, functions, tables and properties in it must be on a list."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final, NoReturn

from foundry_telemetry.mcp.query import allowed, tree
from foundry_telemetry.mcp.query.literals import is_text, text_of
from foundry_telemetry.mcp.query.scope import Meaning, Scope
from foundry_telemetry.mcp.query.tables import OWN_PREFIX, PROPERTIES, TABLES, is_readable_key
from foundry_telemetry.mcp.query.tree import Node, children, kind

_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_LET: Final = ("LetVariableDeclaration", "LetMaterializeDeclaration")
_MAKE_ROWS: Final = frozenset(
    {"DataTableExpression", "RangeExpression", "PrintOperator", "UnionOperator", "LetMaterializeDeclaration"}
)
_NEED_ROWS: Final = ("QueryStatement", "ToScalarExpression", "LetMaterializeDeclaration")
_TAG: Final = f'name a tag or a field: tostring({PROPERTIES}["foundry.tag.tenant"])'


class QueryRefusedError(ValueError):
    """A query that is not asked; the message names what is refused and what to write instead."""


def refuse(what: str, instead: str) -> NoReturn:
    """Refuse a query.

    Raises:
        QueryRefusedError: Always.
    """
    raise QueryRefusedError(f"{what} is refused: {instead}")


class Walk:
    """One walk over one tree."""

    def __init__(self) -> None:
        self.tables: list[str] = []
        """Those that are read, by their public names."""
        self.keys: list[str] = []
        """The properties that are read."""
        self.replaced: dict[int, tuple[str, int]] = {}
        """By the offset of its first character: what stands for a table, and the offset of its last one."""

    def statements(self, node: Node, scope: Scope) -> Meaning:
        """Statements, each with the names of those before it; gives what the last expression stands for."""
        meaning: Meaning = "value"
        for statement in tree.statements(node):
            self._require(statement)
            if kind(statement) in _LET:
                scope = _named(statement, scope, self._value(statement, scope))
            elif kind(statement) == "LetFunctionDeclaration":
                scope = _named(statement, scope, self._function(statement, scope))
            elif kind(statement) == "Expression":
                meaning = self._pipe(statement, scope, needs_rows=_needs_rows(statement))
            else:
                self._visit(statement, scope)
        return meaning

    def _value(self, declaration: Node, scope: Scope) -> Meaning:
        """What the right side of a ``let`` stands for."""
        found: Meaning = "value"
        for node in children(declaration)[3:]:
            if kind(node) in ("Expression", "PipeExpression"):
                found = self._pipe(node, scope, needs_rows=kind(declaration) in _NEED_ROWS)
            else:
                self._visit(node, scope)
        return found

    def _function(self, declaration: Node, scope: Scope) -> Meaning:
        *parameters, body = children(declaration)[3:]
        for node in parameters:
            self._visit(node, scope)
        self._require(body)
        names = [tree.name(one) for node in parameters for one in tree.below(node, "ParameterName")]
        inner = self.statements(body, scope.with_values(names))
        return "function of rows" if inner == "rows" else "function of a value"

    def _pipe(self, node: Node, scope: Scope, *, needs_rows: bool) -> Meaning:
        """An expression with or without bars; gives what it stands for."""
        while kind(node) == "Expression":
            self._require(node)
            node = children(node)[0]
        self._require(node)
        first, *rest = children(node)
        meaning = self._head(first, scope, needs_rows=needs_rows or bool(rest))
        for operator in rest:
            self._visit(operator, scope)
        return meaning

    def _head(self, node: Node, scope: Scope, *, needs_rows: bool) -> Meaning:
        """What stands before the first bar, or the other side of a join or union."""
        for one in tree.chain(node):
            self._require(one)
        named = tree.bare_name(node)
        if named is not None:
            return self._source(node, named, scope, needs_rows=needs_rows)
        inner = tree.innermost(node)
        if kind(inner) == "ParenthesizedExpression":
            return self._pipe(children(inner)[1], scope, needs_rows=needs_rows)
        self._refuse_qualified(inner, scope)
        self._visit(node, scope)
        meaning = _meaning(node, inner, scope)
        if needs_rows and meaning != "rows":
            refuse("a value in the place of a table", f"tables are {', '.join(TABLES)}")
        return meaning

    def _source(self, node: Node, named: str, scope: Scope, *, needs_rows: bool) -> Meaning:
        """A name where rows can stand."""
        meaning = scope.names.get(named)
        if meaning == "rows" or (meaning == "value" and not needs_rows):
            return meaning
        if meaning is not None or named not in TABLES:
            refuse(
                f"{named[:80]!r} as a table", f"tables are {', '.join(TABLES)}, and those of let before it"
            )
        found = list(tree.tokens(node))
        self.replaced[found[0].symbol.start] = (f"{OWN_PREFIX}{named}", found[-1].symbol.stop)
        self.tables.append(named)
        return "rows"

    @staticmethod
    def _refuse_qualified(node: Node, scope: Scope) -> None:
        """A name before a dot can be a database."""
        if kind(node) == "FunctionCallOrPathPathExpression" and not _is_properties(node):
            root = tree.bare_name(children(node)[0])
            if root is not None and scope.names.get(root) != "value":
                refuse(f"{root[:80]!r} before a dot", allowed.INSTEAD["workspace"])

    def _visit(self, node: Node, scope: Scope) -> None:
        """Anything else."""
        if tree.is_token(node):
            return
        self._require(node)
        rule = _RULES.get(kind(node))
        if rule is None or not rule(self, node, scope):
            for child in children(node):
                self._visit(child, scope)

    @staticmethod
    def _require(node: Node) -> None:
        if not tree.is_token(node) and kind(node) not in allowed.SYNTAX:
            words = _CAMEL.sub(" ", kind(node).removesuffix("Expression")).lower()
            refuse(words, _instead(kind(node)))

    # --- rules of the grammar that need more; each gives whether it has visited what is inside -------------

    def _inner_pipe(self, node: Node, scope: Scope) -> bool:
        self._pipe(node, scope, needs_rows=kind(node.parentCtx) in _NEED_ROWS)
        return True

    def _join(self, node: Node, scope: Scope) -> bool:
        for child in children(node):
            if kind(child) == "UnnamedExpression":
                self._head(child, scope, needs_rows=True)
            else:
                self._visit(child, scope)
        return True

    def _part_of_union(self, node: Node, scope: Scope) -> bool:
        self._head(node, scope, needs_rows=True)
        return True

    def _call(self, node: Node, scope: Scope) -> bool:
        first, *arguments = children(node)
        named = tree.name(first)
        if tree.below(first, "EscapedName"):
            refuse(f"the name of a function in brackets, {named[:80]!r},", _instead(named))
        if not scope.is_function(named) and named not in allowed.FUNCTIONS:
            refuse(f"the function {named[:80]}()", _instead(named))
        for argument in arguments:
            self._visit(argument, scope)
        return True

    def _evaluate(self, node: Node, scope: Scope) -> bool:
        for child in children(node):
            if kind(child) != "FunctionCallExpression":
                self._visit(child, scope)
                continue
            call = tree.innermost(child)
            named = tree.name(children(call)[0])
            if named not in allowed.PLUGINS:
                refuse(f"evaluate {named[:80]}", f"plugins are {' and '.join(sorted(allowed.PLUGINS))}")
            for argument in children(call)[1:]:
                self._visit(argument, scope)
        return True

    def _parameter(self, node: Node, _: Scope) -> bool:
        named = children(node)[0].getText()
        if named not in allowed.PARAMETERS:
            refuse(f"the parameter {named}", "omit it")
        return False

    def _path(self, node: Node, _: Scope) -> bool:
        if not _is_properties(node):
            return False
        element = children(node)[1].getText()
        key = text_of(element[1:-1]) if is_text(element[1:-1]) else ""
        if len(children(node)) > 2 or not is_readable_key(key):  # noqa: PLR2004 - a name and its key
            refuse(f"{PROPERTIES}{element[:80]}", _TAG)
        self.keys.append(key)
        return True

    def _reference(self, node: Node, _: Scope) -> bool:
        if tree.name(node) == PROPERTIES:
            refuse(f"{PROPERTIES} as a whole", _TAG)
        return False


_RULES: Final[Mapping[str, Callable[[Walk, Node, Scope], bool]]] = {
    "PipeExpression": Walk._inner_pipe,  # noqa: SLF001 - of this module, as all of these
    "JoinOperator": Walk._join,  # noqa: SLF001
    "LookupOperator": Walk._join,  # noqa: SLF001
    "UnionOperatorExpression": Walk._part_of_union,  # noqa: SLF001
    "NamedFunctionCallExpression": Walk._call,  # noqa: SLF001
    "EvaluateOperator": Walk._evaluate,  # noqa: SLF001
    "StrictQueryOperatorParameter": Walk._parameter,  # noqa: SLF001
    "RelaxedQueryOperatorParameter": Walk._parameter,  # noqa: SLF001
    "FunctionCallOrPathPathExpression": Walk._path,  # noqa: SLF001
    "SimpleNameReference": Walk._reference,  # noqa: SLF001
}


def _named(declaration: Node, scope: Scope, meaning: Meaning) -> Scope:
    """The scope after a ``let``."""
    named = tree.name(children(declaration)[1])
    if named.startswith(OWN_PREFIX):
        refuse(f"the name {named[:80]!r}", "choose another one")
    return scope.with_name(named, meaning)


def _needs_rows(expression: Node) -> bool:
    return kind(expression.parentCtx) in _NEED_ROWS


def _meaning(node: Node, inner: Node, scope: Scope) -> Meaning:
    """What an expression stands for that is neither a name nor in parentheses."""
    if kind(inner) == "NamedFunctionCallExpression":
        called = scope.names.get(tree.name(children(inner)[0]))
        return "rows" if called == "function of rows" else "value"
    return "rows" if any(kind(one) in _MAKE_ROWS for one in tree.chain(node)) else "value"


def _is_properties(node: Node) -> bool:
    """Whether an expression reads something of `PROPERTIES`."""
    parts = children(node)
    return len(parts) > 1 and tree.bare_name(parts[0]) == PROPERTIES


def _instead(construct: str) -> str:
    return allowed.INSTEAD.get(construct, allowed.OTHERWISE)
