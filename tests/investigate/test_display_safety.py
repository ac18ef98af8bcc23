"""Values of a store are harmless wherever they are shown."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundry_telemetry.investigate.display_safety import HIDDEN, MOST, as_markdown, plain

pytestmark = pytest.mark.row(73)


@given(st.text())
def test_nothing_acts_on_a_terminal(text: str) -> None:
    """No control, format, private or unassigned character is left, nor a line break; and it is short."""
    shown = plain(text)
    assert len(shown) <= MOST
    assert not {unicodedata.category(one)[0] for one in shown} & {"C"}
    assert shown.splitlines() in ([shown], [])


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=40))
def test_plain_text_stays(text: str) -> None:
    """What is printable, short and no secret stays as it is."""
    shown = plain(text)
    assert shown == text or HIDDEN in shown or not text.isprintable()


@pytest.mark.parametrize(
    "text",
    [
        "eyJhbGciOiJub25lIn0.eyJhdWQiOiJodHRwczovL2FpIn0.c2ln",
        "Authorization: Bearer abc.def-ghi",
        "sk-ant-api03-AAAAAAAAAAAAAAAA",
        "k" * 84,
        "https://x/?api-key=secret123&x=1",
        "AccountKey=abc==;x",
        "mara.miller@contoso.com",
    ],
)
def test_secrets_and_persons_are_hidden(text: str) -> None:
    """What looks like a token, a key or a person's address is not shown, within a text or alone."""
    for around in (text, f"before {text} after", f"\x1b[1m{text}"):
        shown = plain(around)
        assert HIDDEN in shown
        for part in ("eyJ", "abc", "AAAA", "kkkk", "secret123", "mara", "contoso"):
            assert part not in shown


@pytest.mark.parametrize(
    "text",
    [
        "claude-sonnet-5-5",
        "71d80197-b013-4d88-891e-1f4aaef881d6",
        "95e4c3090d9c1015f500ccb4f316c3de",
        "East US 2",
    ],
)
def test_ids_and_names_are_shown(text: str) -> None:
    """What support asks for is not taken for a secret."""
    assert plain(text) == text == as_markdown(text)


@given(st.text().map(plain))
def test_markdown_does_nothing(text: str) -> None:
    """A value is plain words or code: no link, no HTML, no heading, no further cell of a table."""
    shown = as_markdown(text)
    if shown != text:
        assert shown.startswith("`")
        assert shown.endswith("`")
        assert "`" not in shown[1:-1]
    else:
        assert not re.search(r"[<>\[\]*!`]|://|^[#=+-]", shown)
    assert "|" not in shown


@pytest.mark.parametrize(
    "text", ["=1+1", "+cmd", "-2+3", "@SUM(A1)", "# head", "1. one", "https://x.example", "a|b"]
)
def test_formulas_and_links_are_code(text: str) -> None:
    """What a spreadsheet or a renderer would act on is code."""
    assert as_markdown(text).startswith("`")
