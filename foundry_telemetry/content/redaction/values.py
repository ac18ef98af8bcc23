"""Structures of JSON, redacted: every text in them, keys and long numbers too, with one scan for all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from foundry_telemetry.content.redaction.spans import LEAF, PAIR

_LEAST_NUMBER: Final = 10_000_000
"""Numbers below are none that is looked for."""
_SEPARATORS: Final = str.maketrans({LEAF.decode(): "\ufffd", PAIR.decode(): "\ufffd"})

Leaf = tuple[bytes, bytes]
"""What stands before a text, and the text."""


def leaves(value: Any) -> Iterator[Leaf]:
    """The texts of a structure, in a fixed order."""
    return _leaves(value, LEAF)


def _leaves(value: Any, before: bytes) -> Iterator[Leaf]:
    if isinstance(value, str):
        yield before, value.translate(_SEPARATORS).encode(errors="replace")
    elif isinstance(value, dict):
        for key, one in value.items():
            yield LEAF, str(key).translate(_SEPARATORS).encode(errors="replace")
            yield from _leaves(one, PAIR)
    elif isinstance(value, list):
        for one in value:
            yield from _leaves(one, before)
            before = LEAF if before == LEAF else before
    elif _is_long_number(value):
        yield before, str(value).encode()


def rebuilt(value: Any, texts: Iterator[str]) -> Any:
    """The structure with other texts in the place of its own.

    Args:
        value: The structure.
        texts: For each of its `leaves`, in their order.
    """
    if isinstance(value, str):
        return next(texts)
    if isinstance(value, dict):
        made: dict[str, Any] = {}
        for key, one in value.items():
            name = _unused(next(texts) if isinstance(key, str) else str(key), made)
            made[name] = rebuilt(one, texts)
        return made
    if isinstance(value, list):
        return [rebuilt(one, texts) for one in value]
    if _is_long_number(value):
        text = next(texts)
        return value if text == str(value) else text
    return value


def _unused(name: str, made: dict[str, Any]) -> str:
    """A name that no key has yet: two addresses become the same kind."""
    number, free = 1, name
    while free in made:
        number += 1
        free = f"{name} {number}"
    return free


def _is_long_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) >= _LEAST_NUMBER
