"""Refusals that only the database can decide on, as it alone knows the types of columns.

A refusal is an SQL expression that fails where it is evaluated; its message comes through
`error_translation` unchanged. Conditions on `typeof` are constants once DuckDB has bound them, so a check
that passes costs nothing for a row.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from duckdb_kql.errors import KqlUnsupportedError

_MARK: Final = "kql-refusal: "
_ARITY: Final = re.compile(r"\w+\(\) takes \(([\d, ]*)\) argument\(s\), got (\d+)")
_MESSAGE: Final = re.compile(rf"{_MARK}(.*)", re.DOTALL)

_OWN: Final = {
    "Lists larger than": "'range' gives more rows than the local store can hold: take a larger step.",
    "Overflow in": "A number is beyond the range of long: convert with todouble() first.",
    "Malformed JSON": "A text is no dynamic value: write parse_json() or split() around it.",
    "error_on_division_by_zero": "A division by zero has no answer here: check the divisor with iff().",
}
"""What DuckDB says, and what is said of it."""

STRING: Final = ("VARCHAR",)
DYNAMIC: Final = ("JSON",)
NUMBERS: Final = (
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "HUGEINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
    "UHUGEINT",
    "FLOAT",
    "DOUBLE",
)
"""DuckDB's types behind some of KQL's."""


def refusal(message: str) -> str:
    """SQL that refuses the query."""
    return f"error({quoted(_MARK + message)})"


def refused_if(condition: str, message: str, value: str) -> str:
    """SQL for a value, or for a refusal where an SQL condition holds."""
    return f"(CASE WHEN {condition} THEN {refusal(message)} ELSE {value} END)"


def is_of(sql: str, types: Iterable[str]) -> str:
    """SQL condition: an expression has one of these types of DuckDB."""
    return f"typeof({sql}) IN ({', '.join(map(quoted, types))})"


def message_of(error: str) -> str | None:
    """The message of a refusal in what DuckDB raised; some of its own failures are refusals as well."""
    found = _MESSAGE.search(error)
    if found:
        return found[1].strip()
    return next((message for words, message in _OWN.items() if words in error), None)


def in_words(hint: str) -> str:
    """A hint of the engine without its lists of numbers of arguments."""
    return _ARITY.sub(_numbers_of_arguments, hint)


def _numbers_of_arguments(found: re.Match[str]) -> str:
    numbers = [number.strip() for number in found[1].split(",") if number.strip()]
    noun = "argument" if numbers == ["1"] else "arguments"
    return f"here it takes {' or '.join(numbers)} {noun}, not {found[2]}"


def quoted(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def unsupported(construct: str, instead: str) -> KqlUnsupportedError:
    """What to raise for a construct that is refused while a text is translated.

    Args:
        construct: As it stands in the text.
        instead: What to write in its place.
    """
    return KqlUnsupportedError(construct, hint=instead)
