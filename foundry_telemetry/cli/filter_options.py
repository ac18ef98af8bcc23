"""``--service``, ``--deployment``, ``--model`` and ``--tag``, the same on all commands."""

# No `from __future__ import annotations`: typer reads the annotations.

from typing import TYPE_CHECKING, Annotated, Final

import typer

if TYPE_CHECKING:
    from foundry_telemetry.investigate.filters import Filters

_PANEL: Final = "Filters (each can be repeated: one of the values)"

Service = Annotated[
    list[str] | None, typer.Option(metavar="NAME", help="Only calls of this service.", rich_help_panel=_PANEL)
]
Deployment = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME", help="Only calls to this deployment.", rich_help_panel=_PANEL),
]
Model = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME",
        help="Only attempts that this model answered. Includes attempts that failed before a model answered, "
        "if their deployment serves the model.",
        rich_help_panel=_PANEL,
    ),
]
Tag = Annotated[
    list[str] | None,
    typer.Option(
        metavar="KEY=VALUE",
        help="Only calls with this tag, such as tenant=acme. Different keys must all match.",
        rich_help_panel=_PANEL,
    ),
]


def filters(
    services: list[str] | None,
    deployments: list[str] | None,
    models: list[str] | None,
    tags: list[str] | None,
) -> "Filters":
    """The filters that are given.

    Raises:
        typer.BadParameter: One of them is none.
    """
    from foundry_telemetry.investigate.filters import FilterError, Filters  # noqa: PLC0415 - takes a while

    pairs = []
    for text in tags or ():
        key, equals, value = text.partition("=")
        if not equals:
            raise typer.BadParameter(f"--tag {text!r}: expected KEY=VALUE; example: --tag tenant=acme")
        pairs.append((key, value))
    try:
        return Filters(
            services=tuple(services or ()),
            deployments=tuple(deployments or ()),
            models=tuple(models or ()),
            tags=tuple(pairs),
        )
    except FilterError as error:
        raise typer.BadParameter(str(error)) from error
