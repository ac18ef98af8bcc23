"""``foundry-telemetry fake``."""

# No `from __future__ import annotations`: typer reads the annotations.

from typing import TYPE_CHECKING, Annotated, Final

import typer

from foundry_telemetry.cli import exit_codes, query_options
from foundry_telemetry.cli.arguments import between, completing
from foundry_telemetry.cli.missing_extras import repair
from foundry_telemetry.cli.output import write, write_json

if TYPE_CHECKING:
    from foundry_telemetry.testing import FakeFoundry

_PORT: Final = 4320
"""Beside those of OTLP and of ``foundry-telemetry local``."""
_SCRIPT: Final = "200"
_RETRY_AFTER_S: Final = 1.0
_KEY: Final = "fake"
"""Any key is accepted."""

EXIT_CODES: Final = exit_codes.epilog({exit_codes.OK: "stopped by Ctrl-C"}, serves=True)

_port = between(0, 65_535, int, f"--port {_PORT}")
_wait = between(0.0, 3_600.0, float, f"--retry-after {_RETRY_AFTER_S:g}")


def _complete_incident(incomplete: str) -> list[str]:
    from foundry_telemetry.testing import INCIDENTS  # noqa: PLC0415 - reads the recorded responses

    return completing(INCIDENTS)(incomplete)


def fake(
    *,
    port: Annotated[
        int, typer.Option(parser=_port, metavar="PORT", help="Port on 127.0.0.1; 0 for any free port.")
    ] = _PORT,
    script: Annotated[
        str | None,
        typer.Option(
            metavar="ITEMS",
            help="Responses in order; the last repeats. Each is a status (200, 429), a recorded response "
            f"or a connection error (read_timeout). Example: 429,529,200. Default: {_SCRIPT}.",
        ),
    ] = None,
    incident: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Failure to simulate, such as expired_token or overloaded_in_stream.",
            autocompletion=_complete_incident,
        ),
    ] = None,
    retry_after: Annotated[
        float,
        typer.Option(parser=_wait, metavar="SECONDS", help="retry-after of a 429 in the script, 0 to 3600."),
    ] = _RETRY_AFTER_S,
    as_json: query_options.AsJson = False,
) -> None:
    """Run a fake Foundry to test a service against.

    Prints its base URL and the variables for your service. Press Ctrl-C to stop.
    """
    with repair():
        from foundry_telemetry.serving import PortError, serve_forever  # noqa: PLC0415 - brings the server

        try:
            foundry = _foundry(script, incident, retry_after, port)
            code = serve_forever(foundry, lambda: _report(foundry, as_json=as_json))
        except OSError as error:
            query_options.fail(str(PortError(error, port, "foundry-telemetry fake --port 0")))
        except ValueError as error:
            option, value = ("--script", "429,200") if incident is None else ("--incident", "expired_token")
            raise typer.BadParameter(f"{error}; example: {option} {value}", param_hint=option) from error
    raise typer.Exit(exit_codes.OK if code == exit_codes.INTERRUPTED else code)


def _foundry(script: str | None, name: str | None, retry_after: float, port: int) -> "FakeFoundry":
    """The fake service, not started yet.

    Raises:
        ValueError: It cannot play what is asked for.
    """
    from foundry_telemetry.testing import FakeFoundry  # noqa: PLC0415 - brings the recorded responses

    if script is not None and name is not None:
        raise ValueError(f"{name!r}: expected no --script beside it")
    if name is not None:
        from foundry_telemetry.testing.kit.incidents import incident  # noqa: PLC0415 - brings the whole kit

        return FakeFoundry(incident(name).make(), port=port)
    items = [item.strip() for item in (script or _SCRIPT).split(",")]
    numbered = (int(item) if item.isdecimal() else item for item in items)
    return FakeFoundry(numbered, retry_after_s=retry_after, port=port)


def _report(foundry: "FakeFoundry", *, as_json: bool) -> None:
    """Write where it listens."""
    variables = {"ANTHROPIC_FOUNDRY_BASE_URL": foundry.base_url, "ANTHROPIC_FOUNDRY_API_KEY": _KEY}
    if as_json:
        write_json({"base_url": foundry.base_url, "host": foundry.host, "environment": variables})
        return
    exports = "\n".join(f"export {name}='{value}'" for name, value in variables.items())
    write(
        f"base URL  {foundry.base_url}\n\n{exports}\n\n"
        "Set these before starting your service. Press Ctrl-C to stop."
    )
