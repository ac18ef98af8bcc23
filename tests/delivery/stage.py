"""Services as real processes, between a fake Foundry that counts calls and the local Azure Monitor."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from foundry_telemetry.local.server import LocalAzureMonitor
from foundry_telemetry.testing import FakeFoundry, answer
from tests.support.patience import PATIENCE_S

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "examples" / "deploy"

INPUT_TOKENS = 17
OUTPUT_TOKENS = 5

_NOT_INHERITED = ("ANTHROPIC_", "APPLICATIONINSIGHTS_", "AZURE_", "OTEL_")

LEDGER = """AppEvents | where Name == 'foundry.attempt'
| summarize attempts = count(), distinct_calls = dcount(tostring(Properties["foundry.call.id"])),
    tokens = sum(tolong(Properties["gen_ai.usage.input_tokens"])),
    workers = dcount(tostring(Properties["foundry.tag.worker"]))"""
SPANS = "AppDependencies | where isnotempty(tostring(Properties['foundry.attempt.count'])) | count"
TOKENS = """AppMetrics | where Name == 'gen_ai.client.token.usage'
| where Properties["gen_ai.token.type"] == 'input' | summarize tokens = sum(Sum)"""
LOST = "AppMetrics | where Name == 'foundry.telemetry.dropped' | summarize lost = sum(Sum)"


@dataclass(frozen=True)
class Arrived:
    """What Azure has."""

    attempts: int
    calls: int
    tokens: int
    workers: int
    spans: int
    metric_tokens: float
    """Input tokens, of the metrics."""
    lost: float
    """Items that were counted as lost."""


class Stage:
    """A fake Foundry, a local Azure Monitor, and the environment that leads to both."""

    def __init__(self, foundry: FakeFoundry, azure: LocalAzureMonitor, folder: Path) -> None:
        self.foundry = foundry
        self.azure = azure
        self.folder = folder

    @property
    def environment(self) -> dict[str, str]:
        """Variables of a service."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_INHERITED)}
        return kept | {
            "ANTHROPIC_FOUNDRY_BASE_URL": self.foundry.base_url,
            "ANTHROPIC_FOUNDRY_API_KEY": "any",
            "APPLICATIONINSIGHTS_CONNECTION_STRING": self.azure.connection_string,
            "OTEL_EXPERIMENTAL_RESOURCE_DETECTORS": "otel",  # the distro's default asks the network
            "PYTHONPATH": os.pathsep.join(map(str, (ROOT, DEPLOY, self.folder))),
            "PYTHONDONTWRITEBYTECODE": "1",
            "TMPDIR": str(self.folder),
        }

    def module(self, name: str, text: str) -> str:
        """Write a module that services can import and `running` can run; gives its name."""
        (self.folder / f"{name}.py").write_text(textwrap.dedent(text), encoding="utf-8")
        return name

    @property
    def served(self) -> int:
        """Calls that Foundry answered."""
        return len(self.foundry.requests)

    def arrived(self) -> Arrived:
        """What Azure has by now."""

        def ask(kql: str) -> Sequence[Any]:
            return self.azure.query(kql).rows[0]

        attempts, calls, tokens, workers = ask(LEDGER)
        return Arrived(
            attempts,
            calls,
            tokens or 0,
            workers,
            spans=ask(SPANS)[0],
            metric_tokens=ask(TOKENS)[0] or 0,
            lost=ask(LOST)[0] or 0,
        )

    def holds_all(self, *, workers: int | None = None) -> None:
        """Check that each call that was served is in Azure once, in all three signals, and none is lost."""
        seen, served = self.arrived(), self.served
        assert (seen.attempts, seen.calls, seen.spans) == (served, served, served)
        assert (seen.tokens, seen.metric_tokens) == (served * INPUT_TOKENS, served * INPUT_TOKENS)
        assert seen.lost == 0
        if workers is not None:
            assert seen.workers == workers


@contextmanager
def staged(folder: Path) -> Iterator[Stage]:
    """Set the stage."""
    usage = {"input_tokens": INPUT_TOKENS, "output_tokens": OUTPUT_TOKENS}
    reply = answer("Hello.", usage=usage, first_delta_after=0.05)
    with FakeFoundry([reply]) as foundry, LocalAzureMonitor() as azure:
        yield Stage(foundry, azure, folder)


class Service:
    """A running process; its standard error goes to a file."""

    def __init__(self, popen: subprocess.Popen[bytes], log: Path, url: str = "") -> None:
        self.popen = popen
        self.url = url
        self._log = log

    @property
    def errors(self) -> str:
        """What it said so far."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def ask(self, times: int, at_once: int = 6) -> set[str]:
        """Make requests of the service, which is given time to start; what it answered, each text once."""
        with httpx.Client(timeout=PATIENCE_S) as client, ThreadPoolExecutor(at_once) as pool:
            answers = list(pool.map(client.get, [self.url] * times))
        assert {each.status_code for each in answers} == {200}, self.errors
        return {each.text for each in answers}

    def end(self, number: int | None = signal.SIGTERM) -> int:
        """Send a signal, and wait for the end.

        Returns:
            The exit code, negative for a signal.
        """
        if number is not None:
            self.popen.send_signal(number)
        return self.popen.wait(PATIENCE_S)


@contextmanager
def running(
    stage: Stage, *command: str, listens: bool = False, prefix: Sequence[str] = (), **environment: str
) -> Iterator[Service]:
    """Run a command of this Python's environment.

    Args:
        stage: Where it runs.
        command: A module and its arguments; ``{fd}`` is the socket that it listens on.
        prefix: What starts it.
        listens: Whether it gets such a socket. It is bound already, so requests wait until it is served.
        environment: Variables on top.
    """
    log = stage.folder / f"{command[0]}.{len(list(stage.folder.iterdir()))}.txt"
    with socket.socket() as listener, log.open("wb") as errors:
        listener.bind(("127.0.0.1", 0))
        if listens:
            listener.listen(64)
        number = listener.fileno()
        popen = subprocess.Popen(
            [*prefix, sys.executable, "-m", *(word.replace("{fd}", str(number)) for word in command)],
            env=stage.environment | environment,
            cwd=DEPLOY,
            pass_fds=(number,),
            stdin=subprocess.DEVNULL,
            stdout=errors,
            stderr=errors,
            start_new_session=True,
        )
        try:
            yield Service(popen, log, f"http://127.0.0.1:{listener.getsockname()[1]}/")
        finally:
            if popen.poll() is None:
                os.killpg(popen.pid, signal.SIGKILL)
                popen.wait()
