"""`python -m foundry_telemetry.dashboards` builds the dashboards' files; with `--check` it checks them."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Sequence

from foundry_telemetry.dashboards import report
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
        _print(report.built(build()))
        return 0
    findings = check()
    for line in report.lines(findings):
        _print(line)
    return 0 if report.holds(findings) else 1


def _print(line: object) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
