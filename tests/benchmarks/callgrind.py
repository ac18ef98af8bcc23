"""Runs a child process under callgrind and reads how many instructions each of its segments took."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

MARKER = "getpriority"
"""A function of the C library and of `os`; before each call callgrind writes its counters and clears them."""

ROOT = Path(__file__).parents[2]

_DROPPED = ("ANTHROPIC_", "APPLICATIONINSIGHTS_", "AZURE_", "OTEL_", "PYTHON")


class Unavailable(SystemExit):
    """A program that the measurement needs is missing; the message says how to get it."""


def require() -> None:
    """Raise `Unavailable` unless valgrind can be run."""
    for program in ("valgrind", "vgdb"):
        if shutil.which(program) is None:
            raise Unavailable(f"{program!r} is not on PATH; on Debian and Ubuntu: apt-get install valgrind")


def environment(layout: int = 0) -> dict[str, str]:
    """The environment of a measured process: no settings of the user's, hashes fixed."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_DROPPED)}
    return {**kept, "PYTHONHASHSEED": str(layout), "PYTHONPATH": str(ROOT)}


def run(
    module: str, *arguments: str, layout: int = 0, at_start: bool = False
) -> tuple[dict[str, Any], list[int]]:
    """Run `python -m module arguments… RESULT` under callgrind.

    Args:
        module: A module that writes JSON to the path in its last argument.
        arguments: What comes before that path.
        layout: Seed of the hashes.
        at_start: Count from the first instruction; else from when the child says so.

    Returns:
        The JSON, and the instructions of each segment that ended with a mark.
    """
    with tempfile.TemporaryDirectory() as folder:
        result, counts = Path(folder, "result.json"), Path(folder, "counts")
        command = [
            *("valgrind", "--quiet", "--tool=callgrind", "--combine-dumps=yes"),
            f"--instr-atstart={'yes' if at_start else 'no'}",
            f"--dump-before={MARKER}",
            f"--callgrind-out-file={counts}",
            *(sys.executable, "-m", module, *arguments, str(result)),
        ]
        done = subprocess.run(
            command, cwd=ROOT, env=environment(layout), capture_output=True, text=True, check=False
        )
        if done.returncode or not result.exists():
            raise SystemExit(f"{' '.join([module, *arguments])} failed:\n{done.stdout}{done.stderr}")
        return json.loads(result.read_text(encoding="utf-8")), _read(counts)


def measure(variant: str, layout: int = 0) -> dict[str, Any]:
    """Instructions per call of every workload of a variant.

    Args:
        variant: A key of `variants.VARIANTS`.
        layout: Seed of the hashes, hence how objects lie in memory; other layouts give slightly other counts.

    Returns:
        `skipped` with the reason; or, by workload, `before` and `after` in instructions, `noise` (the range
        of the rounds, same unit) and `records` (spans and logs per call); and `metrics` recorded in total.
    """
    child, counts = run("tests.benchmarks.child", variant, layout=layout)
    if "skipped" in child:
        return child
    names = child["segments"]
    if len(names) != len(counts):
        raise SystemExit(f"{variant}: {len(names)} marks, but callgrind wrote {len(counts)} segments")
    segments: dict[str, list[int]] = defaultdict(list)
    for name, count in zip(names, counts, strict=True):
        segments[name].append(count)
    found: dict[str, Any] = {"before": {}, "after": {}, "noise": {}}
    for workload, calls in child["calls"].items():
        for phase in ("before", "after"):
            full, empty = segments[f"{phase}/{workload}/full"], segments[f"{phase}/{workload}/empty"]
            found[phase][workload] = (statistics.median(full) - statistics.median(empty)) / calls
            found["noise"][workload] = max(found["noise"].get(workload, 0), (max(full) - min(full)) / calls)
    return {**found, "records": child["records"], "metrics": child["metrics"]}


def _read(path: Path) -> list[int]:
    """The total of each part that a mark ended, in order; an empty file means that nothing was counted."""
    totals, marked = [], False
    if not path.exists():
        return []
    with path.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if line.startswith("desc: Trigger:"):
                marked = MARKER in line
            elif marked and line.startswith("summary:"):
                totals.append(int(line.split()[1]))
    return totals
