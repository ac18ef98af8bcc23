"""Texts as KQL writes them, so that a value of a user ends no string of a query."""

from __future__ import annotations

from typing import Final

_ESCAPES: Final = str.maketrans({"\\": r"\\", "'": r"\'", '"': r"\"", "\n": r"\n", "\r": r"\r", "\t": r"\t"})
"""What ends a string or a line of it. Other control characters stand in a string as they are: the local
engine has no escapes by number."""


def literal(text: str) -> str:
    """A text as a string literal of KQL. Of references in braces only one pass may be made after it.

    Raises:
        ValueError: A half of a character, which no query can carry.
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"{text!r}: expected text that UTF-8 can hold") from error
    return f"'{text.translate(_ESCAPES)}'"
