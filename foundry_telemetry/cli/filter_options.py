"""``--service``, ``--deployment``, ``--model`` and ``--tag``, the same on all commands."""

# No `from __future__ import annotations`: typer reads the annotations.

from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

import typer

if TYPE_CHECKING:
    from foundry_telemetry.investigate.filters import Filters

_PANEL: Final = "Filters (each can be repeated: one of the values)"

_Service = Annotated[
    list[str] | None, typer.Option(metavar="NAME", help="Only calls of this service.", rich_help_panel=_PANEL)
]
_Deployment = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME", help="Only calls to this deployment.", rich_help_panel=_PANEL),
]
_Model = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME",
        help="Only attempts that this model answered. Includes attempts that failed before a model answered, "
        "if their deployment serves the model.",
        rich_help_panel=_PANEL,
    ),
]
_Tag = Annotated[
    list[str] | None,
    typer.Option(
        metavar="KEY=VALUE",
        help="Only calls with this tag, such as tenant=acme. Different keys must all match.",
        rich_help_panel=_PANEL,
    ),
]


class FilterOptions(NamedTuple):
    """The options that say of which calls."""

    service: _Service = None
    deployment: _Deployment = None
    model: _Model = None
    tag: _Tag = None

    def filters(self) -> "Filters":
        """The filters that are given.

        Raises:
            typer.BadParameter: One of them is none.
        """
        from foundry_telemetry.investigate.filters import FilterError, Filters  # noqa: PLC0415 - takes a while

        try:
            return Filters(
                services=tuple(self.service or ()),
                deployments=tuple(self.deployment or ()),
                models=tuple(self.model or ()),
                tags=tuple(map(_pair, self.tag or ())),
            )
        except FilterError as error:
            raise typer.BadParameter(str(error)) from error


def _pair(text: str) -> tuple[str, str]:
    """Key and value of a tag."""
    key, equals, value = text.partition("=")
    if not equals:
        raise typer.BadParameter(f"--tag {text!r}: expected KEY=VALUE; example: --tag tenant=acme")
    return key, value
