"""Small parts of Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A table; a bar within a cell ends no cell: outside of code it is escaped."""
    lines = (head, ("---",) * len(head), *rows)
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def code(text: str) -> str:
    """As code; nothing for nothing."""
    return f"`{text}`" if text else ""


def prose(text: str) -> str:
    """The text of a docstring on one line, with the marks of Markdown in place of those of a docstring."""
    return re.sub(r"``([^`]+)``", r"`\1`", " ".join(text.split()))


def page(title: str, *parts: str) -> str:
    """A page that is made."""
    return "\n\n".join((f"# {title}", *parts)) + "\n"


def _cell(text: str) -> str:
    outside = (
        part if number % 2 else part.replace("|", "\\|") for number, part in enumerate(text.split("`"))
    )
    return "`".join(outside).replace("\n", " ")
