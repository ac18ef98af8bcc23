"""``let f = (…) { AppTraces | … }``: functions whose body is a query, called where a table may stand.

The engine reads a ``let`` function as an expression alone, but a stored function as a query as well. So such
a declaration is taken out of the text, with blanks in its place, and given to it as a stored function.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from duckdb_kql import ir
from duckdb_kql.errors import KqlUnsupportedError
from duckdb_kql.lower import lower
from duckdb_kql.stored_functions import parse_functions

from foundry_telemetry.kql.lexer import Token, tokens

MOST: Final = 20
"""Such functions of one text."""

_DECLARES: Final = "let function:"
_OF_TABLES: Final = "a tabular body"
_OPENING: Final = frozenset("([{")
_CLOSING: Final = frozenset(")]}")


def lowered(kql: str) -> ir.Query:
    """A text as the engine reads it."""
    text, functions = kql, list[str]()
    while True:
        try:
            return lower(text, functions=parse_functions(functions) if functions else None)
        except KqlUnsupportedError as error:
            name = error.construct.removeprefix(_DECLARES)
            is_of_tables = name != error.construct and (error.hint or "").startswith(_OF_TABLES)
            found = _declaration(text, name) if is_of_tables and len(functions) < MOST else None
            if found is None:
                raise
        text, function = _taken_out(text, found)
        functions.append(function)


def _declaration(kql: str, name: str) -> Sequence[Token] | None:
    """The tokens of ``let name = (…) {…};``."""
    found: list[Token] = []
    depth = 0
    for token in tokens(kql):
        found.append(token)
        depth += (token.text in _OPENING) - (token.text in _CLOSING)
        if token.text == ";" and not depth:
            if [one.text for one in found[:3]] == ["let", name, "="]:
                return found
            found = []
    return None


def _taken_out(kql: str, declaration: Sequence[Token]) -> tuple[str, str]:
    """The text without a declaration, and that as a stored function."""
    _, name, _, parameters, *_, end = declaration
    function = f"function {name.text}{kql[parameters.start : end.start]}"
    start = declaration[0].start
    blanks = "".join(sign if sign == "\n" else " " for sign in kql[start : end.end])
    return kql[:start] + blanks + kql[end.end :], function
