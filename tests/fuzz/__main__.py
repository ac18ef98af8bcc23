"""`python -m tests.fuzz sse --runs 1000000`: fuzz one reader after another, and say what was found."""

from __future__ import annotations

import argparse
import json
import sys
from importlib.util import find_spec

from tests.fuzz.harness import WATCHED
from tests.fuzz.running import fuzz
from tests.fuzz.work import HEAD as GROWN
from tests.fuzz.work import grown
from tests.support.marked import table

REPAIR = "fuzzing needs atheris, which is not installed: pip install 'foundry-telemetry[fuzz]'"
HEAD = ("harness", "runs", "runs/s", "peak memory", "coverage", "features", "findings")


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="HARNESS", help=f"of {', '.join(WATCHED)}")
    parser.add_argument("--all", action="store_true", help="every harness in turn")
    parser.add_argument("--runs", type=int, default=1_000_000, help="inputs for each (default: 1,000,000)")
    parser.add_argument(
        "--seed", type=int, default=0, help="of the random numbers (default: another each time)"
    )
    parser.add_argument(
        "--work",
        action="store_true",
        help="count instructions of growing inputs instead (by valgrind)",
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in WATCHED]
    if unknown or not (options.names or options.all):
        parser.error(f"expected --all, or some of {', '.join(WATCHED)}" + f"; got {unknown}" * bool(unknown))
    return options


def main() -> int:
    """Returns the exit code: 1 when something was found, 2 without the fuzzer."""
    options = arguments()
    names = list(WATCHED) if options.all else options.names
    if options.work:
        return work(names)
    if find_spec("atheris") is None:
        sys.stderr.write(f"{REPAIR}\n")
        return 2
    found = [fuzz(name, options.runs, options.seed) for name in names]
    rows = [list(HEAD), *(one.cells() for one in found)]
    shown = json.dumps([one.as_json() for one in found], indent=1) if options.json else table(rows)
    sys.stdout.write(f"{shown}\n")
    return 1 if any(one.findings or one.code for one in found) else 0


def work(names: list[str]) -> int:
    """Returns the exit code: 1 when the work of a reader grows faster than its input."""
    found = [one for name in names for one in grown(name)]
    sys.stdout.write(f"{table([GROWN, *(one.cells() for one in found)])}\n")
    return 0 if all(one.is_linear for one in found) else 1


if __name__ == "__main__":
    sys.exit(main())
