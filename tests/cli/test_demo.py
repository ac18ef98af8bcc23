"""`foundry-telemetry demo`, run in earnest: on pipes, on terminals, and interrupted."""

from __future__ import annotations

import json
import re
import signal
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from foundry_telemetry.advice.owner_labels import OWNER_LABELS
from foundry_telemetry.disabled import VARIABLE
from foundry_telemetry.schema import field_table as names
from foundry_telemetry.schema.field_table import LEDGER
from foundry_telemetry.schema.value import COUNT_TOKENS, SCHEMA, TAG_PREFIX
from tests.cli.process import RECORD, Ended, Terminal, end, start

pytestmark = pytest.mark.slow

CAUSES = {
    "ok",
    "abandoned",
    "auth_token_expired",
    "auth_wrong_audience",
    "authz_missing_role",
    "credential_error",
    "deployment_not_found",
    "overloaded",
    "rate_limited",
    "stream_truncated",
}
AZURE_ID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
ANTHROPIC_ID = r"req_\w{20,24}"


@dataclass
class Runs:
    """Runs of the demonstration, all at once to save time."""

    as_json: Ended
    served: list[dict[str, Any]]
    """What `FakeFoundry` sent in the run with JSON."""
    piped: Ended
    middling: Terminal
    middling_code: int
    written: list[Path]
    """Files the processes left behind."""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """The demonstration on pipes, as JSON, and on a terminal of 120 columns."""
    folder, served = tmp_path_factory.mktemp("demo"), tmp_path_factory.mktemp("served") / "served.jsonl"
    middling = Terminal(folder, 120, "demo", "--seconds", "1", "--exit")
    as_json = start(folder, "demo", "--seconds", "1", "--json", str(served), before=RECORD)
    piped = start(folder, "demo", "--seconds", "1")
    code = middling.end()
    ended_as_json, ended_piped = end(as_json), end(piped)
    return Runs(
        as_json=ended_as_json,
        served=[json.loads(line) for line in served.read_text(encoding="utf-8").splitlines()],
        piped=ended_piped,
        middling=middling,
        middling_code=code,
        written=list(folder.rglob("*")),
    )


def test_ends_well(runs: Runs) -> None:
    """Every run ends with 0, and says nothing on standard error when that is no terminal."""
    assert (runs.as_json.code, runs.as_json.err) == (0, "")
    assert (runs.piped.code, runs.piped.err) == (0, "")
    assert runs.middling_code == 0
    assert "Traceback" not in runs.middling.drawn


def test_writes_no_file(runs: Runs) -> None:
    """Nothing is left in the home, the temporary folder or the current one."""
    assert runs.written == []


def test_total_is_what_was_served(runs: Runs) -> None:
    """The ledger's tokens are those in the bytes that `FakeFoundry` sent."""
    tokens_in = tokens_out = 0
    for reply in runs.served:
        body = reply["body"]
        if body.startswith("event:"):
            start_of_message = re.search(r'data: ({"type":"message_start".*)', body)
            final = re.search(r'data: ({"type":"message_delta".*)', body)
            assert start_of_message
            usage = json.loads(start_of_message[1])["message"]["usage"]
            tokens_out += json.loads(final[1])["usage"]["output_tokens"] if final else 0
        else:
            usage = json.loads(body).get("usage", {})
            tokens_out += usage.get("output_tokens", 0)
        for kind in ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"):
            tokens_in += usage.get(kind, 0)
    rows = runs.as_json.rows
    assert tokens_in > 20_000
    assert tokens_out > 2_000
    assert sum(row.get(names.INPUT_TOKENS, 0) for row in rows) == tokens_in
    assert sum(row.get(names.OUTPUT_TOKENS, 0) for row in rows) == tokens_out


def test_numbers_and_flags_are_no_text(runs: Runs) -> None:
    """With ``--json`` each field has the type that its row in the table says."""
    types = {str: (str,), int: (int,), float: (int, float), bool: (bool,)}
    expected = {row.name: types[row.constraint.type] for row in LEDGER}
    rows = runs.as_json.rows
    values = [(name, value) for row in rows for name, value in row.items() if name in expected]
    assert not [(name, value) for name, value in values if type(value) not in expected[name]]
    assert {type(value) for _, value in values} == {str, int, float, bool}


def test_a_row_for_each_attempt(runs: Runs) -> None:
    """Each request that `FakeFoundry` got has one row with its status; one more row was never sent."""
    rows = runs.as_json.rows
    sent = [row for row in rows if row[names.OUTCOME] != "not_sent"]
    assert Counter(row[names.STATUS_CODE] for row in sent) == Counter(one["status"] for one in runs.served)
    assert len(rows) == len(sent) + 1


def test_story(runs: Runs) -> None:
    """Every cause of the story is there, with retries, both families, both credentials, both tenants."""
    rows = runs.as_json.rows
    assert {row.get(names.ERROR_TYPE) or row[names.OUTCOME] for row in rows} == CAUSES
    assert {"stream_error", "truncated", "abandoned", "not_sent"} <= {row[names.OUTCOME] for row in rows}
    assert {row[names.ATTEMPT_NUMBER] for row in rows} == {1, 2}
    clients = {row[names.CLIENT].partition("/")[0] for row in rows if names.CLIENT in row}
    assert clients == {"AnthropicFoundry", "AsyncAnthropicFoundry", "httpx", "httpx2"}
    assert {row[names.AUTH_SCHEME] for row in rows} == {"api_key", "entra_id"}
    assert {row["foundry.tag.tenant"] for row in rows} == {"acme", "globex"}
    assert COUNT_TOKENS in {row[names.OPERATION] for row in rows}
    assert any(row.get(names.CACHE_READ_TOKENS) for row in rows)
    assert any(row.get(names.CACHE_WRITE_1H_TOKENS) for row in rows)


def test_retry_shares_its_call(runs: Runs) -> None:
    """A second attempt went well, and has the call id of a first one that was refused."""
    rows = runs.as_json.rows
    first = {row[names.CALL_ID]: row for row in rows if row[names.ATTEMPT_NUMBER] == 1}
    again = [row for row in rows if row[names.ATTEMPT_NUMBER] == 2]
    assert again
    for row in again:
        assert row[names.OUTCOME] == "ok"
        assert first[row[names.CALL_ID]][names.ERROR_TYPE] in ("rate_limited", "overloaded")


def test_prices(runs: Runs) -> None:
    """What was answered in full has a cost, also under a custom name; without a list price it has none."""
    for row in runs.as_json.rows:
        reported = row.get(names.USAGE_COMPLETE) is True and row[names.REQUEST_MODEL] != "pilot-2027"
        assert (names.COST in row) == reported
    custom = [row for row in runs.as_json.rows if row[names.REQUEST_MODEL] == "support-chat-prod"]
    assert any(names.COST in row for row in custom)


def test_json_has_the_names_of_the_event(runs: Runs) -> None:
    """Keys are field names of the ledger event, and no others; values have their types."""
    known = {value for value in vars(names).values() if isinstance(value, str)}
    for row in runs.as_json.rows:
        assert {key for key in row if not key.startswith(TAG_PREFIX)} <= known
        assert type(row[names.ATTEMPT_NUMBER]) is int
        assert type(row[names.DURATION]) in (int, float)
        assert type(row[names.REQUEST_STREAM]) is bool
        assert row[names.SCHEMA_VERSION] == SCHEMA


def test_piped_table(runs: Runs) -> None:
    """In a pipe there are no colours and no progress, every id is whole, and the summary closes it."""
    out = runs.piped.out
    assert "\x1b" not in out
    assert "…" not in out
    assert re.search(rf"429 rate_limited .* {AZURE_ID} –", out)  # noqa: RUF001
    assert re.search(rf"200 ok stream  .*\d\.\d\ds \d\.\d{{6}} {AZURE_ID} {ANTHROPIC_ID}", out)
    assert re.search(rf"rate_limited +2 {OWNER_LABELS['quota']} +yes +{AZURE_ID}", out)
    assert re.search(
        rf"credential_error +1 {OWNER_LABELS['caller_credential']} +no +not sent: AADSTS7000215", out
    )
    assert out.rstrip().endswith("; all recorded; 1 attempt was not sent (credential_error)")


def test_rows_come_in_live(runs: Runs) -> None:
    """On a terminal the progress is drawn again after the first rows."""
    drawn = runs.middling.drawn
    assert "starting a fake Foundry" in drawn
    first_row = drawn.index("claude-")
    assert re.search(r"\d+ attempts? · [\d,]+ tokens in · [\d,]+ out · \$0\.\d{6}", drawn[first_row:])


def test_middling_terminal(runs: Runs) -> None:
    """At 120 columns a row has one line, its ids are shortened visibly, and the summary has them whole."""
    lines = runs.middling.lines
    rows = [line for line in lines if re.match(r"\d\d:\d\d:\d\d claude-|\d\d:\d\d:\d\d support-", line)]
    assert len(rows) > 20
    assert all(len(line) <= 120 for line in lines)
    assert any(re.search(r" [0-9a-f]{8}… req_…\w{8}$", line) for line in rows)
    assert any(re.search(rf"^ok .*{AZURE_ID} {ANTHROPIC_ID}$", line) for line in lines)


def test_colours(runs: Runs) -> None:
    """On a terminal what went well is green, what may be tried again yellow, what may not red."""
    drawn = runs.middling.drawn
    assert re.search(r"\x1b\[32m200\x1b\[0m", drawn)
    assert re.search(r"\x1b\[33m429\x1b\[0m", drawn)
    assert re.search(r"\x1b\[31m401\x1b\[0m", drawn)


def test_interrupt(tmp_path: Path) -> None:
    """Ctrl-C ends it with 130 and a summary; NO_COLOR is heeded; at 80 columns ids are whole."""
    terminal = Terminal(tmp_path, 80, "demo", "--seconds", "8", NO_COLOR="1")
    terminal.read_until("429")
    terminal.process.send_signal(signal.SIGINT)
    assert terminal.end() == 130
    assert "Traceback" not in terminal.drawn
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]m", terminal.drawn)
    lines = terminal.lines
    assert any(line.startswith("outcome ") for line in lines)
    assert any(line.startswith("tokens ") for line in lines)
    assert all(len(line) <= 80 for line in lines)
    assert any(re.fullmatch(rf" \d\d:\d\d:\d\d {AZURE_ID} {ANTHROPIC_ID}", line) for line in lines)


def test_page_stays(tmp_path: Path) -> None:
    """At a terminal, of whatever encoding, the page is there until Ctrl-C after the summary ends it with 0.

    A switch that turns the library off does not turn the demonstration off.
    """
    variables = {"PYTHONIOENCODING": "latin-1", VARIABLE: "true"}
    terminal = Terminal(tmp_path, 120, "demo", "--seconds", "1", "--no-browser", **variables)
    terminal.read_until(r"all recorded[\s\S]*Press Ctrl-C to stop")
    address = re.search(r"workbook +.*?(http://127\.0\.0\.1:\d+)/\?token=([\w-]+)", "\n".join(terminal.lines))
    assert address
    headers = {"Authorization": f"Bearer {address[2]}"}
    status = httpx.get(f"{address[1]}/status.json", headers=headers, trust_env=False).json()
    reported = re.search(r"attempts +(\d+) \(\d+ failed\) for", "\n".join(terminal.lines))
    assert reported
    assert status["attempts"]["rows"] == int(reported[1])
    assert "text/html" in httpx.get(address[1], headers=headers, trust_env=False).headers["content-type"]
    terminal.process.send_signal(signal.SIGINT)
    assert terminal.end() == 0


def test_interrupt_while_starting(tmp_path: Path) -> None:
    """Ctrl-C before anything came ends it with 130 and without a word."""
    terminal = Terminal(tmp_path, 100, "demo")
    terminal.read_until("starting|configuring")
    terminal.process.send_signal(signal.SIGINT)
    assert terminal.end() == 130
    assert "Traceback" not in terminal.drawn
    assert "outcome" not in terminal.drawn
