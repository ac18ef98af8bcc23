"""`python -m foundry_telemetry.advice` writes `dashboards/causes.md` of the checkout; or `FILE`."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from foundry_telemetry.advice import as_markdown

PAGE: Final = Path(__file__).parents[2] / "dashboards" / "causes.md"
"""Where the page stands in a checkout."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page.

    Returns:
        The exit status: 1 when the folder is not there.
    """
    parser = ArgumentParser("python -m foundry_telemetry.advice", description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, default=PAGE, metavar="FILE")
    path: Path = parser.parse_args(arguments).file
    if not path.parent.is_dir():
        sys.stderr.write(f"no folder {str(path.parent)!r}: name a file, as in: {parser.prog} causes.md\n")
        return 1
    path.write_text(as_markdown(), encoding="utf-8", newline="\n")
    sys.stdout.write(f"wrote {path.name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
