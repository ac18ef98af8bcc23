"""``foundry-telemetry doctor``."""

# No `from __future__ import annotations`: typer reads the annotations.

import logging
import os
from typing import Annotated, Any, Final

import typer

from foundry_telemetry.cli import exit_codes, query_options
from foundry_telemetry.cli.arguments import between
from foundry_telemetry.cli.missing_extras import repair

_TIMEOUT_S: Final = 8.0
_timeout = between(0.1, 60.0, float, f"--timeout {_TIMEOUT_S:g}")

_LIVE_WORKS: Final = "--live --deployment my-deployment"

_Live = Annotated[bool, typer.Option("--live", help="Make one small call, and show its ledger event.")]
_App = Annotated[
    str | None,
    typer.Option(
        metavar="MODULE",
        help="Module of your service that calls configure(). It is imported first; calls that it makes "
        "then are checked too.",
    ),
]
_Workspace = Annotated[
    str | None,
    typer.Option(
        metavar="ID",
        help="Log Analytics workspace ID (GUID), to check which services sent telemetry in 30 days.",
    ),
]
_Scope = Annotated[
    str | None, typer.Option(metavar="SCOPE", help="Scope of the Entra token to check; implies --entra.")
]

EXIT_CODES: Final = exit_codes.epilog(
    {exit_codes.OK: "no check failed", exit_codes.ATTENTION: "a check failed"}
)


def doctor(
    *,
    live: _Live = False,
    deployment: Annotated[
        str | None, typer.Option(metavar="NAME", help="Deployment that --live calls.")
    ] = None,
    base_url: Annotated[
        str | None, typer.Option(metavar="URL", help="Base URL to check. Default: from the environment.")
    ] = None,
    app: _App = None,
    workspace: _Workspace = None,
    entra: Annotated[
        bool, typer.Option("--entra", help="Check the Entra token even if an API key is set.")
    ] = False,
    scope: _Scope = None,
    timeout: Annotated[
        float, typer.Option(parser=_timeout, metavar="SECONDS", help="Timeout of one request, 0.1 to 60.")
    ] = _TIMEOUT_S,
    as_json: query_options.AsJson = False,
) -> None:
    """Check the set-up, and show how to fix each problem.

    Checks packages, address, credential, telemetry and network. Changes nothing and shows no secret.
    """
    if live and deployment is None:
        raise typer.BadParameter(f"--live: expected --deployment with it; example: {_LIVE_WORKS}")
    if workspace is not None:
        query_options.SourceOptions(workspace=workspace).check()
    reported = {
        "app": app,
        "base_url": base_url,
        "deployment": deployment,
        "scope": scope,
        "workspace": workspace,
    }
    with repair():
        is_sound = _look(as_json, entra=entra or scope is not None, live=live, patience_s=timeout, **reported)
    raise typer.Exit(exit_codes.OK if is_sound else exit_codes.ATTENTION)


def _look(as_json: bool, **options: Any) -> bool:  # noqa: FBT001 - the rest is for the scene
    """Check, show what was found, and return whether it is sound."""
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
