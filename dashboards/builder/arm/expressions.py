"""The expression language of Azure's templates: texts that begin with ``[`` and end with ``]``.

*Literal*: a text that stands for itself; one that looks like an expression begins with a second bracket.
Only the functions that our templates use are known, so that a slip in a name is found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_TOKEN: Final = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?\d+)|(?P<word>[A-Za-z_]\w*)|(?P<sign>[()\[\],.]))"
)


class ExpressionError(ValueError):
    """A text that is no expression, or one that has no value; the message quotes it."""


@dataclass(frozen=True)
class Constant:
    """A text or a whole number."""

    value: str | int


@dataclass(frozen=True)
class Call:
    """A function and its arguments."""

    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True)
class Member:
    """A property of an object."""

    of: Node
    name: str


Node = Constant | Call | Member


def is_expression(text: str) -> bool:
    """Whether a text is evaluated, and not taken as it is."""
    return text.startswith("[") and text.endswith("]") and not text.startswith("[[")


def literal(text: str) -> str:
    """`text` as a template must write it to mean just that."""
    return f"[{text}" if text.startswith("[") and text.endswith("]") else text


def unescaped(text: str) -> str:
    """What a literal means: the reverse of `literal`."""
    return text[1:] if text.startswith("[[") and text.endswith("]") else text


def quoted(text: str) -> str:
    """`text` as a constant inside an expression."""
    return "'" + text.replace("'", "''") + "'"


def parse(text: str) -> Node:
    """The meaning of an expression, brackets included.

    Raises:
        ExpressionError: It is none; the message says what is wrong where.
    """
    return _Parser(text).whole()


def calls(node: Node) -> Iterator[Call]:
    """Every call in an expression, outer ones first."""
    if isinstance(node, Call):
        yield node
        for argument in node.arguments:
            yield from calls(argument)
    elif isinstance(node, Member):
        yield from calls(node.of)


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._end = len(text) - 1
        self._at = 1

    def whole(self) -> Node:
        if not is_expression(self._text):
            raise ExpressionError(f"{self._text!r} is no expression")
        node = self._node()
        if self._text[self._at : self._end].strip():
            raise self._error("expected the end")
        return node

    def _node(self) -> Node:
        node = self._first()
        while self._take("."):
            word = self._next("word")
            if word is None:
                raise self._error("expected the name of a property")
            node = Member(node, word)
        return node

    def _first(self) -> Node:
        text = self._next("text")
        if text is not None:
            return Constant(text[1:-1].replace("''", "'"))
        number = self._next("number")
        if number is not None:
            return Constant(int(number))
        word = self._next("word")
        if word is None or not self._take("("):
            raise self._error("expected a text in quotes, a number or a function with its arguments")
        return Call(word, tuple(self._arguments()))

    def _arguments(self) -> Iterator[Node]:
        if self._take(")"):
            return
        while True:
            yield self._node()
            if self._take(")"):
                return
            if not self._take(","):
                raise self._error("expected a comma or a closing parenthesis")

    def _take(self, sign: str) -> bool:
        match = _TOKEN.match(self._text, self._at, self._end)
        if match is None or match["sign"] != sign:
            return False
        self._at = match.end()
        return True

    def _next(self, kind: str) -> str | None:
        match = _TOKEN.match(self._text, self._at, self._end)
        if match is None or match[kind] is None:
            return None
        self._at = match.end()
        return match[kind]

    def _error(self, expected: str) -> ExpressionError:
        return ExpressionError(f"{self._text!r}: {expected} at position {self._at + 1}")
