"""Parts of SQL templates, in which ``{0}``, ``{1}`` … stand for arguments.

An argument that a template reads more than once is bound to a name first: to repeat it would double the
statement with every level of nesting.
"""

from __future__ import annotations

from typing import Final

LIST: Final = "TRY_CAST(to_json({}) AS JSON[])"
"""A dynamic array as a list of dynamic values; null where it is none."""

BAG: Final = "TRY_CAST(to_json({}) AS MAP(VARCHAR, JSON))"
"""A property bag as a map; null where it is none."""

NO_BAG: Final = "MAP(CAST([] AS VARCHAR[]), CAST([] AS JSON[]))"

TEXTS: Final = "list_transform({}, lambda _text: coalesce(_text ->> '$', ''))"
"""The texts of a list of dynamic values."""


def bound(body: str, **arguments: str) -> str:
    """SQL in which each name is evaluated once.

    Args:
        body: Reads ``_b.name`` for each name.
        arguments: SQL by name.
    """
    packed = ", ".join(f"{name} := {sql}" for name, sql in arguments.items())
    return f"list_transform([struct_pack({packed})], lambda _b: {body})[1]"


def datetime_text(sql: str) -> str:
    """The text of a datetime as it stands in dynamic values."""
    return f"strftime({sql}, '%Y-%m-%dT%H:%M:%S.%f') || '0Z'"
