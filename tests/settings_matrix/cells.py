"""What became of each cell, in one word, or why it must not be."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from tests.settings_matrix.calls import CALLS
from tests.settings_matrix.stage import SENT, Ran, Stage
from tests.settings_matrix.variables import SWITCHED_OFF, VARIABLES

_OURS: Final = "/foundry_telemetry/"
"""In the path of every file of ours."""

WAYS: Final = ("configure", "instrument")


class Outcome(StrEnum):
    """How a cell may end."""

    WHOLE = "whole"
    """Every ledger event has every field."""
    COUNTED = "counted"
    """An event is missing, and the count of losses says so."""
    KEPT = "kept"
    """It could not be sent: it is on disk, and is sent later."""
    OFF = "off"
    """The variable means that nothing is to arrive."""
    REFUSED = "refused"
    """OpenTelemetry refuses the value at import or set-up, and so do we; the error names the variable."""
    AS_DISTRO = "as the distro"
    """The distro alone loses events as well, stands still in the call, or makes it raise."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of one variable, one way to set telemetry up."""

    name: str
    word: str
    value: str
    way: str

    def __str__(self) -> str:
        return f"{self.name}-{self.word}-{self.way}"


CELLS: Final = tuple(
    Cell(variable.name, word, value, way)
    for variable in VARIABLES
    for word, value in variable.values.items()
    for way in WAYS
)


class BrokenError(AssertionError):
    """What must not be."""


def outcome(stage: Stage, cell: Cell) -> Outcome:
    """Run a cell.

    Raises:
        BrokenError: It ended in none of the ways it may.
    """
    ran = stage.run(cell.way, **{cell.name: cell.value})
    if ran.reached in ("start", "imports"):
        return _refused(stage, cell, ran)
    if (cell.name, cell.word) in SWITCHED_OFF:
        return _off(cell, ran)
    if cell.way == "instrument" and _is_as_the_distro(stage, cell, ran):
        return Outcome.AS_DISTRO
    return arrived(stage, ran)


def _is_as_the_distro(stage: Stage, cell: Cell, ran: Ran) -> bool:
    """Whether the distro alone loses events as well, or stops at the same place."""
    if ran.reached == "end" and len(ran.events) + ran.kept >= CALLS:
        return False
    control = stage.run("distro", **{cell.name: cell.value})
    if ran.reached == "end":
        _as_without_us(ran)
        return control.controls < CALLS
    return (control.reached, control.code) == (ran.reached, ran.code)


def arrived(stage: Stage, ran: Ran) -> Outcome:
    """Judge a process that was set up: the calls as without us, their events whole or counted.

    Raises:
        BrokenError: They are not.
    """
    _as_without_us(ran)
    same = set(ran.events) <= stage.whole and len(set(ran.events)) == len(ran.events)
    if same and len(ran.events) == CALLS:
        return Outcome.WHOLE
    if same and len(ran.events) + ran.kept == CALLS:
        return Outcome.KEPT
    if same and len(ran.events) + ran.kept + ran.counted >= CALLS:
        return Outcome.COUNTED
    reported = f"{len(ran.events)} events arrived, {ran.counted} counted; changed: {_changes(stage, ran)}"
    raise BrokenError(f"{reported}\n{ran.errors}")


def _refused(stage: Stage, cell: Cell, ran: Ran) -> Outcome:
    controls = [stage.run(way, **{cell.name: cell.value}) for way in ("plain", "distro")]
    if all(control.reached == "end" for control in controls):
        raise BrokenError(f"only ours refuses, after {ran.reached!r}:\n{ran.errors}")
    if cell.way == "configure" and cell.name not in ran.errors:
        raise BrokenError(f"refused without the name of the variable:\n{ran.errors}")
    return Outcome.REFUSED


def _as_without_us(ran: Ran) -> None:
    if ran.code != 0 or ran.reached != "end":
        raise BrokenError(f"exit code {ran.code} after {ran.reached!r}:\n{ran.errors}")
    if ran.bytes != SENT:
        raise BrokenError("other bytes than without us")
    tracebacks = ran.errors.split("Traceback (most")[1:]
    raised = [reported.partition("Call stack:")[0] for reported in tracebacks]  # who logged stands below that
    raised_in = [reported.rpartition('  File "')[2].partition("\n")[0] for reported in raised]
    if "ERROR:foundry_telemetry" in ran.errors or any(_OURS in place for place in raised_in):
        raise BrokenError(f"an error of ours:\n{ran.errors}")


def _off(cell: Cell, ran: Ran) -> Outcome:
    _as_without_us(ran)
    word = SWITCHED_OFF[cell.name, cell.word]
    if ran.events or ran.counted:
        raise BrokenError(f"{len(ran.events)} events and {ran.counted} counted, though it is switched off")
    if word not in ran.errors:
        raise BrokenError(f"nothing says {word!r}:\n{ran.errors}")
    return Outcome.OFF


def _changes(stage: Stage, ran: Ran) -> list[object]:
    """What differs from whole events, for people."""
    return [sorted(event ^ min(stage.whole, key=lambda one: len(one ^ event))) for event in ran.events]
