"""How the findings of the doctor are shown: on standard output, progress on standard error."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from textwrap import wrap
from typing import Any, Final

import msgspec
from rich.console import Console
from rich.text import Text

from foundry_telemetry.cli.output import write_json
from foundry_telemetry.investigate.doctor import Finding, Report, State, texts
from foundry_telemetry.investigate.formatting import many
from foundry_telemetry.investigate.texts import Noun

_STYLES: Final[Mapping[State, str]] = {
    "ok": "green",
    "warning": "yellow",
    "failure": "bold red",
    "skipped": "dim",
}
_IS_COMMAND: Final = re.compile(
    r"(?:az|curl|export|foundry-telemetry|nslookup|pip|python|timedatectl|unset) "
).match
"""Whether a fix is to be typed into a shell."""
_STATE_WIDTH: Final = 9
_CHECK_WIDTH: Final = 20
_LEAST_ROOM: Final = 30
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
        """Show on a terminal what is waited for; the block is given what takes the names."""
        err = Console(stderr=True, highlight=False)
        if not err.is_terminal or err.is_dumb_terminal:
            yield lambda _: None
            return
        with err.status(texts.CHECKING) as status:
            yield lambda names: status.update(
                texts.WAITING.format(checks=", ".join(names)) if names else texts.DONE
            )

    def show(self, report: Report) -> None:
        """Show what was found."""
        if self._as_json:
            write_json(as_json(report))
            return
        for finding in report.findings:
            self._show(finding)
        if report.event:
            self._print(Text(f"\n{texts.EVENT}", "bold"))
            for line in _attempt(report.event):
                self._print(line)
        self._out.print()
        self._out.print(_summary(report))

    def _show(self, finding: Finding) -> None:
        room = max(self._out.width - _STATE_WIDTH - _CHECK_WIDTH, _LEAST_ROOM)
        first, *rest = wrap(finding.seen, room, break_on_hyphens=False)
        state = (f"{texts.COUNTS[finding.state][0]:{_STATE_WIDTH}}", _STYLES[finding.state])
        self._print(Text.assemble(state, f"{finding.check:{_CHECK_WIDTH}}", first))
        for line in rest:
            self._print(Text(" " * (_STATE_WIDTH + _CHECK_WIDTH) + line))
        for fix in filter(None, (finding.fix, finding.command)):
            self._show_fix(fix, texts.NOTE if finding.state == "skipped" else texts.FIX)

    def _show_fix(self, fix: str, sentence: str) -> None:
        is_command = _IS_COMMAND(fix) is not None
        label = texts.RUN if is_command else sentence
        room = max(self._out.width - _STATE_WIDTH - len(label), _LEAST_ROOM)
        # A command that is copied must come in one line.
        first, *rest = [fix] if is_command else wrap(fix, room, break_on_hyphens=False)
        self._print(Text.assemble(" " * _STATE_WIDTH, (label, "bold"), first))
        for line in rest:
            self._print(Text(" " * (_STATE_WIDTH + len(label)) + line))

    def _print(self, line: Text) -> None:
        """Print as it is."""
        self._out.print(line, soft_wrap=True)


def as_json(report: Report) -> dict[str, Any]:
    """A report for programs; what was not reported is absent."""
    reported: dict[str, Any] = {
        "sound": report.is_sound,
        "counts": {state: report.counts.get(state, 0) for state in texts.COUNTS},
        "findings": [_without_none(msgspec.to_builtins(finding)) for finding in report.findings],
    }
    if report.event:
        reported["attempt"] = dict(report.event)
    return reported


def _without_none(reported: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in reported.items() if value is not None}


def _attempt(event: Mapping[str, Any]) -> Iterator[Text]:
    """The ledger event, field by field, by the names that it has in AppEvents."""
    width = max(map(len, event)) + 2
    for name, value in sorted(event.items()):
        yield Text(f"{'':{_STATE_WIDTH}}{name:{width}}{value}")


def _summary(report: Report) -> Text:
    parts = [
        Text(_counted(report, state, noun), _STYLES[state])
        for state, noun in texts.COUNTS.items()
        if report.counts.get(state)
    ]
    return Text(", ").join(parts)


def _counted(report: Report, state: State, noun: Noun) -> str:
    """How many; failures are named, as the first of them can be far above."""
    count = many(report.counts[state], noun)
    if state != "failure":
        return count
    failed = dict.fromkeys(finding.check for finding in report.findings if finding.state == state)
    return texts.NAMED.format(count=count, checks=", ".join(failed))
