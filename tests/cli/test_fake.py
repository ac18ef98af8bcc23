"""``foundry-telemetry fake``: a service pointed at it gets the script's responses."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.cli.process import end, run, start

pytestmark = pytest.mark.slow

BODY: dict[str, Any] = {"model": "d", "max_tokens": 1, "messages": [{"role": "user", "content": "x"}]}


def post(base_url: str) -> httpx.Response:
    """One call, as a service makes it."""
    return httpx.post(f"{base_url}/v1/messages", json=BODY, trust_env=False)


def stop(process: subprocess.Popen[str], number: int) -> int:
    """End it with a signal."""
    process.send_signal(number)
    ended = end(process)
    assert ended.err == ""
    return ended.code


def test_words(tmp_path: Path) -> None:
    """It prints the base URL and two lines to copy, answers until Ctrl-C, and ends with 0."""
    process = start(tmp_path, "fake", "--port", "0")
    assert process.stdout is not None
    lines = [process.stdout.readline().rstrip() for _ in range(6)]
    base_url = lines[0].removeprefix("base URL  ")
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/anthropic", base_url)
    assert lines[2:4] == [
        f"export ANTHROPIC_FOUNDRY_BASE_URL='{base_url}'",
        "export ANTHROPIC_FOUNDRY_API_KEY='fake'",
    ]
    assert lines[5] == "Set these before starting your service. Press Ctrl-C to stop."
    answered = post(base_url)
    assert (answered.status_code, answered.json()["type"]) == (200, "message")
    assert stop(process, signal.SIGINT) == 0


def test_json_and_script(tmp_path: Path) -> None:
    """With --json it is one line; the script is played in order and its last item repeats; SIGTERM is 143."""
    process = start(
        tmp_path,
        "fake",
        "--port",
        "0",
        "--script",
        "429, err_529_overloaded,200",
        "--retry-after",
        "3",
        "--json",
    )
    assert process.stdout is not None
    reported = json.loads(process.stdout.readline())
    assert reported["environment"]["ANTHROPIC_FOUNDRY_BASE_URL"] == reported["base_url"]
    answers = [post(reported["base_url"]) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [429, 529, 200, 200]
    assert answers[0].headers["retry-after"] == "3"
    assert stop(process, signal.SIGTERM) == 143


def test_port_in_use(tmp_path: Path) -> None:
    """A port that is taken is exit code 1, named with the command that takes another."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = run(tmp_path, "fake", "--port", str(port))
    assert (ended.code, ended.out) == (1, "")
    assert f"port {port} on 127.0.0.1 is in use" in ended.err
    assert "any free one with `--port 0`" in ended.err
