"""What the library costs without a call: its import, and a stream that is open."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.benchmarks import callgrind
from tests.benchmarks.start import FAMILIES

IMPORTS = 15
"""Processes that import the library; the median counts."""


def importing() -> dict[str, Any]:
    """Seconds and instructions of the import, and of what its face loads on first use."""
    _run("tests.benchmarks.imports")  # writes the bytecode, which a user has from then on
    runs = [_run("tests.benchmarks.imports") for _ in range(IMPORTS)]
    if not runs[0]["built"]:
        return {"skipped": "foundry_telemetry has no instrument()"}
    _, counts = callgrind.run("tests.benchmarks.imports", at_start=True)
    _, imported, first_use = counts
    return {
        "import_s": statistics.median(run["import_s"] for run in runs),
        "first_use_s": statistics.median(run["first_use_s"] for run in runs),
        "import_instructions": imported,
        "first_use_instructions": first_use,
    }


def starting() -> dict[str, Any]:
    """Processor seconds and instructions of `instrument()` in a service with one family of clients.

    By family: ``start`` is what it takes, ``other`` what importing the other family takes after it; and
    whether that was loaded all the same.
    """
    found: dict[str, Any] = {}
    for family in FAMILIES:
        runs = [_run("tests.benchmarks.start", family) for _ in range(IMPORTS)]
        _, counts = callgrind.run("tests.benchmarks.start", family, at_start=True)
        _, start, other = counts
        found[family] = {
            "start_s": statistics.median(run["start_s"] for run in runs),
            "other_s": statistics.median(run["other_s"] for run in runs),
            "start_instructions": start,
            "other_instructions": other,
            "other_is_loaded": runs[0]["other_is_loaded"],
        }
    return found


def open_stream() -> dict[str, Any]:
    """Bytes held while a short and a long stream are open, by client."""
    return _run("tests.benchmarks.memory")


def _run(module: str, *arguments: str) -> dict[str, Any]:
    """Run a module that writes JSON to the path in its last argument."""
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder, "result.json")
        subprocess.run(
            [sys.executable, "-m", module, *arguments, str(result)],
            cwd=callgrind.ROOT,
            env=callgrind.environment(),
            check=True,
        )
        return json.loads(result.read_text(encoding="utf-8"))
