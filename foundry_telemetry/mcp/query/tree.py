"""The tree of a query as the grammar makes it: nodes, names and tokens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from foundry_telemetry.mcp.query.literals import is_text, text_of

Node = Any
"""The parser has no types."""

NAMES: Final = ("SimpleNameReference", "EntityNameReference")
_WRAPPERS: Final = ("Statement", "LetStatement", "QueryStatement", "LetFunctionBodyStatement")


def kind(node: Node) -> str:
    """The rule of the grammar that made it."""
    return type(node).__name__.removesuffix("Context")


def children(node: Node) -> list[Node]:
    """What is directly below it."""
    return getattr(node, "children", None) or []


def is_token(node: Node) -> bool:
    """Whether it is a word or sign of the text."""
    return hasattr(node, "symbol")


def tokens(node: Node) -> Iterator[Node]:
    """The words and signs below it, in order."""
    if is_token(node):
        yield node
    for child in children(node):
        yield from tokens(child)


def chain(node: Node) -> Iterator[Node]:
    """A node and those below it, as long as each is the only child."""
    yield node
    while len(children(node)) == 1 and not is_token(children(node)[0]):
        node = children(node)[0]
        yield node


def innermost(node: Node) -> Node:
    """The name that an expression is, or the first node on the way down with more than one child."""
    found = node
    for found in chain(node):
        if kind(found) in NAMES:
            break
    return found


def name(node: Node) -> str:
    """The name that a node of names is, whether in brackets or not."""
    text = "".join(token.getText() for token in tokens(node) if token.getText() not in "[]")
    return text_of(text) if is_text(text) else text


def bare_name(node: Node) -> str | None:
    """The name that a whole expression is; ``None`` where it is anything else."""
    inner = innermost(node)
    return name(inner) if kind(inner) in NAMES else None


def below(node: Node, wanted: str) -> list[Node]:
    """All nodes of a kind, itself included."""
    found = [node] if kind(node) == wanted else []
    for child in children(node):
        found += below(child, wanted)
    return found


def statements(node: Node) -> Iterator[Node]:
    """The parts of a query, or of the body of a function, in their order, and all that stands around them."""
    for child in children(node):
        if is_token(child):
            continue
        inner = child
        while kind(inner) in _WRAPPERS:
            inner = children(inner)[0]
        if kind(inner) == "Query":
            yield from statements(inner)
        else:
            yield inner
