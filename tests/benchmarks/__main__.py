"""`python -m tests.benchmarks`: measure, print, check, and write the tables into the docs."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.benchmarks import (
    agents,
    callgrind,
    footprint,
    incident,
    ingest,
    redaction,
    report,
    tabs,
    whole_process,
)
from tests.benchmarks.budgets import BUDGETS
from tests.benchmarks.whole_report import TITLES, Whole, sentence
from tests.support.marked import update

OURS = ("ours", "ours_on_native", "content", "money")
"""Measured in several layouts; the others are for reference."""

NAMES = (*OURS, "native", "official", "otel_httpx2")
"""Variants of a full run, longest first, which packs two workers best."""

WHOLE = "whole"
"""In place of a variant: the whole process, in all of its variants."""

INCIDENT = "incident"
"""The same: what the command costs."""

TABS = "tabs"
"""The same: what the tabs of the workbook cost, over the attempts of `INCIDENT`."""

INGEST = "ingest"
"""The same: what the local Azure Monitor takes in."""

REDACTION = "redaction"
"""The same: what a character costs, where content is logged."""

OTHERS = (WHOLE, INCIDENT, TABS, INGEST, REDACTION)
"""What is no variant."""

WHOLE_NAMES = tuple(reversed(TITLES))
"""Longest first."""

PAGE = callgrind.ROOT / "docs" / "quality" / "performance.md"
"""Has the tables."""

README = callgrind.ROOT / "README.md"
"""Has the whole price, in one sentence."""


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON instead of Markdown tables")
    parser.add_argument("--check", action="store_true", help="exit with 1 unless every budget is kept")
    parser.add_argument(
        "--update-docs",
        action="store_true",
        help=f"write the tables into {PAGE.name}, the price into README.md",
    )
    parser.add_argument(
        "--only",
        nargs="+",
        choices=(*NAMES, "control", *OTHERS),
        metavar="VARIANT",
        help=f"of {NAMES} or {OTHERS}",
    )
    parser.add_argument("--layouts", type=int, default=2, help="memory layouts for our variants (default: 2)")
    parser.add_argument("--jobs", type=int, default=2, help="processes at a time (default: 2)")
    parser.add_argument(
        "--profile", metavar="WORKLOAD", help="list functions instead, for example of sync-s500"
    )
    return parser.parse_args()


def measure(names: tuple[str, ...], layouts: int, jobs: int) -> dict[str, list[dict[str, Any]]]:
    """Measure the variants, `jobs` at a time. Counts hardly depend on what else the machine does."""
    work = [(name, layout) for layout in range(layouts) for name in names if name in OURS or layout == 0]

    def one(item: tuple[str, int]) -> dict[str, Any]:
        started = time.monotonic()
        found = callgrind.measure(*item)
        _say(f"{item[0]}, layout {item[1]}: {time.monotonic() - started:.0f} s")
        return found

    found: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    with ThreadPoolExecutor(jobs) as pool:
        for (name, _), result in zip(work, pool.map(one, work), strict=True):
            found[name].append(result)
    return found


def measure_whole(jobs: int) -> Whole:
    """Measure whole processes, `jobs` at a time."""

    def one(name: str) -> dict[str, Any]:
        started = time.monotonic()
        found = whole_process.measure(name)
        _say(f"whole process, {name}: {time.monotonic() - started:.0f} s")
        return found

    with ThreadPoolExecutor(jobs) as pool:
        return Whole(dict(zip(WHOLE_NAMES, pool.map(one, WHOLE_NAMES), strict=True)))


def ask_stores(wanted: Sequence[str]) -> tuple[dict[int, Any], dict[int, Any]]:
    """What commands and tabs cost, by number of attempts: each store is filled once."""
    asking, opening = {}, {}
    for rows in incident.BUDGETED if {INCIDENT, TABS} & set(wanted) else ():
        with tempfile.TemporaryDirectory() as folder:
            path = str(Path(folder) / "telemetry.duckdb")
            incident.filled(path, rows)
            if INCIDENT in wanted:
                asking[rows] = incident.measure(rows, path)
            if TABS in wanted:
                opening[rows] = tabs.measure(rows, path)
    return asking, opening


def main() -> int:
    """Returns the exit code."""
    options = arguments()
    wanted = options.only or (*NAMES, *OTHERS)
    names = tuple(name for name in wanted if name not in OTHERS)
    if options.profile:
        from tests.benchmarks.profiling import profile

        _print(profile(names[0], options.profile))
        return 0
    callgrind.require()
    alone = not options.only
    # Before anything else runs: this one is timed.
    importing = footprint.importing() if alone else {}
    memory = footprint.open_stream() if alone else {}
    starting = footprint.starting() if alone else {}
    serving = agents.measure() if alone else {}
    taking = ingest.judged() if INGEST in wanted else {}
    asking, opening = ask_stores(wanted)
    variants = measure(names, options.layouts, options.jobs)
    whole = measure_whole(options.jobs) if WHOLE in wanted else Whole({})
    redacting = redaction.measure() if REDACTION in wanted else {}
    results = report.Results(
        variants, importing, memory, starting, whole, asking, serving, redacting, opening, taking
    )
    tables = report.markdown(results)
    _print(json.dumps(report.as_json(results), indent=1) if options.json else tables)
    verdicts = [budget.verdict(results) for budget in BUDGETS]
    if options.update_docs:
        if "not measured" in verdicts:
            raise SystemExit("not everything was measured; the docs are as they were")
        update(PAGE, "benchmarks", tables)
        update(README, "price", sentence(whole))
    # A figure that is missing from a full run is no pass.
    bad = "FAIL" in verdicts or (alone and "not measured" in verdicts)
    return 1 if options.check and bad else 0


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
