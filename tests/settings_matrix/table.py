"""The matrix as ``tests/fault_injection/settings.md``, which ``python -m tests.settings_matrix`` writes."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from tests.settings_matrix.cells import WAYS, Cell, Outcome
from tests.settings_matrix.expected import expected
from tests.settings_matrix.unread import UNREAD
from tests.settings_matrix.variables import LONG, VARIABLES, Variable

FILE: Final = Path(__file__).parents[1] / "fault_injection" / "settings.md"

_HEAD: Final = f"""\
# Harmless under any settings

Made by `python -m tests.settings_matrix`; `python -m pytest tests/settings_matrix --long -n 2` (a part of
`nox -s trust`) runs every cell as a process: a plain, a streamed and an async call of the SDK, under
`configure()` and under `configure_azure_monitor(); instrument()`, with a fake Azure behind a socket. In every
cell the calls bring the bytes that they bring without telemetry, and the process ends by itself with exit
code 0, unless its set-up is refused or the last word below says otherwise.

{{outcomes}}

*x…* stands for {len(LONG):,} characters.

| Variable | Values | `configure()` | distro and `instrument()` |
| --- | --- | --- | --- |
"""

_MEANINGS: Final = {
    Outcome.WHOLE: "every ledger event arrives with every field",
    Outcome.COUNTED: "an event is missing, and `foundry.telemetry.dropped` or the last warning counts it",
    Outcome.KEPT: "Azure could not be asked; the events are on disk and are sent later",
    Outcome.OFF: "the value means that no ledger is sent; nothing counts as lost",
    Outcome.REFUSED: "OpenTelemetry refuses the value, and so does the set-up, which names the variable",
    Outcome.AS_DISTRO: (
        "the distro alone loses events as well, stands still in the call or makes it raise; `configure()` "
        "does not"
    ),
}

_TAIL: Final = """
## Cells that mean nothing

These {count} variables stand in the list of names of the SDK, but no package that we require reads them:

{names}.
"""


def text() -> str:
    """The file."""
    outcomes = "\n".join(f"- *{outcome}*: {_MEANINGS[outcome]}." for outcome in Outcome)
    rows = "".join(map(_row, VARIABLES))
    names = ", ".join(f"`{name}`" for name in sorted(UNREAD))
    return _HEAD.format(outcomes=outcomes) + rows + _TAIL.format(count=len(UNREAD), names=names)


def _row(variable: Variable) -> str:
    values = ", ".join(f"{word} {_shown(value)}" for word, value in variable.values.items())
    return f"| `{variable.name}` | {values} | {' | '.join(_ends(variable, way) for way in WAYS)} |\n"


def _shown(value: str) -> str:
    short = value.replace(LONG, "x…")
    short = short if len(short) < 60 else short[:30] + "…"
    return f"`{ascii(short)[1:-1] if '…' not in short else short}`".replace("|", "\\|") if value else ""


def _ends(variable: Variable, way: str) -> str:
    """Each outcome with its values, the one of most of them without."""
    words: dict[Outcome, list[str]] = {}
    for word, value in variable.values.items():
        words.setdefault(expected(Cell(variable.name, word, value, way)), []).append(word)
    if len(words) == 1:
        return str(next(iter(words)))
    return "; ".join(f"{outcome}: {', '.join(found)}" for outcome, found in words.items())
