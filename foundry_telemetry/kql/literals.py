"""Texts as string literals of KQL."""

from __future__ import annotations


def literal(text: str) -> str:
    """A text in single quotes, whatever it contains."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\r", "\\r") + "'"
