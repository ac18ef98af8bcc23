"""KQL that the engine has not or reads otherwise than Kusto: right, or refused with what to write."""

# ruff: noqa: DTZ001, E501 - the database's times have no zone; one case is one line, however long

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from foundry_telemetry.local.engine.query import Query, QueryError
from foundry_telemetry.local.store.store import Store

TWO = "datatable(k: string, v: long)['a', 1, 'b', 2]"
BAGS = 'datatable(k: string, d: dynamic)[\'a\', dynamic({"n": 1, "s": "x"}), \'b\', dynamic({"n": 2})]'
LISTS = "datatable(k: string, d: dynamic)['a', dynamic([3, 1, 2]), 'b', dynamic([9])]"
THREE = "datatable(k: string, v: long, w: string)['a', 1, 'x', 'b', 2, '', 'a', 3, 'z']"
TIMES = "datatable(t: datetime, v: long)[datetime(2026-01-01 00:10), 1, datetime(2026-01-01 02:10), 5]"
FIVE = "range x from 1 to 5 step 1"

ODD = r"""datatable(d: dynamic)[dynamic({"a\"b": 1, "c\\d": 2, "e.f": 3, "g[0]": 4, "h'i": 5, "": 6, "$": 7, "*": 8, "j\\": 9})]"""

RIGHT: list[tuple[str, list[tuple[Any, ...]]]] = [
    # texts and their escapes
    (r"print h'a', h@'b\c', 'A\x42\103', '\t'", [("a", "b\\c", "ABC", "\t")]),
    ("print strlen('\\u00e9'), strlen('\\U0001F600')", [(1, 1)]),
    ('print ```two\nlines "quoted"```', [('two\nlines "quoted"',)]),
    # times
    (
        "print datetime(2026), datetime(2026-02), datetime(8 Nov 14 15:05:02)",
        [(datetime(2026, 1, 1), datetime(2026, 2, 1), datetime(2014, 11, 8, 15, 5, 2))],
    ),
    (
        "print datetime(Sat, 8 Nov 2014 15:05 GMT), datetime('Saturday, 08-Nov-14 15:05:02 GMT')",
        [(datetime(2014, 11, 8, 15, 5), datetime(2014, 11, 8, 15, 5, 2))],
    ),
    (
        "print todatetime('8 Nov 14 15:05'), todatetime('Sat, 8 Nov 2014 15:05:02 GMT'), todatetime('08-Nov-14 15:05:02')",
        [(datetime(2014, 11, 8, 15, 5), datetime(2014, 11, 8, 15, 5, 2), datetime(2014, 11, 8, 15, 5, 2))],
    ),
    (
        "print t = datetime(2026-01-01 23:59:59.999999) | where t < endofday(datetime(2026-01-01)) | count",
        [(1,)],
    ),
    ("print t = datetime(2026-01-02) | where t <= endofday(datetime(2026-01-01)) | count", [(0,)]),
    ("print format_datetime(endofmonth(datetime(2026-02-03)), 'yyyy-MM-dd')", [("2026-02-28",)]),
    (
        "print bin_at(datetime(2026-01-01 10:20), 1d, datetime(1970-01-01 12:00)), bin_at(6.5, 2.5, 7)",
        [(datetime(2025, 12, 31, 12), 4.5)],
    ),
    (
        "print format_timespan(time(1.02:03:04.5), 'd.hh:mm:ss.fff'), format_timespan(26h, 'hh')",
        [("1.02:03:04.500", "02")],
    ),
    (
        "print unixtime_milliseconds_todatetime(1700000000123), unixtime_seconds_todatetime(0)",
        [(datetime(2023, 11, 14, 22, 13, 20, 123000), datetime(1970, 1, 1))],
    ),
    # numbers
    ("range x from 1.0 to 2.0 step 0.5", [(1.0,), (1.5,), (2.0,)]),
    ("range x from 1 to 2 step 0.5 | count", [(3,)]),
    (
        "range x from 1h to 2h step 30m",
        [(timedelta(hours=1),), (timedelta(minutes=90),), (timedelta(hours=2),)],
    ),
    (
        "datatable(a: real, b: long)[1.5, 1, 7.0, 2] | extend c = a / b, d = b / a | project c, round(d, 3)",
        [(1.5, 0.667), (3.5, 0.286)],
    ),
    (
        "print -7 / 2, -7 % 3, bin(-7, 5), bin(-1.5, 1), bin(-3h, 2h)",
        [(-3, 2, -10, -2.0, timedelta(hours=-4))],
    ),
    (
        "print datetime_diff('week', datetime(2017-10-29), datetime(2017-09-30 23:59)), datetime_diff('week', datetime(2020-01-01), datetime(2020-01-05))",
        [(5, -1)],
    ),
    (
        "print t = datetime(2017-10-30 01:02:03.765432) | project datetime_part('millisecond', t), datetime_part('Microsecond', t)",
        [(765, 765432)],
    ),
    (
        "print make_timespan(1, 30, 12.5), make_timespan(1, 1, 30, 55.123), make_timespan(25, 0), make_datetime(2020, 1, 2, 3, 4)",
        [
            (
                timedelta(hours=1, minutes=30, seconds=12.5),
                timedelta(days=1, hours=1, minutes=30, seconds=55.123),
                None,
                datetime(2020, 1, 2, 3, 4),
            )
        ],
    ),
    (
        "datatable(x: real, y: real)[1.0, 0.0] | project x / y, -x / y, y / y, y / x",
        [(math.inf, -math.inf, math.nan, 0.0)],
    ),
    (
        "datatable(x: real, n: long)[1.5, 0] | summarize sum(x) / sum(n), sum(n) / sum(n)",
        [(math.inf, None)],
    ),
    # functions of texts and dynamic values
    (
        "print tostring(array_sort_asc(dynamic([10, 9, null, 1.5]))), tostring(array_sort_desc(dynamic(['9', null, '10', 'B']))), string_size('äöü'), base64_encode_tostring('ü'), toupper('straße')",
        [("[1.5,9,10,null]", '["B","9","10",null]', 6, "w7w=", "STRAßE")],
    ),
    (
        'datatable(d: dynamic)[dynamic({"a": null}), dynamic({"a": 1}), dynamic({})] | extend e = d.a | summarize countif(isnull(e)), countif(isnotnull(e)), countif(isnull(d.a)), countif(isnotnull(d.a))',
        [(2, 1, 2, 1)],
    ),
    (
        "print replace(@'(\\d+)', @'<\\1>', 'a12b'), strcmp('a', 'B'), url_encode(strcat('a b', '&')), notempty('')",
        [("a<12>b", 1, "a+b%26", False)],
    ),
    (
        "print tostring(split('a,b', ',', 1)), indexof('abcabc', 'c', 3), extract('x=([0-9.]+)', 1, 'x=4.5', typeof(real))",
        [('["b"]', 5, 4.5)],
    ),
    (
        "print tostring(parse_json('plain text')), tostring(parse_json('{\"a\": 1}').a), format_bytes(1500, 2)",
        [("plain text", "1", "1.46 KB")],
    ),
    (
        'print tostring(bag_keys(dynamic({"a": 1}))), tostring(bag_merge(dynamic({"a": 1}), dynamic({"a": 2, "b": 3}))), bag_has_key(dynamic({"a": 1}), \'b\')',
        [('["a"]', '{"a":1,"b":3}', False)],
    ),
    (
        'print tostring(bag_remove_keys(dynamic({"a": 1, "b": 2}), dynamic([\'a\']))), tostring(set_union(dynamic([2, 1]), dynamic([1, 3])))',
        [('{"b":2}', "[2,1,3]")],
    ),
    (
        f"{TWO} | extend a = column_ifexists('v', 0), b = column_ifexists('w', 'none'), c = tostring(pack_all()) | project a, b, c | take 1",
        [(1, "none", '{"k":"a","v":1}')],
    ),
    (
        "range n from 3 to 3 step 1 | project strcat_array(range(1, n), ','), tostring(range(5, 1, -2)), tostring(range(1.0, 2.0, 0.5)), tostring(range(1, 0))",
        [("1,2,3", "[5,3,1]", "[1.0,1.5,2.0]", "[]")],
    ),
    # aggregates
    (
        f"{FIVE} | summarize strcat_array(make_set(x), '-'), bin(max(x), 2), case(count() > 1, 'many', 'one')",
        [("1-2-3-4-5", 4, "many")],
    ),
    (
        f"{TWO} | extend w = -v | summarize (most, name, low) = arg_max(v, k, w), n = count() | project name, most, low, n",
        [("b", 2, -2, 2)],
    ),
    ("print b = true, x = 3 | summarize countif(b), countif(x > 5) | project countif_b, countif_", [(1, 0)]),
    (f"{FIVE} | summarize percentile(x, 99.9) | project percentile_x_99_9", [(5,)]),
    ("print x = 1, y = 'a' | summarize take_any(x, y), any(x, y)", [(1, "a", 1, "a")]),
    (f"{THREE} | summarize take_any(*) by k | order by k asc | project v, w", [(1, "x"), (2, "")]),
    (
        f"{THREE} | summarize (m, n) = arg_max(v, *), argmin(v, w) by k | order by k asc",
        [("a", 3, "z", 1, "x"), ("b", 2, "", 2, "")],
    ),
    (f"{THREE} | summarize arg_max(v + 1, *), arg_min(v) | project max_, v, w, k, v1", [(4, 3, "z", "a", 1)]),
    (
        f"{THREE} | summarize arg_max(v, toupper(w), v * 2), x = take_any(k) | project max_v_arg1, max_v_arg2, x",
        [("Z", 6, "a")],
    ),
    (
        f"{THREE} | summarize arg_max(w, *) by bin(v, 2) | order by v asc | project v, w, v1",
        [(0, "x", 1), (2, "z", 3)],
    ),
    (f"{FIVE} | summarize tostring(make_list(x, 2)), array_length(make_set(x, 3))", [("[1,2]", 3)]),
    (f"{LISTS} | summarize tostring(make_list(d))", [("[[3,1,2],[9]]",)]),
    (
        f"{FIVE} | summarize tostring(make_list(bin(datetime(2026-01-01), 1d), 1)), tostring(make_list(x * 1h, 1))",
        [('["2026-01-01T00:00:00.0000000Z"]', '["01:00:00"]')],
    ),
    (
        f"{FIVE} | summarize (a, b) = percentiles(x, 50, 90), maxif(x, x < 3), minif(x, x > 3), tostring(make_list_if(x, x > 3))",
        [(3, 5, 2, 4, "[4,5]")],
    ),
    (f"{BAGS} | summarize tostring(make_bag(d)), count_distinct(k)", [('{"n":1,"s":"x"}', 2)]),
    (
        "datatable(x: long)[] | summarize sum(x), avg(x), max(x), tostring(make_list(x)), dcount(x)",
        [(0, math.nan, None, "[]", 0)],
    ),
    # unions and joins
    ("union (print x = 1), (print x = 'a') | project x_long, x_string", [(1, ""), (None, "a")]),
    (
        f"{TWO} | join kind=leftouter (datatable(k: string, w: string)['a', 'q']) on k | summarize count() by w, isnull(w) | order by w asc",
        [("", False, 1), ("q", False, 1)],
    ),
    (
        "datatable(a: long, b: long)[1, 2, 3, 4] | join kind=inner (datatable(c: long, ['d e']: long)[1, 2, 3, 5]) on $right.c == $left.a and $left.b == $right.['d e']",
        [(1, 2, 1, 2)],
    ),
    (
        "print a = 1, b = 2 | join kind=inner (print a = 1, b = 3, b1 = 4) on a | project a1, b2, b1",
        [(1, 3, 4)],
    ),
    ("print a = 1, b = 2 | lookup (print a = 1, b = 3, b1 = 4) on a | project b, b1, b2", [(2, 4, 3)]),
    ("let f = () { range x from 1 to 3 step 1 }; f | where x in (f()) | count", [(3,)]),
    (
        "let k = 5; let f = (n: long = 2) { let m = n + 1; range x from 1 to m step 1 | extend y = x + k }; union f(), f(1) | summarize count(), max(y)",
        [(5, 8)],
    ),
    (
        "let g = (x: long) { x + 1 }; let f = (t: string) { AppTraces | where Message has t | count }; f('e') | extend c = g(1)",
        [(0, 2)],
    ),
    ("let table = range x from 1 to 3 step 1; table | count", [(3,)]),
    ("let f = (a: long, b: long = 2) { a - b }; print f(b = 1, a = 5), f(7)", [(4, 5)]),
    (
        "datatable(d: dynamic, s: string)[dynamic({\"a\": \"5\"}), '5'] | extend e = d.a | project d.a == s, e == s, s != e, iff(s == '', d.a, s), coalesce(s, tostring(e))",
        [(True, True, False, "5", "5")],
    ),
    (
        'print gettype(iff(1 > 2, dynamic({"a": 1}).a, 5)), trim(\'x\', dynamic({"a": "xbx"}).a)',
        [("long", "b")],
    ),
    (
        "let a = print x = 1; union a, (print x = 1.5), (print x = 'q') | project x_long, x_real, x_string | order by x_string asc | count",
        [(3,)],
    ),
    ("union (print x = 1, y = 2), (print X = 2, y = 3) | summarize sum(y)", [(5,)]),
    # names with signs of their own in JSON paths
    (f"{ODD} | mv-expand kind=array d | summarize sum(tolong(d[1])), count()", [(45, 9)]),
    (
        f"{ODD} | mv-expand d | extend k = tostring(bag_keys(d)[0]) | where tolong(d[k]) > 5 | project k, v = tolong(d[k]) | order by v asc",
        [("", 6), ("$", 7), ("*", 8), ("j\\", 9)],
    ),
    (
        ODD
        + """ | project d['a"b'], d['c\\\\d'], d['e.f'], d['g[0]'], d["h'i"], d[''], d['$'], d['*'], d['j\\\\']""",
        [tuple("123456789")],
    ),
    (
        f"{ODD} | mv-expand k = bag_keys(d) to typeof(string) | extend v = tolong(d[k]) | summarize sum(v)",
        [(45,)],
    ),
    ('let k = "e.f"; ' + f"{ODD} | project x = d[k], y = d[strcat('g', '[0]')]", [("3", "4")]),
    (
        "print d = dynamic([5, 6, 7]), n = 1, k = '0' | project x = d[n], y = d[n - 2], z = d[k]",
        [("6", "7", None)],
    ),
    (
        """print s = '{"x": {"c.d": [1, 2]}}' | project extract_json("$['x']['c.d'][1]", s), extract_json('$["x"]["c.d"][0]', s, typeof(long))""",
        [("2", 1)],
    ),
    # rows in order
    (
        f"{FIVE} | serialize n = row_number() | extend p = prev(x), q = next(x, 1, 0), c = row_cumsum(x) | where n > 3 | project n, p, q, c",
        [(4, 3, 5, 10), (5, 4, 0, 15)],
    ),
    (
        f"{FIVE} | sort by x desc | extend c = row_cumsum(x, x % 2 == 0) | project c",
        [(5,), (4,), (7,), (2,), (3,)],
    ),
    ("datatable(Description: string)['b', 'a'] | sort by Description asc", [("a",), ("b",)]),
    # operators
    (
        "range x from 1 to 3 step 1 | as T | where x > 1 | join kind=inner (T | extend y = -x) on x | project x, y | order by x asc",
        [(2, -2), (3, -3)],
    ),
    ("print x = 1 | as hint.materialized=true T | union (print x = 2 | as U) | count", [(2,)]),
    (
        "union withsource=TableName (print x = 1 | as T1), (print x = 2 | as T2) | order by x asc",
        [("T1", 1), ("T2", 2)],
    ),
    (f"{THREE} | partition by k (top 1 by v) | project k, v | order by k asc", [("a", 3), ("b", 2)]),
    (
        f"{THREE} | partition hint.strategy=native by k (summarize s = sum(v), n = count()) | order by s asc",
        [(2, 1), (4, 2)],
    ),
    (
        f"{THREE} | partition by k (sort by v asc | extend u = v | take 1 | project u) | order by u asc",
        [(1,), (2,)],
    ),
    (
        "range x from 1 to 6 step 1 | extend m = x % 2 | partition by m (sort by x desc | extend n = row_number(), p = prev(x), c = row_cumsum(x) | where n > 1) | sort by m asc, n asc",
        [(4, 0, 2, 6, 10), (2, 0, 3, 4, 12), (3, 1, 2, 5, 8), (1, 1, 3, 3, 9)],
    ),
    (
        f"{LISTS} | mv-apply d to typeof(long) on (sort by d desc | extend n = row_number() | where n == 2)",
        [("a", 2, 2)],
    ),
    (f"{THREE} | top-hitters 1 of k | project k, approximate_count_k", [("a", 2)]),
    (f"{THREE} | top-hitters 1 of k by v | project k, approximate_sum_v", [("a", 4)]),
    (
        "set notruncation; set maxmemoryconsumptionperiterator = 68719476736; set truncationmaxrecords = 600000; print 1",
        [(1,)],
    ),
    (
        f"{TIMES} | make-series n = count(), s = sum(v) default = -1 on t from datetime(2026-01-01) to datetime(2026-01-01 03:00) step 1h | project tostring(n), tostring(s), tostring(t[2])",
        [("[1,0,1]", "[1,-1,5]", "2026-01-01T02:00:00.0000000Z")],
    ),
    (
        "datatable(t: datetime)[datetime(2024-01-03), datetime(2024-01-15)] | make-series n = count() on t step 7d | project tostring(n), tostring(t[0])",
        [("[1,0,1]", "2024-01-01T00:00:00.0000000Z")],
    ),
    (
        "datatable(t: datetime)[datetime(2024-01-03)] | make-series n = count() on t to datetime(2024-01-15) step 7d | project tostring(n), tostring(t[0])",
        [("[1,0]", "2024-01-01T00:00:00.0000000Z")],
    ),
    (
        f"{LISTS} | mv-apply x = d to typeof(long) on (top 2 by x | summarize s = sum(x)) | project k, s | order by k asc",
        [("a", 5), ("b", 9)],
    ),
    (
        "datatable(a: string, b: string, v: long)['x', 'p', 1, 'x', 'q', 5, 'y', 'p', 3] | top-nested 1 of a by sum(v), top-nested 1 of b by m = max(v)",
        [("x", 6, "q", 5)],
    ),
    (f"{BAGS} | evaluate bag_unpack(d) | order by k asc", [("a", 1, "x"), ("b", 2, "")]),
    (f"{TWO} | evaluate pivot(k, sum(v))", [(1, 2)]),
    (f"{FIVE} | extend y = x % 2 | sample-distinct 9 of y | order by y asc", [(0,), (1,)]),
    (f"{TWO} | search 'A' | project ['$table'], v", [("", 1)]),
    (f"{TWO} | where * has 'b' | project v", [(2,)]),
    ("datatable(s: string)['a=5 y'] | parse s with l '=' n: long ' ' r | project l, n, r", [("a", 5, "y")]),
    ("datatable(aa: long, ab: long, c: long)[1, 2, 3] | project-away a* | project-reorder c", [(3,)]),
    ("print b = 1, a2 = 2, a1 = 3 | project-reorder a* asc", [(3, 2, 1)]),
    ("datatable(a: long)[1, 1] | distinct *", [(1,)]),
    ("union AppPageViews, availabilityResults, browserTimings, performanceCounters | count", [(0,)]),
]
"""A query and its rows."""

REFUSED: list[tuple[str, str]] = [
    (r"print '\d'", "could not be parsed at"),
    (r"print '\q'", "could not be parsed at"),
    ("print a = 1, a = 2", "choose another name"),
    ("print datetime(nonsense)", "write it as datetime("),
    ("print datetime(2020-13-01T00:00:00Z)", "write it as datetime("),
    ("print datetime(2026-01-01 00:00:00.1234567)", "leave the seventh out"),
    ("print todatetime('2026-01-01T00:00:00.1234567Z')", "write todatetime(substring(x, 0, 26))"),
    ("print make_datetime(2026, 1, 1, 1, 1, 0.1234567)", "leave the seventh out"),
    ("print endofday(datetime(2026-01-01))", "write startofday(x, 1)"),
    ("print 'a' < 'B'", "write strcmp(a, b)"),
    (f"{TWO} | where k > 'a'", "write strcmp(a, b)"),
    (f"{TWO} | extend l = k | where l < k", "write strcmp(a, b)"),
    (f"{TWO} | where v", "write x == y, x != 0"),
    (f"{TWO} | where v > 1 and v", "write x == y, x != 0"),
    (f"{TWO} | summarize countif(v)", "write x == y, x != 0"),
    (f"{TWO} | extend x = k + 1", "not defined for (string, long)"),
    ("print x = '5' + 1", "convert with tolong()"),
    (f"{LISTS} | summarize max(d)", "cast it with tostring()"),
    (f"{LISTS} | summarize n = count() by d", "cast it with tostring()"),
    (f"{LISTS} | sort by d", "cast it with tostring()"),
    (f"{LISTS} | top 1 by d", "cast it with tostring()"),
    (f"{LISTS} | distinct d", "cast it with tostring()"),
    (f"{LISTS} | distinct *", "cast it with tostring()"),
    (f"{BAGS} | where d.n < d.m", "cast it with tostring()"),
    (f"{BAGS} | extend a = d.n, b = d.m | where a < b", "cast it with tostring()"),
    (f"{BAGS} | project max_of(d.n, d.m)", "cast it with tostring()"),
    (f"{BAGS} | project d.n + 1", "Convert with tolong()"),
    (f"{BAGS} | extend k = bag_keys(d)[0] | project x = d[k]", "write tostring() or tolong() around it"),
    ("print extract_json('$..a', 'x')", "names and indices alone"),
    (f"{TWO} | summarize (a, b) = dcount(v) by k", "give each column a name of its own"),
    (f"{TWO} | summarize (a, b, c) = arg_max(v, k)", "more names than columns"),
    (f"{TWO} | summarize arg_max(tolong(v), *)", "convert the column in an extend before"),
    ("set truncationmaxrecords = 1; print 1", "write take in its place"),
    ("set best_effort; print 1", "set best_effort"),
    ("print x = 1 | join (print x = 1 | as T | union T) on x", "bind it by let"),
    ("union withsource=s (print x = 1 | as T), (print x = 2)", "every part of the union has a name"),
    ("range k from 1 to 65 step 1 | partition by k (top 1 by k)", "write partition hint.strategy=native by"),
    (f"{TWO} | partition by k (where v > 1 | count)", "filter the rows before it"),
    (
        f"{TWO} | partition by k (sort by v | extend v = 1 | take 1)",
        "write top in the place of sort and take",
    ),
    (
        f"{THREE} | partition by k (sort by v | extend c = row_cumsum(v, v > 1))",
        "its pipeline has row_cumsum",
    ),
    (f"{THREE} | partition by k (extend n = row_number())", "put 'sort by' or 'serialize' before it"),
    (f"{BAGS} | partition by d (top 1 by k)", "cast it with tostring()"),
    (f"{TWO} | top-hitters 1 of tostring(k)", "compute others in an extend before"),
    ("print range(1, 1000000)", "at most 10,000 elements"),
    ("print range(datetime(2026-01-01), datetime(2027-01-01), 1d)", "summarize make_list(t)"),
    ("print range(1h, 5h)", "summarize make_list(t)"),
    (f"{TWO} | where k = 'a'", "It is of the type string"),
    (f"{TWO} | mv-expand k", "write parse_json() or split()"),
    ("print indexof('a')", "here it takes 2 or 3 arguments, not 1"),
    (f"{TWO} | join (datatable(v: string)['1']) on v", "convert one with tostring()"),
    (f"{TWO} | join (datatable(k: string, V: long)['a', 7]) on k", "'v' and 'V' differ only in case"),
    (f"{TWO} | lookup (datatable(k: string, V: long)['a', 7]) on k", "'v' and 'V' differ only in case"),
    ("union (print x = 1), (print X = 2)", "'x', 'X', which differ only in case"),
    (f"{TWO} | join ({TWO}) on $left.k == $right.k or $left.v == $right.v", "joined by 'and'"),
    (
        "union withsource=s (datatable(a: long)[1]), (datatable(a: string)['x'])",
        "convert them before the union",
    ),
    (
        f"{TWO} | extend p = prev(v) | summarize n = count() by v | extend q = prev(v)",
        "put 'sort by' or 'serialize' before it",
    ),
    ("print 9223372036854775807 + 1", "convert with todouble()"),
    ("datatable(x: long)[9223372036854775807, 1] | summarize sum(x)", "write sum(todouble(x))"),
    ("range x from 1 to 1000000000000 step 1", "take a larger step"),
    ("datatable(d: dynamic)[dynamic([])] | mv-apply d on (summarize n = count())", "array_length(x) > 0"),
    ("print repeat(0, 1000000000000)", "at most 10,000 elements"),
    ("datatable(d: string)['x'] | extend e = d.a", "write parse_json() around it"),
    ("print url_encode('a b')", "write the encoded text itself"),
    (f"{TWO} | evaluate autocluster()", "autocluster is not here"),
]
"""A query and words of its refusal: what to write instead, or where it goes wrong."""


EVERY_TYPE = (
    "datatable(s: string, l: long, i: int, r: real, t: datetime, d: dynamic)"
    "['a', 3, int(2), 1.5, datetime(2026-01-02), dynamic([1])]"
)
TYPES: list[tuple[str, list[tuple[str, str]]]] = [
    (
        "getyear(t), a = getmonth(t), dayofmonth(t), b = dayofyear(t), c = hourofday(t), e = week_of_year(t)",
        [
            ("Column1", "int"),
            ("a", "int"),
            ("Column2", "int"),
            ("b", "int"),
            ("c", "int"),
            ("e", "int"),
        ],
    ),
    (
        "a = datetime_part('day', t), b = datetime_part('millisecond', t), c = dayofweek(t)",
        [("a", "int"), ("b", "int"), ("c", "timespan")],
    ),
    ("a = round(5), b = round(i), c = round(r)", [("a", "long"), ("b", "int"), ("c", "real")]),
    ("a = ceiling(l), b = ceiling(i), c = ceiling(r)", [("a", "long"), ("b", "int"), ("c", "real")]),
    ("a = array_index_of(d, 1), b = has_any_index(s, d)", [("a", "long"), ("b", "long")]),
    (
        "a = hourofday(t) + 1, b = toint(s) * i, c = getyear(t) / toint(2)",
        [("a", "long"), ("b", "long"), ("c", "long")],
    ),
    (
        "string_size(s), repeat(s, 1), format_bytes(l), series_fill_const(d, 0)",
        [("string_size_s", "long"), ("repeat_s", "dynamic"), ("l", "string"), ("d", "dynamic")],
    ),
    (
        "column_ifexists('s', 1), column_ifexists('q', l), tostring(column_ifexists('s', ''))",
        [("s", "string"), ("Column1", "long"), ("Column2", "string")],
    ),
]
"""What a projection computes, with the names and types that Kusto gives its columns."""


@pytest.fixture(scope="module")
def query() -> Iterator[Query]:
    """An empty store."""
    with Store() as store:
        yield Query(store)


def same(found: object, wanted: object) -> bool:
    """Whether two values are one; no number is itself."""
    return found == wanted or (
        isinstance(found, float) and isinstance(wanted, float) and math.isnan(found + wanted)
    )


@pytest.mark.parametrize(("kql", "rows"), RIGHT, ids=[str(index) for index in range(len(RIGHT))])
def test_right(kql: str, rows: list[tuple[Any, ...]], query: Query) -> None:
    """A query gives the rows that Kusto documents."""
    found = query.run(kql).rows
    assert len(found) == len(rows)
    for mine, kustos in zip(found, rows, strict=True):
        assert len(mine) == len(kustos)
        assert all(map(same, mine, kustos)), (mine, kustos)


@pytest.mark.parametrize(("kql", "words"), REFUSED, ids=[str(index) for index in range(len(REFUSED))])
def test_refused(kql: str, words: str, query: Query) -> None:
    """What would be answered otherwise than in Azure is refused, in words that help."""
    with pytest.raises(QueryError) as refused:
        query.run(kql)
    assert words in refused.value.message


@pytest.mark.parametrize(("columns", "wanted"), TYPES, ids=[str(index) for index in range(len(TYPES))])
def test_names_and_types(columns: str, wanted: list[tuple[str, str]], query: Query) -> None:
    """A column without a name has Kusto's, and a function's value the type that Kusto documents."""
    assert query.run(f"{EVERY_TYPE} | project {columns}").columns == tuple(wanted)


def test_ints_add_up_as_longs(query: Query) -> None:
    """What is known to be an int is added as a long, so that it does not end at two thousand millions."""
    assert query.run("print toint(2147483647) + toint(1), gettype(toint(1) + toint(1))").rows == [
        (2147483648, "long")
    ]
