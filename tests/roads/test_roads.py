"""One view over all roads: the same columns by each, and each attempt once where they overlap."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import replace
from datetime import timedelta
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import httpx
import pytest

from dashboards.builder import query_validation
from dashboards.builder.columns import sample_values
from foundry_telemetry.investigate import sources
from foundry_telemetry.investigate.sources import Source
from foundry_telemetry.kql import compose, files, problems, roads, view
from foundry_telemetry.kql.export import export
from foundry_telemetry.kql.parameters import UNFILTERED, TimeRange, substitute
from foundry_telemetry.local.api.server import LocalAzureMonitor
from foundry_telemetry.local.ingest import row_builder
from tests.roads.conftest import (
    ROADS,
    START,
    Records,
    Road,
    collector,
    custom_events,
    direct,
    native,
    reached_by,
    rows,
)
from tests.support.logs import WORKSPACE
from tests.support.telemetry import envelope, fill

Monitors = Mapping[Road, LocalAzureMonitor]
HOUR_NS = 3600 * 10**9

ALL = (
    f"{view.TEXT}\nfoundry_attempts | extend case_id = tostring(Properties['foundry.tag.case']) "
    "| project-away Properties"
)

PAGE = Path(__file__).parents[2] / "docs/concepts/roads.md"


def _lost() -> Mapping[Road, tuple[str, ...]]:
    """By road, the columns that the page says it does not carry."""
    table = PAGE.read_text("utf-8").split("<!-- roads:start -->")[1].split("<!-- roads:end -->")[0]
    cells = table.strip().splitlines()[-1].split("|")[2:-1]
    order = (direct, collector, native, custom_events)
    return {road: tuple(re.findall(r"`(\w+)`", cell)) for road, cell in zip(order, cells, strict=True)}


LOST = _lost()

COUNT = (
    f"{view.TEXT}\nfoundry_attempts | summarize count(), sum(input_tokens), sum(output_tokens), "
    "round(sum(cost_usd), 9), dcount(tostring(Properties['foundry.tag.case']))"
)


@pytest.mark.parametrize("road", [native, collector, custom_events])
def test_each_road_has_the_same_columns(road: Road, monitors: Monitors) -> None:
    """Every value of every attempt is the one that the Azure exporter brings, but for what a road loses."""
    names, expected = rows(monitors[direct], ALL)
    kept = [name for name in names if name not in LOST[road]]
    found_names, found = rows(monitors[road], ALL)
    assert found_names == names
    assert not any(row[names.index(name)] for row in found for name in LOST[road])
    assert _by_case(found_names, found, kept) == _by_case(names, expected, kept)
    assert len(found) == len(expected) > 60


def _by_case(
    names: Sequence[str], found: Sequence[tuple[object, ...]], kept: Sequence[str]
) -> dict[object, dict[str, Any]]:
    dicts = [dict(zip(names, row, strict=True)) for row in found]
    return {row["case_id"]: {name: row[name] for name in kept} for row in dicts}


@pytest.mark.parametrize(
    "ways",
    [
        pytest.param([(direct, 0, 2), (collector, 1, 3)], id="half of them by both"),
        pytest.param([(direct, 0, 3), (native, 0, 3), (collector, 0, 3)], id="all by all"),
        pytest.param([(native, 0, 3), (native, 1, 2)], id="delivered twice"),
        pytest.param(
            [(collector, 0, 3), (collector, 0, 3), (collector, 2, 3)], id="delivered again and again"
        ),
        pytest.param([(direct, 0, 1), (collector, 1, 2), (native, 2, 3)], id="a road each"),
        pytest.param(
            [(direct, 1, 3), (direct, 1, 2), (native, 0, 2)], id="two copies of one road, and another"
        ),
        pytest.param(
            [(direct, 0, 2), (direct, 0, 1), (collector, 2, 3)],
            id="copies far from where another road begins",
        ),
    ],
)
def test_each_attempt_counts_once(
    ways: list[tuple[Road, int, int]], records: Records, monitors: Monitors
) -> None:
    """However many roads an attempt came by, and however often."""
    third = -(-len(records) // 3)
    sent = [(road, records[first * third : last * third]) for road, first, last in ways]
    _, expected = rows(monitors[direct], COUNT)
    with reached_by(*sent) as azure:
        _, found = rows(azure, COUNT)
    assert found == expected


def test_the_kept_columns_answer_as_the_text_does(records: Records) -> None:
    """Where roads overlap in some hours, the store's own view has the rows that the text of the view has."""
    third, again = len(records) // 3, records[10:14]
    ways = (direct, records[: 2 * third]), (direct, again), (native, records[third:]), (collector, again)
    in_other_words = ALL.replace("AppEvents | where", "AppEvents | where ItemCount > -1 | where", 1)
    assert view.recognise(ALL)
    assert not view.recognise(in_other_words)
    with reached_by(*ways, (custom_events, records[-2:])) as azure:
        names, found = rows(azure, ALL)
        expected = rows(azure, in_other_words)
    assert (names, found) == expected
    assert len(found) == len(records) - 1  # one is a line of the application


@pytest.mark.parametrize("road", [native, collector])
def test_an_older_store_gets_the_columns(road: Road, records: Records, tmp_path: Path) -> None:
    """A file of before the columns were kept for each road answers the same once it is opened."""
    path = tmp_path / "telemetry.duckdb"
    with LocalAzureMonitor(path, retention_days=36_500) as azure:
        road(azure, records)
        expected = rows(azure, ALL)
    with duckdb.connect(str(path)) as connection:
        connection.execute("DROP VIEW stored.attempts_by_road")
        for table in ("AppTraces", "OTelLogs"):
            for column in row_builder.hidden_columns(table):
                connection.execute(f'ALTER TABLE stored."{table}" DROP COLUMN "{column}"')
    with LocalAzureMonitor(path, retention_days=36_500) as azure:
        assert rows(azure, ALL) == expected
    assert len(expected[1]) > 60


def test_rows_without_a_role_count_once(records: Records, monitors: Monitors) -> None:
    """Beside another road they are known by their call, and the other's row has the role."""
    with reached_by((custom_events, records), (collector, records)) as azure:
        _, found = rows(azure, COUNT)
        _, roles = rows(azure, f"{view.TEXT}\nfoundry_attempts | summarize count() by AppRoleName")
    assert found == rows(monitors[direct], COUNT)[1]
    assert [role for role, _ in roles] == ["shop.orders"]


COMMANDS = ("cost_cells", "cost_days", "slices", "calls")
"""Of the commands' questions those over all attempts."""


def _panels() -> dict[str, str]:
    """The queries of the workbook for the day of the attempts, with everything chosen."""
    workbook = json.loads((files.folder() / files.WORKBOOK).read_bytes())
    day = TimeRange(START, START + timedelta(days=1), timedelta(minutes=30))
    values = sample_values(workbook)
    values |= {name: day for name, value in values.items() if isinstance(value, TimeRange)}
    return {
        f"{n} {place}": substitute(text, values) for n, (place, text) in enumerate(problems.queries(workbook))
    }


@pytest.mark.slow
@pytest.mark.parametrize("part", [0, *(pytest.param(part, marks=pytest.mark.long) for part in (1, 2))])
def test_panels_and_commands_have_the_same_answers(part: int, records: Records, monitors: Monitors) -> None:
    """By whichever roads the attempts came: what the workbook and the commands ask is answered the same."""
    commands = query_validation.of_investigations()
    asked = _panels() | {f"investigate/{name}.kql": commands[f"investigate/{name}.kql"] for name in COMMANDS}
    half = len(records) // 2
    ways = (direct, records[:half]), (native, records[half // 2 :]), (collector, records[-half:])
    answered = 0
    with reached_by(*ways) as azure:
        for place, text in islice(asked.items(), part, None, 3):
            if view.recognise(text) is not None:
                expected = rows(monitors[direct], text)
                assert rows(azure, text) == expected, place
                answered += bool(expected[1])
    assert answered > 12


class _Noting:
    """A client of Log Analytics that notes what it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def query_workspace(self, _: str, text: str, **__: object) -> Any:
        self.asked.append(text)
        return SimpleNamespace(tables=[])


def test_a_table_can_be_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the commands' queries by a variable, which is refused where it names another table."""
    noting: Any = _Noting()
    monkeypatch.setattr(sources, "azure", lambda *_: Source(noting, WORKSPACE, "x", is_local=False))
    source = sources.choose(None, WORKSPACE, None, {sources.WITHOUT: "AppTraces, OTelLogs"})
    source.answer(view.TEXT)
    source.answer(compose.view_text())
    for text in noting.asked:
        words = compose.words(text)
        assert ("AppEvents" in words, words & {"AppTraces", "OTelLogs"}) == (True, frozenset())
        assert text.count("(") == text.count(")")
    with pytest.raises(
        sources.SourceError, match="has AppEvents; expected one or more of AppTraces, OTelLogs"
    ):
        sources.choose(None, WORKSPACE, None, {sources.WITHOUT: "AppEvents"})


def test_exported_files_can_leave_it_out(tmp_path: Path) -> None:
    """Every file that has the view, JSON or not, and nothing else changes."""
    export(tmp_path, without=["AppTraces"])
    whole, less = (
        json.loads((folder / files.WORKBOOK).read_bytes()) for folder in (files.folder(), tmp_path)
    )
    views = [_parameter(workbook, compose.LEDGER) for workbook in (whole, less)]
    assert [compose.words(text) & {"AppTraces", "OTelLogs"} for text in views] == [
        {"AppTraces", "OTelLogs"},
        {"OTelLogs"},
    ]
    with reached_by() as azure:
        assert azure.query(f"{views[1]}\n{roads.LEDGER} | count").rows == [(0,)]
    for name in files.queries():
        text = (tmp_path / f"queries/{name}.kql").read_text("utf-8")
        assert "(AppTraces | where" not in text


def _parameter(workbook: dict[str, Any], name: str) -> str:
    [found] = [one for one in workbook["items"][0]["content"]["parameters"] if one["name"] == name]
    return str(found["value"])


@pytest.mark.parametrize("road", ROADS)
def test_the_page_counts_them(road: Road, records: Records, monitors: Monitors) -> None:
    """What the head of the page says, and whether a panel calls the store empty, goes by all roads."""
    azure = monitors[road]
    found = httpx.get(f"{azure.url}/status.json", headers=azure.headers).json()["attempts"]
    assert found["rows"] == len(records) - 1  # one is a line of the application
    assert found["first"] == "2026-11-21T01:00:00Z"


def test_a_ledger_event_is_no_log_line(records: Records, monitors: Monitors) -> None:
    """Where the ledger comes in the table of logs, the log lines of a call are those of the application."""
    one = f"{view.TEXT}\nfoundry_attempts | take 1 | project OperationId, call_id"
    [(trace, call)] = rows(monitors[collector], one)[1]
    text = substitute(compose.whole("call_logs").replace("ago(90d)", "ago(3650d)"), {"CallId": str(call)})
    assert trace
    assert monitors[collector].query(text).rows == []


@pytest.mark.parametrize("road", [collector, native])
def test_an_alert_rule_counts_once_what_came_twice(road: Road, records: Records) -> None:
    """Rules read one table, in which a road may deliver a row again."""
    [alone] = (one.alone for one in roads.OTHERS if (one.table == "OTelLogs") == (road is native))
    with reached_by((road, records), (road, records[:9])) as azure:
        assert azure.query(f"{alone}\n{roads.LEDGER} | count").rows == [(len(records) - 1,)]


def test_what_a_service_drops_stands_with_its_version(records: Records) -> None:
    """A Collector leaves the version of metrics among their properties, as that of the ledger."""
    point = {"name": "foundry.telemetry.dropped", "value": 3, "count": 1}
    data = {"metrics": [point], "properties": {"service.version": "1.4.2"}}
    day = TimeRange(START, START + timedelta(days=1), timedelta(hours=1))
    text = substitute(compose.whole("telemetry_by_service"), {**UNFILTERED, "TimeRange": day})
    with reached_by((collector, records[:1])) as azure:
        fill(azure.store, [envelope("MetricData", data, START, tags={"ai.cloud.role": "shop.orders"})])
        found = azure.query(f"{text} | project service, version, state, attempts, dropped").rows
    assert found == [("shop.orders", "1.4.2", "dropping", 1, 3.0)]


def test_an_attempt_at_the_edge_of_an_hour_counts_once(records: Records) -> None:
    """Roads round a time in ways of their own, so its rows may be in two hours."""
    edge = next(one for one in records if not (one.log_record.timestamp or 1) % HOUR_NS)
    before = copy(edge.log_record)
    before.timestamp = (edge.log_record.timestamp or 0) - 1000
    with reached_by((direct, [edge]), (collector, [replace(edge, log_record=before)])) as azure:
        for text in (ALL, ALL.replace("AppEvents | where", "AppEvents | where ItemCount > -1 | where", 1)):
            assert len(rows(azure, text)[1]) == 1


def test_a_road_that_comes_later_is_read_too(records: Records) -> None:
    """That the ledger had come by one road when a query was first asked does not hold for the next rows."""
    text = f"{view.TEXT}\nfoundry_attempts | count"
    with reached_by((direct, records[:2])) as azure:
        before = azure.query(text).rows
        collector(azure, records[2:])
        assert azure.query(text).rows[0][0] > before[0][0]
