"""Fits a record into its budget: long texts lose their middle, then long histories theirs."""

from __future__ import annotations

from typing import Any, Final

import msgspec

Parts = dict[str, Any]
"""The values of a record by attribute: lists of messages, parts or tools."""

_LENGTHS: Final = (32_000, 16_000, 8_000, 4_000, 2_000, 1_000, 500, 250, 100)
"""Characters that a text keeps, tried one after the other."""
_KEPT: Final = (64, 32, 16, 8, 4, 2, 0)
"""Elements of a list that are kept, half of them at its end."""
_DEEPEST: Final = 64
"""Levels of a structure below which nothing is kept."""


def size_of(encoded: bytes) -> int:
    """Bytes that a text of JSON takes as a text inside of JSON."""
    return len(encoded) + encoded.count(b'"') + encoded.count(b"\\") + 2


def fitted(values: Parts, limit: int) -> dict[str, str]:
    """Each value as JSON, cut until all of them together take no more than a limit.

    Args:
        values: Redacted.
        limit: Bytes, as texts inside of JSON.
    """
    encoded = _encoded(values)
    for length in _LENGTHS:
        if _total(encoded) <= limit:
            break
        encoded = _encoded({name: shortened(value, length) for name, value in values.items()})
    short = {name: shortened(value, _LENGTHS[-1]) for name, value in values.items()}
    for kept in _KEPT:
        if _total(encoded) <= limit:
            break
        encoded = _encoded({name: _thinned(value, kept) for name, value in short.items()})
    return {name: text.decode() for name, text in encoded.items()}


def shortened(value: Any, length: int, depth: int = 0) -> Any:
    """A structure whose texts have at most so many characters, and say how many they lack."""
    if depth > _DEEPEST:
        return "[cut]"
    if isinstance(value, str):
        if len(value) <= length:
            return value
        half = length // 2
        return f"{value[:half]} [... {len(value) - 2 * half} characters cut ...] {value[-half:]}"
    if isinstance(value, dict):
        return {shortened(key, length): shortened(one, length, depth + 1) for key, one in value.items()}
    if isinstance(value, list):
        return [shortened(one, length, depth + 1) for one in value]
    return value


def _thinned(value: list[Any], kept: int) -> list[Any]:
    """A list of messages, parts or tools without its middle."""
    if len(value) <= kept:
        return value
    half = kept // 2
    cut = {"type": "cut", "elements": len(value) - 2 * half}
    if value and "parts" in value[0]:
        cut = {"role": "system", "parts": [cut]}
    end = value[-half:] if half else []
    return [*value[:half], cut, *end]


def _encoded(values: Parts) -> dict[str, bytes]:
    return {name: msgspec.json.encode(value) for name, value in values.items()}


def _total(encoded: dict[str, bytes]) -> int:
    return sum(map(size_of, encoded.values()))
