"""Parameters are replaced as the portal replaces them: as text, without escaping."""

from __future__ import annotations

from base64 import b64decode
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundry_telemetry.kql.parameters import (
    ALL,
    Reference,
    TimeRange,
    UnknownReferenceError,
    references,
    substitute,
    without_references,
)

DAY = TimeRange(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC), timedelta(minutes=30))

TIMES = {
    "{T}": "between (datetime(2026-01-01T00:00:00.000Z) .. datetime(2026-01-02T00:00:00.000Z))",
    "{T:start}": "datetime(2026-01-01T00:00:00.000Z)",
    "{T:end}": "datetime(2026-01-02T00:00:00.000Z)",
    "{T:grain}": "1800s",
    "{T:seconds}": "86400",
    "{T:durationISO}": "PT86400S",
    "{T:startISO}": "2026-01-01T00:00:00.000Z",
    "{T:endISO}": "2026-01-02T00:00:00.000Z",
    "{T:label}": "2026-01-01T00:00:00.000Z to 2026-01-02T00:00:00.000Z",
}
TEXTS = {
    "{X}": "a'b",
    "{X:value}": "a'b",
    "{X:label}": "a'b",
    "{X:escapejson}": "a'b",
    "{X:base64}": "YSdi",
}


@pytest.mark.parametrize(("written", "expected"), TIMES.items())
def test_times(written: str, expected: str) -> None:
    """Each format of a time is as the portal writes it."""
    assert substitute(written, {"T": DAY}) == expected


@pytest.mark.parametrize(("written", "expected"), TEXTS.items())
def test_texts(written: str, expected: str) -> None:
    """A text goes in as it is, quotes and all, unless its format says otherwise."""
    assert substitute(written, {"X": "a'b"}) == expected


def test_many_are_quoted_and_parted_by_commas() -> None:
    """What is chosen of many becomes a list that `in` takes; "All" is an asterisk."""
    assert substitute("x in ({X})", {"X": ("a", "b c")}) == "x in ('a','b c')"
    assert substitute("'*' in ({X})", {"X": ALL}) == "'*' in ('*')"


@pytest.mark.parametrize("written", ["{Nope}", "{T:nope}", "{X:start}"])
def test_what_cannot_be_replaced_is_reported(written: str) -> None:
    """A parameter without a value, or a format it has not, is an error and not a part of the query."""
    with pytest.raises(UnknownReferenceError, match=r"\{\w+(:\w+)?\}"):
        substitute(written, {"T": DAY, "X": "a"})


@pytest.mark.parametrize("text", ["{0}{1}", "x{2}", "[a-z]{6,126}", "{ X }", "dynamic({'a': 1})", "{}"])
def test_braces_that_are_no_reference_stay(text: str) -> None:
    """Regular expressions, JSON and the portal's own placeholders are unchanged."""
    assert list(references(text)) == []
    assert substitute(text, {}) == text


def test_references_come_in_order() -> None:
    """Each use is found, with its format in lower case."""
    text = "{A} {B:startISO}{A:label}"
    assert list(references(text)) == [
        Reference("A", "value"),
        Reference("B", "startiso"),
        Reference("A", "label"),
    ]
    assert without_references(text).split() == []


@given(st.text())
def test_base64_carries_any_text(text: str) -> None:
    """Whatever is pasted comes back from base64, which has no sign that could end a string."""
    sent = substitute("{X:base64}", {"X": text})
    assert b64decode(sent).decode() == text
    assert not set("'\"\\\n") & set(sent)
