"""The command: what it prints on terminals, on pipes and as JSON, how it ends, and what it never shows."""

from __future__ import annotations

import base64
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from foundry_telemetry import cli
from foundry_telemetry.local.api.server import LocalAzureMonitor
from foundry_telemetry.schema import field_table as names
from foundry_telemetry.testing import FakeFoundry
from foundry_telemetry.testing.captured_request import ReceivedRequest
from tests.cli.process import Ended, Terminal, run

pytestmark = pytest.mark.slow

KEY = "CANARY0123456789abcdefCANARY0123456789ABCDEF"
LIVE = ("--live", "--deployment", "my-deployment")


def respond(request: ReceivedRequest) -> str | int:
    """Foundry: a call with a credential is answered, one without is refused."""
    asks = "api-key" in request.headers or "authorization" in request.headers
    return 200 if asks else "err_401_missing_credential"


@pytest.fixture
def variables() -> Iterator[dict[str, str]]:
    """The environment of a service that is set up right, with both ends on loopback."""
    with FakeFoundry(respond) as foundry, LocalAzureMonitor() as azure:
        yield {
            "ANTHROPIC_FOUNDRY_BASE_URL": foundry.base_url,
            "ANTHROPIC_FOUNDRY_API_KEY": KEY,
            "ANTHROPIC_OPEN_TELEMETRY": "false",
            "APPLICATIONINSIGHTS_CONNECTION_STRING": azure.connection_string,
        }


def reported(ended: Ended) -> dict[str, Any]:
    """What it said as JSON."""
    assert not ended.err
    report: dict[str, Any] = json.loads(ended.out)
    return report


def states(report: dict[str, Any]) -> dict[str, str]:
    """The state of each finding."""
    return {finding["check"]: finding["state"] for finding in report["findings"]}


def test_set_up_right(tmp_path: Path, variables: dict[str, str]) -> None:
    """A service that is set up right: exit code 0, no failure, and the live call's record in the store."""
    report = reported(run(tmp_path, "doctor", "--json", *LIVE, **variables))
    assert report["sound"] is True
    assert report["counts"]["failure"] == 0
    found = states(report)
    for check in (
        "packages",
        "integrations",
        "API key",
        "connection string",
        "sampler",
        "Foundry",
        "Azure Monitor",
    ):
        assert found[check] == "ok", report
    assert (found["live call"], found["event export"]) == ("ok", "ok")
    assert report["attempt"][names.OUTCOME] == "ok"
    assert report["attempt"][names.REQUEST_MODEL] == "my-deployment"


def test_set_up_wrong(tmp_path: Path, variables: dict[str, str]) -> None:
    """A service that is set up wrong: exit code 3, each problem with its fix, on standard output alone."""
    wrong = variables | {
        "ANTHROPIC_FOUNDRY_BASE_URL": variables["ANTHROPIC_FOUNDRY_BASE_URL"] + "/v1/messages",
        "APPLICATIONINSIGHTS_CONNECTION_STRING": "CANARY",
        "OTEL_LOGS_EXPORTER": "none",
        "OTEL_TRACES_SAMPLER": "always_off",
    }
    ended = run(tmp_path, "doctor", "--json", **wrong)
    assert ended.code == 3
    report = reported(ended)
    assert report["sound"] is False
    found = states(report)
    for check, state in (
        ("base URL", "failure"),
        ("connection string", "failure"),
        ("signals", "failure"),
        ("sampler", "warning"),
    ):
        assert found[check] == state
    assert all(finding.get("fix") for finding in report["findings"] if finding["state"] != "ok")


def _part(claims: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize("form", [("--json",), ()])
def test_no_secret_is_shown(form: tuple[str, ...], tmp_path: Path, variables: dict[str, str]) -> None:
    """Whatever stands in whatever variable: no key, token, person or text of an exception is printed."""
    token = f"{_part({'alg': 'none'})}.{_part({'upn': 'CANARY@example.com', 'exp': 1})}.CANARY"
    key = variables["APPLICATIONINSIGHTS_CONNECTION_STRING"].partition(";")[0].partition("=")[2]
    (tmp_path / "service.py").write_text("raise RuntimeError('CANARY of the service')")
    for secret in (
        {},
        {"ANTHROPIC_FOUNDRY_API_KEY": token},
        {"ANTHROPIC_FOUNDRY_RESOURCE": "0" * 32, "ANTHROPIC_FOUNDRY_BASE_URL": ""},
    ):
        ended = run(
            tmp_path,
            "doctor",
            *form,
            *LIVE,
            "--app",
            "service",
            **{**variables, "ANTHROPIC_API_KEY": "CANARY", **secret},
        )
        said = ended.out + ended.err
        assert len(said) > 500
        assert not [canary for canary in ("CANARY", KEY, token, key, "0" * 32) if canary in said], said


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_on_a_terminal(columns: int, tmp_path: Path, variables: dict[str, str]) -> None:
    """On a terminal sentences are wrapped under their column, and commands stay in one line to be copied."""
    terminal = Terminal(
        tmp_path, columns, "doctor", **(variables | {"APPLICATIONINSIGHTS_CONNECTION_STRING": ""})
    )
    assert terminal.end() == 0
    assert "\x1b[" in terminal.drawn
    lines = terminal.lines
    fixes = [line for line in lines if re.match(r" +(fix|run): ", line)]
    assert any("az monitor app-insights component show" in line and "tsv" in line for line in fixes)
    for line in lines:
        assert line in fixes or len(line) <= columns, line
    assert re.fullmatch(r"\d+ warnings?, \d+ passed, \d+ skipped", [line for line in lines if line][-1])


def test_without_colours(tmp_path: Path, variables: dict[str, str]) -> None:
    """With NO_COLOR states are shown in words alone, as they are on pipes, where nothing is drawn over."""
    terminal = Terminal(tmp_path, 80, "doctor", NO_COLOR="1", **variables)
    assert terminal.end() == 0
    assert not re.search(r"\x1b\[(?:\d+;)*3\d", terminal.drawn)
    piped = run(tmp_path, "doctor", **variables)
    assert "\x1b" not in piped.out
    assert not piped.err
    assert not [line for line in piped.out.splitlines() if line != line.rstrip()]
    assert piped.out.startswith("passed   packages")


def test_progress(tmp_path: Path, variables: dict[str, str]) -> None:
    """While somebody is waited for, a terminal names them on standard error."""
    hanging = FakeFoundry("read_timeout")
    with hanging as foundry:
        variables["ANTHROPIC_FOUNDRY_BASE_URL"] = foundry.base_url
        terminal = Terminal(tmp_path, 100, "doctor", "--timeout", "2", **variables)
        terminal.read_until("waiting for Foundry")
        assert terminal.end() == 3


def call(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> object:
    """Run the command in this process, and return what it exits with."""
    monkeypatch.setattr(sys, "argv", ["foundry-telemetry", "doctor", *arguments])
    monkeypatch.setenv("COLUMNS", "200")
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return ended.value.code


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--live",), "example: --live --deployment my-deployment"),
        (("--timeout", "0"), "expected a number from 0.1 to 60"),
        (("--timeout", "soon"), "example: --timeout 8"),
    ],
)
def test_usage(
    arguments: tuple[str, ...],
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What cannot be is refused with an example that works."""
    assert call(monkeypatch, *arguments) == 2
    assert words in capsys.readouterr().err


def test_without_the_other_extras(tmp_path: Path, variables: dict[str, str]) -> None:
    """The packages of the command line are enough: no SDK, no server, no database is needed."""
    without = ["anthropic", "httpx2", "starlette", "uvicorn", "duckdb", "duckdb_kql", "platformdirs"]
    before = f"import sys; sys.modules.update(dict.fromkeys({without!r})); "
    ended = run(tmp_path, "doctor", "--json", *LIVE, before=before, **variables)
    assert ended.err.startswith(
        "attempts are unpriced: genai-prices cannot be imported"
    )  # which needs httpx2
    found = states(json.loads(ended.out))
    assert (found["Foundry"], found["live call"], found["retention"]) == ("ok", "ok", "ok")


def test_a_service_is_looked_into(tmp_path: Path, variables: dict[str, str]) -> None:
    """With --app the service's own set-up is seen; what it prints does not stand in the JSON."""
    (tmp_path / "service.py").write_text(
        "import foundry_telemetry, os\nprint('hello')\nfoundry_telemetry.configure()\n"
        "os.environ['ANTHROPIC_FOUNDRY_API_KEY'] = 'set by the service'\n"
    )
    ended = run(tmp_path, "doctor", "--json", "--app", "service", **variables)
    assert ended.code == 3, ended.err
    found = states(json.loads(ended.out))
    assert found["API key"] == "failure"  # it has spaces, and is seen
    for check in (
        "application",
        "ledger",
        "effective sampler",
        "instrumented",
        "log loop",
        "dropped telemetry",
    ):
        assert found[check] == "ok"
    assert "service process" not in found
