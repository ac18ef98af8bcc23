"""``foundry-telemetry fake``."""

# No `from __future__ import annotations`: typer reads the annotations.

import time
from typing import TYPE_CHECKING, Annotated, Final

import typer

from foundry_telemetry.cli import exit_codes, query_options
from foundry_telemetry.cli.arguments import between, completing, port_option
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
_WITH_ENTRA: Final = (
    "Authenticate with an Entra token, not with an API key. With this one (unsigned) the cause is\n"
    "{cause}:\n\n"
    "azure_ad_token_provider=lambda: '{token}'\n\n"
)
_NONE: Final = "Send no credential: with one, another cause is recorded.\n\n"

EXIT_CODES: Final = exit_codes.epilog({exit_codes.OK: "stopped by Ctrl-C"}, serves=True)

_wait = between(0.0, 3_600.0, float, f"--retry-after {_RETRY_AFTER_S:g}")


def _complete_failure(incomplete: str) -> list[str]:
    from foundry_telemetry.testing import INCIDENTS  # noqa: PLC0415 - reads the recorded responses

    return completing(INCIDENTS)(incomplete)


_Port = Annotated[int, port_option(_PORT)]
_Script = Annotated[
    str | None,
    typer.Option(
        metavar="ITEMS",
        help="Responses in order; the last repeats. Each is a status (200, 429), or the name of a "
        f"recorded response or of a connection error (--list). Example: 429,529,200. Default: {_SCRIPT}.",
    ),
]
_RetryAfter = Annotated[
    float,
    typer.Option(parser=_wait, metavar="SECONDS", help="retry-after of a 429 in the script, 0 to 3600."),
]
_Failure = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Failure to simulate, such as expired_token or overloaded_in_stream (--list).",
        autocompletion=_complete_failure,
    ),
]
_List = Annotated[bool, typer.Option("--list", help="List the names for --script and --failure, and exit.")]


def fake(
    *,
    port: _Port = _PORT,
    script: _Script = None,
    failure: _Failure = None,
    retry_after: _RetryAfter = _RETRY_AFTER_S,
    show_list: _List = False,
    as_json: query_options.AddressAsJson = False,
) -> None:
    """Run a fake Foundry to test a service against.

    Prints its base URL and the variables for your service. Press Ctrl-C to stop.
    """
    with repair():
        if show_list:
            _list()
            return
        from foundry_telemetry.serving import PortError, serve_forever  # noqa: PLC0415 - brings the server

        try:
            foundry = _foundry(script, failure, retry_after, port)
            code = serve_forever(foundry, lambda: _report(foundry, _credential(failure), as_json=as_json))
        except OSError as error:
            query_options.fail(str(PortError(error, port, "--port 0")))
        except ValueError as error:
            option, value = ("--script", "429,200") if failure is None else ("--failure", "expired_token")
            raise typer.BadParameter(
                f"{error}; example: {option} {value}; for all names, run `foundry-telemetry fake --list`",
                param_hint=option,
            ) from error
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
        from foundry_telemetry.testing import INCIDENTS  # noqa: PLC0415 - brings the whole kit
        from foundry_telemetry.testing.recordings import nearest  # noqa: PLC0415 - as above

        if name not in INCIDENTS:
            raise ValueError(f"unknown failure {name!r}: expected {nearest(name, INCIDENTS)}")
        return FakeFoundry(INCIDENTS[name].make(), port=port)
    items = [item.strip() for item in (script or _SCRIPT).split(",")]
    numbered = (int(item) if item.isdecimal() else item for item in items)
    return FakeFoundry(numbered, retry_after_s=retry_after, port=port)


def _list() -> None:
    """Write what a script and a failure can be."""
    from foundry_telemetry.testing import INCIDENTS  # noqa: PLC0415 - brings the recorded responses
    from foundry_telemetry.testing.recordings import cases  # noqa: PLC0415 - as above
    from foundry_telemetry.testing.script import SERVER_ERRORS  # noqa: PLC0415 - as above

    recorded = [name for name in cases() if not name.startswith("noresp_")]
    width = max(map(len, INCIDENTS)) + 2
    sections = (
        ("--script: statuses", ["200", "400 to 599"]),
        ("--script: connection errors", SERVER_ERRORS),
        ("--script: recorded responses", recorded),
        ("--failure", [f"{one.name:{width}}{one.title}" for one in INCIDENTS.values()]),
    )
    write("\n\n".join("\n  ".join((heading, *names)) for heading, names in sections))


def _credential(failure: str | None) -> tuple[bool, str]:
    """Whether a failure shows its cause with an API key; else what to send in its place.

    The service answers alike to several credentials: which cause is recorded, the credential decides.
    """
    from foundry_telemetry.testing import INCIDENTS  # noqa: PLC0415 - brings the recorded responses
    from foundry_telemetry.testing.kit.incidents import token_in_case  # noqa: PLC0415 - as above

    found = None if failure is None else INCIDENTS[failure]
    if found is None or found.credential is None:
        return True, ""
    if found.error == "auth_missing_credential":
        return False, _NONE
    token = token_in_case(found.credential, time.time())
    return (
        (True, "") if token is None else (False, _WITH_ENTRA.format(cause=found.error, token=token.decode()))
    )


def _report(foundry: "FakeFoundry", credential: tuple[bool, str], *, as_json: bool) -> None:
    """Write where it listens."""
    takes_key, instead = credential
    variables = {"ANTHROPIC_FOUNDRY_BASE_URL": foundry.base_url}
    if takes_key:
        variables["ANTHROPIC_FOUNDRY_API_KEY"] = _KEY
    if as_json:
        write_json({"base_url": foundry.base_url, "host": foundry.host, "environment": variables})
        return
    exports = "\n".join(f"export {name}='{value}'" for name, value in variables.items())
    write(
        f"base URL  {foundry.base_url}\n\n{exports}\n\n{instead}"
        "Set these before starting your service. Press Ctrl-C to stop."
    )
