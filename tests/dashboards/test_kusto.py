"""KQL is judged by Microsoft's parser and binder: good queries pass, bad ones are named by kind and place."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from uuid import uuid4

import duckdb
import pytest

from dashboards.builder import kusto
from dashboards.builder.columns import engine
from dashboards.builder.kusto import KustoError, azure_tables, check
from dashboards.builder.kusto.remembered import Remembered
from dashboards.builder.query_validation import of_workbook
from foundry_telemetry.kql import compose, files, view
from foundry_telemetry.kql import tables as local
from foundry_telemetry.kql.parameters import substitute
from tests.dashboards.answers import Choice
from tests.support.kusto import need_parser

pytestmark = pytest.mark.slow

PASTE = "Error code: 401, apim-request-id 3f0c"
CHOICES = {
    "all": Choice(call_id="00f067aa0ba902b7", pasted=PASTE),
    "some": Choice(
        call_id="00f067aa0ba902b7",
        pasted=PASTE,
        deployments=("claude-sonnet-5-5", "support-chat-prod"),
        services=("checkout",),
        models=("claude-sonnet-5-5",),
    ),
}


@pytest.fixture(scope="module", autouse=True)
def _parser() -> None:
    need_parser()


def shipped(choice: Choice) -> dict[str, str]:
    """Every shipped query as the portal would send it."""
    return {name: substitute(compose.whole(name), choice.values) for name in compose.names()}


@cache
def verdicts() -> dict[str, kusto.Verdict]:
    """What the parser says of each text of this file: once for all, as it takes a second to begin."""
    slips = (text for _, broken in map(with_slip, SLIPS) for text in broken.values())
    chosen = (text for choice in CHOICES.values() for text in shipped(choice).values())
    texts = (*GOOD, *BAD, ELSEWHERE, *SEVERITIES, CUT, COLUMNS, VIEW, *chosen, *drawn().values(), *slips)
    return check(dict(zip(texts, texts, strict=True)))


def errors(texts: Iterable[str]) -> dict[str, list[tuple[str, int, int]]]:
    """Code, line and column of all problems of each query."""
    return {
        text: [(problem.code, problem.line, problem.column) for problem in verdicts()[text].problems]
        for text in texts
    }


GOOD = (
    "AppDependencies | summarize sum(ItemCount) by bin(TimeGenerated, 5m)",
    "AppDependencies | summarize percentilew(DurationMs, ItemCount, 95), percentiles(DurationMs, 50, 99)",
    'AppEvents | project a = tostring(Properties["gen_ai.request.model"]), b = Properties.["foundry.region"]',
    "AppMetrics | make-series s = sum(Sum) on TimeGenerated step 5m | extend a = series_outliers(s)",
    "AppRequests | evaluate pivot(ResultCode, count(), AppRoleName)",
    "union withsource=T AppTraces, AppExceptions | summarize count() by T, SeverityLevel",
    'dependencies | where success == "False" | summarize avg(duration) by tostring(customDimensions["k"])',
    'let f = (n: long) { AppEvents | take n }; f(3) | where Properties has "foundry" // a comment',
    "datatable(a: string, b: real)['x', 1.5] | join kind=leftouter (AppEvents) on $left.a == $right.Name",
    "externaldata(a: string)['https://example.com/a.csv'] | count",
    "set notruncation; print x = 1",
)


def test_good_queries_pass() -> None:
    """Queries that Azure runs have no problem of any severity."""
    assert errors(GOOD) == {text: [] for text in GOOD}


BAD = {
    "AppEvents\n| where Nope == 1": ("KS142", 2, 9),
    "AppEvents | where timegenerated > ago(1h)": ("KS142", 1, 19),
    "AppEvents | project Name | where ItemCount > 1": ("KS142", 1, 34),
    "AppEvent | take 1": ("KS204", 1, 1),
    "appevents | take 1": ("KS204", 1, 1),
    "union isfuzzy=true AppEvents, Nothing": ("KS205", 1, 31),
    'AppEvents | extend n = tolongg(Properties["a"])': ("KS211", 1, 24),
    "AppEvents | summarize sum(Name)": ("KS138", 1, 27),
    'AppEvents | summarize sum(Properties["gen_ai.usage.input_tokens"])': ("KS138", 1, 27),
    'AppDependencies | summarize avg(Properties["a"])': ("KS127", 1, 29),
    "AppDependencies | where DurationMs has '5'": ("KS106", 1, 36),
    "AppEvents | where ItemCount": ("KS141", 1, 19),
    "dependencies | where success": ("KS141", 1, 22),
    "AppEvents | where TimeGenerated > ago('1h')": ("KS107", 1, 39),
    "AppEvents | where Name == '😀' and Nope": ("KS142", 1, 35),
    "AppEvents |": ("KS176", 1, 12),
    "AppEvents | where Name == 'foundry.attempt": ("KS001", 1, 43),
    "AppEvents | extend x = cursor_current()": ("NOT_IN_AZURE_MONITOR", 1, 24),
    "AppEvents | extend x = current_principal()": ("NOT_IN_AZURE_MONITOR", 1, 24),
    "AppEvents | evaluate python(typeof(*), 'result = df')": ("NOT_IN_AZURE_MONITOR", 1, 22),
    "let f = () { extent_id() };\nAppEvents | extend x = f()": ("NOT_IN_AZURE_MONITOR", 1, 14),
    "declare query_parameters(n: long = 1); AppEvents | take n": ("NOT_IN_AZURE_MONITOR", 1, 1),
    ".show tables": ("NOT_A_QUERY", 1, 1),
    "let x = 1;": ("NO_TABLE", 1, 1),
    "// nothing but a comment": ("NO_TABLE", 1, 1),
    "": ("NO_TABLE", 1, 1),
}


def test_each_bad_query_is_reported_by_kind_and_place() -> None:
    """One fault gives one problem, with its code, and the place where it stands."""
    assert errors(BAD) == {text: [problem] for text, problem in BAD.items()}


ELSEWHERE = "cluster('help').database('Samples').Events | take 1"


def test_what_another_cluster_has_is_refused() -> None:
    """Other clusters and databases cannot be reached from Azure Monitor: both calls are named."""
    refused = [
        problem for problem in verdicts()[ELSEWHERE].problems if problem.code == "NOT_IN_AZURE_MONITOR"
    ]
    assert [problem.message for problem in refused] == [
        "Azure Monitor has no cluster().",
        "Azure Monitor has no database().",
    ]
    assert {problem.severity for problem in refused} == {"Error"}


SEVERITIES = {"union isfuzzy=true AppEvents, Nothing": ["Warning"], "Nothing": ["Error"]}


def test_severities_are_reported() -> None:
    """A table that a fuzzy union may lack is a warning; a table that a query needs is an error."""
    found = {text: [problem.severity for problem in verdicts()[text].problems] for text in SEVERITIES}
    assert found == SEVERITIES


CUT = "AppEvents | extend 😀 = 1"


def test_a_cut_character_does_not_cut_the_answer() -> None:
    """The parser may quote half of a character; the message is whole text all the same."""
    assert [problem.message for problem in verdicts()[CUT].problems if "Unexpected" in problem.message]


COLUMNS = """
AppDependencies
| summarize calls = count(), p95 = percentile(DurationMs, 95), names = make_set(Name),
    arg_max(TimeGenerated, Success) by ResultCode, bin(TimeGenerated, 1h)
| extend age = now() - TimeGenerated, ['in words'] = strcat(calls, ' calls')
"""


def test_columns_have_names_and_types() -> None:
    """Each query has its result's columns in order, types by the functions that made them."""
    assert verdicts()[COLUMNS].columns == (
        ("ResultCode", "string"),
        ("TimeGenerated", "datetime"),
        ("calls", "long"),
        ("p95", "real"),
        ("names", "dynamic"),
        ("TimeGenerated1", "datetime"),
        ("Success", "bool"),
        ("age", "timespan"),
        ("in words", "string"),
    )


@pytest.mark.parametrize("choice", CHOICES)
def test_shipped_queries_have_no_problem(choice: str) -> None:
    """Every shipped query passes, whatever is chosen, and gives columns of known types."""
    texts = shipped(CHOICES[choice])
    assert set(texts) == set(files.queries()) - {*compose.PARTS, files.WORDS}
    for name, text in texts.items():
        verdict = verdicts()[text]
        assert verdict.problems == (), name
        types = {kind for _, kind in verdict.columns}
        assert types, name
        assert types <= {"bool", "datetime", "dynamic", "int", "long", "real", "string", "timespan"}, name


VIEW = f"{files.query(files.VIEW)}\n{files.VIEW}"


def test_the_view_has_the_types_it_says() -> None:
    """The parser gives every column of the typed view the type that its line is read to have."""
    verdict = verdicts()[VIEW]
    workspace = azure_tables()["AppEvents"]
    assert verdict.problems == ()
    assert verdict.columns == tuple(
        (column.name, column.kql_type or workspace[column.name]) for column in view.COLUMNS
    )


def drawn() -> dict[str, str]:
    """Every query that the workbook draws, by its place."""
    return dict(of_workbook(json.loads(files.workbook())))


def test_the_local_engine_gives_the_same_columns() -> None:
    """The columns that Azure will give are those that the local engine gives, in the same order."""
    ask = engine()
    queries = drawn()
    assert len(queries) >= len(compose.names())
    for place, text in queries.items():
        assert [column for column, _ in verdicts()[text].columns] == list(ask(text)), place


SLIPS = {
    "AppEvents": ("AppEvent", "KS204"),
    "TimeGenerated": ("Timestamp", "KS142"),
    "where": ("wher", "KS176"),
}


def with_slip(right: str) -> tuple[str, dict[str, str]]:
    """The code of a slip, and the shipped queries that have what it spoils, with it."""
    wrong, code = SLIPS[right]
    texts = shipped(CHOICES["all"])
    return code, {name: text.replace(right, wrong) for name, text in texts.items() if right in text}


@pytest.mark.parametrize("right", SLIPS)
def test_a_slip_in_a_shipped_query_is_found(right: str) -> None:
    """A wrong table, a wrong column or a wrong operator is found in every one that has it."""
    code, broken = with_slip(right)
    assert len(broken) >= len(compose.names()) - 1
    for name, text in broken.items():
        codes = {problem.code for problem in verdicts()[text].problems}
        assert {code, "KS205"} & codes if code == "KS204" else code in codes, name


def test_the_tables_are_those_of_the_local_store() -> None:
    """The parser knows the tables, columns and types that the local store answers with, classic names too."""
    kinds = {sql: kind for kind, sql in local.SQL_TYPES.items()}
    for name, table in local.tables().items():
        connection = duckdb.connect()
        connection.execute(f"CREATE SCHEMA {local.STORED}")
        stored = [column.name for column in table.columns]
        connection.execute(local.table_ddl(name, stored, {}))
        connection.execute(local.view_ddl(name, local.view_columns(name, stored, {})))
        if table.classic_name is not None:
            connection.execute(local.classic_view_ddl(name))
        for shown in filter(None, (name, table.classic_name)):
            answer = connection.sql(f'FROM "{shown}"')
            types = [kinds[str(kind)] for kind in answer.types]
            assert dict(zip(answer.columns, types, strict=True)) == azure_tables()[shown]
    classic = [table for table in local.tables().values() if table.classic_name is not None]
    assert len(azure_tables()) == len(local.tables()) + len(classic)


def test_other_tables_can_be_named() -> None:
    """A caller may say which tables there are; names need not be identifiers."""
    tables = {"Usage": {"Quantity": "real", "Data Type": "string"}}
    reported = check(
        {"usage": "Usage | summarize sum(Quantity) by ['Data Type']", "events": "AppEvents | count"}, tables
    )
    assert reported["usage"] == kusto.Verdict((), (("Data Type", "string"), ("sum_Quantity", "real")))
    assert [problem.code for problem in reported["events"].problems] == ["KS204"]
    with pytest.raises(KustoError, match="money is no type of KQL"):
        check({"": "Usage"}, {"Usage": {"Quantity": "money"}})


def test_all_queries_share_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Node is started once for any number of queries, and not at all for none, nor for what it was asked."""
    programs: list[str] = []
    run = kusto.run

    def counted(program: str, *arguments: str, **options: object) -> object:
        programs.append(program)
        return run(program, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(kusto, "run", counted)
    assert check({}) == {}
    assert programs == []
    new = f"AppEvents | where Nope == {uuid4().int % 10**6}"
    asked = {json.dumps(number): f"{new} | take {number % 3}" for number in range(30)}
    verdicts = check(asked)
    assert list(verdicts) == list(asked)
    assert programs == ["node"]
    assert check(asked) == verdicts
    assert programs == ["node"]


@pytest.mark.parametrize("content", [b"no database", b""])
def test_what_is_remembered_is_never_needed(content: bytes, tmp_path: Path) -> None:
    """A file that is broken, or cannot be there, gives nothing and ends nothing."""
    (tmp_path / "verdicts.sqlite").write_bytes(content)
    for home in (tmp_path, tmp_path / "missing"):
        remembered = Remembered(home, b"tables")
        remembered.keep({"text": b"{}"})
        assert remembered.given(["text"]) == ({"text": b"{}"} if content == b"" and home == tmp_path else {})
    assert Remembered(tmp_path, b"other tables").given(["text"]) == {}
