"""`python -m tests.soak`: many calls, many at once, many minutes; what was found, and whether it may be."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from typing import Any

from tests.soak.pairs import ROUND_CALLS, paired
from tests.soak.report import Report, abandoned, accounted, memory, retained
from tests.soak.stage import ROOT, Run, run
from tests.support.marked import update

CALLS, AT_ONCE, MINUTES, ROUNDS = 50_000, 1_000, 10.0, 5
"""By default."""
CONTROL = 5
"""The part of the calls that is made once more without telemetry, for comparison: one in so many."""
REPORT_S = 15.0
"""Seconds between two lines of progress where they cannot be written over."""

PAGE = ROOT / "docs" / "quality" / "soak.md"
"""Has the table."""


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--calls", type=int, help=f"make so many calls (by default {CALLS:,})")
    parser.add_argument("--at-once", type=int, help=f"keep so many streams open (by default {AT_ONCE:,})")
    parser.add_argument("--minutes", type=float, help=f"make calls for so long (by default {MINUTES:g})")
    parser.add_argument(
        "--rounds",
        type=int,
        help=f"compare the speed with and without telemetry in so many rounds of {ROUND_CALLS:,} calls each "
        f"(by default {ROUNDS})",
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--update-docs", action="store_true", help=f"write the table into {PAGE.name}")
    options = parser.parse_args(given)
    if options.calls is options.at_once is options.minutes is options.rounds is None:
        options.calls, options.at_once, options.minutes, options.rounds = CALLS, AT_ONCE, MINUTES, ROUNDS
    elif options.update_docs:
        parser.error(
            "--update-docs takes no part of a run: leave --calls, --at-once, --minutes and --rounds away"
        )
    return options


def main(given: list[str] | None = None) -> int:
    """Returns the exit code: 1 when a bound is not kept."""
    options = arguments(given)
    report = Report()
    if options.calls:
        report.figures[f"{options.calls:,} calls"] = many(options.calls)
    if options.at_once:
        report.figures[f"{options.at_once:,} at once"] = together(options.at_once)
    if options.minutes:
        report.figures[f"{options.minutes:g} minutes"] = lasting(options.minutes)
    if options.rounds:
        report.figures["in pairs"] = paired(options.rounds, shown)
    text = json.dumps(report.as_json(), indent=1) if options.json else report.markdown()
    sys.stdout.write(f"{text}\n")
    if options.update_docs:
        update(PAGE, "soak", report.markdown())
    return 0 if report.is_kept else 1


def many(calls: int) -> list[Any]:
    """So many calls, and a part of them without telemetry."""
    found = shown(f"{calls:,} calls", {"calls": calls})
    control = shown("without telemetry", {"calls": max(calls // CONTROL, 1)}, control=True)
    return [*accounted(found), abandoned(found), *memory(found, control)]


def together(count: int) -> list[Any]:
    """So many streams at the same time, with and without telemetry."""
    found = shown(f"{count:,} at once", {"at_once": count})
    control = shown("without telemetry", {"at_once": count}, control=True)
    return [*accounted(found), *retained(found, control, count)]


def lasting(minutes: float) -> list[Any]:
    """Calls for so long."""
    found = shown(f"{minutes:g} minutes", {"seconds": minutes * 60})
    return [*accounted(found), abandoned(found), *memory(found)]


def shown(title: str, plan: dict[str, Any], *, control: bool = False) -> Run:
    """A run, with its progress on the terminal and its errors at the end."""
    found = run(plan, control=control, progress=progress(title))
    sys.stderr.write("\n" * sys.stderr.isatty() + found.errors)
    return found


def progress(title: str) -> Callable[[dict[str, float]], None]:
    """Writes one line over and over, or a line now and then where there is no terminal. Never in colour."""
    next_s = time.monotonic()

    def report(sample: dict[str, float]) -> None:
        nonlocal next_s
        rate = sample["done"] / sample["seconds"]
        line = f"{title}: {sample['done']:,.0f} done, {rate:,.0f}/s, {sample['rss'] / 2**20:,.0f} MB"
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{line} ")
        elif time.monotonic() >= next_s:
            next_s = time.monotonic() + REPORT_S
            sys.stderr.write(f"{line}\n")
        sys.stderr.flush()

    return report


if __name__ == "__main__":
    sys.exit(main())
