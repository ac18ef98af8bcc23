"""What is wrong with a workbook, and the walk over its steps that all checks share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

Item = Mapping[str, Any]
"""One object of a workbook's JSON."""

TEXT: Final = 1
QUERY: Final = 3
PARAMETERS: Final = 9
LINKS: Final = 11
GROUP: Final = 12
"""Types of items."""


class LeftOutError(Exception):
    """A rule that cannot be checked here; the message says why, and what to install."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong."""

    step: str
    """The name of the step, or where else it is."""
    message: str

    def __str__(self) -> str:
        return f"{self.step}: {self.message}"


def steps(workbook: Item) -> Iterator[Item]:
    """All items, in the order in which the portal meets them, groups before what they hold."""
    for item in workbook.get("items", ()):
        yield item
        if item.get("type") == GROUP:
            yield from steps(item["content"])


def name_of(item: Item) -> str:
    """What to call an item."""
    return item.get("name") or f"an item of type {item.get('type')} without a name"


def inputs_of(item: Item) -> list[Item]:
    """The parameters that an item of parameters has."""
    return list(item["content"].get("parameters", ())) if item.get("type") == PARAMETERS else []


def queries(workbook: Item) -> Iterator[tuple[str, str]]:
    """Where each query stands, and its text."""
    for item in steps(workbook):
        name = name_of(item)
        if item.get("type") == QUERY:
            yield name, item["content"].get("query", "")
        for each in inputs_of(item):
            if each.get("query"):
                yield f"{name}, parameter {each['name']}", each["query"]
