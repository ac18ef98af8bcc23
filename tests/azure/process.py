"""Real processes that call `configure` and then end in one way or another."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from foundry_telemetry.azure.distros import DISTROS, DistroName
from foundry_telemetry.testing.ingestion import HANG, FakeIngestion
from tests.support.microsoft import need_microsoft
from tests.support.patience import PATIENCE_S

ROOT = Path(__file__).parents[2]

NO_FASTAPI = {"OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": "fastapi"}
"""For what serves nothing: where FastAPI is installed, the distro imports it, a third of its whole start."""

LATE = {
    "OTEL_BSP_SCHEDULE_DELAY": "3600000",
    "OTEL_BLRP_SCHEDULE_DELAY": "3600000",
    "OTEL_METRIC_EXPORT_INTERVAL": "3600000",
}
"""Milliseconds. Nothing is sent because its time has come, so what arrives was flushed by us."""

_NOT_INHERITED = ("APPLICATIONINSIGHTS_", "AZURE_", "OTEL_")

PRELUDE = """
import json, logging, os, signal, sys, threading, time
from opentelemetry import _logs, metrics, trace

DISTRO = os.environ["DISTRO"]

def use_distro(**options):
    # As its own documentation does; keywords are those of the Azure Monitor distro.
    if DISTRO == "azure-monitor":
        from azure.monitor.opentelemetry import configure_azure_monitor
        return configure_azure_monitor(**options)
    from microsoft.opentelemetry import use_microsoft_opentelemetry
    for name in [name for name in options if name.startswith("enable_")]:
        options[f"azure_monitor_{name}"] = options.pop(name)
    return use_microsoft_opentelemetry(enable_azure_monitor=True, **options)

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


both_distros = pytest.mark.parametrize("distro", DISTROS)


def deadline(flush_s: float, store_s: float) -> str:
    """Lines that give the end of a process other times than five seconds, of which the last is for the disk.

    Args:
        flush_s: Seconds that the process waits at most for its last telemetry.
        store_s: Seconds of those kept back, for what a request that hangs leaves.
    """
    return (
        "from foundry_telemetry.azure import shutdown\n"
        f"shutdown.FLUSH_S, shutdown._STORE_S = {flush_s}, {store_s}\n"
    )


ENDLESS = deadline(10 * PATIENCE_S, 1.0)
"""An end that waits for its deadline never comes, however fast the machine."""
AMPLE = deadline(PATIENCE_S, PATIENCE_S - 1)
"""Requests are given up after a second; then there is time to reach the disk on the slowest machine."""

ALONE = """
use_distro()
emit("last")
say(ready=True)
hear()
"""


@dataclass
class Ended:
    """How a process ended."""

    code: int
    said: list[dict[str, Any]]
    errors: str


class Process:
    """A running script. It talks by `say`, one JSON object a line, and listens by `hear`."""

    def __init__(self, popen: subprocess.Popen[str]) -> None:
        self._popen = popen
        self._said: list[dict[str, Any]] = []

    @property
    def pid(self) -> int:
        """Process id."""
        return self._popen.pid

    def listen(self) -> dict[str, Any]:
        """The next thing the script says."""
        assert self._popen.stdout is not None
        line = self._popen.stdout.readline()
        assert line, f"the process ended early: {self.end().errors}"
        self._said.append(json.loads(line))
        return self._said[-1]

    def proceed(self) -> None:
        """Let the script go on."""
        assert self._popen.stdin is not None
        self._popen.stdin.write("\n")
        self._popen.stdin.flush()

    @property
    def runs(self) -> bool:
        """Whether it has not ended yet."""
        return self._popen.poll() is None

    def signal(self, number: int) -> None:
        """Send a signal."""
        self._popen.send_signal(number)

    def end(self) -> Ended:
        """Wait for the end."""
        out, errors = self._popen.communicate(timeout=PATIENCE_S)
        self._said += [json.loads(line) for line in out.splitlines()]
        return Ended(self._popen.returncode, self._said, errors)


@contextmanager
def running(
    script: str,
    azure: FakeIngestion,
    folder: Path,
    *,
    under: Sequence[str] = (),
    prelude: str = PRELUDE,
    distro: DistroName = "azure-monitor",
    **environment: str | None,
) -> Iterator[Process]:
    """Run a script, written without imports, against a fake Azure.

    Args:
        script: Its lines, after `PRELUDE`.
        azure: Where its telemetry goes.
        folder: Its folder for temporary files, so for the offline storage of the exporter.
        under: A command that runs the interpreter, such as one that takes rights from it.
        prelude: What stands before the script.
        distro: Its ``DISTRO``, and what it calls by ``use_distro()``.
        environment: Variables on top; ``None`` removes one.
    """
    found = need_microsoft() if distro == "microsoft" else None
    variables: dict[str, str | None] = {
        **{name: value for name, value in os.environ.items() if not name.startswith(_NOT_INHERITED)},
        "APPLICATIONINSIGHTS_CONNECTION_STRING": azure.connection_string,
        "OTEL_EXPERIMENTAL_RESOURCE_DETECTORS": "otel",  # the distro's default asks the network
        **NO_FASTAPI,
        "PYTHONPATH": os.pathsep.join(map(str, filter(None, (ROOT, found)))),
        "DISTRO": distro,
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


def run(
    script: str,
    azure: FakeIngestion,
    folder: Path,
    *,
    distro: DistroName = "azure-monitor",
    **environment: str | None,
) -> Ended:
    """Run a script to its end; arguments as for `running`."""
    with running(script, azure, folder, distro=distro, **environment) as process:
        return process.end()


def end_before_the_distro(process: Process, folder: Path) -> Ended:
    """Let a script that hears go on to its end, which must come while the distro alone still waits.

    Told to end while Azure hangs, the distro waits for thirty seconds or more. It is told first, and both are
    on the same machine, so how fast that is does not matter.
    """
    with FakeIngestion() as azure, running(ALONE, azure, folder) as distro:
        azure.always(HANG)
        distro.listen()
        distro.proceed()
        azure.wait_for(lambda: azure.posts, PATIENCE_S)
        process.proceed()
        ended = process.end()
        assert distro.runs, "it took as long as without us"
        return ended


def stored(folder: Path) -> str:
    """What the exporters put on disk for later; they may be at it."""
    found = []
    for path in folder.rglob("*.blob*"):
        with suppress(FileNotFoundError):
            found.append(path.read_text("utf-8"))
    return "".join(found)
