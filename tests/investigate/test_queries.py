"""The command line's queries: each is asked, takes checked values alone, and means the same in Azure."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb_kql
import pytest

from dashboards.builder.query_validation import of_investigations
from foundry_telemetry.investigate import queries
from foundry_telemetry.investigate.incident import slice_query, slices
from foundry_telemetry.investigate.incident.dimensions import DIMENSIONS, tag
from foundry_telemetry.investigate.ticket.ids import read_id
from foundry_telemetry.kql import compose, files
from foundry_telemetry.kql.literals import literal
from foundry_telemetry.kql.parameters import TimeRange, substitute
from foundry_telemetry.local.api.server import LocalAzureMonitor
from tests.dashboards.engine import Workspace
from tests.dashboards.rows import END, make_rows
from tests.investigate.history import put
from tests.investigate.ledgers import attempt
from tests.support.kusto import need_parser

WINDOW = TimeRange(END - timedelta(hours=2), END, timedelta(minutes=1))
SEARCHED = TimeRange(END - timedelta(days=90), END + timedelta(hours=1), timedelta(hours=1))
TRACE = "95e4c3090d9c1015f500ccb4f316c3de"
HOSTILE = ("' or 1 == 1", "a' | union AppTraces //", "back\\slash", "{Window:start}", "\u202e", "É")


class Listening:
    """A source that notes what it is asked, as text; there is no answer."""

    name = "nobody"
    is_local = True

    def __init__(self) -> None:
        self.asked: dict[str, str] = {}

    def ask(self, query: str, values: Any, _: object = ()) -> list[Any]:
        """Note it."""
        return self.answer(substitute(compose.composed(files.investigation(query)), values))

    def answer(self, text: str, _: object = ()) -> list[Any]:
        """Note it by the beginning of its file."""
        (name,) = [one for one in files.investigations() if _about(files.investigation(one)) in text]
        self.asked[name] = text
        return []


def _about(text: str) -> str:
    return text.partition("\n")[0]


def all_asked(
    value: str = "overloaded", trace: str = TRACE, ident: str = "req_1", scope: str = "true"
) -> dict[str, str]:
    """Every question but those of `cost` and of content, as text, with a value from the store."""
    source: Any = Listening()
    of = slice_query.window(WINDOW.start, WINDOW.end)
    queries.call(source, read_id(ident), SEARCHED)
    queries.related_telemetry(source, trace, END, END)
    queries.size(source, scope, of.times)
    queries.properties(source, scope, of.now)
    queries.calls(source, scope, of.now, "call_id startswith '0' or isempty(call_id)")
    slice_query.ask(source, of, scope, (*DIMENSIONS, tag("tenant")))
    queries.examples(source, scope, f"error_type == {literal(value)}", value, of.now)
    asked: dict[str, str] = source.asked
    return asked


def test_every_query_is_asked() -> None:
    """No file lies there unused, none is missing, and each gets all its parameters."""
    asked = all_asked()
    elsewhere = ("cost_", "content", "tag_keys")  # `tests/content` asks those of content, `cost` the others
    assert set(asked) == {name for name in files.investigations() if not name.startswith(elsewhere)}
    for text in asked.values():
        assert "{" not in text
    checked = {place.split()[0] for place in of_investigations()}
    assert checked == {f"investigate/{name}.kql" for name in files.investigations()}


@pytest.mark.slow
def test_microsofts_parser_finds_nothing_wrong() -> None:
    """Every question as it is sent, with whatever the store may have as class, service or value."""
    need_parser()
    from dashboards.builder import kusto

    asked = dict(of_investigations())
    for number, value in enumerate(HOSTILE):
        scope = f"AppRoleName == {literal(value)} and tostring(Properties[{literal(value)}]) == 'x'"
        asked |= {f"{name} {number}": text for name, text in all_asked(value, scope=scope).items()}
    verdicts = kusto.check(asked)
    assert set(verdicts) == set(asked)
    assert [(name, str(one)) for name, verdict in verdicts.items() for one in verdict.problems] == []


@pytest.mark.parametrize("value", ["' or 1 == 1", "a b", "É", 'x"', "x\n", "x" * 65])
def test_a_trace_id_that_is_none_is_not_asked_for(value: str) -> None:
    """A trace id from the store that could end a string never gets into a query."""
    assert "trace" not in all_asked(trace=value)


@pytest.mark.parametrize("value", HOSTILE)
def test_a_stored_class_is_a_string_of_kql(empty_azure: LocalAzureMonitor, value: str) -> None:
    """A class from the store finds its own failures, and nothing else, whatever it is made of."""
    failed = {"status": 529, "outcome": "error", "error_type": value, "error_owner": "model_service"}
    put(empty_azure.store, [attempt(END - timedelta(minutes=5), number) for number in range(3)])
    put(empty_azure.store, [attempt(END - timedelta(minutes=2), 7, **failed)])
    table = empty_azure.query(all_asked(value)["examples"], now=END)
    assert [row[4] for row in table.rows] == [f"{7:016x}"] * 2  # the first and the newest


@pytest.mark.slow
@pytest.mark.parametrize("name", ["slices", "size", "tagged", "calls", "examples", "call"])
@pytest.mark.parametrize("seed", range(2))
def test_azure_and_local_mean_the_same(empty_azure: LocalAzureMonitor, name: str, seed: int) -> None:
    """Where all properties are text in JSON the answer is that of the typed store."""
    rows = make_rows(seed)
    failed = next(row for row in rows if row.error_type == "overloaded" and row.call_id)
    text = all_asked(ident=failed.call_id)[name]
    workspace = Workspace(rows)
    answer = duckdb_kql.query(workspace._connection, text, query_now=END)
    put(empty_azure.store, rows, lambda row: row.version)
    table = empty_azure.query(text, now=END)
    assert list(answer.columns) == [column for column, _ in table.columns]
    there = [_row(table.columns, row) for row in answer.fetchall()]
    here = [_row(table.columns, row) for row in table.rows]
    assert sorted(there, key=repr) == sorted(here, key=repr)
    assert here


def _row(columns: Any, cells: Any) -> tuple[object, ...]:
    """A row; lists that stand side by side in it are sorted together, as they have no order."""
    values = {name: _cell(cell, name) for (name, _), cell in zip(columns, cells, strict=True)}
    lists = {name: value for name, value in values.items() if isinstance(value, list)}
    if "error_type" in lists:
        lists |= {name: _filled(lists[name], lists["error_type"]) for name in slices.OF_SUCCEEDED}
    together = sorted(zip(*(map(_rounded, value) for value in lists.values()), strict=True), key=repr)
    return tuple(together if name in lists else value for name, value in values.items())


def _filled(of_succeeded: list[Any], errors: list[str]) -> list[Any]:
    """A list that has entries of successes alone, with one for each failure too."""
    entries = iter(of_succeeded)
    filled = [None if error else next(entries) for error in errors]
    assert not list(entries)
    return filled


def _rounded(number: object) -> object:
    """A sum without its last digits, which depend on the order of its parts."""
    return round(number, 6) + 0.0 if isinstance(number, int | float) else number


def _cell(cell: object, name: str) -> object:
    """A value without what differs between engines and means nothing: the zone, and empty for unknown."""
    if isinstance(cell, datetime):
        return cell.replace(tzinfo=UTC)
    if isinstance(cell, str) and cell.startswith("{"):
        return ""  # JSON, whose blanks may differ
    if name in slice_query._LISTS and isinstance(cell, str) and cell.startswith("["):
        return json.loads(cell)  # one engine answers with lists, the other with their JSON
    return "" if cell is None else cell
