"""The check of ids: what it lets through stays one text of a query, and what it shows does nothing.

An input is a text in UTF-8, with whatever is none replaced.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cache

from foundry_telemetry.investigate.display_safety import HIDDEN, MOST, as_markdown, plain
from foundry_telemetry.investigate.ticket.ids import (
    IdError,
    is_trace_id,
    read_id,
    read_ids,
    support_code,
)
from foundry_telemetry.kql import compose, files
from foundry_telemetry.kql.lexer import tokens
from foundry_telemetry.kql.literals import literal
from foundry_telemetry.kql.parameters import substitute
from foundry_telemetry.kql.tables import quoted
from tests.fuzz.emitted import recorded
from tests.fuzz.harness import Harness

SECRET = "sk-ant-CANARY000000000"
SAFE = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-"
PLACES = {"call": "Id", "trace": "Trace"}
"""The queries that a value goes into, and where."""


def check(data: bytes) -> None:
    """A text is refused, or is one literal of every query that it goes into; shown, it is harmless."""
    text = data.decode("utf-8", "replace")
    try:
        found = read_ids(text)
    except IdError as refused:
        check_refusal(str(refused), text)
        found = ()
    assert len(found) <= 10
    for one in found:
        check_literal("call", one.value)
        assert one.value.lower() in text.replace("-", "").lower() or one.value.lower() in text.lower()
    with suppress(IdError):
        assert read_id(text) in found
    if is_trace_id(text):
        check_literal("trace", text)
    check_escaped(text)
    check_shown(text)
    check_sql(text)


def check_refusal(message: str, text: str) -> None:
    """A refusal is one printable line that repeats no more than the beginning of a long text."""
    assert message.isprintable()
    assert len(message) < 700
    assert SECRET not in message or len(text.strip()) <= 44


def check_literal(query: str, value: str) -> None:
    """With the value in it a query has the tokens that it has with another, and the value is one of them."""
    assert set(value) <= set(SAFE)
    assert len(value) <= 128
    before, with_value = asked(query, "x"), asked(query, value)
    assert len(before) == len(with_value)
    changed = {new for old, new in zip(before, with_value, strict=True) if old != new}
    assert changed <= {("text", f"'{value}'")}
    assert changed or value == "x"


def check_escaped(text: str) -> None:
    """Any text as a literal of KQL is one token, whatever it contains."""
    plain_, escaped = (
        [token.kind for token in tokens(f"where name == {value} | take 1")]
        for value in ("'x'", literal(text))
    )
    assert plain_ == escaped


@cache
def template(query: str) -> str:
    """The part of a query that has the place of the value; times are not given."""
    text = compose.composed(files.investigation(query))
    lines = [line for line in text.splitlines() if f"{{{PLACES[query]}}}" in line]
    return "\n".join(lines).replace("{Window:start}", "0").replace("{Window:end}", "0")


def asked(query: str, value: str) -> list[tuple[str, str]]:
    """The tokens of a query with a value in its place."""
    text = substitute(template(query), {PLACES[query]: value})
    return [(token.kind, token.text) for token in tokens(text)]


def check_shown(text: str) -> None:
    """What is shown of a text acts on no terminal, makes no Markdown, is short, and holds no key."""
    shown = plain(text)
    assert shown.isprintable()
    assert len(shown) <= MOST
    assert SECRET not in shown
    markdown = as_markdown(shown)
    outside = "".join(markdown.split("`")[::2])
    assert not set("<>[]|*`") & set(outside)
    assert markdown.count("`") in (0, 2)
    assert plain(f"{SECRET} {text}").startswith(HIDDEN)
    assert support_code(text) == "" or text.isalnum()


def check_sql(text: str) -> None:
    """A text as a literal of SQL ends where it ends: inside it quotes come in pairs alone."""
    inside = quoted(text)[1:-1]
    assert inside.replace("''", "").count("'") == 0
    assert inside.replace("''", "'") == text


def seeds() -> Iterable[bytes]:
    """Every id of the recorded answers, alone and within an exception's text; and attacks on a query."""
    for case, body in (*recorded("ok_"), *recorded("err_")):
        for value in filter(None, case["expect"]["request_ids"].values()):
            yield value.encode()
        yield body
    yield from (b"FT-0A6B3-21DC3", b"0a6b321dc337cec9", b"95e4c3090d9c1015f500ccb4f316c3de")
    yield b"00-95e4c3090d9c1015f500ccb4f316c3de-0a6b321dc337cec9-01"
    yield from (
        b"req_1' or 1 == 1 //",
        b"req_1\n| take 1",
        b"' | union AppTraces //",
        b"req_\\'",
        b"overloaded",
    )
    yield from (b"req_1'x", b"msg_1\\x", b"over\\loaded", b"0a6b321dc337cec9'x", b"req_1\nx")
    yield f"Bearer {SECRET} <b>[x](javascript:y)</b> `a|b`".encode()


def _growing(start: bytes, piece: bytes, end: bytes = b"") -> Callable[[int], bytes]:
    return lambda size: start + piece * (size // len(piece)) + end


HARNESS = Harness(
    check=check,
    seeds=seeds,
    words=(
        b"req_",
        b"msg_",
        b"FT-",
        b"00-",
        b"-01",
        b"0a6b321dc337cec9",
        b"71d80197-b013-4d88-891e-1f4aaef881d6",
        b"'",
        b'"',
        b"`",
        b"\\'",
        b"//",
        b"| ",
        b"{Id}",
        b"{Trace:base64}",
        b"\n",
        b"eyJhbGciOiJu",
        b"sk-ant-",
        b"api-key=",
        b"](https://",
        b"\xe2\x80\xae",
        b"\xe2\x80\xa8",
        b"\xef\xac\x80",
        b"\xd9\xa1",
        b"\x1b[2J",
    ),
    growing={
        "words": _growing(b"", b"req_0 "),
        "hex": _growing(b"", b"0a6b321dc337cec9-"),
        "one word": _growing(b"", b"z"),
        "quotes": _growing(b"", b"'"),
        "addresses": _growing(b"", b"a@a."),
        "tokens": _growing(b"", b"eyJ"),
        "keys": _growing(b"", b"api-key="),
        "escapes": _growing(b"", b"\x1b"),
    },
)
