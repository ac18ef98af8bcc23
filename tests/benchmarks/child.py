"""The measured process: warms up, has callgrind start counting, and marks where each segment ends.

Run by `callgrind.py` as `python -m tests.benchmarks.child VARIANT RESULT`, under valgrind. A mark is a call
of `getpriority`, which nothing else here makes and before which callgrind writes and clears its counters.

The same process is measured before and after the variant is installed: two processes differ in where their
objects lie, so in how their dictionaries collide, by as much as what we want to see.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.benchmarks.callgrind import MARKER
from tests.benchmarks.variants import VARIANTS, NotBuiltError, Telemetry
from tests.benchmarks.workloads import Workload, workload_sets

ROUNDS = 3
"""Segments for each workload; the median counts."""


def counting(state: str) -> None:
    """Turn callgrind's instrumentation `on` or `off`; what runs without it runs several times faster."""
    command = subprocess.Popen(
        ["vgdb", f"--pid={os.getpid()}", "instrumentation", state],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    # Busy on purpose: valgrind looks for commands while code runs; blocked, it would have to be traced awake.
    while command.poll() is None:
        pass
    if command.returncode:
        raise SystemExit("vgdb could not reach callgrind")


class Segments:
    """The names of the segments so far, in the order in which callgrind writes them."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def mark(self, name: str = "") -> None:
        """End the segment `name`; empty for what lies between."""
        getattr(os, MARKER)(os.PRIO_PROCESS, 0)
        self.names.append(name)


def warm_up(workload: Workload, telemetry: Telemetry) -> dict[str, float]:
    """Run until caches are filled and bytecode is specialised. Returns records made for each call."""
    workload.run(workload.calls)
    telemetry.flush()
    before = telemetry.spans.count, telemetry.logs.count
    workload.run(workload.calls)
    telemetry.flush()
    after = telemetry.spans.count, telemetry.logs.count
    spans, logs = ((new - old) / workload.calls for old, new in zip(before, after, strict=True))
    return {"spans": spans, "logs": logs}


def measure(phase: str, workload: Workload, telemetry: Telemetry, segments: Segments) -> None:
    """Per round one segment without calls, to subtract, and one with.

    The collector runs once, at the end of a segment: left to itself it comes at odd moments, and one more or
    one less would be as much as what we want to see. What it costs to collect what a call leaves is counted.
    """
    for _ in range(ROUNDS):
        for kind, count in (("empty", 0), ("full", workload.calls)):
            segments.mark()
            workload.run(count)
            telemetry.flush()
            gc.collect()
            segments.mark(f"{phase}/{workload.name}/{kind}")


def run_phase(
    phase: str, workloads: list[Workload], telemetry: Telemetry, segments: Segments
) -> dict[str, dict[str, float]]:
    """Warm up, then measure. Returns the records of each call, by workload."""
    records = {workload.name: warm_up(workload, telemetry) for workload in workloads}
    gc.collect()
    # From here the collector looks only at what the calls make.
    gc.freeze()
    counting("on")
    for workload in workloads:
        measure(phase, workload, telemetry, segments)
    counting("off")
    return records


def run(name: str) -> dict[str, Any]:
    """Measure one variant. Returns what `callgrind.py` needs to read callgrind's output."""
    variant, telemetry, segments = VARIANTS[name], Telemetry(), Segments()
    gc.disable()
    if variant.prepare is not None:
        variant.prepare(telemetry)
    with asyncio.Runner() as runner:
        before, after = workload_sets(variant, telemetry, runner)
        run_phase("before", before, telemetry, segments)
        if variant.install is not None:
            try:
                variant.install(telemetry, [workload.client for workload in before])
            except NotBuiltError as error:
                return {"skipped": str(error)}
        records = run_phase("after", after, telemetry, segments)
    telemetry.meter_provider.force_flush()
    missing = [signal for signal in variant.expects if not records["sync-small"][signal]]
    if missing:
        raise SystemExit(f"{name!r} recorded no {' and no '.join(missing)}: there is nothing to measure")
    return {
        "segments": segments.names,
        "calls": {workload.name: workload.calls for workload in after},
        "records": records,
        "metrics": telemetry.metrics.totals,
    }


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(json.dumps(run(sys.argv[1])), encoding="utf-8")
    # Without the shutdown of the interpreter, which takes longer than some of the segments.
    os._exit(0)
