"""``foundry-telemetry completion``."""

# No `from __future__ import annotations`: typer reads the annotations.

import os
from typing import Annotated, Final

import typer

from foundry_telemetry.cli.arguments import choice, completing

PROGRAM: Final = "foundry-telemetry"
VARIABLE: Final = "_FOUNDRY_TELEMETRY_COMPLETE"
"""By which a shell asks for completions, and anybody for the script; its name is that of the program."""

_SHELLS: Final = ("bash", "zsh", "fish")


def completion(
    ctx: typer.Context,
    shell: Annotated[
        str,
        typer.Argument(
            parser=choice(*_SHELLS, example="foundry-telemetry completion bash"),
            metavar="SHELL",
            help="bash, zsh or fish.",
            autocompletion=completing(_SHELLS),
        ),
    ],
) -> None:
    """Print a shell completion script.

    \b
    bash:  foundry-telemetry completion bash >> ~/.bashrc
    zsh:   foundry-telemetry completion zsh >> ~/.zshrc
    fish:  foundry-telemetry completion fish > ~/.config/fish/completions/foundry-telemetry.fish
    """  # noqa: D301 - \b is for the layout of the help
    os.environ[VARIABLE] = f"source_{shell}"
    ctx.find_root().command(args=[], prog_name=PROGRAM)
