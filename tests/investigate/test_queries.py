"""The command line's queries: each is asked, takes checked values alone, and means the same in Azure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb_kql
import pytest

from dashboards.builder.query_validation import of_investigations
from foundry_telemetry.investigate import queries
from foundry_telemetry.investigate.queries import Failure, tags_of
from foundry_telemetry.investigate.ticket.ids import read_id
from foundry_telemetry.kql import compose, files
from foundry_telemetry.kql.parameters import TimeRange, Value, substitute
from foundry_telemetry.local.api.server import LocalAzureMonitor
from foundry_telemetry.schema.value import TAG_PREFIX
from tests.dashboards.engine import Workspace
from tests.dashboards.rows import END, make_rows
from tests.investigate.history import put

WINDOW = TimeRange(END - timedelta(hours=2), END, timedelta(minutes=1))
SEARCHED = TimeRange(END - timedelta(days=90), END + timedelta(hours=1), timedelta(hours=1))
TRACE = "95e4c3090d9c1015f500ccb4f316c3de"


class Listening:
    """A source that notes what it is asked."""

    name = "nobody"
    is_local = True

    def __init__(self) -> None:
        self.asked: dict[str, Mapping[str, Value]] = {}

    def ask(self, query: str, values: Mapping[str, Value], raw: object = ()) -> list[Mapping[str, Any]]:
        """Note it, and answer nothing."""
        self.asked[query] = values
        return []


def all_asked(error_type: str = "overloaded", trace: str = TRACE) -> Mapping[str, Mapping[str, Value]]:
    """The values of every question that there is."""
    source: Any = Listening()
    queries.call(source, read_id("req_1"), SEARCHED)
    queries.related_telemetry(source, trace, END, END)
    queries.groups(source, WINDOW)
    queries.timeline(source, WINDOW)
    queries.calls(source, WINDOW)
    queries.failures(source, error_type, "quota", WINDOW, WINDOW)
    asked: Mapping[str, Mapping[str, Value]] = source.asked
    return asked


def test_every_query_is_asked() -> None:
    """No file lies there unused, none is missing, and each gets all its parameters."""
    asked = all_asked()
    assert set(asked) == {name for name in files.investigations() if not name.startswith("cost_")}
    for name, values in asked.items():
        assert "{" not in substitute(compose.composed(files.investigation(name)), values)
    assert len(of_investigations()) == len(files.investigations())


@pytest.mark.parametrize("value", ["' or 1 == 1", "a b", "É", 'x"', "x\n", "x" * 65])
def test_a_stored_value_that_is_no_word_is_not_asked_for(value: str) -> None:
    """A class or a trace id from the store that could end a string never gets into a query."""
    assert "failures" not in all_asked(error_type=value)
    assert "trace" not in all_asked(trace=value)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["groups", "timeline", "calls", "failures", "call"])
@pytest.mark.parametrize("seed", range(2))
def test_azure_and_local_mean_the_same(name: str, seed: int) -> None:
    """Where all properties are text in JSON the answer is that of the typed store."""
    rows = make_rows(seed)
    failed = next(row for row in rows if row.error_type == "overloaded" and row.call_id)
    values = dict(all_asked()[name]) | {"Owner": failed.error_owner or "", "Id": failed.call_id}
    text = substitute(compose.composed(files.investigation(name)), values)
    workspace = Workspace(rows)
    answer = duckdb_kql.query(workspace._connection, text, query_now=END)
    with LocalAzureMonitor(retention_days=36_500) as azure:
        put(azure.store, rows, lambda row: row.version)
        table = azure.query(text, now=END)
    assert list(answer.columns) == [column for column, _ in table.columns]
    there = [tuple(_cell(cell) for cell in row) for row in answer.fetchall()]
    here = [tuple(_cell(cell) for cell in row) for row in table.rows]
    assert sorted(there, key=repr) == sorted(here, key=repr)
    assert here


def _cell(cell: object) -> object:
    """A value without what differs between engines and means nothing: the zone, and empty for not told."""
    if isinstance(cell, datetime):
        return cell.replace(tzinfo=UTC)
    if isinstance(cell, str) and cell.startswith("{"):
        return ""  # JSON, whose blanks may differ
    return "" if cell is None else cell


@pytest.mark.parametrize(
    ("reported", "tags"),
    [
        (None, {}),
        ("", {}),
        ("[1]", {}),
        ("{", {}),
        ("[" * 100_000, {}),
        ('{"foundry.tag.tenant": "acme", "other": "x", "foundry.tag.n": 5}', {"tenant": "acme"}),
        ('{"foundry.tag.\\u001b": "\\u202e"}', {"\\u001b": "\\u202e"}),
    ],
)
def test_tags(reported: str | None, tags: dict[str, str]) -> None:
    """Tags are read from whatever the properties are, and made harmless."""
    assert tags_of(Failure(ended=END, properties=reported), TAG_PREFIX) == tags
