"""What the engine is taught."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import quote

import duckdb_kql
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundry_telemetry.local.engine import extensions
from foundry_telemetry.local.engine.query import Query
from foundry_telemetry.local.store.store import Store

Pairs = list[tuple[float | None, int | None]]

VALUES = st.one_of(st.none(), st.integers(-5, 5).map(float), st.floats(-1e9, 1e9).map(lambda x: round(x, 3)))
WEIGHTS = st.one_of(st.none(), st.integers(-2, 5), st.sampled_from([40, 10**6, 10**12]))
PERCENTAGES = (0, 1, 50, 75, 95, 99, 99.9, 100)


@pytest.fixture(scope="module")
def query() -> Iterator[Query]:
    """An empty store."""
    with Store() as store:
        yield Query(store)


def literal(value: float | None, kind: str) -> str:
    """A value in a `datatable`."""
    return f"{kind}({'null' if value is None else value})"


def nearest_rank(pairs: Pairs, percentage: float) -> float | None:
    """Kusto's definition: where the weights so far first reach their share of all."""
    counted = sorted((value, weight) for value, weight in pairs if value is not None and (weight or 0) > 0)
    total, so_far = sum(weight for _, weight in counted), 0
    for value, weight in counted:
        so_far += weight
        if so_far * 100 >= total * percentage:
            return value
    return None


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(VALUES, WEIGHTS), max_size=25))
def test_percentilew(query: Query, pairs: Pairs) -> None:
    """It is the nearest rank in the data set in which each value stands as often as its weight."""
    rows = ", ".join(f"{literal(value, 'real')}, {literal(weight, 'long')}" for value, weight in pairs)
    percentiles = ", ".join(f"p{index} = percentilew(v, w, {p})" for index, p in enumerate(PERCENTAGES))
    answer = query.run(f"datatable(v: real, w: long)[{rows}] | summarize {percentiles}")
    assert answer.rows == [tuple(nearest_rank(pairs, p) for p in PERCENTAGES)]


def test_percentilew_of_unit_weights_is_percentile(query: Query) -> None:
    """Where every row stands for one call it is the plain percentile, group by group."""
    answer = query.run(
        "range n from 1 to 1000 step 1 | extend v = todouble((n * 7919) % 1009), g = n % 3"
        " | summarize a = percentilew(v, 1, 95), b = percentile(v, 95), n = count() by g"
        " | where a == b and n > 300"
    )
    assert len(answer.rows) == 3


def test_percentilew_does_not_grow_with_the_weights(query: Query) -> None:
    """A row that stands for a thousand million calls costs what any row costs."""
    answer = query.run(
        "range n from 1 to 1000 step 1 | summarize p = percentilew(n, n * 1000000000, 50), "
        "t = percentilew(n * 1s, 1000000000, 50)"
    )
    assert answer.rows == [(707, timedelta(seconds=500))]


def test_percentiles(query: Query) -> None:
    """Several percentages are several columns, named as Kusto names them."""
    answer = query.run(
        "range v from 1 to 999 step 1 | extend w = v"
        " | summarize percentiles(v, 50, 99.9), percentilesw(w, v, 25, 50), n = count()"
    )
    names = ["percentile_v_50", "percentile_v_99_9", "percentile_w_25", "percentile_w_50", "n"]
    assert [name for name, _ in answer.columns] == names
    assert answer.rows == [(500, 999, 500, 707, 999)]


def test_property_named_by_an_argument(query: Query) -> None:
    """The property to read may be an argument."""
    answer = query.run(
        "let read = (bag: dynamic, key: string) { tolong(bag[key]) };"
        " print bag = dynamic({'a.b': '5', 'c': [1, 7]}) | project read(bag, 'a.b'), tolong(bag.c[1])"
    )
    assert answer.rows == [(5, 7)]


@given(st.text())
@settings(max_examples=50, deadline=None)
def test_base64_text(query: Query, text: str) -> None:
    """Any text comes out of base64 as it went in."""
    encoded = base64.b64encode(text.encode()).decode()
    assert query.run(f"print base64_decode_tostring('{encoded}')").rows == [(text,)]


@given(st.text())
@settings(max_examples=50, deadline=None)
def test_percent_encoded_text(query: Query, text: str) -> None:
    """Any text comes out of percent-encoding as it went in."""
    assert query.run(f"print url_decode('{quote(text, safe='')}')").rows == [(text,)]


@pytest.mark.parametrize("encoded", ["####", "/w==", "YQ"])
def test_what_is_no_base64(encoded: str, query: Query) -> None:
    """What is no base64, or no UTF-8, is an empty text."""
    assert query.run(f"print base64_decode_tostring('{encoded}')").rows == [("",)]


@pytest.mark.parametrize(
    ("condition", "rows"),
    [
        ("s == ''", [2]),
        ("s != ''", [1]),
        ("'' == s", [2]),
        ("s =~ '' or s !~ ''", [1, 2]),
        ("(s == '') == true", [2]),
        ("strcat(s, '') == ''", [2]),
        ("not(s == '') and k == 1", [1]),
        ("bag.a == '' or bag['a'] == ''", [1, 2]),
        ("tostring(bag.a) == ''", [1, 2]),
    ],
)
def test_texts_are_never_null(condition: str, rows: list[int], query: Query) -> None:
    """A text that a join has no value for is empty, not null: it equals the empty text."""
    answer = query.run(
        "range k from 1 to 2 step 1"
        " | join kind=leftouter (datatable(k: long, s: string, bag: dynamic)[1, 'x', dynamic({'a': ''})])"
        f" on k | where {condition} | project k | order by k asc"
    )
    assert [row[0] for row in answer.rows] == rows


ROW = st.tuples(
    st.integers(0, 2),
    st.one_of(st.none(), st.integers(0, 3)),
    st.one_of(st.none(), st.sampled_from(["", "a", "b"])),
    st.one_of(st.none(), st.floats(-1, 1)),
)


Row = tuple[int, int | None, str | None, float | None]


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(st.lists(ROW, min_size=1, max_size=12))
def test_values_at_the_extreme(rows: list[Row]) -> None:
    """`arg_max` and `arg_min` give the values of one row with the extreme, nulls included."""
    with duckdb_kql.connect() as engine:
        engine.execute("CREATE TABLE T (g BIGINT, k BIGINT, s VARCHAR, v DOUBLE)")
        engine.executemany("INSERT INTO T VALUES (?, ?, ?, ?)", [list(row) for row in rows])
        text = "T | summarize {}(k, s, v) by g | order by g asc"
        for name, best in (("arg_max", max), ("arg_min", min)):
            sql = duckdb_kql.to_sql(text.format(name), schema=duckdb_kql.engine.schema(engine))
            quick = extensions.quickened(sql)
            assert quick != sql
            for group, key, *values in engine.execute(quick).fetchall():
                of_group = [row for row in rows if row[0] == group]
                keys = [row[1] for row in of_group if row[1] is not None]
                assert key == (best(keys) if keys else None)
                assert tuple(values) in {row[2:] for row in of_group if row[1] == key}


@pytest.mark.parametrize(
    "text",
    [
        "AppEvents | take 0 | summarize arg_max(TimeGenerated, *)",
        "AppEvents | summarize arg_max(TimeGenerated, Properties, ItemCount, Name) by OperationId",
        "print n = 1 | extend ['a b'] = n, ['c\"d'] = n | summarize arg_min(['a b'], ['c\"d'])",
    ],
)
def test_extremes_of_every_type(text: str, query: Query) -> None:
    """Values of every type and columns of every name have extremes."""
    assert query.run(text).columns


def test_texts_stay_unchanged(query: Query) -> None:
    """A text that reads like the engine's SQL stays what it is."""
    text = """COALESCE(arg_max({'v': "a"}, "b"), any_value({'v': "a"}))['v']"""
    written = text.replace("'", "\\'")
    assert query.run(f"print '{written}'").rows == [(text,)]
