"""The store: what was promised is there, whatever else happens."""

from __future__ import annotations

import errno
import json
import logging
import os
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path

import duckdb
import pytest

from foundry_telemetry.kql.tables import tables
from foundry_telemetry.local.ingest.envelopes import Batch, Texts, read_batch
from foundry_telemetry.local.store import database, writer
from foundry_telemetry.local.store.store import BusyError, Receipt, Store, StoreError, UnreadableError
from foundry_telemetry.local.store.writer import Writer
from tests.support.patience import PATIENCE_S
from tests.support.telemetry import NOON, event, fill

FOREVER = 36_500


def count(store: Store, table: str = "AppEvents") -> int:
    """Rows of a table."""
    with closing(store.cursor()) as cursor:
        return int(cursor.execute(f'SELECT count(*) FROM "{table}"').fetchall()[0][0])  # noqa: S608 - ours


def body(store: Store, *names: str) -> bytes:
    """A posted body with an event of each name."""
    return json.dumps([{"iKey": store.key, **event(name=name)} for name in names]).encode()


def names(store: Store) -> list[str]:
    """The names of all events, sorted."""
    with closing(store.cursor()) as cursor:
        return [name for (name,) in cursor.execute('SELECT "Name" FROM AppEvents ORDER BY 1').fetchall()]


@contextmanager
def busy_writer(store: Store) -> Iterator[tuple[Writer, threading.Event]]:
    """A second writer for a store, that is held up until the event is set."""
    begun, go_on = threading.Event(), threading.Event()

    def chore() -> None:
        begun.set()
        go_on.wait()

    blocked = Writer(store.cursor(), chore=chore, on_receipt=lambda _: None)
    begun.wait()
    try:
        yield blocked, go_on
    finally:
        go_on.set()
        blocked.stop()


def test_rows_and_key_outlive_the_store(tmp_path: Path) -> None:
    """A file that is opened again has the same key and the same rows."""
    path = tmp_path / "t.duckdb"
    with Store(path, retention_days=FOREVER) as store:
        fill(store, [event(name="x"), event(name="y")])
        key = store.key
    with Store(path, retention_days=FOREVER) as store:
        assert (store.key, names(store)) == (key, ["x", "y"])


def test_every_store_has_a_key_of_its_own() -> None:
    """Keys are made by chance: to know one is a permission."""
    with Store() as one, Store() as other:
        assert one.key != other.key


def test_done_means_committed() -> None:
    """When a future is done, every other connection reads its rows, and the counts include them."""
    with Store(retention_days=FOREVER) as store:
        receipt = store.add(body(store, "a", "b")).result(PATIENCE_S)
        assert (receipt.received, receipt.accepted, count(store)) == (2, 2, 2)
        assert (store.ingested, store.refused) == (2, 0)


def test_nothing_is_as_good_as_something() -> None:
    """A body without items, or of refused ones only, is done too."""
    with Store() as store:
        assert store.add(b"[]").result(PATIENCE_S) == Receipt(0)
        assert store.add(b"[{}]").result(PATIENCE_S).accepted == 0
        assert (store.ingested, store.refused) == (0, 1)


@pytest.mark.parametrize(
    "text", [b"", b"  \n ", b"[", b'[{"a": 1}', b"[1,]", b"[] x", b'["\xff"', b"[" * 9_000]
)
def test_what_is_no_body(text: bytes) -> None:
    """A body that cannot be split into items is refused whole, before it reaches the writer."""
    with Store() as store, pytest.raises(UnreadableError, match="the body is") as refused:
        store.add(text)
    assert refused.value.status == 400


def test_too_many_items() -> None:
    """More items than Azure takes at a time are refused whole."""
    with Store() as store, pytest.raises(UnreadableError, match="64001 items") as refused:
        store.add(b"[" + b"0," * 64_000 + b"0]")
    assert refused.value.status == 413


def test_a_large_body_is_stored_completely(monkeypatch: pytest.MonkeyPatch) -> None:
    """A body that takes several statements is still all there."""
    monkeypatch.setattr(writer, "AT_ONCE", 2_000)
    with Store(retention_days=FOREVER) as store:
        on_receipt = [f"{number:03}" for number in range(100)]
        store.add(body(store, *on_receipt)).result(PATIENCE_S)
        assert names(store) == on_receipt


def test_what_waits_is_committed_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bodies that wait share a transaction, up to a size."""
    monkeypatch.setattr(writer, "GROUP", 1_000)
    commits: list[int] = []
    commit = Writer._commit

    def counted(self: Writer, group: list[object]) -> None:
        commits.append(len(group))
        commit(self, group)  # type: ignore[arg-type] - jobs are private

    monkeypatch.setattr(Writer, "_commit", counted)
    with Store(retention_days=FOREVER) as store, busy_writer(store) as (blocked, go_on):
        small, large = (read_batch(body(store, "x" * length), store.key) for length in (10, 900))
        done = [blocked.put(batch) for batch in (small, small, large, small)]
        go_on.set()
        assert [future.result(PATIENCE_S).accepted for future in done] == [1, 1, 1, 1]
        assert commits == [3, 1]


def test_a_body_that_cannot_be_stored_takes_no_other_with_it(caplog: pytest.LogCaptureFixture) -> None:
    """The bodies that waited with it are stored; it is refused, item by item, and the reason is logged."""
    broken = Batch(received=2, texts={"EventData": Texts(['{"time": no json'], ["{}"])}, refusals=())
    with (
        caplog.at_level(logging.WARNING),
        Store(retention_days=FOREVER) as store,
        busy_writer(store) as (blocked, go_on),
    ):
        sound = read_batch(body(store, "x"), store.key)
        before, bad, after = (blocked.put(batch) for batch in (sound, broken, sound))
        go_on.set()
        assert [future.result(PATIENCE_S).accepted for future in (before, after)] == [1, 1]
        assert [refusal.index for refusal in bad.result(PATIENCE_S).refusals] == [0, 1]
        assert count(store) == 2
    assert "a request body cannot be stored" in caplog.text


def test_more_than_may_wait_is_turned_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is bounded: what comes on top is refused, and welcome again once the writer has caught up."""
    monkeypatch.setattr(writer, "WAITING", 1_000)
    with Store(retention_days=FOREVER) as store, busy_writer(store) as (blocked, go_on):
        large = read_batch(body(store, "x" * 900), store.key)
        first = blocked.put(large)
        with pytest.raises(BusyError, match="waiting to be written"):
            blocked.put(large)
        go_on.set()
        first.result(PATIENCE_S)
        assert blocked.put(large).result(PATIENCE_S).accepted == 1


def test_a_single_body_may_be_larger_than_all_that_may_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise its sender would try for ever."""
    monkeypatch.setattr(writer, "WAITING", 10)
    with Store(retention_days=FOREVER) as store:
        assert store.add(body(store, "x")).result(PATIENCE_S).accepted == 1


def test_closing_writes_what_waits(tmp_path: Path) -> None:
    """A store that is closed has written every body that it took; afterwards it takes none."""
    path = tmp_path / "t.duckdb"
    store = Store(path, retention_days=FOREVER)
    done = [store.add(body(store, f"{number}")) for number in range(20)]
    store.close()
    store.close()
    assert all(future.done() for future in done)
    with pytest.raises(StoreError, match="closed"):
        store.add(b"[]")
    with Store(path, retention_days=FOREVER) as store:
        assert count(store) == 20


def test_a_full_memory_loses_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """When the database cannot take more, the sender gets an error, and what was promised stays."""
    with caplog.at_level(logging.WARNING), Store(retention_days=FOREVER, memory=70) as store:
        promised = 0

        def post_until_full() -> None:
            nonlocal promised
            for number in range(2_000):
                on_receipt = event(
                    name=f"{number}", **{f"k{key}": f"{hash((number, key))}" * 50 for key in range(40)}
                )
                text = json.dumps([{"iKey": store.key, **on_receipt}] * 50).encode()
                promised += store.add(text).result(PATIENCE_S).accepted

        with pytest.raises(StoreError, match="telemetry cannot be stored at the moment"):
            post_until_full()
        assert promised
        assert count(store) == promised == store.ingested


def test_old_rows_are_forgotten(tmp_path: Path) -> None:
    """Rows older than the retention go when the store is opened and when it is trimmed; newer ones stay."""
    now = NOON
    path = tmp_path / "t.duckdb"
    with Store(path, retention_days=2, clock=lambda: now) as store:
        fill(store, [event(NOON - timedelta(days=age), f"{age}") for age in (0, 1)])
        assert names(store) == ["0", "1"]
        now = NOON + timedelta(days=1, seconds=1)
        assert store.trim() == 1
        assert names(store) == ["0"]
    now = NOON + timedelta(days=3)
    with Store(path, retention_days=2, clock=lambda: now) as store:
        store.add(b"[]").result(PATIENCE_S)  # the writer trims before it takes anything
        assert names(store) == []


def test_every_table_is_trimmed() -> None:
    """No kind of row is kept for longer than another."""
    folder = Path(__file__).parents[1] / "data" / "azure"
    recorded = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]
    now = NOON
    with Store(retention_days=1, clock=lambda: now) as store:
        fill(store, recorded)
        with closing(store.cursor()) as cursor:
            counted = [f'SELECT count(*) FROM "{name}"' for name in tables()]  # noqa: S608 - our own names
            counts = [cursor.execute(statement).fetchall()[0][0] for statement in counted]
        assert sum(counts) >= len(recorded)  # content has a row of its own
        now = NOON + timedelta(days=5)
        assert store.trim() == sum(counts)
        assert store.trim() == 0


def test_trimming_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that runs for long forgets old rows as it runs."""
    monkeypatch.setattr(writer, "CHORE_S", 0.001)
    trimmed = threading.Semaphore(0)

    def clock() -> datetime:
        trimmed.release()
        return NOON

    with Store(clock=clock):
        assert all(trimmed.acquire(timeout=PATIENCE_S) for _ in range(3))


def test_a_failed_trimming_is_logged_and_harmless(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Rows that cannot be forgotten keep nobody from writing."""

    def broken() -> datetime:
        raise OSError("no clock")

    with caplog.at_level(logging.WARNING), Store(clock=broken) as store:
        assert store.add(body(store, "x")).result(PATIENCE_S).accepted == 1
    assert "could not be applied" in caplog.text


def test_listeners_are_called_after_commits() -> None:
    """A listener is called once the rows are there, until it ends that."""
    counts: list[int] = []
    with Store(retention_days=FOREVER) as store:
        end = store.listen(lambda: counts.append(count(store)))
        fill(store, [event(name="a")])
        fill(store, [event(name="b")])
        end()
        fill(store, [event(name="c")])
    assert counts == [1, 2]


def test_cursors_are_apart() -> None:
    """A query's temporary views are its own, and times are UTC for it."""
    with Store() as store, closing(store.cursor()) as one, closing(store.cursor()) as other:
        one.execute("CREATE TEMP VIEW AppEvents AS SELECT 1 AS x")
        assert one.execute("SELECT * FROM AppEvents").fetchall() == [(1,)]
        assert other.execute("SELECT * FROM AppEvents").fetchall() == []
        assert other.execute("SELECT current_setting('TimeZone')").fetchall() == [("UTC",)]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_text('/etc/hostname')",
        "COPY (SELECT 1) TO '{folder}/out.csv'",
        "ATTACH '{folder}/other.duckdb'",
        "EXPORT DATABASE '{folder}/out'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET memory_limit = '100GB'",
    ],
)
@pytest.mark.parametrize("in_memory", [True, False])
def test_the_database_is_closed_to_everything_else(tmp_path: Path, sql: str, in_memory: bool) -> None:
    """Whatever SQL may ever reach it, it reads and writes no other file and takes no settings."""
    path = database.MEMORY if in_memory else tmp_path / "t.duckdb"
    with Store(path) as store, closing(store.cursor()) as cursor, pytest.raises(duckdb.Error):
        cursor.execute(sql.format(folder=tmp_path))
    assert {file.name for file in tmp_path.iterdir()} <= {"t.duckdb"}


def test_times_with_a_zone_are_understood() -> None:
    """The clock may be in any zone."""
    zoned = NOON.astimezone(timezone(timedelta(hours=9)))
    with Store(retention_days=1, clock=lambda: zoned) as store:
        fill(store, [event(zoned - timedelta(days=1), "kept")])
        assert store.trim() == 0


@pytest.mark.parametrize("bad", [rb'"\ud800"', b"NaN", b"1e999999", b"\xff", b'{"a" 1}'])
def test_a_bad_item_refuses_itself_alone(bad: bytes) -> None:
    """Of an array with an item that is no JSON the others are stored; the receipt names the place."""
    with Store(retention_days=FOREVER) as store:
        good = json.dumps({"iKey": store.key, **event(name="x, [y]} \\", tag='"]')}).encode()
        receipt = store.add(b"[" + b",".join([good, bad, good]) + b"]\n").result()
        assert (receipt.received, [refusal.index for refusal in receipt.refusals]) == (3, [1])
        for broken in (b"[" + good + b"," + good, b"[" + good + b"}]", b"[" + good + b"] []"):
            with pytest.raises(UnreadableError):
                store.add(broken)


def test_a_full_disk_has_its_name(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not fit on the disk fails with reason and repair, though the rollback fails too."""

    class Full:
        def begin(self) -> None:
            pass

        def execute(self, *_: object) -> None:
            raise duckdb.IOException(f"Could not write file: {os.strerror(errno.ENOSPC)}")

        def rollback(self) -> None:
            raise duckdb.TransactionException("cannot rollback - no transaction is active")

        def close(self) -> None:
            pass

    with Store(retention_days=FOREVER) as store:
        monkeypatch.setattr(store._writer, "_connection", Full())
        with pytest.raises(StoreError, match="the disk of the database is full: free some space"):
            store.add(json.dumps([{"iKey": store.key, **event(name="x")}]).encode()).result()
    assert "the disk of the database is full" in caplog.text
