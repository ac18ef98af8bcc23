"""``foundry-telemetry doctor``."""

# No `from __future__ import annotations`: typer reads the annotations.

import logging
import os
from typing import Annotated, Any, Final

import typer

from foundry_telemetry.cli.arguments import between
from foundry_telemetry.cli.missing_extras import repair

_TIMEOUT_S: Final = 8.0
_timeout = between(0.1, 60.0, float, f"foundry-telemetry doctor --timeout {_TIMEOUT_S:g}")

_LIVE_WORKS: Final = "foundry-telemetry doctor --live --deployment my-deployment"


def doctor(
    *,
    live: Annotated[
        bool, typer.Option("--live", help="Make one small call, and show what it comes to.")
    ] = False,
    deployment: Annotated[str | None, typer.Option(metavar="NAME", help="What --live calls.")] = None,
    base_url: Annotated[
        str | None, typer.Option(metavar="URL", help="Look at this address, not at that of the environment.")
    ] = None,
    app: Annotated[
        str | None,
        typer.Option(metavar="MODULE", help="Import this module of the service first: it calls configure()."),
    ] = None,
    workspace: Annotated[
        str | None, typer.Option(metavar="ID", help="Ask this Log Analytics workspace what arrived.")
    ] = None,
    entra: Annotated[bool, typer.Option("--entra", help="Get a token even where a key is set.")] = False,
    scope: Annotated[str | None, typer.Option(metavar="SCOPE", help="Ask for a token of this scope.")] = None,
    timeout: Annotated[
        float, typer.Option(parser=_timeout, metavar="SECONDS", help="For each exchange, 0.1 to 60.")
    ] = _TIMEOUT_S,
    as_json: Annotated[bool, typer.Option("--json", help="Say it as one JSON object.")] = False,
) -> None:
    """Is it set up right? Looks at packages, address, credential, telemetry and network.

    Changes nothing, shows no secret, and names the repair of what is wrong. Exit code 1 when something fails.
    """
    if live and deployment is None:
        raise typer.BadParameter(f"--live needs the name of a deployment; try `{_LIVE_WORKS}`")
    reported = {
        "app": app,
        "base_url": base_url,
        "deployment": deployment,
        "scope": scope,
        "workspace": workspace,
    }
    with repair():
        is_sound = _look(as_json, entra=entra or scope is not None, live=live, patience_s=timeout, **reported)
    raise typer.Exit(0 if is_sound else 1)


def _look(as_json: bool, **options: Any) -> bool:  # noqa: FBT001 - the rest is for the scene
    """Look, show what was found, and tell whether it is sound."""
    from foundry_telemetry.cli.doctor_output import Screen  # noqa: PLC0415 - brings rich
    from foundry_telemetry.investigate.doctor import Scene, examine  # noqa: PLC0415 - brings clients

    # What azure-identity says of credentials it did not find would stand between the findings.
    logging.getLogger("azure").addHandler(logging.NullHandler())
    scene = Scene(environ=os.environ, **{name: value for name, value in options.items() if value is not None})
    screen = Screen(as_json=as_json)
    with screen.working() as waiting:
        report = examine(scene, waiting)
    screen.show(report)
    return report.is_sound
