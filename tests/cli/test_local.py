"""`foundry-telemetry local`, run in earnest."""

from __future__ import annotations

import json
import re
import signal
import socket
from pathlib import Path
from urllib.parse import unquote

import httpx
import pytest

from tests.cli.process import Ended, Terminal, end, run, start

pytestmark = pytest.mark.slow

EVENT = {
    "name": "Microsoft.ApplicationInsights.Event",
    "time": "2026-11-22T10:00:00Z",
    "data": {"baseType": "EventData", "baseData": {"name": "foundry.attempt", "properties": {}}},
}


def begun(process: object) -> dict[str, object]:
    """What a command that was started with --json says."""
    reported: dict[str, object] = json.loads(process.stdout.readline())  # type: ignore[attr-defined]
    return reported


def post(reported: dict[str, object]) -> None:
    """Send one event to a server that listens."""
    key = re.search(r"InstrumentationKey=([0-9a-f-]{36});", str(reported["connection_string"]))
    assert key
    answer = httpx.post(f"{reported['url']}/v2.1/track", json=[EVENT | {"iKey": key[1]}], trust_env=False)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 143)])
def test_serves_until_told(number: signal.Signals, code: int, tmp_path: Path) -> None:
    """It says where it listens, takes telemetry there, and ends by a signal with the conventional code."""
    process = start(tmp_path, "local", "--port", "0", "--db", ":memory:", "--no-browser", "--json")
    reported = begun(process)
    post(reported)
    token = {"Authorization": f"Bearer {reported['token']}"}
    assert reported["otlp_endpoint"] == reported["url"]
    assert reported["otlp_headers"] == f"authorization=Bearer%20{reported['token']}"
    status = httpx.get(f"{reported['url']}/status.json", headers=token, trust_env=False).json()
    assert status["attempts"]["rows"] == 1
    process.send_signal(number)
    ended = end(process)
    assert (ended.code, ended.err) == (code, "")
    assert list(tmp_path.rglob("*")) == []


def test_rows_are_there_again(tmp_path: Path) -> None:
    """A second run on the same file has the rows and the connection string's key of the first."""
    arguments = ("local", "--port", "0", "--db", str(tmp_path / "kept.duckdb"), "--no-browser", "--json")
    keys = []
    for rows in (0, 1):
        process = start(tmp_path, *arguments)
        reported = begun(process)
        keys.append(re.findall(r"InstrumentationKey=([^;]+)", str(reported["connection_string"])))
        assert reported["attempts"]["rows"] == rows  # type: ignore[index]
        post(reported)
        process.send_signal(signal.SIGINT)
        assert end(process).code == 0
    assert keys[0] == keys[1]


def test_data_folder(tmp_path: Path) -> None:
    """Without --db the file is in the user's data folder."""
    process = start(tmp_path, "local", "--port", "0", "--no-browser", "--json", XDG_DATA_HOME=str(tmp_path))
    database = Path(str(begun(process)["database"]))
    process.send_signal(signal.SIGINT)
    assert end(process).code == 0
    assert database.is_relative_to(tmp_path)
    assert database.exists()


def test_words(tmp_path: Path) -> None:
    """A person gets the page's address and two lines, one of which to paste before the start of a service."""
    terminal = Terminal(tmp_path, 200, "local", "--port", "0", "--db", ":memory:", "--no-browser")
    terminal.read_until("Ctrl-C")
    said = "\n".join(terminal.lines)
    address = re.search(r"^workbook +(http://127\.0\.0\.1:\d+)/\?token=[\w-]{43}$", said, re.MULTILINE)
    assert address
    assert re.search(rf"export APPLICATIONINSIGHTS_CONNECTION_STRING='Instr[^']*={address[1]}/;[^']*'", said)
    otlp = rf"export OTEL_EXPORTER_OTLP_ENDPOINT='{address[1]}' OTEL_EXPORTER_OTLP_HEADERS='(.*?)=(.*?)'"
    printed = re.search(otlp, said)
    assert printed
    token = re.search(r"token=(\S+)", said)
    assert token
    assert (printed[1], unquote(printed[2])) == ("authorization", f"Bearer {token[1]}")
    terminal.process.send_signal(signal.SIGINT)
    assert terminal.end() == 0


def refused(folder: Path, *arguments: str) -> Ended:
    """Run a command that cannot start."""
    ended = run(folder, "local", "--no-browser", *arguments)
    assert ended.out == ""
    assert "Traceback" not in ended.err
    return ended


def test_port_in_use(tmp_path: Path) -> None:
    """A port that is taken is named, with the command that takes another one."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = refused(tmp_path, "--port", str(port), "--db", ":memory:")
    assert ended.code == 1
    assert f"port {port} on 127.0.0.1 is in use" in ended.err
    assert "any free one with `--port 0`" in ended.err


def test_file_in_use(tmp_path: Path) -> None:
    """A file that another process has open is named, with who has it and what to do."""
    path = str(tmp_path / "kept.duckdb")
    process = start(tmp_path, "local", "--port", "0", "--db", path, "--no-browser", "--json")
    begun(process)
    ended = refused(tmp_path, "--port", "0", "--db", path)
    process.send_signal(signal.SIGINT)
    assert end(process).code == 0
    assert ended.code == 1
    assert f"{path} is in use by process {process.pid}" in ended.err
    assert "--db :memory:" in ended.err


def test_no_database(tmp_path: Path) -> None:
    """A file that is something else is left as it is."""
    path = tmp_path / "notes.txt"
    path.write_text("my notes" * 2000)
    ended = refused(tmp_path, "--port", "0", "--db", str(path))
    assert ended.code == 1
    assert "is not a telemetry database" in ended.err
    assert path.read_text() == "my notes" * 2000


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            ("--retention-days", "0"),
            "'0': expected a whole number from 1 to 4383; example: --retention-days 30",
        ),
        (("--port", "65536"), "'65536': expected a whole number from 0 to 65535"),
        (("--workbook", "nowhere.json"), "'nowhere.json' does not exist"),
    ],
)
def test_bad_values(arguments: tuple[str, ...], expected: str, tmp_path: Path) -> None:
    """A bad value is named with what was expected."""
    ended = refused(tmp_path, *arguments)
    assert ended.code == 2
    assert expected in ended.err
