r"""Texts as KQL writes them: ``h'…'``, ``@'…'``, three backticks, and every escape.

An escape that KQL has not is a mistake in Kusto; the engine would omit its backslash, and ``"\d"`` would
look for the letter d.
"""

from __future__ import annotations

import re
from typing import Any, Final

from foundry_telemetry.local.engine.language.engine_parts import put
from foundry_telemetry.local.engine.language.refusals import unsupported

_MULTILINE: Final = ("```", "~~~")
_ESCAPES: Final = {
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
    "\\": "\\",
    "'": "'",
    '"': '"',
}
_CHARACTERS: Final = range(0x110000)
_SURROGATES: Final = range(0xD800, 0xE000)
_ESCAPE: Final = re.compile(
    r"\\(?:u(?P<u>[0-9a-fA-F]{4})|U(?P<U>[0-9a-fA-F]{8})|x(?P<x>[0-9a-fA-F]{2})|(?P<octal>[0-7]{1,3})"
    r"|(?P<one>.))",
    re.DOTALL,
)


def install() -> None:
    """Let the engine read texts with `value`; a second time does nothing."""
    put("text literal", value)


def value(literal: str) -> str:
    """The text that one literal stands for."""
    text = literal[1:] if literal[:1] in ("h", "H") and literal[1:2] in ("@", "'", '"', "`", "~") else literal
    for fence in _MULTILINE:
        if text.startswith(fence) and text.endswith(fence) and len(text) >= 2 * len(fence):
            return text[len(fence) : -len(fence)]
    verbatim = text.startswith("@")
    text = text.removeprefix("@")
    quote = text[:1] if text[:1] in ("'", '"') else ""
    body = text[1:-1] if quote and len(text) > 1 and text.endswith(quote) else text
    if verbatim:
        return body.replace(quote * 2, quote) if quote else body
    return _ESCAPE.sub(_character, body) if "\\" in body else body


def _character(match: re.Match[str]) -> str:
    code: Any = match["u"] or match["U"] or match["x"]
    if code or match["octal"]:
        number = int(code, 16) if code else int(match["octal"], 8)
        if number not in _CHARACTERS or number in _SURROGATES:
            raise unsupported(match[0], "this escape is no character")
        return chr(number)
    if match["one"] not in _ESCAPES:
        raise unsupported(
            match[0], f"KQL has no such escape: write @'…' for a regular expression, or \\{match[0]}"
        )
    return _ESCAPES[match["one"]]
