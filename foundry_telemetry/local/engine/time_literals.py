"""Instants out of a query's text and into its parameters, so that its translation can be kept.

A workbook asks the same query again and again, each time with another ``datetime(…)`` for its start and end.
With a stand-in in the place of each instant the text stays the same, and so does what the engine makes of it.

*Shape*: a text with its instants taken out. *Stand-in*: an instant that nobody asks for, by which its place
is found again in what the engine read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import pairwise
from typing import Final

from duckdb_kql import ir

from foundry_telemetry.kql.lexer import tokens
from foundry_telemetry.local.engine.ir_visitor import rewritten

_INSTANT: Final = re.compile(r"\s*(\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?Z?)\s*", re.ASCII)
STAND_IN: Final = "1601-01-01T00:00:00."
"""How every stand-in begins."""

_SLOT: Final = "instant"
_KEPT: Final = 128
"""Texts whose shape is kept: a page asks a text that it has just read."""


@dataclass(frozen=True)
class Shape:
    """A text in two parts."""

    text: str
    """The text with a stand-in for each instant."""
    instants: tuple[datetime, ...]
    """What stood there; UTC without a time zone."""

    @property
    def values(self) -> dict[str, object]:
        """The instants by the names of their parameters."""
        return {f"{_SLOT}{index}": instant for index, instant in enumerate(self.instants)}


@lru_cache(maxsize=_KEPT)
def shape_of(kql: str) -> Shape:
    """A text in two parts; instants in forms that might be read in more than one way stay in it."""
    pieces: list[str] = []
    instants: list[datetime] = []
    done = 0
    found = list(tokens(kql))
    for word, bracket in pairwise(found):
        if (word.text, bracket.text) != ("datetime", "("):
            continue
        end = kql.find(")", bracket.end)
        match = _INSTANT.fullmatch(kql, bracket.end, end) if end > 0 else None
        instant = _read(match[1]) if match else None
        if instant is not None:
            pieces += [kql[done : bracket.end], _stand_in(len(instants))]
            instants.append(instant)
            done = end
    return Shape("".join([*pieces, kql[done:]]), tuple(instants))


def with_parameters(query: ir.Query, count: int) -> ir.Query:
    """A query with a parameter for each stand-in.

    Args:
        query: As the engine lowered it.
        count: How many stand-ins its text has.

    Raises:
        LookupError: Not all of them are there: the engine has used one up while it read the text.
    """
    if not count:
        return query
    places = {_stand_in(index): f"{_SLOT}{index}" for index in range(count)}
    found: set[str] = set()

    def parameter(node: object) -> object:
        if isinstance(node, ir.Literal) and node.kind == "datetime" and node.value in places:
            slot = places[str(node.value)]
            found.add(slot)
            return ir.Parameter(slot, "datetime", slot)
        return node

    replaced = rewritten(query, parameter)
    if len(found) < count:
        raise LookupError("an instant is not where it was put")
    return replaced


def _read(text: str) -> datetime | None:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant.astimezone(UTC).replace(tzinfo=None) if instant.tzinfo else instant


def _stand_in(index: int) -> str:
    return f"{STAND_IN}{index:06}Z"
