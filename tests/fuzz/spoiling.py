"""JSON with something awkward in every one of its places, one at a time."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

VALUES = (
    "null",
    "true",
    "-1",
    "1.5",
    "1e999",
    "NaN",
    "2251799813685248",
    "9007199254740993",
    "99999999999999999999",
    '""',
    '"\\ud800"',
    '"\\u001b[31m"',
    '"a b\'\\\\"',
    f'"{"m" * 300}"',
    "[]",
    "{}",
)
"""What a field may hold instead of what it should."""

_MARK = "\ue000"


def places(item: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value inside an item."""
    for key, value in item.items() if isinstance(item, dict) else enumerate(item):
        yield (*path, key)
        if isinstance(value, dict | list):
            yield from places(value, (*path, key))


def with_value(item: Any, path: tuple[Any, ...], text: str) -> str:
    """An item as JSON, with any text in the place of one of its values."""
    copy = json.loads(json.dumps(item))
    inner = copy
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = _MARK
    return json.dumps(copy, ensure_ascii=False).replace(f'"{_MARK}"', text)


def spoilt(item: Any, values: Iterable[str] = VALUES) -> Iterator[bytes]:
    """An item with each of these values in each of its places."""
    for path in places(item):
        yield from (with_value(item, path, value).encode() for value in values)
