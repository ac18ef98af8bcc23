"""What a query may name: decided over its tree, and closed for what is not known."""

from __future__ import annotations

import re

import pytest

from foundry_telemetry.local.engine.two_stage_parser import parse
from foundry_telemetry.mcp.query.guard import QueryRefusedError, check
from foundry_telemetry.mcp.query.literals import canonical, text_of
from foundry_telemetry.mcp.query.tables import TABLES, prefix
from tests.mcp.client import Agent
from tests.mcp.kql_tables import HONEST, HOSTILE


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_queries_are_refused(name: str) -> None:
    """A query that names anything besides the tables of the list is refused, however it is written."""
    with pytest.raises(QueryRefusedError):
        check(HOSTILE[name])


@pytest.mark.parametrize("kql", HONEST)
def test_honest_queries_are_allowed(kql: str) -> None:
    """What an agent needs is allowed, and what is sent names narrowed tables alone, and parses."""
    meant = check(kql)
    sent = re.sub(r'"(?:[^"\\]|\\.)*"', '""', meant.text)
    for table in TABLES:
        assert not re.search(rf"(?<!foundry_telemetry_)\b{table}\b", sent), sent
    assert parse(f"{prefix(meant.tables, meant.keys)}\n{meant.text}\n| take 3").tree is not None


def test_the_tables_of_queries_are_long_enough() -> None:
    """There are enough of both to mean something."""
    assert len(HOSTILE) >= 60
    assert len(HONEST) >= 25


def test_a_refusal_says_what_to_write() -> None:
    """Each refusal of a construct names it, and what to write or call in its place."""
    for name, text in HOSTILE.items():
        with pytest.raises(QueryRefusedError) as refused:
            check(text)
        said = str(refused.value)
        assert re.search(
            r"expected|write|omit|name|call|use|tables are|plugins are|list|choose|ask|query", said
        ), name


def test_comments_are_not_sent() -> None:
    """A parser that ends a comment elsewhere finds nothing in it: comments stay here."""
    text = check("foundry_attempts // \x85 | union workspace('x').T \x0b | take 9\n| take 1").text
    assert text == "foundry_telemetry_foundry_attempts\n| take 1"


@pytest.mark.parametrize(
    "token", ['"a"', "'a'", "@'a'", '@"a"', "'\\'x\\''", '"\\"x"', "@'it''s'", "'a\\nb\\\\'"]
)
def test_texts_are_written_in_one_way(token: str) -> None:
    """Every kind of quoted text becomes one in double quotes that means the same."""
    written = canonical(token)
    assert written.startswith('"')
    assert text_of(written) == text_of(token)


def test_honest_queries_run(server: Agent) -> None:
    """What the local engine supports of them is answered; the rest is refused in words that name it."""
    ran = 0
    for kql in HONEST:
        response = server.call("query", kql=kql, rows=5)
        if response.is_error:
            assert "does not support" in response.text, (kql, response.text)
        else:
            ran += 1
    assert ran >= 30


def test_hostile_queries_are_refused_by_the_tool(server: Agent) -> None:
    """The tool asks nobody: its refusal is that of the guard."""
    for name in (
        "workspace in brackets",
        "externaldata in a union",
        "wildcard",
        ".show",
        "http_request in a pipe",
    ):
        response = server.call("query", kql=HOSTILE[name])
        assert response.is_error
        assert "refused" in response.body["error"]
