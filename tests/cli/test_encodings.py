"""Terminals and pipes that know fewer characters than the texts have: no command ends with a traceback."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from foundry_telemetry.local.api.server import LocalAzureMonitor
from foundry_telemetry.testing import FakeFoundry
from tests.cli.process import Terminal, end, run, start
from tests.investigate.ledgers import attempt, put

pytestmark = pytest.mark.slow

SERVICE = "注文-é-\N{GRINNING FACE}"
TAG = "客戶"

COLOUR = re.compile(r"\x1b\[[0-9;]*3[1-7]m")
"""Bold and dim are no colours."""

SEVERAL = """
import io, json, signal, sys
from foundry_telemetry.cli import main
signal.signal(signal.SIGINT, signal.default_int_handler)
ended = []
for arguments in json.loads(sys.argv[1]):
    sys.argv = ["foundry-telemetry", *arguments]
    try:
        main()
    except SystemExit as error:
        ended.append(error.code)
    sys.stdout.write("\\0")
print(json.dumps(ended))
"""
"""Runs one command after the other: one process imports everything once."""


@pytest.fixture(scope="module")
def variables() -> Iterator[dict[str, str]]:
    """A service with a name in three scripts, whose last call failed; both ends on loopback."""
    failed = dict(
        outcome="error", status=401, error_type="auth_token_expired", error_owner="caller_credential"
    )
    last = datetime.now(UTC) - timedelta(minutes=2)
    with FakeFoundry() as foundry, LocalAzureMonitor() as azure:
        rows = [
            attempt(
                last - timedelta(minutes=number), number, service=SERVICE, tags=(("tenant", TAG),), **more
            )
            for number, more in enumerate([{}, *[failed] * 20])
        ]
        put(azure, rows)
        yield {
            "ANTHROPIC_FOUNDRY_BASE_URL": foundry.base_url,
            "ANTHROPIC_FOUNDRY_API_KEY": "k",
            "APPLICATIONINSIGHTS_CONNECTION_STRING": azure.connection_string,
        }


def commands(folder: Path) -> list[list[str]]:
    """Every command that reads data or shows texts of ours, as words and as JSON."""
    bill, today = folder / "usage.csv", datetime.now(UTC).date()
    bill.write_text(
        f"Date,MeterName,Quantity,CostInUSD\n{today},Claude Consumption Units,440,4.40\n", "utf-8"
    )
    once = [
        ["incident"],
        ["ticket", f"{1:016x}"],
        ["explain", f"{1:016x}"],
        ["explain", "APITimeoutError"],
        ["query", "foundry_attempts | take 3"],
        ["doctor"],
        ["cost", "--by", "service", "--since", "1d"],
        ["cost", "--by", "tag", "--since", "1d"],
        ["reconcile", str(bill)],
        ["audit"],
        ["dashboards", "export", str(folder / "畫面")],
    ]
    markdown = [[*words, "--markdown"] for words in once if words[0] in ("ticket", "explain", "audit")]
    csv = [[*words, "--csv"] for words in once if words[0] in ("cost", "reconcile")]
    refused = [["incident", "--since", SERVICE], ["cost", "--settings", f"{SERVICE}.toml"], ["-h"]]
    return [*once, *([*words, "--json"] for words in once), *markdown, *csv, *refused]


def run_all(folder: Path, variables: Mapping[str, str]) -> dict[str, str]:
    """What each command wrote on a pipe of ASCII."""
    asked = commands(folder)
    ended = run(folder, json.dumps(asked), main=SEVERAL, PYTHONIOENCODING="ascii", **variables)
    assert ended.code == 0, ended.err
    assert "Traceback" not in ended.err
    *written, codes = ended.out.split("\0")
    assert set(json.loads(codes)) <= {0, 1, 2, 3}
    return {" ".join(words): text for words, text in zip(asked, written, strict=True)}


def test_pipes(tmp_path: Path, variables: dict[str, str]) -> None:
    """On a pipe of another encoding every command writes all it has, with escapes for what has no code."""
    written = run_all(tmp_path, variables)
    for command in ("incident", "cost --by service --since 1d", "doctor"):
        assert "\\u6ce8\\u6587-" in written[command], command
    assert "\\u5ba2\\u6236" in written["cost --by tag --since 1d"]
    assert "\\u5ba2\\u6236" in written["cost --by tag --since 1d --csv"]
    for command in written:
        if command.endswith("--json"):
            json.loads(written[command])
    (split,) = json.loads(written["cost --by service --since 1d --json"])["splits"]
    assert [part["part"] for part in split["parts"]] == [SERVICE]


def test_terminals(tmp_path: Path, variables: dict[str, str]) -> None:
    """On a terminal of another encoding too, progress included; with NO_COLOR no command writes a colour."""
    asked = [words for words in commands(tmp_path) if "--json" not in words]
    terminal = Terminal(
        tmp_path,
        120,
        json.dumps(asked),
        main=SEVERAL,
        PYTHONIOENCODING="latin-1",
        NO_COLOR="1",
        **variables,
    )
    assert terminal.end() == 0
    assert "Traceback" not in terminal.drawn
    assert "\\u6ce8\\u6587-" in terminal.drawn
    assert not COLOUR.search(terminal.drawn)


def test_servers(tmp_path: Path) -> None:
    """The local Azure Monitor writes where it listens, and a folder whose name has no code."""
    path = tmp_path / SERVICE / "rows.duckdb"
    path.parent.mkdir()
    process = start(
        tmp_path, "local", "--port", "0", "--db", str(path), "--no-browser", PYTHONIOENCODING="ascii"
    )
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(4)]
    process.send_signal(signal.SIGINT)
    ended = end(process)
    assert (ended.code, ended.err) == (0, "")
    assert "\\u6ce8\\u6587" in lines[1]


def test_input(tmp_path: Path, variables: dict[str, str]) -> None:
    """A text on standard input that is no UTF-8 is read all the same."""
    (tmp_path / "exception").write_bytes(b"Fehler in \xfcbung: call " + f"{1:016x}".encode() + b"\xff")
    main = (
        "import sys; sys.stdin = open('exception', encoding='utf-8'); sys.argv[0] = 'foundry-telemetry'; "
        "from foundry_telemetry.cli import main; main()"
    )
    ended = run(tmp_path, "ticket", "-", "--json", main=main, **variables)
    assert ended.code == 0, ended.err
    assert json.loads(ended.out)
