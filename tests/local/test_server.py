"""The server: its status, how queries are run, and how it begins and ends."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from foundry_telemetry.kql.tables import tables
from foundry_telemetry.local.api import api_request, app
from foundry_telemetry.local.api.server import LocalAzureMonitor, PortError, default_path
from foundry_telemetry.local.store.store import Store, StoreError
from tests.support.patience import PATIENCE_S
from tests.support.telemetry import NOON, event, ledger
from tests.support.wire import Wire, answer

ENDLESS = """
let many = range n from 1 to 100000 step 1 | extend one = 1;
many | join kind=inner (many) on one | summarize sum(n * n1)
"""
"""A query that runs for longer than any test."""

SERVE = """
import sys
from foundry_telemetry.local.api.server import LocalAzureMonitor
from foundry_telemetry.serving import serve_forever
azure = LocalAzureMonitor(sys.argv[1])
sys.exit(serve_forever(azure, lambda: print(azure.url, azure.store.key, flush=True)))
"""


def ask(wire: Wire, kql: str, path: str = "/v1/workspaces/local/query", **more: Any) -> Any:
    """The answer to a query over HTTP."""
    return wire.ask("POST", path, json.dumps({"query": kql, **more}).encode())


def test_status(wire: Wire) -> None:
    """The status has the rows of each table, the ledger's times, the counts of this run."""
    wire.post(ledger({}), event(name="x", long="v" * 8_193), {"time": "no"})
    received = wire.ask("GET", "/status.json").json
    noon = "2026-11-22T12:00:00Z"
    assert received["tables"]["AppEvents"] == {"rows": 2, "first": noon, "last": noon}
    assert received["tables"]["AppTraces"] == {"rows": 0, "first": None, "last": None}
    assert set(received["tables"]) == set(tables())
    assert received["attempts"] == {"rows": 1, "first": noon, "last": noon}
    assert (received["ingested"], received["refused"], received["retention_days"]) == (2, 1, 36_500)
    assert received["cut"] == 1
    assert (received["database"], received["connection_string"]) == (":memory:", wire.azure.connection_string)
    assert datetime.fromisoformat(received["now"]).tzinfo


def test_connection_string(azure: LocalAzureMonitor) -> None:
    """It is one that the exporter takes: its parts are what they are called."""
    parts = dict(part.split("=") for part in azure.connection_string.split(";"))
    assert parts == {
        "InstrumentationKey": azure.store.key,
        "IngestionEndpoint": f"{azure.url}/",
        "LiveEndpoint": f"{azure.url}/",
        "ApplicationId": azure.store.key,
    }


@pytest.mark.parametrize(
    "path",
    ["/v1/workspaces/any/query", "/v1/subscriptions/s/resourceGroups/g/providers/a/components/c/query"],
)
def test_queries(wire: Wire, path: str) -> None:
    """KQL is answered for any workspace and any resource: there is one store here."""
    wire.post(event(name="x"))
    received = ask(wire, "AppEvents | project Name, TimeGenerated", path)
    assert received.status == 200
    (table,) = received.json["tables"]
    assert table == {
        "name": "PrimaryResult",
        "columns": [{"name": "Name", "type": "string"}, {"name": "TimeGenerated", "type": "datetime"}],
        "rows": [["x", "2026-11-22T12:00:00Z"]],
    }


def test_a_query_that_is_wrong(wire: Wire) -> None:
    """A query that has no answer is refused in the shape of Log Analytics, with the place."""
    received = ask(wire, "AppEvents\n| wherex Name")
    assert received.status == 400
    assert received.json["error"]["innererror"]["line"] == 2
    assert "wherex" in received.json["error"]["message"]
    assert ask(wire, "AppEvents").status == 200


def test_a_client_that_disconnects_stops_its_query(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """A query whose client has gone does not run on."""
    ended: queue.SimpleQueue[api_request.ApiResponse] = queue.SimpleQueue()
    respond = api_request.respond

    def watched(*args: Any, **options: Any) -> api_request.ApiResponse:
        received = respond(*args, **options)
        ended.put(received)
        return received

    monkeypatch.setattr(api_request, "respond", watched)
    wire.send("POST", "/v1/workspaces/x/query", json.dumps({"query": ENDLESS}).encode()).close()
    assert ended.get(timeout=PATIENCE_S).status == 504


def test_the_end_of_the_server_stops_queries(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server ends at once while a query runs."""
    begun = threading.Event()
    respond = api_request.respond

    def watched(*args: Any, **options: Any) -> api_request.ApiResponse:
        begun.set()
        return respond(*args, **options)

    monkeypatch.setattr(api_request, "respond", watched)
    wire.send("POST", "/v1/workspaces/x/query", json.dumps({"query": ENDLESS}).encode())
    assert begun.wait(PATIENCE_S)
    ending = threading.Thread(target=wire.azure.__exit__, args=(None, None, None))
    ending.start()
    ending.join(PATIENCE_S)
    assert not ending.is_alive()


def test_so_many_queries_at_a_time(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many queries a few run at a time, all are answered, and ingestion goes on meanwhile."""
    lock, go_on, running, most = threading.Lock(), threading.Event(), 0, 0
    full = threading.Event()
    respond = api_request.respond

    def watched(*args: Any, **options: Any) -> api_request.ApiResponse:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
            if running == app.MOST_QUERIES:
                full.set()
        go_on.wait()
        try:
            return respond(*args, **options)
        finally:
            with lock:
                running -= 1

    monkeypatch.setattr(api_request, "respond", watched)
    body = b'{"query": "AppEvents | count"}'
    waiting = [wire.send("POST", "/v1/workspaces/x/query", body) for _ in range(3 * app.MOST_QUERIES)]
    assert full.wait(PATIENCE_S)
    assert wire.post(event(name="x")).status == 200
    go_on.set()
    assert [answer(connection).status for connection in waiting] == [200] * len(waiting)
    assert most == app.MOST_QUERIES


def test_batches(wire: Wire) -> None:
    """Several queries in one request are answered one by one."""
    queries = {"1": "print x = 1", "2": "wrong |"}
    requests = [{"id": name, "body": {"query": kql}} for name, kql in queries.items()]
    received = wire.ask("POST", "/v1/$batch", json.dumps({"requests": requests}).encode())
    assert [(one["id"], one["status"]) for one in received.json["responses"]] == [("1", 200), ("2", 400)]


def test_another_workbook(tmp_path: Path) -> None:
    """The given workbook is shown in place of the shipped one, in its present state."""
    path = tmp_path / "mine.workbook.json"
    path.write_text('{"version": "Notebook/1.0", "items": []}', encoding="utf-8")
    with LocalAzureMonitor(workbook=path) as azure, Wire(azure) as wire:
        assert wire.ask("GET", "/workbook.json").json["items"] == []
        path.write_text('{"version": "Notebook/1.0", "items": [1]}', encoding="utf-8")
        assert wire.ask("GET", "/workbook.json").json["items"] == [1]


def test_queries_without_http(azure: LocalAzureMonitor) -> None:
    """Tests ask the server's store directly, at a time of their choice."""
    received = azure.query("print now()", now=NOON)
    assert received.rows == [(NOON.replace(tzinfo=None),)]


def test_a_port_that_is_taken(azure: LocalAzureMonitor) -> None:
    """The message names the port and the command that finds a free one; nothing stays open."""
    port = int(azure.url.rsplit(":", 1)[1])
    with pytest.raises(PortError, match=rf"port {port} on 127\.0\.0\.1 is in use.*`--port 0`"):
        LocalAzureMonitor(port=port)


def test_a_file_that_cannot_be_used_frees_the_port(tmp_path: Path) -> None:
    """A server that does not start frees its file and its port."""
    (tmp_path / "text").write_text("no database", encoding="utf-8")
    with pytest.raises(StoreError):
        LocalAzureMonitor(tmp_path / "text")
    with LocalAzureMonitor(tmp_path / "t.duckdb") as azure, pytest.raises(PortError):
        LocalAzureMonitor(tmp_path / "other.duckdb", int(azure.url.rsplit(":", 1)[1]))
    Store(tmp_path / "other.duckdb").close()


def test_a_server_leaves_no_thread() -> None:
    """After the block every thread and the port are gone."""
    before = set(threading.enumerate())
    with LocalAzureMonitor() as azure, Wire(azure) as wire:
        assert ask(wire, "AppEvents").status == 200
    assert set(threading.enumerate()) == before


def test_the_default_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The file is in the user's own data folder, which the environment may move."""
    if sys.platform == "linux":
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
        assert default_path() == tmp_path / "foundry-telemetry" / "telemetry.duckdb"
    assert default_path().is_absolute()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals of Unix")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals_end_it_cleanly(tmp_path: Path, number: signal.Signals, code: int) -> None:
    """Ctrl-C and SIGTERM end the process with their codes, quietly, with a file that needs no repair."""
    path = tmp_path / "t.duckdb"
    command = [sys.executable, "-c", SERVE, str(path)]
    environment = {**os.environ, "PYTHONWARNINGS": "error"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        url, key = process.stdout.readline().split()
        posted(url, key)
        process.send_signal(number)
        out, errors = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, out, errors) == (code, "", "")
    assert [file.name for file in tmp_path.iterdir()] == ["t.duckdb"]
    with LocalAzureMonitor(path, retention_days=36_500) as azure:
        assert azure.query("AppEvents | count").rows == [(1,)]


def posted(url: str, key: str) -> None:
    """Post one event to a server of another process."""
    import httpx

    body = [{"iKey": key, **event(name="x")}]
    assert httpx.post(f"{url}/v2.1/track", json=body).raise_for_status().json()["itemsAccepted"] == 1
