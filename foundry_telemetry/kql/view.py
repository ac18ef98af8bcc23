"""The typed view of the ledger: its columns, and how to know it in a text.

*View*: the ``… let foundry_attempts = ledger_rows | project …;`` that every shipped query begins with.
*Line*: one column of its ``project``. *Derived*: what a row may leave out, as the rest of it gives it.
*Recognise*: find at the start of a text a view all of whose lines are
lines of the shipped one. A store that has extracted the columns when the rows came in may then leave the
``let`` out, and answers the same; `Column.sql` makes the values that KQL's own casts would give.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import msgspec

from foundry_telemetry.kql import roads, typed_view
from foundry_telemetry.kql.lexer import Token, place, tokens
from foundry_telemetry.schema.derived import BY_NAME as DERIVED
from foundry_telemetry.schema.field_table import BY_NAME as FIELDS

_FORMS: Final = (
    'Name, or name = tostring|tolong|todouble(Properties["key"]), '
    'or name = tobool(tolower(tostring(Properties["key"])))'
)
_NAME: Final = re.compile(r"[A-Za-z_]\w*")
_KEY: Final = re.compile(r'"[^"\\]+"')
_CASTS: Final = {"tostring": "string", "tolong": "long", "todouble": "real"}
_SQL_TYPES: Final = {"string": "VARCHAR", "long": "BIGINT", "real": "DOUBLE", "bool": "BOOLEAN"}

_WHOLE: Final = r"'^\s*[+-]?(?:[0-9]+|0[xX][0-9a-fA-F]+)\s*$'"
_DIGITS: Final = r"'^\s*[-+]?\d+\s*$'"
_FLAG: Final = r"'^\s*(?:true|false)\s*$'"
_TRIMMED: Final = r"regexp_replace(lower({0}), '^\s+|\s+$', '', 'g')"
_SQL: Final = {
    "string": "coalesce({0}, '')",
    "long": f"CASE WHEN regexp_matches({{0}}, {_WHOLE}) THEN TRY_CAST(trim({{0}}) AS BIGINT) END",
    "real": "TRY_CAST(trim({0}) AS DOUBLE)",
    "bool": (
        f"CASE WHEN regexp_matches(lower({{0}}), {_FLAG}) THEN TRY_CAST({_TRIMMED} AS BOOLEAN) "
        f"WHEN regexp_matches({{0}}, {_DIGITS}) THEN TRY_CAST({_TRIMMED} AS BIGINT) <> 0 END"
    ),
}
"""DuckDB's expression for each type, over a text or null: what the engine makes of KQL's own casts."""


@dataclass(frozen=True)
class Column:
    """One line of the view."""

    name: str
    kql_type: str | None
    """``string``, ``long``, ``real`` or ``bool``; ``None`` for a column taken over from the stored row."""
    key: str | None
    """The property it is cast from; ``None`` for a column taken over from the stored row."""
    derived: str | None = None
    """DuckDB's expression for a value that the property does not give, over columns in braces."""

    @property
    def sql_type(self) -> str | None:
        """DuckDB's type; ``None`` for a column taken over from the stored row."""
        return None if self.kql_type is None else _SQL_TYPES[self.kql_type]

    def sql(self, properties: str) -> str:
        """DuckDB's expression for the value.

        Args:
            properties: An expression for a struct made by ``from_json(…, STRUCTURE)``; for a column taken
                over from the stored row, the table or its alias.
        """
        if self.kql_type is None or self.key is None:
            return f'{properties}."{self.name}"'
        return _SQL[self.kql_type].format(f'{properties}."{self.key}"')

    def whole(self, values: Mapping[str, str]) -> str:
        """DuckDB's expression for the value, derived where the property does not give it.

        Args:
            values: By column, what `sql` gives.
        """
        value = values[self.name]
        if self.derived is None:
            return value
        derived = self.derived.format_map(values)
        if self.kql_type == "string":
            return f"coalesce(nullif({value}, ''), {derived}, '')"
        return f"coalesce({value}, {derived})"


@dataclass(frozen=True)
class Recognised:
    """A text that begins with the view."""

    columns: tuple[Column, ...]
    """Those that the view in the text has, in its order."""
    rest: str
    """The text with blanks in the place of the view, so that lines and positions stay what they were."""


def columns_of(text: str) -> tuple[Column, ...]:
    """The columns of a view's text.

    Raises:
        ValueError: The text is no such view, or a line has another form; the message names line and text.
    """
    line_tokens = _project(text)
    if line_tokens is None:
        raise ValueError(f"the view begins otherwise; expected {' '.join(_HEAD)!r}")
    columns: dict[str, Column] = {}
    for line in _lines(line_tokens):
        where = f"line {place(text, line[0].start)[0]}" if line else "the end"
        column = _column(_words(line))
        if column is None:
            raise ValueError(f"{where}: expected {_FORMS}; not {' '.join(_words(line))!r}")
        if column.name in columns:
            raise ValueError(f"{where}: {column.name!r} is there twice")
        columns[column.name] = column
    return tuple(columns.values())


def recognise(kql: str) -> Recognised | None:
    """The text without the view it begins with.

    Returns:
        ``None`` where it begins otherwise, has a line that the shipped view has not, or has one twice; or
        where something after it has the view's name too, or reads what the view is made of.
    """
    line_tokens = _project(kql)
    stop = next((token.end for token in line_tokens or () if token.text == ";"), None)
    if line_tokens is None or stop is None:
        return None
    following = _words(line_tokens)
    if ("let", typed_view.NAME) in pairwise(following) or not roads.NAMES.isdisjoint(following):
        return None
    columns = [_KNOWN.get(_words(line)) for line in _lines(line_tokens)]
    found = tuple(column for column in columns if column is not None)
    if len(found) < len(columns) or len(set(found)) < len(found):
        return None
    return Recognised(found, re.sub(r"[^\n]", " ", kql[:stop]) + kql[stop:])


def _project(text: str) -> list[Token] | None:
    """What follows the words that a view begins with."""
    found = list(tokens(text))
    return found[len(_HEAD) :] if _words(found[: len(_HEAD)]) == _HEAD else None


def _lines(found: list[Token]) -> Iterator[list[Token]]:
    """The tokens between commas, up to the semicolon; a comma in brackets is part of a line."""
    line: list[Token] = []
    depth = 0
    for token in found:
        depth += (token.text == "(") - (token.text == ")")
        if token.text == ";" or (token.text == "," and depth <= 0):
            yield line
            line = []
            if token.text == ";":
                return
        else:
            line.append(token)
    yield line


def _words(line: list[Token]) -> tuple[str, ...]:
    return tuple(token.text for token in line)


def _column(words: tuple[str, ...]) -> Column | None:
    return _DERIVED.get(words) or _cast(words)


def _cast(words: tuple[str, ...]) -> Column | None:
    match words:
        case (name,) if _NAME.fullmatch(name):
            return Column(name, None, None)
        case (name, "=", cast, "(", "Properties", "[", key, "]", ")") if cast in _CASTS and _KEY.fullmatch(
            key
        ):
            return Column(name, _CASTS[cast], key[1:-1]) if _NAME.fullmatch(name) else None
        case (name, "=", "tobool", "(", "tolower", "(", *inner, ")", ")"):
            text = _cast((name, "=", *inner))
            return Column(name, "bool", text.key) if text and text.kql_type == "string" else None
    return None


_HEAD: Final = _words(list(tokens(f"{roads.TEXT} let {typed_view.NAME} = {roads.LEDGER} | project")))

_DERIVED: Final = {
    _words(list(tokens(typed_view.line(FIELDS[name])))): replace(column, derived=derived.sql)
    for name, derived in DERIVED.items()
    if (column := _cast(_words(list(tokens(typed_view.cast(FIELDS[name])))))) is not None
}
"""The lines of fields that a row may leave out."""

TEXT: Final = typed_view.text()
"""The view as shipped, KQL with its comments."""

COLUMNS: Final = columns_of(TEXT)
"""Its columns, in order."""

STRUCTURE: Final = msgspec.json.encode(
    {column.key: "VARCHAR" for column in COLUMNS if column.key is not None}
).decode()
"""What ``from_json`` needs to read all columns' properties at once: each as text, null where missing."""

_KNOWN: Final = {
    _words(line): column for line, column in zip(_lines(_project(TEXT) or []), COLUMNS, strict=True)
}
