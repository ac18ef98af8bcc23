"""How the findings of the doctor are shown: on standard output, progress on standard error."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import msgspec
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from foundry_telemetry.investigate.doctor import Finding, Report, State
from foundry_telemetry.observation import Observation

_STYLES: Final[Mapping[State, str]] = {
    "ok": "green",
    "warning": "yellow",
    "failure": "bold red",
    "skipped": "dim",
}
_NOUNS: Final[Mapping[State, str]] = {
    "failure": "failed",
    "warning": "to look at",
    "ok": "ok",
    "skipped": "not looked at",
}
"""In the order in which they are counted."""

_STATE_WIDTH: Final = 9
_CHECK_WIDTH: Final = 19
_NOT_A_TERMINAL: Final = 120
"""Width of output that goes to a file or a pipe."""


class Screen:
    """Shows a report.

    Args:
        as_json: As one JSON object, and nothing else on standard output.
    """

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._out = Console(highlight=False)
        if not self._out.is_terminal and "COLUMNS" not in os.environ:
            self._out.width = _NOT_A_TERMINAL

    @contextmanager
    def working(self) -> Iterator[Callable[[tuple[str, ...]], None]]:
        """Show on a terminal what is waited for; the block is given what to tell of it."""
        err = Console(stderr=True, highlight=False)
        if not err.is_terminal or err.is_dumb_terminal:
            yield lambda _: None
            return
        with err.status("looking") as status:
            yield lambda names: status.update(f"waiting for {', '.join(names)}" if names else "done")

    def show(self, report: Report) -> None:
        """Show what was found."""
        if self._as_json:
            sys.stdout.write(json.dumps(as_json(report), ensure_ascii=False) + "\n")
            return
        for finding in report.findings:
            self._show(finding)
        if report.observation is not None:
            self._out.print()
            self._out.print(_observed(report.observation))
        self._out.print()
        self._out.print(_summary(report))

    def _show(self, finding: Finding) -> None:
        row = Table.grid()
        row.add_column(width=_STATE_WIDTH, style=_STYLES[finding.state])
        row.add_column(width=_CHECK_WIDTH, no_wrap=True)
        row.add_column(overflow="fold")
        row.add_row(finding.state, Text(finding.check), Text(finding.seen))
        self._out.print(row)
        if finding.fix:
            # Not wrapped here: a command that is copied must come in one line.
            line = Text.assemble(" " * _STATE_WIDTH, ("fix: ", "bold"), finding.fix)
            self._out.print(line, soft_wrap=True)


def as_json(report: Report) -> dict[str, Any]:
    """A report for programs; what is not told is absent."""
    told: dict[str, Any] = {
        "sound": report.is_sound,
        "counts": {state: report.counts.get(state, 0) for state in _NOUNS},
        "findings": [_without_none(msgspec.to_builtins(finding)) for finding in report.findings],
    }
    if report.observation is not None:
        told["observation"] = _without_none(msgspec.to_builtins(report.observation))
    return told


def _without_none(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    kept = {name: _without_none(item) for name, item in value.items() if item is not None}
    return {name: item for name, item in kept.items() if item != {}}


def _observed(seen: Observation) -> Padding:
    grid = Table.grid(padding=(0, 2))
    grid.add_row(Text("observation", "bold"), Text(seen.support_code))
    for name, value in _flat(_without_none(msgspec.to_builtins(seen))):
        grid.add_row(Text(name), Text(f"{value:.3f}" if isinstance(value, float) else str(value)))
    return Padding(grid, (0, 0, 0, _STATE_WIDTH))


def _flat(told: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in told.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def _summary(report: Report) -> Text:
    parts = [
        Text(f"{report.counts[state]} {noun}", _STYLES[state])
        for state, noun in _NOUNS.items()
        if report.counts.get(state)
    ]
    return Text(", ").join(parts)
