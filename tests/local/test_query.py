"""KQL over the store: the present, times, limits, and what is no query."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from foundry_telemetry.kql import view
from foundry_telemetry.local.engine import query as module
from foundry_telemetry.local.engine import translation
from foundry_telemetry.local.engine.query import Query, QueryError
from foundry_telemetry.local.store.store import Store
from tests.support.telemetry import NOON, envelope, event, fill, ledger

HOURS = 48
COUNT = f"{view.TEXT}\nfoundry_attempts | count"
ENDLESS = (
    "range a from 1 to 60000 step 1 | extend k = 1"
    " | join kind=inner (range b from 1 to 60000 step 1 | extend k = 1) on k"
    " | where a * b % 7919 == 1 | summarize dcount(strcat(a, b))"
)
JOINED = "datatable(t: datetime)[datetime(2020-01-01 00:00), datetime(2020-01-02 00:00)]"


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    """One ledger row, one other event and one log line for each of the last 48 hours before noon."""
    with Store(retention_days=36_500) as store:
        for hour in range(HOURS):
            at = NOON - timedelta(hours=hour)
            fill(
                store,
                [
                    ledger({"foundry.call.id": f"{hour}", "foundry.duration_ms": f"{hour}.5"}, at),
                    event(at, "checkout"),
                    envelope("MessageData", {"message": f"line {hour}"}, at),
                ],
            )
        yield store


@pytest.fixture(scope="module")
def query(store: Store) -> Query:
    """Asks that store."""
    return Query(store)


@pytest.mark.slow
def test_columns_have_kql_types(query: Query) -> None:
    """Columns come in order with the names and types of KQL, and an answer without rows has them too."""
    columns = "TimeGenerated, Name, ItemCount, Properties, x = 1.5, y = 1s"
    text = "AppEvents | where Name == '{}' | project " + columns + " | take 1"
    found = query.run(text.format("checkout"))
    names = ["TimeGenerated", "Name", "ItemCount", "Properties", "x", "y"]
    kinds = ["datetime", "string", "int", "dynamic", "real", "timespan"]
    assert found.columns == tuple(zip(names, kinds, strict=True))
    assert len(found.rows) == 1
    none = query.run(text.format("nothing"))
    assert (none.columns, none.rows) == (found.columns, [])


def test_sorted_rows_stay_sorted(query: Query) -> None:
    """The order of a query holds for all its rows, however many threads make them."""
    answer = query.run("range n from 1 to 300000 step 1 | project k = (n * 7919) % 300007 | order by k asc")
    assert answer.rows == sorted(answer.rows)
    assert len(answer.rows) == 300_000


def test_now_is_evaluated_anew(query: Query) -> None:
    """`now()` and `ago()` mean the moment of each run, although the translation is kept."""
    text = "print now(), ago(1h) | union (AppEvents | where TimeGenerated > ago(90m) | summarize count())"
    for moment in (NOON, NOON - timedelta(days=1)):
        naive = moment.replace(tzinfo=None)
        first, second = query.run(text, now=moment).rows
        assert {first[:2], second[:2]} == {(naive, naive - timedelta(hours=1)), (None, None)}
    hits = query._translator._by_text.cache_info().hits
    counted = [
        query.run("AppEvents | where TimeGenerated > ago(90m) | count", now=NOON).rows for _ in range(2)
    ]
    assert counted == [[(4,)], [(4,)]]
    assert query._translator._by_text.cache_info().hits == hits + 1


def test_now_is_the_present(query: Query) -> None:
    """Where no moment is given it is the present, in UTC."""
    before = datetime.now(UTC).replace(tzinfo=None)
    ((found,),) = query.run("print now()").rows
    assert before <= found <= datetime.now(UTC).replace(tzinfo=None)


def test_a_moment_with_an_offset(query: Query) -> None:
    """A moment with a time zone is that instant."""
    ((found,),) = query.run("print now()", now=datetime.fromisoformat("2026-01-01T02:00:00+02:00")).rows
    assert found == datetime.fromisoformat("2026-01-01T00:00:00")


def test_translation_is_kept_for_other_instants(query: Query) -> None:
    """A text that differs in its instants alone is translated once, and answers for its own instants."""
    text = (
        f"{view.TEXT} let start = datetime({{}}); let end = datetime({{}}Z); "
        "foundry_attempts | where TimeGenerated >= start and TimeGenerated < end | count"
    )
    before = query._translator._by_shape.cache_info()
    for hours in (1, 5, 9):
        start, end = NOON.replace(tzinfo=None) - timedelta(hours=hours), NOON.replace(tzinfo=None)
        assert query.run(text.format(f"{start:%F %T}", end.isoformat())).rows == [(hours,)]
    after = query._translator._by_shape.cache_info()
    assert (after.misses - before.misses, after.hits - before.hits) == (1, 2)


@pytest.mark.parametrize(
    ("kql", "answer"),
    [
        ("set query_now = datetime(2020-01-01T00:00:00Z); print now()", "2020-01-01T00:00:00"),
        ("print dynamic({'at': datetime(2020-01-01T00:00:00Z)})", '{"at":"2020-01-01T00:00:00.0000000Z"}'),
        ("print 'datetime(2020-01-01T00:00:00Z)'", "datetime(2020-01-01T00:00:00Z)"),
        ("let no = datetime(2020-01-01 00:00); print datetime(2021-01-01 00:00)", "2021-01-01T00:00:00"),
        ("print datetime(2020-01-01T00:00:00.123456Z)", "2020-01-01T00:00:00.123456"),
        ("print gettype(datetime(2020-01-01 00:00))", "datetime"),
        ("print datetime(2020-01-01 10:00) + 1h", "2020-01-01T11:00:00"),
        ("print bin(datetime(2020-01-01 10:59), 1h)", "2020-01-01T10:00:00"),
        (f"{JOINED} | where t between (datetime(2020-01-01 12:00) .. 1d)", "2020-01-02T00:00:00"),
        (f"{JOINED} | where t < datetime(2020-01-01 12:00)", "2020-01-01T00:00:00"),
    ],
)
def test_instants_wherever_they_stand(kql: str, answer: str | None, query: Query) -> None:
    """An instant means the same in every place, as a parameter or as it is written."""
    ((cell,),) = query.run(kql).rows
    assert (cell.isoformat() if isinstance(cell, datetime) else cell) == answer


def test_a_stand_in_never_comes_out(query: Query, monkeypatch: pytest.MonkeyPatch) -> None:
    """Should the engine ever make text of an instant's stand-in, the text is translated as it is written."""
    monkeypatch.setattr(translation, "with_parameters", lambda parsed, _: parsed)
    ((found,),) = query.run("print only = datetime(2020-02-03T04:05:06Z)").rows
    assert found == datetime.fromisoformat("2020-02-03T04:05:06")


@pytest.mark.parametrize(
    ("timespan", "rows"),
    [
        (None, HOURS),
        ("PT3H", 4),
        ("P1D", 25),
        ("2026-11-22T10:00:00Z/2026-11-22T12:00:00Z", 3),
        ("2026-11-22T10:00:00Z/PT1H", 2),
        ("PT1H/2026-11-22T02:00:00+00:00", 2),
        ("2020-01-01/P1D", 0),
    ],
)
def test_timespan(timespan: str | None, rows: int, query: Query) -> None:
    """A timespan limits every table, the older names of the tables, and the typed view, ends included."""
    assert query.run(COUNT, timespan, NOON).rows == [(rows,)]
    assert query.run("AppEvents | count", timespan, NOON).rows == [(2 * rows,)]
    assert query.run("traces | count", timespan, NOON).rows == [(rows,)]
    assert query.run("union AppTraces, AppEvents | count", timespan, NOON).rows == [(3 * rows,)]
    assert query.run("union App* | count", timespan, NOON).rows == [(3 * rows,)]
    assert query.run("union * | count", timespan, NOON).rows == [(3 * rows,)]
    joined = "AppEvents | where Name == 'checkout' | join kind=inner (AppTraces) on TimeGenerated | count"
    assert query.run(joined, timespan, NOON).rows == [(rows,)]


def test_timespan_is_no_part_of_the_translation(query: Query) -> None:
    """The same text under other timespans, one after the other and at once, answers for each."""
    spans = [f"PT{hours}H" for hours in range(12)] * 3
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda span: query.run(COUNT, span, NOON).rows, spans))
    assert found == [[(hours + 1,)] for hours in range(12)] * 3


def test_most_rows(query: Query, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer has at most so many rows, and is marked as cut."""
    monkeypatch.setattr(module, "MOST_ROWS", 5_000)
    complete = query.run("range n from 1 to 5000 step 1")
    assert (len(complete.rows), complete.cut) == (5_000, None)
    cut = query.run("range n from 1 to 5001 step 1")
    assert len(cut.rows) == 5_000
    assert "more than 5,000 rows" in str(cut.cut)


def test_most_bytes(query: Query, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer has at most so many bytes, and is marked as cut."""
    monkeypatch.setattr(module, "MOST_BYTES", 1_000_000)
    cut = query.run("range n from 1 to 100000 step 1 | extend text = strcat('0123456789', n)")
    assert 40_000 < len(cut.rows) < 70_000
    assert "larger than 1 MB" in str(cut.cut)


@pytest.mark.parametrize("stop", ["deadline", "caller"])
def test_a_query_that_takes_too_long(stop: str, query: Query) -> None:
    """A query is stopped at its deadline, or on demand, and the next one is answered."""

    def started(end: Callable[[], None]) -> None:
        threading.Timer(0.05, end).start()

    with pytest.raises(QueryError, match="timed out") as stopped:
        if stop == "deadline":
            query.run(ENDLESS, seconds=0.05)
        else:
            query.run(ENDLESS, started=started)
    assert stopped.value.status == 504
    assert query.run("print 1").rows == [(1,)]


def test_stopping_what_has_ended(query: Query) -> None:
    """Whoever stops a query may be late."""
    ends: list[Callable[[], None]] = []
    assert query.run("print 1", started=ends.append).rows == [(1,)]
    for end in ends:
        end()
    assert query.run("print 1").rows == [(1,)]
    assert len(ends) == 1


@pytest.mark.slow
def test_memory(tmp_path: Path) -> None:
    """A query that needs more memory than there is fails with the reason, and the next one is answered."""
    greedy = (
        "range n from 1 to 9000000 step 1 | summarize make_list(strcat('0123456789012345678901234567890', n))"
    )
    with Store(tmp_path / "telemetry.duckdb") as store:
        query = Query(store)
        with pytest.raises(QueryError, match="memory limit"):
            query.run(greedy)
        assert query.run("print 1").rows == [(1,)]


@pytest.mark.row(73)
@pytest.mark.parametrize(
    ("kql", "construct"),
    [
        (".show tables", ".show"),
        ("// hidden\n .drop table AppEvents", ".drop"),
        (".set-or-replace AppEvents <| AppTraces", ".set-or-replace"),
        (".create table T (a: string)", ".create"),
        (".ingest inline into table AppEvents <| 1", ".ingest"),
        (".show tables | count", ".show"),
    ],
)
def test_commands_are_refused(kql: str, construct: str, query: Query) -> None:
    """Commands of any kind are no queries, whatever stands before them."""
    with pytest.raises(QueryError, match="Control commands are not supported") as refused:
        query.run(kql)
    assert refused.value.construct == construct
    assert query.run("AppEvents | count").rows == [(2 * HOURS,)]


@pytest.mark.row(73)
@pytest.mark.parametrize(
    "kql",
    [
        *(
            "duckdb_settings",
            "duckdb_tables",
            "information_schema",
            "sqlite_master",
            "pragma_version",
            "facts",
        ),
        *("database('memory').AppEvents", "database('telemetry').AppEvents", "cluster('c').database('d').T"),
        *("['stored.AppEvents']", "['stored\".\"AppEvents']", "['AppEvents\"; DROP VIEW \"AppEvents']"),
        *("read_csv('/etc/passwd')", "externaldata(a: string)['/etc/passwd']", "['/etc/passwd']"),
        *("workspace('w').AppEvents", "app('a').traces", "union duckdb_settings, AppEvents"),
        "AppEvents | where Name in ((duckdb_settings | project name))",
        "let t = duckdb_settings; t",
        "print x = toscalar(duckdb_settings | project name)",
    ],
)
def test_only_tables_can_be_read(kql: str, query: Query) -> None:
    """Nothing but the tables can be read: neither the database's own, nor its files, nor other databases."""
    with pytest.raises(QueryError) as refused:
        query.run(f"{kql} | take 5")
    assert refused.value.status == 400


def test_what_a_fuzzy_union_omits(query: Query) -> None:
    """A fuzzy union goes without a table that is none, and the database's own tables are none."""
    answer = query.run("union isfuzzy=true duckdb_settings, (duckdb_tables | take 1), AppTraces | count")
    assert answer.rows == [(HOURS,)]


@pytest.mark.row(73)
def test_text_is_never_sql(query: Query) -> None:
    """Texts of a query stay texts, whatever quotes and signs they have."""
    nasty = "'; DROP VIEW AppEvents; --\" $instant0 $kqlnow {0} \\"
    written = nasty.replace("\\", "\\\\").replace("'", "\\'")
    assert query.run(f"print '{written}', now() > datetime(2020-01-01 00:00)").rows == [(nasty, True)]
    assert query.run("AppEvents | count").rows == [(2 * HOURS,)]


@pytest.mark.parametrize(
    "sql", ["CREATE TABLE t AS SELECT 1", "SELECT 1; SELECT 2", "INSTALL httpfs", "SET threads=9"]
)
def test_a_single_select(sql: str, query: Query, monkeypatch: pytest.MonkeyPatch) -> None:
    """Should the engine ever make something else of a query, it does not reach the database."""
    meant = query._translator.translate("print 1")
    changed = type(meant)(sql, meant.constants, meant.slots, meant.uses_clock, meant.tables, meant.attempts)
    monkeypatch.setattr(query._translator, "translate", lambda _: changed)
    with pytest.raises(QueryError, match="a single query that reads data"):
        query.run(f"print 1 // {sql}")  # an answer of its own


def test_a_closed_store() -> None:
    """A store that is closed under a query is an error of the query."""
    with Store() as store:
        late = Query(store)
    with pytest.raises(QueryError, match="failed in the local store"):
        late.run("AppEvents | count")
