"""A run: two servers and the measured process, each a process of its own, and what they reported."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from tests.soak.drive import Plan

ROOT = Path(__file__).parents[2]
PATIENCE_S = 30.0
"""Seconds that a process may take to end once it should."""

_NOT_INHERITED = ("APPLICATIONINSIGHTS_", "AZURE_", "OTEL_", "FOUNDRY_TELEMETRY_")
_WITHOUT_OTHERS = {
    "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL": "true",
    "APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED": "true",
    "OTEL_EXPERIMENTAL_RESOURCE_DETECTORS": "otel",
    "OTEL_METRIC_EXPORT_INTERVAL": "10000",
}
"""No other endpoint is used; and metrics go out so often that their memory soon is what it ever is."""


@dataclass
class Run:
    """What came of a run."""

    samples: list[dict[str, float]] = field(default_factory=list)
    """After each batch: ``done``, ``seconds``, ``rss`` in bytes."""
    facts: dict[str, Any] = field(default_factory=dict)
    """All else that the measured process reported."""
    served: list[int] = field(default_factory=list)
    """Numbers of the attempts that the service answered, sorted."""
    delivered: list[int] = field(default_factory=list)
    """Numbers of the ledger events that arrived, sorted."""
    mixed: int = 0
    """Ledger events with the ids or tokens of another call."""
    outcomes: dict[str, int] = field(default_factory=dict)
    code: int = 0
    """How the measured process ended."""
    errors: str = ""
    """What it wrote to its standard error."""


Progress = Callable[[dict[str, Any]], object]


def run(plan: dict[str, Any], *, control: bool = False, progress: Progress = lambda _: None) -> Run:
    """Make one run.

    Args:
        plan: Fields of a `Plan`, without the addresses.
        control: Make the same calls with nothing of ours.
        progress: Called with every sample.
    """
    found = Run()
    with tempfile.TemporaryDirectory() as folder, served("foundry") as foundry, served("ingestion") as azure:
        where = {"base_url": foundry.where, "connection_string": None if control else azure.where}
        plan_text = msgspec.json.encode(msgspec.convert({**plan, **where}, Plan)).decode()
        drive(plan_text, found, Path(folder), progress)
        found.served = foundry.ask()["numbers"]
        facts = azure.ask()
    found.delivered, found.mixed, found.outcomes = facts["numbers"], facts["mixed"], facts["outcomes"]
    return found


def drive(plan: str, found: Run, folder: Path, progress: Progress) -> None:
    """Run the measured process until its end, with its offline storage in a folder."""
    with (
        (folder / "errors").open("w+", encoding="utf-8") as errors,
        python("tests.soak.drive", plan, stderr=errors, TMPDIR=str(folder)) as process,
    ):
        assert process.stdout is not None
        for line in process.stdout:
            facts = json.loads(line)
            if "rss" in facts:
                found.samples.append({name: facts.pop(name) for name in ("done", "seconds", "rss")})
                progress(found.samples[-1])
            found.facts |= facts
        found.code = process.wait()
        errors.seek(0)
        found.errors = errors.read()


class Served:
    """A server process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.where: str = self._listen()["where"]

    def ask(self) -> dict[str, Any]:
        """What has come so far."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return self._listen()

    def _listen(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("a server of the soak has ended; its error is above")
        facts: dict[str, Any] = json.loads(line)
        return facts


@contextmanager
def served(kind: str) -> Iterator[Served]:
    """A server of `tests.soak.servers`, ended with the block."""
    with python("tests.soak.servers", kind) as process:
        yield Served(process)


@contextmanager
def python(
    module: str, *arguments: str, stderr: Any = None, **variables: str
) -> Iterator[subprocess.Popen[str]]:
    """A process of this Python that runs a module; it is ended with the block."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_INHERITED)}
    with subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        env={**inherited, **_WITHOUT_OTHERS, **variables},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        cwd=ROOT,
    ) as process:
        try:
            yield process
        finally:
            with suppress(subprocess.TimeoutExpired):
                process.communicate(timeout=PATIENCE_S)
            process.kill()
