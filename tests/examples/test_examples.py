"""Each example runs with the one command its header names."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.support.patience import PATIENCE_S

EXAMPLES = Path(__file__).parents[2] / "examples"
AZURE_ID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
SCRIPTS = sorted(path.name for path in EXAMPLES.glob("*.py") if path.name != "fake.py")


def environment(folder: Path) -> dict[str, str]:
    """Variables of a process without a real resource, and with a folder of its own for what it writes."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("ANTHROPIC_", "APPLICATIONINSIGHTS_", "AZURE_", "OTEL_"))
    }
    return kept | {"PYTHONPATH": str(EXAMPLES.parent), "TMPDIR": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}


def run(folder: Path, script: str, *arguments: str) -> str:
    """Run an example to its end; it must end well and complain of nothing."""
    ended = subprocess.run(
        [sys.executable, EXAMPLES / script, "--fake", *arguments],
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    return ended.stdout


@pytest.mark.parametrize("script", SCRIPTS)
def test_header_names_the_command(script: str) -> None:
    """The header of an example and the list of examples name the command that runs it."""
    command = f"python examples/{script} --fake"
    assert command in (EXAMPLES / script).read_text(encoding="utf-8")
    assert command in (EXAMPLES / "README.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_batch(tmp_path: Path) -> None:
    """The batch prints twelve answers and a total over every attempt, and Azure gets as many events."""
    out = run(tmp_path, "batch.py")
    assert out.count("Nobody asked Claude; this is made up.") == 12
    assert "14 attempts for 12 calls" in out
    assert "rate_limited: 2" in out
    assert re.search(r"[\d,]+ tokens in, 120 out, \$0\.000\d{3} at list price", out)
    assert "The fake Azure Monitor got 14 ledger events." in out


@pytest.mark.slow
def test_raw(tmp_path: Path) -> None:
    """Bare httpx: tokens and both ids, for a whole answer and for a stream."""
    out = run(tmp_path, "raw_httpx_entra.py")
    assert len(re.findall(rf"\d+ tokens in, 10 out; azure {AZURE_ID}, anthropic req_\w+", out)) == 2
    assert "The fake Azure Monitor got 2 ledger events." in out


@pytest.mark.slow
def test_raw_failure(tmp_path: Path) -> None:
    """Bare httpx with a wrong deployment: the cause, its owner, and Azure's id."""
    out = run(tmp_path, "raw_httpx_entra.py", "--deployment", "claude-sonet-5-5")
    line = (
        rf"deployment_not_found \(caller_request\); trying again does not help; azure {AZURE_ID}, anthropic -"
    )
    assert len(re.findall(line, out)) == 2


@pytest.mark.slow
def test_service(tmp_path: Path) -> None:
    """The service streams an answer, gives a support code for a failure, and delivers both on Ctrl-C."""
    command = [sys.executable, str(EXAMPLES / "fastapi_service.py"), "--fake", "--port", "0"]
    service = subprocess.Popen(
        command, env=environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with service:
        try:
            assert service.stderr is not None
            lines = iter(service.stderr.readline, "")
            url = next(found[0] for line in lines if (found := re.search(r"http://[\d.:]+", line)))
            with httpx.Client(base_url=url, timeout=PATIENCE_S, trust_env=False) as client:
                good = client.get("/chat", params={"question": "hello", "tenant": "acme"}).text
                bad = client.get("/chat", params={"question": "hello", "deployment": "no-such"}).text
            service.send_signal(signal.SIGINT)
            out, errors = service.communicate(timeout=PATIENCE_S)
        finally:
            service.kill()
    assert good.count("event: text") > 3
    assert good.endswith('event: done\ndata: ""\n\n')
    assert re.search(rf"support code: deployment_not_found azure={AZURE_ID} anthropic=-", bad)
    assert "Traceback" not in errors
    assert "The fake Azure Monitor got 2 ledger events." in out
