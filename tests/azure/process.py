"""Real processes that call `configure` and then end in one way or another."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foundry_telemetry.testing.ingestion import FakeIngestion

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60.0
"""How long a process may take before the test gives up; far above what any of them needs."""

_NOT_INHERITED = ("APPLICATIONINSIGHTS_", "AZURE_", "OTEL_")

PRELUDE = """
import json, logging, os, signal, sys, threading, time
from opentelemetry import _logs, metrics, trace

def say(**facts):
    print(json.dumps(facts), flush=True)

def threads():
    return sorted(thread.name for thread in threading.enumerate())

def hear():
    sys.stdin.readline()

def emit(mark, *, spans=1):
    tracer = trace.get_tracer("test")
    for _ in range(spans):
        tracer.start_span(f"span {mark}").end()
    event = {"microsoft.custom_event.name": "foundry.attempt", "mark": mark}
    logging.getLogger("app").warning("event", extra=event)
    metrics.get_meter("test").create_counter(f"count.{mark}").add(1)
"""


@dataclass
class Ended:
    """How a process ended."""

    code: int
    said: list[dict[str, Any]]
    errors: str
    seconds: float
    """From the last word, of the process or to it, to its end."""


class Process:
    """A running script. It talks by `say`, one JSON object a line, and listens by `hear`."""

    def __init__(self, popen: subprocess.Popen[str]) -> None:
        self._popen = popen
        self._said: list[dict[str, Any]] = []
        self._last_word = time.monotonic()

    @property
    def pid(self) -> int:
        """Process id."""
        return self._popen.pid

    def listen(self) -> dict[str, Any]:
        """The next thing the script says."""
        assert self._popen.stdout is not None
        line = self._popen.stdout.readline()
        assert line, f"the process ended early: {self.end().errors}"
        self._last_word = time.monotonic()
        self._said.append(json.loads(line))
        return self._said[-1]

    def tell(self) -> None:
        """Let the script go on."""
        assert self._popen.stdin is not None
        self._popen.stdin.write("\n")
        self._popen.stdin.flush()
        self._last_word = time.monotonic()

    def signal(self, number: int) -> None:
        """Send a signal."""
        self._popen.send_signal(number)

    def end(self) -> Ended:
        """Wait for the end."""
        out, errors = self._popen.communicate(timeout=PATIENCE_S)
        seconds = time.monotonic() - self._last_word
        self._said += [json.loads(line) for line in out.splitlines()]
        return Ended(self._popen.returncode, self._said, errors, seconds)


@contextmanager
def running(
    script: str,
    azure: FakeIngestion,
    folder: Path,
    *,
    under: Sequence[str] = (),
    prelude: str = PRELUDE,
    **environment: str | None,
) -> Iterator[Process]:
    """Run a script, written without imports, against a fake Azure.

    Args:
        script: Its lines, after `PRELUDE`.
        azure: Where its telemetry goes.
        folder: Its folder for temporary files, so for the offline storage of the exporter.
        under: A command that runs the interpreter, such as one that takes rights from it.
        prelude: What stands before the script.
        environment: Variables on top; ``None`` removes one.
    """
    variables: dict[str, str | None] = {
        **{name: value for name, value in os.environ.items() if not name.startswith(_NOT_INHERITED)},
        "APPLICATIONINSIGHTS_CONNECTION_STRING": azure.connection_string,
        "OTEL_EXPERIMENTAL_RESOURCE_DETECTORS": "otel",  # the distro's default asks the network
        "PYTHONPATH": str(ROOT),
        "TMPDIR": str(folder),
        **environment,
    }
    popen = subprocess.Popen(
        [*under, sys.executable, "-c", prelude + textwrap.dedent(script)],
        env={name: value for name, value in variables.items() if value is not None},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with popen:
        try:
            yield Process(popen)
        finally:
            popen.kill()


def run(script: str, azure: FakeIngestion, folder: Path, **environment: str | None) -> Ended:
    """Run a script to its end."""
    with running(script, azure, folder, **environment) as process:
        return process.end()


def run_when_ready(script: str, azure: FakeIngestion, folder: Path) -> Ended:
    """Run a script to its end; the time counts from the first thing it says."""
    with running(script, azure, folder) as process:
        process.listen()
        return process.end()


def stored(folder: Path) -> str:
    """What the exporters put on disk for later; they may be at it."""
    found = []
    for path in folder.rglob("*.blob*"):
        with suppress(FileNotFoundError):
            found.append(path.read_text("utf-8"))
    return "".join(found)
