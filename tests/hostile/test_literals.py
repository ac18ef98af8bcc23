"""A value in a query is one literal of it, by the grammar of the language itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from antlr4 import CommonTokenStream, InputStream
from duckdb_kql._antlr.KqlLexer import KqlLexer
from hypothesis import given
from hypothesis import strategies as st

from foundry_telemetry.investigate.ticket.ids import IdError, is_trace_id, read_ids
from foundry_telemetry.kql import compose, files
from foundry_telemetry.kql.parameters import TimeRange, substitute
from foundry_telemetry.kql.tables import quoted
from foundry_telemetry.local.store.database import MEMORY
from foundry_telemetry.local.store.store import Store
from tests.hostile.fuzz import fuzz

NOW = datetime(2026, 11, 22, tzinfo=UTC)
TIME = TimeRange(NOW - timedelta(hours=1), NOW, timedelta(minutes=1))
ATTACKS = (
    "req_1' or 1 == 1 //",
    "req_1\\' | union AppTraces",
    'req_1" | take 1',
    "req_1'\n| union AppEvents //",
    "@'req_1'",
    "```req_1```",
    "req_1;let x = 1",
    "{Window:start}",
    "req_1\u2028| take 1",
    "0a6b321dc337cec9'",
)
PIECES = (
    "req_",
    "msg_",
    "FT-",
    "'",
    '"',
    "\\",
    "\n",
    "//",
    "|",
    "{",
    "0a6b321dc337cec9",
    "ok",
    "_",
    " ",
    "\u2028",
)
texts = st.one_of(
    st.text(max_size=40), st.sampled_from(ATTACKS), st.lists(st.sampled_from(PIECES), max_size=6).map("".join)
)


def lexed(query: str, **values: str) -> list[tuple[str, str]]:
    """The tokens of a query with these values, as the language's own lexer cuts them."""
    text = substitute(compose.composed(files.investigation(query)), {"Window": TIME, **values})
    stream = CommonTokenStream(KqlLexer(InputStream(text)))
    stream.fill()
    return [(KqlLexer.symbolicNames[token.type], token.text) for token in stream.tokens if token.type > 0]


PLAIN: dict[str, list[tuple[str, str]]] = {"call": lexed("call", Id="x"), "trace": lexed("trace", Trace="x")}


def check(query: str, name: str, value: str) -> None:
    """The query differs from the plain one in string literals alone, and each of them is the value."""
    with_value = lexed(query, **{name: value})
    assert [kind for kind, _ in with_value] == [kind for kind, _ in PLAIN[query]]
    changed = {new for old, new in zip(PLAIN[query], with_value, strict=True) if old != new}
    assert changed == {("STRINGLITERAL", f"'{value}'")}


@pytest.mark.parametrize("text", ATTACKS)
def test_attacks(text: str) -> None:
    """Of an attack nothing gets into a query but the id that may stand in it."""
    check_text(text)


def check_text(text: str) -> None:
    """What passes of a text is one literal wherever it goes."""
    try:
        found: Any = read_ids(text)
    except IdError:
        found = ()
    for one in found:
        check("call", "Id", one.value)
    if is_trace_id(text):
        check("trace", "Trace", text)


@fuzz
@given(texts)
def test_any_text_is_refused_or_is_one_literal(text: str) -> None:
    """Whatever is typed, it is refused, or it is a string literal and nothing else of the query changes."""
    check_text(text)


def test_any_text_is_one_literal_of_sql() -> None:
    """A quoted text is one value for the database, and comes back as it was."""
    with Store(MEMORY) as store, store.cursor() as cursor:

        @fuzz
        @given(st.one_of(texts, st.text("'\\;-/*\"\n$", max_size=12)).filter(lambda text: "\0" not in text))
        def run(text: str) -> None:
            if text.isprintable() or text.isascii():
                row = cursor.execute(f"SELECT {quoted(text)}").fetchone()
                assert row == (text,)

        run()
