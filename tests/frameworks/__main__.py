"""Make the environments of the frameworks, or try them and say what came of it.

``FRAMEWORK_ENVIRONMENTS=folder python -m tests.frameworks make`` and ``... run --write``.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable
from pathlib import Path

from tests.frameworks.judge import breaches
from tests.frameworks.report import README, readme, row
from tests.frameworks.run import PLACE, make_environment, python_of, run_pair
from tests.frameworks.table import FRAMEWORKS


def main() -> None:
    """Do what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.frameworks", description=__doc__)
    parser.add_argument("what", choices=["make", "run"])
    parser.add_argument("names", nargs="*", help="frameworks; all by default")
    parser.add_argument("--write", action="store_true", help="write README.md; others keep their rows")
    chosen = parser.parse_intermixed_args()
    names = chosen.names or list(FRAMEWORKS)
    if chosen.what == "make":
        for name in names:
            make_environment(name, Path(os.environ[PLACE]))
        return
    rows = dict(_tried(names))
    if chosen.write:
        README.write_text(readme(rows), encoding="utf-8")


def _tried(names: Iterable[str]) -> Iterable[tuple[str, str]]:
    """The rows of those that have an environment, printed with the rules that they break."""
    for name in names:
        python = python_of(name)
        if python is None:
            print(f"{name}: skipped, no environment")  # noqa: T201 - what it is for
            continue
        pair = run_pair(name, python)
        print(row(name, pair))  # noqa: T201
        for rule, wrong in breaches(pair):
            known = " (known)" if rule in pair.framework.known else ""
            print(f"  {rule}{known}: {wrong}")  # noqa: T201
        yield name, row(name, pair)


if __name__ == "__main__":
    main()
