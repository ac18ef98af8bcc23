"""What became of each cell, in one word, or why it must not be."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final

from tests.settings_matrix.stage import Ran, Stage
from tests.settings_matrix.variables import SWITCHED_OFF, VARIABLES

WAYS: Final = ("configure", "instrument")


class Outcome(StrEnum):
    """How a cell may end."""

    WHOLE = "whole"
    """Every ledger event has every field."""
    COUNTED = "counted"
    """An event is missing, and the count of losses says so."""
    OFF = "off"
    """The variable means that nothing is to arrive."""
    REFUSED = "refused"
    """OpenTelemetry refuses the value at import or set-up, and so do we; the error names the variable."""
    AS_DISTRO = "as the distro"
    """Under the distro alone its events are lost just so; nobody counts there."""


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
    _as_without_us(stage, ran)
    if (cell.name, cell.word) in SWITCHED_OFF:
        return _off(cell, ran)
    missing = stage.whole - set(ran.events)
    if not missing and len(ran.events) == len(stage.whole):
        return Outcome.WHOLE
    if len(ran.events) + ran.counted == len(stage.whole) and set(ran.events) <= stage.whole:
        return Outcome.COUNTED
    if cell.way == "instrument" and set(ran.events) <= stage.whole:
        control = stage.run("distro", **{cell.name: cell.value})
        if control.controls < len(stage.whole):
            return Outcome.AS_DISTRO
    raise BrokenError(
        f"{len(ran.events)} events arrived, {ran.counted} counted; changed: {_changes(stage, ran)}\n{ran.errors}"
    )


def _refused(stage: Stage, cell: Cell, ran: Ran) -> Outcome:
    controls = [stage.run(way, **{cell.name: cell.value}) for way in ("plain", "distro")]
    if all(control.reached == "end" for control in controls):
        raise BrokenError(f"only ours refuses, after {ran.reached!r}:\n{ran.errors}")
    if cell.way == "configure" and cell.name not in ran.errors:
        raise BrokenError(f"refused without the name of the variable:\n{ran.errors}")
    return Outcome.REFUSED


def _as_without_us(stage: Stage, ran: Ran) -> None:
    if ran.code != 0 or ran.reached != "end":
        raise BrokenError(f"exit code {ran.code} after {ran.reached!r}:\n{ran.errors}")
    if ran.bytes != stage.plain.bytes:
        raise BrokenError("other bytes than without us")
    for word in ("foundry_telemetry", "foundry.telemetry"):
        if f"ERROR:{word}" in ran.errors or "Traceback" in ran.errors and f"/{word}/" in ran.errors:
            raise BrokenError(f"an error of ours:\n{ran.errors}")


def _off(cell: Cell, ran: Ran) -> Outcome:
    word = SWITCHED_OFF[cell.name, cell.word]
    if ran.events or ran.counted:
        raise BrokenError(f"{len(ran.events)} events and {ran.counted} counted, though it is switched off")
    if word not in ran.errors:
        raise BrokenError(f"nothing says {word!r}:\n{ran.errors}")
    return Outcome.OFF


def _changes(stage: Stage, ran: Ran) -> list[object]:
    """What differs from whole events, for people."""
    return [sorted(event ^ min(stage.whole, key=lambda one: len(one ^ event))) for event in ran.events]


@cache
def cell(text: str) -> Cell:
    """The cell of this name."""
    return next(one for one in CELLS if str(one) == text)
