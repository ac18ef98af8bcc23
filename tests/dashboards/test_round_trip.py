"""Queries are made whole: the parts they need in front, nothing in them that no engine reads."""

from __future__ import annotations

import re

import pytest

from foundry_telemetry.kql import compose, files, view
from foundry_telemetry.kql.tables import tables

NAMES = compose.names()
LEDGER = [name for name in NAMES if files.VIEW in compose.words(compose.whole(name))]
"""The queries that begin with the typed view; the others read whole tables."""


def test_parts_are_no_queries() -> None:
    """What only defines names for others is not asked by itself."""
    parts = {*compose.PARTS, files.WORDS}
    assert not parts & set(NAMES)
    assert parts | set(NAMES) == set(files.queries())


@pytest.mark.parametrize("name", NAMES)
def test_a_query_begins_with_its_question_and_the_view(name: str) -> None:
    """Whoever opens it in the portal reads what it answers; the local store knows the view that follows."""
    first, _, rest = compose.whole(name).partition("\n")
    assert first == f"// {compose.question(name)}"
    assert first.endswith("?")
    assert rest.startswith(compose.roads_text()) == (name in LEDGER)
    assert "//" not in rest.replace("https://", "")


@pytest.mark.parametrize("name", NAMES)
def test_a_query_says_which_tables_it_reads(name: str) -> None:
    """Every table in the text stands in its head, and no other."""
    _, reads, *_ = files.query(name).splitlines()
    _, _, own = compose.whole(name).rpartition(compose.roads_text())
    assert set(re.findall(r"\b\w+", reads)) & set(tables()) == compose.words(own) & set(tables())
    assert ("the ledger" in reads) == (name in LEDGER)


@pytest.mark.parametrize("name", LEDGER)
def test_the_view_has_only_the_columns_that_are_used(name: str) -> None:
    """Every line of the view in a query is one of the shipped view's, and each is used after it."""
    seen = view.recognise(compose.whole(name))
    assert seen is not None
    used = compose.words(seen.rest)
    assert {column.name for column in seen.columns} == used & {column.name for column in view.COLUMNS}


@pytest.mark.parametrize("name", NAMES)
def test_every_name_a_query_needs_is_defined_before(name: str) -> None:
    """Parts come in an order in which each finds what it needs."""
    text = compose.whole(name)
    for part in compose.PARTS[1:]:
        for word in compose.defined(files.query(part)) & compose.words(text):
            defined = re.search(rf"\blet {word}\b", text)
            uses = [match.start() for match in re.finditer(rf"\b{word}\b", kql_without_braces(text))]
            assert defined is not None
            assert min(uses) >= defined.start()


def kql_without_braces(text: str) -> str:
    """The text with references and comments blanked out, each sign in its place."""
    return re.sub(r"\{\w+(:\w+)?\}|//[^\n]*", lambda match: " " * len(match[0]), text)


def test_what_nothing_uses_is_left_out() -> None:
    """Of a part only the definitions come that the query, or another of them, needs."""
    text = "// How many?\nchosen | where TimeGenerated >= start | count"
    assert {"chosen", "served", "start", "end", "start_before"} <= compose.defined(compose.composed(text))
    assert "grain" not in compose.defined(compose.composed(text))


def test_minimising_keeps_strings_and_meaning() -> None:
    """Comments, indentation and double spaces go; what stands in quotes stays as it is."""
    text = """
    // a comment
    let a = 'two  spaces // no comment';   // another

    T
        | where   x == "it''s  //" and y == @"\\  \\"
    """
    short = "let a = 'two  spaces // no comment';\nT\n| where x == \"it''s  //\" and y == @\"\\  \\\""
    assert compose.minimise(text) == short


def test_words_are_not_those_of_strings_comments_and_references() -> None:
    """A name counts as used only where the engine reads it as a name."""
    assert compose.words("where a == 'b' // c\n| take {d:start} + e1") == {"where", "a", "take", "e1"}
