"""Answers that fit a model: records in pages, each page one JSON object of bounded size.

A record that is larger than a page is divided: its parts have ``part`` and ``parts``, lists and texts go on
from one to the next.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from foundry_telemetry.investigate.formatting import rounded
from foundry_telemetry.mcp import texts

Record = Mapping[str, Any]

DEFAULT_BYTES: Final = 4_096
LEAST_BYTES, MOST_BYTES = 2_048, 65_536
"""Of a page."""
_ROOM: Final = 60
"""Bytes for the numbers of a page and of a part."""


@dataclass(frozen=True)
class Answer:
    """What a tool answers."""

    records: tuple[Record, ...]
    command: str
    """What a person types for the same."""
    notes: tuple[str, ...] = ()
    """Of our own words: what was cut and what else to call."""
    notice: str = texts.NOTICE


def encoded(value: Any) -> str:
    """ASCII JSON: no character of another system is there as itself."""
    return json.dumps(rounded(value), ensure_ascii=True, separators=(",", ":"))


def pages(answer: Answer, tool: str, most: int) -> list[str]:
    """The pages of an answer; joined, their ``data`` is all of its records."""
    heads = _head(answer, tool)
    room = most - len(encoded(heads)) - _ROOM
    groups = list(_grouped(answer.records, room)) or [[]]
    return [_page(heads, tool, group, number, len(groups)) for number, group in enumerate(groups, 1)]


def _head(answer: Answer, tool: str) -> dict[str, Any]:
    """What each page begins with; its text for the next page is the longest part that differs."""
    head: dict[str, Any] = {"notice": answer.notice, "command": answer.command}
    if answer.notes:
        head["notes"] = list(answer.notes)
    return {**head, "page": 1, "pages": 1, "next_page": texts.NEXT.format(tool=tool, page=1)}


def _page(head: Mapping[str, Any], tool: str, records: Sequence[Record], number: int, count: int) -> str:
    body = {**head, "page": number, "pages": count}
    if number < count:
        body["next_page"] = texts.NEXT.format(tool=tool, page=number + 1)
    else:
        del body["next_page"]
    return encoded({**body, "data": list(records)})


def _grouped(records: Iterable[Record], room: int) -> Iterator[list[Record]]:
    group: list[Record] = []
    size = 0
    for record in records:
        for part in _parts(record, room):
            needed = len(encoded(part)) + 1
            if group and size + needed > room:
                yield group
                group, size = [], 0
            group.append(part)
            size += needed
    if group:
        yield group


def _parts(record: Record, room: int) -> list[Record]:
    """A record, or its parts where it is larger than a page."""
    if len(encoded(record)) < room:
        return [record]
    fields = [piece for name, value in record.items() for piece in _pieces(name, value, room - _ROOM)]
    parts: list[dict[str, Any]] = [{}]
    size = 0
    for name, value in fields:
        needed = len(encoded({name: value}))
        if name in parts[-1] or (parts[-1] and size + needed > room - _ROOM):
            parts.append({})
            size = 0
        parts[-1][name] = value
        size += needed
    return [{**part, "part": number, "parts": len(parts)} for number, part in enumerate(parts, 1)]


def _pieces(name: str, value: Any, room: int) -> Iterator[tuple[str, Any]]:
    """A field, or pieces of it that fit."""
    if len(encoded({name: value})) <= room:
        yield name, value
    elif isinstance(value, str):
        # A character takes six bytes at most, and twelve where it needs two codes.
        step = max(1, (room - len(encoded(name)) - 8) // 12)
        yield from ((name, value[start : start + step]) for start in range(0, len(value), step))
    elif isinstance(value, list | tuple) and len(value) > 1:
        middle = len(value) // 2
        yield from _pieces(name, list(value[:middle]), room)
        yield from _pieces(name, list(value[middle:]), room)
    else:
        yield from _pieces(name, encoded(value), room)
