"""`python -m foundry_telemetry.dashboards` builds the dashboards' files; with `--check` it checks them."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Sequence

from foundry_telemetry.dashboards.build import build
from foundry_telemetry.dashboards.check import check


def main(arguments: Sequence[str] | None = None) -> int:
    """Build or check, and print one line for each file or rule.

    Returns:
        The exit status: 1 when a check found something wrong.
    """
    parser = ArgumentParser("python -m foundry_telemetry.dashboards", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; say what is wrong")
    if not parser.parse_args(arguments).check:
        written = build()
        _print(f"wrote {', '.join(written)}" if written else "everything is up to date")
        return 0
    found = check()
    for rule, problems in found.items():
        _print(f"{'FAILED' if problems else 'ok    '} {rule}")
        for problem in problems:
            _print(f"         {problem}")
    return 1 if any(found.values()) else 0


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
