"""``foundry-telemetry ticket``."""

# No `from __future__ import annotations`, as in `id_commands`.

from typing import TYPE_CHECKING, Final

import typer

from foundry_telemetry.cli import exit_codes, id_commands, query_options

if TYPE_CHECKING:
    from foundry_telemetry.investigate.sources import Source

EXIT_CODES: Final = exit_codes.epilog({exit_codes.OK: "found", exit_codes.ATTENTION: "not found"})

_ID: Final = typer.Argument(
    metavar="ID",
    help="request-id, apim-request-id, response ID, trace ID, call ID or support code; "
    "or a text that contains one, such as an exception. Use `-` to read standard input.",
)


def _ticket(source: "Source", given: id_commands.Given) -> id_commands.Result:
    """Show one call: attempts, cause, next step, support ticket.

    Searches the last 90 days by default.
    """
    from foundry_telemetry.investigate.ticket.ids import read_ids  # noqa: PLC0415 - takes a while
    from foundry_telemetry.investigate.ticket.lookup import look_up  # noqa: PLC0415 - as above

    identities = read_ids(given.text)
    with query_options.progress() as on_progress:
        found = look_up(source, identities, given.span, on_progress)
    if found is None:
        id_commands.fail_not_found(source, identities, given.span)
    return id_commands.of_call(source, found, with_content=given.with_content)


ticket: Final = id_commands.command("ticket", _ID, _ticket)
