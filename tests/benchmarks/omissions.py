"""`python -m tests.benchmarks.omissions` writes the table of omissions into docs/quality/performance.md."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from foundry_telemetry.azure.omissions import NOT_WRITTEN, OMISSIONS, Omission
from tests.benchmarks.callgrind import ROOT
from tests.support import marked

PAGE: Final = ROOT / "docs" / "quality" / "performance.md"
NAME: Final = "omissions"


def text() -> str:
    """What our exporters take out of rows, and what is no longer written onto spans."""
    return f"{_table(OMISSIONS)}\n\nNot written onto spans:\n\n{_table(NOT_WRITTEN)}"


def _table(omissions: Iterable[Omission]) -> str:
    head = ["row", "part", "bytes", "why it is not missed"]
    rows = [[each.row, f"`{each.part}`", str(each.size), each.why] for each in omissions]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, ["---", "---", "---:", "---"], *rows))


if __name__ == "__main__":
    marked.update(PAGE, NAME, text())
