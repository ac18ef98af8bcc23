"""`python -m tests.generate` makes every committed file that is made from others; tests compare them."""

from __future__ import annotations

import subprocess
import sys
from typing import Final

MAKERS: Final = (
    "dashboards.builder build",
    "docs.builder.front_page",
    "foundry_telemetry.advice",
    "tests.fault_injection",
    "tests.settings_matrix",
    "tests.testing.kit.page",
    "tests.typescript.generator",
    "tests.benchmarks.omissions",
)
"""Modules with their arguments, in an order in which each finds what it reads."""


def main() -> None:
    """Run them one after the other; the first that fails ends it."""
    for maker in MAKERS:
        sys.stdout.write(f"python -m {maker}\n")
        sys.stdout.flush()
        subprocess.run([sys.executable, "-m", *maker.split()], check=True)


if __name__ == "__main__":
    main()
