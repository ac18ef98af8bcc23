"""`python -m tests.benchmarks.agents [rows]`: what `foundry-telemetry mcp` costs, its start and its answers.

The start is the processor time of a whole process, until it has imported what it needs to answer, and ends
because its client has gone. With a number of rows each tool is called over so many attempts, spread over 48
hours (`queries.fill`), in this process.
"""

from __future__ import annotations

import argparse
import queue
import resource
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from foundry_telemetry.local.api.server import LocalAzureMonitor
from foundry_telemetry.mcp.answers import DEFAULT_BYTES
from foundry_telemetry.mcp.calls import Calls
from foundry_telemetry.mcp.context import Context
from tests.benchmarks.queries import END, fill
from tests.cli.process import MAIN

_RUNS: Final = 5
_FOREVER_DAYS: Final = 36_500.0
_SDK: Final = "import mcp.server.lowlevel, mcp.server.stdio"


def measure() -> dict[str, float]:
    """Processor seconds: ``start_s`` of the server, ``sdk_s`` of a process that imports the SDK alone."""
    server = min(_processor_seconds("-c", MAIN, "mcp") for _ in range(_RUNS))
    sdk = min(_processor_seconds("-c", _SDK) for _ in range(_RUNS))
    return {"start_s": server, "sdk_s": sdk}


def _processor_seconds(*arguments: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], stdin=subprocess.DEVNULL, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def over(path: str) -> dict[str, tuple[float, float, int]]:
    """Seconds of processor and wall, and pages, of each call over a store."""
    day, now = (END - timedelta(hours=24)).isoformat(), END.isoformat()
    asked: tuple[tuple[str, dict[str, Any]], ...] = (
        ("incident", {"since": day, "to": now}),
        ("cost", {"since": day, "to": now, "by": ["deployment"]}),
        ("cost", {"since": day, "to": now, "by": ["tag.tenant", "hour"]}),
        ("cost_why", {"since": day, "to": now}),
        ("query", {"kql": "foundry_attempts | summarize n = count(), usd = sum(cost_usd) by deployment"}),
        (
            "query",
            {"kql": "foundry_attempts | summarize n = count() by tostring(Properties['foundry.tag.tenant'])"},
        ),
        ("query", {"kql": "foundry_attempts"}),
        ("explain", {"text": "req_011CSHoEeqs5C35K2UUqR7Fy"}),
    )
    found = {}
    with (
        LocalAzureMonitor(path, retention_days=_FOREVER_DAYS) as azure,
        Context(None, None, azure.url) as context,
    ):
        calls = Calls(context, DEFAULT_BYTES)
        for tool, given in asked:
            begun, wall = time.process_time(), time.perf_counter()
            text = _answer(calls, tool, given)
            seconds = time.process_time() - begun, time.perf_counter() - wall
            found[f"{tool} {given}"] = (*seconds, len(text))
    return found


def _answer(calls: Calls, tool: str, given: dict[str, Any]) -> str:
    try:
        return calls.page(tool, given)
    except Exception as error:  # what is not found is an answer too
        return str(error)


def main(given: list[str] | None = None) -> int:
    """Returns the exit code: 0; `python -m tests.benchmarks --check` has the budget."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.agents", description=__doc__)
    parser.add_argument("rows", nargs="?", type=int, default=0)
    parser.add_argument("--db", help="keep the filled database here, or use the one that is here")
    options = parser.parse_args(given)
    found = measure()
    sys.stdout.write(
        f"start {found['start_s']:.2f} s of processor time, of which the SDK {found['sdk_s']:.2f} s\n"
    )
    if not options.rows:
        return 0
    with tempfile.TemporaryDirectory() as folder:
        store = options.db or str(Path(folder) / "telemetry.duckdb")
        if not Path(store).exists():
            fill(store, options.rows, queue.SimpleQueue())
        for name, (processor, wall, size) in over(store).items():
            sys.stdout.write(f"{processor:6.2f} s of processor time, {wall:6.2f} s, {size:5} bytes  {name}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
