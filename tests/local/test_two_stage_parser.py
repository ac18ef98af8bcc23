"""Queries are parsed in two stages; what comes out is what the engine's own parser gives."""

from __future__ import annotations

import gc
from collections import Counter
from contextlib import suppress

import pytest
from duckdb_kql._antlr.KqlParser import KqlParser
from duckdb_kql.errors import KqlSyntaxError
from duckdb_kql.lower import lower
from duckdb_kql.parser import ParseResult
from duckdb_kql.parser import parse as parse_in_full

from foundry_telemetry.kql import compose
from foundry_telemetry.kql.parameters import substitute
from foundry_telemetry.local.engine import translation, two_stage_parser
from tests.dashboards.answers import Choice

WRONG = (
    "AppEvents | where",
    "AppEvents | where Name == 'cut",
    "AppEvents | where Name == \x07",
    "AppEvents | take 1 )",
    "let a = 1",
    "AppEvents | wher Name == 1 | take",
    "",
)
COMMAND = ".show tables"


def tree(parsed: ParseResult) -> str:
    """The tree as text, with all its rules."""
    return str(parsed.tree.toStringTree(recog=KqlParser(None)))


@pytest.mark.slow
@pytest.mark.parametrize("name", compose.names())
def test_tree_is_the_same(name: str) -> None:
    """The first stage gives the tree of a full parse."""
    text = substitute(compose.whole(name), Choice().values)
    assert tree(two_stage_parser.parse(text)) == tree(parse_in_full(text))


@pytest.mark.parametrize("text", WRONG)
def test_diagnostics_are_the_same(text: str) -> None:
    """A text with errors has all those that a full parse finds, in the same words and places."""
    found = []
    for parse in (two_stage_parser.parse, parse_in_full):
        try:
            found.append(tree(parse(text)))
        except KqlSyntaxError as error:
            found.append(repr((str(error), error.diagnostics)))
    assert found[0] == found[1]


@pytest.mark.parametrize("text", ["set notruncation; let a = 1; AppEvents | take a", "AppEvents | count"])
@pytest.mark.parametrize("kind", ["SetStatement", "LetVariableDeclaration", "Statement", "NoSuch", "Top"])
def test_search_is_the_same(text: str, kind: str) -> None:
    """Nodes that a tree has are found in it and below, and of a kind that it has not there are none."""
    found = parse_in_full(text).tree, two_stage_parser.parse(text).tree
    searched = [
        [one.getText() for one in find(root, kind)]
        for root, find in zip(found, (two_stage_parser._FIND_ALL, two_stage_parser.find_all), strict=True)
    ]
    assert searched[0] == searched[1]
    [below] = (child for child in found[1].children[:1])
    assert two_stage_parser.find_all(below, kind) == two_stage_parser._FIND_ALL(below, kind)


def test_a_command_has_no_tree() -> None:
    """A control command is no query, and no error either."""
    assert two_stage_parser.parse(COMMAND).tree is None


def test_a_full_parse_is_the_exception(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine parses in two stages once a translator was imported, and a query without errors in one."""
    parsed: Counter[str] = Counter()

    def counted(text: str) -> ParseResult:
        parsed[text] += 1
        return parse_in_full(text)

    monkeypatch.setattr(two_stage_parser, "parse_in_full", counted)
    assert translation.Translator
    assert lower("AppEvents | count")
    assert not parsed
    with pytest.raises(KqlSyntaxError):
        lower(WRONG[0])
    assert parsed == {WRONG[0]: 1}


@pytest.mark.parametrize("text", ["AppEvents | count", WRONG[0]])
@pytest.mark.parametrize("runs", [True, False])
def test_the_collector_is_as_it_was(text: str, *, runs: bool) -> None:
    """After a text was parsed, or refused, garbage is collected if it was before."""
    was = gc.isenabled()
    try:
        (gc.enable if runs else gc.disable)()
        with suppress(KqlSyntaxError):
            two_stage_parser.parse(text)
        assert gc.isenabled() is runs
    finally:
        (gc.enable if was else gc.disable)()
