"""The real client of Log Analytics, sync and async, against the local Azure Monitor."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from azure.core.exceptions import HttpResponseError
from azure.monitor.query import LogsBatchQuery, LogsQueryStatus

from foundry_telemetry.local.api.server import LocalAzureMonitor
from foundry_telemetry.local.engine import query as module
from tests.support.kql_cases import rows as rows_of
from tests.support.logs import RESOURCE, WORKSPACE, async_logs_client, logs_client
from tests.support.telemetry import dependency, event, fill

Ask = Callable[..., Any]

NOW = datetime.now(UTC).replace(microsecond=123_000)
AGES = (timedelta(minutes=1), timedelta(hours=5), timedelta(days=3))


@pytest.fixture(scope="module")
def azure() -> Iterator[LocalAzureMonitor]:
    """Three events of the last days, and the dependencies of the KQL cases."""
    with LocalAzureMonitor(retention_days=36_500) as azure:
        fill(azure.store, [event(NOW - age, "checkout", rate=50.0, cart="3 'items'") for age in AGES])
        fill(azure.store, map(dependency, rows_of("AppDependencies")))
        yield azure


@pytest.fixture(params=["sync", "async"])
def ask(request: pytest.FixtureRequest, azure: LocalAzureMonitor) -> Ask:
    """Calls a method of either client by name."""

    def sync(method: str, *args: Any, **options: Any) -> Any:
        with logs_client(azure.url) as client:
            return getattr(client, method)(*args, **options)

    async def awaited(method: str, *args: Any, **options: Any) -> Any:
        async with async_logs_client(azure.url) as client:
            call: Callable[..., Awaitable[Any]] = getattr(client, method)
            return await call(*args, **options)

    if request.param == "sync":
        return sync
    return lambda *args, **options: asyncio.run(awaited(*args, **options))


def test_rows(ask: Ask) -> None:
    """Rows come back with names and types, times as aware datetimes, JSON as text."""
    columns = "TimeGenerated, Name, ItemCount, Properties, x = 1.5, y = 1d"
    kql = f"AppEvents | where Name == 'checkout' | project {columns} | order by TimeGenerated desc"
    answer = ask("query_workspace", WORKSPACE, kql, timespan=None)
    assert answer.status == LogsQueryStatus.SUCCESS
    (table,) = answer.tables
    assert table.name == "PrimaryResult"
    assert table.columns == ["TimeGenerated", "Name", "ItemCount", "Properties", "x", "y"]
    assert table.columns_types == ["datetime", "string", "int", "dynamic", "real", "timespan"]
    assert [row["TimeGenerated"] for row in table.rows] == [NOW - age for age in AGES]
    first = table.rows[0]
    assert (first["Name"], first["ItemCount"], first["x"], first["y"]) == ("checkout", 2, 1.5, "1.00:00:00")
    assert json.loads(first["Properties"]) == {"cart": "3 'items'"}


@pytest.mark.parametrize(
    ("timespan", "rows"),
    [
        (None, 3),
        (timedelta(hours=4), 1),  # far from the ages, as a run may take long
        (timedelta(days=1), 2),
        ((NOW - timedelta(days=4), NOW - timedelta(days=1)), 1),
        ((NOW - timedelta(days=4), timedelta(days=3, hours=20)), 2),
        ((NOW - AGES[1], NOW - AGES[0]), 2),
    ],
)
def test_timespan(timespan: Any, rows: int, ask: Ask) -> None:
    """Every form of timespan that the client has limits the rows."""
    answer = ask("query_workspace", WORKSPACE, "AppEvents | count", timespan=timespan)
    assert answer.tables[0].rows[0][0] == rows


def test_resource(ask: Ask) -> None:
    """A resource is queried like a workspace, and knows the older names as well."""
    kql = "customEvents | summarize n = count(), newest = max(timestamp)"
    answer = ask("query_resource", RESOURCE, kql, timespan=timedelta(days=2))
    assert tuple(answer.tables[0].rows[0]) == (2, NOW - AGES[0])


def test_statistics_and_visualization(ask: Ask) -> None:
    """Both are there on request, and not otherwise."""
    kql = "AppEvents | summarize n = count() by Name | render piechart with (title='Who')"
    answered = ask(
        "query_workspace", WORKSPACE, kql, timespan=None, include_statistics=True, include_visualization=True
    )
    assert answered.statistics["query"]["datasetStatistics"][0]["tableRowCount"] == 1
    assert (answered.visualization["visualization"], answered.visualization["title"]) == ("piechart", "Who")
    plain = ask("query_workspace", WORKSPACE, kql, timespan=None, server_timeout=30)
    assert (plain.statistics, plain.visualization) == (None, None)


def test_batch(ask: Ask) -> None:
    """A batch answers each query in order: rows, or why there are none."""
    queries = [
        LogsBatchQuery(WORKSPACE, "AppEvents | count", timespan=timedelta(hours=1)),
        LogsBatchQuery(WORKSPACE, "AppEvents\n| where Nope == 1", timespan=None),
        LogsBatchQuery(WORKSPACE, "AppEvents | count", timespan=None, include_statistics=True),
    ]
    first, second, third = ask("query_batch", queries)
    assert [each.status for each in (first, second, third)] == [
        LogsQueryStatus.SUCCESS,
        LogsQueryStatus.FAILURE,
        LogsQueryStatus.SUCCESS,
    ]
    assert (first.tables[0].rows[0][0], third.tables[0].rows[0][0]) == (1, 3)
    assert (first.statistics, third.statistics["query"]["datasetStatistics"][0]["tableRowCount"]) == (None, 1)
    assert second.code == "BadArgumentError"
    assert second.message.endswith("named 'Nope' on line 2, position 9.")


@pytest.mark.parametrize(
    ("kql", "timespan", "message"),
    [
        ("AppEvents | wher x", None, "could not be parsed at 'wher' on line 1"),
        ("AppEvents\n| reduce by Name", None, "'reduce' on line 2"),
        ("NoSuchTable | count", None, "expression named 'NoSuchTable' on line 1"),
        ("AppEvents | summarize sum(Name)", None, "'sum' is not defined for (string) on line 1"),
        (".show tables", None, "Control commands"),
        ("AppEvents | count", (NOW, NOW - timedelta(days=1)), "timespan"),
    ],
)
def test_errors(kql: str, timespan: Any, message: str, ask: Ask) -> None:
    """What cannot be answered raises the client's own error, with the message and the code."""
    with pytest.raises(HttpResponseError) as raised:
        ask("query_workspace", WORKSPACE, kql, timespan=timespan)
    error = raised.value
    assert error.status_code == 400
    assert error.error is not None
    assert error.error.code == "BadArgumentError"
    assert message in str(error)


def test_a_query_that_takes_too_long(ask: Ask) -> None:
    """The timeout of the client holds."""
    endless = (
        "range a from 1 to 60000 step 1 | extend k = 1"
        " | join kind=inner (range b from 1 to 60000 step 1 | extend k = 1) on k"
        " | where a * b % 7919 == 1 | summarize dcount(strcat(a, b))"
    )
    with pytest.raises(HttpResponseError) as raised:
        ask("query_workspace", WORKSPACE, endless, timespan=None, server_timeout=1)
    assert raised.value.status_code == 504


def test_partial(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that is too large is a partial one: the rows there are, and why the others are not."""
    monkeypatch.setattr(module, "MOST_ROWS", 100)
    answer = ask("query_workspace", WORKSPACE, "AppDependencies | project Id", timespan=None)
    assert answer.status == LogsQueryStatus.PARTIAL
    assert len(answer.partial_data[0].rows) == 100
    assert "more than 100 rows" in answer.partial_error.message


def test_many_rows(ask: Ask) -> None:
    """Ten thousand rows with every type arrive whole."""
    kql = """
        range n from 1 to 10000 step 1
        | extend at = datetime(2026-01-01T00:00:00Z) + n * 1ms, text = strcat('é', n), half = n / 2.0,
            even = n % 2 == 0, bag = bag_pack('n', n), took = n * 1s, nothing = real(null)
        | order by n asc"""
    (table,) = ask("query_workspace", WORKSPACE, kql, timespan=None).tables
    assert len(table.rows) == 10_000
    last = dict(zip(table.columns, table.rows[-1], strict=True))
    assert last == {
        "n": 10_000,
        "at": datetime(2026, 1, 1, 0, 0, 10, tzinfo=UTC),
        "text": "é10000",
        "half": 5_000.0,
        "even": True,
        "bag": '{"n":10000}',
        "took": "02:46:40",
        "nothing": None,
    }


def test_at_once(azure: LocalAzureMonitor) -> None:
    """Many queries at once are all answered, each for itself."""

    async def scenario() -> list[Any]:
        async with async_logs_client(azure.url) as client:
            answered = [
                client.query_workspace(WORKSPACE, f"print {number}", timespan=None) for number in range(40)
            ]
            return list(await asyncio.gather(*answered))

    answers = asyncio.run(scenario())
    assert [answer.tables[0].rows[0][0] for answer in answers] == list(range(40))


@pytest.mark.parametrize("path", [f"/v1/workspaces/{WORKSPACE}/query", f"/v1{RESOURCE}/query", "/v1/$batch"])
@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"query": 1}', b'"' * 100_000])
def test_broken_requests(path: str, body: bytes, azure: LocalAzureMonitor) -> None:
    """A request that is none gets a 400 in the shape of the API, and the server goes on."""
    answer = httpx.post(azure.url + path, content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert set(answer.json()["error"]) >= {"code", "message", "innererror"}
    assert (
        httpx.post(azure.url + path.replace("$batch", "x/query"), json={"query": "print 1"}).status_code
        == 200
    )
