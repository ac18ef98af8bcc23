"""Values of Python as literals of TypeScript."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any


def camel(name: str) -> str:
    """A name of Python as TypeScript writes it: ``server_address``, ``serverAddress``."""
    first, *rest = name.lower().strip("_").split("_")
    return first + "".join(word.capitalize() for word in rest)


def literal(given: Any) -> str:
    """A value of Python as a literal of TypeScript."""
    if isinstance(given, bytes):
        return literal(given.decode("latin-1"))
    if isinstance(given, re.Pattern):
        return _expression(given)
    if isinstance(given, frozenset):
        ordered = sorted(given, key=lambda each: (each is None, each))
        return f"new Set([{', '.join(literal(each) for each in ordered)}])"
    if isinstance(given, tuple | list):
        return f"[{', '.join(literal(each) for each in given)}]"
    if isinstance(given, Mapping):
        members = (f"{_key(key)}: {literal(each)}" for key, each in given.items())
        return f"{{ {', '.join(members)} }}"
    return json.dumps(given, ensure_ascii=True)


def _key(name: object) -> str:
    text = str(name)
    return text if re.fullmatch(r"[A-Za-z_]\w*|\d+", text) else json.dumps(text)


def _expression(pattern: re.Pattern[Any]) -> str:
    text = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    flags = "i" if pattern.flags & re.IGNORECASE else ""
    return f"new RegExp({json.dumps(text)}, {json.dumps(flags)})"


def whole(method: Any) -> re.Pattern[Any]:
    """The pattern of a bound ``match`` or ``fullmatch``, anchored as the method anchors it."""
    pattern = method.__self__
    text = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    ends = {"fullmatch": f"^(?:{text})$", "match": f"^(?:{text})", "search": text}
    return re.compile(ends[method.__name__], pattern.flags & re.IGNORECASE)


def constants(**given: Any) -> str:
    """Exported constants, each frozen by its type."""
    return "".join(
        f"export const {name} = {literal(each)} as const;\n" for name, each in given.items()
    ).replace(") as const;", ");")


def typed(kind: str, **given: Any) -> str:
    """Exported constants of a type."""
    return "".join(f"export const {name}: {kind} = {literal(each)};\n" for name, each in given.items())
