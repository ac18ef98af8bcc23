"""The typed view: its file, how it is known in a text, and that leaving it out changes no answer."""

# ruff: noqa: S311, S608 - made-up data, and SQL of our own

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import timedelta

import duckdb
import duckdb_kql
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from foundry_telemetry.kql import compose, files, roads, view
from foundry_telemetry.kql.lexer import place, tokens
from foundry_telemetry.local.engine.query import Query, QueryError, Table
from foundry_telemetry.local.store.store import Store
from foundry_telemetry.schema.derived import BY_NAME, DERIVED, restored
from foundry_telemetry.schema.value import EVENT_NAME
from tests.support.telemetry import NOON, envelope, event, fill, ledger

HEAD = f"{roads.TEXT} let foundry_attempts = ledger_rows | project "
MARKED = 'AppEvents | where Name == "foundry.attempt"'
KEYS = [column.key for column in view.COLUMNS if column.key]


def test_columns() -> None:
    """The shipped view has the columns of its file, each with the type of its cast."""
    found = {column.name: column for column in view.COLUMNS}
    assert found["OperationId"] == view.Column("OperationId", None, None)
    assert found["client"] == view.Column("client", "string", "foundry.client")
    assert found["call_id"] == view.Column("call_id", "string", "foundry.call.id", "{ParentId}")
    assert {column.key for column in view.COLUMNS if column.derived} == {each.name for each in DERIVED}
    assert found["status"] == view.Column("status", "long", "http.response.status_code")
    assert found["duration_ms"] == view.Column("duration_ms", "real", "foundry.duration_ms")
    assert found["retryable"] == view.Column("retryable", "bool", "foundry.retryable")
    _, _, lines = view.TEXT.partition("| project\n")
    assert len(found) == lines.count("\n")


@pytest.mark.parametrize(
    "line",
    [
        'a = toint(Properties["x"])',
        'a = tolong(Measurements["x"])',
        'a = tobool(Properties["x"])',
        "a = tostring(Properties['x'])",
        'a = tostring(Properties["x\\"y"])',
        "a = 1",
        "a b",
        "a, a",
        "",
        'tostring(Properties["x"])',
        'call_id = coalesce(tostring(Properties["foundry.call.id"]), OperationId)',
        'a = coalesce(tostring(Properties["foundry.call.id"]), ParentId)',
    ],
)
def test_other_forms_are_refused(line: str) -> None:
    """A line in any other form is an error that names the line."""
    with pytest.raises(ValueError, match=r"line \d+|the end"):
        view.columns_of(f"// a comment\n{HEAD}\n{line};")


@pytest.mark.parametrize("text", ["", "AppEvents", HEAD.replace("(AppEvents", "(AppTraces") + "a;"])
def test_other_beginnings_are_refused(text: str) -> None:
    """A view of another table or event is no view of the ledger."""
    with pytest.raises(ValueError, match="begins otherwise"):
        view.columns_of(text)


@pytest.mark.parametrize(
    "text",
    [
        view.TEXT,
        HEAD + 'status = tolong(Properties["http.response.status_code"]);',
        HEAD + "TimeGenerated,AppRoleName;",
        f"\n\n// by somebody\n{HEAD.replace(' ', chr(10))} ItemCount, // how many\n\tOperationId\n;",
        HEAD + "OperationId, TimeGenerated; foundry_attempts | where OperationId == ';' | count",
    ],
)
def test_recognised(text: str) -> None:
    """Any lines of the view in any order are known, with any blanks and comments; the rest stays in place."""
    found = view.recognise(text + "\nfoundry_attempts | take 1")
    assert found is not None
    assert found.rest.endswith("\nfoundry_attempts | take 1")
    assert len(found.rest) == len(text) + len("\nfoundry_attempts | take 1")
    assert found.rest.count("\n") == text.count("\n") + 1
    names = {token.text for token in tokens(text)}
    assert {column.name for column in found.columns} <= names
    assert "let" not in found.rest


@pytest.mark.parametrize(
    "text",
    [
        "AppEvents | count",
        "foundry_attempts | count",
        HEAD + "OperationId",
        HEAD + ";",
        HEAD + "OperationId,;",
        HEAD + "Operation Id;",
        HEAD + "OperationId, OperationId;",
        HEAD + "Name;",
        HEAD + 'status = toint(Properties["http.response.status_code"]);',
        HEAD + 'status = tolong(Properties["http.response.status_code "]);',
        HEAD + 'code = tolong(Properties["http.response.status_code"]);',
        HEAD.replace('== "foundry.attempt"', '== "foundry.attempts"', 1) + "OperationId;",
        HEAD.replace('== "foundry.attempt"', '!= "foundry.attempt"', 1) + "OperationId;",
        HEAD.replace("ledger_rows | project", "ledger_rows | where ItemCount > 1 | project") + "OperationId;",
        HEAD.removesuffix("project ") + "extend OperationId;",
        HEAD.replace("take 1", "take 2", 1) + "OperationId;",
        "let x = 1; " + HEAD + "OperationId;",
        HEAD + "OperationId; let foundry_attempts = AppEvents; ",
        HEAD + "OperationId; ledger_rows | take 1; ",
    ],
)
def test_not_recognised(text: str) -> None:
    """One other word anywhere in it, and the text runs as it is."""
    assert view.recognise(text) is None


def test_place() -> None:
    """Lines and positions count from one."""
    assert [place("ab\nc", offset) for offset in (0, 1, 3)] == [(1, 1), (1, 2), (2, 1)]


ODD = (
    *(
        "",
        "12",
        "12.0",
        " 12 ",
        "\t-7\n",
        "1e3",
        "1E-400",
        "1e400",
        "abc",
        "True",
        "false",
        " TRUE ",
        "0",
        "-0",
    ),
    *("0x1F", "0X", "+5", "99999999999999999999", "-9223372036854775808", "9223372036854775808", "1_000"),
    *("nan", "-inf", "Infinity", ".5", "5.", "1,5", "null", "{}", "[1]", '"12"', "\u0661", "\uff11\uff12"),
    *("\u00a012", "12\x00", "\x0b12", "12\x1f", "\u2003true", "\u0130", "yes", "t", "1 2", "'; --", "\\"),
)
VALUES = st.one_of(
    st.sampled_from(ODD),
    st.text(max_size=8),
    st.integers().map(str),
    st.floats().map(str),
    st.booleans().map(str),
)


@pytest.fixture(scope="module")
def casts(engine: duckdb.DuckDBPyConnection) -> str:
    """What the engine makes of the view itself, in SQL."""
    content = engine.execute("SELECT column_name FROM (DESCRIBE AppEvents)").fetchall()
    schema = {"AppEvents": [name for (name,) in content]}
    return str(duckdb_kql.to_sql(f"{view.TEXT}\nfoundry_attempts", schema))


@pytest.fixture(scope="module")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    """A table of events as Azure has it, and nothing extracted."""
    with duckdb_kql.connect() as connection:
        connection.execute(
            "CREATE TABLE AppEvents (TimeGenerated TIMESTAMP, OperationId VARCHAR, ParentId VARCHAR, "
            "Name VARCHAR, AppRoleName VARCHAR, AppRoleInstance VARCHAR, AppVersion VARCHAR, "
            "ItemCount INTEGER, Properties JSON)"
        )
        yield connection


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from(KEYS), VALUES), min_size=1, max_size=30))
@example([dict.fromkeys(KEYS, value) for value in ODD])
def test_extraction_is_the_casts_of_kql(
    engine: duckdb.DuckDBPyConnection, casts: str, rows: list[dict[str, str]]
) -> None:
    """What is extracted from any properties is, value and type, what the engine makes of the view itself."""
    engine.execute("DELETE FROM AppEvents")
    engine.execute(
        "INSERT INTO AppEvents SELECT TIMESTAMP '2026-01-01', 'o', 'p', 'foundry.attempt', 'r', 'i', 'v', 1, "
        "unnest(from_json(?, '[\"JSON\"]'))",
        [json.dumps(rows)],
    )
    theirs = engine.sql(casts)
    values = {column.name: column.sql("e" if column.key is None else "p") for column in view.COLUMNS}
    columns = ", ".join(f'{column.whole(values)} AS "{column.name}"' for column in view.COLUMNS)
    events = f"SELECT *, from_json(Properties, '{view.STRUCTURE}') AS p FROM AppEvents"
    ours = engine.sql(f"SELECT {columns} FROM ({events}) AS e")
    assert (ours.columns, ours.types) == (theirs.columns, theirs.types)
    assert repr(ours.fetchall()) == repr(theirs.fetchall())


def test_sql_types() -> None:
    """The types named for the store are those that the expressions have."""
    names = {column.name: column.sql_type for column in view.COLUMNS if column.key}
    columns = ", ".join(f'{column.sql("p")} AS "{column.name}"' for column in view.COLUMNS if column.key)
    with duckdb.connect() as connection:
        made = connection.sql(f"SELECT {columns} FROM (SELECT from_json('{{}}', '{view.STRUCTURE}') AS p)")
        assert {name: str(kind) for name, kind in zip(made.columns, made.types, strict=True)} == names


QUESTIONS = (
    "foundry_attempts | order by TimeGenerated asc, call_id asc",
    "foundry_attempts | summarize n = count(), t = sum(input_tokens), countif(status > 400) by deployment",
    "foundry_attempts | where retryable | project TimeGenerated, status, retryable, retry_after_s",
    "foundry_attempts | where isnull(status) or status >= 500 | count",
    "foundry_attempts | summarize percentile(duration_ms, 95), percentilew(duration_ms, ItemCount, 50)",
    "let bad = foundry_attempts | where outcome != 'ok'; bad | join kind=inner bad on call_id | count",
    "foundry_attempts | summarize sum(cost_usd) by t = tostring(Properties['foundry.tag.team'])",
    "foundry_attempts | where TimeGenerated > datetime(2026-11-22T12:05:00Z) | summarize max(status)",
    "foundry_attempts | getschema | project ColumnName, ColumnType",
    "union withsource=T foundry_attempts, AppEvents | summarize n = count() by T",
    "union App* | summarize n = count() by Name",
    "AppEvents | where Name in ((foundry_attempts | distinct outcome)) | count",
    "let f = (x: long) { x >= 400 }; foundry_attempts | summarize countif(f(status))",
    "foundry_attempts | where stream == false | take 0",
    "foundry_attempts | summarize arg_max(TimeGenerated, *) by call_id | project call_id, region",
)
CHANGED = view.TEXT.replace(MARKED, f"{MARKED} and ItemCount > -1")
"""The same view in other words."""


@pytest.fixture(scope="module")
def query() -> Iterator[Query]:
    """A store with ledger rows that have holes and odd values in them, and with other events."""
    chance = random.Random(7)
    odd = ["", "12", "200", "503", "1.5", "abc", "True", "False", "ok", "error", "a", "b", "7e2"]
    rows = []
    for index in range(300):
        content = {key: chance.choice(odd) for key in KEYS if chance.random() < 0.6}
        content["foundry.tag.team"] = chance.choice("xyz")
        rows.append(ledger(content, NOON + timedelta(seconds=index * 2)))
    others = [event(NOON, name, http__response__status_code="200") for name in ("ok", "checkout", "ok")]
    with Store(retention_days=36_500) as store:
        fill(store, rows + others)
        yield Query(store)


def same(one: Table, other: Table) -> bool:
    """Whether two answers have the same columns, types and rows, in whatever order."""
    return one.columns == other.columns and sorted(map(repr, one.rows)) == sorted(map(repr, other.rows))


@pytest.mark.slow
@pytest.mark.parametrize("question", QUESTIONS)
def test_same_answer_with_and_without_extraction(question: str, query: Query) -> None:
    """A query over the extracted columns answers what it answers over the properties, to the last value."""
    assert view.recognise(CHANGED) is None
    extracted = query.run(f"{view.TEXT}\n{question}", now=NOON)
    as_written = query.run(f"{CHANGED}\n{question}", now=NOON)
    assert same(extracted, as_written), (extracted.rows[:3], as_written.rows[:3])
    assert extracted.columns


@pytest.mark.parametrize("seed", range(6))
def test_same_answer_for_any_lines(seed: int, query: Query) -> None:
    """A view with some of the lines, in any order, has those columns and no others."""
    chance = random.Random(seed)
    head, _, body = view.TEXT.partition("| project\n")
    lines = [line.strip().rstrip(",;") for line in body.strip().splitlines()]
    chosen = ",\n".join(chance.sample(lines, chance.randint(1, 12)))
    extracted = query.run(f"{head}| project {chosen};\nfoundry_attempts", now=NOON)
    changed = head.replace(MARKED, f"{MARKED} and ItemCount > -1")
    assert same(extracted, query.run(f"{changed}| project {chosen};\nfoundry_attempts", now=NOON))
    assert len(extracted.rows) == 300


def test_one_line_changed_is_still_right(query: Query) -> None:
    """A view with a column of its own is no shipped one, and its query runs on the properties."""
    own = view.TEXT.replace(
        'tolong(Properties["http.response.status_code"])', 'strlen(Properties["foundry.tag.team"])'
    )
    assert own != view.TEXT
    assert view.recognise(own) is None
    answer = query.run(f"{own}\nfoundry_attempts | summarize count() by status", now=NOON)
    assert answer.rows == [(1, 300)]


def test_omitted_columns_do_not_exist(query: Query) -> None:
    """A column that the text's view has not is unknown, as in Azure; so is the view where its text is not."""
    line = HEAD.count("\n") + 2
    with pytest.raises(QueryError, match=f"named 'status' on line {line},"):
        query.run(f"{HEAD}OperationId;\nfoundry_attempts | where status == 1")
    with pytest.raises(QueryError, match=r"named 'foundry_attempts'.*foundry_attempts\.kql"):
        query.run("foundry_attempts | count")


LEDGER = [name for name in compose.names() if files.VIEW in compose.words(compose.whole(name))]


@pytest.mark.parametrize("name", LEDGER)
def test_shipped_queries_profit(name: str) -> None:
    """Every shipped query that reads the ledger begins with the view in a form that is recognised."""
    assert view.recognise(compose.whole(name)) is not None


ID = "00f067aa0ba902b7"
WHOLE = {
    "foundry.call.id": ID,
    "foundry.resource": "r",
    "server.address": "r.services.ai.azure.com",
    "url.template": "/anthropic/v1/messages",
    "gen_ai.operation.name": "chat",
    "gen_ai.usage.input_tokens": "14",
    "http.request.method": "POST",
    "gen_ai.usage.output_tokens": "9",
    "foundry.usage.cache_write_5m_tokens": "1",
    "foundry.usage.cache_write_1h_tokens": "2",
    "gen_ai.usage.cache_write.input_tokens": "3",
    "foundry.usage.complete": "True",
}
ROWS: dict[str, dict[str, str | None]] = {
    "plain": {},
    "count of tokens": {
        "url.template": "/anthropic/v1/messages/count_tokens",
        "gen_ai.operation.name": "count_tokens",
        "http.request.method": "GET",
        **dict.fromkeys(key for key in WHOLE if "usage" in key),
    },
    "another path": {"url.template": "/anthropic/v1/models", "gen_ai.operation.name": None},
    "gateway": {"foundry.resource": None, "server.address": "gw.example.com"},
    "another host": {"server.address": "r.openai.azure.com"},
    "no host": {"foundry.resource": None, "server.address": None},
    "cut short": {"gen_ai.usage.output_tokens": None, "foundry.usage.complete": "False"},
    "another lifetime": {"gen_ai.usage.cache_write.input_tokens": "4"},
    "lifetimes are unknown": dict.fromkeys(
        ("foundry.usage.cache_write_5m_tokens", "foundry.usage.cache_write_1h_tokens")
    ),
    "another parent": {"foundry.call.id": "a" * 16},
}
"""What rows have otherwise than `WHOLE`; ``None`` for what is unknown."""


@pytest.mark.parametrize("text", [view.TEXT, CHANGED], ids=["extracted", "as written"])
def test_rows_that_leave_fields_out(text: str) -> None:
    """A row without what the rest of it gives has the columns of the whole row, in KQL, SQL and Python."""
    whole = [
        {key: value for key, value in (WHOLE | row).items() if value is not None} for row in ROWS.values()
    ]
    short = [
        {
            key: value
            for key, value in row.items()
            if key not in BY_NAME or value != BY_NAME[key].value(row, ID)
        }
        for row in whole
    ]
    assert [restored(row, ID) for row in short] == whole
    assert {key for row, left in zip(whole, short, strict=True) for key in row.keys() - left.keys()} == set(
        BY_NAME
    )
    answers = []
    for rows in (whole, short):
        events = [
            envelope(
                "EventData",
                {"name": EVENT_NAME, "properties": row},
                NOON + timedelta(seconds=index),
                tags={"ai.operation.parentId": ID, "ai.cloud.role": "service"},
            )
            for index, row in enumerate(rows)
        ]
        with Store(retention_days=36_500) as store:
            fill(store, events)
            question = f"{text}\nfoundry_attempts | project-away Properties | order by TimeGenerated asc"
            answers.append(Query(store).run(question, now=NOON))
    assert answers[0].rows == answers[1].rows
    assert len(answers[0].rows) == len(ROWS)
