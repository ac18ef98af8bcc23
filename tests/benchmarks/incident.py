"""`python -m tests.benchmarks.incident [rows]`: what `incident` and `cost --why` take over so many attempts.

The attempts are spread over 48 hours (`queries.fill`); more than a million are copies of a million, each with
calls and times of its own. A fresh process opens the store, serves it and asks over HTTP, as a command does
against a running local Azure Monitor; its processor time is that of all threads, of the one who asks too. The
first run translates the questions; the best of the next ones counts.
"""

from __future__ import annotations

import argparse
import math
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from foundry_telemetry.investigate import sources
from foundry_telemetry.investigate.cost.why import read_why
from foundry_telemetry.investigate.incident.report import investigate
from foundry_telemetry.kql.parameters import TimeRange
from foundry_telemetry.kql.tables import stored_table
from foundry_telemetry.local.api.server import LocalAzureMonitor
from foundry_telemetry.local.ingest import row_builder
from foundry_telemetry.local.store.store import Store
from tests.benchmarks.queries import END, SHOWN, SPREAD, fill, peak_megabytes

ROWS, MANY_ROWS = 1_000_000, 10_000_000
BUDGETED = (ROWS, MANY_ROWS)
"""How many attempts have a budget."""
SPANS = {"24h": timedelta(hours=24), "30m": timedelta(minutes=30)}
"""Times that are asked for, the one that has a budget first: it is the first run of its process."""
WHY = "why"
"""`cost --why` of the newest 24 hours against those before them: of all attempts."""
_RUNS = 4
_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
_LITTLE_MEMORY = {"memory_limit": "2GiB", "threads": "2"}
_FOREVER_DAYS = 36_500.0


def measure(rows: int = ROWS, path: str | None = None) -> dict[str, Any]:
    """Processor seconds and megabytes.

    Args:
        rows: How many attempts; of more than a million, a whole number of millions.
        path: Of a store that has them; one is filled where it does not exist or is not given.

    Returns:
        By span of `SPANS`, and by `WHY`, ``first_s`` and ``best_s``; ``peak_mb`` of the process that asked.
    """
    with tempfile.TemporaryDirectory() as folder:
        store = path or str(Path(folder) / "telemetry.duckdb")
        if not Path(store).exists():
            filled(store, rows)
        return dict(alone(asked, store))


def filled(store: str, rows: int) -> None:
    """Make a store of so many attempts."""
    first = store if rows <= ROWS else f"{store}.first"
    alone(fill, first, min(rows, ROWS))
    if first != store:
        alone(multiply, first, store, rows // ROWS)
        Path(first).unlink()


def multiply(path: str, copy: str, times: int, done: Any) -> None:
    """Make a store that has each attempt of another one so many times, shifted by some milliseconds."""
    with Store(copy, retention_days=_FOREVER_DAYS):
        pass  # makes its tables
    call_id = next(name for name, column in row_builder.HIDDEN.items() if column.name == "call_id")
    values = {name: f'substr(md5("{name}" || copy), 1, 16)' for name in ("ParentId", call_id)}
    values["TimeGenerated"] = "TimeGenerated + to_milliseconds(17 * copy)"
    replaced = ", ".join(f'{value} AS "{name}"' for name, value in values.items())
    events = stored_table("AppEvents")
    with duckdb.connect(config=_LITTLE_MEMORY) as connection:
        connection.execute(f"ATTACH '{path}' AS one (READ_ONLY)")
        connection.execute(f"ATTACH '{copy}' AS many (ROW_GROUP_SIZE 2048)")
        for hour in range(math.ceil(SPREAD / _HOUR)):
            begin = (END - SPREAD + hour * _HOUR).replace(tzinfo=None)
            connection.execute(
                f"INSERT INTO many.{events} BY NAME SELECT * EXCLUDE (copy) REPLACE ({replaced}) "  # noqa: S608 - ours
                f"FROM one.{events}, range({times}) copies(copy) "
                "WHERE TimeGenerated >= ? AND TimeGenerated < ? ORDER BY TimeGenerated",
                [begin, begin + _HOUR],
            )
    done.put(None)


def alone(work: Callable[..., object], *arguments: object) -> Any:
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
            shown = TimeRange(END - span, END, SHOWN.grain)
            found[name] = _timed(partial(investigate, source, shown, len), azure.store)
        found["peak_mb"] = peak_megabytes()
        days = (END - _DAY, END), (END - 2 * _DAY, END - _DAY)
        found[WHY] = _timed(partial(read_why, source.answer, *days), azure.store)
    results.put(found)


def _timed(work: Callable[[], object], store: Store) -> dict[str, float]:
    """Processor seconds of the first run, and the best of the next ones, each as if rows had come since."""
    seconds = []
    for _ in range(_RUNS):
        store.version += 1
        begun = time.process_time()
        work()
        seconds.append(time.process_time() - begun)
    return {"first_s": seconds[0], "best_s": min(seconds[1:])}


def main(given: list[str] | None = None) -> int:
    """Returns the exit code: 0; `python -m tests.benchmarks --check` has the budgets."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.incident", description=__doc__)
    parser.add_argument("rows", nargs="?", type=int, default=ROWS)
    parser.add_argument("--db", help="keep the filled database here, or use the one that is here")
    options = parser.parse_args(given)
    found = measure(options.rows, options.db)
    for name in SPANS:
        sys.stdout.write(f"incident --since {name}: {_figures(found[name])}\n")
    sys.stdout.write(f"cost --why of 24 hours against those before: {_figures(found[WHY])}\n")
    sys.stdout.write(f"peak {found['peak_mb']:.0f} MB\n")
    return 0


def _figures(seconds: dict[str, float]) -> str:
    return f"{seconds['best_s']:.2f} s of processor time, at first {seconds['first_s']:.2f} s"


if __name__ == "__main__":
    raise SystemExit(main())
