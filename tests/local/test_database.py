"""The database file: made private, opened again, brought up to date, or refused with the way out."""

from __future__ import annotations

import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from foundry_telemetry.local.ingest import row_builder
from foundry_telemetry.local.store.store import Store, StoreError
from tests.support.patience import PATIENCE_S
from tests.support.telemetry import event, fill, ledger

FOREVER = 36_500

OPEN = """
import sys
from foundry_telemetry.local.store.store import Store
with Store(sys.argv[1]):
    print("open", flush=True)
    sys.stdin.readline()
"""


def altered(path: Path, *statements: str) -> None:
    """Run SQL on a file that no store has open."""
    with closing(duckdb.connect(str(path))) as connection:
        for statement in statements:
            connection.execute(statement)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with a ledger row and another event."""
    path = tmp_path / "t.duckdb"
    with Store(path, retention_days=FOREVER) as store:
        content = {"gen_ai.request.model": "m", "gen_ai.usage.input_tokens": "12", "foundry.call.id": "c"}
        fill(store, [ledger({**content, "foundry.tag.tenant": "a"}), event(name="other")])
    return path


@pytest.mark.skipif(sys.platform == "win32", reason="permissions of Unix")
def test_a_new_file_is_private(tmp_path: Path) -> None:
    """The folder and the file that are made are for nobody else to read."""
    path = tmp_path / "deep" / "folder" / "t.duckdb"
    with Store(path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.skipif(sys.platform == "win32", reason="permissions of Unix")
def test_permissions_that_were_chosen_are_kept(path: Path) -> None:
    """A file that is there already keeps the permissions it has."""
    path.chmod(0o644)
    with Store(path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_a_file_is_open_once(path: Path) -> None:
    """Another process is refused with the file, the holder and what to do; after its end all is well."""
    command = [sys.executable, "-c", OPEN, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        with pytest.raises(StoreError) as refused:
            Store(path)
        other.communicate("\n", timeout=PATIENCE_S)
    message = str(refused.value)
    assert str(path) in message
    assert "--db :memory:" in message
    assert sys.platform == "win32" or f"process {other.pid}" in message
    Store(path).close()


def test_a_file_is_open_once_in_a_process(path: Path) -> None:
    """A second store of the same process is refused too, however the path is written."""
    with Store(path):
        with pytest.raises(StoreError, match="already open in this process"):
            Store(path.parent / "." / "x" / ".." / path.name)
        Store().close()
    Store(path).close()


FILES: dict[str, Callable[[Path], object]] = {
    "empty": lambda path: path.write_bytes(b""),
    "text": lambda path: path.write_text("no database" * 1_000, encoding="utf-8"),
    "another DuckDB": lambda path: altered(path, "CREATE TABLE accounts AS SELECT 1 AS id"),
    "folder": lambda path: path.mkdir(),
}


@pytest.mark.parametrize("kind", FILES)
def test_what_is_no_telemetry_database_stays_unchanged(tmp_path: Path, kind: str) -> None:
    """Another file is neither used nor changed; the message names it and the option."""
    path = tmp_path / "mine.db"
    FILES[kind](path)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(StoreError, match=r"mine\.db .*--db"):
        Store(path)
    assert (path.read_bytes() if path.is_file() else None) == before
    assert [file.name for file in tmp_path.iterdir()] == ["mine.db"]


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """A path below a file is refused in words."""
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(StoreError, match="cannot be opened"):
        Store(tmp_path / "file" / "t.duckdb")


def test_a_newer_layout_is_refused(path: Path) -> None:
    """A file of a newer version is not touched; the message has the command that gets that version."""
    altered(path, "UPDATE stored.facts SET value = '99' WHERE name = 'schema'")
    with pytest.raises(StoreError, match=r"layout 99.*pip install --upgrade foundry-telemetry"):
        Store(path)


def test_quotes_in_a_path(tmp_path: Path) -> None:
    """A path is a path, whatever characters it has."""
    path = tmp_path / 'it\'s "mine"; -- é' / "t.duckdb"
    with Store(path, retention_days=FOREVER) as store:
        fill(store, [event(name="x")])
    assert path.is_file()


def test_columns_of_a_newer_view_are_filled_from_the_properties(path: Path) -> None:
    """A file from before the view had a column gets it, with the values that the rows always had."""
    older = [name for name in row_builder.HIDDEN if "model" in name or "input_tokens" in name]
    older.append(row_builder.TAGS)
    altered(path, *(f'ALTER TABLE stored."AppEvents" DROP COLUMN "{name}"' for name in older))
    altered(path, 'ALTER TABLE stored."AppEvents" DROP COLUMN "SessionId"')
    with Store(path, retention_days=FOREVER) as store, closing(store.cursor()) as cursor:
        columns = f'deployment, input_tokens, model, cache_read_tokens, call_id, "{row_builder.TAGS}"'
        content = cursor.execute(f"SELECT {columns} FROM foundry_attempts").fetchall()  # noqa: S608 - ours
        assert content == [("m", 12, "", None, "c", '{"foundry.tag.tenant":"a"}')]
        assert cursor.execute('SELECT DISTINCT "SessionId" FROM AppEvents').fetchall() == [("",)]
        fill(store, [ledger({"gen_ai.request.model": "n"})])
        assert cursor.execute("SELECT deployment FROM foundry_attempts ORDER BY 1").fetchall() == [
            ("m",),
            ("n",),
        ]


def test_columns_that_the_view_no_longer_has_do_no_harm(path: Path) -> None:
    """A file from a version whose view had more still opens and still takes rows."""
    altered(path, 'ALTER TABLE stored."AppEvents" ADD COLUMN "gone:string" VARCHAR')
    with Store(path, retention_days=FOREVER) as store, closing(store.cursor()) as cursor:
        fill(store, [event(name="x")])
        assert cursor.execute("SELECT count(*) FROM AppEvents").fetchall() == [(3,)]


def test_the_working_folder_stays_clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store in memory writes nothing to the disk."""
    monkeypatch.chdir(tmp_path)
    with Store(retention_days=FOREVER) as store:
        fill(store, [event(name="x")])
    assert list(tmp_path.iterdir()) == []
