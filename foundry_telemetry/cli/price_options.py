"""``--settings``: the user's prices, the same on every command that shows money."""

# No `from __future__ import annotations`: typer reads the annotations.

from typing import Annotated

import typer

from foundry_telemetry.cli import query_options

Settings = Annotated[
    str | None, typer.Option("--settings", metavar="FILE", help="TOML file with your prices.")
]


def read_prices(settings: str | None) -> None:
    """Read the prices of a settings file, or of the environment.

    Raises:
        typer.Exit: They are invalid.
    """
    from foundry_telemetry.config import SettingsError, load_environment, load_settings  # noqa: PLC0415

    try:
        load_environment() if settings is None else load_settings(settings)
    except SettingsError as error:
        query_options.fail(str(error))
