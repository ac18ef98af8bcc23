"""Answers in pages: each within its size, all of them together the whole answer."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from foundry_telemetry.mcp.answers import DEFAULT_BYTES, LEAST_BYTES, Answer, pages
from foundry_telemetry.mcp.records import harmless, records
from tests.mcp.client import Agent, Response

VALUES = st.recursive(
    st.one_of(st.text(max_size=3_000), st.integers(), st.booleans()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=12), st.dictionaries(st.text(max_size=20), inner, max_size=5)
    ),
    max_leaves=12,
)
RECORDS = st.lists(
    st.dictionaries(
        st.text(min_size=1, max_size=20).filter(lambda n: n not in ("part", "parts")), VALUES, max_size=8
    ),
    max_size=6,
)


def joined(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Records of which parts are put together again: as the guide for agents says."""
    whole: list[dict[str, Any]] = []
    for record in found:
        part = record.pop("part", 1)
        record.pop("parts", None)
        if part == 1:
            whole.append({})
        for name, value in record.items():
            whole[-1][name] = whole[-1][name] + value if name in whole[-1] else value
    return whole


def same(left: Any, right: Any) -> bool:
    """Whether two values are equal, where an object that was too large may have become its JSON."""
    if isinstance(left, str) and isinstance(right, dict):
        return bool(json.loads(left) == right)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return bool(left == right)


@settings(max_examples=20)
@given(RECORDS, st.integers(LEAST_BYTES, 9_000))
def test_pages_are_the_whole(found: list[dict[str, Any]], most: int) -> None:
    """No page is larger than asked for, and the records of all pages are the records."""
    made = pages(Answer(tuple(found), "foundry-telemetry x"), "x", most)
    assert all(len(page) <= most for page in made)
    bodies = [json.loads(page) for page in made]
    assert [body["page"] for body in bodies] == list(range(1, len(made) + 1))
    again = joined([record for body in bodies for record in body["data"]])
    assert len(again) == len(found)
    for left, right in zip(again, found, strict=True):
        assert left.keys() == right.keys()
        assert all(same(left[name], right[name]) for name in right)


def test_each_answer_is_small(answers: list[list[Response]]) -> None:
    """Every page of every tool has at most 4 kB, names the next one, and says of how many it is."""
    for found in answers:
        assert all(len(one.text.encode()) <= DEFAULT_BYTES for one in found)
        assert [one.body["page"] for one in found] == list(range(1, found[0].body["pages"] + 1))
        assert "next_page" not in found[-1].body
    assert max(map(len, answers)) > 10


def test_pages_are_of_one_answer(server: Agent) -> None:
    """A further page goes on with the answer that the first one began, however often it is asked for."""
    asked = {"kql": "foundry_attempts | project call_id, now = now() | order by call_id asc"}
    found = server.pages("query", **asked)
    assert len(found) > 1
    assert server.call("query", **asked, page=2) == found[1]
    rows = [row for one in found for row in one.body["data"]]
    assert len({row["now"] for row in rows}) == 1
    assert [row["call_id"] for row in rows] == sorted(row["call_id"] for row in rows)
    assert len(rows) == server.records("query", kql="foundry_attempts | count")[0]["Count"]


def test_a_report_becomes_records() -> None:
    """Objects of lists are records of their own, each with the numbers of those it stands in."""
    report = {
        "verdict": "x",
        "none": None,
        "a": {"b": 1, "steps": [{"t": "u"}]},
        "f": [{"n": 1, "e": [{"i": 2}]}],
    }
    assert list(records("r", report)) == [
        {"record": "r", "verdict": "x", "a": {"b": 1}},
        {"record": "r.a.steps", "a.steps": 1, "t": "u"},
        {"record": "r.f", "f": 1, "n": 1},
        {"record": "r.f.e", "f": 1, "e": 1, "i": 2},
    ]


def test_texts_of_records_are_harmless() -> None:
    """Lines stay lines; what acts on a terminal or looks like a secret does not stay."""
    assert harmless({"a\x1b": ["x\ny\u202e", 1, None]}) == {"a\\u001b": ["x\ny\\u202e", 1, None]}
