"""Tokens that mean the same to every parser of KQL, so that what was checked is what runs."""

from __future__ import annotations

import re
from typing import Final

_QUOTED: Final = re.compile(r"""(?P<verbatim>@?)(?P<quote>["'])(?P<text>.*)(?P=quote)""", re.DOTALL)
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED: Final = {"\\": "\\", "'": "'", '"': '"', "n": "\n", "r": "\r", "t": "\t"}
_WRITTEN: Final = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n", "\r": r"\r", "\t": r"\t"})
_PLAIN: Final = re.compile(r"[A-Za-z0-9_$@.:,;()\[\]{}<>=!~|+\-*/% ]+", re.ASCII)
_QUOTES: Final = re.compile(r"[\"'`]|~~~")


class TokenError(ValueError):
    """A token that parsers may read in more than one way; the message says what to write instead."""


def is_text(token: str) -> bool:
    """Whether a token is a quoted text."""
    return _QUOTED.fullmatch(token) is not None


def text_of(token: str) -> str:
    """The text that a quoted token means.

    Raises:
        TokenError: It has no plain quotes around it, or an escape that not every parser knows.
    """
    found = _QUOTED.fullmatch(token)
    if found is None:
        raise TokenError(
            "a multi-line or obfuscated text: write a text in plain quotes, with \\n for a line break"
        )
    quote, inner = found["quote"], found["text"]
    if found["verbatim"]:
        if quote in inner.replace(quote * 2, ""):
            raise TokenError("a quote within a text: write it as \\' or \\\"")
        return inner.replace(quote * 2, quote)
    return _ESCAPE.sub(_unescaped, inner)


def _unescaped(found: re.Match[str]) -> str:
    if found[1] not in _ESCAPED:
        raise TokenError(f"the escape {found[0]!r} in a text: write the character itself, or use @'...'")
    return _ESCAPED[found[1]]


def canonical(token: str) -> str:
    """A token as every parser reads it: texts in double quotes with escapes as in JSON, else plain ASCII.

    Raises:
        TokenError: It cannot be written so.
    """
    if _QUOTES.search(token):
        text = text_of(token)
        if not text.replace("\n", "").replace("\t", "").replace("\r", "").isprintable():
            raise TokenError("a text with characters that do not print: write printable characters")
        return f'"{text.translate(_WRITTEN)}"'
    if not _PLAIN.fullmatch(token) or "//" in token:
        raise TokenError(f"{token[:40]!r}: write names in ASCII letters, digits and _")
    return token
