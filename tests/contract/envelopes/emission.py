"""The calls are made in a process of their own, which prints what reached Azure: one scenario a line.

The exporter is the real one, set up by `configure`, over a real socket. Only the clock is played: it stands
still within a scenario and goes on by an hour between two, so that tokens are as old as recorded and quotas
start anew. It is in place before anything else is imported.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from tests.contract.envelopes.settings import SETTINGS
from tests.contract.envelopes.stored import Emitted
from tests.support.patience import PATIENCE_S

ROOT = Path(__file__).parents[3]
STARTS_AT_S = int(datetime(2026, 11, 22, 10, tzinfo=UTC).timestamp())
_NOT_INHERITED = ("APPLICATIONINSIGHTS_", "AZURE_", "OTEL_", "FOUNDRY_", "ANTHROPIC_")


class Clock:
    """The time of day, played."""

    def __init__(self) -> None:
        self.now_s = STARTS_AT_S

    def install(self) -> None:
        """Take the place of the process' own."""
        time.time = lambda: float(self.now_s)
        time.time_ns = lambda: self.now_s * 10**9


def emit(folder: Path) -> Emitted:
    """What the present code emits.

    Args:
        folder: For the files of the process.

    Raises:
        AssertionError: The process failed; the message is what it said.
    """
    settings = folder / "settings.toml"
    settings.write_text(SETTINGS, "utf-8")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_INHERITED)}
    done = subprocess.run(
        [sys.executable, "-m", "tests.contract.envelopes", "--emit"],
        cwd=ROOT,
        env={
            **inherited,
            "FOUNDRY_TELEMETRY_SETTINGS": str(settings),
            "OTEL_METRIC_EXPORT_INTERVAL": "86400000",  # a day: metrics are collected by a flush alone
            "OTEL_EXPERIMENTAL_RESOURCE_DETECTORS": "otel",  # the distro's default asks the network
            "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": "fastapi",  # a third of the whole start, for nothing
            "OTEL_SERVICE_NAME": "envelopes",
            "TMPDIR": str(folder),
        },
        capture_output=True,
        check=False,
        text=True,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 0, done.stderr
    lines = map(json.loads, done.stdout.splitlines())
    return {line["scenario"]: line["envelopes"] for line in lines}


def play() -> None:
    """Make the calls in this process."""
    clock = Clock()
    clock.install()
    from tests.contract.envelopes.recording import record  # after the clock

    record(clock)
