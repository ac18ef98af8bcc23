"""The matrix of servers as the table in README.md."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import Final

from tests.delivery.servers import ENDINGS, Cell, cells, is_quick

README: Final = Path(__file__).parent / "README.md"

_HEAD: Final = """\
# The matrix of servers

Made by `python -m tests.fault_injection` from `servers.py`; a test keeps it true.

Each cell is real processes between a fake Foundry and the local Azure Monitor, with batch delays and metric
intervals of an hour, so that only a flush of ours can have sent what arrives. `pytest` runs the cells in
**bold**, `pytest tests/delivery --long`, a part of `nox -s trust`, all of them.

- *all*: no process is killed. Each call that Foundry served is in Azure once, as ledger event, span and
  metric, or in `foundry.telemetry.dropped`.
- *until 0.5 s*: the server waits for a request that never ends, until it is killed. Each attempt that ended
  half a second before the kill is in Azure, in all three signals. The rest is lost, and not asserted.
- A number: left out, for the reason below. A worker that the installed gunicorn has not is skipped.

| Ending | |
| --- | --- |
"""


def readme() -> str:
    """The text of README.md."""
    endings = "".join(f"| {ending} | {what} |\n" for ending, what in ENDINGS.items())
    head = f"\n| Server | preload | `configure()` in | {' | '.join(ENDINGS)} |\n"
    line = "| --- " * (3 + len(ENDINGS)) + "|\n"
    notes: dict[str, int] = {}
    rows = "".join(_row(list(group), notes) for _, group in groupby(cells(), _row_of))
    reasons = "".join(f"{number}. {because}\n" for because, number in notes.items())
    whole = dict.fromkeys(cell.left_out for cell in cells() if cell.left_out and cell.left_out not in notes)
    return f"{_HEAD}{endings}{head}{line}{rows}\n{reasons}\nWhole rows left out: {'; '.join(whole)}.\n"


def _row_of(cell: Cell) -> tuple[object, ...]:
    return cell.server, cell.preload, cell.place


def _row(row: list[Cell], notes: dict[str, int]) -> str:
    """One line; none where all of it is left out."""
    if all(cell.left_out for cell in row):
        return ""
    first, states = row[0], [_state(cell, notes) for cell in row]
    preload = "yes" if first.preload else "no"
    return f"| {first.server.name} | {preload} | {first.place} | {' | '.join(states)} |\n"


def _state(cell: Cell, notes: dict[str, int]) -> str:
    if cell.left_out:
        return f"({notes.setdefault(cell.left_out, len(notes) + 1)})"
    text = "until 0.5 s" if cell.is_killed else "all"
    return f"**{text}**" if is_quick(cell) else text
