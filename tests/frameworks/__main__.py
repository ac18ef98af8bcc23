"""Try the frameworks, and say what came of it: ``python -m tests.frameworks --make --write``."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from tests.frameworks.judge import breaches
from tests.frameworks.report import README, readme, row
from tests.frameworks.run import PLACE, make_environment, python_of, run_pair
from tests.frameworks.table import FRAMEWORKS


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.frameworks", description=__doc__)
    parser.add_argument("names", nargs="*", help="frameworks; all by default")
    parser.add_argument("--make", action="store_true", help=f"make the environments in ${PLACE} first")
    parser.add_argument("--write", action="store_true", help="write README.md; others keep their rows")
    chosen = parser.parse_args()
    rows: dict[str, str] = {}
    for name in chosen.names or FRAMEWORKS:
        if chosen.make:
            make_environment(name, Path(os.environ[PLACE]))
        python = python_of(name)
        if python is None:
            print(f"{name}: skipped, no environment")  # noqa: T201 - what it is for
            continue
        pair = run_pair(name, python)
        rows[name] = row(name, pair)
        print(rows[name])  # noqa: T201
        for rule, wrong in breaches(pair):
            known = " (known)" if rule in pair.framework.known else ""
            print(f"  {rule}{known}: {wrong}")  # noqa: T201
    if chosen.write:
        README.write_text(readme(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
