"""Whether a query may be asked, and how it is sent.

The tree is that of Microsoft's grammar (``Kql.g4``), for a workspace as well. What passes is written anew
from its tokens, without comments and with every text in one kind of quotes: a parser that reads comments,
line ends or quotes otherwise cannot find another query in it. Tables are replaced by the narrowed ones of
`tables`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from foundry_telemetry.mcp.query import tree
from foundry_telemetry.mcp.query.literals import TokenError, canonical
from foundry_telemetry.mcp.query.scope import Scope
from foundry_telemetry.mcp.query.tree import Node
from foundry_telemetry.mcp.query.walk import QueryRefusedError, Walk

__all__ = ["MOST_CHARACTERS", "Allowed", "QueryRefusedError", "check"]

MOST_CHARACTERS: Final = 5_000
"""Of a query: the parser takes a second for ten thousand."""
_EXAMPLE: Final = "foundry_attempts | where TimeGenerated > ago(1h) | summarize count() by deployment"

_EXPECTED: Final = (
    f"expected KQL, with keywords as names in brackets and quotes (['kind']); example: {_EXAMPLE}"
)


@dataclass(frozen=True)
class Allowed:
    """A query that may be asked."""

    text: str
    """Written anew; tables by the names of `tables.prefix`."""
    tables: tuple[str, ...]
    """Those it reads, by their public names, each once."""
    keys: tuple[str, ...]
    """The properties it reads, each once."""


def check(kql: str) -> Allowed:
    """A query as it is asked.

    Raises:
        QueryRefusedError: It may not be asked, or cannot be parsed.
    """
    if len(kql) > MOST_CHARACTERS:
        raise QueryRefusedError(
            f"the query has {len(kql):,} characters: expected at most {MOST_CHARACTERS:,}; ask in parts"
        )
    walk = Walk()
    try:
        root = _parsed(kql)
        walk.statements(root, Scope())
        text = "".join(_written(root, kql, walk.replaced))
    except TokenError as error:
        raise QueryRefusedError(str(error)) from error
    except RecursionError:
        raise QueryRefusedError("the query is nested too deeply: write it in steps with let") from None
    return Allowed(text, tuple(dict.fromkeys(walk.tables)), tuple(dict.fromkeys(walk.keys)))


def _parsed(kql: str) -> Node:
    """The tree.

    Raises:
        QueryRefusedError: There is none.
    """
    from foundry_telemetry.local.engine.two_stage_parser import ParseError, parse  # noqa: PLC0415 - slow

    try:
        root = parse(kql).tree
    except ParseError as error:
        span = error.diagnostics[0].span if error.diagnostics else "its end"
        raise QueryRefusedError(f"the query cannot be parsed at {span}: {_EXPECTED}") from None
    if root is None:
        raise QueryRefusedError(
            "a control command is refused: call the tool schema for tables and columns, or write a query; "
            f"example: {_EXAMPLE}"
        )
    return root


def _written(root: Node, kql: str, replaced: Mapping[int, tuple[str, int]]) -> Iterator[str]:
    """The tokens as they are sent; blanks and comments between two become one blank or line end."""
    end = -1
    for token in tree.tokens(root):
        symbol = token.symbol
        if symbol.type < 0 or symbol.start <= end:  # the end of the text, or the rest of a table's name
            continue
        if 0 <= end < symbol.start - 1:
            yield "\n" if "\n" in kql[end + 1 : symbol.start] else " "
        text, end = replaced.get(symbol.start, ("", symbol.stop))
        yield text or canonical(token.getText())
