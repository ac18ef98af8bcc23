"""The engine's parser, in half the time for a text without errors.

*Two-stage parsing*, as ANTLR's manual advises: first in the mode SLL and without recovery, which either gives
the tree of a full parse or fails. Only then in full, for the engine's own messages.

The engine then looks through the whole tree for each kind of statement that it does not know or that is rare;
`find_all` knows which kinds of node a tree has.
"""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from itertools import pairwise
from typing import Any, Final

from antlr4 import CommonTokenStream, InputStream  # type: ignore[import-untyped]
from antlr4.atn.PredictionMode import PredictionMode  # type: ignore[import-untyped]
from antlr4.error.Errors import ParseCancellationException  # type: ignore[import-untyped]
from antlr4.error.ErrorStrategy import BailErrorStrategy  # type: ignore[import-untyped]
from duckdb_kql._antlr.KqlLexer import KqlLexer
from duckdb_kql._antlr.KqlParser import KqlParser
from duckdb_kql.control import is_control_command
from duckdb_kql.errors import KqlSyntaxError as ParseError
from duckdb_kql.parser import ParseResult, _DiagnosticCollector
from duckdb_kql.parser import parse as parse_in_full

from foundry_telemetry.local.engine.language.window_functions import NOTHING

__all__ = ["ParseError", "find_all", "install", "parse"]

_SERIALIZE: Final = re.compile(r"\bserialize\s*(?:[|;)]|//|$)")
_TABLE: Final = re.compile(r"\btable\b")
_LOWERING: Final = import_module("duckdb_kql.lower")  # an import by name would give the function
_FIND_ALL: Final = _LOWERING._find_all  # noqa: SLF001 - nothing public leads to it


def install() -> None:
    """Let the engine parse with `parse` and search with `find_all`; a second time does nothing."""
    _LOWERING.parse = parse  # type: ignore[attr-defined]
    _LOWERING._find_all = find_all  # type: ignore[attr-defined]  # noqa: SLF001


def parse(kql: str) -> ParseResult:
    """What the engine's own function of that name gives or raises."""
    tree = None if is_control_command(kql) else _quick_tree(kql)
    if tree is None:
        return parse_in_full(kql)
    tree.kinds = _kinds_of(tree)
    return ParseResult(tree, [], kql)


def find_all(node: Any, kind: str) -> Any:
    """What the engine's own function of that name gives: the topmost nodes of a kind in a tree."""
    kinds = getattr(node, "kinds", None)
    return [] if kinds is not None and kind not in kinds else _FIND_ALL(node, kind)


def _call_tables_names(stream: Any) -> None:
    """Let ``table`` be a name where no bracket follows, as in Kusto; the grammar knows the function alone."""
    stream.fill()
    visible = [token for token in stream.tokens if token.channel == 0]
    for token, following in pairwise(visible):
        if token.type == KqlLexer.TABLE and following.text != "(":
            token.type = KqlLexer.IDENTIFIER


def _complete_serialize(stream: Any) -> None:
    """Let ``serialize`` name something where it stands alone: Kusto takes that, the grammar does not."""
    stream.fill()
    tokens: list[Any] = []
    for index, token in enumerate(stream.tokens):
        tokens.append(token)
        if token.type != KqlLexer.SERIALIZE:
            continue
        following = next((one for one in stream.tokens[index + 1 :] if one.channel == 0), None)
        if following is not None and following.text in {"|", ";", ")", "<EOF>"}:
            tokens += _placed(f"{NOTHING}=1", token)
    for index, token in enumerate(tokens):
        token.tokenIndex = index
    stream.tokens = tokens


def _placed(text: str, after: Any) -> list[Any]:
    """The tokens of a text, at the place of another one."""
    found = [token for token in KqlLexer(InputStream(text)).getAllTokens() if token.channel == 0]
    for token in found:
        token.text = token.text  # read from its own input before that is moved
        token.line, token.column = after.line, after.column
    return found


def _kinds_of(tree: Any) -> frozenset[str]:
    found, waiting = set(), [tree]
    while waiting:
        node = waiting.pop()
        found.add(type(node))
        waiting += getattr(node, "children", None) or ()
    return frozenset(kind.__name__.removesuffix("Context") for kind in found)


@contextmanager
def _uncollected() -> Iterator[None]:
    """A tree is of thousands of nodes that all live: to look for garbage among them takes much of the time.

    Of several threads the one that came first lets the collector run again.
    """
    was_running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_running:
            gc.enable()


def _quick_tree(kql: str) -> Any:
    """``None`` where anything is wrong with the text."""
    problems = _DiagnosticCollector()
    lexer = KqlLexer(InputStream(kql))
    lexer.removeErrorListeners()
    lexer.addErrorListener(problems)
    stream = CommonTokenStream(lexer)
    if _TABLE.search(kql):
        _call_tables_names(stream)
    if _SERIALIZE.search(kql):
        _complete_serialize(stream)
    parser = KqlParser(stream)
    parser.removeErrorListeners()
    parser.addErrorListener(problems)
    parser._interp.predictionMode = PredictionMode.SLL  # noqa: SLF001 - as ANTLR's manual has it
    parser._errHandler = BailErrorStrategy()  # noqa: SLF001 - same
    try:
        with _uncollected():
            tree = parser.top()  # type: ignore[no-untyped-call]
    except ParseCancellationException:
        return None
    return None if problems.diagnostics else tree
