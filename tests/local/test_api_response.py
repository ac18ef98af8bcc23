"""Answers in the JSON of Log Analytics, and the requests they answer."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundry_telemetry.local.api import api_response
from foundry_telemetry.local.api.api_request import (
    MOST_QUERIES,
    ApiResponse,
    Preference,
    respond,
    respond_batch,
)
from foundry_telemetry.local.engine.errors import QueryError
from foundry_telemetry.local.engine.query import Query, Table
from foundry_telemetry.local.store.store import Store


@pytest.fixture(scope="module")
def query() -> Iterator[Query]:
    """An empty store."""
    with Store() as store:
        yield Query(store)


def answered(query: Query, kql: str, **preferences: bool) -> dict[str, Any]:
    """The answer to a query, decoded."""
    return json.loads(api_response.encode(query.run(kql), **preferences))


@pytest.mark.parametrize(
    ("kql", "kind", "written"),
    [
        ("true", "bool", True),
        ("bool(null)", "bool", None),
        ("int(5)", "int", 5),
        ("9223372036854775807", "long", 9223372036854775807),
        ("long(null)", "long", None),
        ("1.5", "real", 1.5),
        ("real(nan)", "real", "NaN"),
        ("real(+inf)", "real", "Infinity"),
        ("real(-inf)", "real", "-Infinity"),
        ("real(null)", "real", None),
        ("'text \"\\né'", "string", 'text "\né'),
        ("''", "string", ""),
        ("datetime(2026-01-01)", "datetime", "2026-01-01T00:00:00Z"),
        ("datetime(2026-01-01 10:11:12.1)", "datetime", "2026-01-01T10:11:12.1Z"),
        ("datetime(2026-01-01 10:11:12.123456)", "datetime", "2026-01-01T10:11:12.123456Z"),
        ("datetime(2026-01-01 10:11:10)", "datetime", "2026-01-01T10:11:10Z"),
        ("datetime(null)", "datetime", None),
        ("1d", "timespan", "1.00:00:00"),
        ("-90m", "timespan", "-01:30:00"),
        ("totimespan('12.23:59:59.123456')", "timespan", "12.23:59:59.1234560"),
        ("0s", "timespan", "00:00:00"),
        ("dynamic({'a': [1, 'x', null]})", "dynamic", '{"a":[1,"x",null]}'),
        ("dynamic([1, 2])", "dynamic", "[1,2]"),
        ("dynamic('text')", "dynamic", "text"),
        ("dynamic({'a': 1}).b", "dynamic", None),
        ("dynamic({'a': 'b'}).a", "dynamic", "b"),
        ("split('a/b', '/')", "dynamic", '["a","b"]'),
        ("guid(74be27de-1e4e-49d9-b579-fe0b331d3642)", "guid", "74be27de-1e4e-49d9-b579-fe0b331d3642"),
    ],
)
def test_values(kql: str, kind: str, written: object, query: Query) -> None:
    """Each type is written as Log Analytics writes it: text is never null, times end in Z, JSON is text."""
    (table,) = answered(query, f"print value = {kql}")["tables"]
    assert table["name"] == "PrimaryResult"
    assert table["columns"] == [{"name": "value", "type": kind}]
    assert table["rows"] == [[written]]


def test_texts_missing_from_a_join(query: Query) -> None:
    """A text that no row brought is empty, a number is null."""
    kql = (
        "datatable(k: long)[1] | join kind=leftouter (datatable(k: long, s: string, n: long)[2, 'x', 3]) on k"
        " | project s, n"
    )
    assert answered(query, kql)["tables"][0]["rows"] == [["", None]]


def test_no_rows(query: Query) -> None:
    """An answer without rows has its columns."""
    (table,) = answered(query, "print a = 'x', b = 1.5 | where b > 2")["tables"]
    assert table["columns"] == [{"name": "a", "type": "string"}, {"name": "b", "type": "real"}]
    assert table["rows"] == []


@given(st.timedeltas(min_value=timedelta(days=-9999), max_value=timedelta(days=9999)))
def test_durations(value: timedelta) -> None:
    """A timespan's text has all of it, and nothing it does not have."""
    parts = re.fullmatch(r"(-?)(?:(\d+)\.)?(\d\d):(\d\d):(\d\d)(?:\.(\d{6})0)?", api_response.duration(value))
    assert parts is not None
    days, hours, minutes, seconds, micros = (int(part or 0) for part in parts.groups()[1:])
    found = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds, microseconds=micros)
    assert (-found if parts[1] else found) == value


def test_statistics(query: Query) -> None:
    """Execution time and size are reported on request, and not otherwise."""
    statistics = answered(query, "range n from 1 to 3 step 1", statistics=True)["statistics"]["query"]
    assert statistics["executionTime"] > 0
    assert statistics["datasetStatistics"] == [{"tableRowCount": 3, "tableSize": len("[[1],[2],[3]]")}]
    assert set(answered(query, "print 1")) == {"tables"}


@pytest.mark.parametrize(
    ("kql", "expected"),
    [
        ("print 1", {"visualization": None}),
        ("print 1 | render piechart", {"visualization": "piechart", "title": None, "kind": None}),
        ("print 1 | render timechart with (title='Calls an hour', kind=unstacked, ymin=0)",
         {"visualization": "timechart", "title": "Calls an hour", "kind": "unstacked", "yMin": "0"}),
        ("print '| render table' // | render map", {"visualization": None}),
    ],
)  # fmt: skip
def test_render(kql: str, expected: dict[str, object], query: Query) -> None:
    """The query's `render` is reported on request."""
    found = answered(query, kql, render=True)["render"]
    assert expected.items() <= found.items()


def test_partial() -> None:
    """An answer that was cut is a partial error, as from Azure, with the rows there are."""
    found = json.loads(
        api_response.encode(Table((("n", "long"),), [(1,)], cut="The answer has more than one row."))
    )
    assert found["tables"][0]["rows"] == [[1]]
    assert found["error"]["code"] == "PartialError"
    assert found["error"]["details"][0]["innererror"]["message"] == "The answer has more than one row."


def test_error() -> None:
    """An error has a message for people, and its place for a page."""
    error = QueryError(
        "No such thing on line 2, position 3.", reason="SEM0100", line=2, position=3, construct="x"
    )
    assert json.loads(api_response.encode_error(error)) == {
        "error": {
            "code": "BadArgumentError",
            "message": error.message,
            "innererror": {
                "code": "SEM0100",
                "message": error.message,
                "line": 2,
                "pos": 3,
                "token": "x",
            },
        }
    }


@pytest.mark.parametrize(
    ("header", "seconds", "statistics", "render"),
    [
        (None, 180, False, False),
        ("", 180, False, False),
        ("wait=60,include-statistics=true,include-render=true", 60, True, True),
        ("Wait=60 ; Include-Statistics = True", 60, True, False),
        ("wait=100000", 600, False, False),
        ("wait=0", 180, False, False),
        ("wait=-5,include-render=false,ai.response-thinning=true,,=", 180, False, False),
    ],
)
def test_preferences(header: str | None, seconds: float, statistics: bool, render: bool) -> None:
    """The header is read as the client writes it; other preferences mean nothing."""
    assert Preference.read(header) == Preference(seconds, statistics, render)


def body(found: ApiResponse) -> dict[str, Any]:
    """The body of a reply, decoded."""
    return json.loads(found.body)


@pytest.mark.parametrize(
    "posted",
    [
        *(
            b"",
            b"{",
            b"[]",
            b"null",
            b'{"query":5}',
            b'{"timespan":"P1D"}',
            b"\xff\xfe",
            b'{"query":"a","timespan":5}',
        ),
        json.dumps({"query": "x" * 100_001}).encode(),
        b"[" * 10_000,
    ],
)
def test_requests_that_are_none(posted: bytes, query: Query) -> None:
    """What is no request is refused with the reason."""
    for found in (respond(query, posted), respond_batch(query, posted)):
        assert found.status == 400
        assert body(found)["error"]["innererror"]["code"] == "InvalidRequest"


def test_request(query: Query) -> None:
    """A request is answered; fields it has besides mean nothing here."""
    posted = {"query": "print 1", "timespan": None, "workspaces": ["other"], "more": {}}
    found = respond(query, json.dumps(posted).encode(), "include-statistics=true")
    assert found.status == 200
    assert set(body(found)) == {"tables", "statistics"}
    wrong = respond(query, b'{"query":"print 1","timespan":"yesterday"}')
    assert (wrong.status, body(wrong)["error"]["innererror"]["code"]) == (400, "InvalidTimespan")


def test_batch(query: Query) -> None:
    """Each query of a batch has its own answer or error, under its id."""
    requests = [
        {
            "id": "1",
            "body": {"query": "print 1"},
            "headers": {"Prefer": "include-render=true"},
            "path": "/query",
        },
        {"id": "2", "body": {"query": "Nope"}, "workspace": "w"},
        {"id": "3", "body": {"query": "print 3", "timespan": "PT1H"}},
    ]
    found = respond_batch(query, json.dumps({"requests": requests}).encode())
    one, two, three = body(found)["responses"]
    assert [(each["id"], each["status"]) for each in (one, two, three)] == [
        ("1", 200),
        ("2", 400),
        ("3", 200),
    ]
    assert one["body"]["render"]["visualization"] is None
    assert "'Nope'" in two["body"]["error"]["message"]
    assert three["body"]["tables"][0]["rows"] == [[3]]


def test_batch_of_too_many(query: Query) -> None:
    """A batch has a limit."""
    requests = [{"id": str(number), "body": {"query": "print 1"}} for number in range(MOST_QUERIES + 1)]
    assert respond_batch(query, json.dumps({"requests": requests}).encode()).status == 400
    assert respond_batch(query, json.dumps({"requests": requests[1:]}).encode()).status == 200
