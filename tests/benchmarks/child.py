"""The measured process: warms up, has callgrind start counting, and marks where each segment ends.

Run by `callgrind.py` as `python -m tests.benchmarks.child VARIANT RESULT`, under valgrind. A mark is a call of
`getpriority`, which nothing else here makes and before which callgrind writes out and clears its counters.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.benchmarks.callgrind import MARKER
from tests.benchmarks.variants import VARIANTS, NotBuiltError, Telemetry
from tests.benchmarks.workloads import SDK_ONLY, Workload, build

ROUNDS = 3
"""Segments for each workload; the median counts."""


def start_counting() -> None:
    """Turn callgrind's instrumentation on: what came before ran several times faster, and uncounted."""
    command = subprocess.Popen(
        ["vgdb", f"--pid={os.getpid()}", "instrumentation", "on"],
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


def measure(workload: Workload, telemetry: Telemetry, segments: Segments) -> None:
    """Per round one segment without calls, to subtract, and one with."""
    for _ in range(ROUNDS):
        for name, count in ((f"{workload.name}/empty", 0), (f"{workload.name}/full", workload.calls)):
            gc.collect()
            segments.mark()
            workload.run(count)
            telemetry.flush()
            segments.mark(name)


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


def run(name: str) -> dict[str, Any]:
    """Measure one variant. Returns what `callgrind.py` needs to read callgrind's output."""
    variant = VARIANTS[name]
    telemetry = Telemetry()
    if variant.install is not None:
        try:
            variant.install(telemetry)
        except NotBuiltError as error:
            return {"skipped": str(error)}
    workloads = build(variant.open_telemetry(telemetry), raw=name not in SDK_ONLY)
    records = {workload.name: warm_up(workload, telemetry) for workload in workloads}
    telemetry.meter_provider.force_flush()
    missing = [signal for signal in variant.expects if not records["sync-small"][signal]]
    if missing:
        raise SystemExit(f"{name!r} recorded no {' and no '.join(missing)}: there is nothing to measure")
    gc.collect()
    # What exists by now is not looked at again: full collections would come at odd moments and cost as much as calls.
    gc.freeze()
    segments = Segments()
    start_counting()
    for workload in workloads:
        measure(workload, telemetry, segments)
    return {
        "segments": segments.names,
        "calls": {workload.name: workload.calls for workload in workloads},
        "records": records,
        "metrics": telemetry.metrics.totals,
    }


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(json.dumps(run(sys.argv[1])), encoding="utf-8")
    # Without the shutdown of the interpreter, which would run for seconds under callgrind.
    os._exit(0)
