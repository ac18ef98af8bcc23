"""The steps of an entry of the advice for one failure: what the ledger knows stands in its commands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from foundry_telemetry.advice import PLACEHOLDERS, Advice
from foundry_telemetry.investigate.queries import Attempt, Failure

_SAFE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}", re.ASCII).fullmatch
"""What may stand in a command for a shell as it is."""


def steps_for(advice: Advice, failure: Attempt | Failure | None) -> Iterator[tuple[str, str | None]]:
    """Each step, and its command with what is known filled in."""
    for step in advice.steps:
        yield step.text, filled(step.command, failure) if step.command else None


def to_fill_in(steps: Iterable[tuple[str, str | None]]) -> Iterator[tuple[str, str]]:
    """What still stands between angle brackets in the commands of steps, and what it means."""
    commands = " ".join(shell for _, shell in steps if shell)
    for name, placeholder in PLACEHOLDERS.items():
        if name in commands:
            yield name, placeholder.meaning


def _reported(failure: Attempt | Failure | None) -> dict[str, str]:
    if failure is None:
        return {}
    application = failure.token_application if isinstance(failure, Attempt) else failure.application
    values = {"<resource>": failure.resource, "<application-id>": application}
    return {name: value for name, value in values.items() if value and _SAFE(value) and name in PLACEHOLDERS}


def filled(command: str, failure: Attempt | Failure | None) -> str:
    """A command with what is known of a failure filled in."""
    for name, value in _reported(failure).items():
        command = command.replace(name, value)
    return command
