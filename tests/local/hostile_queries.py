"""Queries that ask for more than there is: of rows, lists, texts, joins, nesting and time."""

from __future__ import annotations

from collections.abc import Callable, Iterator

Make = Callable[[int], str]
"""A query of a kind by how far it goes, from 1."""


def nested(form: str, times: int, value: str) -> str:
    """A form put into itself."""
    for _ in range(times):
        value = form.format(value)
    return value


def _calling_twice(depth: int) -> str:
    functions = "".join(f"let f{n} = (x: long) {{ f{n - 1}(x) + f{n - 1}(x) }}; " for n in range(1, depth))
    return f"let f0 = (x: long) {{ x + 1 }}; {functions}print f{depth - 1}(1)"


def _tables_twice(depth: int) -> str:
    tables = "".join(f"let t{n} = union t{n - 1}, t{n - 1}; " for n in range(1, depth))
    return f"let t0 = range x from 1 to 1000 step 1; {tables}t{depth - 1} | summarize make_list(x)"


def _growing(step: str, times: int, start: str) -> str:
    return f"print a = {start} " + f"| extend a = {step} " * times + "| project strlen(tostring(a))"


KINDS: dict[str, Make] = {
    "list of a range": lambda n: f"range x from 1 to {10 ** (5 + n)} step 1 | summarize make_list(x)",
    "set of a range": lambda n: f"range x from 1 to {10 ** (5 + n)} step 1 | summarize make_set(x)",
    "list of texts": lambda n: f"range x from 1 to {10**7} step 1 | summarize make_list(strcat('{n}', x))",
    "milliseconds": lambda n: f"range t from ago({30 * n}d) to now() step 1ms | count",
    "list by group": lambda n: f"range x from 1 to {n * 10**6} step 1 | summarize make_list(x) by x",
    "distinct": lambda n: (
        f"range x from 1 to {n * 10**6} step 1 | summarize dcount(x), count() by tostring(x)"
    ),
    "sort": lambda n: (
        f"range x from 1 to {n * 10**6} step 1 | extend y = strcat(x, 'abcdefghij') | sort by y desc"
    ),
    "percentiles": lambda n: (
        f"range x from 1 to {10 ** (6 + n)} step 1 | summarize percentiles(x, 5, 50, 95)"
    ),
    "latest of each": lambda n: (
        f"range x from 1 to {n * 10**6} step 1 | summarize arg_max(x, *) by x % 100000"
    ),
    "cross join": lambda n: (
        f"range x from 1 to {n * 10**5} step 1 | extend k = 1 "
        f"| join kind=inner (range y from 1 to {n * 10**5} step 1 | extend k = 1) on k | summarize sum(x * y)"
    ),
    "expansions": lambda n: (
        f"range x from 1 to {100 * n} step 1 | summarize l = make_list(x) | extend m = l, o = l, p = l "
        "| mv-expand l | mv-expand m | mv-expand o | mv-expand p | count"
    ),
    "many rows": lambda n: f"range x from 1 to {n * 10**6} step 1 | extend y = strrep('a', 1000)",
    "long rows": lambda n: f"range x from 1 to 100000 step 1 | extend y = strrep('a', {10 ** (2 + n)})",
    "repeated": lambda n: f"print {nested('strrep({}, 1000)', n, chr(39) + 'a' + chr(39))}",
    "growing by strcat": lambda n: _growing("strcat(a, a, a, a, a, a, a, a, a, a)", 5 + n, "'x'"),
    "growing by replace": lambda n: _growing("replace_string(a, 'x', 'xxxxxxxxxx')", 5 + n, "'x'"),
    "growing by arrays": lambda n: _growing("pack_array(a, a, a, a, a, a, a, a)", 5 + n, "pack_array(1)"),
    "growing by bags": lambda n: _growing("bag_pack('a', a, 'b', a, 'c', a, 'd', a)", 8 + n, "'x'"),
    "nested strcat": lambda n: f"print {nested('strcat({}, 1)', 4 * n, 'now()')}",
    "nested tostring": lambda n: f"print {nested('tostring({})', 4 * n, 'now()')}",
    "nested isempty": lambda n: f"print {nested('isempty({})', 4 * n, 'strcat(1, 2)')}",
    "nested substring": lambda n: f"print {nested('substring({}, 1)', 4 * n, chr(39) + 'abcdef' + chr(39))}",
    "nested tobool": lambda n: f"print {nested('tobool({})', 2 * n, 'strcat(1, 2)')}",
    "nested coalesce": lambda n: f"print {nested('coalesce({}, 1)', 4 * n, 'toint(1)')}",
    "nested todatetime": lambda n: f"print {nested('todatetime({})', 4 * n, 'strcat(1, 2)')}",
    "nested split": lambda n: f"print {nested('tostring(split({}, 1))', 3 * n, 'strcat(1, 2)')}",
    "nested brackets": lambda n: "print " + "(" * 500 * n + "1" + ")" * 500 * n,
    "functions that call twice": lambda n: _calling_twice(8 + 3 * n),
    "tables that are read twice": lambda n: _tables_twice(6 + 3 * n),
    "many columns": lambda n: (
        "AppEvents" + "".join(f"| extend c{i} = strcat(Name, {i})" for i in range(60 * n))
    ),
    "many counts": lambda n: (
        "AppEvents | summarize " + ", ".join(f"c{i} = countif(Name has '{i}')" for i in range(100 * n))
    ),
    "many alternatives": lambda n: (
        "AppEvents | where " + " or ".join(f"Name matches regex 'a{i}+$'" for i in range(300 * n))
    ),
    "replaced in each row": lambda n: (
        "range x from 1 to 4096 step 1 | extend s = replace_string(strrep('a', 1000), 'a', "
        f"strrep('b', {100 * n})) | summarize sum(strlen(s))"
    ),
    "repeated in each row": lambda n: (
        f"range x from 1 to 4096 step 1 | where strrep(strrep(tostring(x), 1000), {100 * n}) has 'z' | count"
    ),
    "arrays in each row": lambda n: (
        f"range x from 1 to 4096 step 1 | extend l = repeat(x % 10, {10 ** (2 + n)}) "
        "| summarize sum(array_length(l))"
    ),
    "array cut everywhere": lambda n: (
        f"range x from 1 to {n * 20_000} step 1 | summarize l = make_list(x) | project array_split(l, l)"
    ),
    "series": lambda n: (
        f"range x from 1 to {n * 10**6} step 1 | summarize l = make_list(x) | extend a = series_add(l, l) "
        "| extend s = series_stats_dynamic(a), f = series_fill_linear(a) | project s.len, array_length(f)"
    ),
    "series in each row": lambda n: (
        f"range x from 1 to {n * 4096} step 1 | extend l = range(1, 5000) "
        "| extend a = series_multiply(l, 2.5) | summarize sum(array_length(a))"
    ),
    "nested series": lambda n: f"print {nested('series_add({}, 1)', 8 * n, 'dynamic([1])')}",
    "partitions": lambda n: (
        f"range x from 1 to {n * 10**6} step 1 | partition hint.strategy=native by x (top 1 by x) | count"
    ),
    "named parts": lambda n: (
        "range x from 1 to 1000 step 1 "
        + "".join(f"| as t{i} | union t{i} " for i in range(3 * n))
        + "| count"
    ),
    "any of each": lambda n: (
        f"range x from 1 to {n * 10**6} step 1 | extend y = strcat(x, 'abcdefghij') "
        "| summarize take_any(*) by x"
    ),
    "functions of tables that call twice": lambda n: (
        "let f0 = () { print x = 1 }; "
        + "".join(f"let f{i} = () {{ union f{i - 1}(), f{i - 1}() }}; " for i in range(1, 3 * n))
        + f"f{3 * n - 1}() | count"
    ),
    "many values": lambda n: f"print dynamic([{', '.join(str(i) for i in range(3000 * n))}])",
    "many joins": lambda n: (
        "let t = range x from 1 to 1000 step 1 | extend k = 1; t "
        + "| join kind=inner (t) on k " * n
        + "| count"
    ),
}
"""By what grows."""

SCALES = range(1, 7)


def all_of_them() -> Iterator[tuple[str, str]]:
    """Kind and text of each, the small ones of every kind first."""
    for scale in SCALES:
        for kind, make in KINDS.items():
            yield f"{kind} {scale}", make(scale)
