"""The commands in processes of their own: on a terminal, on pipes, and watched."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from foundry_telemetry.local.api.server import LocalAzureMonitor
from tests.cli.process import Terminal, end, run, start
from tests.dashboards.incidents import Call, day
from tests.dashboards.rows import Row
from tests.investigate.history import around, put

pytestmark = pytest.mark.slow

COLOUR = re.compile(r"\x1b\[[0-9;]*3[1-7]m")
"""Bold and dim are no colours; NO_COLOR leaves them."""


def failing(call: Call) -> list[Row] | None:
    """Each call of the last twenty minutes is refused."""
    if call.age.total_seconds() > 1_200:
        return None
    return [call.refused(1, 401, "auth_token_expired", "caller_credential")]


@pytest.fixture(scope="module")
def azure() -> Iterator[LocalAzureMonitor]:
    """A store in which the last twenty minutes went wrong."""
    with LocalAzureMonitor() as azure:
        put(azure.store, day(failing))
        yield azure


def test_colours_on_a_terminal_unless_they_are_not_wanted(azure: LocalAzureMonitor, tmp_path: Path) -> None:
    """A terminal gets colours, and with NO_COLOR none; the words are the same."""
    drawn = []
    for environment in ({}, {"NO_COLOR": "1"}):
        terminal = Terminal(tmp_path, 120, "incident", *around(30), "--url", azure.url, **environment)
        assert terminal.end() == 3
        drawn.append(terminal)
    coloured, plain = drawn
    assert COLOUR.search(coloured.drawn)
    assert not COLOUR.search(plain.drawn)
    assert any("auth_token_expired" in line for line in plain.lines)


def test_pipes_get_the_answer_alone(azure: LocalAzureMonitor, tmp_path: Path) -> None:
    """On a pipe there is no colour and no progress, and standard error stays empty."""
    ended = run(tmp_path, "incident", *around(30), "--url", azure.url)
    assert (ended.code, ended.err) == (3, "")
    assert "\x1b" not in ended.out
    assert ended.out.startswith("INCIDENT")


def test_progress_goes_to_standard_error(azure: LocalAzureMonitor, tmp_path: Path) -> None:
    """While Azure thinks, a terminal shows what is queried; it is gone when the answer is there."""
    terminal = Terminal(tmp_path, 120, "incident", *around(30), "--url", azure.url)
    assert terminal.end() == 3
    _, said, after = terminal.drawn.rpartition("querying local Azure Monitor")
    assert said
    assert "\x1b[2K" in after.partition("INCIDENT")[0]  # its line is taken away


def test_watch(azure: LocalAzureMonitor, tmp_path: Path) -> None:
    """It looks again and again, a line of JSON each time, until Ctrl-C, which is a good end."""
    process = start(
        tmp_path, "incident", "--watch", "--every", "1", "--json", "--since", "1d", "--url", azure.url
    )
    assert process.stdout is not None
    looks = [json.loads(process.stdout.readline()) for _ in range(2)]
    process.send_signal(signal.SIGINT)
    ended = end(process)
    assert (ended.code, ended.err) == (0, "")
    assert looks[0]["end"] < looks[1]["end"]


def test_watch_outlives_its_source(tmp_path: Path) -> None:
    """While nobody answers it says so, and goes on."""
    process = start(tmp_path, "incident", "--watch", "--every", "1", "--url", "http://127.0.0.1:9")
    assert process.stderr is not None
    for _ in range(2):
        assert "cannot be reached" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    assert end(process).code == 0
