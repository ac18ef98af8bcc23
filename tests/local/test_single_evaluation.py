"""The SQL of texts within texts grows with the query, and the texts stay those of the engine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from duckdb_kql import ir

from foundry_telemetry.local.engine import single_evaluation
from foundry_telemetry.local.engine.query import Query
from foundry_telemetry.local.engine.translation import Translator
from foundry_telemetry.local.store.store import Store

LONG = "iff(strlen('a long condition') > 3 and strlen('that is never copied') > 3, {}, {})"
"""An expression too long to be copied, around a value of any type."""


@pytest.fixture(scope="module")
def query() -> Iterator[Query]:
    """An empty store."""
    with Store() as store:
        yield Query(store)


def nested(depth: int, step: str) -> str:
    """A text within a text, `depth` times."""
    text = "x / 7"
    for _ in range(depth):
        text = step.format(text)
    return f"print x = 22 | project y = {text}"


@pytest.mark.parametrize(
    "step",
    ["strcat({}, '-')", "tostring(strlen({}))", "tostring(bag_pack('a', {}))", "tostring(pack_array({}))"],
)
def test_each_level_adds_as_much_as_the_one_before(step: str) -> None:
    """No level of nesting multiplies the text of the one within."""
    lengths = [len(Translator({}).translate(nested(depth, step)).sql) for depth in (4, 8, 12)]
    assert lengths[2] - lengths[1] <= 1.1 * (lengths[1] - lengths[0]), lengths


@pytest.mark.parametrize(
    ("value", "other", "text"),
    [
        ("1.5", "2.5", "1.5"),
        ("true", "false", "True"),
        ("12", "13", "12"),
        ("long(null)", "13", ""),
        ("real(nan)", "1.0", "NaN"),
        ("datetime(2020-01-02 03:04:05)", "datetime(2021-01-01)", "2020-01-02T03:04:05.0000000Z"),
        ("1d", "2d", "1.00:00:00"),
        ("'a''b'", "'c'", "a''b"),
        ('dynamic("text")', 'dynamic("other")', "text"),
        ('dynamic({"a":1})', 'dynamic({"b":1})', '{"a":1}'),
    ],
)
def test_a_long_expression_has_the_text_of_its_value(query: Query, value: str, other: str, text: str) -> None:
    """Of every type, alone, within a text and within a dynamic value."""
    long = LONG.format(value.replace("''", "\\'\\'"), other)
    [row] = query.run(
        f"print tostring({long}), strcat('<', {long}, '>'), tostring(bag_pack('k', tostring({long})).k)"
    ).rows
    assert row == (text, f"<{text}>", text)


def test_a_text_is_written_as_it_is() -> None:
    """A text in the query is no value whose type the database must be asked for."""
    assert single_evaluation.tostring(ir.Literal("it's", "string")) == "'it''s'"
