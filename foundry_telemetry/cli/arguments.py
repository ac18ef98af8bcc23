"""Values of options, refused with the value, what is expected, and an example."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import typer

_Number = TypeVar("_Number", int, float)


def between(
    least: _Number, most: _Number, kind: Callable[[str], _Number], example: str
) -> Callable[[str], _Number]:
    """A parser for numbers of a range.

    Args:
        least: The smallest number that is accepted.
        most: The largest.
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
            raise typer.BadParameter(
                f"{text!r}: expected {noun} from {least:g} to {most:g}; example: {example}"
            )
        return value

    return parse


def port_option(usual: int) -> typer.models.OptionInfo:
    """The option ``--port`` of a command that listens, whose usual port this is."""
    made: typer.models.OptionInfo = typer.Option(
        parser=between(0, 65_535, int, f"--port {usual}"),
        metavar="PORT",
        help="Port on 127.0.0.1; 0 for any free port.",
    )
    return made


def choice(*names: str, example: str) -> Callable[[str], str]:
    """A parser for one of a few names.

    Args:
        *names: The names.
        example: A command that works.
    """

    def parse(text: str) -> str:
        if text not in names:
            raise typer.BadParameter(
                f"{text!r}: expected {', '.join(names[:-1])} or {names[-1]}; example: {example}"
            )
        return text

    return parse


def completing(names: Iterable[str]) -> Callable[[str], list[str]]:
    """What a shell is offered for one of these names."""
    return lambda incomplete: [name for name in names if name.startswith(incomplete)]


def one_of(names: Sequence[str], *flags: str, example: str, text: str, panel: str) -> typer.models.OptionInfo:
    """An option that takes one of a few names, and is not given by default.

    Args:
        names: The names.
        *flags: Names of the option, where they are not those of its parameter.
        example: A command that works.
        text: For the help.
        panel: The heading that it stands under in the help.
    """
    made: typer.models.OptionInfo = typer.Option(
        *flags,
        parser=choice(*names, example=example),
        autocompletion=completing(names),
        metavar="|".join(names),
        help=text,
        show_default=False,
        rich_help_panel=panel,
    )
    return made
