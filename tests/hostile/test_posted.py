"""Whatever is posted to the local Azure Monitor is answered in form, and what it accepts it can store."""

from __future__ import annotations

import gzip
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz import ingest
from tests.fuzz.spoiling import places, with_value
from tests.hostile.fuzz import fuzz
from tests.hostile.test_values import RAW_VALUES

PLAIN, ENCODED, LINES = 0, 1, 4
"""Places in `ingest.ENCODINGS`; what comes in lines is as plain as an array."""
VALUES = [value for value in RAW_VALUES if len(value) < 200_000]
raw_value = st.sampled_from([*VALUES, *ingest.AWKWARD])


@pytest.fixture(autouse=True)
def _stored() -> Iterator[None]:
    """What was accepted is stored at the end."""
    yield
    ingest.finish()


@st.composite
def items(draw: st.DrawFn) -> bytes:
    """An item of any kind with a hostile value in any of its places."""
    item = draw(st.sampled_from(ingest.items()))
    path = draw(st.sampled_from(list(places(item))))
    return with_value(item, path, draw(raw_value)).encode("utf-8", "surrogateescape")


@pytest.mark.slow
@settings(fuzz, max_examples=400)
@given(
    st.lists(items(), min_size=1, max_size=4), st.sampled_from([PLAIN, ENCODED, LINES]), st.integers(0, 255)
)
def test_hostile_items(found: list[bytes], form: int, size: int) -> None:
    """Each item is taken or refused alone, in every form and in any pieces; what is taken can be stored."""
    body = b"\n".join(found) if form == LINES else b"[" + b",".join(found) + b"]"
    if form == ENCODED:
        body = gzip.compress(body, mtime=0)
    ingest.check(bytes([form, size]) + body)
    ingest.STORE.settle(64)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(ingest.items())))
def test_every_value_in_every_place(number: int) -> None:
    """There is no place of an item where a hostile value makes the endpoint fail, or the database."""
    item = ingest.items()[number]
    for path in places(item):
        for value in (*VALUES, *ingest.AWKWARD):
            if len(value) < 2000:
                text = with_value(item, path, value)
                ingest.check(b"\0\0[" + text.encode("utf-8", "surrogateescape") + b"]")
    ingest.STORE.settle()
