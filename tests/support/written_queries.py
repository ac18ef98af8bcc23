"""Forty queries as people write them over Application Insights, each answered by plain Python.

They use what the engine once had not, over the same rows as `kql_cases`. Where the manner comes from is in
`tests/data/kql/query_sources.toml`; the texts are ours.
"""

# ruff: noqa: E501 - one case is one line of a table, however long

from __future__ import annotations

import datetime as dt
import statistics
from collections.abc import Callable
from typing import Any, NamedTuple

from tests.support.kql_cases import IN, OUT, Rows, group, model, num, rank, ts

Answer = Callable[[Rows, Rows], list[tuple[Any, ...]]]
D = "AppDependencies"
C = "dependencies"


class Written(NamedTuple):
    """A query and its answer."""

    query: str
    answer: Answer


def roles(d: Rows) -> dict[str, Rows]:
    """The rows of each role."""
    return dict(group(d, lambda r: r["AppRoleName"]))


def by_time(rows: Rows) -> Rows:
    """The rows from the first to the last."""
    return sorted(rows, key=ts)


def cumulated(values: list[float]) -> list[float]:
    """The sums so far."""
    return [sum(values[: index + 1]) for index in range(len(values))]


def failed(r: dict[str, Any]) -> bool:
    """Whether a call failed."""
    return not r["Success"]


def minute(r: dict[str, Any], size: int) -> dt.datetime:
    """The start of the minutes that a row lies in."""
    at = ts(r).replace(tzinfo=None)
    return at.replace(minute=at.minute - at.minute % size, second=0, microsecond=0)


WRITTEN: list[Written] = [
    Written(
        f"{D} | summarize slowest = maxif(DurationMs, Success), fastest = minif(DurationMs, Success)",
        lambda d, m: [
            (max(r["DurationMs"] for r in d if r["Success"]), min(r["DurationMs"] for r in d if r["Success"]))
        ],
    ),
    Written(
        f"{C} | where success == 'False' | summarize n = sum(itemCount) by cloud_RoleName",
        lambda d, m: [
            (k, sum(r["ItemCount"] for r in v if failed(r)))
            for k, v in roles(d).items()
            if any(map(failed, v))
        ],
    ),
    Written(
        f"{D} | summarize (p50, p95) = percentiles(DurationMs, 50, 95) by AppRoleName",
        lambda d, m: [
            (k, rank([r["DurationMs"] for r in v], 50), rank([r["DurationMs"] for r in v], 95))
            for k, v in roles(d).items()
        ],
    ),
    Written(
        f"{D} | summarize failures = make_set_if(ResultCode, Success == false) | mv-expand code = failures to typeof(string) | project code",
        lambda d, m: [(code,) for code in {r["ResultCode"] for r in d if failed(r)}],
    ),
    Written(
        f"{D} | summarize n = count_distinct(OperationId), m = count_distinctif(OperationId, Success == false)",
        lambda d, m: [(len({r["OperationId"] for r in d}), len({r["OperationId"] for r in d if failed(r)}))],
    ),
    Written(
        f"let most = 5; {D} | top most by DurationMs desc | project DurationMs",
        lambda d, m: [(v,) for v in sorted((r["DurationMs"] for r in d), reverse=True)[:5]],
    ),
    Written(
        f"let n = 3; {D} | order by DurationMs asc | take n | project DurationMs",
        lambda d, m: [(v,) for v in sorted(r["DurationMs"] for r in d)[:3]],
    ),
    Written(
        f"let table = {D} | where Success == false; table | count", lambda d, m: [(sum(map(failed, d)),)]
    ),
    Written(
        f"{D} | summarize n = count() by AppRoleName, ResultCode | evaluate pivot(ResultCode, sum(n), AppRoleName) | project AppRoleName, ok = ['200']",
        lambda d, m: [(k, sum(r["ResultCode"] == "200" for r in v)) for k, v in roles(d).items()],
    ),
    Written(
        f"{D} | where isnotempty(Properties['error.type']) | project Properties | evaluate bag_unpack(Properties, 'p_') | summarize n = count() by e = ['p_error.type']",
        lambda d, m: [
            (k, len(v))
            for k, v in group(
                [r for r in d if r["Properties"].get("error.type")], lambda r: r["Properties"]["error.type"]
            ).items()
        ],
    ),
    Written(
        f"{D} | extend shown = column_ifexists('NoSuchColumn', Name) | summarize n = count() by shown",
        lambda d, m: [(k, len(v)) for k, v in group(d, lambda r: r["Name"]).items()],
    ),
    Written(
        f"{D} | extend k = array_length(bag_keys(Properties)) | summarize n = sum(k)",
        lambda d, m: [(sum(len(r["Properties"]) for r in d),)],
    ),
    Written(
        f"{D} | mv-expand key = bag_keys(Properties) to typeof(string) | summarize n = count() by key",
        lambda d, m: [
            (k, sum(k in r["Properties"] for r in d)) for k in {key for r in d for key in r["Properties"]}
        ],
    ),
    Written(
        "AppMetrics | order by TimeGenerated asc | serialize n = row_number() | where n in (1, 120) | project n, Sum",
        lambda d, m: [(1, by_time(m)[0]["Sum"]), (120, by_time(m)[119]["Sum"])],
    ),
    Written(
        "AppMetrics | sort by TimeGenerated asc | extend total = row_cumsum(Sum) | project total",
        lambda d, m: [(v,) for v in cumulated([r["Sum"] for r in by_time(m)])],
    ),
    Written(
        "AppMetrics | sort by TimeGenerated asc | extend gap = TimeGenerated - prev(TimeGenerated) | where isnotnull(gap) | summarize longest = max(gap)",
        lambda d, m: [(max(ts(b) - ts(a) for a, b in zip(by_time(m), by_time(m)[1:], strict=False)),)],
    ),
    Written(
        "AppMetrics | sort by TimeGenerated asc | extend later = next(Sum, 1, -1.0) | where later == -1.0 | count",
        lambda d, m: [(1,)],
    ),
    Written(
        "AppMetrics | sort by TimeGenerated asc | extend run = row_cumsum(iff(prev(Sum) > Sum, 1, 0)) | summarize runs = max(run)",
        lambda d, m: [(sum(a["Sum"] > b["Sum"] for a, b in zip(by_time(m), by_time(m)[1:], strict=False)),)],
    ),
    Written(
        f"{D} | make-series n = count() default = 0 on TimeGenerated from datetime(2026-01-01) to datetime(2026-01-01 06:00) step 30m by AppRoleName | mv-expand n to typeof(long) | summarize total = sum(n), empty = countif(n == 0) by AppRoleName",
        lambda d, m: [
            (k, sum(ts(r).hour < 6 for r in v), 12 - len({minute(r, 30) for r in v if ts(r).hour < 6}))
            for k, v in roles(d).items()
        ],
    ),
    Written(
        f"{D} | make-series slow = maxif(DurationMs, Success) on TimeGenerated from datetime(2026-01-01) to datetime(2026-01-01 01:00) step 1h | project v = todouble(slow[0]), n = array_length(slow)",
        lambda d, m: [(max(r["DurationMs"] for r in d if r["Success"] and ts(r).hour == 0), 1)],
    ),
    Written(
        f"{D} | mv-apply key = bag_keys(Properties) to typeof(string) on (where key startswith 'gen_ai' | summarize n = count()) | summarize total = sum(n)",
        lambda d, m: [(sum(key.startswith("gen_ai") for r in d for key in r["Properties"]),)],
    ),
    Written(
        f"{D} | top-nested 1 of AppRoleName by n = count() desc, top-nested 1 of ResultCode by k = count() desc | project n, k",
        lambda d, m: [_nested(d)],
    ),
    Written(
        f"{D} | search 'overloaded_error' | count",
        lambda d, m: [(sum("overloaded_error" in str(r) for r in d),)],
    ),
    Written(
        "search in (AppDependencies, AppMetrics) 'checkout' | summarize n = count() by t = $table",
        lambda d, m: [
            ("AppDependencies", sum(r["AppRoleName"] == "checkout" for r in d)),
            ("AppMetrics", sum(r["AppRoleName"] == "checkout" for r in m)),
        ],
    ),
    Written(
        f"{D} | where * has 'checkout' | count",
        lambda d, m: [(sum(r["AppRoleName"] == "checkout" for r in d),)],
    ),
    Written(
        f"{D} | parse Name with verb ' ' rest | summarize n = count() by verb, rest",
        lambda d, m: [(*k.split(" ", 1), len(v)) for k, v in group(d, lambda r: r["Name"]).items()],
    ),
    Written(
        f"{D} | project AppRoleName, ResultCode | distinct * | count",
        lambda d, m: [(len({(r["AppRoleName"], r["ResultCode"]) for r in d}),)],
    ),
    Written(
        f"{D} | project AppRoleName, AppRoleInstance, ResultCode | project-away AppRole* | summarize n = dcount(ResultCode)",
        lambda d, m: [(len({r["ResultCode"] for r in d}),)],
    ),
    Written(
        f"{D} | project-keep AppRole*, Name | distinct AppRoleName, Name",
        lambda d, m: list({(r["AppRoleName"], r["Name"]) for r in d}),
    ),
    Written(
        "union AppDependencies, AppPageViews, AppAvailabilityResults, AppBrowserTimings | summarize n = count(), named = countif(Url == '')",
        lambda d, m: [(len(d), len(d))],
    ),
    Written(
        "union pageViews, dependencies | summarize n = count() by itemType",
        lambda d, m: [("dependency", len(d))],
    ),
    Written(
        f"{D} | extend host = tostring(parse_url(Data).Host) | summarize n = count() by host",
        lambda d, m: [(k, len(v)) for k, v in group(d, lambda r: r["Data"].split("/")[2]).items()],
    ),
    Written(
        f"{D} | summarize codes = make_list(ResultCode, 7) | project n = array_length(codes)",
        lambda d, m: [(7,)],
    ),
    Written(
        f"{D} | extend e = replace(@'claude-(\\w+)-.*', @'\\1', tostring(Properties['gen_ai.request.model'])) | summarize n = count() by e",
        lambda d, m: [(k, len(v)) for k, v in group(d, lambda r: model(r).split("-")[1]).items()],
    ),
    Written(
        f"{D} | extend tokens = toint(Properties['{IN}']) + toint(Properties['{OUT}']) | summarize most = max(tokens)",
        lambda d, m: [
            (max(num(r, IN) + num(r, OUT) for r in d if num(r, IN) is not None and num(r, OUT) is not None),)
        ],
    ),
    Written(
        "let share = (part: long, whole: long) { 100.0 * part / whole }; "
        f"{D} | summarize n = count(), f = countif(Success == false) | project r = round(share(whole = n, part = f), 3)",
        lambda d, m: [(round(100.0 * sum(map(failed, d)) / len(d), 3),)],
    ),
    Written(
        f"{D} | summarize s = stdevp(DurationMs)",
        lambda d, m: [(statistics.pstdev(r["DurationMs"] for r in d),)],
    ),
    Written(
        f"{D} | where notempty(AppRoleName) | summarize p = percentiles_array(DurationMs, 50, 90) | project a = todouble(p[0]), b = todouble(p[1])",
        lambda d, m: [(rank([r["DurationMs"] for r in d], 50), rank([r["DurationMs"] for r in d], 90))],
    ),
    Written(
        f"{D} | extend at = unixtime_seconds_todatetime(tolong(datetime_diff('second', TimeGenerated, datetime(1970-01-01)))) | summarize earliest = min(at), latest = max(at)",
        lambda d, m: [
            (
                min(ts(r) for r in d).replace(tzinfo=None, microsecond=0),
                max(ts(r) for r in d).replace(tzinfo=None, microsecond=0),
            )
        ],
    ),
    Written(
        f"{D} | summarize bags = make_bag(bag_pack(ResultCode, 1)) | mv-expand code = bag_keys(bags) to typeof(string) | summarize n = count()",
        lambda d, m: [(len({r["ResultCode"] for r in d}),)],
    ),
]


def _nested(d: Rows) -> tuple[int, int]:
    largest = max(roles(d).values(), key=len)
    return len(largest), max(len(v) for v in group(largest, lambda r: r["ResultCode"]).values())
