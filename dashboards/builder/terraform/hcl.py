"""Writes Terraform's language as `terraform fmt` would leave it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

_IDENTIFIER: Final = re.compile(r"[A-Za-z_][\w-]*")
_INDENT: Final = "  "
_ONE_LINE: Final = 100
"""A list of so many characters stands on one line."""


class Expression(str):
    """A text that is an expression of the language already."""

    __slots__ = ()


@dataclass(frozen=True)
class Block:
    """A block: its head, such as ``resource "a" "b"``, and what is in it, blocks after a blank line."""

    head: str
    body: Mapping[str, object]
    blocks: Sequence[Block] = ()


def document(comment: str, blocks: Iterable[Block]) -> str:
    """The text of a file."""
    return "\n\n".join([comment, *("\n".join(_block(one)) for one in blocks)]) + "\n"


def quoted(text: str) -> str:
    """A text as a constant; nothing in it is filled in."""
    return '"' + escaped(text) + '"'


def escaped(text: str) -> str:
    """A text as it stands between quotes."""
    inner = json.dumps(text, ensure_ascii=False)[1:-1]
    return inner.replace("${", "$${").replace("%{", "%%{")


def _block(block: Block) -> Iterator[str]:
    yield f"{block.head} {{"
    yield from _indented(_pairs(block.body))
    for number, inner in enumerate(block.blocks):
        if number or block.body:
            yield ""
        yield from _indented(_block(inner))
    yield "}"


def _indented(lines: Iterable[str]) -> Iterator[str]:
    return (_INDENT + line if line else line for line in lines)


def _pairs(values: Mapping[str, object]) -> Iterator[str]:
    """``name = value``: the signs of neighbours that take one line each stand below each other."""
    rendered = [(_key(name), list(_value(value))) for name, value in values.items()]
    for is_one_line, group in groupby(rendered, lambda pair: len(pair[1]) == 1):
        pairs = list(group)
        width = max(len(name) for name, _ in pairs) if is_one_line else 0
        for name, (first, *more) in pairs:
            yield f"{name:{width}} = {first}"
            yield from more


def _key(name: str) -> str:
    return name if _IDENTIFIER.fullmatch(name) else quoted(name)


def _value(value: object) -> Iterator[str]:
    match value:
        case Expression():
            yield value
        case str():
            yield quoted(value)
        case bool() | int() | None:
            yield json.dumps(value)
        case Mapping() if value:
            yield "{"
            yield from _indented(_pairs(value))
            yield "}"
        case Mapping():
            yield "{}"
        case list() | tuple():
            yield from _list([list(_value(one)) for one in value])
        case _:
            raise TypeError(f"{value!r} has no form in Terraform here")


def _list(items: list[list[str]]) -> Iterator[str]:
    one_line = f"[{', '.join(item[0] for item in items)}]"
    if len(one_line) <= _ONE_LINE and all(len(item) == 1 for item in items):
        yield one_line
        return
    yield "["
    for *before, last in items:
        yield from _indented([*before, f"{last},"])
    yield "]"
