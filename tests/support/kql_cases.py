"""KQL of this domain with the answers worked out in plain Python, which knows nothing of any engine.

`now()` is `NOW`. An answer is a function of the rows in `tests/data/kql/`, dependencies and metrics, that gives
tuples in the order of the query's columns; ``None`` where only a refusal can be judged.
"""

# ruff: noqa: E501 - one case is one line of a table, however long

from __future__ import annotations

import collections
import datetime as dt
import json
import math
import statistics
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

NOW = dt.datetime(2026, 1, 1, 2, 30, tzinfo=dt.UTC)
DATA = Path(__file__).parents[1] / "data" / "kql"

Rows = list[dict[str, Any]]
Answer = Callable[[Rows, Rows], list[tuple[Any, ...]]]


class Case(NamedTuple):
    """A query and its answer."""

    name: str
    shows: str
    query: str
    answer: Answer | None


CASES: list[Case] = []


def case(name, shows, query, answer=None):
    """Add a case."""
    CASES.append(Case(name, shows, query.strip(), answer))


@cache
def rows(table: str) -> Rows:
    """The rows of a table, as Azure has them."""
    return [json.loads(line) for line in (DATA / f"{table}.jsonl").read_text().splitlines()]


def ts(r):
    """When a row was made."""
    return dt.datetime.fromisoformat(r["TimeGenerated"])


def bin5(r):
    """The five minutes a row lies in."""
    t = ts(r)
    return t.replace(minute=t.minute - t.minute % 5, second=0, microsecond=0)


def hour(r):
    """The hour a row lies in."""
    return ts(r).replace(minute=0, second=0, microsecond=0)


def P(r, k):  # noqa: N802 - short, because every line below has some
    """A property, as text; ``None`` where it is missing."""
    return r["Properties"].get(k)


def num(r, k):
    """A property as a number; ``None`` where it is missing."""
    v = P(r, k)
    return int(v) if v is not None else None


def model(r):
    """The deployment a row names."""
    return P(r, "gen_ai.request.model")


IN, OUT, CACHE = (
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.output_tokens",
    "gen_ai.usage.cache_read.input_tokens",
)


def group(rows, key):
    """The rows by what `key` gives."""
    g = collections.defaultdict(list)
    for r in rows:
        g[key(r)].append(r)
    return g


def rank(vals, p):
    """The nearest rank, which Kusto gives for small sets."""
    s = sorted(vals)
    return s[max(0, math.ceil(p / 100 * len(s)) - 1)]


def wrank(pairs, p):
    """The nearest rank where each value stands as often as its weight."""
    s = sorted(pairs)
    total, so_far = sum(w for _, w in s), 0
    for v, w in s:
        so_far += w
        if so_far >= total * p / 100:
            return v
    return None


def ssum(it):
    """The sum without what is missing."""
    return sum(x for x in it if x is not None)


D = "AppDependencies"

case("count", "summarize count()", f"{D} | summarize n = count()", lambda d, m: [(len(d),)])
case(
    "count_op",
    "count operator",
    f"{D} | where Success == false | count",
    lambda d, m: [(sum(not r["Success"] for r in d),)],
)
case(
    "bin_count",
    "count by bin(TimeGenerated, 5m)",
    f"{D} | summarize n = count() by bin(TimeGenerated, 5m) | order by TimeGenerated asc",
    lambda d, m: [(k, len(v)) for k, v in sorted(group(d, bin5).items())],
)
case(
    "prop_sum",
    'Properties["dotted.key"] with tolong and sum',
    f'{D} | summarize t = sum(tolong(Properties["{IN}"])) by m = tostring(Properties["gen_ai.request.model"])',
    lambda d, m: (
        [(ssum(num(r, IN) for r in v), k) for k, v in group(d, model).items()]
        and [(k, ssum(num(r, IN) for r in v)) for k, v in group(d, model).items()]
    ),
)
case(
    "prop_dot",
    "Properties.['dotted.key'] form",
    f"{D} | extend t = tolong(Properties.['{IN}']) | summarize t = sum(t)",
    lambda d, m: [(ssum(num(r, IN) for r in d),)],
)
case(
    "prop_missing",
    "missing key is null or empty",
    f'{D} | summarize e = countif(isempty(tostring(Properties["error.type"]))), n = countif(isnull(tolong(Properties["{IN}"])))',
    lambda d, m: [(sum(P(r, "error.type") is None for r in d), sum(P(r, IN) is None for r in d))],
)
case(
    "parse_json",
    "todynamic/parse_json of a string",
    'print s = \'{"a":{"b":[1,2,3]},"c.d":"x"}\' | extend j = todynamic(s) | project x = tolong(j.a.b[1]), y = tostring(parse_json(s)["c.d"])',
    lambda d, m: [(2, "x")],
)
case(
    "pct",
    "percentile and percentiles",
    f"{D} | where Success | summarize percentiles(DurationMs, 50, 95, 99) by AppRoleName",
    lambda d, m: [
        (k, *[rank([r["DurationMs"] for r in v], p) for p in (50, 95, 99)])
        for k, v in group([r for r in d if r["Success"]], lambda r: r["AppRoleName"]).items()
    ],
)
case(
    "pctw",
    "percentilew by ItemCount (sampling-aware)",
    f"{D} | summarize p = percentilew(DurationMs, ItemCount, 95)",
    lambda d, m: [(wrank([(r["DurationMs"], r["ItemCount"]) for r in d], 95),)],
)
case(
    "itemcount",
    "sum(ItemCount), sumif, countif, avgif",
    f"{D} | summarize c = sum(ItemCount), f = sumif(ItemCount, Success == false), k = countif(ResultCode == '429'), a = avgif(DurationMs, Success)",
    lambda d, m: [
        (
            sum(r["ItemCount"] for r in d),
            sum(r["ItemCount"] for r in d if not r["Success"]),
            sum(r["ResultCode"] == "429" for r in d),
            statistics.fmean(r["DurationMs"] for r in d if r["Success"]),
        )
    ],
)
case(
    "dcount",
    "dcount and dcountif",
    f"{D} | summarize a = dcount(OperationId), b = dcountif(OperationId, Success)",
    lambda d, m: [(len({r["OperationId"] for r in d}), len({r["OperationId"] for r in d if r["Success"]}))],
)
case(
    "arg_max",
    "arg_max(TimeGenerated, *) by key",
    f"{D} | summarize arg_max(TimeGenerated, Id, ResultCode) by AppRoleInstance",
    lambda d, m: [
        (k, ts(v[-1]), v[-1]["Id"], v[-1]["ResultCode"])
        for k, v in group(d, lambda r: r["AppRoleInstance"]).items()
    ],
)
case(
    "make_set",
    "make_set, make_list, take_any",
    f"{D} | summarize s = array_length(make_set(ResultCode)), l = array_length(make_list(Id)) by AppRoleName",
    lambda d, m: [
        (k, len({r["ResultCode"] for r in v}), len(v))
        for k, v in group(d, lambda r: r["AppRoleName"]).items()
    ],
)
case(
    "minmax",
    "min, max, avg, stdev",
    f"{D} | summarize a = min(DurationMs), b = max(DurationMs), c = avg(DurationMs), s = round(stdev(DurationMs), 3)",
    lambda d, m: [
        (
            min(r["DurationMs"] for r in d),
            max(r["DurationMs"] for r in d),
            statistics.fmean(r["DurationMs"] for r in d),
            round(statistics.stdev(r["DurationMs"] for r in d), 3),
        )
    ],
)
case(
    "case_iff",
    "case, iff, in, between",
    f"{D} | extend k = case(ResultCode in ('401','403'), 'auth', ResultCode == '429', 'throttle', toint(ResultCode) between (500 .. 599), 'server', 'ok') | summarize n = count() by k",
    lambda d, m: [
        (k, len(v))
        for k, v in group(
            d,
            lambda r: {"401": "auth", "403": "auth", "429": "throttle", "500": "server", "529": "server"}.get(
                r["ResultCode"], "ok"
            ),
        ).items()
    ],
)
case(
    "rate",
    "division and round: error rate",
    f"{D} | summarize r = round(100.0 * countif(Success == false) / count(), 2) by AppRoleName",
    lambda d, m: [
        (k, round(100 * sum(not r["Success"] for r in v) / len(v), 2))
        for k, v in group(d, lambda r: r["AppRoleName"]).items()
    ],
)
case(
    "int_div",
    "integer division truncates",
    "print a = 7 / 2, b = 7 / 2.0, c = -7 / 2",
    lambda d, m: [(3, 3.5, -3)],
)
case(
    "string_ops",
    "has, =~, startswith, in~, !has, contains",
    f"{D} | where Target has 'services' and AppRoleName =~ 'CHECKOUT' and Name startswith 'chat' and ResultCode !in ('200') and Data contains 'ANTHROPIC' | count",
    lambda d, m: [(sum(r["AppRoleName"] == "checkout" and r["ResultCode"] != "200" for r in d),)],
)
case(
    "has_term",
    "has matches whole terms only",
    "print a = 'chat claude-haiku-4-5' has 'haiku', b = 'ratelimited' has 'rate', c = 'rate-limited' has 'rate'",
    lambda d, m: [(True, False, True)],
)
case(
    "extract",
    "extract and parse operator",
    f"{D} | where Data matches regex 'i=[0-9]+$' | parse Data with * '/anthropic/' ver '/messages?i=' i:long | summarize n = count(), s = sum(i), e = sum(tolong(extract('i=([0-9]+)', 1, Data))) by ver",
    lambda d, m: [("v1", len(d), sum(range(len(d))), sum(range(len(d))))],
)
case(
    "strings",
    "strcat, split, substring, replace_string, tolower, strlen",
    f"{D} | take 1 | project a = strcat('x', 1, 'y'), b = tostring(split('a/b/c', '/')[1]), c = substring('hello', 1, 3), e = replace_string('a.b', '.', '-'), f = toupper('q'), g = strlen('abcd')",
    lambda d, m: [("x1y", "b", "ell", "a-b", "Q", 4)],
)
case(
    "ago",
    "ago and now",
    f"{D} | where TimeGenerated > ago(1h) and TimeGenerated <= now() | count",
    lambda d, m: [(sum(NOW - dt.timedelta(hours=1) < ts(r) <= NOW for r in d),)],
)
case(
    "between_dt",
    "between two datetimes",
    f"{D} | where TimeGenerated between (datetime(2026-01-01 00:30) .. datetime(2026-01-01 01:00)) | count",
    lambda d, m: [
        (
            sum(
                dt.datetime(2026, 1, 1, 0, 30, tzinfo=dt.UTC)
                <= ts(r)
                <= dt.datetime(2026, 1, 1, 1, 0, tzinfo=dt.UTC)
                for r in d
            ),
        )
    ],
)
case(
    "format_dt",
    "format_datetime, startofhour, datetime_diff",
    "print a = format_datetime(datetime(2026-01-02 03:04:05), 'yyyy-MM-dd HH:mm'), b = datetime_diff('minute', datetime(2026-01-01 01:00), datetime(2026-01-01 00:30)), c = startofday(datetime(2026-01-02 03:04:05))",
    lambda d, m: [("2026-01-02 03:04", 30, dt.datetime(2026, 1, 2, tzinfo=dt.UTC))],
)
case(
    "timespan",
    "datetime subtraction and timespan to number",
    "print s = (datetime(2026-01-01 01:00) - datetime(2026-01-01 00:30)) / 1m",
    lambda d, m: [(30.0,)],
)
case(
    "let",
    "let scalar, let table",
    f"let t = 1000.0; let slow = {D} | where DurationMs > t; slow | summarize n = count()",
    lambda d, m: [(sum(r["DurationMs"] > 1000 for r in d),)],
)
case(
    "let_fn",
    "let function with parameters",
    f"let tok = (p: dynamic, k: string) {{ coalesce(tolong(p[k]), 0) }}; {D} | summarize t = sum(tok(Properties, '{IN}') + tok(Properties, '{OUT}'))",
    lambda d, m: [(ssum(num(r, IN) for r in d) + ssum(num(r, OUT) for r in d),)],
)
case(
    "let_tabfn",
    "let function over a table argument",
    f"let f = (T: (Success: bool)) {{ T | where Success }}; {D} | invoke f() | count",
    lambda d, m: [(sum(r["Success"] for r in d),)],
)
case(
    "materialize",
    "materialize and self-join",
    f"let a = materialize({D} | summarize n = count() by AppRoleName); let tot = toscalar(a | summarize sum(n)); a | extend share = round(100.0 * n / tot, 1) | project AppRoleName, share",
    lambda d, m: [
        (k, round(100 * len(v) / len(d), 1)) for k, v in group(d, lambda r: r["AppRoleName"]).items()
    ],
)
case(
    "join_inner",
    "join kind=inner",
    f"{D} | where ResultCode == '429' | join kind=inner (AppDependencies | where Success | distinct OperationId) on OperationId | count",
    lambda d, m: [
        (
            sum(
                r["ResultCode"] == "429" and r["OperationId"] in {x["OperationId"] for x in d if x["Success"]}
                for r in d
            ),
        )
    ],
)
case(
    "join_default",
    "default join is innerunique (dedups the left)",
    "datatable(k:string, a:int)['x',1,'x',2,'y',3] | join (datatable(k:string, b:int)['x',10,'x',20]) on k | summarize n = count()",
    lambda d, m: [(2,)],
)
case(
    "join_left",
    "join kind=leftouter with $left/$right",
    f"{D} | summarize n = count() by ResultCode | join kind=leftouter (datatable(Code:string, Meaning:string)['429','throttled','401','auth']) on $left.ResultCode == $right.Code | project ResultCode, Meaning",
    lambda d, m: [(k, {"429": "throttled", "401": "auth"}.get(k, "")) for k in {r["ResultCode"] for r in d}],
)
case(
    "join_anti",
    "join kind=leftanti",
    f"{D} | distinct OperationId | join kind=leftanti (AppDependencies | where Success == false | distinct OperationId) on OperationId | count",
    lambda d, m: [(len({r["OperationId"] for r in d} - {r["OperationId"] for r in d if not r["Success"]}),)],
)
case(
    "lookup",
    "lookup against datatable price list",
    f"let price = datatable(m:string, usd:real)['claude-sonnet-4-5', 3.0, 'claude-haiku-4-5', 1.0]; {D} | extend m = tostring(Properties['gen_ai.request.model']), t = tolong(Properties['{IN}']) | lookup kind=leftouter price on m | summarize c = round(sum(t * usd) / 1000000.0, 6) by m",
    lambda d, m: [
        (
            k,
            round(
                ssum(num(r, IN) for r in v)
                * {"claude-sonnet-4-5": 3.0, "claude-haiku-4-5": 1.0}.get(k, 0)
                / 1e6,
                6,
            ),
        )
        for k, v in group(d, model).items()
    ],
)
case(
    "union",
    "union withsource=",
    "union withsource=T AppDependencies, AppMetrics | summarize n = count() by T",
    lambda d, m: [("AppDependencies", len(d)), ("AppMetrics", len(m))],
)
case(
    "union_fuzzy",
    "union isfuzzy=true with a missing table",
    "union isfuzzy=true AppDependencies, NoSuchTable | count",
    lambda d, m: [(len(d),)],
)
case(
    "column_ifexists",
    "column_ifexists",
    f"{D} | extend x = column_ifexists('Nope', 'none') | summarize n = count() by x",
    lambda d, m: [("none", len(d))],
)
case(
    "mv_expand",
    "mv-expand of make_set",
    f"{D} | summarize s = make_set(ResultCode) by AppRoleName | mv-expand c = s to typeof(string) | summarize n = dcount(c)",
    lambda d, m: [(len({r["ResultCode"] for r in d}),)],
)
case(
    "mv_apply",
    "mv-apply",
    "print a = dynamic([3,1,2]) | mv-apply x = a to typeof(long) on (top 2 by x desc | summarize s = sum(x)) | project s",
    lambda d, m: [(5,)],
)
case(
    "top",
    "top n by",
    f"{D} | top 3 by DurationMs desc | project DurationMs",
    lambda d, m: [(r["DurationMs"],) for r in sorted(d, key=lambda r: -r["DurationMs"])[:3]],
)
case(
    "top_nested",
    "top-nested with others",
    f"{D} | top-nested 2 of ResultCode with others = 'Other' by n = count()",
    None,
)
case(
    "serialize_prev",
    "serialize, prev, next, row_number",
    "AppMetrics | order by TimeGenerated asc | extend dlt = Sum - prev(Sum), rn = row_number() | where dlt > 2000 | project rn, dlt",
    lambda d, m: [
        (i + 1, m[i]["Sum"] - m[i - 1]["Sum"])
        for i in range(1, len(m))
        if m[i]["Sum"] - m[i - 1]["Sum"] > 2000
    ],
)
case(
    "row_cumsum",
    "row_cumsum",
    "AppMetrics | order by TimeGenerated asc | extend c = row_cumsum(Sum) | top 1 by TimeGenerated desc | project c",
    lambda d, m: [(sum(r["Sum"] for r in m),)],
)
case(
    "pivot",
    "evaluate pivot",
    f"{D} | evaluate pivot(ResultCode, count(), AppRoleName) | project AppRoleName, ok = ['200'], thr = ['429']",
    lambda d, m: [
        (k, sum(r["ResultCode"] == "200" for r in v), sum(r["ResultCode"] == "429" for r in v))
        for k, v in group(d, lambda r: r["AppRoleName"]).items()
    ],
)
case(
    "bag_unpack",
    "evaluate bag_unpack",
    "AppMetrics | take 2 | project Properties | evaluate bag_unpack(Properties) | project t = ['gen_ai.token.type']",
    lambda d, m: [("input",), ("output",)],
)
case(
    "make_series",
    "make-series with default and step",
    f"{D} | make-series n = count() default = 0 on TimeGenerated from datetime(2026-01-01 00:00) to datetime(2026-01-01 04:00) step 1h by AppRoleName | project AppRoleName, a = tolong(n[0]), z = tolong(n[3]), l = array_length(n)",
    lambda d, m: [
        (k, sum(hour(r).hour == 0 for r in v), sum(hour(r).hour == 3 for r in v), 4)
        for k, v in group(d, lambda r: r["AppRoleName"]).items()
    ],
)
case(
    "anomalies",
    "series_decompose_anomalies",
    "AppMetrics | make-series s = sum(Sum) on TimeGenerated from datetime(2026-01-01) to datetime(2026-01-01 02:00) step 1m | extend (flag, score, base) = series_decompose_anomalies(s, 3.0) | project f = tolong(flag[90])",
    lambda d, m: [(1,)],
)
case(
    "forecast",
    "series_decompose_forecast",
    "AppMetrics | make-series s = sum(Sum) on TimeGenerated from datetime(2026-01-01) to datetime(2026-01-01 02:10) step 1m | extend f = series_decompose_forecast(s, 10) | project l = array_length(f)",
    lambda d, m: [(130,)],
)
case(
    "fit_line",
    "series_fit_line",
    "print y = dynamic([2,5,6,8,11]) | extend (r2, slope, v, rv, icept, fit) = series_fit_line(y) | project round(r2, 3), round(slope, 3), round(icept, 3)",
    lambda d, m: [(0.976, 2.1, 0.1)],  # over 1, 2, 3 …, as in the documented example
)
case(
    "series_stats",
    "series_stats_dynamic / array ops",
    "print y = dynamic([2,5,6,8,11]) | project a = todouble(series_stats_dynamic(y).avg), b = array_sum(y)",
    lambda d, m: [(6.4, 32)],
)
case(
    "coalesce",
    "coalesce, isnotempty, isnotnull, max_of",
    f"{D} | extend t = coalesce(tolong(Properties['{CACHE}']), 0) | summarize s = sum(t), k = countif(isnotempty(tostring(Properties['{CACHE}'])))",
    lambda d, m: [(ssum(num(r, CACHE) for r in d), sum(P(r, CACHE) is not None for r in d))],
)
case(
    "render",
    "render is carried, rows unchanged",
    f"{D} | summarize n = count() by AppRoleName | render piechart",
    lambda d, m: [(k, len(v)) for k, v in group(d, lambda r: r["AppRoleName"]).items()],
)
case(
    "project_family",
    "project-away, project-rename, project-reorder, distinct",
    f"{D} | project-away Properties, Data | project-rename Model = Name | project-reorder Model | distinct Model",
    lambda d, m: [(k,) for k in {r["Name"] for r in d}],
)
case(
    "hist",
    "histogram by bin of a number",
    f"{D} | summarize n = count() by b = bin(DurationMs, 500)",
    lambda d, m: [(k, len(v)) for k, v in group(d, lambda r: r["DurationMs"] // 500 * 500).items()],
)
case(
    "bag",
    "bag_keys, pack, bag_pack",
    f"{D} | take 1 | project b = tostring(bag_pack('a', 1).a), k = array_length(bag_keys(dynamic({{'x':1,'y':2}})))",
    lambda d, m: [("1", 2)],
)
case(
    "partition",
    "partition by key",
    f"{D} | partition hint.strategy=native by AppRoleName (top 1 by DurationMs desc | project AppRoleName, DurationMs)",
    lambda d, m: [
        (k, max(r["DurationMs"] for r in v)) for k, v in group(d, lambda r: r["AppRoleName"]).items()
    ],
)
case(
    "order_nulls",
    "order by puts nulls last when desc",
    "datatable(a:long)[1, long(null), 3] | order by a desc | take 1",
    lambda d, m: [(3,)],
)
case(
    "gap",
    "range with join to show empty bins",
    "range t from datetime(2026-01-01) to datetime(2026-01-01 05:00) step 1h | join kind=leftouter (AppDependencies | summarize n = count() by t = bin(TimeGenerated, 1h)) on t | project t, n = coalesce(n, 0) | where n == 0 | count",
    lambda d, m: [(6 - len({hour(r) for r in d}),)],
)
