"""Values read from a store, made harmless: for a terminal, for Markdown, for whoever looks over a shoulder.

Names of deployments and services, tags and even ids come from other processes, and whoever can write to the
store can write anything. Each text passes `plain` once, where answers are read.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

MOST: Final = 200
"""Characters of a value that are shown."""

_SECRETS: Final = re.compile(
    r"eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){0,2}"  # a token: base64 of a JSON object
    r"|(?i:bearer\s+)\S+"
    r"|(?:sk-ant-|\bsk-)[A-Za-z0-9_-]{12,}"
    r"|(?<![A-Za-z0-9])[A-Za-z0-9]{80,}(?![A-Za-z0-9])"  # a key of a Foundry resource has 84
    r"|(?i:(?:api-?key|password|secret|sig|signature|accountkey|sharedaccesskey)=)[^\s&;]+",
    re.ASCII,
)
_PERSON: Final = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
BAR: Final = "\N{BROKEN BAR}"
"""Stands for the sign that ends a cell, which code cannot hold everywhere."""
HIDDEN: Final = "(hidden)"
"""Stands where a value looks like a secret or names a person."""

_TAME: Final = re.compile(r"(?!\s|[-+=#>]|\d+[.)])(?!.*(?:://|www\.|__))[\w .,;:/()=-]*", re.ASCII)
"""What means nothing in Markdown, at the beginning of a line or within it."""


@lru_cache(maxsize=4_096)
def plain(text: str, most: int = MOST) -> str:
    """A text in which nothing acts on a terminal and nothing is secret, at most `most` characters long.

    What is not printable, such as an escape, a line break or a mark of direction, is shown as its number.
    """
    # What follows the cut must not bring an unhidden half of a secret, so hiding comes first.
    reported = _PERSON.sub(HIDDEN, _SECRETS.sub(HIDDEN, text[: 8 * MOST]))
    if not reported.isprintable():
        reported = "".join(one if one.isprintable() else f"\\u{ord(one):04x}" for one in reported)
    return reported if len(reported) <= most else f"{reported[: most - 1]}…"


def readable(text: str) -> str:
    """A text of any length in which nothing acts on a terminal and nothing looks like a key; lines stay."""
    reported = _SECRETS.sub(HIDDEN, text.replace("\r\n", "\n").expandtabs(4))
    return "".join(one if one == "\n" or one.isprintable() else f"\\u{ord(one):04x}" for one in reported)


def as_markdown(text: str) -> str:
    """A plain text as Markdown that shows it and does nothing: no link, no HTML, no cell of a table."""
    if _TAME.fullmatch(text):
        return text
    return "`" + text.replace("`", "'").replace("|", BAR) + "`"
