"""Functions of numeric arrays, with the values that Kusto's documentation has: right, or refused."""

# ruff: noqa: E501 - one case is one line, however long

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from foundry_telemetry.local.engine.query import Query, QueryError
from foundry_telemetry.local.store.store import Store

LINE = "print y = dynamic([2, 5, 6, 8, 11, 15, 17, 18, 25, 26, 30, 30])"
VALUES = "print x = dynamic([23, 46, 23, 87, 4, 8, 3, 75, 2, 56, 13, 75, 32, 16, 29])"
GAPS = "print x = dynamic([null, 111.0, null, 36.0, null])"

RIGHT: list[tuple[str, tuple[Any, ...]]] = [
    (
        "print a = dynamic([1, 2, 4]), b = dynamic([4, 2, 1]) | project tostring(series_add(a, b)), tostring(series_subtract(a, b)), tostring(series_multiply(a, b)), tostring(series_divide(a, b))",
        ("[5,4,5]", "[-3,0,3]", "[4,4,4]", "[0.25,1.0,4.0]"),
    ),
    (
        "print a = dynamic([1, 2, 4]), b = dynamic([4, 2, 1]) | project tostring(series_less(a, b)), tostring(series_greater_equals(a, b)), tostring(series_equals(a, b)), tostring(series_not_equals(a, b))",
        ("[true,false,false]", "[false,true,true]", "[false,true,false]", "[true,false,true]"),
    ),
    (
        "print a = dynamic([1, 'x', null, 4]) | project tostring(series_add(a, dynamic([1, 1, 1]))), tostring(series_multiply(a, 2.5)), tostring(series_subtract(10, a))",
        ("[2,null,null,null]", "[2.5,null,null,10.0]", "[9,null,null,6]"),
    ),
    (
        "print a = dynamic([-6.5, 0, 8.2]) | project tostring(series_abs(a)), tostring(series_sign(a)), tostring(series_floor(a)), tostring(series_ceiling(a)), tostring(series_pow(dynamic([4]), 0.5))",
        ("[6.5,0,8.2]", "[-1,0,1]", "[-7.0,0.0,8.0]", "[-6.0,0.0,9.0]", "[2.0]"),
    ),
    (
        f"{GAPS} | project tostring(series_fill_forward(x)), tostring(series_fill_backward(x)), tostring(series_fill_const(x, -1))",
        ("[null,111.0,111.0,36.0,36.0]", "[111.0,111.0,36.0,36.0,null]", "[-1,111.0,-1,36.0,-1]"),
    ),
    (
        f"{GAPS} | project tostring(series_fill_linear(x)), tostring(series_fill_linear(x, real(null), false)), tostring(series_fill_linear(dynamic([2, null, 4])))",
        ("[111.0,111.0,73.5,36.0,36.0]", "[null,111.0,73.5,36.0,null]", "[2,3,4]"),
    ),
    (
        "print x = dynamic([null, null]) | project tostring(series_fill_linear(x)), tostring(series_fill_linear(x, double(null), true, 3.14159)), tostring(series_fill_forward(x)), tostring(series_fill_const(x, 0))",
        ("[0.0,0.0]", "[3.14159,3.14159]", "[null,null]", "[0,0]"),
    ),
    (
        "print x = dynamic({'a': 1}) | project series_sum(x), tostring(series_add(x, 1)), series_stats_dynamic(x), isnull(series_fit_line_dynamic(x).slope), series_fill_forward(x)",
        (None, "", None, True, None),
    ),
    (
        "print x = dynamic([1, 2, 3, 4]) | project series_sum(x), series_product(x), series_dot_product(x, x), series_dot_product(x, 2), round(series_pearson_correlation(x, series_multiply(x, 2)), 6)",
        (10.0, 24.0, 30.0, 20.0, 1.0),
    ),
    (
        f"{VALUES} | extend (least, at, most, where_, mean, stdev, variance) = series_stats(x) | project least, at, most, where_, mean, round(stdev, 10), round(variance, 10)",
        (2.0, 8, 87.0, 3, 32.8, 28.5036338535, 812.4571428571),
    ),
    (
        f"{VALUES} | extend s = series_stats_dynamic(x) | project s.min, s.max_idx, s.sum, s.len",
        ("2.0", "3", "492.0", "15"),
    ),
    (
        "print x = dynamic([1, null, 3]) | project series_stats(x), series_stats(x, true) | project series_stats_x_min, series_stats_x_min_idx, series_stats_x_max1, series_stats_x_max_idx1",
        (None, None, 3.0, 2),
    ),
    (
        f"{LINE} | extend (rsquare, slope, variance, rvariance, interception, fit) = series_fit_line(y) | project round(rsquare, 4), round(slope, 4), round(variance, 4), round(rvariance, 4), round(interception, 4), round(toreal(fit[0]), 4)",
        (0.9829, 2.7308, 98.6288, 1.6865, -1.6667, 1.0641),
    ),
    (
        f"{LINE} | extend (a, b) = series_fit_line(y) | getschema | summarize make_list(ColumnName) | project tostring(list_ColumnName)",
        ('["y","a","b"]',),
    ),
    (
        f"{LINE} | project series_fit_line(y) | project round(series_fit_line_y_slope, 3)",
        (2.731,),
    ),
    (
        f"{LINE} | extend f = series_fit_line_dynamic(y) | project round(toreal(f.rsquare), 4), array_length(f.line_fit)",
        (0.9829, 12),
    ),
]
"""A query and its only row."""

REFUSED = [
    ("print series_fill_linear(dynamic([1, null, 2]))", "would give fractions"),
    ("print series_fill_forward(dynamic([1, -1]), -1)", "only null stands for a missing value"),
    ("print series_divide(dynamic([1]), dynamic([0]))", "no finite number"),
    ("print series_add(1, 2)", "it takes dynamic arrays"),
    ("print s = 'x' | project series_sum(s)", "it takes dynamic arrays"),
    ("print series_sum(dynamic([1, null]))", "write series_fill_linear()"),
    ("print series_stats_dynamic(dynamic([1, null]))", "write series_fill_linear()"),
    ("print series_stats_dynamic(dynamic([1]))", "no variance"),
    ("print series_fit_line_dynamic(dynamic([1]))", "two values or more"),
    ("print series_fit_line_dynamic(dynamic([1, 1, 1]))", "no rsquare"),
    ("print series_dot_product(dynamic([1]), dynamic([1, 2]))", "different lengths"),
    (f"{LINE} | extend s = series_fit_line(y)", "write (a, b, …) ="),
    (f"{LINE} | project tostring(series_stats(y))", "gives several columns"),
    (f"{LINE} | project series_decompose_anomalies(y)", "series_decompose_anomalies"),
]
"""A query and words of its refusal."""


@pytest.fixture(scope="module")
def query() -> Iterator[Query]:
    """An empty store."""
    with Store() as store:
        yield Query(store)


@pytest.mark.parametrize(("kql", "row"), RIGHT, ids=[str(index) for index in range(len(RIGHT))])
def test_right(kql: str, row: tuple[Any, ...], query: Query) -> None:
    """A query gives the row that Kusto documents."""
    assert query.run(kql).rows == [row]


@pytest.mark.parametrize(("kql", "words"), REFUSED, ids=[str(index) for index in range(len(REFUSED))])
def test_refused(kql: str, words: str, query: Query) -> None:
    """What Kusto does not document, or documents in two ways, is refused."""
    with pytest.raises(QueryError) as refused:
        query.run(kql)
    assert words in refused.value.message
