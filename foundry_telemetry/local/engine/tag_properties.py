"""Which queries read nothing of an attempt's properties but tags, so that a smaller column will do.

The properties of an attempt have all its fields as one text, a kilobyte; reading those of a million takes
seconds. The store keeps the tags apart (`row_builder.TAGS`). A query may read them instead if it takes a tag
out by its name wherever it names ``Properties``, and if nothing in it takes columns that it does not name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

from duckdb_kql import ir

from foundry_telemetry.kql import files
from foundry_telemetry.kql.lexer import Token, tokens
from foundry_telemetry.local.engine.ir_visitor import nodes
from foundry_telemetry.schema.value import TAG_PREFIX

Describe = Callable[[str, Mapping[str, object]], "Mapping[str, str] | None"]
"""The types of a statement's columns, given values for its placeholders."""

PROPERTIES: Final = "Properties"
"""The column of the typed view."""

_TAG: Final = re.compile(rf"""(['"]){re.escape(TAG_PREFIX)}[a-z0-9_]+\1""")
_SLOT: Final = re.compile(r"\$(\w+)")
_ANY_TIME: Final = datetime(2000, 1, 1)  # noqa: DTZ001 - the database's times are UTC and have no zone
_NAMES: Final = re.compile(rf"{PROPERTIES}\d*")
_UNNAMED: Final = frozenset(
    {"column_ifexists", "columnifexists", "evaluate", "find", "getschema", "pack_all", "search"}
)
"""What reads columns that it does not name."""
_BEFORE_ALL: Final = frozenset({"and", "by", "distinct", "filter", "not", "on", "or", "project", "where"})
"""Words before a ``*`` that stands for all columns."""


def are_alone(kql: str, query: ir.Query, describe: Describe, sql: str, values: Mapping[str, object]) -> bool:
    """Whether a query reads tags of the properties and nothing else of them, and does not show them.

    Args:
        kql: It begins with the typed view.
        query: The rest of it, as the engine lowered it.
        describe: Gives the columns of a statement; ``None`` where they cannot be had.
        sql: What the query means in the database.
        values: For the placeholders of the statement; of instants any.
    """
    if not _are_named(query) or not _are_named_alone(kql):
        return False
    slots = frozenset(_SLOT.findall(sql))
    columns = describe(sql, {name: values.get(name, _ANY_TIME) for name in slots})
    return columns is not None and not any(map(_is_of_properties, columns))


def _are_named(query: ir.Query) -> bool:
    """Whether a query names the properties."""
    return any(isinstance(node, ir.ColumnRef) and node.name == PROPERTIES for node in nodes(query, deep=True))


def _are_named_alone(kql: str) -> bool:
    begin = kql.index(f"let {files.VIEW}")
    found = list(tokens(kql[kql.index(";", begin) :]))
    named = [place for place, token in enumerate(found) if _is_of_properties(token.text.strip("@'\""))]
    return (
        bool(named)
        and all(_is_tag(found[place : place + 4]) or _is_new(found[place : place + 3]) for place in named)
        and not any(token.text in _UNNAMED or _is_all(found, place) for place, token in enumerate(found))
    )


def _is_of_properties(name: str) -> bool:
    """Whether a name is that of the properties, or one that a join makes of it."""
    return _NAMES.fullmatch(name) is not None


def _is_tag(found: Sequence[Token]) -> bool:
    texts = [token.text for token in found]
    return texts[:2] == [PROPERTIES, "["] and texts[3:] == ["]"] and _TAG.fullmatch(texts[2]) is not None


def _is_new(found: Sequence[Token]) -> bool:
    """Whether the name is given to what is packed anew: an agent's query sees its named tags alone."""
    return [token.text for token in found] == [PROPERTIES, "=", "bag_pack"]


def _is_all(found: Sequence[Token], place: int) -> bool:
    """Whether a token is a ``*`` that is no multiplication."""
    if found[place].text != "*":
        return False
    before, after = found[place - 1], found[place + 1 : place + 2]
    is_product = before.text in (")", "]") or (before.kind == "word" and before.text not in _BEFORE_ALL)
    return not is_product or not after or (after[0].kind != "word" and after[0].text != "(")
