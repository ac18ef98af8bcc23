"""What a person types for the same answer."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import Any, Final

_LONGEST: Final = 700
"""Characters of an argument that are repeated; of a longer one a person has the text at hand."""
_INPUT: Final = "-"
"""The command reads standard input."""


def command(name: str, given: Mapping[str, Any], options: str = "", argument: str | None = None) -> str:
    """A command with what was given as its options.

    Args:
        name: Of the command, and options that are always there.
        given: Options by name.
        options: Those of the source, each after a blank.
        argument: What stands behind the name.
    """
    parts = ["foundry-telemetry", *name.split()]
    if argument is not None:
        parts.append(
            shlex.quote(argument) if len(argument) <= _LONGEST and argument.isprintable() else _INPUT
        )
    return " ".join([*parts, *_options(given)]) + options


def _options(given: Mapping[str, Any]) -> Iterator[str]:
    for name, value in given.items():
        if name == "page":
            continue
        for one in value if isinstance(value, tuple) else (value,):
            yield f"--{name} {shlex.quote(str(one))}"
