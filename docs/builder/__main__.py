"""``python -m docs.builder`` builds the site into `build/site/html`; exit code 1 where something is wrong."""

from __future__ import annotations

import os
import subprocess
import sys

from docs.builder.html import problems
from docs.builder.stage import SITE, stage


def main() -> int:
    """Stage, build, and check every link of the result."""
    stage()
    built = subprocess.run(
        [sys.executable, "-m", "zensical", "build", "--strict", "--clean"],
        cwd=SITE,
        env=os.environ | {"NO_COLOR": "1"},
        check=False,
    )
    found = [] if built.returncode else problems(SITE / "html")
    for problem in found:
        sys.stderr.write(f"{problem}\n")
    if not built.returncode and not found:
        sys.stdout.write(f"open {(SITE / 'html' / 'index.html').relative_to(SITE.parents[1])}\n")
    return 1 if built.returncode or found else 0


if __name__ == "__main__":
    sys.exit(main())
