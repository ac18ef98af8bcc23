"""Failures of the engine and of the database in the words of the query that caused them.

Neither DuckDB's SQL nor its messages come through: they name things that the query's author never wrote.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import duckdb
from antlr4 import CommonTokenStream, InputStream  # type: ignore[import-untyped]
from duckdb_kql._antlr.KqlLexer import KqlLexer
from duckdb_kql._antlr.KqlParser import KqlParser
from duckdb_kql.errors import KqlError, KqlSchemaError, KqlSyntaxError, KqlUnsupportedError
from duckdb_kql.parser import _DiagnosticCollector
from duckdb_kql.types import kusto_type

from foundry_telemetry.kql import files
from foundry_telemetry.kql.lexer import Token, place, tokens
from foundry_telemetry.local.engine import bounded_values
from foundry_telemetry.local.engine.errors import TOO_MUCH_MEMORY, QueryError, timed_out, too_large
from foundry_telemetry.local.engine.language import refusals
from foundry_telemetry.local.engine.semantic_check import UnresolvedError

_SEMANTIC: Final = "SEM0100"
_SYNTAX: Final = "SYN0002"
_UNSUPPORTED: Final = "NotSupportedLocally"
_OTHERWISE: Final = "General_BadRequest"

_FOREIGN: Final = re.compile(
    r"duckdb|sql|\bwave\b|/functions|docs/|schema=|known:|internal|select|emulator|set_option|stored",
    re.IGNORECASE,
)
"""Words of hints that speak of the engine and not of the query."""

_OF_SQL: Final = {
    "quantile_disc": "percentile",
    "stddev_samp": "stdev",
    "var_samp": "variance",
    "list": "make_list",
    "any_value": "take_any",
    "//": "/",
    "regexp_matches": "matches regex",
    "regexp_extract": "extract",
    "length": "strlen",
    "lower": "tolower",
    "upper": "toupper",
    "ln": "log",
    "ceil": "ceiling",
    "str_split": "split",
}
"""KQL's word for what the engine makes of it."""

_STATEMENTS: Final = {
    "multi-statement": "Only one query per request is supported",
    "statement": "The text contains no query",
}
_DECLARING: Final = {"let", "set", "declare", "alias", "restrict"}
"""Words that begin a statement which is no query."""

_WORD: Final = re.compile(r"\w+(?:-\w+)*")
_TWINS: Final = re.compile(r"columns '([^']+)' and '([^']+)' differ only in case")
_COLUMN: Final = re.compile(r'(?:Referenced column|column named|Column with name) "([^"]+)"')
_FUNCTION: Final = re.compile(r"given name and argument types '([^'(]+)\(([^']*)\)'")
_COMPARE: Final = re.compile(r"values of type (\S+) and (?:type|values of type) (\S+)")
_CONVERT: Final = re.compile(r"(?:[Cc]ould not convert|[Cc]ast).*? to (?:type )?(\w+)")
_ELEMENTS: Final = re.compile(rf"{bounded_values.PREFIX}: ([^\n]*)")
_KQL_TYPES: Final = {"numerical": "real", "INT32": "int", "INT64": "long", "BOOL": "bool", "INT": "int"}


_CONVERSIONS: Final = "Convert with tolong(), todouble(), tostring() or todatetime()."


def explained(error: Exception, kql: str) -> QueryError:
    """Why a text has no answer.

    Args:
        error: What was raised when it was translated or run.
        kql: The text as it came.
    """
    if isinstance(error, QueryError):
        return error
    for kind, explain in _EXPLANATIONS:
        if isinstance(error, kind):
            return explain(error, kql)
    return QueryError(f"The query failed here ({type(error).__name__}).", reason="InternalError")


def _syntax(error: KqlSyntaxError, kql: str) -> QueryError:
    first = error.diagnostics[0].span
    offset = _offset(kql, first.line, first.column)
    if kql[offset : offset + 1] == "|":
        offset = _within_operator(kql, offset)
    found = _token_at(kql, offset)
    line, position = place(kql, offset)
    where = f"at {found!r}" if found else "at its end"
    return QueryError(
        f"Query could not be parsed {where} on line {line}, position {position}.",
        reason=_SYNTAX,
        line=line,
        position=position,
        construct=found or None,
    )


def _within_operator(kql: str, bar: int) -> int:
    """Where the operator after a bar goes wrong; the parser itself reports only the bar."""
    collector = _DiagnosticCollector()
    lexer = KqlLexer(InputStream(re.sub(r"[^\n]", " ", kql[: bar + 1]) + kql[bar + 1 :]))
    parser = KqlParser(CommonTokenStream(lexer))
    for part in (lexer, parser):
        part.removeErrorListeners()
        part.addErrorListener(collector)
    parser.afterPipeOperator()  # type: ignore[no-untyped-call]
    if not collector.diagnostics:
        return bar
    span = collector.diagnostics[0].span
    return _offset(kql, span.line, span.column)


def _unresolved(error: UnresolvedError, kql: str) -> QueryError:
    what = "table or column" if error.is_table else "column or scalar"
    operator = f"'{error.keywords[0]}' operator: " if error.keywords else ""
    message = f"{operator}Failed to resolve {what} expression named '{error.name}'"
    hint = ""
    if error.is_table and error.name == files.VIEW:
        hint = f" Begin the query with the text of {files.VIEW}.kql, which defines it."
    return _placed(message, kql, error.name, error.keywords, reason=_SEMANTIC, hint=hint)


def _unsupported(error: KqlUnsupportedError, kql: str) -> QueryError:
    if error.construct in _STATEMENTS:
        return _statements(error.construct, kql)
    name = error.construct.rpartition(":")[2].strip() or ":"
    if error.span is not None:
        offset = _offset(kql, error.span.line, error.span.column)
        word = _WORD.match(kql, offset)
        # Rules of the grammar are named in capitals; their text begins with the operator's own word.
        construct = word[0] if word and name[:1].isupper() else name
        return _not_here(construct, error.hint, *place(kql, offset))
    token = next(_occurrences(kql, name, ()), None)
    start = token.start if token else kql.find(name)
    return _not_here(name, error.hint, *(place(kql, start) if name and start >= 0 else (None, None)))


def _statements(construct: str, kql: str) -> QueryError:
    """A text with more queries than one, or with none."""
    starts, first = [], True
    for token in tokens(kql):
        if first and token.text not in _DECLARING:
            starts.append(token.start)
        first = token.text == ";"
    line, position = place(kql, starts[1] if len(starts) > 1 else len(kql))
    return QueryError(
        f"{_STATEMENTS[construct]}; line {line}, position {position}.",
        reason=_SYNTAX,
        line=line,
        position=position,
        construct=construct,
    )


def _not_here(construct: str, hint: str | None, line: int | None, position: int | None) -> QueryError:
    where = f" on line {line}, position {position}" if line else ""
    hint = refusals.in_words(hint or "")
    because = f": {hint.rstrip('.')}" if hint and not _FOREIGN.search(hint) else ""
    return QueryError(
        f"The local Azure Monitor does not support '{construct}'{where}{because}.",
        reason=_UNSUPPORTED,
        line=line,
        position=position,
        construct=construct,
    )


def _schema(error: KqlSchemaError, kql: str) -> QueryError:
    if found := _TWINS.search(error.hint or ""):
        hint = f" '{found[1]}' and '{found[2]}' differ only in case, which the local store does not support."
        return _placed("Duplicate column name", kql, error.name, (), reason=_UNSUPPORTED, hint=hint)
    hint = f" {error.hint.rstrip('.')}." if error.hint and not _FOREIGN.search(error.hint) else ""
    return _placed(f"Failed to resolve '{error.name}'", kql, error.name, (), reason=_SEMANTIC, hint=hint)


def _binder(error: duckdb.Error, kql: str) -> QueryError:
    text = str(error)
    if "depth limit" in text:
        return _deep(error, kql)
    if found := _COLUMN.search(text):
        return _unresolved(UnresolvedError(found[1], is_table=False), kql)
    if found := _FUNCTION.search(text):
        name = _OF_SQL.get(found[1], found[1])
        types = ", ".join(_kql_type(part) for part in found[2].split(", ") if part)
        if any(_occurrences(kql, name, ())):
            message = f"'{name}' is not defined for ({types})"
            return _placed(message, kql, name, (), reason=_SEMANTIC, hint=f" {_CONVERSIONS}")
    if found := _COMPARE.search(text):
        left, right = _kql_type(found[1]), _kql_type(found[2].rstrip("."))
        return QueryError(f"Incompatible types: {left} and {right}.", reason=_SEMANTIC)
    return QueryError(
        f"Two parts of the query are incompatible, most likely by type. {_CONVERSIONS}", reason=_SEMANTIC
    )


def _data(error: duckdb.Error, kql: str) -> QueryError:
    del kql
    if message := refusals.message_of(str(error)):
        return QueryError(message, reason=_OTHERWISE)
    found = _CONVERT.search(str(error))
    to = f" to {_kql_type(found[1])}" if found else ""
    return QueryError(
        f"A value cannot be converted{to}: cast it with tolong(), todouble(), tostring() or todatetime().",
        reason=_OTHERWISE,
    )


def _argument(error: duckdb.Error, kql: str) -> QueryError:
    del kql
    if found := _ELEMENTS.search(str(error)):
        return too_large(f"The query is too large: {found[1]}.")
    if message := refusals.message_of(str(error)):
        return QueryError(message, reason=_SEMANTIC)
    return QueryError(
        "A function or operator has an invalid argument, such as an invalid regular expression.",
        reason=_OTHERWISE,
    )


def _deep(error: Exception, kql: str) -> QueryError:
    del error, kql
    return QueryError("The query is nested too deeply.", reason=_OTHERWISE)


_EXPLANATIONS: Final[Sequence[tuple[type[Exception], Callable[..., QueryError]]]] = (
    (KqlSyntaxError, _syntax),
    (UnresolvedError, _unresolved),
    (KqlUnsupportedError, _unsupported),
    (KqlSchemaError, _schema),
    (KqlError, lambda _, kql: _placed("The query is invalid", kql, "", (), reason=_OTHERWISE)),
    (duckdb.InterruptException, lambda *_: timed_out()),
    (duckdb.OutOfMemoryException, lambda *_: too_large(TOO_MUCH_MEMORY)),
    (MemoryError, lambda *_: too_large(TOO_MUCH_MEMORY)),
    (duckdb.BinderException, _binder),
    (duckdb.CatalogException, _binder),
    (duckdb.InvalidInputException, _argument),
    (duckdb.DataError, _data),
    (duckdb.Error, lambda *_: QueryError("The query failed in the local store.", reason=_OTHERWISE)),
    (RecursionError, _deep),
)
"""By class, special ones first."""


def _placed(
    message: str, kql: str, name: str, keywords: Sequence[str], *, reason: str, hint: str = ""
) -> QueryError:
    token = next(_occurrences(kql, name, keywords), None) or next(_occurrences(kql, name, ()), None)
    if token is None:
        return QueryError(f"{message}.{hint}", reason=reason, construct=name or None)
    line, position = place(kql, token.start)
    return QueryError(
        f"{message} on line {line}, position {position}.{hint}",
        reason=reason,
        line=line,
        position=position,
        construct=name,
    )


def _occurrences(kql: str, name: str, keywords: Sequence[str]) -> Iterator[Token]:
    """Where a name stands, bare or quoted; given keywords, only in operators that begin with one of them."""
    inside, after_bar = not keywords, False
    spellings = {name, name.rpartition(".")[2], f"'{name}'", f'"{name}"'}
    for token in tokens(kql):
        if keywords and token.text in {"|", ";"}:
            inside, after_bar = False, True
        elif after_bar:
            word = _WORD.match(kql, token.start)
            inside, after_bar = bool(word and word[0] in keywords), False
        elif inside and token.text in spellings:
            yield token


def _offset(kql: str, line: int, column: int) -> int:
    """The offset of a line, from 1, and a column, from 0."""
    lines = kql.split("\n")
    return min(len(kql), sum(len(text) + 1 for text in lines[: line - 1]) + column)


def _token_at(kql: str, offset: int) -> str:
    return next((token.text for token in tokens(kql[offset:])), "")


def _kql_type(name: str) -> str:
    plain = name.strip().strip("'\"")
    if plain in {"STRING_LITERAL", "SQLNULL"}:
        return "string"
    return _KQL_TYPES.get(plain) or kusto_type(plain)
