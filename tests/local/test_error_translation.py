"""What is said about a query that has no answer: the construct and its place, and nothing of its SQL."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from foundry_telemetry.kql import view
from foundry_telemetry.local.api import api_response
from foundry_telemetry.local.engine.query import Query, QueryError
from foundry_telemetry.local.store.store import Store
from tests.support.telemetry import fill, ledger

SQL = re.compile(
    r"SELECT|FROM |GROUP BY|CTE|_s\d|_l\d|CAST\(|VARCHAR|BIGINT|DOUBLE|JSON|quantile|json_extract|LINE \d+:|"
    r"DuckDB|duckdb|Binder|Catalog|andidate|translate/|\bwave\b|Traceback"
)
"""Words that only the SQL of a query, or a message of the database, would bring."""


@pytest.fixture(scope="module")
def query() -> Iterator[Query]:
    """A store with one row."""
    with Store(retention_days=36_500) as store:
        fill(store, [ledger({"foundry.call.id": "a b"})])
        yield Query(store)


def refused(query: Query, kql: str) -> QueryError:
    """Why a query has no answer."""
    with pytest.raises(QueryError) as found:
        query.run(kql)
    assert not SQL.search(found.value.message), found.value.message
    return found.value


@pytest.mark.parametrize(
    ("kql", "construct", "line", "position"),
    [
        ("AppEvents | wher Name == 1", "wher", 1, 13),
        ("AppEvents\n| where Name ==\n| count", "|", 3, 1),
        ("AppEvents\n| where", None, 2, 8),
        ("AppEvents | where (ItemCount > ", None, 1, 32),
        ("AppEvents | extend x = Name Name", "Name", 1, 29),
        ("AppEvents\n| summarize n = count( by Name\n| take 5", "Name", 2, 27),
        ("AppEvents | where Name == 'open", "'", 1, 27),
        ("AppEvents | top 5 by | count", "|", 1, 22),
        ("", None, 1, 1),
        ("// nothing", None, 1, 11),
        ("AppEvents | count; AppTraces | count", "multi-statement", 1, 20),
        ("let x = 1;", "statement", 1, 11),
    ],
)
def test_syntax(kql: str, construct: str | None, line: int, position: int, query: Query) -> None:
    """What cannot be parsed is shown where it stands, inside its operator."""
    error = refused(query, kql)
    assert (error.construct, error.line, error.position) == (construct, line, position)
    assert error.reason == "SYN0002"
    assert f"line {line}, position {position}" in error.message


@pytest.mark.parametrize(
    ("kql", "operator", "name", "line", "position"),
    [
        ("AppEvents\n| where Nope == 1", "where", "Nope", 2, 9),
        ("AppEvents | where name == 'x'", "where", "name", 1, 19),
        ("AppEvents | project Name | where ItemCount > 1 // ItemCount", "where", "ItemCount", 1, 34),
        ("AppEvents | where Name == 'Nope' | extend x = Nope", "extend", "Nope", 1, 47),
        ("AppEvents | summarize count() by Nope", "summarize", "Nope", 1, 34),
        ("AppEvents | summarize n = count() | project Name", "project", "Name", 1, 45),
        ("AppEvents | order by Nope", "sort", "Nope", 1, 22),
        ("AppEvents | top 5 by Nope", "top", "Nope", 1, 22),
        ("AppEvents | project-away Nope", "project-away", "Nope", 1, 26),
        ("AppEvents | project-rename a = Nope", "project-rename", "Nope", 1, 32),
        ("AppEvents | distinct Nope", "distinct", "Nope", 1, 22),
        ("AppEvents | mv-expand Nope", "mv-expand", "Nope", 1, 23),
        ("AppEvents | parse Nope with 'a' b", "parse", "Nope", 1, 19),
        ("AppEvents | extend ['a b'] = 1 | where ['a c'] == 1", "where", "a c", 1, 41),
        ("AppEvents | join kind=inner (AppTraces | project Nix) on Name", "project", "Nix", 1, 50),
        ("AppEvents | join kind=inner (AppTraces) on $left.Name == $right.Nix", "join", "Nix", 1, 65),
        ("AppEvents | lookup AppTraces on Nix", "lookup", "Nix", 1, 33),
        ("AppEvents | where Name in ((AppTraces | project Nix))", "project", "Nix", 1, 49),
        ("AppEvents | where Name in (Nope)", "where", "Nope", 1, 28),
        ("let t = AppEvents | where Nope == 1; t | count", "where", "Nope", 1, 27),
        ("print datetime(2026-01-01T00:00:00Z)\n| where Nope", "where", "Nope", 2, 9),
    ],
)
def test_unknown_column(  # noqa: PLR0917 - the columns of the table above
    kql: str, operator: str, name: str, line: int, position: int, query: Query
) -> None:
    """A column that is nowhere, in exactly these letters, is reported as Kusto does, with its place."""
    error = refused(query, kql)
    assert error.message == (
        f"'{operator}' operator: Failed to resolve column or scalar expression named '{name}' "
        f"on line {line}, position {position}."
    )
    assert (error.reason, error.status, error.construct) == ("SEM0100", 400, name)


@pytest.mark.parametrize(
    ("kql", "name", "position"),
    [
        ("Nope | count", "Nope", 1),
        ("appevents | count", "appevents", 1),
        ("union AppEvents, Nope | count", "Nope", 18),
        ("AppEvents | join kind=inner (Nope) on Name", "Nope", 30),
    ],
)
def test_unknown_table(kql: str, name: str, position: int, query: Query) -> None:
    """A table that is nowhere is reported with its place."""
    error = refused(query, kql)
    assert error.message == (
        f"Failed to resolve table or column expression named '{name}' on line 1, position {position}."
    )


@pytest.mark.parametrize(
    "kql",
    [
        "AppEvents | extend x = 1, y = 2 | where x < y | project z = x + y | where z == 3",
        "AppEvents | summarize n = count(), take_any(Name) by bin(TimeGenerated, 1h) | where Name != ''",
        "AppEvents | summarize arg_max(TimeGenerated, *) by OperationId | project Name, TimeGenerated",
        "let n = 5; let Name = 'x'; AppEvents | where ItemCount < n and Name == 'foundry.attempt'",
        "AppEvents | join kind=inner (AppEvents) on OperationId | where Name == Name1",
        "AppEvents | mv-expand p = pack_array(1, 2) | where p > 1",
        "AppEvents | parse Name with 'foundry.' b | where b == 'attempt'",
        "AppEvents | project-rename n = Name | project-away OperationId | where n != ''",
        "union withsource=T AppEvents, AppTraces | where T == 'AppEvents' and isempty(Message)",
        "range n from 1 to 3 step 1 | extend m = n * 2 | where m > n",
        "print a = 1, b = 2 | extend c = a + b | where c == 3",
        "let t = materialize(AppEvents | count); t | extend m = toscalar(t | summarize sum(Count))",
        "AppEvents | getschema | where ColumnName == 'Name'",
        "AppEvents | count | where Count > 0",
        "AppEvents | lookup (datatable(Name: string, x: long)['foundry.attempt', 1]) on Name | where x == 1",
        "let f = (t: (Name: string)) { t | where Name != '' }; AppEvents | invoke f() | project Name",
        "AppEvents | where isnotempty(['Name']) | extend ['a b'] = 1 | where ['a b'] == 1",
        "AppEvents | where Properties.['foundry.call.id'] == 'a b' and isnotempty(Properties)",
    ],
)
def test_known_names(kql: str, query: Query) -> None:
    """Names that an operator before brings, keeps or changes are known to those after it."""
    assert query.run(kql).rows


@pytest.mark.parametrize(
    ("kql", "construct", "line", "position"),
    [
        ("AppEvents\n| extend x = nosuch(Name)", "nosuch", 2, 14),
        ("AppEvents | summarize hll(Name)", "hll", 1, 23),
        ("AppEvents | fork (count) (take 1)", "fork", 1, 13),
        ("search 'x'", "search", 1, 1),
        ("AppEvents\n| evaluate autocluster()", "evaluate", 2, 3),
        ("print y = 1 | extend (a, b) = pack_array(y, 2)", "(…) =", 1, 29),
        ("externaldata(a: string)['x']", "externaldata", 1, 1),
    ],
)
def test_what_the_engine_has_not(kql: str, construct: str, line: int, position: int, query: Query) -> None:
    """What is missing here, and perhaps not in Azure, is said to be missing here."""
    error = refused(query, kql)
    assert error.message.startswith(f"The local Azure Monitor does not support '{construct}' on line {line}")
    assert (error.construct, error.line, error.position) == (construct, line, position)
    assert error.reason == "NotSupportedLocally"


@pytest.mark.parametrize(
    ("kql", "message"),
    [
        ("AppEvents | summarize sum(Name)", "'sum' is not defined for (string) on line 1, position 23."),
        ("AppEvents | extend x = Name + 1", "'+' is not defined for (string, long) on line 1, position 29."),
        ("AppEvents | extend x = abs(Name)", "Two parts of the query are incompatible"),
        ("AppEvents | summarize percentile(Name, Name)", "most likely by type"),
        ("AppEvents | where TimeGenerated > 5", "datetime and long"),
        ("AppEvents | where Name matches regex '('", "invalid regular expression"),
        ("print s = 'a' | project repeat(1, s)", "cannot be converted to long"),
        ("declare query_parameters(x: long); print x", "'x' has no value"),
        ("print " + "(" * 3000 + "1" + ")" * 3000, "nested too deeply"),
        ("AppEvents " + "| extend x = 1 " * 2000, "nested too deeply"),
        ("AppEvents | project Name, name = 1", "'Name' and 'name' differ only in case"),
    ],
)
def test_other_failures(kql: str, message: str, query: Query) -> None:
    """Incompatible types, and values that are none, are reported in the words of KQL."""
    assert message in refused(query, kql).message


WORDS = [
    *(
        "AppEvents",
        "AppTraces",
        "foundry_attempts",
        "Name",
        "Properties",
        "TimeGenerated",
        "ItemCount",
        "x",
        "|",
    ),
    *(
        "where",
        "extend",
        "project",
        "summarize",
        "by",
        "join",
        "on",
        "union",
        "let",
        "=",
        "==",
        ";",
        "(",
        ")",
        ",",
    ),
    *(
        "count()",
        "sum(",
        "percentilew(",
        "bin(",
        "1",
        "1.5",
        "'text'",
        "datetime(2026-01-01)",
        "5m",
        "ago(1h)",
        "\n",
    ),
    *(
        "order by",
        "desc",
        "top",
        "mv-expand",
        "[",
        "]",
        "dynamic({})",
        "//",
        "null",
        "and",
        "in",
        "toscalar(",
        "\\",
    ),
    *(
        "distinct",
        "take 5",
        "render timechart",
        "print",
        "range",
        "datatable(a:long)[1]",
        "tolong(",
        ".",
        "é",
        "\x00",
    ),
]


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join), st.text(max_size=40)))
@example("AppEvents | where ['\"'] == 1")
@example("print x = '" + "a" * 5000 + "'")
@example(f"{view.TEXT} foundry_attempts | where status == 'x' | extend y = region + 1")
def test_no_text_brings_anything_but_an_answer_or_a_reason(query: Query, kql: str) -> None:
    """Whatever stands in a query, it is answered or refused, and a refusal speaks of the query alone."""
    reason: QueryError | None = None
    try:
        table = query.run(kql, seconds=5)
        assert api_response.encode(table, statistics=True, render=True)
    except QueryError as error:
        reason = error
    if reason is not None:
        assert not SQL.search(reason.message.replace(str(reason.construct), "")), reason.message
        assert api_response.encode_error(reason)
