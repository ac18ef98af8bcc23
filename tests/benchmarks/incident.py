"""`python -m tests.benchmarks.incident [rows]`: what the command `incident` costs over that many attempts.

The attempts are spread over 48 hours (`queries.fill`). A fresh process opens the store, serves it and asks
over HTTP, as the command does against a running local Azure Monitor; its processor time is that of all
threads, of the one who asks too. The first run translates the questions; the best of the next ones counts.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from foundry_telemetry.investigate import sources
from foundry_telemetry.investigate.incident.report import investigate
from foundry_telemetry.kql.parameters import TimeRange
from foundry_telemetry.local.api.server import LocalAzureMonitor
from tests.benchmarks.queries import END, SHOWN, fill, peak_megabytes

ROWS = 1_000_000
SPANS = {"24h": timedelta(hours=24), "30m": timedelta(minutes=30)}
"""Times that are asked for, the one that has a budget first: it is the first run of its process."""
_RUNS = 4
_FOREVER_DAYS = 36_500.0


def measure(rows: int = ROWS, path: str | None = None) -> dict[str, Any]:
    """Processor seconds and megabytes.

    Args:
        rows: How many attempts.
        path: Of a store that has them; one is filled where it does not exist or is not given.

    Returns:
        By span of `SPANS`, ``first_s`` and ``best_s``; and ``peak_mb`` of the process that asked.
    """
    with tempfile.TemporaryDirectory() as folder:
        store = path or str(Path(folder) / "telemetry.duckdb")
        if not Path(store).exists():
            _alone(fill, store, rows)
        return dict(_alone(asked, store))


def _alone(work: Callable[..., object], *arguments: object) -> Any:
    """Run something in a process of its own; the last argument that it gets is a queue for its result."""
    spawned = multiprocessing.get_context("spawn")
    results = spawned.Queue()
    process = spawned.Process(target=work, args=(*arguments, results))
    process.start()
    found = results.get()
    process.join()
    return found


def asked(path: str, results: Any) -> None:
    """Ask a store, and put the figures into `results`."""
    found: dict[str, Any] = {}
    with LocalAzureMonitor(path, retention_days=_FOREVER_DAYS) as azure, sources.local(azure.url) as source:
        for name, span in SPANS.items():
            seconds = []
            for _ in range(_RUNS):
                begun = time.process_time()
                investigate(source, TimeRange(END - span, END, SHOWN.grain), len)
                seconds.append(time.process_time() - begun)
            found[name] = {"first_s": seconds[0], "best_s": min(seconds[1:])}
    results.put({**found, "peak_mb": peak_megabytes()})


def main(given: list[str] | None = None) -> int:
    """Returns the exit code: 0; `python -m tests.benchmarks --check` has the budgets."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.incident", description=__doc__)
    parser.add_argument("rows", nargs="?", type=int, default=ROWS)
    parser.add_argument("--db", help="keep the filled database here, or use the one that is here")
    options = parser.parse_args(given)
    found = measure(options.rows, options.db)
    for name in SPANS:
        sys.stdout.write(f"incident --since {name}: {_figures(found[name])}\n")
    sys.stdout.write(f"peak {found['peak_mb']:.0f} MB\n")
    return 0


def _figures(seconds: dict[str, float]) -> str:
    return f"{seconds['best_s']:.2f} s of processor time, at first {seconds['first_s']:.2f} s"


if __name__ == "__main__":
    raise SystemExit(main())
