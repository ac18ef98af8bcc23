"""Services as real processes, between a fake Foundry that counts calls and the local Azure Monitor."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import httpx

from foundry_telemetry.local.api.server import LocalAzureMonitor
from foundry_telemetry.testing import FakeFoundry, answer
from tests.support.patience import PATIENCE_S

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "examples" / "deploy"

POLL_S = 0.1
"""Between two looks at what no event tells of."""

INPUT_TOKENS = 17
OUTPUT_TOKENS = 5

_NOT_INHERITED = ("ANTHROPIC_", "APPLICATIONINSIGHTS_", "AZURE_", "OTEL_")

LEDGER = """AppEvents | where Name == 'foundry.attempt'
| summarize attempts = count(), distinct_calls = dcount(ParentId),
    tokens = sum(tolong(Properties["gen_ai.usage.input_tokens"])),
    workers = dcount(tostring(Properties["foundry.tag.worker"]))"""
SPANS = "AppDependencies | where isnotempty(tostring(Properties['foundry.attempt.count'])) | count"
TOKENS = """AppMetrics | where Name == 'foundry.client.token.usage'
| where Properties["gen_ai.token.type"] == 'input' | summarize tokens = sum(Sum)"""
LOST = """AppMetrics | where Name == 'foundry.telemetry.dropped'
| summarize lost = sum(Sum) by signal = tostring(Properties['foundry.telemetry.signal'])"""


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
    lost: dict[str, float]
    """Items that were counted as lost, by signal."""

    def holds(self, attempts: int) -> bool:
        """Whether all three signals hold so many attempts at least."""
        return min(self.attempts, self.spans, self.metric_tokens / INPUT_TOKENS) >= attempts


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

    def wait_for_served(self, count: int) -> int:
        """Wait until Foundry has got so many calls, and return how many it has."""
        return len(self.foundry.wait_for_requests(count, timeout=PATIENCE_S))

    def arrived(self) -> Arrived:
        """What Azure has by now."""

        def ask(kql: str) -> Sequence[Sequence[Any]]:
            return self.azure.query(kql).rows

        attempts, calls, tokens, workers = ask(LEDGER)[0]
        return Arrived(
            attempts,
            calls,
            tokens or 0,
            workers,
            spans=ask(SPANS)[0][0],
            metric_tokens=ask(TOKENS)[0][0] or 0,
            lost=dict(ask(LOST)),
        )

    def holds_all(self, *, workers: int | None = None) -> None:
        """Check that each call that was served is in Azure once, in all three signals, and none is lost."""
        seen, served = self.arrived(), self.served
        assert (seen.attempts, seen.calls, seen.spans) == (served, served, served)
        assert (seen.tokens, seen.metric_tokens) == (served * INPUT_TOKENS, served * INPUT_TOKENS)
        assert not seen.lost
        if workers is not None:
            assert seen.workers == workers

    def accounts_for_all(self, *, cancelled: int = 0) -> Arrived:
        """Check that each call that was served is in Azure once or counted as lost, in all three signals.

        Args:
            cancelled: Calls at most whose answer was not read to its end, so that its tokens are unknown.
        """
        seen, served = self.arrived(), self.served
        assert (seen.calls, seen.attempts + seen.lost.get("logs", 0)) == (seen.attempts, served), seen
        assert seen.spans + seen.lost.get("traces", 0) == served, seen
        whole = [(served - count) * INPUT_TOKENS for count in range(cancelled + 1)]
        assert "metrics" in seen.lost or seen.metric_tokens in whole, seen
        assert seen.lost or seen.metric_tokens == seen.tokens, seen
        return seen

    def wait_for(self, attempts: int, process: Service) -> None:
        """Wait until so many attempts are in Azure, in all three signals, while a process still runs."""
        deadline = time.monotonic() + PATIENCE_S
        while not self.arrived().holds(attempts):
            assert process.popen.poll() is None, process.errors
            assert time.monotonic() < deadline, self.arrived()
            time.sleep(POLL_S)


@contextmanager
def staged(folder: Path) -> Iterator[Stage]:
    """Set the stage."""
    usage = {"input_tokens": INPUT_TOKENS, "output_tokens": OUTPUT_TOKENS}
    reply = answer("Hello.", usage=usage, first_delta_after=0.05)
    with FakeFoundry([reply]) as foundry, LocalAzureMonitor() as azure:
        yield Stage(foundry, azure, folder)


class Service:
    """A running process; its standard output and error go to a file."""

    def __init__(
        self, popen: subprocess.Popen[bytes], log: Path, alive: int, port: int = 0, *, is_inner: bool = False
    ) -> None:
        self.popen = popen
        self._port = port
        self._log = log
        self._alive = alive
        self._is_inner = is_inner
        self._endless: list[socket.socket] = []

    @property
    def errors(self) -> str:
        """What it said so far."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def ask(self, times: int, at_once: int = 6) -> set[str]:
        """Make requests of the service, which is given time to start; what it answered, each text once."""
        url = f"http://127.0.0.1:{self._port}/"
        with httpx.Client(timeout=PATIENCE_S) as client, ThreadPoolExecutor(at_once) as pool:
            answers = list(pool.map(client.get, [url] * times))
        assert {each.status_code for each in answers} == {200}, self.errors
        return {each.text for each in answers}

    def ask_without_end(self) -> None:
        """Make the request that does not end."""
        self._endless.append(socket.create_connection(("127.0.0.1", self._port)))
        self._endless[0].sendall(b"GET /endless HTTP/1.1\r\nHost: here\r\n\r\n")

    def wait_for(self, word: str) -> None:
        """Wait until it has said something."""
        deadline = time.monotonic() + PATIENCE_S
        while word not in self.errors:
            assert self.popen.poll() is None, self.errors
            assert time.monotonic() < deadline, self.errors
            time.sleep(POLL_S)

    def send(self, number: int, *, to_all: bool = False) -> None:
        """Send a signal to the process that was started, or to all that it started, too."""
        if to_all:
            os.killpg(self.popen.pid, number)
        elif self._is_inner:
            children = Path(f"/proc/{self.popen.pid}/task/{self.popen.pid}/children")
            os.kill(int(children.read_text()), number)
        else:
            self.popen.send_signal(number)

    def end(self, number: int | None = signal.SIGTERM) -> int:
        """Send a signal, and wait for the end.

        Returns:
            The exit code, negative for a signal.
        """
        if number is not None:
            self.send(number)
        return self.wait()

    def wait(self) -> int:
        """Wait for the end of every process; the exit code of the first."""
        code = self.popen.wait(PATIENCE_S)
        assert select.select([self._alive], [], [], PATIENCE_S)[0], self.errors
        return code

    def kill(self) -> None:
        """Kill whatever still runs."""
        with suppress(ProcessLookupError):
            os.killpg(self.popen.pid, signal.SIGKILL)
        self.wait()
        for connection in self._endless:
            connection.close()


@contextmanager
def running(
    stage: Stage, *command: str, listens: bool = False, prefix: Sequence[str] = (), **environment: str
) -> Iterator[Service]:
    """Run a command of this Python's environment.

    Args:
        stage: Where it runs.
        command: A module and its arguments; ``{fd}`` is the socket that it listens on.
        prefix: What starts it, as its child.
        listens: Whether it gets such a socket. It is bound already, so requests wait until it is served.
        environment: Variables on top.
    """
    log = stage.folder / f"{command[0]}.{len(list(stage.folder.iterdir()))}.txt"
    with socket.socket() as listener, log.open("wb") as errors, _lifeline() as (alive, held):
        listener.bind(("127.0.0.1", 0))
        if listens:
            listener.listen(64)
        number = listener.fileno()
        # Where the tests run in the background of a shell, SIGINT is ignored, and a child would inherit that.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        popen = subprocess.Popen(
            [*prefix, sys.executable, "-m", *(word.replace("{fd}", str(number)) for word in command)],
            env=stage.environment | environment,
            cwd=DEPLOY,
            pass_fds=(number, held.fileno()),
            stdin=subprocess.DEVNULL,
            stdout=errors,
            stderr=errors,
            start_new_session=True,
        )
        signal.signal(signal.SIGINT, before)
        held.close()
        service = Service(popen, log, alive.fileno(), listener.getsockname()[1], is_inner=bool(prefix))
        try:
            yield service
        finally:
            service.kill()


@contextmanager
def _lifeline() -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    """A pipe: its first end can be read when no process holds the second any more."""
    read, write = os.pipe()
    with open(read, "rb", 0) as alive, open(write, "wb", 0) as held:  # noqa: PTH123 - no path
        yield alive, held
