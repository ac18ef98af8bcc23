"""Walks and rewrites of a query as the engine reads it.

A query is a graph and no tree: a ``let`` that is read twice is one node with two parents. Both functions
visit it once and leave it shared.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Final, TypeVar

from duckdb_kql import ir

Change = Callable[[object], object]

_Node = TypeVar("_Node")


def nodes(root: object, *, deep: bool = False) -> Iterator[object]:
    """Every node below one, each once.

    Args:
        root: Where to begin.
        deep: Also what is inside the queries below it.
    """
    stack, visited = [root], {id(root)}
    while stack:
        current = stack.pop()
        children: Sequence[object] = ()
        if isinstance(current, list | tuple):
            children = current
        elif _is_node(current):
            if current is not root:
                yield current
            if deep or current is root or not isinstance(current, ir.Query):
                children = [getattr(current, name) for name in _fields(type(current)) or ()]
        for child in children:
            if id(child) not in visited:
                visited.add(id(child))
                stack.append(child)


Done = dict[int, tuple[object, object]]
"""Every node that was visited, by its identity, and what stands in its place."""


def rewritten(root: _Node, change: Change, done: Done | None = None) -> _Node:
    """The same with some nodes replaced, wherever they are.

    Args:
        root: Where to begin.
        change: Gives another node for one, or the same; what it puts in is not visited.
        done: For a change that rewrites a part itself: what it shares with other parts stays shared.
    """
    return _rewritten(root, change, {} if done is None else done)  # type: ignore[return-value]


def _rewritten(node: object, change: Change, done: Done) -> object:
    if id(node) in done:
        return done[id(node)][1]
    result = node
    if isinstance(node, list | tuple):
        children = [_rewritten(child, change, done) for child in node]
        if any(new is not old for new, old in zip(children, node, strict=True)):
            result = tuple(children) if isinstance(node, tuple) else children
    elif _is_node(node):
        result = change(node)
        if result is node:
            old = {name: getattr(node, name) for name in _fields(type(node)) or ()}
            new = {name: _rewritten(child, change, done) for name, child in old.items()}
            changes = {name: child for name, child in new.items() if child is not old[name]}
            result = dataclasses.replace(node, **changes) if changes else node  # type: ignore[type-var]
    # The node is kept along with its replacement, or its number could be given to another.
    done[id(node)] = (node, result)
    return result


def _is_node(value: object) -> bool:
    return _fields(type(value)) is not None


def _fields_of(kind: type) -> tuple[str, ...] | None:
    """The names of a class's fields; ``None`` where it is no dataclass. To ask for them takes time."""
    if not dataclasses.is_dataclass(kind):
        return None
    return tuple(field.name for field in dataclasses.fields(kind))


_fields: Final[Callable[[type], tuple[str, ...] | None]] = cache(_fields_of)
