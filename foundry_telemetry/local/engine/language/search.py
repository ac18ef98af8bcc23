"""``search``: rows in which a word stands in any column, as ``has`` finds it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from duckdb_kql import ir

from foundry_telemetry.local.engine.language.engine_parts import (
    EMITTER,
    ORIGINAL,
    collapsed,
    kind_of_node,
    lowered_expression,
    lowered_operators,
    names_in,
    put,
    rule_children,
)
from foundry_telemetry.local.engine.language.own_operator import OwnOperator, identifier, lowers
from foundry_telemetry.local.engine.language.refusals import quoted, unsupported

_LOWER_HEAD: Final = ORIGINAL["head"]

_TABLE: Final = "$table"


@dataclass(frozen=True)
class Search(OwnOperator):
    """The operator over one table."""

    predicate: ir.Expr
    """Texts alone in it stand for themselves in any column."""
    table: str

    def columns(self, given: list[str]) -> list[str]:
        """The table's name, then all of them."""
        return [_TABLE, *(name for name in given if name != _TABLE)]

    def sql(self, source: str, given: list[str]) -> str:
        """The statement."""
        columns = [name for name in given if name != _TABLE]
        listed = ", ".join(map(identifier, columns))
        return (
            f"SELECT {quoted(self.table)} AS {identifier(_TABLE)}, {listed} FROM {source} "
            f"WHERE {_condition(self.predicate, columns)}"
        )


def _condition(node: ir.Expr, columns: list[str]) -> str:
    if isinstance(node, ir.LetRef):
        return _condition(node.value, columns)
    if isinstance(node, ir.Literal) and node.kind == "string":
        return _anywhere(str(node.value), columns)
    if isinstance(node, ir.BinaryOp) and node.op in {"and", "or"}:
        return f"({_condition(node.left, columns)} {node.op.upper()} {_condition(node.right, columns)})"
    if isinstance(node, ir.FunctionCall) and node.name.lower() == "not" and len(node.args) == 1:
        return f"(NOT {_condition(node.args[0], columns)})"
    sql: str = EMITTER.render_expr(node)
    return sql


def _anywhere(text: str, columns: list[str]) -> str:
    if "*" in text.strip("*"):
        raise unsupported("search", "a star stands at the ends of a word only")
    operator = {(True, True): "contains", (True, False): "hassuffix", (False, True): "hasprefix"}
    op = operator.get((text.startswith("*"), text.endswith("*")), "has") if text.strip("*") else "contains"
    word = ir.Literal(text.strip("*"), "string")
    found = []
    for name in columns:
        shown = ir.FunctionCall("tostring", (ir.ColumnRef(name),))
        found.append(EMITTER.render_expr(ir.BinaryOp(op, shown, word)))
    return f"({' OR '.join(found)})" if found else "FALSE"


@lowers("SearchOperator")
def _search(node: Any) -> ir.Operator:
    tables, predicate = _read(node)
    if tables:
        raise unsupported("search", "after a bar it has no tables of its own")
    return Search(predicate, "")


def install() -> None:
    """Let a query begin with ``search``; a second time does nothing."""
    put("head", _head)


def _head(head: Any, rest: list[Any]) -> ir.Query:
    inner = collapsed(head)
    if kind_of_node(inner) != "SearchOperator":
        query: ir.Query = _LOWER_HEAD(head, rest)
        return query
    tables, predicate = _read(inner)
    if not tables:
        raise unsupported("search", 'name its tables: search in (AppTraces, AppExceptions) "word"')
    branches = [ir.Query(ir.TableRef(name), [Search(predicate, name)]) for name in tables]
    operators: list[ir.Operator] = list(branches[0].operators)
    if len(branches) > 1:
        operators.append(ir.Union(tuple(branches[1:])))
    operators += lowered_operators(rest)
    return ir.Query(branches[0].source, operators)


def _read(node: Any) -> tuple[list[str], ir.Expr]:
    tables: list[str] = []
    predicate: ir.Expr | None = None
    for child in rule_children(node):
        kind = kind_of_node(child)
        if kind == "SearchOperatorInClause":
            if "*" in child.getText():
                raise unsupported("search", "name each of its tables")
            tables = names_in(child)
        elif "Parameter" in kind:
            if "case_sensitive" in child.getText().replace("kind=", ""):
                raise unsupported("search", "it is case-insensitive here: write where column has_cs word")
        elif kind == "StarExpression":
            continue
        elif kind == "SearchOperatorStarAndExpression":
            predicate = lowered_expression(rule_children(child)[-1])
        else:
            predicate = lowered_expression(child)
    if predicate is None:
        raise unsupported("search", "write the word to search for")
    return tables, predicate
