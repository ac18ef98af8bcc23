"""Values given on the command line, refused with the value, what was expected, and a command that works."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import typer

_Number = TypeVar("_Number", int, float)


def between(
    least: _Number, most: _Number, kind: Callable[[str], _Number], example: str
) -> Callable[[str], _Number]:
    """A parser for numbers of a range.

    Args:
        least: The least that is taken.
        most: The most that is taken.
        kind: Makes a number of a text, or raises `ValueError`.
        example: A command that works.
    """

    def parse(text: str) -> _Number:
        try:
            value = kind(text)
        except ValueError:
            value = None
        if value is None or not least <= value <= most:
            noun = "a whole number" if kind is int else "a number"
            raise typer.BadParameter(f"{text!r}: expected {noun} from {least:g} to {most:g}; try `{example}`")
        return value

    return parse
